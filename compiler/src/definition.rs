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
    /// Whether its triggers begin runs.
    pub is_enabled: bool,
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
    /// The steps that it waits for, where its author says so.
    pub depends_on: Option<Vec<Edge>>,
    /// What must hold for it to run: the configuration of a condition.
    pub run_if: Option<Node>,
    /// Whether a run goes on behind it when it fails.
    pub may_fail: bool,
    /// Why it was put here; nothing for an author's own.
    pub origin: Option<Origin>,
}

impl Step {
    /// A step that no author wrote, which leads nowhere yet.
    pub fn made(slug: String, kind: Kind, slug_place: Place, config: Node) -> Self {
        Self {
            slug,
            slug_place,
            name: None,
            description: None,
            order: None,
            kind,
            config,
            branches: Vec::new(),
            ports: IndexMap::new(),
            has_refused_config: false,
            has_refused_port: false,
            retry: None,
            timeout_seconds: None,
            depends_on: None,
            run_if: None,
            may_fail: false,
            origin: None,
        }
    }

    /// The way on when all is well; to the end where the step says nothing.
    pub(crate) fn onward_edge(&self) -> Edge {
        let port = crate::parse::dependencies::onward(self.kind).unwrap_or("success");
        let edge = self.ports.get(port).cloned();
        edge.unwrap_or_else(|| Edge {
            target: None,
            port: (port.to_owned(), self.slug_place.span.clone()),
            place: self.slug_place.clone(),
        })
    }
}

/// Why a step was put into a definition whose author did not write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It asks before the step of this slug acts.
    Interrupt(String),
    /// It decides whether the step of this slug runs.
    RunIf(String),
    /// It begins the lines that these steps begin, since none of them waits for another.
    Together(Vec<String>),
    /// It begins a level of steps that cannot be put into lines.
    Level {
        /// The steps.
        members: Vec<String>,
        /// Which level it is, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// What makes it necessary.
        crossing: Crossing,
    },
}

/// Four steps that cannot be put into lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// A step for which `both` waits, and `late` does not.
    pub other: String,
    /// A step for which `both` and `late` wait.
    pub shared: String,
    /// The step that waits for both.
    pub both: String,
    /// The step that waits for one of them.
    pub late: String,
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
