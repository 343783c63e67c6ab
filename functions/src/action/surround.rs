//! What other engines put around a record, for definitions that read it.
//!
//! ```json
//! { "_id": "p1", "name": "Cup", "found": true, "result": { "_id": "p1", "name": "Cup" } }
//! ```
//!
//! Where somebody reads whether a record was found, or the `result`, one that is not there is an answer and no failure:
//! `{"found": false, "result": null}`.

use pawl_contract::code;
use serde_json::{Value, json};

use crate::Error;
use crate::work::Acted;

/// Adds to an answer what the step's configuration says is read around it. What the record has of that name is its own.
pub(super) fn surround(acted: Result<Acted, Error>, config: &Value) -> Result<Acted, Error> {
    let read = config.get("surrounds").and_then(Value::as_array);
    let reads = |name: &str| read.is_some_and(|read| read.iter().any(|read| read == name));
    let mut acted = match acted {
        // A look-up fails in this way alone: by the absence of what it looks for.
        Err(Error::Step(error))
            if error.code == code::TOOL_ERROR && (reads("found") || reads("result")) =>
        {
            return Ok(json!({ "found": false, "result": null }).into());
        }
        acted => acted?,
    };
    let record = acted.output.clone();
    let values = [
        ("found", json!(true)),
        ("result", record),
        ("success", json!(true)),
    ];
    if let Some(answer) = acted.output.as_object_mut() {
        for (name, value) in values {
            if reads(name) {
                answer.entry(name).or_insert(value);
            }
        }
    }
    Ok(acted)
}
