//! What every format parses into: the workflow as its author means it.

use std::ops::Range;

use indexmap::IndexMap;
use pawl_contract::{FollowUps, Kind};

use crate::source::Node;

/// A Lambda runs for at most 15 minutes; a step must have given up before.
pub const LONGEST_STEP_SECONDS: u64 = 840;

/// A workflow's definition.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The workflow's name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its version, as the author counts.
    pub version: Option<String>,
    /// Settings for the whole run.
    pub settings: Settings,
    /// Every step that was understood, in the author's order.
    pub steps: Vec<Step>,
    /// The slugs of steps that were refused, so that nothing complains about their absence.
    pub refused: Vec<String>,
    /// The findings that the author knows of and accepts.
    pub allowances: Vec<Allowance>,
    /// Where the definition stands.
    pub place: Place,
}

impl Definition {
    /// The name as an identifier: `Auto-Reply to Conversations` is `auto_reply_to_conversations`.
    pub fn identifier(&self) -> String {
        pawl_contract::identifier(&self.name)
    }
}

/// What `config` says of the whole workflow.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Milliseconds after which a run is given up.
    pub timeout_ms: Option<u64>,
    /// How every step is retried that does not say so itself.
    pub retry: Option<Retry>,
    /// The variables and their first values.
    pub variables: IndexMap<String, Node>,
    /// The secrets by name, and where each is to be found.
    pub secrets: IndexMap<String, Node>,
    /// The workflows that follow a run.
    pub follow_ups: FollowUps,
    /// The integrations that the workflow says it needs; none where it says nothing about that.
    pub requires: Option<Vec<Integration>>,
    /// What runs may take and cost.
    pub budget: Option<Node>,
    /// When runs start by themselves, where `config` says it and not a trigger step.
    pub schedule: Option<Node>,
}

/// An integration that must be installed where the workflow runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// Its name.
    pub name: String,
    /// The operations that are needed; none means any.
    pub operations: Option<Vec<String>>,
}

/// Permission to ignore a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The finding's code.
    pub code: String,
    /// The step in which it is allowed; everywhere where there is none.
    pub step: Option<String>,
    /// Where the step is named.
    pub step_place: Place,
    /// Where the code stands.
    pub place: Place,
}

/// Which failures are tried again, how often, and after which waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// Attempts after the first.
    pub max_retries: u64,
    /// Milliseconds before the second attempt.
    pub backoff_ms: u64,
    /// The longest wait in milliseconds.
    pub max_backoff_ms: Option<u64>,
    /// What each wait is multiplied by to be the next one; 1 is the same wait every time.
    pub backoff_rate: f64,
    /// Whether each wait is shortened by chance, so that many runs do not all come back at once.
    pub jitter: bool,
    /// The codes of the failures that are tried again; all that may be without a list.
    pub on: Option<Vec<String>>,
    /// The codes of failures that are not.
    pub except: Vec<String>,
}

impl Default for Retry {
    /// Three retries, after one, two and four seconds.
    fn default() -> Self {
        Self {
            max_retries: 3,
            backoff_ms: 1000,
            max_backoff_ms: None,
            backoff_rate: 2.0,
            jitter: false,
            on: None,
            except: Vec::new(),
        }
    }
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name by which others refer to it.
    pub slug: String,
    /// Where the slug stands.
    pub slug_place: Place,
    /// The name for people.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its place among the steps, where the author counts them.
    pub order: Option<u64>,
    /// What it is.
    pub kind: Kind,
    /// Its configuration; what the machine itself uses (retry, timeout) is taken out.
    pub config: Node,
    /// Of a parallel step: where each branch begins. Of a switch: where each case leads.
    pub branches: Vec<Edge>,
    /// Where it continues, by port, in the order of the author.
    pub ports: IndexMap<String, Edge>,
    /// Whether the configuration was refused, so that nothing complains about what it lacks.
    pub has_refused_config: bool,
    /// Whether a port was refused, so that nothing complains about its absence.
    pub has_refused_port: bool,
    /// Its own retry policy.
    pub retry: Option<Retry>,
    /// Its own deadline.
    pub timeout_seconds: Option<u64>,
}

/// Where a port leads.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The slug of a step, or one of the words for the end; `None` is the end.
    pub target: Option<String>,
    /// The port as the author spelled it, with its place.
    pub port: (String, Range<usize>),
    /// Where it stands.
    pub place: Place,
}

/// Where something stands in the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its JSON Pointer.
    pub pointer: String,
    /// Its bytes.
    pub span: Range<usize>,
}

impl From<&Node> for Place {
    fn from(node: &Node) -> Self {
        Self {
            pointer: node.pointer.clone(),
            span: node.span.clone(),
        }
    }
}
