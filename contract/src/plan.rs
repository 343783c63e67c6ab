//! The plan: all that a Task's Lambda knows of the definition, as JSON text in the machine.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FollowUps, Kind, SecretSource};

/// The static part of a Task's payload: the step, what it reads, and the pure steps that ride along with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The workflow's name as an identifier (`wfDefinitionId`).
    pub workflow: String,
    /// The step that this Task is for.
    #[serde(flatten)]
    pub node: Node,
    /// Everything that the step and its ride-alongs read.
    #[serde(default)]
    pub reads: Reads,
    /// The line of visits that this Task belongs to.
    #[serde(default)]
    pub strand: Strand,
    /// The Map iterations that this Task stands in, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<MapRef>,
    /// Seconds after which the step's work is given up with `TIMEOUT`, below the Task's own timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Only of a step that waits: the seconds after which it waits no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience_seconds: Option<u64>,
    /// Whether the step may ask somebody before it goes on; also set in the plan of the Task that then asks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub asks: bool,
    /// The secrets that the step reads, and where each is found.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub secrets: IndexMap<String, SecretSource>,
    /// Only in the first Task of a machine: what intake needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake: Option<Intake>,
}

/// A step, as a Lambda evaluates it.
///
/// A Task of the machine's own (`end`, `fail`, `hand over`) is a node of kind `trigger` with that name as its step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// The step's slug.
    pub step: String,
    /// The step's name, where the author gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The step's kind.
    pub kind: Kind,
    /// The step's configuration, templates unresolved.
    #[serde(default)]
    pub config: Value,
    /// For a loop head: whether this edge starts the loop or goes on with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<LoopMode>,
    /// Whether the machine has a Choice of the step's name, so that the route must be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub choice: bool,
    /// The loops that the step may stand in, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loops: Vec<LoopRef>,
    /// What follows each port.
    #[serde(default)]
    pub then: IndexMap<String, Then>,
}

impl Node {
    /// The name of the Choice that routes by what the step came to, if it has one.
    ///
    /// The Choice of a step that only computes has the step's own name; other steps have a state of that name already.
    pub fn choice_name(&self) -> Option<String> {
        self.choice.then(|| {
            if self.kind.is_pure() {
                self.step.clone()
            } else {
                format!("{} (route)", self.step)
            }
        })
    }
}

/// What follows a port: a pure step evaluated in the same invocation, a state of the machine, or the end of the strand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Then {
    /// A pure step that rides along.
    Step(Box<Node>),
    /// The state that the machine goes to.
    State(String),
    /// The strand ends; the name is that of the state which a route must give, where a Choice lies before the end.
    End(String),
}

/// Whether an edge into a loop head begins the list or asks for its next item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LoopMode {
    /// Evaluate the list and take its first item.
    Start,
    /// Take the next item.
    Advance,
    /// Gather what the iterations of a Map gave.
    Collect,
}

/// An iteration of a Map that a Task stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MapRef {
    /// The loop step's slug.
    pub step: String,
    /// How many strands deep its iterations run: 1 for a Map in the root strand.
    pub depth: usize,
}

/// A loop that a step may stand in. Whether it does is decided at run time by the loop's cursor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoopRef {
    /// The loop step's slug.
    pub step: String,
    /// The name to which the current item is bound beside `loop.item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The name to which the current index is bound beside `loop.index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
}

/// What an invocation must fetch before it can evaluate its node and every ride-along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reads {
    /// The steps whose last values are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepRead>,
    /// The variables that are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
    /// The loops whose cursors are read: those that a node stands in and those that a node advances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loops: Vec<String>,
    /// The loops whose whole list is read (`loop.items`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
}

/// A step whose last value is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepRead {
    /// The step's slug.
    pub slug: String,
    /// How many scopes up its value lives; 0 is the scope of the reader.
    #[serde(default)]
    pub up: u32,
}

/// The line of visits that a Task belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Strand {
    /// The run's own line: what ends here closes the run.
    #[default]
    Root,
    /// One branch of a Parallel or one iteration of a Map: what ends here ends only the strand.
    Inner,
}

/// What intake needs to know of a workflow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intake {
    /// The workflow's name, as the author wrote it.
    pub name: String,
    /// The workflow's version, as the author wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The trigger step's slug; `trigger` where the definition has none.
    pub trigger: String,
    /// The trigger step's configuration, templates unresolved: `type`, `data`, `inputs`, `inputSchema` ...
    #[serde(default)]
    pub config: Value,
    /// The workflow's variables with their first values, templates unresolved.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Value>,
    /// Milliseconds after which the run is given up with `TIMEOUT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The workflows that follow the run.
    #[serde(default, skip_serializing_if = "FollowUps::is_empty")]
    pub follow_ups: FollowUps,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes the field by reference"
)]
fn is_false(value: &bool) -> bool {
    !*value
}
