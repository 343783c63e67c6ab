//! Tags of machines.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::machines::{Kept, Machines, Stored};
use super::names::{MachineArn, Part};
use crate::refusal::Refusal;

/// A word on a machine.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Tag {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

/// `TagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Add {
    resource_arn: String,
    tags: Vec<Tag>,
}

/// `UntagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remove {
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// `ListTagsForResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    resource_arn: String,
}

/// How many tags a machine may have.
const MOST_TAGS: usize = 50;

/// Adds tags, or gives those that are there other values.
pub(super) fn add(machines: &Machines, request: Add) -> Result<Value, Refusal> {
    let mut kept = machines.kept();
    let mut machine = find(&kept, &request.resource_arn)?.clone();
    machine.tags = merged(&machine.tags, request.tags)
        .map_err(|refusal| refusal.with("resourceName", &request.resource_arn))?;
    machines.keep(&mut kept, machine)?;
    Ok(json!({}))
}

/// Takes tags away; those that are not there are as good as gone.
pub(super) fn remove(machines: &Machines, request: &Remove) -> Result<Value, Refusal> {
    let mut kept = machines.kept();
    let mut machine = find(&kept, &request.resource_arn)?.clone();
    for key in &request.tag_keys {
        machine.tags.remove(key);
    }
    machines.keep(&mut kept, machine)?;
    Ok(json!({}))
}

/// The tags of a machine.
pub(super) fn list(machines: &Machines, request: &List) -> Result<Value, Refusal> {
    let kept = machines.kept();
    let tags: Vec<Value> = find(&kept, &request.resource_arn)?
        .tags
        .iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    Ok(json!({ "tags": tags }))
}

/// Tags with more of them.
pub(super) fn merged(
    tags: &BTreeMap<String, String>,
    more: Vec<Tag>,
) -> Result<BTreeMap<String, String>, Refusal> {
    if more.iter().any(|tag| tag.key.starts_with("aws:")) {
        let message = "aws: prefixed tag key names are not allowed for external use.";
        return Err(Refusal::invalid(message));
    }
    let mut tags = tags.clone();
    tags.extend(more.into_iter().map(|tag| (tag.key, tag.value)));
    if tags.len() > MOST_TAGS {
        let message = format!("A resource can have at most {MOST_TAGS} tags");
        return Err(Refusal::new("TooManyTags", message));
    }
    Ok(tags)
}

/// Only whole machines have tags.
fn find<'kept>(kept: &'kept Kept, text: &str) -> Result<&'kept Stored, Refusal> {
    let arn = MachineArn::parse(text)?;
    kept.machines
        .get(&arn.name)
        .filter(|_| arn.part == Part::Whole)
        .ok_or_else(|| {
            Refusal::new("ResourceNotFound", format!("Resource not found: '{text}'"))
                .with("resourceName", text)
        })
}
