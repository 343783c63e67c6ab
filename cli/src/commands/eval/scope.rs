//! What an expression on the command line may refer to.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::project::{DefinitionFile, Misuse};

/// Reads the data, and adds the present moment.
pub(super) fn read(data: Option<&str>) -> anyhow::Result<Map<String, Value>> {
    let mut scope = match data {
        None => Map::new(),
        Some(data) => object(data)?,
    };
    let now = Timestamp::now();
    let iso = format!("{now:.3}");
    let moment = [
        ("now", json!(iso)),
        ("$now", json!(iso)),
        ("nowMs", json!(now.as_millisecond())),
    ];
    for (name, value) in moment {
        scope.entry(name).or_insert(value);
    }
    Ok(scope)
}

fn object(data: &str) -> anyhow::Result<Map<String, Value>> {
    let value: Value = if data.trim_start().starts_with(['{', '[']) {
        serde_json::from_str(data)
            .map_err(|error| Misuse::new(format!("--data is not JSON: {error}")))?
    } else if data == "-" {
        parse(&DefinitionFile::read_stdin()?)?
    } else {
        parse(&DefinitionFile::read(Path::new(
            data.strip_prefix('@').unwrap_or(data),
        ))?)?
    };
    match value {
        Value::Object(members) => Ok(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Misuse::new("--data is not an object")
                .help("expressions begin with the name of a member: wrap the value, such as in `{\"items\": ...}`")
                .into())
        }
    }
}

fn parse(file: &DefinitionFile) -> Result<Value, Misuse> {
    let node = file.parse().map_err(|diagnostic| {
        Misuse::new(format!(
            "--data cannot be read\n{}",
            file.render(&[*diagnostic])
        ))
    })?;
    Ok(node.to_json())
}
