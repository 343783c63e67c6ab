//! The history of an execution, in the shape of AWS's GetExecutionHistory.

mod passage;

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};

use crate::Failure;

/// One event. Serialised, it is an event of AWS's JSON protocol.
///
/// ```json
/// { "timestamp": 1767225600.5, "type": "PassStateEntered", "id": 2, "previousEventId": 0,
///   "stateEnteredEventDetails": { "name": "greet", "input": "{}", "inputDetails": { "truncated": false } } }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    /// Its number, counted from 1.
    pub id: u64,
    /// The event that led to it; 0 for the first ones.
    pub previous_id: u64,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened.
    pub details: EventDetails,
}

/// What happened. Data stands as JSON text, as AWS gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum EventDetails {
    /// The execution began.
    ExecutionStarted {
        /// Its input.
        input: Arc<str>,
        /// The role it runs under.
        role_arn: String,
    },
    /// The execution ended well.
    ExecutionSucceeded {
        /// Its output.
        output: Arc<str>,
    },
    /// The execution failed.
    ExecutionFailed(Failure),
    /// The execution took too long.
    ExecutionTimedOut(Failure),
    /// The execution was stopped.
    ExecutionAborted(Failure),
    /// The execution was redriven: it goes on where it ended badly.
    ExecutionRedriven {
        /// How often it has been redriven, this time included.
        count: u64,
    },
    /// A state began.
    StateEntered {
        /// The state's kind.
        kind: &'static str,
        /// The state's name.
        name: String,
        /// Its input.
        input: Arc<str>,
    },
    /// A state ended, for better or by a catcher.
    StateExited {
        /// The state's kind.
        kind: &'static str,
        /// The state's name.
        name: String,
        /// Its output.
        output: Arc<str>,
        /// The variables that it set.
        assigned: IndexMap<String, Arc<str>>,
    },
    /// A Parallel or Map began its branches.
    StateStarted {
        /// The state's kind.
        kind: &'static str,
        /// For a Map, the number of items.
        length: Option<usize>,
    },
    /// A Parallel or Map ended well.
    StateSucceeded {
        /// The state's kind.
        kind: &'static str,
    },
    /// A Parallel or Map failed.
    StateFailed {
        /// The state's kind.
        kind: &'static str,
    },
    /// A state was given up because a sibling failed.
    StateAborted {
        /// The state's kind.
        kind: &'static str,
    },
    /// An iteration of a Map changed.
    Iteration {
        /// What became of it.
        phase: IterationPhase,
        /// The Map's name.
        name: String,
        /// The item's number, counted from 0.
        index: usize,
    },
    /// A Map Run, the iterations of a distributed Map, changed.
    MapRun(MapRunPhase),
    /// Something about a task.
    Task(TaskEvent),
    /// An expression failed.
    EvaluationFailed {
        /// The error.
        failure: Failure,
        /// The field that holds the expression.
        location: String,
        /// The state's name.
        state: String,
    },
}

/// What became of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IterationPhase {
    /// It began.
    Started,
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
    /// It was given up because another failed.
    Aborted,
}

/// What became of a Map Run.
#[derive(Debug, Clone, PartialEq)]
pub enum MapRunPhase {
    /// It began.
    Started {
        /// Its ARN.
        arn: String,
    },
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed(Failure),
    /// It was given up.
    Aborted,
    /// It goes on at the children that did not end well.
    Redriven {
        /// Its ARN.
        arn: String,
        /// How often it was redriven.
        count: u64,
    },
}

/// An event of a task. AWS has three families: for service integrations, for a function's bare ARN and for activities.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskEvent {
    /// What does the task.
    pub worker: Worker,
    /// The action, such as `invoke`, or the ARN of the function or activity.
    pub resource: String,
    /// What happened.
    pub phase: TaskPhase,
}

