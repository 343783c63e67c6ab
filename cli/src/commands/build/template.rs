//! The template: a parameter for everything that the deployment has, a machine for every workflow, and what starts it.

use pawl_api::resources::{ALIAS, ATTEMPTS, How, OLDEST_SECONDS, Rule, Schedule, TARGET, Trigger};
use pawl_contract::Kind;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Workflow;
use crate::project::Misuse;

/// The most resources and outputs that CloudFormation takes.
const RESOURCES: usize = 500;
const OUTPUTS: usize = 200;

/// What SAM makes of a machine: itself, a version and an alias.
const OF_A_MACHINE: usize = 3;

/// What is needed of the deployment besides functions, and what each of them is.
const PARAMETERS: [(&str, &str); 8] = [
    ("Prefix", "What names begin with"),
    ("MachineRole", "The role with which machines run"),
    (
        "ScheduleRole",
        "The role with which Scheduler calls the trigger",
    ),
    ("ScheduleGroup", "The group in which schedules stand"),
    ("EventBus", "The bus whose events start runs"),
    ("DeadLetters", "The queue of what could not be delivered"),
    ("Trigger", "The function that schedules and rules call"),
    ("Tracing", "Active where X-Ray is to follow machines"),
];

/// Says where there are more workflows than a template has room for.
pub(super) fn too_large(workflows: &[Workflow]) -> Option<Misuse> {
    let triggers: usize = workflows
        .iter()
        .map(|workflow| workflow.triggers.len())
        .sum();
    let resources = workflows.len() * OF_A_MACHINE + triggers;
    if resources <= RESOURCES && workflows.len() <= OUTPUTS {
        return None;
    }
    let message = format!(
        "{} workflows are {resources} resources, and CloudFormation takes {RESOURCES} in a template, and {OUTPUTS} machines",
        workflows.len()
    );
    Some(
        Misuse::new(message)
            .help("build them into several templates, each with an `--output` of its own"),
    )
}

/// The template of workflows.
pub(super) fn of(workflows: &[Workflow]) -> Value {
    let (mut resources, mut outputs) = (Map::new(), Map::new());
    for workflow in workflows {
        let name = logical(&workflow.id);
        resources.insert(name.clone(), machine(workflow));
        for trigger in &workflow.triggers {
            let (kind, resource) = match &trigger.how {
                How::Schedule(given) => ("Schedule", schedule(trigger, given)),
                How::Rule(given) => ("Event", rule(trigger, given)),
            };
            // Its own name ends with a hash of what it says: what says something else is another resource.
            let hash = trigger.own.rsplit('-').next().unwrap_or_default();
            resources.insert(format!("{name}{kind}{hash}"), resource);
        }
        // CloudFormation would take `${...}` in a name for one of its own.
        let description = format!("The machine of {}.", workflow.name.replace("${", "$ {"));
        outputs.insert(
            name.clone(),
            json!({ "Description": description, "Value": reference(&name) }),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "Workflows of Pawl: their machines, and what starts them.",
        // Not every workflow needs everything that a deployment has.
        "Metadata": { "cfn-lint": { "config": { "ignore_checks": ["W2001", "W8001"] } } },
        "Parameters": parameters(),
        "Conditions": { "IsTraced": { "Fn::Equals": [reference("Tracing"), "Active"] } },
        "Resources": resources,
        "Outputs": outputs,
    })
}

fn parameters() -> Map<String, Value> {
    let functions = Kind::with_functions().map(|kind| {
        let description = format!(
            "The version of the function `{}` that machines call.",
            kind.name()
        );
        (kind.placeholder(), description)
    });
    let others = PARAMETERS.into_iter();
    let others = others.map(|(name, description)| (name, format!("{description}.")));
    let parameters = others.chain(functions);
    let described = parameters.map(|(name, description)| {
        let parameter = json!({ "Type": "String", "Description": description });
        (name.to_owned(), parameter)
    });
    described.collect()
}

fn machine(workflow: &Workflow) -> Value {
    let functions = workflow.functions().into_iter();
    let functions: Map<String, Value> = functions
        .map(|placeholder| (placeholder.to_owned(), reference(placeholder)))
        .collect();
    json!({
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Name": named(&workflow.machine.name),
            "DefinitionUri": format!("{}/{}", super::files::MACHINES, workflow.file()),
            "DefinitionSubstitutions": functions,
            "Role": reference("MachineRole"),
            "Tracing": { "Enabled": { "Fn::If": ["IsTraced", true, false] } },
            "AutoPublishAlias": ALIAS,
        },
    })
}

fn schedule(trigger: &Trigger, schedule: &Schedule) -> Value {
    json!({
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Name": named(&trigger.name),
            "GroupName": reference("ScheduleGroup"),
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.timezone,
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": {
                "Arn": reference("Trigger"),
                "RoleArn": reference("ScheduleRole"),
                "Input": schedule.input,
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": OLDEST_SECONDS,
                    "MaximumRetryAttempts": ATTEMPTS,
                },
                "DeadLetterConfig": { "Arn": reference("DeadLetters") },
            },
        },
    })
}

fn rule(trigger: &Trigger, rule: &Rule) -> Value {
    let paths: Map<String, Value> = rule
        .paths
        .iter()
        .map(|(name, path)| ((*name).to_owned(), Value::from(*path)))
        .collect();
    json!({
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": named(&trigger.name),
            "EventBusName": reference("EventBus"),
            "EventPattern": rule.pattern,
            "Targets": [{
                "Id": TARGET,
                "Arn": reference("Trigger"),
                "InputTransformer": { "InputPathsMap": paths, "InputTemplate": rule.template },
                "DeadLetterConfig": { "Arn": reference("DeadLetters") },
            }],
        },
    })
}

fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

/// A name behind the deployment's prefix.
fn named(name: &str) -> Value {
    json!({ "Fn::Sub": format!("${{Prefix}}-{name}") })
}

/// The name of a workflow's machine within the template: letters and digits, the same as long as the workflow's id is.
pub(super) fn logical(id: &str) -> String {
    let words = id.split('_');
    let is_plain = |word: &str| {
        word.starts_with(|letter: char| letter.is_ascii_lowercase())
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    let is_clear = words.clone().all(is_plain);
    let mut name = String::new();
    for word in words {
        let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.extend(letters);
    }
    if !is_clear {
        // Ids that differ in what was left out, or in where words begin, are told apart by their hash.
        let hash = Sha256::digest(id);
        let start = hash.first_chunk().copied().unwrap_or_default();
        return format!("{name}{:08x}", u32::from_be_bytes(start));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::logical;

    #[test]
    fn names_in_the_template_are_letters_and_digits_and_never_meet() {
        let rows = [
            ("welcome_email", "WelcomeEmail"),
            ("order2_cash", "Order2Cash"),
            ("ab", "Ab"),
            ("a_b", "AB"),
        ];
        for (id, name) in rows {
            assert_eq!(logical(id), name);
        }
        for (one, other) in [("a_1", "a1"), ("größe", "gre"), ("ü", "ö"), ("a__b", "a_b")] {
            assert_ne!(logical(one), logical(other));
            let is_taken = |letter: char| letter.is_ascii_alphanumeric();
            assert!(logical(one).chars().all(is_taken), "{}", logical(one));
        }
    }
}
