//! Executions that are no runs: of machines that no workflow was compiled to, started by other tools.

use anyhow::Context;
use pawl_asl::Machine;
use pawl_store::{Run, RunStatus};

use super::{Aws, Execution};
use crate::graph::from_machine;

/// The fewest letters that can stand for an id or a name.
pub const SHORTEST_PART: usize = 4;

/// An execution of a machine that is no workflow's.
#[derive(Debug, Clone)]
pub struct Other {
    /// The execution.
    pub execution: Execution,
    /// The name of its machine.
    pub machine: String,
}

/// What it was given and what it gave.
#[derive(Debug, Clone, Default)]
pub struct Ends {
    /// Its input.
    pub input: String,
    /// Its output, once it has ended well.
    pub output: Option<String>,
    /// The error that it ended with.
    pub error: Option<String>,
    /// What the error says.
    pub cause: Option<String>,
}

/// What a name on the command line means.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A run.
    Run(Box<Run>),
    /// An execution that is no run.
    Other(Box<Other>),
}

impl Other {
    /// How it stands, in the words for runs.
    pub fn status(&self) -> RunStatus {
        match self.execution.status.as_str() {
            "SUCCEEDED" => RunStatus::Completed,
            "FAILED" => RunStatus::Failed,
            "TIMED_OUT" => RunStatus::Timeout,
            "ABORTED" => RunStatus::Cancelled,
            "PENDING_REDRIVE" => RunStatus::Pending,
            _ => RunStatus::Running,
        }
    }
}

impl Aws {
    /// The executions of machines that are no workflow's, newest first.
    pub async fn others(&self) -> anyhow::Result<Vec<Other>> {
        let mut others = Vec::new();
        for (name, arn) in self.other_machines().await? {
            let list = self.step_functions.list_executions();
            let listed = list.state_machine_arn(&arn).into_paginator().items().send();
            let listed = listed.try_collect().await;
            let listed = listed
                .with_context(|| format!("cannot list the executions of machine `{name}`"))?;
            others.extend(listed.into_iter().map(|execution| Other {
                execution: Execution::of(execution),
                machine: name.clone(),
            }));
        }
        others.sort_by(|one, next| next.execution.start_date.cmp(&one.execution.start_date));
        Ok(others)
    }

    /// What an execution was given and what it gave.
    pub async fn ends(&self, execution: &Execution) -> anyhow::Result<Ends> {
        let describe = self.step_functions.describe_execution();
        let described = describe.execution_arn(&execution.execution_arn).send();
        let described = described
            .await
            .with_context(|| format!("cannot describe execution `{}`", execution.name))?;
        Ok(Ends {
            input: described.input.unwrap_or_default(),
            output: described.output,
            error: described.error,
            cause: described.cause,
        })
    }

    /// An execution that is no run, by its ARN, its name, or a part of the name that no other has.
    pub async fn other(&self, given: &str) -> anyhow::Result<Option<Other>> {
        let mut others = self.others().await?;
        let is_it = |other: &Other| {
            [&other.execution.execution_arn, &other.execution.name].contains(&&given.to_owned())
        };
        if let Some(place) = others.iter().position(is_it) {
            return Ok(Some(others.swap_remove(place)));
        }
        others.retain(|other| given.len() >= SHORTEST_PART && other.execution.name.contains(given));
        Ok(others.pop().filter(|_| others.is_empty()))
    }

    /// The standard machines that no workflow was compiled to: name and ARN. Nothing lists the executions of others.
    async fn other_machines(&self) -> anyhow::Result<Vec<(String, String)>> {
        let machines = self.step_functions.list_state_machines();
        let machines = machines.into_paginator().items().send();
        let machines = machines
            .try_collect()
            .await
            .context("cannot list the machines")?;
        let mut found = Vec::new();
        for machine in machines {
            if machine.r#type.as_str() != "STANDARD" {
                continue;
            }
            let describe = self.step_functions.describe_state_machine();
            let described = describe.state_machine_arn(&machine.state_machine_arn);
            let described = described.send().await;
            let described =
                described.with_context(|| format!("cannot read the machine `{}`", machine.name))?;
            // What is not read here was not compiled here.
            let read = serde_json::from_str::<Machine>(&described.definition).ok();
            if read.is_none_or(|machine| from_machine(&machine).is_none()) {
                found.push((machine.name, machine.state_machine_arn));
            }
        }
        Ok(found)
    }
}