/// What does a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worker {
    /// A service, by the name that history has for it, such as `lambda` or `aws-sdk:s3`.
    Service(String),
    /// A Lambda function, by its bare ARN.
    Function,
    /// Whoever asks for the work of an activity.
    Activity,
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskPhase {
    /// It was handed over.
    Scheduled {
        /// Its arguments.
        parameters: Arc<str>,
        /// The region of the resource.
        region: String,
        /// Its timeout, where one is set.
        timeout_seconds: Option<u64>,
        /// Its longest silence, where one is set.
        heartbeat_seconds: Option<u64>,
        /// The role it runs under, where one is set.
        credentials: Option<Value>,
    },
    /// It could not be handed over.
    ScheduleFailed(Failure),
    /// It began.
    Started {
        /// What the worker of an activity calls itself.
        worker: Option<String>,
    },
    /// It could not begin.
    StartFailed(Failure),
    /// It was taken on by a service that answers later.
    Submitted(Arc<str>),
    /// A service that answers later did not take it on.
    SubmitFailed(Failure),
    /// It ended well.
    Succeeded(Arc<str>),
    /// It failed.
    Failed(Failure),
    /// It took too long.
    TimedOut(Failure),
}

impl HistoryEvent {
    /// The event's type in AWS's terms, such as `TaskStateEntered`.
    pub fn event_type(&self) -> String {
        match &self.details {
            EventDetails::ExecutionStarted { .. } => "ExecutionStarted".to_owned(),
            EventDetails::ExecutionSucceeded { .. } => "ExecutionSucceeded".to_owned(),
            EventDetails::ExecutionFailed(_) => "ExecutionFailed".to_owned(),
            EventDetails::ExecutionTimedOut(_) => "ExecutionTimedOut".to_owned(),
            EventDetails::ExecutionAborted(_) => "ExecutionAborted".to_owned(),
            EventDetails::ExecutionRedriven { .. } => "ExecutionRedriven".to_owned(),
            EventDetails::StateEntered { kind, .. } => format!("{kind}StateEntered"),
            EventDetails::StateExited { kind, .. } => format!("{kind}StateExited"),
            EventDetails::StateStarted { kind, .. } => format!("{kind}StateStarted"),
            EventDetails::StateSucceeded { kind } => format!("{kind}StateSucceeded"),
            EventDetails::StateFailed { kind } => format!("{kind}StateFailed"),
            EventDetails::StateAborted { kind } => format!("{kind}StateAborted"),
            EventDetails::Iteration { phase, .. } => format!("MapIteration{}", phase.name()),
            EventDetails::MapRun(phase) => format!("MapRun{}", phase.name()),
            EventDetails::Task(task) => format!("{}{}", task.family(), task.phase.name()),
            EventDetails::EvaluationFailed { .. } => "EvaluationFailed".to_owned(),
        }
    }

    /// Whether the execution ends with this event.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.details,
            EventDetails::ExecutionSucceeded { .. }
                | EventDetails::ExecutionFailed(_)
                | EventDetails::ExecutionTimedOut(_)
                | EventDetails::ExecutionAborted(_)
        )
    }

    /// The name and content of the event's details; `None` for types that have none.
    fn rendered(&self) -> Option<(String, Value)> {
        let whole = json!({ "truncated": false });
        let details = match &self.details {
            EventDetails::ExecutionStarted { input, role_arn } => {
                json!({ "input": input, "inputDetails": whole, "roleArn": role_arn })
            }
            EventDetails::ExecutionSucceeded { output } => {
                json!({ "output": output, "outputDetails": whole })
            }
            EventDetails::ExecutionFailed(failure)
            | EventDetails::ExecutionTimedOut(failure)
            | EventDetails::ExecutionAborted(failure)
            | EventDetails::MapRun(MapRunPhase::Failed(failure)) => json!(failure),
            EventDetails::ExecutionRedriven { count } => json!({ "redriveCount": count }),
            EventDetails::StateStarted {
                length: Some(length),
                ..
            } => json!({ "length": length }),
            // Those of entries and exits are written without a value, see `passage`.
            EventDetails::StateEntered { .. }
            | EventDetails::StateExited { .. }
            | EventDetails::StateStarted { length: None, .. }
            | EventDetails::StateSucceeded { .. }
            | EventDetails::StateFailed { .. }
            | EventDetails::StateAborted { .. }
            | EventDetails::MapRun(MapRunPhase::Succeeded | MapRunPhase::Aborted) => return None,
            EventDetails::Iteration { name, index, .. } => json!({ "name": name, "index": index }),
            EventDetails::MapRun(MapRunPhase::Started { arn }) => json!({ "mapRunArn": arn }),
            EventDetails::MapRun(MapRunPhase::Redriven { arn, count }) => {
                json!({ "mapRunArn": arn, "redriveCount": count })
            }
            EventDetails::Task(task) => task.rendered()?,
            EventDetails::EvaluationFailed {
                failure,
                location,
                state,
            } => json!({
                "error": failure.error, "cause": failure.cause, "location": location, "state": state,
            }),
        };
        let event_type = self.event_type();
        let (first, rest) = event_type.split_at(1);
        Some((
            format!("{}{rest}EventDetails", first.to_ascii_lowercase()),
            details,
        ))
    }
}

