//! Computes values: `set_variables` keeps them for later steps, `output` makes them the run's result.
//!
//! ```json
//! { "type": "set_variables", "parameters": { "cursor": "{{steps.fetch.output.continueCursor}}" } }
//! { "mapping": { "sent": "{{variables.sent}}" } }
//! ```
//! A `transform` reshapes data (`functions/src/transform/data.rs`).

mod aggregate;
mod coerce;
mod data;
mod join;
mod mapping;
mod operation;

use pawl_contract::{Node, code};
use serde_json::{Map, Value};

use crate::pure::{Effect, Evaluated, Place};
use crate::scope::{Scope, View};
use crate::{Error, secret, template};

/// Fields beside `type` that are not variables, where the variables stand there too.
const OWN: [&str; 3] = ["type", "operation", "description"];

pub(crate) async fn evaluate(
    node: &Node,
    scope: &Scope,
    place: Place<'_>,
) -> Result<Evaluated, Error> {
    let view = scope.at(node);
    match node.config.get("type").and_then(Value::as_str) {
        Some("transform") => Ok(data::evaluate(&node.config, &view)?),
        Some(_) => set_variables(&node.config, view, place).await,
        None => output(&node.config, &view),
    }
}

fn output(config: &Value, view: &View<'_>) -> Result<Evaluated, Error> {
    let Some(mapping) = config
        .get("mapping")
        .or_else(|| config.get("outputMapping"))
    else {
        return Err(Error::step(
            code::VALIDATION_ERROR,
            "an output step needs a `mapping`",
        ));
    };
    let output = template::render(mapping, view)?;
    Ok(Evaluated {
        port: "success",
        output,
        effects: vec![Effect::Output],
    })
}

async fn set_variables(
    config: &Value,
    mut view: View<'_>,
    place: Place<'_>,
) -> Result<Evaluated, Error> {
    let parameters = config.get("parameters");
    let given = parameters.unwrap_or(config);
    let variables: Vec<Entry<'_>> = if let Some(Value::Array(listed)) = given.get("variables") {
        listed.iter().map(entry).collect::<Result<_, Error>>()?
    } else {
        let given = given
            .get("variables")
            .filter(|named| named.is_object())
            .unwrap_or(given);
        let plain = given.as_object().into_iter().flatten();
        let plain = plain.filter(|(name, _)| parameters.is_some() || !OWN.contains(&name.as_str()));
        plain
            .map(|(name, value)| (name.as_str(), value, Keeping::Open))
            .collect()
    };
    let mut output = Map::new();
    let mut effects = Vec::new();
    for (name, value, keeping) in variables {
        let value = template::render(value, &view)?;
        if keeping == Keeping::Secure {
            let text = value.as_str().map(str::to_owned);
            let text = text.unwrap_or_else(|| value.to_string());
            output.insert(name.to_owned(), "***".into());
            let sealed = place.services.vault().seal(&text, place.org).await;
            let sealed = sealed.map_err(|error| secret::failure(&error))?;
            effects.push(Effect::Secret(name.to_owned(), sealed));
            continue;
        }
        // A later variable of the same step sees the earlier ones.
        view.shadow(name, value.clone());
        output.insert(name.to_owned(), value.clone());
        effects.push(Effect::Variable(name.to_owned(), value));
    }
    Ok(Evaluated {
        port: "success",
        output: output.into(),
        effects,
    })
}

/// How a variable is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    /// As it is.
    Open,
    /// Encrypted; it is read as a secret.
    Secure,
}

/// A variable's name, its value and how it is kept.
type Entry<'config> = (&'config str, &'config Value, Keeping);

/// One entry of the list form.
fn entry(entry: &Value) -> Result<Entry<'_>, Error> {
    let is_secure = entry.get("secure").and_then(Value::as_bool) == Some(true);
    let keeping = if is_secure {
        Keeping::Secure
    } else {
        Keeping::Open
    };
    match (
        entry.get("name").and_then(Value::as_str),
        entry.get("value"),
    ) {
        (Some(name), Some(value)) => Ok((name, value, keeping)),
        _ => Err(Error::step(
            code::VALIDATION_ERROR,
            "each of `variables` needs a `name` and a `value`",
        )),
    }
}
