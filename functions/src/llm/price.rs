//! What tokens cost, as far as the table knows: `prices.json` holds every price with its source and its date.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pawl_contract::Usage;
use serde::{Deserialize, Serialize};

/// Prices in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// What is read.
    pub input: f64,
    /// What is written.
    pub output: f64,
}

#[derive(Deserialize)]
struct Table {
    sources: Vec<Source>,
}

/// Prices that were found in one place.
#[derive(Deserialize)]
struct Source {
    models: BTreeMap<String, Price>,
}

static TABLE: LazyLock<BTreeMap<String, Price>> = LazyLock::new(|| {
    let table: Table =
        serde_json::from_str(include_str!("prices.json")).expect("the table is tested");
    let sources = table.sources.into_iter();
    sources.flat_map(|source| source.models).collect()
});

/// What a call cost in US dollars; `None` where nobody knows the model's price.
pub(super) fn cost(model: &str, usage: Usage, own: &BTreeMap<String, Price>) -> Option<f64> {
    let price = own
        .get(model)
        .copied()
        .or_else(|| find(bare(model), own))
        .or_else(|| find(bare(model), &TABLE))?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "nobody takes so many tokens that it matters"
    )]
    let millions = |tokens: u64| tokens as f64 / 1_000_000.0;
    Some(millions(usage.input_tokens) * price.input + millions(usage.output_tokens) * price.output)
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
        let prices = BTreeMap::from([
            (
                "large".to_owned(),
                Price {
                    input: 2.0,
                    output: 8.0,
                },
            ),
            (
                "large-mini".to_owned(),
                Price {
                    input: 1.0,
                    output: 1.0,
                },
            ),
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
            assert_eq!(cost(model, usage, &prices), expected, "{model}");
        }
    }

    #[test]
    fn the_table_can_be_read() {
        assert!(!TABLE.is_empty());
        for (model, price) in &*TABLE {
            assert!(price.input > 0.0 && price.output >= price.input, "{model}");
        }
        let table: serde_json::Value =
            serde_json::from_str(include_str!("prices.json")).expect("JSON");
        let sources = table.get("sources").and_then(serde_json::Value::as_array);
        for source in sources.expect("sources") {
            let text = |field: &str| source.get(field).and_then(serde_json::Value::as_str);
            assert!(text("source").is_some_and(|source| source.contains("https://")));
            assert!(text("date").is_some_and(|date| date.starts_with("20")));
        }
        let named = include_str!("prices.json").matches("\"input\"").count();
        assert_eq!(TABLE.len(), named, "no model stands there twice");
    }
}
