//! What a step does, in a few words.

use pawl_contract::Kind;
use serde_json::Value;

/// The most characters that are shown.
const WIDEST: usize = 40;

/// The words for a step of a kind with a configuration.
pub(super) fn detail(kind: Kind, config: &Value) -> Option<String> {
    let word = |name: &str| config.get(name).and_then(Value::as_str);
    let text = match kind {
        Kind::Trigger => {
            let when = word("type").unwrap_or("manual");
            let more = word("cron").or_else(|| word("schedule"));
            let more = more.or_else(|| word("event")).or_else(|| word("eventType"));
            join([Some(when), more])
        }
        Kind::Llm => word("model")?.to_owned(),
        Kind::Action => {
            let parameters = config.get("parameters");
            let operation = parameters.and_then(|parameters| parameters.get("operation"));
            let own = word("operation");
            join([word("type"), own.or_else(|| operation?.as_str())])
        }
        Kind::Request => join([Some(word("method").unwrap_or("GET")), word("url")]),
        Kind::Condition => bare(word("expression").or_else(|| word("condition"))?),
        Kind::Switch => {
            let cases = config.get("cases").and_then(Value::as_array)?;
            let claims = cases.iter().filter_map(|case| {
                let named = case.get("description").or_else(|| case.get("when"));
                named.and_then(Value::as_str)
            });
            bare(&claims.collect::<Vec<_>>().join(" | "))
        }
        Kind::Loop => {
            let most = config.get("concurrency").and_then(Value::as_u64);
            let at_once = most
                .filter(|most| *most > 1)
                .map(|most| format!("{most} at once"));
            let items = word("items").map(bare);
            join([items.as_deref(), at_once.as_deref()])
        }
        // Setting variables is what the kind's name says already; what they are called tells more.
        Kind::Transform | Kind::Parallel => return None,
        Kind::Merge => word("combine")?.to_owned(),
        Kind::Approval => word("title").or_else(|| word("message"))?.to_owned(),
        Kind::Signal => word("signal")?.to_owned(),
        Kind::Subflow => word("workflow")?.to_owned(),
        Kind::Delay => match word("until") {
            Some(moment) => format!("until {}", bare(moment)),
            None => length(config),
        },
    };
    (!text.is_empty()).then(|| shorten(&text))
}

/// How long a delay is: `1 hours 30 minutes`.
fn length(config: &Value) -> String {
    let units = ["days", "hours", "minutes", "seconds"];
    let given = units.into_iter().filter_map(|unit| {
        let value = config.get(unit).filter(|value| !value.is_null())?;
        let number = value.as_str().map_or_else(|| value.to_string(), bare);
        let unit = if number == "1" {
            unit.trim_end_matches('s')
        } else {
            unit
        };
        Some(format!("{number} {unit}"))
    });
    given.collect::<Vec<_>>().join(" ")
}

fn join<const COUNT: usize>(words: [Option<&str>; COUNT]) -> String {
    let words: Vec<_> = words.into_iter().flatten().collect();
    words.join(" · ")
}

/// A template without its braces: the step's kind says that it is evaluated.
fn bare(template: &str) -> String {
    template.replace("{{", "").replace("}}", "")
}

/// A text on one line that is not too long.
pub(super) fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WIDEST {
        return line;
    }
    line.chars().take(WIDEST - 1).chain(['…']).collect()
}
