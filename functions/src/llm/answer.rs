//! What a model's last words mean: a text, or JSON that must fit.

use serde_json::Value;

use super::tool::misfits;
use super::wish::{self, Format};

/// The words by which a model says that going on makes no sense.
const TERMINATION: &str = "shouldTerminate";

/// Reads an answer in the form that the step wants, or says what is wrong with it.
pub(super) fn read(text: &str, format: &Format) -> Result<Value, String> {
    if matches!(format, Format::Text) {
        return Ok(text.into());
    }
    let value = json(text).ok_or("it should be JSON, and is not")?;
    fitting(value, format)
}

/// An answer that fits its schema, where it has one, or what is wrong with it.
fn fitting(value: Value, format: &Format) -> Result<Value, String> {
    let schema = match format {
        Format::Json(schema) => schema.as_ref(),
        Format::Text => None,
    };
    match schema.and_then(|(_, validator)| misfits(validator, &value)) {
        None => Ok(value),
        Some(misfits) => Err(format!("it does not fit its schema: {misfits}")),
    }
}

/// What a mock gives in the place of a model's answer, or what is wrong with it: it must fit as the answer must, and a
/// text is read as the model's would be.
pub fn mocked_answer(config: &Value, output: Value) -> Result<Value, String> {
    // An agent may be kept elsewhere, and answer by data of its own form.
    let is_own = config.get("agent_id").is_none_or(Value::is_null);
    let format = config.as_object().filter(|_| is_own).map(wish::format);
    match format.transpose().map_err(|error| error.message)? {
        None | Some(Format::Text) => Ok(output),
        Some(format) => match output.as_str() {
            Some(text) => read(text, &format),
            None => fitting(output, &format),
        },
    }
}

/// The JSON in a text: all of it, or what stands in a fence.
fn json(text: &str) -> Option<Value> {
    let fenced = || {
        let (_, after) = text.split_once("```")?;
        let (inside, _) = after.rsplit_once("```")?;
        serde_json::from_str(inside.strip_prefix("json").unwrap_or(inside).trim()).ok()
    };
    serde_json::from_str(text.trim()).ok().or_else(fenced)
}

/// The signal by which a model says that going on makes no sense, where its answer is one.
pub(super) fn termination(text: &str) -> Option<Value> {
    let value = json(text)?;
    let says_so = value.get(TERMINATION).and_then(Value::as_bool) == Some(true);
    says_so.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_read_by_the_wanted_format() {
        let schema = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "number" } } });
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let (text, any) = (Format::Text, Format::Json(None));
        let fitting = Format::Json(Some((schema, Box::new(validator))));
        let rows = [
            ("Hello", &text, Ok(json!("Hello"))),
            ("{\"a\": 1}", &text, Ok(json!("{\"a\": 1}"))),
            (" {\"a\": 1}\n", &any, Ok(json!({ "a": 1 }))),
            (
                "Sure:\n```json\n{\"a\": [1]}\n```\nDone.",
                &any,
                Ok(json!({ "a": [1] })),
            ),
            ("```\n[]\n```", &any, Ok(json!([]))),
            ("Hello", &any, Err("should be JSON")),
            ("{\"a\": 1}", &fitting, Ok(json!({ "a": 1 }))),
            ("{}", &fitting, Err("\"a\" is a required property")),
            ("{\"a\": \"x\"}", &fitting, Err("at /a")),
        ];
        for (answer, format, expected) in rows {
            match (read(answer, format), expected) {
                (Ok(value), Ok(expected)) => assert_eq!(value, expected, "{answer}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
                (found, expected) => panic!("{answer}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_signal_to_end_is_seen() {
        let rows = [
            ("{\"shouldTerminate\": true, \"reason\": \"none\"}", true),
            ("```json\n{\"shouldTerminate\": true}\n```", true),
            ("{\"shouldTerminate\": false}", false),
            ("shouldTerminate", false),
        ];
        for (answer, expected) in rows {
            assert_eq!(termination(answer).is_some(), expected, "{answer}");
        }
    }
}
