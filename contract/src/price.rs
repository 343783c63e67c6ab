//! What AWS and models cost, and what is assumed where nobody knows: `prices.json`, each part with source and date.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{Kind, Usage};

/// Prices of a model, in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// What is read.
    pub input: f64,
    /// What is written.
    pub output: f64,
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// What the services of AWS cost.
    pub aws: Aws,
    /// What they allow.
    pub limits: Limits,
    /// What is assumed of steps.
    pub assumed: Assumed,
    models: Vec<Source>,
}

/// What the services of AWS cost, in US dollars.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aws {
    /// The region whose prices these are.
    pub region: String,
    /// Step Functions, Standard.
    pub step_functions: StepFunctions,
    /// Lambda.
    pub lambda: Lambda,
    /// DynamoDB, on demand.
    pub dynamodb: Dynamodb,
}

/// Step Functions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepFunctions {
    /// A million state transitions.
    pub million_transitions: f64,
}

/// Lambda.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lambda {
    /// A million invocations.
    pub million_invocations: f64,
    /// A gigabyte of memory for a second.
    pub gigabyte_second: f64,
}

/// DynamoDB.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dynamodb {
    /// A million write request units.
    pub million_writes: f64,
    /// A million read request units.
    pub million_reads: f64,
}

/// What AWS allows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Events in the history of an execution.
    pub history_events: u64,
    /// Bytes of a machine's definition.
    pub definition_bytes: u64,
    /// Bytes of what a Task is given.
    pub payload_bytes: u64,
    /// Items of a transaction.
    pub transaction_items: u64,
}

/// What is assumed where a definition does not say.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assumed {
    /// Memory of a function.
    pub memory_megabytes: f64,
    /// Items of a list whose length nothing says.
    pub items_of_a_list: u64,
    /// How often a run goes around a cycle that a condition leaves.
    pub turns_of_a_cycle: u64,
    /// Characters of a prompt that make a token.
    pub characters_of_a_token: f64,
    /// Tokens of a value that a template prints.
    pub tokens_of_a_value: f64,
    /// Tokens of what a model answers.
    pub tokens_of_an_answer: f64,
    /// Tokens of its longest answer, where `maxTokens` does not say.
    pub most_tokens_of_an_answer: f64,
    /// Tokens of the description of a tool.
    pub tokens_of_a_tool: f64,
    /// Tokens of what a tool gives.
    pub tokens_of_a_tool_result: f64,
    /// Turns of a model that has tools.
    pub turns_with_tools: u64,
    /// What a step takes, by its kind.
    pub kinds: BTreeMap<Kind, Taken>,
}

/// What an invocation of a step takes, beside what every step does.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Taken {
    /// Time; of a model, of each turn.
    pub milliseconds: f64,
    /// Read request units of its own.
    pub reads: f64,
    /// Write request units of its own.
    pub writes: f64,
}

/// Prices that were found in one place.
#[derive(Debug, Deserialize)]
struct Source {
    models: BTreeMap<String, Price>,
}

/// The file, read once.
pub static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("prices.json")).expect("it is tested"));

static MODELS: LazyLock<BTreeMap<String, Price>> = LazyLock::new(|| {
    let sources = TABLE.models.iter();
    let models = sources.flat_map(|source| &source.models);
    models.map(|(name, price)| (name.clone(), *price)).collect()
});

/// The price of a model; `own` are prices that whoever runs it knows better. `None` where nobody knows it.
pub fn of(model: &str, own: &BTreeMap<String, Price>) -> Option<Price> {
    let exact = own.get(model).copied();
    let own = || find(bare(model), own);
    exact.or_else(own).or_else(|| find(bare(model), &MODELS))
}

impl Price {
    /// What a call cost in US dollars.
    pub fn cost(&self, usage: Usage) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "nobody takes so many tokens that it matters"
        )]
        let millions = |tokens: u64| tokens as f64 / 1_000_000.0;
        millions(usage.input_tokens) * self.input + millions(usage.output_tokens) * self.output
    }
}

/// A model's name without its provider and without the regions that Bedrock asks in.
fn bare(model: &str) -> &str {
    let model = model.strip_prefix("openai:").unwrap_or(model);
    let model = model.strip_prefix("bedrock:").unwrap_or(model);
    let regions = ["us.", "eu.", "apac.", "global."];
    let stripped = regions.iter().find_map(|region| model.strip_prefix(region));
    stripped.unwrap_or(model)
}

/// The price of a model, or of the one whose version it is.
fn find(model: &str, prices: &BTreeMap<String, Price>) -> Option<Price> {
    let fits = |name: &&String| {
        model.strip_prefix(name.as_str()).is_some_and(|version| {
            let version = version.trim_start_matches(['-', ':']);
            let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
            // A date, or a number behind a `v`; a number alone is that of another model.
            version.is_empty()
                || version == "latest"
                || digits(version) >= 4
                || version.strip_prefix('v').is_some_and(|v| digits(v) > 0)
        })
    };
    let longest = prices.keys().filter(fits).max_by_key(|name| name.len())?;
    prices.get(longest).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_cost_what_their_model_costs_and_others_nothing_known() {
        let dollars = |input, output| Price { input, output };
        let prices = BTreeMap::from([
            ("large".to_owned(), dollars(2.0, 8.0)),
            ("large-mini".to_owned(), dollars(1.0, 1.0)),
        ]);
        let usage = Usage {
            input_tokens: 1_000_000,
            output_tokens: 500_000,
        };
        let rows = [
            ("large", Some(6.0)),
            ("openai:large", Some(6.0)),
            ("bedrock:eu.large-20260101-v1:0", Some(6.0)),
            ("large-mini-2026-01-01", Some(1.5)),
            ("large-latest", Some(6.0)),
            ("large-audio", None),
            ("large-2", None),
            ("larger", None),
        ];
        for (model, expected) in rows {
            let cost = of(model, &prices).map(|price| price.cost(usage));
            assert_eq!(cost, expected, "{model}");
        }
    }

    #[test]
    fn every_part_of_the_table_has_a_source_and_a_date() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("prices.json")).expect("JSON");
        let models = table.get("models").and_then(serde_json::Value::as_array);
        let parts = ["/aws/stepFunctions", "/aws/lambda", "/aws/dynamodb"];
        let parts = parts.into_iter().chain(["/limits", "/assumed"]);
        let parts = parts.map(|part| table.pointer(part).expect(part));
        for part in parts.chain(models.expect("models")) {
            let text = |field: &str| part.get(field).and_then(serde_json::Value::as_str);
            assert!(
                text("source").is_some_and(|source| source.len() > 10),
                "{part}"
            );
            assert!(
                text("date").is_some_and(|date| date.starts_with("20")),
                "{part}"
            );
        }
    }

    #[test]
    fn every_model_stands_there_once_and_every_kind_is_assumed_something_of() {
        for (model, price) in &*MODELS {
            assert!(price.input > 0.0 && price.output >= price.input, "{model}");
        }
        let named = include_str!("prices.json").matches("\"input\"").count();
        assert_eq!(MODELS.len(), named, "no model stands there twice");
        for kind in Kind::ALL {
            assert!(TABLE.assumed.kinds.contains_key(&kind), "{kind:?}");
        }
    }
}
