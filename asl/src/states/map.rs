//! A Map: the same branch for every item of a list.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::{is_false, present};
use crate::{Branch, Catcher, Dynamic, Fields, ProcessorMode, QueryLanguage, Retrier};

/// Runs its item processor once per item; its result is the list of theirs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Map {
    /// What the state is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of this state, where it is not the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// The list, or an object whose entries are the items; the state's input where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub items: Option<Value>,
    /// Where a distributed Map reads its items from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_reader: Option<ItemReader>,
    /// How a distributed Map groups its items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_batcher: Option<ItemBatcher>,
    /// What an iteration is given; the item itself where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub item_selector: Option<Value>,
    /// What is done with every item. An older name for it is `Iterator`.
    #[serde(default, alias = "Iterator", skip_serializing_if = "Option::is_none")]
    pub item_processor: Option<Branch>,
    /// How many iterations may run at once; 0 or absent for as many as AWS allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<Dynamic<u64>>,
    /// How many items of a distributed Map may fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_count: Option<Dynamic<u64>>,
    /// How many items of a distributed Map may fail, of a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_percentage: Option<Dynamic<f64>>,
    /// Where a distributed Map writes its results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_writer: Option<ResultWriter>,
    /// A name for the Map Run of a distributed Map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What to do about errors first: try again. The first that matches counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retry: Vec<Retrier>,
    /// What to do about errors then: go on elsewhere. The first that matches counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catch: Vec<Catcher>,
    /// The variables to set; their expressions see the old values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Fields>,
    /// What the next state is given; the result where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Value>,
    /// The state that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether the branch ends here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub end: bool,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}

impl Map {
    /// Whether every iteration is an execution of its own.
    pub fn is_distributed(&self) -> bool {
        let config = self
            .item_processor
            .as_ref()
            .and_then(|processor| processor.processor_config.as_ref());
        config.and_then(|config| config.mode) == Some(ProcessorMode::Distributed)
    }
}

/// Where a distributed Map reads its items from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ItemReader {
    /// The ARN of the call that reads.
    pub resource: String,
    /// What the call is given.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub arguments: Option<Value>,
    /// The format of what is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader_config: Option<Value>,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}

/// How a distributed Map groups its items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ItemBatcher {
    /// What every batch is given beside its items.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub batch_input: Option<Value>,
    /// The most items in a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items_per_batch: Option<Dynamic<u64>>,
    /// The most bytes in a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_input_bytes_per_batch: Option<Dynamic<u64>>,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}

/// Where a distributed Map writes its results.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResultWriter {
    /// The ARN of the call that writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What the call is given.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub arguments: Option<Value>,
    /// The format of what is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer_config: Option<Value>,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}
