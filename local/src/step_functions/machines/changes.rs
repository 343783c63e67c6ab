//! Machines are made, changed and deleted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pawl_asl::{Machine, MachineType};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

use super::super::names::{MachineArn, check_name, machine_arn, version_arn};
use super::super::seconds;
use super::super::tags::{Tag, merged};
use super::stored::Settings;
use super::{
    MACHINES, Machines, REVISIONS, Revision, Stored, add, definition, revision_keys, settings,
};

/// `CreateStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Create {
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
pub(in super::super) struct Update {
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

/// `DeleteStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Delete {
    state_machine_arn: String,
}

impl Machines {
    /// Makes a machine. Made again just the same, it is the one that is there.
    pub(in super::super) fn create(
        &self,
        request: Create,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        check_name(&request.name)?;
        check_description(request.publish, request.version_description.as_ref())?;
        let settings = request.settings.over(Settings::default())?;
        let parsed = definition::read(&request.definition, request.machine_type)?;
        let tags = merged(&BTreeMap::new(), request.tags)?;
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
    pub(in super::super) fn update(
        &self,
        request: Update,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
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
    pub(in super::super) fn delete(&self, request: &Delete) -> Result<(), Refusal> {
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
    pub(in super::super) fn sweep(
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
}

fn check_description(publish: bool, description: Option<&String>) -> Result<(), Refusal> {
    if !publish && description.is_some() {
        let message = "Version description can only be set when publish is true";
        return Err(Refusal::new("ValidationException", message));
    }
    Ok(())
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
