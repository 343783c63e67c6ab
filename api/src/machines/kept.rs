//! Why versions of a machine are kept, by what Step Functions says of them.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_sfn::types::{ExecutionStatus, StateMachineVersionListItem};
use jiff::Timestamp;
use pawl_functions::Moment;
use serde_json::Value;

use super::MachineVersion;
use crate::app::App;
use crate::problem::Problem;
use crate::publish::failed_call;

/// For so long a version stays that another has replaced: a run may be about to begin with it.
const STAYS: Duration = Duration::from_hours(1);

/// The versions of a machine, the latest first; none where there is no such machine.
///
/// `active` is the one that new runs begin with.
pub(super) async fn versions(
    app: &App,
    workflow: &str,
    machine: &str,
    active: Option<&str>,
) -> Result<Vec<MachineVersion>, Problem> {
    let Moment(now) = app.now();
    let mut found = Vec::new();
    // When the version was made that replaced the one at hand.
    let mut replaced: Option<Timestamp> = None;
    let listed = listed(app, machine).await?;
    if listed.is_empty() {
        return Ok(found);
    }
    let aliases = aliases(app, machine).await?;
    for version in listed {
        let arn = version.state_machine_version_arn;
        let created = Duration::try_from_secs_f64(version.creation_date.as_secs_f64());
        let created = Timestamp::try_from(UNIX_EPOCH + created.unwrap_or_default());
        let created = created.unwrap_or(Timestamp::UNIX_EPOCH);
        let kept = if active == Some(arn.as_str()) {
            Some("new runs begin with it".to_owned())
        } else if let Some(alias) = aliases.get(&arn) {
            Some(format!("the alias `{alias}` names it"))
        } else if let Some(replaced) = replaced {
            let is_recent = now.duration_since(replaced).unsigned_abs() < STAYS;
            let recent = is_recent.then(|| "it was replaced less than an hour ago".to_owned());
            let run = open_run(app, &arn).await?;
            run.map(|run| format!("the run `{run}` is open")).or(recent)
        } else {
            Some("it is the latest".to_owned())
        };
        let functions = match kept {
            Some(_) => functions(app, &arn).await?,
            None => Vec::new(),
        };
        found.push(MachineVersion {
            machine: arn,
            workflow: workflow.to_owned(),
            created_at: Moment(created).iso(),
            kept,
            functions,
        });
        replaced = Some(created);
    }
    Ok(found)
}

/// The versions of a machine, as Step Functions lists them: the latest first.
async fn listed(app: &App, machine: &str) -> Result<Vec<StateMachineVersionListItem>, Problem> {
    let (mut versions, mut token) = (Vec::new(), None);
    loop {
        let list = app.services().states().list_state_machine_versions();
        let list = list.state_machine_arn(machine).set_next_token(token);
        let answer = match list.send().await {
            Ok(answer) => answer,
            // It was never published.
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    matches!(
                        error.meta().code(),
                        Some("StateMachineDoesNotExist" | "ResourceNotFound")
                    )
                }) =>
            {
                return Ok(versions);
            }
            Err(error) => return Err(failed_call("ListStateMachineVersions", error)),
        };
        versions.extend(answer.state_machine_versions);
        token = answer.next_token;
        if token.is_none() {
            return Ok(versions);
        }
    }
}

/// The aliases of a machine, by the versions that they name.
async fn aliases(app: &App, machine: &str) -> Result<BTreeMap<String, String>, Problem> {
    let states = app.services().states();
    let list = states
        .list_state_machine_aliases()
        .state_machine_arn(machine);
    let listed = list.send().await;
    let listed = listed.map_err(|error| failed_call("ListStateMachineAliases", error))?;
    let mut named = BTreeMap::new();
    for alias in listed.state_machine_aliases {
        let arn = alias.state_machine_alias_arn;
        let describe = states.describe_state_machine_alias();
        let described = describe.state_machine_alias_arn(&arn).send().await;
        let described =
            described.map_err(|error| failed_call("DescribeStateMachineAlias", error))?;
        for route in described.routing_configuration.unwrap_or_default() {
            let name = arn.rsplit(':').next().unwrap_or_default();
            named.insert(route.state_machine_version_arn, name.to_owned());
        }
    }
    Ok(named)
}

/// An execution that began with a version and has not ended, by its name.
async fn open_run(app: &App, version: &str) -> Result<Option<String>, Problem> {
    let list = app.services().states().list_executions();
    let list = list.state_machine_arn(version);
    let list = list.status_filter(ExecutionStatus::Running).max_results(1);
    let running = list.send().await;
    let running = running.map_err(|error| failed_call("ListExecutions", error))?;
    let run = running.executions.into_iter().next();
    Ok(run.map(|run| run.name))
}

/// The versions of functions that a machine calls.
async fn functions(app: &App, version: &str) -> Result<Vec<String>, Problem> {
    let describe = app.services().states().describe_state_machine();
    let described = describe.state_machine_arn(version).send().await;
    let described = described.map_err(|error| failed_call("DescribeStateMachine", error))?;
    let machine = serde_json::from_str(&described.definition).unwrap_or(Value::Null);
    let mut functions = Vec::new();
    collect(&machine, &mut functions);
    functions.sort_unstable();
    functions.dedup();
    Ok(functions)
}

/// Every function that stands in a part of a machine.
fn collect(value: &Value, functions: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let named = members.get("FunctionName").and_then(Value::as_str);
            functions.extend(named.map(str::to_owned));
            for member in members.values() {
                collect(member, functions);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                collect(element, functions);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
