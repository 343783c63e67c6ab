//! What a step asks for: its configuration, with what its stored agent adds.

use pawl_contract::{Message, StepError, Usage, code};
use serde_json::{Map, Value};

use super::budget::Budget;
use super::tool::Tool;
use crate::Error;
use crate::work::Context;

/// Turns that use tools, where the step does not say.
const USUAL_TURNS: u64 = 10;

/// Fields by which a step names a stored agent.
const AGENT: [&str; 4] = ["agent_id", "agentId", "assistantId", "assistant_id"];

/// What a step asks for.
#[derive(Debug)]
pub(super) struct Wish {
    /// What the model is told.
    pub system: String,
    /// What was said before, where whoever started the run knows it.
    pub history: Vec<Message>,
    /// What the model is asked.
    pub user: Option<String>,
    /// The models to ask, the next where one cannot.
    pub models: Vec<String>,
    pub temperature: Option<f64>,
    pub max_tokens: Option<u32>,
    pub format: Format,
    pub tools: Vec<Tool>,
    /// The most turns that may use tools.
    pub most_turns: u64,
    pub budget: Budget,
    /// How many runs of the organisation may ask in this step at a time.
    pub concurrency: Option<u32>,
}

/// What form the answer must have.
#[derive(Debug)]
pub(super) enum Format {
    /// A text.
    Text,
    /// JSON, which fits a schema where there is one.
    Json(Option<(Value, Box<jsonschema::Validator>)>),
}

impl Wish {
    /// Reads what a step asks for.
    pub(super) async fn read(context: &Context<'_>) -> Result<Self, Error> {
        let config = context.input.get("llmNode").unwrap_or(context.input);
        let mut fields = config.as_object().cloned().unwrap_or_default();
        if let Some(id) = AGENT.iter().find_map(|name| text(&fields, name)) {
            let stored = context.store().find(context.org(), "agents", &id).await?;
            let Some((stored, _)) = stored else {
                let message = format!("there is no agent `{id}`");
                return Err(Error::step(code::VALIDATION_ERROR, message));
            };
            for (name, value) in stored {
                if fields.get(&name).is_none_or(is_empty) {
                    fields.insert(name, value);
                }
            }
        }
        Ok(Self::of(
            &fields,
            context.services.settings().model.as_deref(),
        )?)
    }

    fn of(fields: &Map<String, Value>, usual_model: Option<&str>) -> Result<Self, StepError> {
        const LATER: [(&str, &str); 2] = [
            ("mcpServerIds", "MCP servers"),
            ("knowledgeFileIds", "knowledge files"),
        ];
        let later =
            |(field, _): &&(&str, &str)| fields.get(*field).is_some_and(|value| !is_empty(value));
        if let Some((_, feature)) = LATER.iter().find(later) {
            return Err(invalid(format!(
                "the step needs {feature}, which is not available yet: mock the step to go on without it"
            )));
        }
        let prompt = |names: [&str; 2]| names.iter().find_map(|name| text(fields, name));
        let user = prompt(["userPrompt", "query"]);
        let mut system = prompt(["systemPrompt", "system_prompt"]).unwrap_or_default();
        if system.is_empty() && user.is_none() {
            return Err(invalid("the step has no prompt"));
        }
        let format = format(fields)?;
        let additions = [said_of(fields.get("contextVariables")), asked(&format)];
        for addition in additions.into_iter().flatten() {
            if !system.is_empty() {
                system.push_str("\n\n");
            }
            system.push_str(&addition);
        }
        let count = |names: &[&str]| {
            let mut given = names.iter().filter_map(|name| fields.get(*name));
            given.find_map(Value::as_u64)
        };
        Ok(Self {
            system,
            history: history(fields.get("history"))?,
            user,
            models: models(fields, usual_model)?,
            temperature: fields.get("temperature").and_then(Value::as_f64),
            max_tokens: count(&["maxTokens", "max_tokens"])
                .map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
            format,
            tools: tools(fields)?,
            most_turns: count(&["maxSteps", "max_iterations", "maxIterations"])
                .unwrap_or(USUAL_TURNS)
                .max(1),
            budget: Budget::of(fields)?,
            concurrency: count(&["concurrency"])
                .map(|most| u32::try_from(most).unwrap_or(u32::MAX).max(1)),
        })
    }
}

