//! Event buses, and the tags of buses and rules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

use super::{BUSES, DEFAULT_BUS, EventBridge, Tag, bus_arn, check_name, not_found, page};

/// A bus as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bus {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// What is shown as it was given: `Description`, `DeadLetterConfig` and the like.
    pub(super) settings: Map<String, Value>,
    pub(super) tags: BTreeMap<String, String>,
}

/// `CreateEventBus` and `UpdateEventBus`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutBus {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

/// `DescribeEventBus` and `DeleteEventBus`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedBus {
    #[serde(default)]
    name: Option<String>,
}

/// `ListEventBuses`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListBuses {
    #[serde(default)]
    name_prefix: String,
    #[serde(default)]
    next_token: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `TagResource`.
#[derive(Debug, Deserialize)]
pub(super) struct TagResource {
    #[serde(rename = "ResourceARN")]
    resource: String,
    #[serde(rename = "Tags")]
    tags: Vec<Tag>,
}

/// `UntagResource` and `ListTagsForResource`.
#[derive(Debug, Deserialize)]
pub(super) struct UntagResource {
    #[serde(rename = "ResourceARN")]
    resource: String,
    #[serde(default, rename = "TagKeys")]
    keys: Vec<String>,
}

/// The settings of a bus that are shown again.
const SETTINGS: [&str; 4] = [
    "DeadLetterConfig",
    "Description",
    "KmsKeyIdentifier",
    "LogConfig",
];

impl Bus {
    /// A bus that has just been made.
    pub(super) fn new(name: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            created,
            modified: created,
            settings: Map::new(),
            tags: BTreeMap::new(),
        }
    }

    fn show(&self) -> Value {
        let mut shown = self.settings.clone();
        shown.insert("Name".to_owned(), self.name.clone().into());
        shown.insert("Arn".to_owned(), bus_arn(&self.name).into());
        shown.insert("CreationTime".to_owned(), self.created.as_second().into());
        shown.insert(
            "LastModifiedTime".to_owned(),
            self.modified.as_second().into(),
        );
        Value::Object(shown)
    }
}

fn settings(mut given: Map<String, Value>) -> Map<String, Value> {
    given.retain(|name, _| SETTINGS.contains(&name.as_str()));
    given
}

impl EventBridge {
    pub(super) fn create_bus(&self, request: PutBus) -> Result<Value, Refusal> {
        let name = request.name.unwrap_or_default();
        check_name(&name, "name", 256, "/.-_")?;
        let mut state = self.state();
        if state.buses.contains_key(&name) {
            return Err(Refusal::new(
                "ResourceAlreadyExistsException",
                format!("Event bus {name} already exists."),
            ));
        }
        let mut bus = Bus::new(&name, self.clock.now());
        bus.settings = settings(request.settings);
        bus.tags = request
            .tags
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect();
        let mut answer = bus.settings.clone();
        answer.insert("EventBusArn".to_owned(), bus_arn(&name).into());
        self.keep_bus(&mut state, bus)?;
        Ok(Value::Object(answer))
    }

    pub(super) fn describe_bus(&self, request: &NamedBus) -> Result<Value, Refusal> {
        let state = self.state();
        let name = state.bus_name(request.name.as_deref())?;
        Ok(state.buses.get(&name).map(Bus::show).unwrap_or_default())
    }

    pub(super) fn update_bus(&self, request: PutBus) -> Result<Value, Refusal> {
        let mut state = self.state();
        let name = state.bus_name(request.name.as_deref())?;
        let bus = state.buses.get(&name).cloned();
        let mut bus = bus.ok_or_else(|| not_found(format!("Event bus {name} does not exist.")))?;
        bus.settings.extend(settings(request.settings));
        bus.modified = self.clock.now();
        let mut answer = bus.settings.clone();
        answer.insert("Name".to_owned(), name.clone().into());
        answer.insert("Arn".to_owned(), bus_arn(&name).into());
        self.keep_bus(&mut state, bus)?;
        Ok(Value::Object(answer))
    }

    pub(super) fn list_buses(&self, request: &ListBuses) -> Result<Value, Refusal> {
        let state = self.state();
        let buses: Vec<Value> = state
            .buses
            .values()
            .filter(|bus| bus.name.starts_with(&request.name_prefix))
            .map(|bus| {
                let mut shown = bus.show();
                if let Some(shown) = shown.as_object_mut() {
                    let unlisted = ["DeadLetterConfig", "KmsKeyIdentifier", "LogConfig"];
                    shown.retain(|name, _| !unlisted.contains(&name.as_str()));
                }
                shown
            })
            .collect();
        page(
            "EventBuses",
            &buses,
            request.limit,
            request.next_token.as_deref(),
        )
    }

    /// Deletes a bus; one that is not there is deleted already.
    pub(super) fn delete_bus(&self, request: &NamedBus) -> Result<Value, Refusal> {
        let name = request.name.clone().unwrap_or_default();
        if name == DEFAULT_BUS {
            return Err(Refusal::invalid("Cannot delete event bus default."));
        }
        let mut state = self.state();
        if state.rules.values().any(|kept| kept.rule.bus == name) {
            let message = format!("Event bus {name} can't be deleted since it has rules.");
            return Err(Refusal::invalid(message));
        }
        self.journal.remove(BUSES, &name)?;
        state.buses.remove(&name);
        Ok(Value::Null)
    }

    pub(super) fn tag(&self, request: &TagResource) -> Result<Value, Refusal> {
        self.change_tags(&request.resource, |tags| {
            let new = request.tags.iter().cloned();
            tags.extend(new.map(|tag| (tag.key, tag.value)));
        })?;
        Ok(json!({}))
    }

    pub(super) fn untag(&self, request: &UntagResource) -> Result<Value, Refusal> {
        self.change_tags(&request.resource, |tags| {
            tags.retain(|key, _| !request.keys.contains(key));
        })?;
        Ok(json!({}))
    }

    pub(super) fn list_tags(&self, request: &UntagResource) -> Result<Value, Refusal> {
        let tags = self.change_tags(&request.resource, |_| {})?;
        let tags = tags
            .iter()
            .map(|(key, value)| json!({ "Key": key, "Value": value }));
        Ok(json!({ "Tags": tags.collect::<Vec<_>>() }))
    }

    /// Changes the tags of a rule or a bus; the tags after it.
    fn change_tags(
        &self,
        arn: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<BTreeMap<String, String>, Refusal> {
        let mut state = self.state();
        if let Some(kept) = state.rules.get(arn) {
            let mut rule = kept.rule.clone();
            change(&mut rule.tags);
            let tags = rule.tags.clone();
            if tags != kept.rule.tags {
                self.keep_rule(&mut state, rule)?;
            }
            return Ok(tags);
        }
        let bus = state
            .buses
            .values()
            .find(|bus| bus_arn(&bus.name) == arn)
            .cloned();
        let Some(mut bus) = bus else {
            let named = arn.rsplit_once('/').map_or(arn, |(_, name)| name);
            let message = if arn.contains(":rule/") {
                format!("Rule {named} does not exist on EventBus default.")
            } else {
                format!("Event bus {named} does not exist.")
            };
            return Err(not_found(message));
        };
        let before = bus.tags.clone();
        change(&mut bus.tags);
        let tags = bus.tags.clone();
        if tags != before {
            self.keep_bus(&mut state, bus)?;
        }
        Ok(tags)
    }
}
