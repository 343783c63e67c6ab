//! Versions of machines: published, listed and deleted.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::machines::Machines;
use super::names::{MachineArn, Part, version_arn};
use super::paging::{Order, Paging, Position};
use super::seconds;
use crate::refusal::Refusal;

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

/// `ListStateMachineVersions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

/// `DeleteStateMachineVersion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delete {
    state_machine_version_arn: String,
}

/// Publishes the current revision of a machine. Published again unchanged, it is the same version.
pub(super) fn publish(
    machines: &Machines,
    request: Publish,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let arn = MachineArn::parse_whole(&request.state_machine_arn)?;
    let mut kept = machines.kept();
    let mut machine = kept.active(&arn)?.clone();
    let current = match machine.revision {
        // A machine that was never changed has no id of its own for its revision.
        0 => "INITIAL".to_owned(),
        number => machine.revision_id(number),
    };
    if let Some(asked) = request.revision_id.filter(|asked| *asked != current) {
        let message = format!(
            "Failed to publish the State Machine version for revision {asked}. The current State Machine revision is {current}."
        );
        return Err(Refusal::new("ConflictException", message));
    }
    let number = machine.publish(request.description, now)?;
    let created = machine.version(number)?.created;
    let answer = json!({
        "creationDate": seconds(created),
        "stateMachineVersionArn": version_arn(&machine.name, number),
    });
    machines.keep(&mut kept, machine)?;
    Ok(answer)
}

/// Lists the versions of a machine, the latest first.
pub(super) fn list(machines: &Machines, request: &List, now: Timestamp) -> Result<Value, Refusal> {
    let arn = MachineArn::parse_whole(&request.state_machine_arn)?;
    let kept = machines.kept();
    let machine = kept.find(&arn)?;
    request.paging.answer(
        ("stateMachineVersions", &arn.text),
        (machine.versions.iter().rev(), Order::Down),
        |version| Position::Number(version.number),
        now,
        |version| {
            json!({
                "stateMachineVersionArn": version_arn(&machine.name, version.number),
                "creationDate": seconds(version.created),
            })
        },
    )
}

/// Deletes a version that no alias leads to. One that is not there is as good as deleted.
pub(super) fn delete(machines: &Machines, request: &Delete) -> Result<Value, Refusal> {
    let arn = MachineArn::parse(&request.state_machine_version_arn)?;
    let Part::Version(number) = arn.part else {
        let message = format!("Invalid Arn: '{}'", arn.text);
        return Err(Refusal::new("InvalidArn", message));
    };
    let mut kept = machines.kept();
    let Some(mut machine) = kept.machines.get(&arn.name).cloned() else {
        return Ok(json!({}));
    };
    let aliases: Vec<&str> = machine
        .aliases_of(number)
        .map(|(name, _)| name.as_str())
        .collect();
    if !aliases.is_empty() {
        let message = format!(
            "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
            aliases.join(", ")
        );
        return Err(Refusal::new("ConflictException", message));
    }
    machine.versions.retain(|version| version.number != number);
    machines.keep(&mut kept, machine)?;
    Ok(json!({}))
}
