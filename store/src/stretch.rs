//! A run that goes on: for the same version, or for another one from a step on.

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use pawl_contract::At;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::attribute::{number, string};
use crate::record::word;
use crate::{Error, Run, Store, Transaction};

/// The part of a run that one version did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The ARN of the machine.
    pub machine: String,
    /// The number of the version, where it was published under one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Its first visit.
    pub from: At,
    /// The state that its executions begin with; the machine's first one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter: Option<String>,
    /// When it began.
    pub since: String,
}

impl Run {
    /// The parts of it that different versions did, in order.
    pub fn all_stretches(&self) -> Vec<Stretch> {
        if !self.stretches.is_empty() {
            return self.stretches.clone();
        }
        vec![Stretch {
            machine: self.machine.clone(),
            number: self.number,
            from: At::first(),
            enter: None,
            since: self.started_at.clone(),
        }]
    }
}

impl Transaction {
    /// Opens a run that did not complete, as its next generation, if it is still as the caller saw it.
    pub fn reopen(&mut self, store: &Store, run: &Run, next: &Run) -> Result<(), Error> {
        let mut update = Update::builder()
            .condition_expression("#status = :before AND #generation = :generation_before")
            .expression_attribute_values(":before", string(word(&run.status)))
            .expression_attribute_values(":generation_before", number(run.generation));
        let (mut set, mut removed) = (Vec::new(), Vec::new());
        for (name, value) in reopened(next) {
            update = update.expression_attribute_names(format!("#{name}"), name);
            if let Some(value) = value {
                set.push(format!("#{name} = :{name}"));
                update = update.expression_attribute_values(format!(":{name}"), value);
            } else {
                removed.push(format!("#{name}"));
            }
        }
        let update = update.update_expression(format!(
            "SET {} REMOVE {}",
            set.join(", "),
            removed.join(", ")
        ));
        self.update_run(store, update)?;
        self.list_open(store, next, next.asked_at())
    }
}

/// What is different of a run that was opened again; what has no value is gone.
fn reopened(run: &Run) -> Vec<(&'static str, Option<AttributeValue>)> {
    let text = |text: &Option<String>| text.as_ref().map(string);
    let follow_ups = Some(&run.follow_ups).filter(|follow_ups| !follow_ups.is_empty());
    let stretches = Some(&run.stretches).filter(|stretches| !stretches.is_empty());
    vec![
        ("status", Some(string(word(&run.status)))),
        ("execution", Some(string(&run.execution))),
        ("executingSince", text(&run.executing_since)),
        ("draft", run.draft.then_some(AttributeValue::Bool(true))),
        ("base", Some(string(run.base.as_str()))),
        ("generation", Some(number(run.generation))),
        ("machine", Some(string(&run.machine))),
        ("number", run.number.map(number)),
        ("version", text(&run.version)),
        (
            "stretches",
            stretches.map(|stretches| string(json!(stretches).to_string())),
        ),
        (
            "followUps",
            follow_ups.map(|follow_ups| string(json!(follow_ups).to_string())),
        ),
        ("timeoutMs", run.timeout_ms.map(number)),
        ("deadline", text(&run.deadline)),
        ("error", None),
        ("completedAt", None),
        ("closedBy", None),
    ]
}
