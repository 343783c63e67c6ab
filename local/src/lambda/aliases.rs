//! Names for versions of a function.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::Aws;
use crate::random::fresh_id;

use super::Lambda;
use super::api::Call;
use super::function::{Alias, Function, LATEST};
use super::name::is_name;
use super::refusal::{Refusal, function_arn};

/// `CreateAlias` and `UpdateAlias`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    function_version: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    routing_config: Option<Routing>,
    #[serde(default)]
    revision_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Routing {
    #[serde(default)]
    additional_version_weights: BTreeMap<String, f64>,
}

pub(super) fn create(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let wanted: Wanted = call.body()?;
    let name = wanted.name.clone().unwrap_or_default();
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    if !is_name(&name, 128) || is_number {
        let rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
        return Err(Refusal::constraint(&name, "name", rule));
    }
    Lambda::change(aws, &call.named(), |function| {
        if function.aliases.contains_key(&name) {
            let arn = function_arn(&format!("{}:{name}", function.name));
            return Err(Refusal::conflict(format!("Alias already exists: {arn}")));
        }
        let alias = Alias {
            version: String::new(),
            description: String::new(),
            weights: BTreeMap::new(),
            revision_id: String::new(),
        };
        set(function, &name, alias, wanted)
    })
}

pub(super) fn update(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let wanted: Wanted = call.body()?;
    Lambda::change(aws, &call.named(), |function| {
        let alias = find(function, call.second())?.clone();
        if wanted
            .revision_id
            .as_ref()
            .is_some_and(|expected| *expected != alias.revision_id)
        {
            return Err(Refusal::precondition());
        }
        set(function, call.second(), alias, wanted)
    })
}

pub(super) fn get(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let function = aws.lambda.find(&call.named())?;
    let alias = find(&function, call.second())?;
    Ok(function.alias(call.second(), alias))
}

pub(super) fn list(aws: &Aws, call: &Call) -> Result<Value, Refusal> {
    let function = aws.lambda.find(&call.named())?;
    let version = call.parameter("FunctionVersion");
    let aliases = function.aliases.iter();
    let items = aliases
        .filter(|(_, alias)| version.is_none_or(|version| alias.version == version))
        .map(|(name, alias)| (name.clone(), function.alias(name, alias)))
        .collect();
    Ok(call.page("Aliases", items))
}

/// Deletes an alias, if it is there.
pub(super) fn delete(aws: &Aws, call: &Call) -> Result<(), Refusal> {
    Lambda::change(aws, &call.named(), |function| {
        function.aliases.remove(call.second());
        Ok(Value::Null)
    })?;
    Ok(())
}

fn find<'function>(function: &'function Function, name: &str) -> Result<&'function Alias, Refusal> {
    function.aliases.get(name).ok_or_else(|| {
        let arn = function_arn(&format!("{}:{name}", function.name));
        Refusal::not_found(format!("Cannot find alias arn: {arn}"))
    })
}

/// Checks what is wanted of an alias, and keeps it.
fn set(
    function: &mut Function,
    name: &str,
    mut alias: Alias,
    wanted: Wanted,
) -> Result<Value, Refusal> {
    if let Some(version) = wanted.function_version {
        alias.version = version;
    }
    if let Some(description) = wanted.description {
        alias.description = description;
    }
    if let Some(routing) = wanted.routing_config {
        alias.weights = routing.additional_version_weights;
    }
    if alias.weights.len() > 1 {
        return Err(Refusal::invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    if alias
        .weights
        .values()
        .any(|weight| !(0.0..=1.0).contains(weight))
    {
        return Err(Refusal::invalid("Weights must be between 0.0 and 1.0"));
    }
    if alias.version == LATEST && !alias.weights.is_empty() {
        return Err(Refusal::invalid(
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ));
    }
    for version in alias.weights.keys().chain([&alias.version]) {
        let is_there = version == LATEST
            || version
                .parse()
                .is_ok_and(|number: u64| function.versions.contains_key(&number));
        if !is_there {
            return Err(Refusal::missing(&format!("{}:{version}", function.name)));
        }
    }
    alias.revision_id = fresh_id();
    let shown = function.alias(name, &alias);
    function.aliases.insert(name.to_owned(), alias);
    Ok(shown)
}
