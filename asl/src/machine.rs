//! A machine, and the smaller machines inside a Parallel or a Map.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::limits::DEFINITION_BYTES;
use crate::{Fields, QueryLanguage, State};

/// States by name, in the author's order.
pub type StateMap = IndexMap<String, State>;

/// A whole state machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Machine {
    /// What the machine is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of every state that names none; AWS means JSONPath where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// The version of the States Language, `1.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The longest that an execution may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// The state that an execution begins with.
    pub start_at: String,
    /// The states.
    pub states: StateMap,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}

/// The longest text that is laid out for people: what functions are called takes room, too, once they are put in.
const LONGEST_LAID_OUT: usize = DEFINITION_BYTES / 2;

impl Machine {
    /// The machine as it is published and kept in files: laid out for people, or on one line where that would leave too
    /// little of what Step Functions takes.
    pub fn text(&self) -> serde_json::Result<String> {
        let laid_out = serde_json::to_string_pretty(self)? + "\n";
        if laid_out.len() > LONGEST_LAID_OUT {
            return serde_json::to_string(self);
        }
        Ok(laid_out)
    }
}

/// How the executions of a machine run: for up to a year and with a history, or for minutes and without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MachineType {
    /// Durable, each step once, for up to a year.
    #[default]
    Standard,
    /// At most five minutes, told by nothing but its end and its logs.
    Express,
}

impl Default for Machine {
    /// An empty machine in JSONata mode, the only one that we write.
    fn default() -> Self {
        Self {
            comment: None,
            query_language: Some(QueryLanguage::Jsonata),
            version: None,
            timeout_seconds: None,
            start_at: String::new(),
            states: StateMap::default(),
            other: Fields::default(),
        }
    }
}

/// The states inside one branch of a Parallel, or inside a Map as its item processor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Branch {
    /// What the branch is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How a Map runs its iterations; never set in a branch of a Parallel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processor_config: Option<ProcessorConfig>,
    /// The state that the branch begins with.
    pub start_at: String,
    /// The states.
    pub states: StateMap,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}

/// How a Map runs its iterations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessorConfig {
    /// Inside the execution, or each as a child execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ProcessorMode>,
    /// The type of child executions, `STANDARD` or `EXPRESS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_type: Option<String>,
}

/// Where the iterations of a Map run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProcessorMode {
    /// In the execution itself.
    Inline,
    /// Each in an execution of its own.
    Distributed,
}
