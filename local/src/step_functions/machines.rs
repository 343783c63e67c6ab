//! The machines: made, changed, deleted, described and listed.

mod definition;
mod settings;
mod stored;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pawl_asl::{Machine, MachineType};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::engine::{About, Definition};
use crate::journal::Journal;
use crate::random::Random;

use super::names::{MachineArn, Part, alias_arn, check_name, machine_arn, version_arn};
use super::paging::{Order, Paging, Position};
use super::refusal::Refusal;
use super::seconds;
use super::tags::Tag;

pub(super) use definition::examine;
pub(super) use stored::{Alias, Revision, Route, Stored};

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

/// `CreateStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    definition: String,
    role_arn: String,
    #[serde(default, rename = "type")]
    machine_type: MachineType,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    version_description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(flatten)]
    settings: settings::Asked,
}

/// `UpdateStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_arn: String,
    #[serde(default)]
    definition: Option<String>,
    #[serde(default)]
    role_arn: Option<String>,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    version_description: Option<String>,
    #[serde(flatten)]
    settings: settings::Asked,
}

/// `DescribeStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    state_machine_arn: String,
    #[serde(default)]
    included_data: IncludedData,
}

/// `DeleteStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delete {
    state_machine_arn: String,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum IncludedData {
    /// Everything.
    #[default]
    AllData,
    /// Nothing that an author or a caller wrote.
    MetadataOnly,
}

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

    /// Makes a machine. Made again just the same, it is the one that is there.
    pub(super) fn create(&self, request: Create, now: Timestamp) -> Result<Value, Refusal> {
        check_name(&request.name)?;
        check_description(request.publish, request.version_description.as_ref())?;
        let settings = request.settings.over(stored::Settings::default())?;
        let parsed = definition::read(&request.definition, request.machine_type)?;
        let tags = super::tags::merged(&BTreeMap::new(), request.tags)?;
        let mut kept = self.kept();
        if let Some(machine) = kept.machines.get(&request.name) {
            let arn = machine_arn(&request.name);
            if machine.deleting {
                return Err(Refusal::deleting(&arn));
            }
            let revision = kept.revision(machine, machine.revision)?;
            // The role and the tags may differ; they stay as they are.
            let is_same = machine.machine_type == request.machine_type
                && revision.definition == request.definition
                && revision.settings == settings
                && machine.published == request.publish
                && machine.description == request.version_description;
            if !is_same {
                return Err(Refusal::new(
                    "StateMachineAlreadyExists",
                    format!("State Machine Already Exists: '{arn}'"),
                ));
            }
        }
        check_role(&request.role_arn)?;
        let mut machine = match kept.machines.get(&request.name) {
            Some(machine) => machine.clone(),
            None => Stored {
                name: request.name,
                machine_type: request.machine_type,
                created: now,
                deleting: false,
                revision: 0,
                published: request.publish,
                description: request.version_description.clone(),
                versions: Vec::new(),
                last_version: 0,
                aliases: BTreeMap::new(),
                tags,
            },
        };
        let key = machine.revision_key(machine.revision);
        if !kept.revisions.contains_key(&key) {
            let revision = Revision {
                id: None,
                updated: now,
                definition: request.definition,
                role_arn: request.role_arn,
                settings,
            };
            self.keep_revision(&mut kept, &key, revision, (parsed, machine.machine_type))?;
        }
        let version = request
            .publish
            .then(|| machine.publish(request.version_description, now))
            .transpose()?;
        let mut answer = Map::new();
        answer.insert(
            "stateMachineArn".to_owned(),
            machine_arn(&machine.name).into(),
        );
        answer.insert("creationDate".to_owned(), seconds(machine.created));
        add_version(&mut answer, &machine.name, version);
        self.keep(&mut kept, machine)?;
        Ok(Value::Object(answer))
    }

    /// Gives a machine another definition. Versions and running executions keep theirs.
    pub(super) fn update(&self, request: Update, now: Timestamp) -> Result<Value, Refusal> {
        let arn = MachineArn::parse_whole(&request.state_machine_arn)?;
        let is_changing = request.definition.is_some()
            || request.role_arn.is_some()
            || !request.settings.is_empty();
        if !is_changing && !request.publish {
            let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
            return Err(Refusal::new("MissingRequiredParameter", message));
        }
        check_description(request.publish, request.version_description.as_ref())?;
        request.role_arn.as_deref().map_or(Ok(()), check_role)?;
        let machine_type = self.kept().active(&arn)?.machine_type;
        let parsed = request
            .definition
            .as_deref()
            .map(|definition| definition::read(definition, machine_type))
            .transpose()?;
        let mut kept = self.kept();
        let mut machine = kept.active(&arn)?.clone();
        let current = kept.revision(&machine, machine.revision)?.clone();
        let parsed = match parsed {
            Some(parsed) => parsed,
            None => Machine::clone(&kept.parsed(&machine, machine.revision)?.machine),
        };
        let mut changed = Revision {
            id: current.id.clone(),
            updated: current.updated,
            definition: request
                .definition
                .unwrap_or_else(|| current.definition.clone()),
            role_arn: request.role_arn.unwrap_or_else(|| current.role_arn.clone()),
            settings: request.settings.over(current.settings.clone())?,
        };
        // An update that changes nothing makes no revision.
        if changed != current {
            machine.revision += 1;
            changed.id = Some(machine.revision_id(machine.revision));
            changed.updated = now;
            let key = machine.revision_key(machine.revision);
            self.keep_revision(&mut kept, &key, changed.clone(), (parsed, machine_type))?;
        }
        let version = request
            .publish
            .then(|| machine.publish(request.version_description, now))
            .transpose()?;
        let mut answer = Map::new();
        answer.insert("updateDate".to_owned(), seconds(now));
        add(&mut answer, "revisionId", changed.id.map(Value::from));
        add_version(&mut answer, &machine.name, version);
        self.keep(&mut kept, machine)?;
        Ok(Value::Object(answer))
    }

    /// Deletes a machine with its versions and aliases, as soon as its last execution has ended.
    pub(super) fn delete(&self, request: &Delete) -> Result<(), Refusal> {
        let arn = MachineArn::parse_whole(&request.state_machine_arn)?;
        let mut kept = self.kept();
        // One that is not there is as good as deleted.
        let Some(machine) = kept.machines.get(&arn.name).cloned() else {
            return Ok(());
        };
        let deleting = Stored {
            deleting: true,
            ..machine
        };
        self.keep(&mut kept, deleting)
    }

    /// Forgets the machines that are being deleted, unless `is_running` says of a name that an execution has not ended.
    pub(super) fn sweep(
        &self,
        is_running: impl Fn(&str) -> Result<bool, Refusal>,
    ) -> Result<(), Refusal> {
        let mut kept = self.kept();
        let deleting: Vec<Stored> = kept
            .machines
            .values()
            .filter(|machine| machine.deleting)
            .cloned()
            .collect();
        for machine in deleting {
            if is_running(&machine.name)? {
                continue;
            }
            self.journal.remove(MACHINES, &machine.name)?;
            kept.machines.remove(&machine.name);
            for key in revision_keys(&machine) {
                self.journal.remove(REVISIONS, &key)?;
                kept.revisions.remove(&key);
                kept.parsed.remove(&key);
            }
        }
        Ok(())
    }

    /// Describes a machine or a version.
    pub(super) fn describe(&self, request: &Describe) -> Result<Value, Refusal> {
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        let kept = self.kept();
        let machine = kept.find(&arn)?;
        let (number, created, description) = match &arn.part {
            Part::Whole => (machine.revision, machine.created, None),
            Part::Version(version) => {
                let version = machine.version(*version)?;
                (
                    version.revision,
                    version.created,
                    version.description.clone(),
                )
            }
            Part::Alias(_) => return Err(Refusal::no_machine(&arn.text)),
            Part::Label(_) => return Err(MachineArn::labelled(&arn.text)),
        };
        let status = if machine.deleting {
            "DELETING"
        } else {
            "ACTIVE"
        };
        let mut answer = Map::new();
        answer.insert("stateMachineArn".to_owned(), arn.text.into());
        answer.insert("name".to_owned(), machine.name.as_str().into());
        answer.insert("status".to_owned(), status.into());
        answer.insert("type".to_owned(), json!(machine.machine_type));
        answer.insert("creationDate".to_owned(), seconds(created));
        kept.revision(machine, number)?
            .show(request.included_data, &mut answer);
        add(&mut answer, "description", description.map(Value::from));
        Ok(Value::Object(answer))
    }

    /// Describes the machine that an execution runs, as it was when the execution began.
    pub(super) fn describe_of(
        &self,
        about: &About,
        included: IncludedData,
    ) -> Result<Value, Refusal> {
        let arn = MachineArn::parse(&about.machine_arn)?;
        let kept = self.kept();
        let machine = kept.find(&arn)?;
        let revision = (0..=machine.revision)
            .rev()
            .filter_map(|number| kept.revisions.get(&machine.revision_key(number)))
            .filter(|revision| revision.updated <= about.started)
            .find(|revision| {
                definition::hash(&revision.definition, machine.machine_type) == about.definition
            })
            .ok_or_else(|| Refusal::no_machine(&arn.text))?;
        let mut answer = Map::new();
        answer.insert("stateMachineArn".to_owned(), arn.text.as_str().into());
        answer.insert("name".to_owned(), machine.name.as_str().into());
        answer.insert("updateDate".to_owned(), seconds(revision.updated));
        add(
            &mut answer,
            "mapRunArn",
            about.map_run_arn.as_deref().map(Value::from),
        );
        revision.show(included, &mut answer);
        Ok(Value::Object(answer))
    }

    /// Whether a machine is on its way out, or gone.
    pub(super) fn is_deleting(&self, machine_arn: &str) -> bool {
        let kept = self.kept();
        MachineArn::parse(machine_arn)
            .ok()
            .and_then(|arn| kept.machines.get(&arn.name))
            .is_none_or(|machine| machine.deleting)
    }

    /// Lists the machines by name.
    pub(super) fn list(&self, paging: &Paging, now: Timestamp) -> Result<Value, Refusal> {
        let kept = self.kept();
        paging.answer(
            ("stateMachines", ""),
            (kept.machines.values(), Order::Up),
            |machine| Position::Name(machine.name.clone()),
            now,
            |machine| {
                json!({
                    "stateMachineArn": machine_arn(&machine.name),
                    "name": machine.name,
                    "type": machine.machine_type,
                    "creationDate": seconds(machine.created),
                })
            },
        )
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
        let definition = definition::runnable(&revision.definition, parsed, machine_type)?;
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
        let parsed = definition::read(text, machine.machine_type)?;
        let parsed = definition::runnable(text, parsed, machine.machine_type)?;
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

impl Revision {
    /// Shows what an author wrote and what follows from it.
    fn show(&self, included: IncludedData, answer: &mut Map<String, Value>) {
        let shows_all = included == IncludedData::AllData;
        let definition = if shows_all {
            self.definition.as_str()
        } else {
            "{}"
        };
        answer.insert("definition".to_owned(), definition.into());
        answer.insert("roleArn".to_owned(), self.role_arn.as_str().into());
        answer.insert(
            "loggingConfiguration".to_owned(),
            self.settings.logging.clone(),
        );
        answer.insert(
            "tracingConfiguration".to_owned(),
            self.settings.tracing.clone(),
        );
        answer.insert(
            "encryptionConfiguration".to_owned(),
            self.settings.encryption.clone(),
        );
        add(answer, "revisionId", self.id.as_deref().map(Value::from));
        let references = definition::variable_references(&self.definition);
        let has_some = references
            .as_object()
            .is_some_and(|states| !states.is_empty());
        add(
            answer,
            "variableReferences",
            (shows_all && has_some).then_some(references),
        );
    }
}

/// The keys of every revision that a machine has had.
fn revision_keys(machine: &Stored) -> Vec<String> {
    (0..=machine.revision)
        .map(|number| machine.revision_key(number))
        .collect()
}

fn check_description(publish: bool, description: Option<&String>) -> Result<(), Refusal> {
    if !publish && description.is_some() {
        let message = "Version description can only be set when publish is true";
        return Err(Refusal::new("ValidationException", message));
    }
    Ok(())
}

/// Adds what is there.
pub(super) fn add(answer: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        answer.insert(name.to_owned(), value);
    }
}

/// A role has the ARN of one.
fn check_role(arn: &str) -> Result<(), Refusal> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", _, role] if role.starts_with("role/") => Ok(()),
        _ => Err(Refusal::new(
            "InvalidArn",
            format!("Invalid Role Arn: '{arn}'"),
        )),
    }
}

fn add_version(answer: &mut Map<String, Value>, name: &str, version: Option<u64>) {
    let arn = version.map(|version| version_arn(name, version).into());
    add(answer, "stateMachineVersionArn", arn);
}
