//! Functions as they are made, changed, published and deleted.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::Aws;
use crate::random::fresh_id;

use super::api::Call;
use super::archive::unpack;
use super::function::{Code, Function, LATEST, Revision};
use super::name::is_name;
use super::refusal::{Refusal, function_arn};
use super::{COLLECTION, Lambda, lock};

/// The runtimes that are here: those that bring a bootstrap of their own.
const RUNTIMES: [&str; 3] = ["provided.al2023", "provided.al2", "provided"];

/// How many bytes the names and values of an environment may have.
const LARGEST_ENVIRONMENT: usize = 4096;

/// `CreateFunction`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Create {
    function_name: String,
    #[serde(default)]
    package_type: Option<String>,
    code: Upload,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(flatten)]
    settings: Settings,
}

/// Where an archive comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    #[serde(default)]
    zip_file: Option<String>,
    #[serde(default)]
    s3_bucket: Option<String>,
    #[serde(default)]
    s3_key: Option<String>,
    #[serde(default)]
    image_uri: Option<String>,
}

/// What can be set about a function.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    #[serde(default)]
    runtime: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    handler: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    timeout: Option<u32>,
    #[serde(default)]
    memory_size: Option<u32>,
    #[serde(default)]
    environment: Option<Environment>,
    #[serde(default)]
    architectures: Option<Vec<String>>,
    #[serde(default)]
    revision_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// `UpdateFunctionCode`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateCode {
    #[serde(flatten)]
    upload: Upload,
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    architectures: Option<Vec<String>>,
    #[serde(default)]
    revision_id: Option<String>,
}

/// `PublishVersion`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Publish {
    #[serde(default)]
    code_sha256: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    revision_id: Option<String>,
}

/// Makes a function.
pub(super) fn create(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let request: Create = call.body()?;
    let name = super::Named::read(&request.function_name, None).name;
    if !is_name(&name, 64) {
        let rule = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
        return Err(Refusal::constraint(&name, "functionName", rule));
    }
    if request
        .package_type
        .as_deref()
        .is_some_and(|kind| kind != "Zip")
        || request.code.image_uri.is_some()
    {
        return Err(Refusal::invalid(
            "Functions in container images are not available here; upload an archive",
        ));
    }
    if lock(&aws.lambda.functions).contains_key(&name) {
        return Err(Refusal::conflict(format!("Function already exist: {name}")));
    }
    let mut revision = Revision {
        code: request.code.unpack(aws)?,
        runtime: String::new(),
        role: String::new(),
        handler: String::new(),
        description: String::new(),
        timeout: 3,
        memory: 128,
        environment: BTreeMap::new(),
        architectures: vec!["x86_64".to_owned()],
        modified: aws.clock.now(),
        id: fresh_id(),
    };
    request.settings.apply(&mut revision)?;
    for (name, value) in [
        ("runtime", &revision.runtime),
        ("handler", &revision.handler),
        ("role", &revision.role),
    ] {
        if value.is_empty() {
            let message =
                format!("The {name} parameter is required for functions created with an archive");
            return Err(Refusal::invalid(message));
        }
    }
    let mut function = Function {
        name: name.clone(),
        latest: revision,
        versions: BTreeMap::new(),
        published: 0,
        aliases: BTreeMap::new(),
        tags: request.tags,
        policy: BTreeMap::new(),
    };
    let shown = if request.publish {
        function.publish(None)
    } else {
        function.configuration(LATEST, None, &function.latest)
    };
    let mut functions = lock(&aws.lambda.functions);
    if functions.contains_key(&name) {
        return Err(Refusal::conflict(format!("Function already exist: {name}")));
    }
    aws.journal.put(COLLECTION, &name, &function)?;
    aws.lambda.audience.meet(&name);
    functions.insert(name, function);
    Ok(shown)
}

/// Gives a function other code.
pub(super) fn update_code(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let request: UpdateCode = call.body()?;
    aws.lambda.find(&call.named())?;
    let code = request.upload.unpack(aws)?;
    Lambda::change(aws, &call.named(), |function| {
        function.expect(request.revision_id.as_deref())?;
        let mut changed = function.clone();
        let latest = &mut changed.latest;
        latest.code = code;
        if let Some(architectures) = request.architectures {
            latest.architectures = architectures;
        }
        latest.modified = aws.clock.now();
        latest.id = fresh_id();
        let shown = if request.publish {
            changed.publish(None)
        } else {
            changed.configuration(LATEST, None, &changed.latest)
        };
        if !request.dry_run {
            *function = changed;
        }
        Ok(shown)
    })
}

/// Gives a function other settings.
pub(super) fn update_configuration(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let settings: Settings = call.body()?;
    Lambda::change(aws, &call.named(), |function| {
        function.expect(settings.revision_id.as_deref())?;
        settings.apply(&mut function.latest)?;
        function.latest.modified = aws.clock.now();
        function.latest.id = fresh_id();
        Ok(function.configuration(LATEST, None, &function.latest))
    })
}

