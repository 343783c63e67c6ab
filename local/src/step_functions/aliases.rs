//! Aliases: names for one or two versions of a machine.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::machines::{Alias, Kept, Machines, Route, Stored, add};
use super::names::{MachineArn, Part, alias_arn, version_arn};
use super::paging::{Order, Paging, Position};
use super::seconds;
use crate::refusal::Refusal;

/// `CreateStateMachineAlias`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Create {
    name: String,
    #[serde(default)]
    description: Option<String>,
    routing_configuration: Vec<RouteRequest>,
}

/// Where an alias leads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteRequest {
    state_machine_version_arn: String,
    weight: u64,
}

/// `UpdateStateMachineAlias`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Update {
    state_machine_alias_arn: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    routing_configuration: Option<Vec<RouteRequest>>,
}

/// `DescribeStateMachineAlias` and `DeleteStateMachineAlias`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    state_machine_alias_arn: String,
}

/// `ListStateMachineAliases`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    state_machine_arn: String,
    #[serde(flatten)]
    paging: Paging,
}

/// How many aliases a machine may have.
const MOST_ALIASES: usize = 100;

/// Makes an alias. Made again just the same, it is the one that is there.
pub(super) fn create(
    machines: &Machines,
    request: Create,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let mut kept = machines.kept();
    let (machine, routes) = route(&kept, &request.routing_configuration)?;
    let mut machine = machine.clone();
    let arn = alias_arn(&machine.name, &request.name);
    let created = match machine.aliases.get(&request.name) {
        Some(alias) if alias.routes == routes && alias.description == request.description => {
            alias.created
        }
        Some(_) => {
            // Said for a different description too.
            let message = "Failed to create alias because an alias with the same name and a different routing configuration already exists.";
            return Err(Refusal::new("ConflictException", message));
        }
        None if machine.aliases.len() >= MOST_ALIASES => {
            let message = format!(
                "The maximum number of aliases ({MOST_ALIASES}) of the state machine has been reached"
            );
            return Err(Refusal::new("ServiceQuotaExceededException", message));
        }
        None => {
            let alias = Alias {
                description: request.description,
                created: now,
                updated: now,
                routes,
            };
            machine.aliases.insert(request.name, alias);
            machines.keep(&mut kept, machine)?;
            now
        }
    };
    Ok(json!({ "stateMachineAliasArn": arn, "creationDate": seconds(created) }))
}

/// Leads an alias elsewhere, or describes it in another way.
pub(super) fn update(
    machines: &Machines,
    request: Update,
    now: Timestamp,
) -> Result<Value, Refusal> {
    if request.description.is_none() && request.routing_configuration.is_none() {
        return Err(Refusal::breaks(
            "MISSING_REQUIRED_PARAMETER",
            "Either the description or the routing configuration must be specified",
        ));
    }
    let mut kept = machines.kept();
    let (machine, name, _) = find(&kept, &request.state_machine_alias_arn)?;
    if machine.deleting {
        return Err(Refusal::deleting(&request.state_machine_alias_arn));
    }
    let routes = match &request.routing_configuration {
        None => None,
        Some(asked) => {
            let (other, routes) = route(&kept, asked)?;
            if other.name != machine.name {
                return Err(other_machine(asked));
            }
            Some(routes)
        }
    };
    let mut machine = machine.clone();
    let Some(alias) = machine.aliases.get_mut(&name) else {
        return Err(Refusal::no_resource(&request.state_machine_alias_arn));
    };
    if let Some(routes) = routes {
        alias.routes = routes;
    }
    if let Some(description) = request.description {
        alias.description = Some(description);
    }
    alias.updated = now;
    machines.keep(&mut kept, machine)?;
    Ok(json!({ "updateDate": seconds(now) }))
}

/// Describes an alias.
pub(super) fn describe(machines: &Machines, request: &Named) -> Result<Value, Refusal> {
    let kept = machines.kept();
    let (machine, name, alias) = find(&kept, &request.state_machine_alias_arn)?;
    let routes: Vec<Value> = alias
        .routes
        .iter()
        .map(|route| {
            json!({
                "stateMachineVersionArn": version_arn(&machine.name, route.version),
                "weight": route.weight,
            })
        })
        .collect();
    let mut answer = Map::new();
    answer.insert(
        "stateMachineAliasArn".to_owned(),
        request.state_machine_alias_arn.as_str().into(),
    );
    answer.insert("name".to_owned(), name.into());
    let description = alias.description.as_deref().map(Value::from);
    add(&mut answer, "description", description);
    answer.insert("routingConfiguration".to_owned(), routes.into());
    answer.insert("creationDate".to_owned(), seconds(alias.created));
    answer.insert("updateDate".to_owned(), seconds(alias.updated));
    Ok(Value::Object(answer))
}

