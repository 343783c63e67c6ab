//! A machine as it is kept, and what an update of it changes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pawl_asl::MachineType;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::names::version_arn;
use crate::refusal::Refusal;

/// A machine with its versions and aliases.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Stored {
    pub(in super::super) name: String,
    pub(in super::super) machine_type: MachineType,
    pub(in super::super) created: Timestamp,
    /// Whether it goes as soon as its last execution has ended.
    pub(in super::super) deleting: bool,
    /// The number of the revision that is current, from 0.
    pub(in super::super) revision: u64,
    /// How it was made: whether with a version, and how that was described. It is made again only in the same way.
    pub(in super::super) published: bool,
    pub(in super::super) description: Option<String>,
    /// In the order of their numbers.
    pub(in super::super) versions: Vec<Version>,
    /// The number of the latest version there has ever been; numbers are not given twice.
    pub(in super::super) last_version: u64,
    pub(in super::super) aliases: BTreeMap<String, Alias>,
    pub(in super::super) tags: BTreeMap<String, String>,
}

/// What an update changes. It is kept once, however many versions show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Revision {
    /// None before the first update.
    pub(in super::super) id: Option<String>,
    pub(in super::super) updated: Timestamp,
    pub(in super::super) definition: String,
    pub(in super::super) role_arn: String,
    pub(in super::super) settings: Settings,
}

/// How AWS watches and guards a machine. Here it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Settings {
    pub(in super::super) logging: Value,
    pub(in super::super) tracing: Value,
    pub(in super::super) encryption: Value,
}

/// A published revision. It never changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Version {
    pub(in super::super) number: u64,
    pub(in super::super) created: Timestamp,
    pub(in super::super) description: Option<String>,
    pub(in super::super) revision: u64,
}

/// A name for one or two versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Alias {
    pub(in super::super) description: Option<String>,
    pub(in super::super) created: Timestamp,
    pub(in super::super) updated: Timestamp,
    pub(in super::super) routes: Vec<Route>,
}

/// How many of a hundred executions run a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Route {
    pub(in super::super) version: u64,
    pub(in super::super) weight: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            logging: json!({ "level": "OFF", "includeExecutionData": false }),
            tracing: json!({ "enabled": false }),
            encryption: json!({ "type": "AWS_OWNED_KEY" }),
        }
    }
}

impl Stored {
    /// The key of one of its revisions: no machine of the same name has had it before.
    pub(in super::super) fn revision_key(&self, number: u64) -> String {
        let made = self.created.as_microsecond();
        format!("{}/{made}/{number}", self.name)
    }

    /// The id of the revision that an update makes.
    pub(in super::super) fn revision_id(&self, number: u64) -> String {
        let hex = format!("{:x}", Sha256::digest(self.revision_key(number)));
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    /// A published version.
    pub(in super::super) fn version(&self, number: u64) -> Result<&Version, Refusal> {
        let version = self
            .versions
            .iter()
            .find(|version| version.number == number);
        version.ok_or_else(|| Refusal::no_machine(&version_arn(&self.name, number)))
    }

    /// Publishes the current revision, if none of the versions is that already; the version's number.
    pub(in super::super) fn publish(
        &mut self,
        description: Option<String>,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        let known = self
            .versions
            .iter()
            .find(|version| version.revision == self.revision);
        if let Some(version) = known {
            return Ok(version.number);
        }
        if self.versions.len() >= MOST_VERSIONS {
            let message = format!(
                "The maximum number of versions ({MOST_VERSIONS}) of the state machine has been reached"
            );
            return Err(Refusal::new("ServiceQuotaExceededException", message));
        }
        self.last_version += 1;
        self.versions.push(Version {
            number: self.last_version,
            created: now,
            description,
            revision: self.revision,
        });
        Ok(self.last_version)
    }

    /// The aliases that lead to a version.
    pub(in super::super) fn aliases_of(
        &self,
        version: u64,
    ) -> impl Iterator<Item = (&String, &Alias)> {
        self.aliases
            .iter()
            .filter(move |(_, alias)| alias.routes.iter().any(|route| route.version == version))
    }
}

/// How many versions a machine may have.
const MOST_VERSIONS: usize = 1_000;
