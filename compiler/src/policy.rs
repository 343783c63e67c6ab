//! What a workflow may touch, step by step, and what that needs on AWS.
//!
//! `{ "type": "email_send", "parameters": { "to": "{{input.email}}" } }` may send e-mail to `{{input.email}}`. Known from
//! the definition alone: what a run computes, such as a host, is shown as the template that it is.

mod aws;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::Program;
use crate::check::Checked;
use crate::graph::StepId;

pub use aws::Grant;

/// What a step may do to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Look at records of ours.
    Read,
    /// Change records of ours.
    Write,
    /// Send e-mail.
    Mail,
    /// Look something up at a host, which changes nothing there.
    Fetch,
    /// Ask a host to do something, which cannot be taken back.
    Call,
    /// Do something else that cannot be taken back.
    Act,
    /// Ask a model.
    Model,
    /// Let a model use a tool.
    Tool,
    /// Read a secret, and send it.
    Secret,
    /// Run another workflow.
    Workflow,
    /// Ask people.
    People,
    /// Wait for a message.
    Signal,
    /// Tell the event bus.
    Event,
}

/// What that is to the world, as the catalogue calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It only looks.
    Read,
    /// It costs money, and changes nothing outside.
    Paid,
    /// It writes records of ours.
    Write,
    /// Nothing takes it back.
    Irreversible,
}

/// One thing that a workflow may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct May {
    /// What.
    pub what: What,
    /// What that is to the world.
    pub effect: Effect,
    /// To whom or what: records, a host, the name of a model or secret.
    pub target: String,
    /// How: an operation, a method, where a secret comes from and goes to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub how: String,
}

impl May {
    fn new(what: What, effect: Effect, target: impl Into<String>) -> Self {
        Self {
            what,
            effect,
            target: target.into(),
            how: String::new(),
        }
    }

    fn how(mut self, how: impl Into<String>) -> Self {
        self.how = how.into();
        self
    }

    /// As a sentence goes on behind `may`: `send e-mail to {{input.email}}`.
    pub fn phrase(&self) -> String {
        let May { target, how, .. } = self;
        let by = if how.is_empty() {
            String::new()
        } else {
            format!(" ({how})")
        };
        match self.what {
            What::Read => format!("read {target}{by}"),
            What::Write => format!("change {target}{by}"),
            What::Mail => format!("send e-mail to {target}"),
            What::Fetch => format!("fetch from {target}{by}"),
            What::Call => format!("call {target}{by}"),
            What::Act => format!("act by {target}{by}"),
            What::Model => format!("ask the model {target}"),
            What::Tool => format!("let a model use {target}{by}"),
            What::Secret => format!("read the secret `{target}`{by}"),
            What::Workflow => format!("run the workflow {target}"),
            What::People => format!("ask {target}"),
            What::Signal => format!("wait for the signal {target}"),
            What::Event => format!("tell the bus {target}"),
        }
    }

    /// What is permitted, whichever step it is and however it does it; what decides whether a workflow can do more.
    #[must_use]
    pub fn permission(&self) -> Self {
        let keeps = matches!(self.what, What::Secret);
        let how = if keeps {
            self.how.clone()
        } else {
            String::new()
        };
        // To whom mail goes is nearly always computed; that it goes at all is what matters.
        let target = if self.what == What::Mail {
            "anybody".to_owned()
        } else {
            self.target.clone()
        };
        Self {
            target,
            how,
            ..self.clone()
        }
    }

    /// The permission in words, behind `can now` or `can no longer`.
    pub fn permitted(&self) -> String {
        match self.what {
            What::Mail => "send e-mail".to_owned(),
            What::Read
            | What::Write
            | What::Fetch
            | What::Call
            | What::Act
            | What::Model
            | What::Tool
            | What::Secret
            | What::Workflow
            | What::People
            | What::Signal
            | What::Event => self.phrase(),
        }
    }
}

/// What a step may do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepPolicy {
    /// The step's slug.
    pub step: String,
    /// The step's kind.
    pub kind: pawl_contract::Kind,
    /// What it may do.
    pub may: Vec<May>,
}

/// What a workflow may do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    /// The workflow's name.
    pub workflow: String,
    /// The steps that do more than compute, in the order of the definition; then what follows a run.
    pub steps: Vec<StepPolicy>,
    /// What all of them need on AWS.
    pub aws: Vec<Grant>,
}

/// What a workflow may touch; steps that no run can come to may do nothing.
pub fn of(program: &Program) -> Policy {
    let checked = &program.checked;
    let reachable = checked.graph.reachable();
    let ids: Vec<StepId> = (0..checked.definition.steps.len())
        .filter(|id| reachable.contains(*id))
        .collect();
    let all = ids.iter().map(|id| {
        let step = checked.step(*id);
        StepPolicy {
            step: step.slug.clone(),
            kind: step.kind,
            may: steps::may(checked, *id),
        }
    });
    let mut policy = Policy {
        workflow: checked.definition.name.clone(),
        steps: all
            .filter(|step| !step.may.is_empty())
            .chain(follow_ups(checked))
            .collect(),
        aws: aws::grants(program, &ids),
    };
    // What stands in one definition is permitted by it.
    for chain in program.chains.values().map(of) {
        policy.steps.extend(chain.steps);
        policy.aws.extend(chain.aws);
    }
    policy.aws.sort();
    policy.aws.dedup();
    policy
}

/// What follows a run when it closes, by the field of `config` that says it.
fn follow_ups(checked: &Checked) -> Vec<StepPolicy> {
    let follow_ups = &checked.definition.settings.follow_ups;
    let named = [
        ("onComplete", &follow_ups.on_complete),
        ("onError", &follow_ups.on_error),
    ];
    let named = named.into_iter().filter_map(|(field, name)| {
        let target = format!("`{}`", name.as_ref()?);
        Some(StepPolicy {
            step: field.to_owned(),
            kind: pawl_contract::Kind::Trigger,
            may: vec![May::new(What::Workflow, Effect::Irreversible, target)],
        })
    });
    named.collect()
}

impl Policy {
    /// What the workflow is permitted, whichever of its steps it is, and the steps that are.
    pub fn permissions(&self) -> BTreeMap<May, BTreeSet<&str>> {
        let mut permissions: BTreeMap<May, BTreeSet<&str>> = BTreeMap::new();
        for step in &self.steps {
            for may in &step.may {
                let steps = permissions.entry(may.permission()).or_default();
                steps.insert(&step.step);
            }
        }
        permissions
    }
}
