//! Goes on with a failed run on another version of its workflow, from the step that failed.

use std::collections::BTreeSet;

use pawl_compiler::enter::{self, Point};
use pawl_contract::{LoopMode, StepError};
use pawl_functions::Onto;
use pawl_store::{Record, RecordStatus, Run, key};

use crate::app::App;
use crate::definition;
use crate::problem::Problem;
use crate::publish;
use crate::versions::{self, Status, Wanted};
use crate::workflows;

/// What a run goes on with, on a version that is asked for; nothing where it is on that version already.
pub(super) async fn onto(app: &App, run: &Run, wanted: Wanted) -> Result<Option<Onto>, Problem> {
    let workflow = workflows::read(app, &run.org, &run.workflow).await?;
    let version = versions::find(app, &run.org, &workflow, wanted)
        .await?
        .value;
    let number = version.number;
    if run.number == Some(number) {
        return Ok(None);
    }
    if version.status == Status::Draft {
        return Err(Problem::conflict(format!(
            "version {number} of `{}` is not published: publish it first",
            run.workflow
        )));
    }
    let records = app.store().records(&run.org, &run.run).await?;
    let failed = failed(run, &records)?;
    let slug = &failed.step;
    let node = pawl_functions::node(app.services(), &run.machine, slug).await;
    let node = node.map_err(|StepError { message, .. }| Problem::conflict(message))?;
    let node = node.ok_or_else(|| {
        Problem::conflict(format!(
            "the machine of run `{}` does not know step `{slug}`: start a new run",
            run.run
        ))
    })?;
    let program = version.written.sound()?;
    let loops: Vec<String> = node.loops.into_iter().map(|head| head.step).collect();
    let ran = records.iter().filter(|record| is_of_root(record));
    let point = Point {
        step: slug,
        kind: node.kind,
        loops: &loops,
        mode: mode(&records, slug),
        ran: &ran.map(|record| record.step.clone()).collect(),
        variables: &variables(app, run, enter::read(&program, slug)).await?,
    };
    let entered =
        enter::enter(&program, definition::options(), &point).map_err(Problem::conflict)?;
    let machine = &entered.lowered.machine;
    let machine = publish::single::publish(app, &run.org, &run.workflow, machine).await?;
    Ok(Some(Onto {
        machine,
        number,
        from: failed.at.clone(),
        enter: entered.state,
    }))
}

/// The visit with which a run failed.
fn failed<'records>(run: &Run, records: &'records [Record]) -> Result<&'records Record, Problem> {
    let step = run.error.as_ref().and_then(|error| error.step.as_deref());
    let step = step.ok_or_else(|| {
        Problem::conflict(format!(
            "run `{}` is {}, and no step of it failed: resume it without `version`",
            run.run,
            run.status.name()
        ))
    })?;
    let is_it = |record: &&Record| {
        record.step == step && record.status == RecordStatus::Failed && record.port.is_none()
    };
    let found = records.iter().rev().find(is_it).ok_or_else(|| {
        Problem::conflict(format!(
            "step `{step}` of run `{}` left no failure to go on from: resume it without `version`",
            run.run
        ))
    })?;
    if is_of_root(found) {
        return Ok(found);
    }
    Err(Problem::conflict(format!(
        "step `{step}` failed in a branch or an iteration that runs beside others, which goes on only on the version that began it: resume without `version`"
    )))
}

/// Whether a visit is one of the run's own line.
fn is_of_root(record: &Record) -> bool {
    !record.at.as_str().contains('/')
}

/// Whether a loop's head was begun where it failed, or asked for its next item: what it did last says so.
fn mode(records: &[Record], step: &str) -> LoopMode {
    let mut before = records.iter().rev();
    let last = before.find(|record| {
        record.step == step && is_of_root(record) && record.status == RecordStatus::Completed
    });
    match last.and_then(|record| record.port.as_deref()) {
        Some("next") => LoopMode::Advance,
        _ => LoopMode::Start,
    }
}

/// Those of some variables that have a value.
async fn variables(
    app: &App,
    run: &Run,
    names: BTreeSet<String>,
) -> Result<BTreeSet<String>, Problem> {
    let pk = key::partition(&run.org, &run.run);
    let keys = names.iter().map(|name| key::variable(key::ROOT, name));
    let items = app.store().fetch(&pk, keys).await?;
    let has = |name: &String| items.has(&key::variable(key::ROOT, name));
    Ok(names.into_iter().filter(has).collect())
}
