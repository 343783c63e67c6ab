//! Reads a pattern, and says what AWS would say if it is not one.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::address::Network;
use super::operator::{LARGEST, Range, Test, Text};
use super::wildcard::Wildcard;
use super::{Field, Group};

/// How many choices the `$or`s of a pattern may leave together.
const MOST_CHOICES: usize = 1000;

/// Names that cannot be fields inside `$or`, because they are operators.
const OPERATORS: [&str; 8] = [
    "exactly",
    "prefix",
    "suffix",
    "anything-but",
    "numeric",
    "cidr",
    "exists",
    "equals-ignore-case",
];

const ONE_KEY: &str = "Only one key allowed in match expression";

/// The choices that a pattern leaves.
pub(super) fn pattern(pattern: &Value) -> Result<Vec<Group>, String> {
    let object = pattern.as_object().ok_or("Filter is not an object")?;
    group(object, Inside::Fields)
}

/// Whether an object stands in an `$or`.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Fields,
    Or,
}

fn group(object: &Map<String, Value>, inside: Inside) -> Result<Vec<Group>, String> {
    if object.is_empty() {
        return Err("Empty objects are not allowed".to_owned());
    }
    let mut choices = vec![Group::default()];
    for (name, value) in object {
        if name == "$or" {
            choices = product(&choices, &alternatives(value)?)?;
            continue;
        }
        if inside == Inside::Or && OPERATORS.contains(&name.as_str()) {
            let message =
                format!("{name} is Ruler reserved fieldName which cannot be used inside $or.");
            return Err(message);
        }
        let fields = match value {
            Value::Object(object) => group(object, inside)?
                .into_iter()
                .map(Field::Group)
                .collect(),
            Value::Array(values) => vec![Field::Values(tests(values)?)],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(format!("\"{name}\" must be an object or an array"));
            }
        };
        let named = |field| Group {
            fields: vec![(name.clone(), field)],
        };
        let groups: Vec<Group> = fields.into_iter().map(named).collect();
        choices = product(&choices, &groups)?;
    }
    Ok(choices)
}

fn alternatives(value: &Value) -> Result<Vec<Group>, String> {
    let items = value
        .as_array()
        .ok_or("It must be an Array followed with $or.")?;
    let mut choices = Vec::new();
    for item in items {
        let object = item
            .as_object()
            .ok_or("Only JSON object is allowed in array of $or relationship.")?;
        choices.extend(group(object, Inside::Or)?);
    }
    if items.len() < 2 {
        return Err("There must have at least 2 Objects in $or relationship.".to_owned());
    }
    Ok(choices)
}

/// Every choice of the left with every choice of the right.
fn product(left: &[Group], right: &[Group]) -> Result<Vec<Group>, String> {
    if left.len().saturating_mul(right.len()) > MOST_CHOICES {
        return Err(format!(
            "The $or combinations exceed the limit of {MOST_CHOICES}"
        ));
    }
    let pairs = left
        .iter()
        .flat_map(|left| right.iter().map(move |right| (left, right)));
    Ok(pairs
        .map(|(left, right)| {
            let mut both = left.clone();
            both.merge(right.clone());
            both
        })
        .collect())
}

impl Group {
    /// Adds the fields of another group; what that says of the same field counts.
    fn merge(&mut self, other: Self) {
        for (name, field) in other.fields {
            match (
                self.fields.iter_mut().find(|(known, _)| *known == name),
                field,
            ) {
                (Some((_, Field::Group(known))), Field::Group(more)) => known.merge(more),
                (Some((_, known)), field) => *known = field,
                (None, field) => self.fields.push((name, field)),
            }
        }
    }
}

fn tests(values: &[Value]) -> Result<Vec<Test>, String> {
    if values.is_empty() {
        return Err("Empty arrays are not allowed".to_owned());
    }
    values
        .iter()
        .map(|value| match value {
            Value::Object(operator) => self::operator(operator),
            Value::String(text) => Ok(text
                .parse::<IpAddr>()
                .map_or_else(|_| Test::Exact(value.clone()), Test::Address)),
            Value::Number(number) => Ok(Test::Number(number.clone())),
            Value::Null | Value::Bool(_) => Ok(Test::Exact(value.clone())),
            Value::Array(_) => {
                Err("Match value must be String, number, true, false, or null".to_owned())
            }
        })
        .collect()
}

/// The one operator of an object.
fn only(operator: &Map<String, Value>) -> Result<(&str, &Value), String> {
    let mut entries = operator.iter();
    let (name, value) = entries.next().ok_or("Match expression name not found")?;
    match entries.next() {
        None => Ok((name, value)),
        Some(_) => Err(ONE_KEY.to_owned()),
    }
}

fn operator(operator: &Map<String, Value>) -> Result<Test, String> {
    let (name, value) = only(operator)?;
    let text = || {
        value
            .as_str()
            .ok_or_else(|| format!("{name} match pattern must be a string"))
    };
    match name {
        "exactly" => Ok(Test::Exact(Value::from(
            value
                .as_str()
                .ok_or("exact match pattern must be a string")?,
        ))),
        "prefix" | "suffix" => match value.as_object() {
            Some(inner) => ignore_case(name, inner),
            None => text_test(name, text()?),
        },
        "equals-ignore-case" | "wildcard" => text_test(name, text()?),
        "anything-but" => anything_but(value),
        "numeric" => numeric(
            value
                .as_array()
                .ok_or("Value of numeric must be an array.")?,
        ),
        "cidr" => Network::parse(
            value
                .as_str()
                .ok_or("prefix match pattern must be a string")?,
        )
        .map(Test::Cidr),
        "exists" => value
            .as_bool()
            .map(Test::Exists)
            .ok_or_else(|| "exists match pattern must be either true or false.".to_owned()),
        unknown => Err(format!("Unrecognized match type {unknown}")),
    }
}

