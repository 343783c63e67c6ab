//! Groups of schedules, and their tags.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::refusal::Refusal;

use super::requests::Tags;
use super::{
    DEFAULT, GROUPS, Query, SCHEDULES, Scheduler, State, check_name, conflict, group_arn,
    not_found, seconds,
};

/// A group as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) tags: BTreeMap<String, String>,
    /// The token of the request that made it: asked again with it, the answer is the same.
    pub(super) client_token: Option<String>,
}

impl Group {
    /// A group that has just been made.
    pub(super) fn new(name: &str, created: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            created,
            modified: created,
            tags: BTreeMap::new(),
            client_token: None,
        }
    }

    fn show(&self) -> Value {
        json!({
            "Arn": group_arn(&self.name),
            "Name": self.name,
            "State": "ACTIVE",
            "CreationDate": seconds(self.created),
            "LastModificationDate": seconds(self.modified),
        })
    }
}

impl State {
    /// The group of a name.
    pub(super) fn group(&self, name: &str) -> Result<&Group, Refusal> {
        let group = self.groups.get(name);
        group.ok_or_else(|| not_found(format!("Schedule group {name} does not exist.")))
    }
}

impl Scheduler {
    pub(super) fn create_group(&self, name: &str, request: Tags) -> Result<Value, Refusal> {
        check_name(name, "name")?;
        let mut state = self.state();
        let answer = json!({ "ScheduleGroupArn": group_arn(name) });
        if let Some(known) = state.groups.get(name) {
            if known.client_token.is_some() && known.client_token == request.client_token {
                return Ok(answer);
            }
            return Err(conflict(format!("Schedule group {name} already exists.")));
        }
        let group = Group {
            tags: request
                .tags
                .into_iter()
                .map(|tag| (tag.key, tag.value))
                .collect(),
            client_token: request.client_token,
            ..Group::new(name, self.clock.now())
        };
        self.keep_group(&mut state, group)?;
        Ok(answer)
    }

    pub(super) fn get_group(&self, name: &str) -> Result<Value, Refusal> {
        self.state().group(name).map(Group::show)
    }

    pub(super) fn list_groups(&self, query: &Query) -> Result<Value, Refusal> {
        let prefix = query.text("NamePrefix").unwrap_or_default();
        let state = self.state();
        let groups = state.groups.values();
        let groups: Vec<Value> = groups
            .filter(|group| group.name.starts_with(prefix))
            .map(Group::show)
            .collect();
        query.page("ScheduleGroups", &groups)
    }

    /// Deletes a group with all its schedules.
    pub(super) fn delete_group(&self, name: &str) -> Result<Value, Refusal> {
        if name == DEFAULT {
            let message = "The default schedule group cannot be deleted.";
            return Err(Refusal::invalid(message));
        }
        let mut state = self.state();
        state.group(name)?;
        let schedules = state.schedules.values();
        let members: Vec<String> = schedules
            .filter(|schedule| schedule.group == name)
            .map(super::Schedule::arn)
            .collect();
        for arn in members {
            self.journal.remove(SCHEDULES, &arn)?;
            state.schedules.remove(&arn);
        }
        self.journal.remove(GROUPS, name)?;
        state.groups.remove(name);
        Ok(json!({}))
    }

    pub(super) fn list_tags(&self, arn: &str) -> Result<Value, Refusal> {
        let state = self.state();
        let tags = &state.group(group_name(arn)?)?.tags;
        let tags = tags
            .iter()
            .map(|(key, value)| json!({ "Key": key, "Value": value }));
        Ok(json!({ "Tags": tags.collect::<Vec<_>>() }))
    }

    pub(super) fn tag(&self, arn: &str, request: Tags) -> Result<Value, Refusal> {
        self.change_tags(arn, |tags| {
            tags.extend(request.tags.into_iter().map(|tag| (tag.key, tag.value)));
        })
    }

    pub(super) fn untag(&self, arn: &str, query: &Query) -> Result<Value, Refusal> {
        let keys = query.all("TagKeys");
        self.change_tags(arn, |tags| {
            tags.retain(|key, _| !keys.contains(&key.as_str()));
        })
    }

    fn change_tags(
        &self,
        arn: &str,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Result<Value, Refusal> {
        let mut state = self.state();
        let mut group = state.group(group_name(arn)?)?.clone();
        change(&mut group.tags);
        group.modified = self.clock.now();
        self.keep_group(&mut state, group)?;
        Ok(json!({}))
    }

    fn keep_group(&self, state: &mut State, group: Group) -> Result<(), Refusal> {
        self.journal.put(GROUPS, &group.name, &group)?;
        state.groups.insert(group.name.clone(), group);
        Ok(())
    }
}

/// The name of the group of an ARN; only groups have tags.
fn group_name(arn: &str) -> Result<&str, Refusal> {
    let name = arn.split_once(":schedule-group/").map(|(_, name)| name);
    name.ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value '{arn}' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws[a-z-]*:scheduler:[a-z0-9\\-]+:\\d{{12}}:schedule-group\\/[0-9a-zA-Z-_.]+"
        );
        Refusal::invalid(message)
    })
}
