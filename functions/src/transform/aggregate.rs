//! Groups, and what is computed of them: sums, averages, the least and the greatest.

use indexmap::IndexMap;
use pawl_contract::StepError;
use pawl_expression::{Path, total_order};
use serde_json::{Map, Number, Value, json};

use super::data::{invalid, parsed, shown};
use super::operation::{key_of, paths};

/// The items by what stands at a path: `[{ "key", "items" }]`, in the order in which the keys come up.
pub(super) fn group(given: &Value, items: Vec<Value>) -> Result<Vec<Value>, StepError> {
    let groups = grouped(&paths(given, "by")?, items);
    let as_object = |(keys, items): (Vec<Value>, Vec<Value>)| {
        let key = match keys.as_slice() {
            [key] => key.clone(),
            keys => keys.to_vec().into(),
        };
        json!({ "key": key, "items": items })
    };
    Ok(groups.into_iter().map(as_object).collect())
}

/// One object of all items, or one for each group with what it is grouped by.
pub(super) fn aggregate(given: &Value, items: Vec<Value>) -> Result<Value, StepError> {
    let paths = paths(given, "by")?;
    let fields = given.get("fields").and_then(Value::as_object);
    let fields: Vec<_> = fields
        .into_iter()
        .flatten()
        .map(|(name, given)| Ok((name, Field::read(given)?)))
        .collect::<Result<_, StepError>>()?;
    let computed = |items: &[Value], mut object: Map<String, Value>| {
        for (name, field) in &fields {
            let value = field.of(items).map_err(|error| StepError {
                message: format!("`{name}`: {}", error.message),
                ..error
            })?;
            object.insert((*name).clone(), value);
        }
        Ok(Value::Object(object))
    };
    if paths.is_empty() {
        return computed(&items, Map::new());
    }
    let names: Vec<&str> = paths
        .iter()
        .map(|path| path.names().and_then(|names| names.last().copied()))
        .map(|name| name.unwrap_or("key"))
        .collect();
    let groups = grouped(&paths, items).into_iter().map(|(keys, items)| {
        let names = names.iter().map(|name| (*name).to_owned());
        computed(&items, names.zip(keys).collect())
    });
    groups.collect()
}

/// Items with the values that they have in common.
fn grouped(paths: &[Path], items: Vec<Value>) -> Vec<(Vec<Value>, Vec<Value>)> {
    let mut groups: IndexMap<String, (Vec<Value>, Vec<Value>)> = IndexMap::new();
    for item in items {
        let keys: Vec<String> = paths.iter().map(|path| key_of(path, &item)).collect();
        let values = || {
            let values = paths.iter().map(|path| path.find(&item));
            values
                .map(|value| value.map_or(Value::Null, std::borrow::Cow::into_owned))
                .collect()
        };
        let group = groups
            .entry(keys.join(","))
            .or_insert_with(|| (values(), Vec::new()));
        group.1.push(item);
    }
    groups.into_values().collect()
}

/// A field that is computed of items.
struct Field {
    function: String,
    path: Path,
}

impl Field {
    fn read(given: &Value) -> Result<Self, StepError> {
        let text = |field: &str| given.get(field).and_then(Value::as_str);
        let function = given.as_str().or_else(|| text("function"));
        let function = function.ok_or_else(|| invalid("the field has no `function`"))?;
        Ok(Self {
            function: function.to_owned(),
            path: parsed(text("path").unwrap_or(""))?,
        })
    }

    fn of(&self, items: &[Value]) -> Result<Value, StepError> {
        let values = items.iter().filter_map(|item| self.path.find(item));
        let mut values = values.filter(|value| !value.is_null());
        Ok(match self.function.as_str() {
            "count" => values.count().into(),
            "first" => values.next().map(std::borrow::Cow::into_owned).into(),
            "last" => values.next_back().map(std::borrow::Cow::into_owned).into(),
            "list" => values.map(std::borrow::Cow::into_owned).collect(),
            "unique" => {
                let mut seen = std::collections::BTreeSet::new();
                let new = values.filter(|value| seen.insert(value.to_string()));
                new.map(std::borrow::Cow::into_owned).collect()
            }
            "min" => values
                .min_by(|a, b| total_order(a, b))
                .map(std::borrow::Cow::into_owned)
                .into(),
            "max" => values
                .max_by(|a, b| total_order(a, b))
                .map(std::borrow::Cow::into_owned)
                .into(),
            "sum" => sum(values.map(|value| number(&value)))?.0,
            "average" => {
                let (total, count) = sum(values.map(|value| number(&value)))?;
                let total = total.as_f64().unwrap_or(0.0);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "nobody has so many items that it matters"
                )]
                let mean = (count > 0).then(|| total / count as f64);
                mean.and_then(Number::from_f64).map(Value::Number).into()
            }
            other => return Err(invalid(format!("there is no function `{other}`"))),
        })
    }
}

fn number(value: &Value) -> Result<Number, StepError> {
    let written = value.as_str().and_then(|text| text.trim().parse().ok());
    let number = value.as_number().cloned().or(written);
    number.ok_or_else(|| invalid(format!("{} is no number", shown(value))))
}

/// The sum, whole as long as it can be, and of how many numbers it is.
fn sum(
    numbers: impl Iterator<Item = Result<Number, StepError>>,
) -> Result<(Value, usize), StepError> {
    let mut whole = Some(0_i64);
    let (mut total, mut count) = (0.0, 0);
    for number in numbers {
        let number = number?;
        whole = whole.and_then(|whole| whole.checked_add(number.as_i64()?));
        total += number.as_f64().unwrap_or(0.0);
        count += 1;
    }
    let sum = whole.map_or_else(|| Number::from_f64(total), |whole| Some(whole.into()));
    Ok((sum.map(Value::Number).into(), count))
}
