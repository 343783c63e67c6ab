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
        Kind::Loop => bare(word("items")?),
        // Setting variables is what the kind's name says already; what they are called tells more.
        Kind::Transform => return None,
    };
    (!text.is_empty()).then(|| shorten(&text))
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
