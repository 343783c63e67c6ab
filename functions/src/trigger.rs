//! Starts runs: validates the input, writes the run and its first record, and starts the execution.

mod input;
mod intake;
pub(crate) mod resume;

pub(crate) use input::accept_by_schema;

use std::sync::Arc;

use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use pawl_contract::{At, Execution, Plan, Position, Start, StepError, code};
use pawl_store::{Change, Run, RunStatus};
use serde::Serialize;
use serde_json::Value;

use crate::{Error, Services, id};

/// A run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Started {
    /// The run's id.
    pub run: String,
    /// The ARN of its execution.
    pub execution: String,
    /// Whether it is new.
    pub status: StartedStatus,
}

impl Started {
    /// No run.
    fn nothing() -> Self {
        Self {
            run: String::new(),
            execution: String::new(),
            status: StartedStatus::Ignored,
        }
    }
}

/// Whether a request started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartedStatus {
    /// It did.
    Started,
    /// An earlier request with the same key did.
    Duplicate,
    /// The workflow is paused, or has the trigger no more: there is no run.
    Ignored,
}

/// Starts a run of a published machine.
pub async fn start(start: Start, services: &Services) -> Result<Started, StepError> {
    begin(start, services).await.map_err(Error::into_step)
}

/// The same, along with other changes that name the run: written with it, or not at all.
pub async fn start_noted(
    start: Start,
    services: &Services,
    note: impl FnOnce(&str) -> Vec<Change>,
) -> Result<Started, StepError> {
    let begun = begin_with(start, services, note);
    Box::pin(begun).await.map_err(Error::into_step)
}

pub(crate) async fn begin(start: Start, services: &Services) -> Result<Started, Error> {
    Box::pin(begin_with(start, services, |_| Vec::new())).await
}

