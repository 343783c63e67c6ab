//! Machines are described and listed.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::About;
use crate::refusal::Refusal;

use super::super::names::{MachineArn, Part, machine_arn};
use super::super::paging::{Order, Paging, Position};
use super::super::seconds;
use super::{Machines, Revision, add, definition};

/// `DescribeStateMachine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Describe {
    state_machine_arn: String,
    #[serde(default)]
    included_data: IncludedData,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in super::super) enum IncludedData {
    /// Everything.
    #[default]
    AllData,
    /// Nothing that an author or a caller wrote.
    MetadataOnly,
}

impl Machines {
    /// Describes a machine or a version.
    pub(in super::super) fn describe(&self, request: &Describe) -> Result<Value, Refusal> {
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
    pub(in super::super) fn describe_of(
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

    /// Lists the machines by name.
    pub(in super::super) fn list(&self, paging: &Paging, now: Timestamp) -> Result<Value, Refusal> {
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
