//! The catalogue is true: its examples run, answer what they state, and keep to the schemas.

use jsonschema::validator_for;
use pawl_contract::catalogue::{self, Operation, Readiness};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG};

/// Calls an operation as a step does: its answer, or the code with which it failed.
async fn call(operation: &Operation, records: &Value, parameters: &Value) -> Result<Value, String> {
    let bench = Bench::open().await;
    for (collection, records) in records.as_object().expect("collections") {
        let records = records.as_array().expect("records");
        let loaded = bench.store().load(ORG, collection, records).await;
        loaded.expect("they load");
    }
    let kind = if operation.action == "set_variables" {
        "transform"
    } else {
        "action"
    };
    let plan = json!({
        "step": "it",
        "kind": kind,
        "config": { "type": operation.name(), "parameters": parameters },
        "then": { "success": { "state": "next" } },
    });
    let position = bench.begin(json!({}), json!({})).await;
    match bench.task(&plan, &position).await {
        Ok(_) => Ok(bench.output("000001").await),
        Err(error) => Err(error.code),
    }
}

/// Whether a value has all that is stated of it.
fn holds(stated: &Value, value: &Value) -> bool {
    match (stated, value) {
        (Value::Object(stated), Value::Object(fields)) => stated
            .iter()
            .all(|(name, stated)| fields.get(name).is_some_and(|value| holds(stated, value))),
        (Value::Array(stated), Value::Array(items)) => {
            let mut pairs = stated.iter().zip(items);
            stated.len() == items.len() && pairs.all(|(stated, item)| holds(stated, item))
        }
        (stated, value) => stated == value,
    }
}

#[tokio::test]
async fn every_example_runs_and_answers_what_it_states() {
    let mut wrong = Vec::new();
    let ready = catalogue::operations().filter(|row| row.readiness == Readiness::Ready);
    for operation in ready {
        let name = operation.name();
        let input = validator_for(&operation.input_schema()).expect("a schema");
        let output = validator_for(&operation.output_schema()).expect("a schema");
        for example in operation.examples {
            let shown = example.to_json();
            let part = |name: &str| shown.get(name).cloned().unwrap_or_default();
            let parameters = part("parameters");
            if let Err(error) = input.validate(&parameters) {
                wrong.push(format!("{name}: {parameters} is no input: {error}"));
            }
            match call(operation, &part("records"), &parameters).await {
                Err(code) => wrong.push(format!("{name}: {parameters} failed: {code}")),
                Ok(answer) => {
                    if let Err(error) = output.validate(&answer) {
                        wrong.push(format!("{name}: {answer} is no output: {error}"));
                    }
                    if !holds(&part("output"), &answer) {
                        wrong.push(format!("{name}: {answer} is not {}", part("output")));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