/// Messages before the step's own: `[{ "role": "user", "content": "Hello" }, ...]`. Of other roles than the two that
/// speak nothing is told.
fn history(given: Option<&Value>) -> Result<Vec<Message>, StepError> {
    let wrong = || invalid("`history` is a list of messages, each with a `role` and a `content`");
    let Some(given) = given.filter(|given| !is_empty(given)) else {
        return Ok(Vec::new());
    };
    let mut messages = Vec::new();
    for said in given.as_array().ok_or_else(wrong)? {
        let role = said.get("role").and_then(Value::as_str).ok_or_else(wrong)?;
        let text = shown(said.get("content").ok_or_else(wrong)?);
        match role {
            "user" | "human" => messages.push(Message::User { text }),
            "assistant" | "ai" => messages.push(Message::Assistant {
                text,
                calls: Vec::new(),
                model: None,
                usage: Usage::default(),
            }),
            _ => {}
        }
    }
    Ok(messages)
}

fn invalid(message: impl Into<String>) -> StepError {
    StepError::new(code::VALIDATION_ERROR, message)
}

/// A field as text; a value that is no text is shown as JSON, and an empty one is none.
fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let value = fields.get(name).filter(|value| !is_empty(value))?;
    Some(shown(value))
}

/// A value as a prompt holds it.
pub(super) fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
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

fn models(fields: &Map<String, Value>, usual: Option<&str>) -> Result<Vec<String>, StepError> {
    let chain = fields.get("models").and_then(Value::as_array);
    let chain: Vec<String> = chain.into_iter().flatten().map(shown).collect();
    let own = text(fields, "model");
    let own = own.map(|model| vec![model]);
    let found = own.or_else(|| (!chain.is_empty()).then_some(chain));
    let found = found.or_else(|| usual.map(|usual| vec![usual.to_owned()]));
    found.ok_or_else(|| {
        StepError::new(
            code::AGENT_ERROR,
            "no model is named: set PAWL_LLM_MODEL, or `model` in the step",
        )
    })
}

/// The form in which a step wants its answer.
pub(super) fn format(fields: &Map<String, Value>) -> Result<Format, StepError> {
    let schema = fields
        .get("outputSchema")
        .filter(|schema| !is_empty(schema));
    let Some(schema) = schema else {
        let is_json = fields.get("outputFormat").and_then(Value::as_str) == Some("json");
        return Ok(if is_json {
            Format::Json(None)
        } else {
            Format::Text
        });
    };
    let validator = jsonschema::validator_for(schema)
        .map_err(|error| invalid(format!("`outputSchema` is no JSON Schema: {error}")))?;
    Ok(Format::Json(Some((schema.clone(), Box::new(validator)))))
}

/// What the model is told of the form.
fn asked(format: &Format) -> Option<String> {
    match format {
        Format::Text => None,
        Format::Json(None) => Some("Answer with one JSON value and nothing else.".to_owned()),
        Format::Json(Some((schema, _))) => Some(format!(
            "Answer with one JSON value and nothing else. It must fit this JSON Schema: {schema}"
        )),
    }
}

/// Variables that the model is told beside its prompt.
fn said_of(variables: Option<&Value>) -> Option<String> {
    let variables = variables.filter(|variables| !is_empty(variables))?;
    let Some(members) = variables.as_object() else {
        return Some(format!("Context: {}", shown(variables)));
    };
    let lines: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name}: {}", shown(value)))
        .collect();
    Some(format!("Context:\n{}", lines.join("\n")))
}

