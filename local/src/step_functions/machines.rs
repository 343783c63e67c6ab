//! The machines: kept, and found for whoever runs or shows them.

mod changes;
mod definition;
mod settings;
mod stored;
mod views;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pawl_asl::{Machine, MachineType};
use serde_json::{Map, Value};

use crate::Error;
use crate::engine::Definition;
use crate::journal::Journal;
use crate::random::Random;
use crate::refusal::Refusal;

use super::names::{MachineArn, Part, alias_arn};

pub(super) use definition::{examine, read as machine_of};
pub(super) use stored::{Alias, Revision, Route, Stored};
pub(super) use views::IncludedData;

/// All machines.
pub(super) struct Machines {
    journal: Arc<Journal>,
    kept: Mutex<Kept>,
}

/// What is known of machines.
pub(super) struct Kept {
    pub(super) machines: BTreeMap<String, Stored>,
    /// Revisions by key.
    revisions: BTreeMap<String, Revision>,
    /// What executions run, by the key of the revision: a definition is read once.
    parsed: BTreeMap<String, Definition>,
    random: Random,
}

/// The collections of documents.
const MACHINES: &str = "state machines";
const REVISIONS: &str = "state machine revisions";

/// What an execution needs of its machine.
pub(super) struct Runnable {
    pub(super) name: String,
    pub(super) machine_type: MachineType,
    pub(super) version: Option<u64>,
    pub(super) alias: Option<String>,
    pub(super) role_arn: String,
    pub(super) definition: Definition,
}

impl Machines {
    /// Opens the machines of a journal. `seed` is what the choice between the versions of an alias begins with.
    pub(super) fn open(journal: Arc<Journal>, seed: u64) -> Result<Self, Error> {
        let machines: BTreeMap<String, Stored> = journal.documents(MACHINES)?;
        let mut revisions: BTreeMap<String, Revision> = journal.documents(REVISIONS)?;
        // A process may have died between a revision and its machine.
        let known: Vec<String> = machines.values().flat_map(revision_keys).collect();
        revisions.retain(|key, _| known.contains(key));
        let kept = Kept {
            machines,
            revisions,
            parsed: BTreeMap::new(),
            random: Random::new(seed),
        };
        Ok(Self {
            journal,
            kept: Mutex::new(kept),
        })
    }

    /// Whether a machine is on its way out, or gone.
    pub(super) fn is_deleting(&self, machine_arn: &str) -> bool {
        let kept = self.kept();
        MachineArn::parse(machine_arn)
            .ok()
            .and_then(|arn| kept.machines.get(&arn.name))
            .is_none_or(|machine| machine.deleting)
    }

    /// The machine that an execution is to run.
    pub(super) fn runnable(&self, arn: &MachineArn) -> Result<Runnable, Refusal> {
        let mut kept = self.kept();
        let machine = kept.active(arn)?.clone();
        let (version, alias) = match &arn.part {
            Part::Whole => (None, None),
            Part::Version(version) => (Some(*version), None),
            Part::Alias(name) => {
                let alias = machine
                    .aliases
                    .get(name)
                    .ok_or_else(|| Refusal::no_machine(&arn.text))?;
                (Some(kept.draw(&alias.routes)), Some(name.clone()))
            }
            Part::Label(_) => {
                return Err(MachineArn::labelled(&arn.text));
            }
        };
        let number = match version {
            None => machine.revision,
            Some(version) => machine.version(version)?.revision,
        };
        Ok(Runnable {
            role_arn: kept.revision(&machine, number)?.role_arn.clone(),
            definition: kept.parsed(&machine, number)?,
            machine_type: machine.machine_type,
            alias: alias.map(|alias| alias_arn(&machine.name, &alias)),
            version,
            name: machine.name,
        })
    }

    /// The type of a machine, or of the machine of a version or an alias, if it is there.
    pub(super) fn type_of(&self, arn: &MachineArn) -> Result<MachineType, Refusal> {
        let kept = self.kept();
        let machine = kept.find(arn)?;
        match &arn.part {
            Part::Version(version) => {
                machine.version(*version)?;
            }
            Part::Alias(alias) if !machine.aliases.contains_key(alias) => {
                return Err(Refusal::no_resource(&arn.text));
            }
            Part::Label(_) | Part::Whole | Part::Alias(_) => {}
        }
        Ok(machine.machine_type)
    }

    /// Writes a machine down, and only then shows it.
    pub(super) fn keep(&self, kept: &mut Kept, machine: Stored) -> Result<(), Refusal> {
        self.journal.put(MACHINES, &machine.name, &machine)?;
        kept.machines.insert(machine.name.clone(), machine);
        Ok(())
    }

    fn keep_revision(
        &self,
        kept: &mut Kept,
        key: &str,
        revision: Revision,
        (parsed, machine_type): (Machine, MachineType),
    ) -> Result<(), Refusal> {
        self.journal.put(REVISIONS, key, &revision)?;
        let definition = definition::runnable(&revision.definition, parsed, machine_type);
        kept.revisions.insert(key.to_owned(), revision);
        kept.parsed.insert(key.to_owned(), definition);
        Ok(())
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The machine of an ARN.
    pub(super) fn find(&self, arn: &MachineArn) -> Result<&Stored, Refusal> {
        self.machines
            .get(&arn.name)
            .ok_or_else(|| Refusal::no_machine(&arn.text))
    }

    /// The machine of an ARN, unless it is on its way out.
    pub(super) fn active(&self, arn: &MachineArn) -> Result<&Stored, Refusal> {
        let machine = self.find(arn)?;
        if machine.deleting {
            return Err(Refusal::deleting(&arn.text));
        }
        Ok(machine)
    }

    fn revision(&self, machine: &Stored, number: u64) -> Result<&Revision, Refusal> {
        self.revisions
            .get(&machine.revision_key(number))
            .ok_or_else(|| Refusal::internal("a revision of the machine is not there"))
    }

    /// What a revision runs, read once.
    fn parsed(&mut self, machine: &Stored, number: u64) -> Result<Definition, Refusal> {
        let key = machine.revision_key(number);
        if let Some(parsed) = self.parsed.get(&key) {
            return Ok(parsed.clone());
        }
        let text = &self.revision(machine, number)?.definition;
        // What is kept was judged when it was made, and is not judged again by later rules.
        let parsed = serde_json::from_str(text)
            .map_err(|error| Refusal::internal(format!("a definition cannot be read: {error}")))?;
        let parsed = definition::runnable(text, parsed, machine.machine_type);
        self.parsed.insert(key, parsed.clone());
        Ok(parsed)
    }

    /// Picks the version that an execution runs.
    fn draw(&mut self, routes: &[Route]) -> u64 {
        let mut drawn = self.random.next() % 100;
        for route in routes {
            if drawn < route.weight {
                return route.version;
            }
            drawn -= route.weight;
        }
        // The weights sum to a hundred.
        routes.last().map_or(0, |route| route.version)
    }
}

/// The keys of every revision that a machine has had.
fn revision_keys(machine: &Stored) -> Vec<String> {
    (0..=machine.revision)
        .map(|number| machine.revision_key(number))
        .collect()
}

/// Adds what is there.
pub(super) fn add(answer: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        answer.insert(name.to_owned(), value);
    }
}
