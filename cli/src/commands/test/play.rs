//! Runs a test: in memory, in simulated time, with nothing that reaches the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use pawl_compiler::{Options as Lowering, Program, mocks};
use pawl_contract::{Kind, Mock, Start};
use pawl_functions::{Keys, Mail, Settings, mocked_answer};
use pawl_local::Clock;
use serde_json::{Value, json};

use super::script::Script;
use super::spec::Case;
use crate::laptop::{Laptop, Options};
use crate::project::{Misuse, Project};
use crate::report::{Figures, Report};

/// When runs begin whose test does not say: a Monday morning.
const BEGIN: &str = "2026-01-05T09:00:00Z";

/// What came of a test's run.
pub(super) struct Played {
    /// The run.
    pub(super) report: Report,
    /// The records that are left, of the collections that the test names.
    pub(super) records: BTreeMap<String, Vec<Value>>,
    /// How many mails were sent.
    pub(super) mails: usize,
    /// What was to be said and was not, or not taken.
    pub(super) unsaid: Vec<String>,
}

/// Runs a test.
pub(super) async fn play(
    project: &Project,
    program: &Program,
    case: &Case,
) -> anyhow::Result<Played> {
    let authored = &program.authored;
    let given = match &case.mocks {
        Some(mocks) => mocks.clone(),
        None => project.mocks(None)?,
    };
    let subflows = project.subflows(program, Lowering::default())?;
    let mut by_slug = BTreeMap::new();
    for (name, mock) in given {
        let one = BTreeMap::from([(authored.slug(&name).to_owned(), mock)]);
        if let Some(mut wrong) = mocks::check(program, &subflows, &one, mocked_answer)
            .into_iter()
            .next()
        {
            if let Some(place) = case.mock_places.get(&name) {
                wrong.message = format!("{place}: {}", wrong.message);
            }
            return Err(Misuse::from(wrong).into());
        }
        by_slug.extend(one);
    }
    let input = match &case.input {
        Some(input) => input.clone(),
        None => project.input(None)?,
    };
    let data = match &case.data {
        Some(data) => data.clone(),
        None => project.data(None)?,
    };
    let outbox = tempfile::tempdir()?;
    let begin = case.clock.map_or_else(|| BEGIN.parse(), Ok)?;
    let laptop = Laptop::open(Options {
        clock: Clock::simulated(begin),
        seed: 0,
        settings: Settings {
            mail: Mail::Outbox(outbox.path().to_owned()),
            keys: Keys::File(outbox.path().join("keys.json")),
            ..Settings::from_env(&|_| None)
        },
        ..Options::default()
    })
    .await?;
    laptop.load(&data).await?;
    let mut all = vec![program];
    for (name, subflow) in &subflows {
        laptop.publish(name, &subflow.lowered.machine).await?;
        all.push(subflow);
    }
    let identifier = program.checked.definition.identifier();
    let machine = laptop
        .publish(&identifier, &program.lowered.machine)
        .await?;
    let script = Script::new(&case.approvals, &case.signals, authored);
    let (actor, stage) = (Arc::clone(&script), laptop.clone());
    laptop.act_behind(Arc::new(move || {
        let (script, laptop) = (Arc::clone(&actor), stage.clone());
        Box::pin(async move { Box::pin(script.act(&laptop)).await })
    }));
    let started = laptop
        .start_with(Start {
            machine,
            input,
            mocks: kept_in(program, by_slug),
            ..Start::default()
        })
        .await
        .map_err(|error| Misuse::new(error.message))?;
    laptop.local.settled().await;
    let report = laptop.report(&started.run, Figures::default()).await?;
    let mut records = BTreeMap::new();
    for collection in case.expect.records.keys() {
        records.insert(collection.clone(), laptop.records(collection).await?);
    }
    let mails = std::fs::read_dir(outbox.path())?.flatten();
    let mails = mails.filter(|file| file.path().extension().is_some_and(|end| end == "eml"));
    Ok(Played {
        report,
        records,
        mails: mails.count(),
        unsaid: script.left_over(),
    })
}

/// The mocks, and a failure for every step without one that would reach the world: a test that comes to it says so.
fn kept_in(program: &Program, mut mocks: BTreeMap<String, Mock>) -> BTreeMap<String, Mock> {
    for step in &program.checked.definition.steps {
        let reaches_out = matches!(step.kind, Kind::Llm | Kind::Request);
        if reaches_out && !mocks.contains_key(&step.slug) {
            let name = program.authored.name(&step.slug);
            let message = format!("the test has no mock for `{name}`");
            let error = json!({ "error": { "code": "TOOL_ERROR", "message": message } });
            mocks.insert(step.slug.clone(), Mock(error));
        }
    }
    mocks
}