async fn begin_with(
    mut start: Start,
    services: &Services,
    note: impl FnOnce(&str) -> Vec<Change>,
) -> Result<Started, Error> {
    let org = start
        .org
        .clone()
        .unwrap_or_else(|| services.settings().org.clone());
    if let Some(workflow) = &start.workflow {
        let published = services.store().published(&org, workflow).await?;
        // A schedule or rule may be there before its workflow is published, and after it was put away.
        if let Some(trigger) = &start.trigger
            && !published
                .as_ref()
                .is_some_and(|published| published.hears(trigger))
        {
            tracing::info!(org, workflow, trigger, "nothing is started");
            return Ok(Started::nothing());
        }
        let Some(published) = published else {
            let message = format!("there is no published workflow `{workflow}`");
            return Err(Error::step(code::VALIDATION_ERROR, message));
        };
        if start.machine.is_empty() {
            start.machine = published.machine;
            start.number = published.number;
        }
    }
    if start.machine.is_empty() {
        let message = "a run is of a `machine` or of a `workflow`, and the request names neither";
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let plan = first_plan(services, &start.machine).await?;
    let now = services.now();
    let id = match &start.idempotency_key {
        Some(key) => id::of(&[&org, &plan.workflow, key]),
        None => id::new(now),
    };
    let run = intake::run(&plan, start, org, id, now)?;
    let noted = note(&run.run);
    let is_new = intake::write(&plan, &run, noted, services).await?;
    let current = if is_new {
        None
    } else {
        services.store().run(&run.org, &run.run).await?
    };
    let current = current.unwrap_or(run);
    // A request that crashed between its two calls left a run without an execution; asking again starts it.
    let execution = match current.status {
        RunStatus::Pending | RunStatus::Running if current.generation == 0 => {
            execute(services, &current.machine, &current.run, &first(&current)).await?
        }
        RunStatus::Pending
        | RunStatus::Running
        | RunStatus::Waiting
        | RunStatus::Completed
        | RunStatus::Failed
        | RunStatus::Cancelled
        | RunStatus::Timeout => execution_arn(&current.machine, &current.execution),
    };
    let status = if is_new {
        StartedStatus::Started
    } else {
        StartedStatus::Duplicate
    };
    Ok(Started {
        run: current.run,
        execution,
        status,
    })
}

/// Does the intake of an execution that someone started by hand, with the plain input.
pub(crate) async fn by_hand(
    plan: &Plan,
    input: Value,
    execution: Execution,
    services: &Services,
) -> Result<Position, Error> {
    if pawl_store::key::is_collection(&execution.name) {
        let message = format!(
            "`{}` cannot be a run: choose an execution name with a digit or a dash",
            execution.name
        );
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let start = Start {
        machine: execution.machine,
        input,
        ..Start::default()
    };
    let org = services.settings().org.clone();
    let run = intake::run(plan, start, org, execution.name, services.now())?;
    if !intake::write(plan, &run, Vec::new(), services).await? {
        let current = services.store().run(&run.org, &run.run).await?;
        if current.is_none_or(|current| current.machine != run.machine) {
            let message = format!(
                "there is a run `{}` of another machine: choose another execution name",
                run.run
            );
            return Err(Error::step(code::VALIDATION_ERROR, message));
        }
    }
    Ok(first(&run))
}

/// Starts an execution under a name, once: its ARN.
pub(crate) async fn execute(
    services: &Services,
    machine: &str,
    name: &str,
    position: &Position,
) -> Result<String, Error> {
    let input = serde_json::to_string(position).expect("a position is made of strings and numbers");
    let start = services
        .states()
        .start_execution()
        .state_machine_arn(machine)
        .name(name)
        .input(input);
    match start.send().await {
        Ok(started) => Ok(started.execution_arn),
        Err(failed)
            if failed
                .as_service_error()
                .is_some_and(StartExecutionError::is_execution_already_exists) =>
        {
            Ok(execution_arn(machine, name))
        }
        Err(failed) => Err(unavailable("StartExecution", machine, &failed)),
    }
}

/// The plan of a machine's first Task, from the machine itself.
async fn first_plan(services: &Services, machine: &str) -> Result<Arc<Plan>, Error> {
    if let Some(plan) = services.plan(machine) {
        return Ok(plan);
    }
    let definition = definition(services, machine).await?;
    let plan = intake::first_plan(&definition).ok_or_else(|| {
        let message = format!("`{machine}` was not compiled by Pawl: its first Task has no intake");
        Error::step(code::VALIDATION_ERROR, message)
    })?;
    let plan = Arc::new(plan);
    // Only a published version never changes.
    if machine
        .rsplit(':')
        .next()
        .is_some_and(|last| last.parse::<u64>().is_ok())
    {
        services.keep_plan(machine, Arc::clone(&plan));
    }
    Ok(plan)
}

/// A machine's definition, as text.
async fn definition(services: &Services, machine: &str) -> Result<String, Error> {
    let describe = services.states().describe_state_machine();
    let described = describe.state_machine_arn(machine).send().await;
    let described =
        described.map_err(|failed| unavailable("DescribeStateMachine", machine, &failed))?;
    Ok(described.definition)
}

/// Step Functions refused, or did not answer.
pub(crate) fn unavailable<E: std::error::Error>(call: &str, machine: &str, failed: &E) -> Error {
    let mut causes = vec![failed.to_string()];
    let mut source = failed.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    Error::step(
        code::TOOL_ERROR,
        format!("{call} of `{machine}` failed: {}", causes.join(": ")),
    )
}

/// Where a run begins: behind its intake, or where its present version took it over.
pub(crate) fn first(run: &Run) -> Position {
    let last = run.stretches.last();
    Position {
        org: run.org.clone(),
        run: run.run.clone(),
        machine: run.machine.clone(),
        at: last.map_or_else(At::first, |stretch| stretch.from.clone()),
        base: last.map_or_else(At::intake, |stretch| stretch.from.clone()),
        routes: std::collections::BTreeMap::new(),
        values: std::collections::BTreeMap::new(),
        caught: None,
        enter: last.and_then(|stretch| stretch.enter.clone()),
    }
}

/// The ARN of a machine's execution.
///
/// `arn:aws:states:eu-west-1:1:stateMachine:hello:3` and `run-1` give `arn:aws:states:eu-west-1:1:execution:hello:run-1`.
pub fn execution_arn(machine: &str, name: &str) -> String {
    let parts: Vec<&str> = machine.split(':').take(7).collect();
    parts.join(":").replacen(":stateMachine:", ":execution:", 1) + ":" + name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_named_after_its_machine_whatever_its_version() {
        for version in ["", ":3"] {
            let machine =
                format!("arn:aws:states:eu-west-1:123456789012:stateMachine:hello{version}");
            assert_eq!(
                execution_arn(&machine, "run-1"),
                "arn:aws:states:eu-west-1:123456789012:execution:hello:run-1"
            );
        }
    }
}
