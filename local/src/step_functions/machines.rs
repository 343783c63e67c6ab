//! The machines and their published versions, each machine in a file of the state folder.

mod stored;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Error;
use crate::engine::Definition;
use crate::folder::Folder;

use super::names::{MachineArn, is_name, machine_arn, version_arn};
use super::{Paging, Refusal, seconds};

use stored::{Revision, Stored, check, hash, parse, read_all, write};

/// All machines.
pub(super) struct Machines {
    folder: Option<PathBuf>,
    machines: Mutex<BTreeMap<String, Stored>>,
}

/// `CreateStateMachine`. What has no meaning here (tags, logging, tracing) is not read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    definition: String,
    role_arn: String,
    #[serde(default, rename = "type")]
    machine_type: Option<String>,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    version_description: Option<String>,
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
}

/// `PublishStateMachineVersion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Publish {
    state_machine_arn: String,
    #[serde(default)]
    revision_id: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

/// `DescribeStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    state_machine_arn: String,
}

/// `ListStateMachineVersions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListVersions {
    state_machine_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

/// What an execution needs of its machine.
pub(super) struct Runnable {
    pub(super) name: String,
    pub(super) version: Option<u64>,
    pub(super) role_arn: String,
    pub(super) definition: Definition,
}

impl Machines {
    /// Opens the machines of a state folder, or none in memory.
    pub(super) fn open(folder: Option<&Folder>) -> Result<Self, Error> {
        let folder = folder.map(|folder| folder.folder("machines")).transpose()?;
        let machines = folder
            .as_deref()
            .map(read_all)
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            folder,
            machines: Mutex::new(machines),
        })
    }

    /// Makes a machine. Made again just the same, it is the one that is there.
    pub(super) fn create(&self, request: &Create, now: Timestamp) -> Result<Value, Refusal> {
        if !is_name(&request.name) {
            return Err(Refusal::new(
                "InvalidName",
                format!("Invalid Name: '{}'", request.name),
            ));
        }
        if request
            .machine_type
            .as_deref()
            .is_some_and(|machine_type| machine_type != "STANDARD")
        {
            let message = "only STANDARD state machines are available here";
            return Err(Refusal::new("StateMachineTypeNotSupported", message));
        }
        check(&request.definition)?;
        let mut machines = self.machines();
        let revision = Revision {
            number: 0,
            definition: request.definition.clone(),
            role_arn: request.role_arn.clone(),
        };
        let mut machine = match machines.get(&request.name) {
            None => Stored::new(&request.name, revision, now),
            Some(machine) if machine.current.definition == revision.definition => machine.clone(),
            Some(_) => {
                let arn = machine_arn(&request.name);
                let message = format!("State Machine Already Exists: '{arn}'");
                return Err(Refusal::new("StateMachineAlreadyExists", message));
            }
        };
        let version = request
            .publish
            .then(|| machine.publish(request.version_description.clone(), now));
        let mut answer = json!({ "stateMachineArn": machine_arn(&machine.name), "creationDate": seconds(machine.created) });
        add_version(&mut answer, &machine.name, version);
        self.keep(&mut machines, machine)?;
        Ok(answer)
    }

    /// Gives a machine another definition. Versions and running executions keep theirs.
    pub(super) fn update(&self, request: &Update, now: Timestamp) -> Result<Value, Refusal> {
        if request.definition.is_none() && request.role_arn.is_none() {
            let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
            return Err(Refusal::new("MissingRequiredParameter", message));
        }
        if let Some(definition) = &request.definition {
            check(definition)?;
        }
        let mut machines = self.machines();
        let mut machine = find(&machines, &MachineArn::parse(&request.state_machine_arn)?)?.clone();
        let definition = request
            .definition
            .as_ref()
            .unwrap_or(&machine.current.definition);
        let role_arn = request
            .role_arn
            .as_ref()
            .unwrap_or(&machine.current.role_arn);
        machine.current = Revision {
            number: machine.current.number + 1,
            definition: definition.clone(),
            role_arn: role_arn.clone(),
        };
        let version = request
            .publish
            .then(|| machine.publish(request.version_description.clone(), now));
        let mut answer = json!({ "updateDate": seconds(now), "revisionId": machine.current.id() });
        add_version(&mut answer, &machine.name, version);
        self.keep(&mut machines, machine)?;
        Ok(answer)
    }

    /// Publishes the current revision of a machine. Published again unchanged, it is the same version.
    pub(super) fn publish(&self, request: &Publish, now: Timestamp) -> Result<Value, Refusal> {
        let mut machines = self.machines();
        let mut machine = find(&machines, &MachineArn::parse(&request.state_machine_arn)?)?.clone();
        if request
            .revision_id
            .as_ref()
            .is_some_and(|id| *id != machine.current.id())
        {
            let message = format!(
                "Failed to publish the State Machine version for revision {:?}. The current State Machine revision is {}.",
                request.revision_id,
                machine.current.id()
            );
            return Err(Refusal::new("ConflictException", message));
        }
        let version = machine.publish(request.description.clone(), now);
        let mut answer = json!({ "creationDate": seconds(machine.version(version)?.created) });
        add_version(&mut answer, &machine.name, Some(version));
        self.keep(&mut machines, machine)?;
        Ok(answer)
    }

    /// Describes a machine or a version.
    pub(super) fn describe(&self, request: &Describe) -> Result<Value, Refusal> {
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        let machines = self.machines();
        let machine = find(&machines, &arn)?;
        let (revision, created, description) = machine.at(arn.version)?;
        let mut answer = json!({
            "stateMachineArn": request.state_machine_arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": revision.definition,
            "roleArn": revision.role_arn,
            "type": "STANDARD",
            "creationDate": seconds(created),
            "revisionId": revision.id(),
        });
        if let (Some(answer), Some(description)) = (answer.as_object_mut(), description) {
            answer.insert("description".to_owned(), description.into());
        }
        Ok(answer)
    }

    /// Lists the machines by name.
    pub(super) fn list(&self, paging: &Paging) -> Result<Value, Refusal> {
        let machines: Vec<Stored> = self.machines().values().cloned().collect();
        paging.answer("stateMachines", &machines, |machine| {
            json!({
                "stateMachineArn": machine_arn(&machine.name),
                "name": machine.name,
                "type": "STANDARD",
                "creationDate": seconds(machine.created),
            })
        })
    }

    /// Lists the versions of a machine, the latest first.
    pub(super) fn list_versions(&self, request: &ListVersions) -> Result<Value, Refusal> {
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        let machine = find(&self.machines(), &arn)?.clone();
        let versions: Vec<_> = machine.versions.iter().rev().collect();
        request
            .paging
            .answer("stateMachineVersions", &versions, |version| {
                json!({
                    "stateMachineVersionArn": version_arn(&machine.name, version.number),
                    "creationDate": seconds(version.created),
                })
            })
    }

    /// The machine that an execution is to run.
    pub(super) fn runnable(&self, arn: &MachineArn) -> Result<Runnable, Refusal> {
        let machines = self.machines();
        let stored = find(&machines, arn)?;
        let (revision, _, _) = stored.at(arn.version)?;
        Ok(Runnable {
            name: stored.name.clone(),
            version: arn.version,
            role_arn: revision.role_arn.clone(),
            definition: Definition {
                hash: hash(&revision.definition).into(),
                text: revision.definition.as_str().into(),
                machine: std::sync::Arc::new(parse(&revision.definition)?),
            },
        })
    }

    /// Fails if there is no such machine.
    pub(super) fn has(&self, arn: &MachineArn) -> Result<(), Refusal> {
        find(&self.machines(), arn)?.at(arn.version)?;
        Ok(())
    }

    /// Writes a machine down, and only then shows it.
    fn keep(
        &self,
        machines: &mut BTreeMap<String, Stored>,
        machine: Stored,
    ) -> Result<(), Refusal> {
        if let Some(folder) = &self.folder {
            write(folder, &machine)?;
        }
        machines.insert(machine.name.clone(), machine);
        Ok(())
    }

    fn machines(&self) -> MutexGuard<'_, BTreeMap<String, Stored>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'machines>(
    machines: &'machines BTreeMap<String, Stored>,
    arn: &MachineArn,
) -> Result<&'machines Stored, Refusal> {
    machines
        .get(&arn.name)
        .ok_or_else(|| missing(&machine_arn(&arn.name)))
}

/// There is no such machine or version.
fn missing(arn: &str) -> Refusal {
    Refusal::new(
        "StateMachineDoesNotExist",
        format!("State Machine Does Not Exist: '{arn}'"),
    )
}

fn add_version(answer: &mut Value, name: &str, version: Option<u64>) {
    if let (Some(answer), Some(version)) = (answer.as_object_mut(), version) {
        answer.insert(
            "stateMachineVersionArn".to_owned(),
            version_arn(name, version).into(),
        );
    }
}
