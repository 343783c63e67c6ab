//! The context object, `$states.context`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Start;
use crate::redrive::Redrives;

/// What the context object is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// What stands for all of it but the item, where a state is tried out.
    pub(crate) given: Option<&'a Value>,
    /// What the execution was started with.
    pub(crate) start: &'a Start,
    /// When it was started.
    pub(crate) started_at: Timestamp,
    /// How often it was redriven, and when last.
    pub(crate) redrives: &'a Redrives,
    /// The state's name.
    pub(crate) state: &'a str,
    /// When the state was entered.
    pub(crate) entered_at: Timestamp,
    /// How often the state was tried again, for the kinds that can be.
    pub(crate) retry_count: Option<u64>,
    /// The item of the iteration.
    pub(crate) item: Option<ItemSight<'a>>,
    /// The token of the task, while its arguments are evaluated.
    pub(crate) token: Option<&'a str>,
}

/// The item that an iteration of a Map is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItemSight<'a> {
    /// Its number, counted from 0.
    pub(crate) index: usize,
    /// The item.
    pub(crate) value: &'a Value,
    /// The name of the member, where the items are those of an object.
    pub(crate) key: Option<&'a str>,
    /// Where a distributed Map has read it.
    pub(crate) source: Option<&'a str>,
}

impl Context<'_> {
    /// The object.
    pub(crate) fn value(&self) -> Value {
        let mut context = match self.given {
            Some(given) => given.as_object().cloned().unwrap_or_default(),
            None => self.own(),
        };
        if let Some(item) = self.item {
            let mut shown = Map::new();
            shown.insert("Index".to_owned(), json!(item.index));
            if let Some(key) = item.key {
                shown.insert("Key".to_owned(), json!(key));
            }
            shown.insert("Value".to_owned(), item.value.clone());
            if let Some(source) = item.source {
                shown.insert("Source".to_owned(), json!(source));
            }
            context.insert("Map".to_owned(), json!({ "Item": shown }));
        }
        if let (Some(token), None) = (self.token, self.given) {
            context.insert("Task".to_owned(), json!({ "Token": token }));
        }
        Value::Object(context)
    }

    /// What the execution knows of itself.
    fn own(&self) -> Map<String, Value> {
        let mut state = json!({ "Name": self.state, "EnteredTime": moment(self.entered_at) });
        if let (Some(retry_count), Some(state)) = (self.retry_count, state.as_object_mut()) {
            state.insert("RetryCount".to_owned(), json!(retry_count));
        }
        let mut execution = json!({
            "Id": self.start.execution_arn,
            "Input": self.start.input,
            "StartTime": moment(self.started_at),
            "Name": self.start.execution_name,
            "RoleArn": self.start.role_arn,
            "RedriveCount": self.redrives.count,
        });
        if let (Some(last), Some(execution)) = (self.redrives.last, execution.as_object_mut()) {
            execution.insert("RedriveTime".to_owned(), json!(moment(last)));
        }
        let mut context = Map::new();
        context.insert("Execution".to_owned(), execution);
        context.insert(
            "StateMachine".to_owned(),
            json!({ "Id": self.start.machine_arn, "Name": self.start.machine_name }),
        );
        context.insert("State".to_owned(), state);
        context
    }
}

/// A moment as AWS writes it: UTC with three decimals.
pub(crate) fn moment(timestamp: Timestamp) -> String {
    format!("{timestamp:.3}")
}
