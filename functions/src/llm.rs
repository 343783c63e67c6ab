//! Asks a language model for text or JSON.
//!
//! ```json
//! { "systemPrompt": "You answer customers.", "userPrompt": "Reply to: {{loop.item.lastMessage}}" }
//! ```
//! The provider is any that speaks OpenAI's chat completions: `PAWL_LLM_URL`, `PAWL_LLM_API_KEY`, `PAWL_LLM_MODEL`.

mod answer;

use pawl_contract::{StepError, code};
use pawl_store::Writes;
use serde_json::{Value, json};

use crate::work::{Acted, Context};
use crate::{Error, LlmSettings};

/// Asks, and reads the answer in the format that the step wants.
pub(crate) async fn ask(context: &Context<'_>) -> Result<Acted, Error> {
    let config = context.input.get("llmNode").unwrap_or(context.input);
    let thread = context
        .run
        .thread_id
        .as_ref()
        .map(|_| "a thread that llm steps share");
    if let Some(feature) = unsupported(config).or(thread) {
        let message = format!(
            "the step needs {feature}, which is not available yet: mock the step to go on without it"
        );
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let Some(provider) = &context.services.settings().llm else {
        let message = "no language model is set: set PAWL_LLM_URL, PAWL_LLM_API_KEY and PAWL_LLM_MODEL, \
                       or mock the step in `mocks.json`";
        return Err(Error::step(code::AGENT_ERROR, message));
    };
    let request = request(config, provider)?;
    let mut post = context
        .services
        .http()
        .post(format!("{}/chat/completions", provider.base_url))
        .json(&request);
    if let Some(key) = &provider.api_key {
        post = post.bearer_auth(key);
    }
    let response = post
        .send()
        .await
        .map_err(|error| unreachable_provider(&error))?;
    let status = response.status();
    let body = response
        .text()
        .await
        .map_err(|error| unreachable_provider(&error))?;
    if !status.is_success() {
        return Err(Error::Step(answer::refusal(status.as_u16(), &body)));
    }
    let answer = answer::read(&body, wants_json(config))?;
    let model = answer.model.or_else(|| request.get("model").cloned());
    let meta = json!({ "llm": { "model": model, "usage": answer.usage } });
    Ok(Acted {
        output: answer.data,
        meta: Some(meta),
        writes: Writes::default(),
    })
}

/// What a step asks for that nobody here can do yet.
fn unsupported(config: &Value) -> Option<&'static str> {
    const LATER: [(&str, &str); 6] = [
        ("tools", "tools"),
        ("outputSchema", "an output schema"),
        ("mcpServerIds", "MCP servers"),
        ("knowledgeFileIds", "knowledge files"),
        ("models", "a chain of models"),
        ("contextVariables", "context variables"),
    ];
    let is_asked_for = |field: &str| config.get(field).is_some_and(|value| !is_empty(value));
    LATER
        .iter()
        .find(|(field, _)| is_asked_for(field))
        .map(|(_, feature)| *feature)
}

/// Whether a field asks for nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn wants_json(config: &Value) -> bool {
    config.get("outputFormat").and_then(Value::as_str) == Some("json")
}

/// The body of the request.
fn request(config: &Value, provider: &LlmSettings) -> Result<Value, StepError> {
    let model = config
        .get("model")
        .and_then(Value::as_str)
        .or(provider.model.as_deref());
    let model = model.ok_or_else(|| {
        StepError::new(
            code::AGENT_ERROR,
            "no model is named: set PAWL_LLM_MODEL, or `model` in the step",
        )
    })?;
    let prompts = [("system", "systemPrompt"), ("user", "userPrompt")];
    let messages: Vec<Value> = prompts
        .into_iter()
        .filter_map(|(role, field)| {
            Some((role, config.get(field).filter(|value| !is_empty(value))?))
        })
        .map(|(role, prompt)| json!({ "role": role, "content": text(prompt) }))
        .collect();
    if messages.is_empty() {
        return Err(StepError::new(
            code::VALIDATION_ERROR,
            "the step has no prompt",
        ));
    }
    let mut request = json!({ "model": model, "messages": messages });
    if let Some(request) = request.as_object_mut() {
        for (name, field) in [("temperature", "temperature"), ("max_tokens", "maxTokens")] {
            request.extend(
                config
                    .get(field)
                    .map(|value| (name.to_owned(), value.clone())),
            );
        }
        if wants_json(config) {
            request.insert(
                "response_format".to_owned(),
                json!({ "type": "json_object" }),
            );
        }
    }
    Ok(request)
}

/// A prompt that is a value and nothing else is shown as JSON.
fn text(prompt: &Value) -> String {
    prompt
        .as_str()
        .map_or_else(|| prompt.to_string(), str::to_owned)
}

fn unreachable_provider(error: &reqwest::Error) -> Error {
    let code = if error.is_timeout() {
        code::TIMEOUT
    } else {
        code::AGENT_ERROR
    };
    // The address may hold what should not stand in a record.
    let reason = if error.is_connect() {
        "it could not be reached"
    } else {
        "the connection broke"
    };
    Error::step(code, format!("the language model did not answer: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_holds_what_the_step_gives() {
        let provider = LlmSettings {
            base_url: String::new(),
            api_key: None,
            model: Some("usual".to_owned()),
        };
        let system = json!({ "role": "system", "content": "Be brief." });
        let rows = [
            (
                json!({ "systemPrompt": "Be brief." }),
                Some(json!({ "model": "usual", "messages": [system] })),
            ),
            (
                json!({ "systemPrompt": "Be brief.", "userPrompt": { "a": 1 }, "model": "m", "temperature": 0.2,
                    "maxTokens": 9, "outputFormat": "json" }),
                Some(
                    json!({ "model": "m", "messages": [system, { "role": "user", "content": "{\"a\":1}" }],
                    "temperature": 0.2, "max_tokens": 9, "response_format": { "type": "json_object" } }),
                ),
            ),
            (json!({ "systemPrompt": "" }), None),
        ];
        for (config, expected) in rows {
            assert_eq!(request(&config, &provider).ok(), expected, "{config}");
        }
    }

    #[test]
    fn what_is_not_here_yet_is_named() {
        let rows = [
            (json!({ "systemPrompt": "x", "tools": [] }), None),
            (json!({ "tools": ["customer_get"] }), Some("tools")),
            (
                json!({ "outputSchema": { "type": "object" } }),
                Some("an output schema"),
            ),
        ];
        for (config, expected) in rows {
            assert_eq!(unsupported(&config), expected, "{config}");
        }
    }
}
