//! What a life has kept of executions: how they ended, and whose outcomes are in their histories.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use serde_json::Value;

use super::life::Life;
use super::machines::{Outside, Scene, arn};

/// One execution of a scene.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) execution: String,
    pub(super) status: ExecutionStatus,
    /// The number of the run that each outcome comes from: its own, and those of its children.
    pub(super) kept: BTreeMap<String, u64>,
    /// The objects that it has written.
    pub(super) written: usize,
}

impl Verdict {
    /// What there is of it, whatever its name.
    pub(super) fn shape(&self) -> (BTreeSet<&str>, usize) {
        let keys = self.kept.keys().filter_map(|key| key.split_once('/'));
        (keys.map(|(_, key)| key).collect(), self.written)
    }
}

impl Life {
    /// The verdict over every execution of a scene that was played once.
    pub(super) async fn verdicts(&self, scene: &Scene, name: &str) -> Vec<Verdict> {
        let executions = match scene.outside {
            Outside::Sends | Outside::Schedules => self.started_for(scene, name).await,
            Outside::Starts
            | Outside::Works
            | Outside::Answers
            | Outside::Stops
            | Outside::Redrives => vec![arn("execution", &format!("{}:{name}", scene.name))],
        };
        // An event whose sender heard nothing was sent again.
        let most = self.oracle.sent(name).max(1);
        assert!(
            (1..=most).contains(&(executions.len() as u64)),
            "{name} was started {} times",
            executions.len()
        );
        let mut verdicts = Vec::new();
        for execution in executions {
            let verdict = self.verdict(&execution).await;
            assert_eq!(verdict.status, scene.ends, "{name}");
            verdicts.push(verdict);
        }
        verdicts
    }

    /// The executions that say in their input what they are for.
    async fn started_for(&self, scene: &Scene, name: &str) -> Vec<String> {
        let list = self.client.list_executions();
        let list = list.state_machine_arn(arn("stateMachine", scene.name));
        let listed = list.into_paginator().items().send();
        let listed = listed.try_collect().await.expect("a list");
        let mut found = Vec::new();
        for execution in listed {
            let describe = self.client.describe_execution();
            let describe = describe.execution_arn(&execution.execution_arn);
            let described = describe.send().await.expect("it is there");
            if read(described.input.as_deref())["run"] == name {
                found.push(execution.execution_arn);
            }
        }
        found
    }

    async fn verdict(&self, execution: &str) -> Verdict {
        let describe = self.client.describe_execution().execution_arn(execution);
        let described = describe.send().await;
        let described = described.unwrap_or_else(|error| panic!("{execution} is lost: {error:?}"));
        let mut kept = BTreeMap::new();
        // A child's outcomes are its parent's, too.
        let mut executions = vec![execution.to_owned()];
        while let Some(execution) = executions.pop() {
            let (outcomes, started) = self.outcomes(&execution).await;
            for (key, number) in outcomes {
                let twice = kept.insert(key, number);
                assert_eq!(twice, None, "{execution}: an outcome is kept once");
            }
            executions.extend(started);
            executions.extend(self.children(&execution).await);
        }
        let written = read(described.output.as_deref());
        Verdict {
            execution: described.name.unwrap_or_default(),
            status: described.status,
            kept,
            written: self.written(&written["ResultWriterDetails"]).await,
        }
    }

    /// The outcomes in a history, by what they are for, and the executions that its Tasks have started.
    async fn outcomes(&self, execution: &str) -> (Vec<(String, u64)>, Vec<String>) {
        let history = self.client.get_execution_history();
        let history = history.execution_arn(execution).max_results(1000);
        let events = history.send().await.expect("it has a history").events;
        let (mut outcomes, mut started) = (Vec::new(), Vec::new());
        for (position, event) in (1_i64..).zip(&events) {
            assert_eq!(
                event.id, position,
                "{execution}: events are numbered without a gap"
            );
            let said = said(event);
            if let (Some(key), Some(number)) = (said["key"].as_str(), said["number"].as_u64()) {
                outcomes.push((key.to_owned(), number));
            }
            if let Some(child) = said["ExecutionArn"].as_str() {
                started.push(child.to_owned());
            }
        }
        (outcomes, started)
    }

    /// The children of the Map Runs of an execution.
    async fn children(&self, execution: &str) -> Vec<String> {
        let runs = self.client.list_map_runs().execution_arn(execution);
        let runs = runs.send().await.expect("a list").map_runs;
        let mut children = Vec::new();
        for run in runs {
            let list = self.client.list_executions().map_run_arn(run.map_run_arn);
            let listed = list.send().await.expect("a list").executions;
            children.extend(listed.into_iter().map(|child| child.execution_arn));
        }
        children
    }

    /// How many objects were written for a Map: a manifest, and what it names.
    async fn written(&self, details: &Value) -> usize {
        let Some(manifest) = details["Key"].as_str() else {
            return 0;
        };
        let s3 = aws_sdk_s3::Client::new(&self.local.sdk_config());
        let (prefix, _) = manifest.split_once('/').expect("a folder of its own");
        let listed = s3.list_objects_v2().bucket("crashes");
        let listed = listed.prefix(format!("{prefix}/")).send().await;
        let objects = listed.expect("a list").contents.unwrap_or_default();
        let is_there = objects
            .iter()
            .any(|object| object.key.as_deref() == Some(manifest));
        assert!(is_there, "{manifest} is not there");
        objects.len()
    }
}

/// What the outcome of a Task says.
fn said(event: &HistoryEvent) -> Value {
    let task = event.task_succeeded_event_details.as_ref();
    let activity = event.activity_succeeded_event_details.as_ref();
    let output = task.and_then(|details| details.output.as_deref());
    let output = output.or_else(|| activity?.output.as_deref());
    let failed = event.task_failed_event_details.as_ref();
    if let Some(cause) = failed.and_then(|details| details.cause.as_deref()) {
        return read(read(Some(cause))["errorMessage"].as_str());
    }
    let output = read(output);
    let execution = output["ExecutionArn"].as_str();
    if execution.is_some_and(|arn| arn.contains(":express:")) {
        // It has no history that anybody can read, and gives what its effect said.
        return read(output["Output"].as_str());
    }
    if output["Payload"].is_object() {
        output["Payload"].clone()
    } else {
        output
    }
}

fn read(text: Option<&str>) -> Value {
    serde_json::from_str(text.unwrap_or_default()).unwrap_or_default()
}
