//! A machine as it is kept, and the file that keeps it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use pawl_asl::limits::DEFINITION_BYTES;
use pawl_asl::{Machine, State, StateMap};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::engine::is_invocable;
use crate::folder::{failed, replace};

use super::super::Refusal;
use super::super::names::version_arn;
use super::missing;

/// A machine with its versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) current: Revision,
    /// In the order of their numbers.
    pub(super) versions: Vec<Version>,
}

/// What an update changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Revision {
    pub(super) number: u64,
    pub(super) definition: String,
    pub(super) role_arn: String,
}

/// A published revision. It never changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) number: u64,
    pub(super) created: Timestamp,
    pub(super) description: Option<String>,
    pub(super) revision: Revision,
}

impl Revision {
    /// The revision's id.
    pub(super) fn id(&self) -> String {
        match self.number {
            0 => "INITIAL".to_owned(),
            number => format!("00000000-0000-4000-8000-{number:012}"),
        }
    }
}

impl Stored {
    /// A machine that has just been made.
    pub(super) fn new(name: &str, current: Revision, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            created,
            current,
            versions: Vec::new(),
        }
    }

    /// Publishes the current revision, if the latest version is not that already; the version's number.
    pub(super) fn publish(&mut self, description: Option<String>, now: Timestamp) -> u64 {
        let latest = self.versions.last();
        if let Some(version) =
            latest.filter(|version| version.revision.number == self.current.number)
        {
            return version.number;
        }
        let number = latest.map_or(1, |version| version.number + 1);
        let revision = self.current.clone();
        self.versions.push(Version {
            number,
            created: now,
            description,
            revision,
        });
        number
    }

    /// A published version.
    pub(super) fn version(&self, number: u64) -> Result<&Version, Refusal> {
        let version = self
            .versions
            .iter()
            .find(|version| version.number == number);
        version.ok_or_else(|| missing(&version_arn(&self.name, number)))
    }

    /// The revision that an ARN with or without a version means, when it was made and how it is described.
    pub(super) fn at(
        &self,
        version: Option<u64>,
    ) -> Result<(&Revision, Timestamp, Option<String>), Refusal> {
        match version {
            None => Ok((&self.current, self.created, None)),
            Some(number) => {
                let version = self.version(number)?;
                Ok((
                    &version.revision,
                    version.created,
                    version.description.clone(),
                ))
            }
        }
    }
}

/// The name of a definition among all definitions.
pub(super) fn hash(definition: &str) -> String {
    format!("{:x}", Sha256::digest(definition))
}

/// Reads a definition.
pub(super) fn parse(definition: &str) -> Result<Machine, Refusal> {
    serde_json::from_str(definition).map_err(|error| invalid(&error.to_string()))
}

fn invalid(reason: &str) -> Refusal {
    Refusal::new(
        "InvalidDefinition",
        format!("Invalid State Machine Definition: '{reason}'"),
    )
}

/// Refuses a definition that AWS would refuse or that could not run here.
pub(super) fn check(definition: &str) -> Result<(), Refusal> {
    if definition.len() > DEFINITION_BYTES {
        return Err(invalid(&format!(
            "it has more than {DEFINITION_BYTES} bytes"
        )));
    }
    let machine = parse(definition)?;
    let mut problems = pawl_asl::validate(&machine);
    problems.extend(pawl_interpreter::unsupported(&machine));
    let mut reasons: Vec<String> = problems
        .iter()
        .map(|problem| format!("{} at {}", problem.message, problem.pointer))
        .collect();
    not_invocable(&machine.states, &mut reasons);
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(invalid(&reasons.join(", ")))
    }
}

/// Finds the Tasks that invoke what is not here.
fn not_invocable(states: &StateMap, reasons: &mut Vec<String>) {
    for (name, state) in states {
        match state {
            State::Task(task) if !is_invocable(&task.resource) => {
                reasons.push(format!(
                    "the resource {} is not available here, at `{name}`",
                    task.resource
                ));
            }
            State::Parallel(parallel) => {
                for branch in &parallel.branches {
                    not_invocable(&branch.states, reasons);
                }
            }
            State::Map(map) => {
                if let Some(processor) = &map.item_processor {
                    not_invocable(&processor.states, reasons);
                }
            }
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => {}
        }
    }
}

/// Writes a machine to its file.
pub(super) fn write(folder: &Path, machine: &Stored) -> Result<(), Refusal> {
    let text =
        serde_json::to_vec_pretty(machine).map_err(|error| Refusal::internal(error.to_string()))?;
    let path = folder.join(format!("{}.json", machine.name));
    replace(&path, &[&text])
        .map_err(|error| Refusal::internal(format!("the state folder failed: {error}")))
}

/// Reads every machine of a folder.
pub(super) fn read_all(folder: &Path) -> Result<BTreeMap<String, Stored>, Error> {
    let mut machines = BTreeMap::new();
    for file in fs::read_dir(folder).map_err(failed(folder))? {
        let path = file.map_err(failed(folder))?.path();
        // A process died while it wrote this one, before anybody was told that it is there.
        if path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path).map_err(failed(&path))?;
            continue;
        }
        let text = fs::read(&path).map_err(failed(&path))?;
        let machine: Stored = serde_json::from_slice(&text).map_err(|error| Error::Unreadable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        machines.insert(machine.name.clone(), machine);
    }
    Ok(machines)
}
