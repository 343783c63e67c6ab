//! Step Functions: machines and their executions behind Step Functions' own protocol.

mod activities;
mod aliases;
mod executions;
mod machines;
mod map_runs;
mod names;
mod paging;
mod redrive;
mod refusal;
mod request;
mod start;
mod syntax;
mod tags;
mod tasks;
mod test_state;
mod validation;
mod versions;

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::{Answer, json_answer};
use crate::engine::{About, Engine};
use crate::journal::{Filter, Journal};
use crate::network::Service;
use crate::refusal::Refusal;
use crate::{Aws, Clock, Error};

use activities::Activities;
use machines::Machines;
pub(crate) use names::{ACCOUNT, REGION, machine_arn};
use request::read;
pub(crate) use start::{Nesting, run, synchronous};

/// The machines and executions of this AWS.
pub(crate) struct StepFunctions {
    clock: Clock,
    machines: Machines,
    activities: Activities,
    pub(crate) engine: Engine,
}

impl StepFunctions {
    /// Opens the machines that a journal keeps. `seed` is what their chance begins with.
    pub(crate) fn open(
        journal: Arc<Journal>,
        clock: Clock,
        engine: Engine,
        seed: u64,
    ) -> Result<Self, Error> {
        Ok(Self {
            clock,
            activities: Activities::open(Arc::clone(&journal))?,
            machines: Machines::open(journal, seed)?,
            engine,
        })
    }

    /// Whether there is an activity of this ARN.
    pub(crate) fn has_activity(&self, arn: &str) -> bool {
        self.activities.has(arn)
    }

    /// Starts an execution for a Task, which gives the arguments; `name` is for one that it gives no name.
    pub(crate) fn start_nested(
        &self,
        arguments: &Value,
        names: [String; 2],
        nesting: Nesting,
    ) -> Result<About, Refusal> {
        start::nested(&self.machines, &self.engine, arguments, names, nesting)
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        match self.perform(operation, body) {
            Ok(answer) => json_answer(StatusCode::OK, answer.to_string()),
            Err(refusal) => refusal.answer(Service::StepFunctions),
        }
    }

    /// Does what is asked for, or says why not. It blocks on the disk.
    pub(crate) fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        let (machines, engine, now) = (&self.machines, &self.engine, self.clock.now());
        match operation {
            "CreateStateMachine" => {
                self.sweep()?;
                machines.create(read(operation, body)?, now)
            }
            "UpdateStateMachine" => machines.update(read(operation, body)?, now),
            "DeleteStateMachine" => {
                machines.delete(&read(operation, body)?)?;
                self.sweep()?;
                Ok(json!({}))
            }
            "DescribeStateMachine" => {
                self.sweep()?;
                machines.describe(&read(operation, body)?)
            }
            "DescribeStateMachineForExecution" => {
                executions::describe_machine(machines, engine, &read(operation, body)?)
            }
            "ListStateMachines" => {
                self.sweep()?;
                machines.list(&read(operation, body)?, now)
            }
            "ValidateStateMachineDefinition" => Ok(validation::validate(&read(operation, body)?)),
            "PublishStateMachineVersion" => {
                versions::publish(machines, read(operation, body)?, now)
            }
            "ListStateMachineVersions" => versions::list(machines, &read(operation, body)?, now),
            "DeleteStateMachineVersion" => versions::delete(machines, &read(operation, body)?),
            "CreateStateMachineAlias" => aliases::create(machines, read(operation, body)?, now),
            "UpdateStateMachineAlias" => aliases::update(machines, read(operation, body)?, now),
            "DescribeStateMachineAlias" => aliases::describe(machines, &read(operation, body)?),
            "ListStateMachineAliases" => aliases::list(machines, &read(operation, body)?, now),
            "DeleteStateMachineAlias" => aliases::delete(machines, &read(operation, body)?),
            "TagResource" => tags::add(machines, read(operation, body)?),
            "UntagResource" => tags::remove(machines, &read(operation, body)?),
            "ListTagsForResource" => tags::list(machines, &read(operation, body)?),
            "StartExecution" => start::start(machines, engine, read(operation, body)?),
            "DescribeExecution" => {
                executions::describe(machines, engine, &read(operation, body)?, now)
            }
            "ListExecutions" => executions::list(machines, engine, &read(operation, body)?, now),
            "StopExecution" => executions::stop(engine, read(operation, body)?),
            "GetExecutionHistory" => executions::history(engine, &read(operation, body)?, now),
            "RedriveExecution" => redrive::redrive(machines, engine, read(operation, body)?, now),
            "DescribeMapRun" => map_runs::describe(engine, &read(operation, body)?),
            "ListMapRuns" => map_runs::list(engine, &read(operation, body)?, now),
            "UpdateMapRun" => map_runs::update(engine, &read(operation, body)?),
            "CreateActivity" => self.activities.create(&read(operation, body)?, now),
            "DescribeActivity" => self.activities.describe(&read(operation, body)?),
            "ListActivities" => self.activities.list(&read(operation, body)?, now),
            "DeleteActivity" => self.activities.delete(&read(operation, body)?),
            "SendTaskSuccess" => tasks::succeed(engine, &read(operation, body)?),
            "SendTaskFailure" => tasks::fail(engine, read(operation, body)?),
            "SendTaskHeartbeat" => tasks::heartbeat(engine, &read(operation, body)?),
            "TestState" => test_state::test(engine, read(operation, body)?),
            unknown => Err(Refusal::new(
                "UnknownOperationException",
                format!("the local Step Functions has no operation `{unknown}`"),
            )),
        }
    }

    /// Answers a request that may wait for something to happen; `None` for all others.
    pub(crate) async fn answer_later(
        aws: &Arc<Aws>,
        operation: &str,
        body: &[u8],
    ) -> Option<Answer> {
        let answered = match operation {
            "StartSyncExecution" => match read(operation, body) {
                Ok(request) => start::sync(aws, request).await,
                Err(refusal) => Err(refusal),
            },
            "GetActivityTask" => match read(operation, body) {
                Ok(request) => activities::fetch(aws, request).await,
                Err(refusal) => Err(refusal),
            },
            _ => return None,
        };
        Some(match answered {
            Ok(answer) => json_answer(StatusCode::OK, answer.to_string()),
            Err(refusal) => refusal.answer(Service::StepFunctions),
        })
    }

    /// Forgets the machines that are being deleted and whose executions have ended.
    fn sweep(&self) -> Result<(), Refusal> {
        self.machines.sweep(|name| {
            let filter = Filter {
                machine: Some(machine_arn(name)),
                status: Some("RUNNING".to_owned()),
                ..Filter::default()
            };
            Ok(!self.engine.snapshots(&filter, 1)?.is_empty())
        })
    }
}

/// A moment as a Task's result has it.
pub(crate) fn moment(moment: Timestamp) -> Value {
    json!(moment.as_millisecond())
}

/// A moment as the JSON protocol writes it: seconds, to the millisecond.
fn seconds(moment: Timestamp) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of any date fit a float exactly"
    )]
    let milliseconds = moment.as_millisecond() as f64;
    json!(milliseconds / 1000.0)
}
