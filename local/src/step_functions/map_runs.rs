//! Map Runs: the iterations of distributed Maps, shown, listed and steered.

use jiff::Timestamp;
use pawl_interpreter::{MapRunStatus, UpdateMapRun};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{Engine, KeptMapRun};

use super::executions::find;
use super::machines::add;
use super::names::check_map_run_arn;
use super::paging::{Order, Paging, Position};
use super::seconds;
use crate::refusal::Refusal;

/// `DescribeMapRun`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    map_run_arn: String,
}

/// `ListMapRuns`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    execution_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

/// `UpdateMapRun`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    map_run_arn: String,
    #[serde(flatten)]
    update: UpdateMapRun,
}

/// Describes a Map Run.
pub(super) fn describe(engine: &Engine, request: &Describe) -> Result<Value, Refusal> {
    let KeptMapRun {
        execution_arn,
        map_run,
    } = find_run(engine, &request.map_run_arn)?;
    let mut answer = Map::new();
    answer.insert("mapRunArn".to_owned(), map_run.map_run_arn.into());
    answer.insert("executionArn".to_owned(), execution_arn.into());
    answer.insert("status".to_owned(), json!(map_run.status));
    answer.insert("startDate".to_owned(), seconds(map_run.started_at));
    add(&mut answer, "stopDate", map_run.stopped_at.map(seconds));
    answer.insert("maxConcurrency".to_owned(), map_run.max_concurrency.into());
    answer.insert(
        "toleratedFailurePercentage".to_owned(),
        map_run.tolerated_failure_percentage.into(),
    );
    answer.insert(
        "toleratedFailureCount".to_owned(),
        map_run.tolerated_failure_count.into(),
    );
    answer.insert("itemCounts".to_owned(), json!(map_run.item_counts));
    answer.insert(
        "executionCounts".to_owned(),
        json!(map_run.execution_counts),
    );
    answer.insert("redriveCount".to_owned(), map_run.redrive_count.into());
    add(&mut answer, "redriveDate", map_run.redriven_at.map(seconds));
    Ok(Value::Object(answer))
}

/// Lists the Map Runs of an execution, in the order in which they began.
pub(super) fn list(engine: &Engine, request: &List, now: Timestamp) -> Result<Value, Refusal> {
    let snapshot = find(engine, &request.execution_arn)?;
    let runs = engine.map_runs(&snapshot.about.arn)?;
    request.paging.answer(
        ("mapRuns", &format!("map runs {}", snapshot.about.arn)),
        ((1..).zip(runs), Order::Up),
        |(number, _)| Position::Number(*number),
        now,
        |(_, run)| {
            let mut item = Map::new();
            item.insert("executionArn".to_owned(), json!(run.execution_arn));
            item.insert("mapRunArn".to_owned(), json!(run.map_run.map_run_arn));
            item.insert(
                "stateMachineArn".to_owned(),
                json!(run.map_run.state_machine_arn),
            );
            item.insert("startDate".to_owned(), seconds(run.map_run.started_at));
            add(&mut item, "stopDate", run.map_run.stopped_at.map(seconds));
            Value::Object(item)
        },
    )
}

/// Changes how a Map Run that has not ended goes on.
pub(super) fn update(engine: &Engine, request: &Update) -> Result<Value, Refusal> {
    if request.update == UpdateMapRun::default() {
        return Err(Refusal::breaks(
            "MISSING_REQUIRED_PARAMETER",
            "At least one of maxConcurrency, toleratedFailurePercentage, or toleratedFailureCount must be specified",
        ));
    }
    let run = find_run(engine, &request.map_run_arn)?;
    if run.map_run.status != MapRunStatus::Running {
        return Err(Refusal::breaks(
            "CANNOT_UPDATE_COMPLETED_MAP_RUN",
            format!("Map Run has completed: '{}'", request.map_run_arn),
        ));
    }
    engine.update_map_run(&run, request.update)?;
    Ok(json!({}))
}

/// The Map Run of an ARN.
pub(super) fn find_run(engine: &Engine, arn: &str) -> Result<KeptMapRun, Refusal> {
    check_map_run_arn(arn)?;
    engine
        .map_run(arn)?
        .ok_or_else(|| Refusal::no_resource(arn))
}
