//! A test as it is written: what a run begins with, who says what meanwhile, and what must come of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pawl_contract::Mock;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::project::{DefinitionFile, Misuse, notation_of};

/// A test of a workflow.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Case {
    /// Its name, that of its file or folder.
    #[serde(skip)]
    pub(super) name: String,
    /// What it shows, for people.
    #[serde(default, rename = "about")]
    _about: Option<String>,
    /// The run's input; without it `input.json` beside the workflow.
    #[serde(default)]
    pub(super) input: Option<Value>,
    /// Records to load first; without it `data.json` beside the workflow.
    #[serde(default)]
    pub(super) data: Option<BTreeMap<String, Vec<Value>>>,
    /// Results that stand in for steps; without it `mocks.json` beside the workflow.
    #[serde(default)]
    pub(super) mocks: Option<BTreeMap<String, Mock>>,
    /// Decisions, each for the next time that its step asks.
    #[serde(default)]
    pub(super) approvals: Vec<Approval>,
    /// Messages, each for the next step that waits for its signal.
    #[serde(default)]
    pub(super) signals: Vec<Signal>,
    /// When the run begins.
    #[serde(default)]
    pub(super) clock: Option<Timestamp>,
    /// What must come of it.
    #[serde(default)]
    pub(super) expect: Expect,
}

/// What somebody decides.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Approval {
    /// The step that asks.
    pub(super) step: String,
    /// `approved` or `rejected`.
    pub(super) decision: Verdict,
    /// Who decides.
    #[serde(default)]
    pub(super) by: Option<String>,
    /// Why.
    #[serde(default)]
    pub(super) comment: Option<String>,
    /// What is filled into the step's form.
    #[serde(default)]
    pub(super) form: Option<Value>,
    /// The payload as it is changed.
    #[serde(default)]
    pub(super) payload: Option<Value>,
    /// How long it takes, such as `90s`, `15m`, `2h`, `3d`; no time at all without it.
    #[serde(default)]
    pub(super) after: Option<After>,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// Yes.
    Approved,
    /// No.
    #[serde(alias = "denied")]
    Rejected,
}

/// A message.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Signal {
    /// The signal's name.
    #[serde(rename = "signal")]
    pub(super) name: String,
    /// What it says.
    #[serde(default)]
    pub(super) payload: Value,
    /// How long it takes from when the step waits.
    #[serde(default)]
    pub(super) after: Option<After>,
}

/// A time that passes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct After(pub(super) u64);

impl TryFrom<String> for After {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
        let read = units.iter().find_map(|(unit, seconds)| {
            let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
            count.checked_mul(*seconds)
        });
        read.map(Self)
            .ok_or_else(|| format!("`{text}` is no time such as `90s`, `15m`, `2h` or `3d`"))
    }
}

/// What must come of a run; what is not said may be anything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Expect {
    /// How the run ends: `completed`, `failed`, `waiting`, `timeout`.
    #[serde(default)]
    pub(super) status: Option<String>,
    /// What it gives.
    #[serde(default, deserialize_with = "given")]
    pub(super) output: Option<Value>,
    /// The steps that it comes to.
    #[serde(default)]
    pub(super) route: Option<Route>,
    /// Why it fails.
    #[serde(default)]
    pub(super) error: Option<ExpectedError>,
    /// Records that are left, by collection; each must be there with the fields that are named.
    #[serde(default)]
    pub(super) records: BTreeMap<String, Vec<Map<String, Value>>>,
    /// How many mails are sent.
    #[serde(default)]
    pub(super) mails: Option<usize>,
}

/// The steps that a run comes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Route {
    /// These, in this order, and no others.
    Exactly(Vec<String>),
    /// What must be so of them.
    Partly(Partly),
}

/// What must be so of the steps that a run comes to.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Partly {
    /// It comes to these in this order, with others between them.
    #[serde(default)]
    pub(super) in_order: Vec<String>,
    /// It comes to these.
    #[serde(default)]
    pub(super) includes: Vec<String>,
    /// It never comes to these.
    #[serde(default)]
    pub(super) never: Vec<String>,
}

/// Why a run fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedError {
    /// The error's code.
    #[serde(default)]
    pub(super) code: Option<String>,
    /// The step that failed.
    #[serde(default)]
    pub(super) step: Option<String>,
    /// What the message must hold.
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// Null is an output, too.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The tests of a definition, by name.
pub(super) fn cases(definition: &Path) -> anyhow::Result<Vec<Case>> {
    let parent = definition.parent().unwrap_or(Path::new(""));
    let own = definition.file_stem().map(|stem| {
        let mut name = stem.to_owned();
        name.push(".tests");
        parent.join(name)
    });
    let folder = own.filter(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| parent.join("tests"));
    let mut cases = Vec::new();
    for path in entries(&folder) {
        let name = if path.is_dir() {
            path.file_name()
        } else {
            path.file_stem().filter(|_| notation_of(&path).is_some())
        };
        let Some(name) = name else { continue };
        let case = if path.is_dir() {
            in_folder(&path)?
        } else {
            read(&path)?
        };
        cases.push(Case {
            name: name.to_string_lossy().into_owned(),
            ..case
        });
    }
    Ok(cases)
}

/// A test that is a folder: one file for all of it, or one for each part.
fn in_folder(folder: &Path) -> anyhow::Result<Case> {
    let whole = ["test.json", "test.yaml", "test.yml"].map(|name| folder.join(name));
    let whole = whole.iter().find(|path| path.is_file());
    let mut case: Case = whole
        .map(|path| read(path))
        .transpose()?
        .unwrap_or_default();
    let part = |name: &str| {
        let path = folder.join(name);
        path.is_file().then_some(path)
    };
    if let Some(path) = part("input.json") {
        case.input = Some(read(&path)?);
    }
    if let Some(path) = part("data.json") {
        case.data = Some(read(&path)?);
    }
    if let Some(path) = part("mocks.json") {
        case.mocks = Some(read(&path)?);
    }
    if let Some(path) = part("approvals.json") {
        case.approvals = read(&path)?;
    }
    if let Some(path) = part("signals.json") {
        case.signals = read(&path)?;
    }
    if let Some(path) = part("expect.json") {
        case.expect = read(&path)?;
    }
    Ok(case)
}

/// Reads a file as JSON or YAML, as its name says.
fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let file = DefinitionFile::read(path)?;
    let name = file.name();
    let node = file.parse().map_err(|diagnostic| {
        Misuse::new(format!("cannot read `{name}`: {}", diagnostic.message))
    })?;
    serde_json::from_value(node.to_json())
        .map_err(|error| Misuse::new(format!("`{name}` is no test: {error}")).into())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
