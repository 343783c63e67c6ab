//! What a provider answers: a text, a JSON value in a text, or a refusal.

use pawl_contract::{StepError, code};
use serde_json::Value;

/// An answer, read.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// The step's output.
    pub data: Value,
    /// The model that answered.
    pub model: Option<Value>,
    /// The tokens it took.
    pub usage: Value,
}

/// Reads the body of a chat completion.
pub(super) fn read(body: &str, wants_json: bool) -> Result<Answer, StepError> {
    let wrong = |what: &str| {
        StepError::new(
            code::AGENT_ERROR,
            format!("the language model's answer {what}"),
        )
    };
    let body: Value = serde_json::from_str(body).map_err(|_| wrong("is not JSON"))?;
    let content = body
        .pointer("/choices/0/message/content")
        .and_then(Value::as_str);
    let content = content.ok_or_else(|| wrong("holds no text"))?;
    let data = if wants_json {
        json(content).ok_or_else(|| wrong("should be JSON, and is not"))?
    } else {
        content.into()
    };
    Ok(Answer {
        data,
        model: body.get("model").cloned(),
        usage: body.get("usage").cloned().unwrap_or_default(),
    })
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

/// The failure that a provider's status means.
pub(super) fn refusal(status: u16, body: &str) -> StepError {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let reason = body
        .pointer("/error/message")
        .and_then(Value::as_str)
        .unwrap_or("it gave no reason");
    let code = if status == 429 {
        code::RATE_LIMIT
    } else {
        code::AGENT_ERROR
    };
    StepError::new(
        code,
        format!("the language model answered {status}: {reason}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_read_by_the_wanted_format() {
        let body = |content: &str| {
            json!({ "model": "m", "choices": [{ "message": { "content": content } }], "usage": {} })
                .to_string()
        };
        let rows = [
            (body("Hello"), false, Some(json!("Hello"))),
            (body("{\"a\": 1}"), false, Some(json!("{\"a\": 1}"))),
            (body(" {\"a\": 1}\n"), true, Some(json!({ "a": 1 }))),
            (
                body("Sure:\n```json\n{\"a\": [1]}\n```\nDone."),
                true,
                Some(json!({ "a": [1] })),
            ),
            (body("```\n[]\n```"), true, Some(json!([]))),
            (body("Hello"), true, None),
            ("{}".to_owned(), false, None),
            ("<html>".to_owned(), false, None),
        ];
        for (body, wants_json, expected) in rows {
            assert_eq!(
                read(&body, wants_json).ok().map(|answer| answer.data),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_refusal_keeps_its_reason() {
        let body = r#"{ "error": { "message": "slow down" } }"#;
        let rows = [
            (429, body, "RATE_LIMIT", "slow down"),
            (500, "", "AGENT_ERROR", "no reason"),
        ];
        for (status, body, code, reason) in rows {
            let error = refusal(status, body);
            assert_eq!(error.code, code);
            assert!(error.message.contains(reason), "{}", error.message);
        }
    }
}