/// `{"prefix": {"equals-ignore-case": "x"}}`, and the same for a suffix.
fn ignore_case(name: &str, inner: &Map<String, Value>) -> Result<Test, String> {
    let (inner_name, inner) = only(inner)?;
    if inner_name != "equals-ignore-case" {
        return Err(format!("Unsupported {name} pattern: {inner_name}"));
    }
    let inner = inner
        .as_str()
        .ok_or_else(|| format!("equals-ignore-case match pattern for {name} must be a string"))?;
    let inner = inner.to_lowercase();
    Ok(Test::Text(match name {
        "prefix" => Text::PrefixIgnoreCase(inner),
        _ => Text::SuffixIgnoreCase(inner),
    }))
}

fn text_test(name: &str, text: &str) -> Result<Test, String> {
    Ok(Test::Text(match name {
        "prefix" => Text::Prefix(text.to_owned()),
        "suffix" => Text::Suffix(text.to_owned()),
        "wildcard" => Text::Wildcard(Wildcard::parse(text)?),
        _ => Text::EqualsIgnoreCase(text.to_lowercase()),
    }))
}

fn anything_but(value: &Value) -> Result<Test, String> {
    let tests = match value {
        Value::Object(inner) => {
            let (name, inner) = only(inner)?;
            if !["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(&name) {
                return Err(format!("Unsupported anything-but pattern: {name}"));
            }
            let texts = inner
                .as_array()
                .map_or_else(|| std::slice::from_ref(inner), Vec::as_slice);
            let test = |text: &Value| {
                let text = text.as_str().ok_or_else(|| {
                    format!("Value of anything-but {name} must be a string or an array of strings")
                })?;
                if text.is_empty() && matches!(name, "prefix" | "suffix") {
                    return Err("Null prefix/suffix not allowed".to_owned());
                }
                text_test(name, text)
            };
            texts.iter().map(test).collect::<Result<Vec<_>, _>>()?
        }
        Value::Array(values) => {
            let strings = values.iter().filter(|value| value.is_string()).count();
            let numbers = values.iter().filter(|value| value.is_number()).count();
            if strings + numbers < values.len() {
                let message = "Inside anything but list, start|null|boolean is not supported.";
                return Err(message.to_owned());
            }
            if (strings == 0) == (numbers == 0) {
                let message = "Inside anything but list, either all values are number or string, mixed type is not supported";
                return Err(message.to_owned());
            }
            values.iter().map(literal).collect()
        }
        Value::String(_) | Value::Number(_) => vec![literal(value)],
        Value::Null | Value::Bool(_) => {
            let message = "Value of anything-but must be an array or single string/number value.";
            return Err(message.to_owned());
        }
    };
    if tests.is_empty() {
        return Err("Empty arrays are not allowed".to_owned());
    }
    Ok(Test::AnythingBut(tests))
}

/// A value that must be just this.
fn literal(value: &Value) -> Test {
    let number = value.as_number().cloned().map(Test::Number);
    number.unwrap_or_else(|| Test::Exact(value.clone()))
}

fn numeric(terms: &[Value]) -> Result<Test, String> {
    let (first, number, rest) = match terms {
        [Value::String(operator), number, rest @ ..] => (operator.as_str(), number, rest),
        [Value::String(operator)] => return Err(format!("Value of {operator} must be numeric")),
        [other, ..] => return Err(format!("Invalid member in numeric match: {other}")),
        [] => return Err("Invalid member in numeric match: ]".to_owned()),
    };
    if !["=", ">", ">=", "<", "<="].contains(&first) {
        return Err(format!("Unrecognized numeric range operator: {first}"));
    }
    let value = bound(if first == "=" { "equals" } else { first }, number)?;
    let (low, high) = match (first, rest) {
        ("=", []) => return Ok(Test::Numeric(Range::only(value))),
        (">" | ">=", rest) => (Some((value, first == ">=")), upper(rest)?),
        ("<" | "<=", []) => (None, Some((value, first == "<="))),
        _ => return Err("Too many elements in numeric expression".to_owned()),
    };
    if low
        .zip(high)
        .is_some_and(|((low, _), (high, _))| low >= high)
    {
        return Err("Bottom must be less than top".to_owned());
    }
    Ok(Test::Numeric(Range { low, high }))
}

fn upper(terms: &[Value]) -> Result<Option<(f64, bool)>, String> {
    match terms {
        [] => Ok(None),
        [Value::String(operator), rest @ ..] => {
            if operator != "<" && operator != "<=" {
                return Err(format!("Bad numeric range operator: {operator}"));
            }
            match rest {
                [number] => Ok(Some((bound(operator, number)?, operator == "<="))),
                [] => Err(format!("Value of {operator} must be numeric")),
                _ => Err("Too many terms in numeric range expression".to_owned()),
            }
        }
        [other, ..] => Err(format!("Bad value in numeric range: {other}")),
    }
}

fn bound(operator: &str, number: &Value) -> Result<f64, String> {
    let number = number
        .as_f64()
        .ok_or_else(|| format!("Value of {operator} must be numeric"))?;
    if number.abs() > LARGEST {
        return Err("Value must be between -5.0E9 and 5.0E9, inclusive".to_owned());
    }
    Ok(number)
}
