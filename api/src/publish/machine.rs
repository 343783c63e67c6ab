//! The machine of a workflow: one in Step Functions, with a version for each time that it was published, and an alias
//! for the one that runs.

use aws_sdk_sfn::operation::create_state_machine::CreateStateMachineError;
use aws_sdk_sfn::operation::create_state_machine_alias::CreateStateMachineAliasError;
use aws_sdk_sfn::types::{RoutingConfigurationListItem, TracingConfiguration};
use pawl_compiler::Program;
use pawl_contract::Kind;

use super::names;
use super::resources::{self, ALIAS};
use crate::app::App;
use crate::problem::Problem;

/// Publishes a workflow's machine as a version, and gives the version's ARN. The same machine is the same version.
pub(super) async fn publish(
    app: &App,
    org: &str,
    workflow: &str,
    program: &Program,
) -> Result<String, Problem> {
    let machine = resources::machine(org, workflow, program).map_err(|error| unwritten(&error))?;
    publish_as(app, &super::named(app, &machine.name), machine.text).await
}

/// Publishes a machine under a name as a version, and gives the version's ARN.
pub(super) async fn publish_as(app: &App, name: &str, text: String) -> Result<String, Problem> {
    let definition = with_functions(app, text);
    let tracing = TracingConfiguration::builder()
        .enabled(app.settings().is_traced)
        .build();
    let role = &app.settings().machine_role;
    let states = app.services().states();
    let create = states.create_state_machine().name(name).role_arn(role);
    let create = create.tracing_configuration(tracing.clone());
    let created = create.definition(&definition).publish(true).send().await;
    let version = match created {
        Ok(created) => created.state_machine_version_arn,
        Err(failed)
            if failed
                .as_service_error()
                .is_some_and(CreateStateMachineError::is_state_machine_already_exists) =>
        {
            let arn = arn(app, name);
            let update = states
                .update_state_machine()
                .state_machine_arn(&arn)
                .role_arn(role)
                .tracing_configuration(tracing);
            let updated = update.definition(&definition).publish(true).send().await;
            let updated = updated.map_err(|error| failed_call("UpdateStateMachine", error))?;
            updated.state_machine_version_arn
        }
        Err(failed) => return Err(failed_call("CreateStateMachine", failed)),
    };
    version
        .ok_or_else(|| Problem::malformed("Step Functions published the machine without a version"))
}

/// Has the alias name a version. Nothing of ours goes by it: people and other tools do.
pub(super) async fn point(
    app: &App,
    org: &str,
    workflow: &str,
    version: &str,
) -> Result<(), Problem> {
    let route = RoutingConfigurationListItem::builder()
        .state_machine_version_arn(version)
        .weight(100)
        .build()
        .map_err(|error| failed_call("CreateStateMachineAlias", error))?;
    let states = app.services().states();
    let create = states.create_state_machine_alias().name(ALIAS);
    let created = create.routing_configuration(route.clone()).send().await;
    let Err(failed) = created else { return Ok(()) };
    let is_there = failed
        .as_service_error()
        .is_some_and(CreateStateMachineAliasError::is_conflict_exception);
    if !is_there {
        return Err(failed_call("CreateStateMachineAlias", failed));
    }
    let alias = format!("{}:{ALIAS}", machine_arn(app, org, workflow));
    let update = states
        .update_state_machine_alias()
        .state_machine_alias_arn(alias);
    let updated = update.routing_configuration(route).send().await;
    updated.map_err(|error| failed_call("UpdateStateMachineAlias", error))?;
    Ok(())
}

/// The definition with the functions of this deployment in the place of their placeholders.
fn with_functions(app: &App, definition: String) -> String {
    Kind::with_functions().fold(definition, |text, kind| {
        let placeholder = kind.placeholder();
        match app.settings().functions.get(placeholder) {
            Some(function) => text.replace(&format!("${{{placeholder}}}"), function),
            None => text,
        }
    })
}

/// The ARN of a workflow's machine.
pub(crate) fn machine_arn(app: &App, org: &str, workflow: &str) -> String {
    arn(app, &super::named(app, &names::machine(org, workflow)))
}

/// The ARN of a machine of this deployment: its partition, region and account are its functions'.
pub(super) fn arn(app: &App, name: &str) -> String {
    let function = app.settings().functions.values().next();
    let parts = function.map(String::as_str).unwrap_or_default().split(':');
    let parts: Vec<&str> = parts.collect();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    format!(
        "arn:{}:states:{}:{}:stateMachine:{name}",
        part(1),
        part(3),
        part(4)
    )
}

pub(crate) fn failed_call<E: std::error::Error>(call: &str, error: E) -> Problem {
    Problem::unavailable(&format!("{call} failed"), &error)
}

pub(super) fn unwritten(error: &serde_json::Error) -> Problem {
    Problem::unavailable("the machine cannot be written", error)
}
