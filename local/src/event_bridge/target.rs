//! The targets of rules.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::delivery::{DeadLetterConfig, Policy, SqsParameters};
use crate::refusal::Refusal;

use super::input::{InputTransformer, check_input};
use super::{EventBridge, check_name, page};

/// Where a rule sends what it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<InputTransformer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sqs_parameters: Option<SqsParameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetterConfig>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<Policy>,
    /// What is for targets that are not here; it is shown as it was given.
    #[serde(flatten)]
    pub(super) other: Map<String, Value>,
}

/// `PutTargets`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutTargets {
    rule: String,
    #[serde(default)]
    event_bus_name: Option<String>,
    targets: Vec<Target>,
}

/// `RemoveTargets`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RemoveTargets {
    rule: String,
    #[serde(default)]
    event_bus_name: Option<String>,
    ids: Vec<String>,
}

/// `ListTargetsByRule`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTargets {
    rule: String,
    #[serde(default)]
    event_bus_name: Option<String>,
    #[serde(default)]
    next_token: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `ListRuleNamesByTarget`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRuleNames {
    target_arn: String,
    #[serde(default)]
    event_bus_name: Option<String>,
    #[serde(default)]
    next_token: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// How many targets a rule can have.
const MOST: usize = 5;

impl EventBridge {
    pub(super) fn put_targets(&self, request: PutTargets) -> Result<Value, Refusal> {
        for target in &request.targets {
            check(target)?;
        }
        let mut state = self.state();
        let mut rule = state
            .rule(request.event_bus_name.as_deref(), &request.rule)?
            .clone();
        for target in request.targets {
            rule.targets.insert(target.id.clone(), target);
        }
        if rule.targets.len() > MOST {
            let message = "The requested resource exceeds the maximum number allowed.";
            return Err(Refusal::new("LimitExceededException", message));
        }
        self.keep_rule(&mut state, rule)?;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    pub(super) fn remove_targets(&self, request: &RemoveTargets) -> Result<Value, Refusal> {
        let mut state = self.state();
        let mut rule = state
            .rule(request.event_bus_name.as_deref(), &request.rule)?
            .clone();
        rule.targets.retain(|id, _| !request.ids.contains(id));
        self.keep_rule(&mut state, rule)?;
        Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
    }

    pub(super) fn list_targets(&self, request: &ListTargets) -> Result<Value, Refusal> {
        let state = self.state();
        let rule = state.rule(request.event_bus_name.as_deref(), &request.rule)?;
        let targets: Vec<Value> = rule.targets.values().map(|target| json!(target)).collect();
        page(
            "Targets",
            &targets,
            request.limit,
            request.next_token.as_deref(),
        )
    }

    pub(super) fn list_rule_names(&self, request: &ListRuleNames) -> Result<Value, Refusal> {
        let state = self.state();
        let bus = state.bus_name(request.event_bus_name.as_deref())?;
        let rules = state.rules.values().map(|kept| &kept.rule);
        let names: Vec<Value> = rules
            .filter(|rule| {
                let mut targets = rule.targets.values();
                rule.bus == bus && targets.any(|target| target.arn == request.target_arn)
            })
            .map(|rule| rule.name.clone().into())
            .collect();
        page(
            "RuleNames",
            &names,
            request.limit,
            request.next_token.as_deref(),
        )
    }
}

/// Whether AWS would take the target.
fn check(target: &Target) -> Result<(), Refusal> {
    check_name(&target.id, "targets.1.member.id", 64, ".-_")?;
    let parts: Vec<&str> = target.arn.splitn(6, ':').collect();
    let is_arn = matches!(parts.as_slice(), ["arn", _, service, _, _, resource] if !service.is_empty() && !resource.is_empty());
    if !is_arn {
        let message = format!(
            "Parameter {} is not valid. Reason: Provided Arn is not in correct format.",
            target.arn
        );
        return Err(Refusal::invalid(message));
    }
    if target.arn.contains(":states:") && target.role_arn.is_none() {
        let message = format!("RoleArn is required for target {}.", target.arn);
        return Err(Refusal::invalid(message));
    }
    if target.arn.contains(":sqs:") && target.arn.strip_suffix(".fifo").is_some() {
        let group = target.sqs_parameters.as_ref();
        if group
            .and_then(|group| group.message_group_id.as_ref())
            .is_none()
        {
            let message = format!(
                "Parameter(s) SqsParameters must be specified for target: {}.",
                target.id
            );
            return Err(Refusal::invalid(message));
        }
    }
    if target
        .retry_policy
        .is_some_and(|policy| !policy.is_allowed())
    {
        let message = format!(
            "Parameter RetryPolicy is not valid for target: {}.",
            target.id
        );
        return Err(Refusal::invalid(message));
    }
    check_input(target)
}
