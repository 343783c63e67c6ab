//! What a workflow needs on AWS: the functions that its machine invokes, and what those ask of other services.

use std::collections::BTreeMap;

use pawl_asl::State;
use pawl_contract::{Kind, SecretSource};
use serde::Serialize;

use crate::Program;
use crate::graph::StepId;
use crate::source::Node;
use crate::steps;

/// A permission of AWS.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Grant {
    /// Who needs it: the machine, or a function by its placeholder.
    pub who: String,
    /// The action, such as `dynamodb:BatchGetItem`.
    pub action: String,
    /// On what.
    pub resource: String,
}

/// What every function does: reads its run, writes one transaction, keeps large values, tells what happened.
const ALWAYS: [(&str, &str); 11] = [
    ("dynamodb:BatchGetItem", "the table"),
    ("dynamodb:PutItem", "the table"),
    ("dynamodb:UpdateItem", "the table"),
    ("dynamodb:DeleteItem", "the table"),
    ("dynamodb:ConditionCheckItem", "the table"),
    ("s3:GetObject", "the bucket, */values/*"),
    ("s3:PutObject", "the bucket, */values/*"),
    ("events:PutEvents", "the event bus"),
    ("states:SendTaskSuccess", "machines of this deployment"),
    ("states:SendTaskFailure", "machines of this deployment"),
    ("kms:GenerateDataKey", "the key of secrets"),
];

/// All that is needed, each once.
pub(super) fn grants(program: &Program, ids: &[StepId]) -> Vec<Grant> {
    let mut found = Vec::new();
    let mut grant = |who: &str, action: &str, resource: &str| {
        found.push(Grant {
            who: who.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
        });
    };
    let functions: BTreeMap<&str, Kind> = program
        .lowered
        .plans
        .values()
        .map(|plan| (plan.node.kind.placeholder(), plan.node.kind))
        .collect();
    for (placeholder, kind) in &functions {
        grant("the machine", "lambda:InvokeFunction", placeholder);
        for (action, resource) in ALWAYS {
            grant("every function", action, resource);
        }
        let reads: &[&str] = match kind {
            Kind::Llm | Kind::Action => &["dynamodb:GetItem", "dynamodb:Query"],
            Kind::Request | Kind::Approval | Kind::Signal => &["dynamodb:Query"],
            Kind::Trigger
            | Kind::Condition
            | Kind::Switch
            | Kind::Loop
            | Kind::Transform
            | Kind::Subflow
            | Kind::Delay
            | Kind::Parallel
            | Kind::Merge => &[],
        };
        for action in reads {
            grant(placeholder, action, "the table");
        }
        if matches!(kind, Kind::Trigger | Kind::Subflow) {
            for action in ["states:DescribeStateMachine", "states:StartExecution"] {
                grant(placeholder, action, "machines of this deployment");
            }
        }
    }
    if program.lowered.machine.states.values().any(is_distributed) {
        grant("the machine", "states:StartExecution", "itself, for items");
    }
    for id in ids {
        of_step(program, *id, &mut grant);
    }
    found.sort();
    found.dedup();
    found
}

fn of_step(program: &Program, id: StepId, grant: &mut impl FnMut(&str, &str, &str)) {
    let step = program.checked.step(id);
    let who = step.kind.placeholder();
    let text = |field: &str| step.config.get(field).and_then(Node::as_str);
    match step.kind {
        Kind::Llm => {
            let many = step.config.get("models").map(Node::elements);
            let many = many.unwrap_or_default().iter().filter_map(Node::as_str);
            for model in text("model").into_iter().chain(many) {
                if let Some(model) = model.strip_prefix("bedrock:") {
                    grant(who, "bedrock:InvokeModelWithResponseStream", model);
                }
            }
        }
        Kind::Request => {
            let has = |field: &str| step.config.get(field).is_some_and(|node| !node.is_null());
            if has("multipart")
                || text("response").is_none_or(|kind| kind == "file" || kind == "auto")
            {
                grant(who, "s3:GetObject", "the bucket, */files/*");
                grant(who, "s3:PutObject", "the bucket, */files/*");
            }
        }
        Kind::Approval => {
            let later = ["remindAfter", "delegateAfter"];
            let is_later =
                |field: &&str| step.config.get(field).is_some_and(|node| !node.is_null());
            if later.iter().any(is_later) {
                grant(who, "scheduler:CreateSchedule", "schedules named pawl-*");
                grant(who, "iam:PassRole", "the role of reminders");
            }
        }
        Kind::Trigger
        | Kind::Action
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => {}
    }
    let declared = &program.checked.definition.settings.secrets;
    let read = program.checked.reads.get(id).map(|reads| &reads.secrets);
    for name in read.into_iter().flatten() {
        let source = declared.get(name);
        let source = source.and_then(|node| serde_json::from_value(node.to_json()).ok());
        match source {
            Some(SecretSource::SecretsManager {
                secrets_manager, ..
            }) => grant(who, "secretsmanager:GetSecretValue", &secrets_manager),
            Some(SecretSource::Ssm { ssm }) => grant(who, "ssm:GetParameter", &ssm),
            Some(SecretSource::Environment { .. }) => {}
            Some(
                SecretSource::Encrypted { .. }
                | SecretSource::Stored { .. }
                | SecretSource::Variable { .. },
            )
            | None => {
                grant(who, "kms:Decrypt", "the key of secrets");
            }
        }
    }
    if steps::secrets_set(step).next().is_some() {
        grant(
            "every function",
            "kms:GenerateDataKey",
            "the key of secrets",
        );
    }
}

/// Whether a state, or one inside of it, starts executions for its items.
fn is_distributed(state: &State) -> bool {
    let inside = |states: &pawl_asl::StateMap| states.values().any(is_distributed);
    match state {
        State::Map(map) => {
            map.is_distributed()
                || map
                    .item_processor
                    .as_ref()
                    .is_some_and(|processor| inside(&processor.states))
        }
        State::Parallel(parallel) => parallel
            .branches
            .iter()
            .any(|branch| inside(&branch.states)),
        State::Task(_)
        | State::Pass(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Fail(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::ALWAYS;

    #[test]
    fn the_deployment_grants_what_every_function_needs() {
        let template = include_str!("../../../template.yaml");
        for (action, _) in ALWAYS {
            assert!(template.contains(action), "{action}");
        }
    }
}
