//! What a run's language models took, over all of its visits.

use pawl_store::Record;
use serde::Serialize;
use serde_json::Value;

/// Turns, tokens and money.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Models {
    /// Answers of models.
    pub turns: u64,
    /// Tokens that models were given.
    pub input_tokens: u64,
    /// Tokens that they gave.
    pub output_tokens: u64,
    /// Both together.
    pub total_tokens: u64,
    /// What they cost in US dollars; absent where a model has no known price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

impl Models {
    /// What these visits took; `None` where they asked no model.
    pub fn of(records: &[Record]) -> Option<Self> {
        let facts = records
            .iter()
            .filter_map(|record| record.meta.as_ref()?.get("llm"));
        let mut sum: Option<Self> = None;
        for facts in facts {
            let count = |pointer: &str| facts.pointer(pointer).and_then(Value::as_u64);
            let sum = sum.get_or_insert(Self {
                turns: 0,
                input_tokens: 0,
                output_tokens: 0,
                total_tokens: 0,
                cost_usd: Some(0.0),
            });
            let tokens = count("/usage/totalTokens").unwrap_or(0);
            sum.turns += count("/turns").unwrap_or(0);
            sum.input_tokens += count("/usage/inputTokens").unwrap_or(0);
            sum.output_tokens += count("/usage/outputTokens").unwrap_or(0);
            sum.total_tokens += tokens;
            let cost = facts.get("costUsd").and_then(Value::as_f64);
            let cost = cost.or((tokens == 0).then_some(0.0));
            let both = sum.cost_usd.zip(cost);
            sum.cost_usd = both.map(|(sum, cost)| rounded(sum + cost));
        }
        sum
    }

    /// In words: `3 turns, 54 tokens, 0.0012 US dollars`.
    pub fn text(&self) -> String {
        let turns = if self.turns == 1 { "turn" } else { "turns" };
        let cost = match self.cost_usd {
            Some(cost) => format!("{} US dollars", amount(cost)),
            None => "price unknown".to_owned(),
        };
        let tokens = self.total_tokens;
        format!("{} {turns}, {tokens} tokens, {cost}", self.turns)
    }
}

/// Without what adding fractions leaves behind.
fn rounded(usd: f64) -> f64 {
    (usd * 1e9).round() / 1e9
}

/// An amount with six decimals at the most.
fn amount(usd: f64) -> String {
    let text = format!("{usd:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() { "0" } else { text }.to_owned()
}