impl IterationPhase {
    fn name(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }
}

impl MapRunPhase {
    fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "Started",
            Self::Succeeded => "Succeeded",
            Self::Failed(_) => "Failed",
            Self::Aborted => "Aborted",
            Self::Redriven { .. } => "Redriven",
        }
    }
}

impl TaskPhase {
    fn name(&self) -> &'static str {
        match self {
            Self::Scheduled { .. } => "Scheduled",
            Self::ScheduleFailed(_) => "ScheduleFailed",
            Self::Started { .. } => "Started",
            Self::StartFailed(_) => "StartFailed",
            Self::Submitted(_) => "Submitted",
            Self::SubmitFailed(_) => "SubmitFailed",
            Self::Succeeded(_) => "Succeeded",
            Self::Failed(_) => "Failed",
            Self::TimedOut(_) => "TimedOut",
        }
    }
}

impl TaskEvent {
    fn family(&self) -> &'static str {
        match self.worker {
            Worker::Service(_) => "Task",
            Worker::Function => "LambdaFunction",
            Worker::Activity => "Activity",
        }
    }

    fn rendered(&self) -> Option<Value> {
        let mut details = Map::new();
        let mut add = |name: &str, value: Value| details.insert(name.to_owned(), value);
        let whole = json!({ "truncated": false });
        if let Worker::Service(service) = &self.worker {
            add("resourceType", json!(service));
            add("resource", json!(self.resource));
        }
        match &self.phase {
            TaskPhase::Scheduled {
                parameters,
                region,
                timeout_seconds,
                heartbeat_seconds,
                credentials,
            } => {
                if let Worker::Service(_) = self.worker {
                    add("region", json!(region));
                    add("parameters", json!(parameters));
                } else {
                    add("resource", json!(self.resource));
                    add("input", json!(parameters));
                    add("inputDetails", whole);
                }
                if let Some(seconds) = timeout_seconds {
                    add("timeoutInSeconds", json!(seconds));
                }
                if let Some(seconds) = heartbeat_seconds.filter(|_| self.worker != Worker::Function)
                {
                    add("heartbeatInSeconds", json!(seconds));
                }
                if let Some(role) = credentials
                    .as_ref()
                    .and_then(|credentials| credentials.get("RoleArn"))
                {
                    add("taskCredentials", json!({ "roleArn": role }));
                }
            }
            // AWS gives this event of a bare function no details at all.
            TaskPhase::Started { .. } if self.worker == Worker::Function => return None,
            TaskPhase::Started { worker: None } => {}
            TaskPhase::Started {
                worker: Some(worker),
            } => {
                add("workerName", json!(worker));
            }
            TaskPhase::Submitted(output) | TaskPhase::Succeeded(output) => {
                add("output", json!(output));
                add("outputDetails", whole);
            }
            TaskPhase::ScheduleFailed(failure)
            | TaskPhase::StartFailed(failure)
            | TaskPhase::SubmitFailed(failure)
            | TaskPhase::Failed(failure)
            | TaskPhase::TimedOut(failure) => {
                if let Some(error) = &failure.error {
                    add("error", json!(error));
                }
                if let Some(cause) = &failure.cause {
                    add("cause", json!(cause));
                }
            }
        }
        Some(Value::Object(details))
    }
}

impl Serialize for HistoryEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "AWS's protocol gives seconds as a number with three decimals"
        )]
        let seconds = self.timestamp.as_millisecond() as f64 / 1000.0;
        map.serialize_entry("timestamp", &seconds)?;
        map.serialize_entry("type", &self.event_type())?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("previousEventId", &self.previous_id)?;
        if !passage::write(&self.details, &mut map)?
            && let Some((name, details)) = self.rendered()
        {
            map.serialize_entry(&name, &details)?;
        }
        map.end()
    }
}