/// Publishes a version. What has not changed since the last one is that one.
pub(super) fn publish(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let request: Publish = call.body()?;
    Lambda::change(aws, &call.named(), |function| {
        function.expect(request.revision_id.as_deref())?;
        if let (Some(expected), Code::Archive { sha256, .. }) =
            (&request.code_sha256, &function.latest.code)
            && expected != sha256
        {
            return Err(Refusal::invalid(format!(
                "CodeSHA256 ({expected}) is different from current CodeSHA256 in $LATEST ({sha256}). Please try again with the CodeSHA256 in $LATEST."
            )));
        }
        Ok(function.publish(request.description))
    })
}

/// Deletes a function, or one version of it.
pub(super) fn delete(aws: &Aws, call: &Call) -> Result<(), Refusal> {
    let named = call.named();
    let Some(version) = &named.qualifier else {
        if aws.lambda.find(&named)?.is_given() {
            let message = format!(
                "The function {} came with the program, so that it cannot be deleted",
                named.name
            );
            return Err(Refusal::invalid(message));
        }
        let mut functions = lock(&aws.lambda.functions);
        aws.journal.remove(COLLECTION, &named.name)?;
        functions.remove(&named.name);
        drop(functions);
        lock(&aws.lambda.pools).retain(|(name, ..), _| *name != named.name);
        return Ok(());
    };
    if version == LATEST {
        return Err(Refusal::invalid(
            "$LATEST version cannot be deleted without deleting the function.",
        ));
    }
    Lambda::change(aws, &named, |function| {
        let used: Vec<&str> = function
            .aliases
            .iter()
            .filter(|(_, alias)| alias.version == *version || alias.weights.contains_key(version))
            .map(|(name, _)| name.as_str())
            .collect();
        if !used.is_empty() {
            let arn = function_arn(&named.qualified());
            let message = format!("Version {arn} is used by aliases: {}", used.join(", "));
            return Err(Refusal::conflict(message));
        }
        let number = version.parse::<u64>().ok();
        let removed = number.and_then(|number| function.versions.remove(&number));
        removed
            .map(|_| Value::Null)
            .ok_or_else(|| Refusal::missing(&named.qualified()))
    })?;
    Ok(())
}

impl Function {
    /// Publishes what the function is now: the version's configuration.
    fn publish(&mut self, description: Option<String>) -> Value {
        let mut revision = self.latest.clone();
        if let Some(description) = description {
            revision.description = description;
        }
        let same = |before: &Revision| {
            Revision {
                id: before.id.clone(),
                modified: before.modified,
                ..revision.clone()
            } == *before
        };
        if !self.versions.get(&self.published).is_some_and(same) {
            self.published += 1;
            revision.id = fresh_id();
            self.versions.insert(self.published, revision);
        }
        let version = self.published.to_string();
        let revision = self.versions.get(&self.published).unwrap_or(&self.latest);
        self.configuration(&version, Some(&version), revision)
    }
}

impl Upload {
    /// Unpacks the archive.
    fn unpack(&self, aws: &Aws) -> Result<Code, Refusal> {
        let archive = match (&self.zip_file, &self.s3_bucket, &self.s3_key) {
            (Some(archive), ..) => BASE64_STANDARD.decode(archive).map_err(|_| {
                Refusal::content("Could not parse request body into json: ZipFile is not base 64")
            })?,
            (None, Some(bucket), Some(key)) => {
                let read = aws.s3.read(bucket, key);
                read.map_err(|reason| {
                    Refusal::invalid(format!(
                        "Error occurred while GetObject. S3 Error Message: {reason}"
                    ))
                })?
                .to_vec()
            }
            _ => {
                return Err(Refusal::invalid(
                    "Please provide a source for function code.",
                ));
            }
        };
        unpack(&aws.lambda.code_folder()?, &archive)
    }
}

impl Settings {
    /// Checks what is set, and sets it.
    fn apply(&self, revision: &mut Revision) -> Result<(), Refusal> {
        if let Some(runtime) = &self.runtime {
            if !RUNTIMES.contains(&runtime.as_str()) {
                return Err(Refusal::invalid(format!(
                    "The runtime {runtime} is not available here: functions bring a bootstrap of their own ({})",
                    RUNTIMES.join(", ")
                )));
            }
            revision.runtime.clone_from(runtime);
        }
        if let Some(timeout) = self.timeout {
            if !(1..=900).contains(&timeout) {
                let rule = "Member must have value less than or equal to 900";
                return Err(Refusal::constraint(&timeout.to_string(), "timeout", rule));
            }
            revision.timeout = timeout;
        }
        if let Some(memory) = self.memory_size {
            if !(128..=10_240).contains(&memory) {
                let rule = "Member must have value greater than or equal to 128";
                return Err(Refusal::constraint(&memory.to_string(), "memorySize", rule));
            }
            revision.memory = memory;
        }
        if let Some(environment) = &self.environment {
            let variables = &environment.variables;
            let bytes = variables
                .iter()
                .map(|(name, value)| name.len() + value.len());
            if bytes.sum::<usize>() > LARGEST_ENVIRONMENT {
                return Err(Refusal::invalid(
                    "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.",
                ));
            }
            revision.environment.clone_from(variables);
        }
        let text = [
            (&self.role, &mut revision.role),
            (&self.handler, &mut revision.handler),
            (&self.description, &mut revision.description),
        ];
        for (value, place) in text {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        if let Some(architectures) = &self.architectures {
            revision.architectures.clone_from(architectures);
        }
        Ok(())
    }
}