/// Lists the aliases of a machine, or those that lead to a version, by name.
pub(super) fn list(machines: &Machines, request: &List, now: Timestamp) -> Result<Value, Refusal> {
    let arn = MachineArn::parse(&request.state_machine_arn)?;
    let kept = machines.kept();
    let machine = kept.active(&arn)?;
    let leads = |alias: &Alias| match arn.part {
        Part::Version(version) => alias.routes.iter().any(|route| route.version == version),
        Part::Whole | Part::Alias(_) | Part::Label(_) => true,
    };
    match &arn.part {
        Part::Whole => {}
        Part::Version(version) => {
            machine.version(*version)?;
        }
        Part::Alias(_) | Part::Label(_) => return Err(Refusal::no_machine(&arn.text)),
    }
    request.paging.answer(
        ("stateMachineAliases", &arn.text),
        (
            machine.aliases.iter().filter(|(_, alias)| leads(alias)),
            Order::Up,
        ),
        |(name, _)| Position::Name((*name).clone()),
        now,
        |(name, alias)| {
            json!({
                "stateMachineAliasArn": alias_arn(&machine.name, name),
                "creationDate": seconds(alias.created),
            })
        },
    )
}

/// Deletes an alias. One that is not there is as good as deleted.
pub(super) fn delete(machines: &Machines, request: &Named) -> Result<Value, Refusal> {
    let (arn, name) = parse(&request.state_machine_alias_arn)?;
    let mut kept = machines.kept();
    if let Some(mut machine) = kept.machines.get(&arn.name).cloned() {
        machine.aliases.remove(&name);
        machines.keep(&mut kept, machine)?;
    }
    Ok(json!({}))
}

fn parse(text: &str) -> Result<(MachineArn, String), Refusal> {
    let arn = MachineArn::parse(text)?;
    match arn.part.clone() {
        Part::Alias(name) => Ok((arn, name)),
        Part::Whole | Part::Version(_) | Part::Label(_) => {
            Err(Refusal::new("InvalidArn", format!("Invalid Arn: '{text}'")))
        }
    }
}

fn find<'kept>(
    kept: &'kept Kept,
    text: &str,
) -> Result<(&'kept Stored, String, &'kept Alias), Refusal> {
    let (arn, name) = parse(text)?;
    let machine = kept.machines.get(&arn.name);
    let alias = machine.and_then(|machine| machine.aliases.get(&name));
    match (machine, alias) {
        (Some(machine), Some(alias)) => Ok((machine, name, alias)),
        _ => Err(Refusal::no_resource(text)),
    }
}

/// The machine that routes lead to, and the routes.
fn route<'kept>(
    kept: &'kept Kept,
    asked: &[RouteRequest],
) -> Result<(&'kept Stored, Vec<Route>), Refusal> {
    let invalid = |message: String| Refusal::breaks("INVALID_ROUTING_CONFIGURATION", message);
    let mut routes: Vec<Route> = Vec::new();
    let mut machine: Option<&Stored> = None;
    for (index, route) in asked.iter().enumerate() {
        let text = &route.state_machine_version_arn;
        let before = asked.iter().take(index);
        if before
            .into_iter()
            .any(|other| other.state_machine_version_arn == *text)
        {
            return Err(invalid(format!(
                "Routing configuration must contain distinct state machine version ARNs. Received: {}",
                received(asked)
            )));
        }
    }
    for route in asked {
        let arn = MachineArn::parse(&route.state_machine_version_arn)?;
        let Part::Version(version) = arn.part else {
            return Err(invalid(format!(
                "Routing configuration must contain state machine version ARNs. Received: {}",
                received(asked)
            )));
        };
        routes.push(Route {
            version,
            weight: route.weight,
        });
    }
    let weights: Vec<u64> = routes.iter().map(|route| route.weight).collect();
    if weights.iter().sum::<u64>() != 100 {
        return Err(invalid(format!(
            "Sum of routing configuration weights must equal 100. Received: {}",
            json!(weights).to_string().replace(',', ", ")
        )));
    }
    for route in asked {
        let arn = MachineArn::parse(&route.state_machine_version_arn)?;
        let found = kept
            .machines
            .get(&arn.name)
            .filter(|machine| match arn.part {
                Part::Version(version) => machine.version(version).is_ok(),
                Part::Whole | Part::Alias(_) | Part::Label(_) => false,
            })
            .ok_or_else(|| Refusal::no_resource(&arn.text))?;
        if found.deleting {
            return Err(Refusal::deleting(&arn.text));
        }
        if machine.is_some_and(|machine| machine.name != found.name) {
            return Err(other_machine(asked));
        }
        machine = Some(found);
    }
    let machine = machine.ok_or_else(|| invalid("Routing configuration is empty".to_owned()))?;
    Ok((machine, routes))
}

fn other_machine(asked: &[RouteRequest]) -> Refusal {
    let message = format!(
        "Routing configuration must contain versions of the same state machine. Received: {}",
        received(asked)
    );
    Refusal::breaks("INVALID_ROUTING_CONFIGURATION", message)
}

fn received(asked: &[RouteRequest]) -> String {
    let arns: Vec<&str> = asked
        .iter()
        .map(|route| route.state_machine_version_arn.as_str())
        .collect();
    format!("[{}]", arns.join(", "))
}
