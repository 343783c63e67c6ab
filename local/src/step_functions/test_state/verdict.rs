//! What became of a state under test, read from its history.

use std::sync::Arc;

use pawl_interpreter::{EventDetails, Failure, MapRunPhase, Status, TaskPhase};
use serde_json::{Map, Value, json};

use super::bench::Bench;
use super::definition::Tested;
use super::items::Handed;

/// What became of the state.
#[derive(Debug)]
pub(super) struct Verdict {
    status: &'static str,
    input: Option<Arc<str>>,
    arguments: Option<Arc<str>>,
    result: Option<Arc<str>>,
    output: Option<Arc<str>>,
    assigned: Vec<(String, Arc<str>)>,
    failure: Option<Failure>,
    next: Option<String>,
    /// For how many seconds it waits until it is tried again.
    pause: Option<i64>,
}

impl Verdict {
    /// Reads the history of a state.
    pub(super) fn of(bench: &Bench, tested: &Tested) -> Self {
        let mut verdict = Self {
            status: "SUCCEEDED",
            input: None,
            arguments: None,
            result: None,
            output: None,
            assigned: Vec::new(),
            failure: None,
            next: None,
            pause: None,
        };
        let mut has_left = false;
        for event in &bench.events {
            match &event.details {
                EventDetails::StateEntered { name, input, .. }
                    if *name == tested.name && !has_left =>
                {
                    verdict.input = Some(Arc::clone(input));
                }
                EventDetails::StateEntered { name, .. } if has_left => {
                    verdict.next = Some(tested.stands_for(name).to_owned());
                    break;
                }
                EventDetails::StateExited {
                    name,
                    output,
                    assigned,
                    ..
                } if *name == tested.name => {
                    has_left = true;
                    verdict.output = Some(Arc::clone(output));
                    let assigned = assigned.iter();
                    verdict.assigned = assigned
                        .map(|(name, value)| (name.clone(), Arc::clone(value)))
                        .collect();
                }
                EventDetails::Task(task) => match &task.phase {
                    TaskPhase::Scheduled { parameters, .. } => {
                        verdict.arguments = Some(Arc::clone(parameters));
                        verdict.failure = None;
                    }
                    TaskPhase::Succeeded(result) => verdict.result = Some(Arc::clone(result)),
                    TaskPhase::Failed(failure)
                    | TaskPhase::TimedOut(failure)
                    | TaskPhase::ScheduleFailed(failure)
                    | TaskPhase::StartFailed(failure)
                    | TaskPhase::SubmitFailed(failure) => verdict.failure = Some(failure.clone()),
                    TaskPhase::Started { .. } | TaskPhase::Submitted(_) => {}
                },
                EventDetails::EvaluationFailed { failure, .. }
                | EventDetails::MapRun(MapRunPhase::Failed(failure)) => {
                    verdict.failure = Some(failure.clone());
                }
                // Of what else happens, the state itself says nothing.
                EventDetails::ExecutionStarted { .. }
                | EventDetails::ExecutionSucceeded { .. }
                | EventDetails::ExecutionFailed(_)
                | EventDetails::ExecutionTimedOut(_)
                | EventDetails::ExecutionAborted(_)
                | EventDetails::ExecutionRedriven { .. }
                | EventDetails::StateEntered { .. }
                | EventDetails::StateExited { .. }
                | EventDetails::StateStarted { .. }
                | EventDetails::StateSucceeded { .. }
                | EventDetails::StateFailed { .. }
                | EventDetails::StateAborted { .. }
                | EventDetails::Iteration { .. }
                | EventDetails::MapRun(_) => {}
            }
        }
        verdict.conclude(bench, has_left);
        verdict
    }

    /// Whether the state has done what it does.
    pub(super) fn has_succeeded(&self) -> bool {
        self.status == "SUCCEEDED"
    }

