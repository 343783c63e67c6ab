//! Which versions of functions the machines of an account call, and the runs that are open.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType};

use crate::cloud::Cloud;

/// Versions of functions, and what calls each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needed(BTreeMap<(String, u64), BTreeSet<String>>);

impl Needed {
    /// Notes every version of these functions that a text names, as `NAME:NUMBER` does in any ARN.
    pub(super) fn note(&mut self, functions: &[&str], text: &str, by: &str) {
        for function in functions {
            for (at, _) in text.match_indices(function) {
                let Some(behind) = text.get(at + function.len()..) else {
                    continue;
                };
                let number = behind.strip_prefix(':').map(leading_number);
                if let Some(Some(number)) = number {
                    let callers = self.0.entry(((*function).to_owned(), number)).or_default();
                    callers.insert(by.to_owned());
                }
            }
        }
    }

    /// What calls a version of a function.
    pub(super) fn by(&self, function: &str, number: u64) -> Vec<String> {
        let callers = self.0.get(&(function.to_owned(), number));
        callers.into_iter().flatten().cloned().collect()
    }
}

fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit());
    let digits = end.map_or(Some(text), |end| text.get(..end))?;
    digits.parse().ok()
}

/// What every machine of the account calls, in each of its versions, and every run that is open.
pub(super) async fn find(cloud: &Cloud, functions: &[&str]) -> anyhow::Result<Needed> {
    let mut needed = Needed::default();
    let machines = cloud.states.list_state_machines().into_paginator().items();
    let mut machines = machines.send();
    while let Some(machine) = machines.next().await {
        let machine = machine.context("ListStateMachines failed")?;
        let arn = machine.state_machine_arn;
        let versions = versions(cloud, &arn).await?;
        for version in versions.iter().chain([&arn]) {
            let described = cloud.states.describe_state_machine();
            let described = described.state_machine_arn(version).send().await;
            let described = described.context("DescribeStateMachine failed")?;
            let by = format!("the machine `{}`", name_of(version));
            needed.note(functions, &described.definition, &by);
        }
        // What an express machine does is over within five minutes, and nobody lists it.
        if machine.r#type == StateMachineType::Standard {
            note_runs(cloud, &arn, &versions, functions, &mut needed).await?;
        }
    }
    Ok(needed)
}

async fn versions(cloud: &Cloud, machine: &str) -> anyhow::Result<Vec<String>> {
    let (mut versions, mut token) = (Vec::new(), None);
    loop {
        let list = cloud.states.list_state_machine_versions();
        let list = list.state_machine_arn(machine).set_next_token(token);
        let listed = list.send().await;
        let listed = listed.context("ListStateMachineVersions failed")?;
        let arns = listed.state_machine_versions.into_iter();
        versions.extend(arns.map(|version| version.state_machine_version_arn));
        token = listed.next_token;
        if token.is_none() {
            return Ok(versions);
        }
    }
}

/// Notes what open runs call that began with a definition which is not there any more.
async fn note_runs(
    cloud: &Cloud,
    machine: &str,
    versions: &[String],
    functions: &[&str],
    needed: &mut Needed,
) -> anyhow::Result<()> {
    let list = cloud.states.list_executions().state_machine_arn(machine);
    let list = list.status_filter(ExecutionStatus::Running);
    let mut runs = list.into_paginator().items().send();
    while let Some(run) = runs.next().await {
        let run = run.context("ListExecutions failed")?;
        let version = run.state_machine_version_arn;
        if version.is_some_and(|version| versions.contains(&version)) {
            continue;
        }
        let describe = cloud.states.describe_state_machine_for_execution();
        let described = describe.execution_arn(&run.execution_arn).send().await;
        let described = described.context("DescribeStateMachineForExecution failed")?;
        let by = format!("the open run `{}`", run.name);
        needed.note(functions, &described.definition, &by);
    }
    Ok(())
}

/// What stands behind `stateMachine:` in an ARN.
fn name_of(arn: &str) -> &str {
    arn.split_once(":stateMachine:")
        .map_or(arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_by_the_number_behind_a_name() {
        let rows: [(&str, &[u64]); 6] = [
            (
                "arn:aws:lambda:eu-west-1:1:function:pawl-Llm-1a:12\"",
                &[12],
            ),
            ("pawl-Llm-1a:1 pawl-Llm-1a:2", &[1, 2]),
            ("function:pawl-Llm-1a", &[]),
            ("function:pawl-Llm-1a:live", &[]),
            ("function:pawl-Llm-1a:$LATEST", &[]),
            ("function:pawl-Llm-1ab:3", &[]),
        ];
        for (text, expected) in rows {
            let mut needed = Needed::default();
            needed.note(&["pawl-Llm-1a"], text, "it");
            let numbers: Vec<u64> = needed.0.keys().map(|(_, number)| *number).collect();
            assert_eq!(numbers, expected, "{text}");
        }
    }
}
