//! Types: what is known of a value before there is one.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a type is often looked at for one thing that it may be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// What a value is, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Nothing is known.
    Any,
    /// Null.
    Null,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A text.
    Text,
    /// One of these texts.
    Words(BTreeSet<String>),
    /// A list of such elements.
    List(Box<Type>),
    /// An object.
    Object(Fields),
    /// What a step gave: `data` is the same, `meta` is what it notes beside it.
    Given(Arc<Type>),
    /// One of several.
    Either(Vec<Type>),
}

/// The fields of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Fields {
    /// Those that are known.
    pub known: BTreeMap<String, Type>,
    /// Whether there may be others.
    pub others: Others,
}

/// Whether an object may have fields that are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// It has none.
    Never,
    /// It names those that it is meant to have.
    Undeclared,
    /// It may have any.
    Maybe,
}

/// Keywords of a JSON Schema that describe a value beside its `type`.
const ELSEWHERE: [&str; 7] = [
    "$ref",
    "$dynamicRef",
    "allOf",
    "if",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
];

impl Type {
    /// An object with these fields.
    pub fn object(fields: impl IntoIterator<Item = (String, Self)>, others: Others) -> Self {
        Self::Object(Fields {
            known: fields.into_iter().collect(),
            others,
        })
    }

    /// The type of a value that is written out.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Flag,
            Value::Number(_) => Self::Number,
            Value::String(text) => Self::Words(BTreeSet::from([text.clone()])),
            Value::Array(elements) => {
                Self::List(Box::new(Self::either(elements.iter().map(Self::of))))
            }
            Value::Object(members) => {
                let fields = members
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of(value)));
                Self::object(fields, Others::Never)
            }
        }
    }

    /// The type that a JSON Schema describes.
    ///
    /// An object that says nothing of other properties is taken to name those that it is meant to have.
    pub fn of_schema(schema: &Value) -> Self {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return Self::either(words.iter().map(Self::of));
        }
        // What else these say of a value is for a validator to put together.
        if ELSEWHERE
            .iter()
            .any(|keyword| schema.get(keyword).is_some())
        {
            return Self::Any;
        }
        for choices in ["anyOf", "oneOf"] {
            let Some(choices) = schema.get(choices).and_then(Value::as_array) else {
                continue;
            };
            return if schema.get("properties").is_some() {
                Self::Any
            } else {
                Self::either(choices.iter().map(Self::of_schema))
            };
        }
        match schema.get("type") {
            Some(Value::String(name)) => Self::named(name, schema),
            Some(Value::Array(names)) => Self::either(
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|name| Self::named(name, schema)),
            ),
            _ => Self::Any,
        }
    }

    fn named(name: &str, schema: &Value) -> Self {
        match name {
            "null" => Self::Null,
            "boolean" => Self::Flag,
            "number" | "integer" => Self::Number,
            "string" => Self::Text,
            "array" => {
                let items = schema.get("items");
                let items = items.filter(|_| schema.get("prefixItems").is_none());
                Self::List(Box::new(items.map_or(Self::Any, Self::of_schema)))
            }
            "object" => Self::described(schema),
            _ => Self::Any,
        }
    }

    fn described(schema: &Value) -> Self {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Self::object([], Others::Maybe);
        };
        let others = match schema.get("additionalProperties") {
            _ if schema.get("patternProperties").is_some() => Others::Maybe,
            Some(Value::Bool(false)) => Others::Never,
            Some(_) => Others::Maybe,
            None if properties.is_empty() => Others::Maybe,
            None => Others::Undeclared,
        };
        let field = |(name, schema): (&String, &Value)| (name.clone(), Self::of_schema(schema));
        Self::object(properties.iter().map(field), others)
    }

    /// One of several types, the same ones once; anything where one of them is that.
    pub fn either(types: impl IntoIterator<Item = Self>) -> Self {
        let mut found: Vec<Self> = Vec::new();
        let mut words = BTreeSet::new();
        let flat = types.into_iter().flat_map(|one| match one {
            Self::Either(several) => several,
            one => vec![one],
        });
        for one in flat {
            match one {
                Self::Any => return Self::Any,
                Self::Words(more) => words.extend(more),
                one if found.contains(&one) => {}
                one => found.push(one),
            }
        }
        if !words.is_empty() && !found.contains(&Self::Text) {
            found.push(Self::Words(words));
        }
        match found.len() {
            0 => Self::Any,
            1 => found.remove(0),
            _ => Self::Either(found),
        }
    }

    /// The same without null.
    #[must_use]
    pub fn without_null(self) -> Self {
        match self {
            Self::Either(types) => Self::either(types.into_iter().filter(|one| *one != Self::Null)),
            other => other,
        }
    }

    /// The types that it may be.
    pub fn choices(&self) -> &[Self] {
        match self {
            Self::Either(types) => types,
            other => std::slice::from_ref(other),
        }
    }

    /// The types that it may be where it is there: null is left out, and of what a step gave, only the data counts.
    pub fn present(&self) -> impl Iterator<Item = &Self> {
        let choices = self.choices().iter().flat_map(|one| match one {
            Self::Given(inner) => inner.choices(),
            one => std::slice::from_ref(one),
        });
        choices.filter(|one| **one != Self::Null)
    }

    /// Whether it is a list wherever it is there.
    pub fn is_list(&self) -> bool {
        let mut present = self.present().peekable();
        present.peek().is_some() && present.all(|one| matches!(one, Self::List(_)))
    }

    /// What the elements of a list are; anything where it may be something else.
    #[must_use]
    pub fn element(&self) -> Self {
        if !self.is_list() {
            return Self::Any;
        }
        Self::either(self.present().filter_map(|one| match one {
            Self::List(element) => Some((**element).clone()),
            _ => None,
        }))
    }

    /// The names of the fields that it, or an element of it, is known to have.
    pub fn member_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for one in self.present() {
            match one {
                Self::List(element) => names.extend(element.member_names()),
                Self::Object(fields) => names.extend(fields.known.keys().map(String::as_str)),
                _ => {}
            }
        }
        names
    }

    /// Whether it is there, known, and nothing for which `holds` says so: that it may be null as well is no matter.
    pub fn never(&self, holds: impl Fn(&Self) -> bool) -> bool {
        let mut present = self.present().peekable();
        present.peek().is_some() && !present.any(|one| *one == Self::Any || holds(one))
    }

    /// Whether any of its choices is one for which `holds` says so; whatever is not known may be.
    pub fn may(&self, holds: impl Fn(&Self) -> bool) -> bool {
        self.choices().iter().any(|one| match one {
            Self::Any => true,
            Self::Given(inner) => {
                matches!(**inner, Self::Any) || inner.choices().iter().any(&holds)
            }
            one => holds(one),
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("any value"),
            Self::Null => formatter.write_str("null"),
            Self::Flag => formatter.write_str("`true` or `false`"),
            Self::Number => formatter.write_str("a number"),
            Self::Text => formatter.write_str("a text"),
            Self::Words(words) if words.len() == 1 => words
                .iter()
                .try_for_each(|word| write!(formatter, "the text `{word}`")),
            Self::Words(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                write!(formatter, "one of {}", words.join(", "))
            }
            Self::List(element) => match &**element {
                Self::Object(fields) => {
                    formatter.write_str("a list of objects")?;
                    write_names(fields, formatter)
                }
                Self::Text | Self::Words(_) => formatter.write_str("a list of texts"),
                Self::Number => formatter.write_str("a list of numbers"),
                Self::List(_) => formatter.write_str("a list of lists"),
                _ => formatter.write_str("a list"),
            },
            Self::Object(fields) => {
                formatter.write_str("an object")?;
                write_names(fields, formatter)
            }
            Self::Given(inner) => inner.fmt(formatter),
            Self::Either(types) => {
                let types: Vec<String> = types.iter().map(Self::to_string).collect();
                formatter.write_str(&types.join(" or "))
            }
        }
    }
}

/// Names the first fields of an object.
fn write_names(fields: &Fields, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    const MOST: usize = 8;
    if fields.known.is_empty() {
        return Ok(());
    }
    let names = fields.known.keys().take(MOST);
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let more = if fields.known.len() > MOST {
        ", ..."
    } else {
        ""
    };
    write!(formatter, " with {}{more}", names.join(", "))
}
