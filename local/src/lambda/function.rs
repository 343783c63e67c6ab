//! A function as it is kept: what it is now, its published versions, its aliases.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::refusal::{Refusal, function_arn};

/// What is meant where no version is named.
pub(super) const LATEST: &str = "$LATEST";

/// A function.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) latest: Revision,
    #[serde(default)]
    pub(super) versions: BTreeMap<u64, Revision>,
    /// The number of the version that was published last, whether it is still there or not.
    #[serde(default)]
    pub(super) published: u64,
    #[serde(default)]
    pub(super) aliases: BTreeMap<String, Alias>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// The statements of its policy, by their ids.
    #[serde(default)]
    pub(super) policy: BTreeMap<String, Value>,
}

/// A function's code and settings at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Revision {
    pub(super) code: Code,
    pub(super) runtime: String,
    pub(super) role: String,
    pub(super) handler: String,
    pub(super) description: String,
    /// In seconds.
    pub(super) timeout: u32,
    /// In megabytes.
    pub(super) memory: u32,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) architectures: Vec<String>,
    pub(super) modified: Timestamp,
    /// What it is told apart by.
    pub(super) id: String,
}

/// Where a function's code is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Code {
    /// Inside this process, given by whoever opened it.
    Here,
    /// A folder with a bootstrap, given by whoever opened this.
    Folder(PathBuf),
    /// An archive that was uploaded.
    Archive {
        /// Its SHA-256, in base 64.
        sha256: String,
        bytes: usize,
        /// The name of the folder that it was unpacked into.
        folder: String,
    },
}

/// A name for a version, or for two between which chance decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Alias {
    pub(super) version: String,
    pub(super) description: String,
    /// The share of other versions.
    pub(super) weights: BTreeMap<String, f64>,
    pub(super) revision_id: String,
}

impl Function {
    /// A function that was given by whoever opened this AWS: its version 1 is what it is.
    pub(super) fn given(
        name: &str,
        code: Code,
        environment: BTreeMap<String, String>,
        now: Timestamp,
    ) -> Self {
        let revision = Revision {
            code,
            runtime: "provided.al2023".to_owned(),
            role: "arn:aws:iam::000000000000:role/pawl-function".to_owned(),
            handler: "bootstrap".to_owned(),
            description: String::new(),
            timeout: 900,
            memory: 1024,
            environment,
            architectures: vec![architecture().to_owned()],
            modified: now,
            id: "given".to_owned(),
        };
        Self {
            name: name.to_owned(),
            latest: revision.clone(),
            versions: BTreeMap::from([(1, revision)]),
            published: 1,
            aliases: BTreeMap::new(),
            tags: BTreeMap::new(),
            policy: BTreeMap::new(),
        }
    }

    /// The folders of its archives.
    pub(super) fn folders(&self) -> impl Iterator<Item = String> {
        let revisions = self.versions.values().chain([&self.latest]);
        revisions.filter_map(|revision| match &revision.code {
            Code::Archive { folder, .. } => Some(folder.clone()),
            Code::Here | Code::Folder(_) => None,
        })
    }

    /// Whether it came with the program, so that nobody changes it by Lambda's API.
    pub(super) fn is_given(&self) -> bool {
        match self.latest.code {
            Code::Here | Code::Folder(_) => true,
            Code::Archive { .. } => false,
        }
    }

    /// What a qualifier means: the version and its revision. Where an alias names two, `chance` (below 1) decides.
    pub(super) fn resolve(
        &self,
        qualifier: Option<&str>,
        chance: f64,
    ) -> Option<(String, &Revision)> {
        let qualifier = qualifier.unwrap_or(LATEST);
        let version = match self.aliases.get(qualifier) {
            None => qualifier,
            Some(alias) => {
                let mut weights = alias.weights.iter();
                let other = weights.next().filter(|(_, weight)| chance < **weight);
                other.map_or(alias.version.as_str(), |(version, _)| version)
            }
        };
        if version == LATEST {
            return Some((LATEST.to_owned(), &self.latest));
        }
        let revision = self.versions.get(&version.parse().ok()?)?;
        Some((version.to_owned(), revision))
    }

    /// The configuration of a version, as Lambda shows it; `qualifier` stands in the ARN if it was asked for.
    pub(super) fn configuration(
        &self,
        version: &str,
        qualifier: Option<&str>,
        revision: &Revision,
    ) -> Value {
        let arn = match qualifier {
            None => function_arn(&self.name),
            Some(qualifier) => function_arn(&format!("{}:{qualifier}", self.name)),
        };
        let (sha256, bytes) = match &revision.code {
            Code::Archive { sha256, bytes, .. } => (sha256.as_str(), *bytes),
            Code::Here | Code::Folder(_) => ("", 0),
        };
        let mut shown = json!({
            "FunctionName": self.name,
            "FunctionArn": arn,
            "Runtime": revision.runtime,
            "Role": revision.role,
            "Handler": revision.handler,
            "CodeSize": bytes,
            "Description": revision.description,
            "Timeout": revision.timeout,
            "MemorySize": revision.memory,
            "LastModified": revision.modified.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
            "CodeSha256": sha256,
            "Version": version,
            "TracingConfig": { "Mode": "PassThrough" },
            "RevisionId": revision.id,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": revision.architectures,
            "EphemeralStorage": { "Size": 512 },
            "SnapStart": { "ApplyOn": "None", "OptimizationStatus": "Off" },
            "LoggingConfig": { "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", self.name) },
        });
        if let Some(shown) = shown
            .as_object_mut()
            .filter(|_| !revision.environment.is_empty())
        {
            let variables: Map<String, Value> = revision
                .environment
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect();
            shown.insert("Environment".to_owned(), json!({ "Variables": variables }));
        }
        shown
    }

    /// An alias, as Lambda shows it.
    pub(super) fn alias(&self, name: &str, alias: &Alias) -> Value {
        let mut shown = json!({
            "AliasArn": function_arn(&format!("{}:{name}", self.name)),
            "Name": name,
            "FunctionVersion": alias.version,
            "Description": alias.description,
            "RevisionId": alias.revision_id,
        });
        if let Some(shown) = shown.as_object_mut().filter(|_| !alias.weights.is_empty()) {
            let weights = json!({ "AdditionalVersionWeights": alias.weights });
            shown.insert("RoutingConfig".to_owned(), weights);
        }
        shown
    }

    /// Fails if somebody has changed the function since a client read it.
    pub(super) fn expect(&self, revision_id: Option<&str>) -> Result<(), Refusal> {
        match revision_id {
            Some(expected) if expected != self.latest.id => Err(Refusal::precondition()),
            _ => Ok(()),
        }
    }
}

/// This machine's architecture, as Lambda calls it.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    }
}