fn tools(fields: &Map<String, Value>) -> Result<Vec<Tool>, StepError> {
    let lists =
        ["tools", "toolsElsewhere"].map(|field| fields.get(field).and_then(Value::as_array));
    let mut tools: Vec<Tool> = Vec::new();
    for tool in lists.into_iter().flatten().flatten() {
        // Elsewhere a tool is an object with a name.
        let name = tool
            .get("name")
            .unwrap_or(tool)
            .as_str()
            .unwrap_or_default();
        let Some(found) = Tool::find(name)? else {
            return Err(invalid(format!(
                "the tool `{name}` is not available yet: mock the step to go on without it"
            )));
        };
        if tools.iter().all(|tool| tool.name != found.name) {
            tools.push(found);
        }
    }
    Ok(tools)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(config: &Value, usual: Option<&str>) -> Result<Wish, StepError> {
        Wish::of(config.as_object().expect("an object"), usual)
    }

    #[test]
    fn prompts_say_everything_that_the_model_must_know() {
        let schema = json!({ "type": "object" });
        let rows = [
            (json!({ "systemPrompt": "Be brief." }), "Be brief.", None),
            (json!({ "userPrompt": { "a": 1 } }), "", Some("{\"a\":1}")),
            (
                json!({ "systemPrompt": "Hi.", "contextVariables": { "tier": "gold", "n": [1] } }),
                "Hi.\n\nContext:\ntier: gold\nn: [1]",
                None,
            ),
            (
                json!({ "system_prompt": "Hi.", "query": "What?", "outputFormat": "json" }),
                "Hi.\n\nAnswer with one JSON value and nothing else.",
                Some("What?"),
            ),
            (
                json!({ "systemPrompt": "Hi.", "outputSchema": schema }),
                "Hi.\n\nAnswer with one JSON value and nothing else. It must fit this JSON Schema: {\"type\":\"object\"}",
                None,
            ),
        ];
        for (config, system, user) in rows {
            let wish = of(&config, Some("m")).expect("a wish");
            assert_eq!((wish.system.as_str(), wish.user.as_deref()), (system, user));
        }
    }

    #[test]
    fn models_come_from_the_step_or_the_deployment() {
        let rows = [
            (json!({}), Some("usual"), Some(vec!["usual"])),
            (json!({ "model": "own" }), Some("usual"), Some(vec!["own"])),
            (json!({ "models": ["a", "b"] }), None, Some(vec!["a", "b"])),
            (
                json!({ "model": "own", "models": ["a"] }),
                None,
                Some(vec!["own"]),
            ),
            (json!({}), None, None),
        ];
        for (mut config, usual, expected) in rows {
            let fields = config.as_object_mut().expect("an object");
            fields.insert("systemPrompt".to_owned(), json!("x"));
            let models = of(&config, usual).ok().map(|wish| wish.models);
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(models, expected, "{config}");
        }
    }

    #[test]
    fn what_was_said_before_is_a_list_of_messages() {
        let said = |role: &str, content: Value| json!({ "role": role, "content": content });
        let given = json!([
            said("system", json!("Be brief.")),
            said("user", json!("Hello")),
            said("assistant", json!({ "text": "Hi!" })),
        ]);
        let config = json!({ "systemPrompt": "x", "history": given });
        let wish = of(&config, Some("m")).expect("a wish");
        let told: Vec<(&str, &str)> = wish
            .history
            .iter()
            .map(|message| match message {
                Message::User { text } => ("user", text.as_str()),
                Message::Assistant { text, .. } => ("assistant", text.as_str()),
                Message::Tool { result, .. } => panic!("{result}"),
            })
            .collect();
        assert_eq!(
            told,
            [("user", "Hello"), ("assistant", "{\"text\":\"Hi!\"}")]
        );
        for nothing in [json!(null), json!([])] {
            let config = json!({ "systemPrompt": "x", "history": nothing });
            assert_eq!(of(&config, Some("m")).expect("a wish").history, []);
        }
    }

    #[test]
    fn what_cannot_be_asked_for_is_named() {
        let rows = [
            (
                json!({ "systemPrompt": "x", "toolsElsewhere": ["get_order"] }),
                "`get_order` is not available",
            ),
            (
                json!({ "systemPrompt": "x", "history": "Hello" }),
                "`history` is a list",
            ),
            (
                json!({ "systemPrompt": "x", "history": [{ "content": "Hello" }] }),
                "a `role`",
            ),
            (json!({ "systemPrompt": "" }), "no prompt"),
            (
                json!({ "systemPrompt": "x", "tools": ["web"] }),
                "`web` is not available",
            ),
            (
                json!({ "systemPrompt": "x", "mcpServerIds": ["a"] }),
                "MCP servers",
            ),
            (
                json!({ "systemPrompt": "x", "outputSchema": { "type": 7 } }),
                "no JSON Schema",
            ),
            (
                json!({ "systemPrompt": "x", "budget": { "tokens": 1, "onExceeded": "beg" } }),
                "`warn`, `stop` or `ask`",
            ),
        ];
        for (config, part) in rows {
            let message = of(&config, Some("m")).expect_err("a refusal").message;
            assert!(message.contains(part), "{message}");
        }
    }
}
