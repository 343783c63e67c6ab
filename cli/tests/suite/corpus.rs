//! The corpus: finding cases, running them, comparing with what is committed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use pawl::laptop::{Events, Laptop, ORG, Options, Started};
use pawl::project::Project;
use pawl::report::{Figures, Report};
use pawl_compiler::{Diagnostic, Level};
use pawl_functions::{Keys, Mail, Settings};
use pawl_local::{Clock, Fault, Faults};
use serde_json::Value;

/// A definition and what belongs to it.
pub(crate) struct Case {
    /// The folder's name, which says why the case exists.
    pub(crate) name: String,
    /// The definition.
    pub(crate) project: Project,
    /// Where what is expected stands.
    pub(crate) expected: PathBuf,
}

/// What somebody says to a run.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Answer {
    Signal {
        signal: String,
        payload: Value,
    },
    Decide {
        step: String,
        #[serde(flatten)]
        decision: pawl_functions::Decision,
    },
}

/// A run and what it did to the world.
pub(crate) struct Ran {
    /// The run.
    pub(crate) report: Report,
    /// How many mails left.
    pub(crate) mails: usize,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every case, and every example as a case.
pub(crate) fn cases() -> Vec<Case> {
    let examples = folders(&root().join("workflows/examples"));
    let examples = examples
        .into_iter()
        .map(|(name, folder)| (format!("examples/{name}"), folder));
    let own = folders(&root().join("cases"))
        .into_iter()
        .filter(|(name, _)| name != "examples");
    let own = own.flat_map(|(group, folder)| {
        folders(&folder)
            .into_iter()
            .map(move |(name, folder)| (format!("{group}/{name}"), folder))
    });
    let cases = examples.chain(own).map(|(name, folder)| {
        let expected = root().join("cases").join(&name);
        Case {
            project: Project::open(&folder).expect("a case has a definition"),
            name,
            expected,
        }
    });
    cases.collect()
}

/// The folders in a folder, by name.
fn folders(parent: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").path());
    let mut folders: Vec<_> = entries
        .filter(|path| path.is_dir())
        .map(|path| {
            (
                path.file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                path,
            )
        })
        .collect();
    folders.sort();
    folders
}

/// Compares with what is committed, or writes it anew where `UPDATE` is set. `None` means that there is no such file.
pub(crate) fn same(case: &Case, file: &str, found: Option<String>) {
    let path = case.expected.join(file);
    let found = found.map(|text| text.trim_end().to_owned() + "\n");
    if std::env::var_os("UPDATE").is_some() {
        match found {
            Some(text) => {
                std::fs::create_dir_all(&case.expected).expect("a folder");
                std::fs::write(path, text).expect("a result");
            }
            None if path.exists() => std::fs::remove_file(path).expect("a result"),
            None => {}
        }
        return;
    }
    let expected = std::fs::read_to_string(&path).ok();
    assert!(
        expected == found,
        "{}: {file} is not as committed; UPDATE=1 cargo test shows how\n{}",
        case.name,
        found.unwrap_or_default()
    );
}

/// What goes wrong on the way of functions to their services: everything, now and then, the same for the same seed.
pub(crate) fn storm(seed: u64) -> Faults {
    let rates = [
        (Fault::Conflict, 50),
        (Fault::LostResponse, 50),
        (Fault::Unreachable, 30),
        (Fault::Throttled, 30),
        (Fault::ServerError, 30),
        (Fault::Unprocessed, 100),
        (Fault::Stale, 500),
    ];
    Faults::new(move |call| {
        // What the test itself asks for is answered.
        call.invocation.as_ref()?;
        let chance = |salt: usize| {
            let mut hasher = DefaultHasher::new();
            (seed, call.number, salt).hash(&mut hasher);
            hasher.finish() % 1000
        };
        let mut faults = rates.iter().enumerate();
        faults
            .find(|(salt, (fault, rate))| {
                fault.fits(call.service, &call.operation) && chance(*salt) < *rate
            })
            .map(|(_, (fault, _))| *fault)
    })
}

/// The options of a laptop in memory, with mail going to a folder.
pub(crate) fn in_memory(outbox: &Path, faults: Faults) -> Options {
    Options {
        state: None,
        clock: Clock::simulated("2026-01-05T09:00:00Z".parse().expect("a moment")),
        faults,
        seed: 7,
        driving: pawl::laptop::Driving::Runs,
        settings: Settings {
            mail: Mail::Outbox(outbox.to_owned()),
            keys: Keys::File(outbox.join("keys.json")),
            ..Settings::from_env(&|_| None)
        },
        ..Options::default()
    }
}

/// Runs a case in memory; `None` where its definition is refused, or a step of it must be mocked and is not.
pub(crate) async fn run_in_memory(case: &Case, level: Level, faults: Faults) -> Option<Ran> {
    let options = pawl_compiler::Options {
        level,
        ..pawl_compiler::Options::default()
    };
    run_compiled(case, options, faults).await
}

/// Runs a case as it is compiled with these options.
pub(crate) async fn run_compiled(
    case: &Case,
    options: pawl_compiler::Options,
    faults: Faults,
) -> Option<Ran> {
    // A whole run is too large to stand on the stack of every test that waits for it.
    Box::pin(ran_in_memory(case, options, faults)).await
}

async fn ran_in_memory(
    case: &Case,
    options: pawl_compiler::Options,
    faults: Faults,
) -> Option<Ran> {
    let mocks = case.project.mocks(None).expect("mocks");
    let mut compiled = case.project.compile(options);
    pawl_compiler::mocks::settle(&mut compiled.diagnostics, &mocks);
    if compiled.diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let program = compiled.program?;
    let outbox = tempfile::tempdir().expect("a folder");
    let laptop = Laptop::open(in_memory(outbox.path(), faults))
        .await
        .expect("a laptop");
    laptop
        .load(&case.project.data(None).expect("data"))
        .await
        .expect("records");
    let subflows = case.project.subflows(&program, options);
    for (name, subflow) in subflows.expect("sound definitions") {
        let published = laptop.publish(&name, &subflow.lowered.machine);
        published.await.expect("a version");
    }
    let machine = laptop
        .publish("case", &program.lowered.machine)
        .await
        .expect("a version");
    let input = case.project.input(None).expect("input");
    let events = laptop.events();
    let started = laptop
        .start(machine, input, mocks, Some("case".to_owned()))
        .await
        .expect("a run");
    answer(&laptop, case, &started.run).await;
    let report = finish(
        &laptop,
        events,
        &started,
        program.lowered.machine.states.len(),
    )
    .await;
    Some(Ran {
        report,
        mails: mails(outbox.path()),
    })
}

/// Gives the answers that a case has for what its run waits for, one after the other.
async fn answer(laptop: &Laptop, case: &Case, run: &str) {
    let file = case.project.given.join("answers.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        return;
    };
    let answers: Vec<Answer> = serde_json::from_str(&text).expect("answers");
    for answer in answers {
        laptop.local.settled().await;
        let services = &laptop.services;
        let given = match &answer {
            Answer::Decide { step, decision } => {
                pawl_functions::decide(services, ORG, run, Some(step), decision)
                    .await
                    .map(|_| ())
            }
            Answer::Signal { signal, payload } => {
                pawl_functions::send(services, ORG, run, signal, payload, None)
                    .await
                    .map(|_| ())
            }
        };
        given.expect("an answer that is taken");
    }
}

/// Waits until nothing goes on any more, and reports.
pub(crate) async fn finish(
    laptop: &Laptop,
    mut events: Events,
    started: &Started,
    states: usize,
) -> Report {
    laptop.local.settled().await;
    let mut figures = Figures {
        states,
        ..Figures::default()
    };
    while let Ok((_, event)) = events.try_recv() {
        figures.count(&event);
    }
    laptop
        .report(&started.run, figures)
        .await
        .expect("a report")
}

/// How many mails lie in an outbox.
pub(crate) fn mails(outbox: &Path) -> usize {
    let files = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    let is_mail =
        |file: &std::fs::DirEntry| file.path().extension().is_some_and(|end| end == "eml");
    files.filter(is_mail).count()
}

/// A report without what may differ from run to run: times, and what the machine cost.
pub(crate) fn normal(report: &Report) -> Value {
    let mut value = serde_json::to_value(report).expect("a report is JSON");
    let object = value.as_object_mut().expect("a report is an object");
    object.shift_remove("machine");
    strip(&mut value, &report.run);
    value
}

/// Replaces moments and the run's id wherever they stand.
fn strip(value: &mut Value, run: &str) {
    match value {
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => "<time>".clone_into(text),
        Value::String(text) => *text = without_moments(&text.replace(run, "<run>")),
        Value::Number(number) if number.as_i64().is_some_and(is_moment) => {
            *value = Value::from("<milliseconds>");
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| strip(element, run)),
        Value::Object(entries) => {
            for (key, entry) in entries {
                if key == "_creationTime" {
                    *entry = Value::from("<time>");
                }
                strip(entry, run);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a number is a moment, in milliseconds, of the days after the simulated clock starts.
fn is_moment(number: i64) -> bool {
    const START: i64 = 1_767_603_600_000;
    (START..START + 3 * 86_400_000).contains(&number)
}

/// A text in which moments, as ISO 8601 or in milliseconds, have a place holder.
fn without_moments(text: &str) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-:.".contains(character);
    let mut stripped = String::new();
    for part in text.split_inclusive(|character| !is_part(character)) {
        let word = part.trim_end_matches(|character| !is_part(character));
        // A sentence may end right behind a moment.
        let moment = word.trim_end_matches('.');
        let rest = part.strip_prefix(moment).unwrap_or_default();
        if moment.parse::<jiff::Timestamp>().is_ok() {
            stripped.push_str("<time>");
        } else if moment.parse().is_ok_and(is_moment) {
            stripped.push_str("<milliseconds>");
        } else {
            stripped.push_str(moment);
        }
        stripped.push_str(rest);
    }
    stripped
}

/// Fails where two reports differ, and shows the first lines that do.
pub(crate) fn assert_same(found: &Value, expected: &Value, what: &str) {
    if found == expected {
        return;
    }
    let text = |value| serde_json::to_string_pretty(value).expect("a report is JSON");
    let (found, expected) = (text(found), text(expected));
    let mut lines = found.lines().zip(expected.lines());
    let start = lines
        .position(|(found, expected)| found != expected)
        .unwrap_or_default();
    let before: Vec<_> = found.lines().take(start).collect();
    let visit = before.iter().rev().find(|line| line.contains("\"at\""));
    let some = |text: &str| {
        text.lines()
            .skip(start)
            .take(3)
            .collect::<Vec<_>>()
            .join("\n")
    };
    panic!(
        "{what}\nafter {}\nfound:\n{}\nexpected:\n{}",
        visit.copied().unwrap_or_default(),
        some(&found),
        some(&expected)
    );
}