    fn conclude(&mut self, bench: &Bench, has_left: bool) {
        if has_left {
            if self.failure.is_some() {
                self.status = "CAUGHT_ERROR";
            }
            return;
        }
        match &bench.status {
            Status::Failed { error, cause }
            | Status::TimedOut { error, cause }
            | Status::Aborted { error, cause } => {
                self.status = "FAILED";
                self.failure = Some(Failure {
                    error: error.clone(),
                    cause: cause.clone(),
                });
            }
            Status::Running | Status::Succeeded { .. } => {
                self.status = "RETRIABLE";
                let due = bench.timers.values().next();
                self.pause = due.map(|due| due.duration_since(bench.now).as_secs());
            }
        }
    }

    /// The verdict as AWS gives it.
    pub(super) fn answer(
        &self,
        is_inspected: bool,
        tested: &Tested,
        variables: &Map<String, Value>,
        handed: Option<&Handed>,
    ) -> Value {
        let mut answer = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                answer.insert(name.to_owned(), value);
            }
        };
        add("output", self.output.as_deref().map(Value::from));
        let failure = self.failure.as_ref();
        add(
            "error",
            failure.and_then(|failure| failure.error.clone().map(Value::from)),
        );
        add(
            "cause",
            failure.and_then(|failure| failure.cause.clone().map(Value::from)),
        );
        let inspection = is_inspected.then(|| {
            let mut data = self.inspection(tested, variables);
            if let Some(handed) = handed {
                handed.inspect(tested, &mut data);
            }
            Value::Object(data)
        });
        add("inspectionData", inspection);
        add("nextState", self.next.clone().map(Value::from));
        add("status", Some(self.status.into()));
        Value::Object(answer)
    }

    fn inspection(&self, tested: &Tested, variables: &Map<String, Value>) -> Map<String, Value> {
        let mut data = Map::new();
        let mut add = |name: &str, text: Option<&Arc<str>>| {
            if let Some(text) = text {
                data.insert(name.to_owned(), Value::from(&**text));
            }
        };
        let kind = tested.kind();
        // A Map is asked for nothing but its items.
        let arguments = self.arguments.as_ref().filter(|_| kind != "Map");
        let (input, output) = (self.input.as_ref(), self.output.as_ref());
        add("input", input);
        if tested.is_jsonata() {
            add("afterArguments", arguments);
        } else {
            let replaces = tested.fields.contains_key("Result");
            add("afterInputPath", input.filter(|_| !replaces));
            if matches!(kind, "Task" | "Parallel" | "Map") {
                add("afterParameters", arguments);
                add("afterResultSelector", self.result.as_ref());
                add("afterResultPath", output.filter(|_| self.result.is_some()));
            }
            if kind == "Pass" {
                add("afterParameters", input.filter(|_| !replaces));
                add("afterResultSelector", output);
                add("afterResultPath", output);
                add("result", output.filter(|_| replaces));
            }
        }
        add("result", self.result.as_ref().filter(|_| kind != "Map"));
        let mut known = variables.clone();
        for (name, value) in &self.assigned {
            let value = serde_json::from_str(value).unwrap_or_default();
            known.insert(name.clone(), value);
        }
        if !known.is_empty() {
            let known = Value::Object(known).to_string();
            data.insert("variables".to_owned(), known.into());
        }
        if let Some(details) = self.error_details(tested) {
            data.insert("errorDetails".to_owned(), details);
        }
        data
    }

    /// Which catcher or retrier was for the error.
    fn error_details(&self, tested: &Tested) -> Option<Value> {
        let error = self.failure.as_ref()?.error.as_deref().unwrap_or_default();
        let is_for = |rule: &Value| {
            let names = rule.get("ErrorEquals").and_then(Value::as_array);
            names
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|name| {
                    name == error
                        || name == "States.ALL"
                        || (name == "States.TaskFailed"
                            && !["States.Timeout", "States.QueryEvaluationError"].contains(&error))
                })
        };
        let index = |field: &str| {
            let rules = tested.fields.get(field).and_then(Value::as_array)?;
            rules.iter().position(is_for)
        };
        match self.status {
            "CAUGHT_ERROR" => Some(json!({ "catchIndex": index("Catch")? })),
            "RETRIABLE" => Some(json!({
                "retryIndex": index("Retry")?,
                "retryBackoffIntervalSeconds": self.pause,
            })),
            _ => None,
        }
    }
}
