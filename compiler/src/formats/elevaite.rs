//! elevAIte-style definitions: steps with `step_id`, `step_type` and `parameters`, joined by `next_steps` and
//! `else_steps`, by `dependencies`, or by `connections`.
//!
//! ```json
//! { "step_id": "check", "step_type": "condition", "parameters": { "condition": "{{input.priority}} == 'high'" },
//!   "next_steps": ["escalate"], "else_steps": ["answer"] }
//! ```
//!
//! becomes
//!
//! ```json
//! { "stepSlug": "check", "stepType": "condition", "config": { "expression": "input.priority == 'high'" },
//!   "nextSteps": { "true": "escalate", "false": "answer" } }
//! ```

mod agents;
mod asked;
mod choices;
mod conditions;
mod configs;
mod data;
mod edges;
mod entry;
mod gathers;
mod loops;
mod policy;
mod processing;
mod requests;
mod steps;
mod texts;
mod tools;
mod transforms;
mod waits;
mod words;

use super::Translation;
use super::build::{Object, list, number, text};
use super::told::Word;
use crate::check::divides_soundly;
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Node, given};

/// The fields of a definition.
const FIELDS: [Field; 19] = [
    ("config", Shape::Object),
    ("workflow_id", Shape::Any),
    ("id", Shape::Any),
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("version", Shape::Any),
    ("steps", Shape::Any),
    ("global_config", Shape::Object),
    ("tags", Shape::Texts),
    ("timeout_seconds", Shape::FromZero),
    ("created_by", Shape::Any),
    ("connections", Shape::List),
    ("execution_pattern", Shape::Text),
    ("status", Shape::Any),
    ("created_at", Shape::Any),
    ("updated_at", Shape::Any),
    ("lints", Shape::Any),
    ("secrets", Shape::Object),
    ("metadata", Shape::Any),
];

/// What native fields are called here.
pub(super) const WORDS: [Word; 38] = [
    ("", "stepSlug", "step_id"),
    ("", "stepType", "step_type"),
    ("", "nextSteps", "next_steps"),
    ("", "dependsOn", "dependencies"),
    ("", "runIf", "conditions"),
    ("", "onError", "critical"),
    ("", "timeoutSeconds", "timeout_seconds"),
    ("", "retryPolicy", "retry"),
    ("", "maxRetries", "max_retries"),
    ("", "backoffMs", "retry_delay_seconds"),
    ("", "maxBackoffMs", "max_retry_delay_seconds"),
    ("", "backoffRate", "retry_strategy"),
    ("trigger", "type", "kind"),
    ("trigger", "path", "webhook_path"),
    ("trigger", "inputSchema", "schema"),
    ("llm", "systemPrompt", "system_prompt"),
    ("llm", "userPrompt", "query"),
    ("llm", "model", "model_name"),
    ("llm", "maxTokens", "max_tokens"),
    ("llm", "maxSteps", "max_iterations"),
    ("llm", "outputFormat", "output_schema"),
    ("llm", "outputSchema", "output_schema"),
    ("action", "type", "tool_name"),
    ("request", "query", "query_params"),
    ("request", "okStatuses", "expected_status"),
    ("approval", "requireComment", "require_comment"),
    ("approval", "timeoutHours", "timeout_hours"),
    ("condition", "expression", "condition"),
    ("loop", "itemVariable", "item_variable"),
    ("loop", "indexVariable", "index_variable"),
    ("loop", "maxIterations", "max_iterations"),
    ("loop", "continueOnError", "continue_on_error"),
    ("loop", "concurrency", "max_concurrency"),
    ("merge", "combine", "combine_mode"),
    ("transform", "mappings", "mapping"),
    ("subflow", "workflow", "workflow_id"),
    ("subflow", "input", "input_mapping"),
    ("output", "mapping", "output_mapping"),
];

/// The name of a definition that has none.
const UNNAMED: &str = "Unnamed Workflow";

/// Translates a definition.
pub(super) fn translate(root: &Node, translation: &mut Translation<'_>) -> Node {
    fields::check(
        root,
        &FIELDS,
        "a definition",
        Templates::Refused,
        translation.diagnostics,
    );
    let mut definition = Object::of(root);
    let name = given(root, "name").cloned();
    definition.put("name", name.unwrap_or_else(|| text(root, UNNAMED)));
    definition.maybe("description", given(root, "description").cloned());
    definition.maybe(
        "version",
        given(root, "version")
            .filter(|version| version.as_str().is_some())
            .cloned(),
    );
    definition.maybe("tags", given(root, "tags").cloned());
    let mut steps = steps::collect(root, translation);
    choices::verdicts(root, &mut steps);
    for step in &steps {
        translation.authored.name_step(&step.slug, &step.id);
    }
    let config = config(root, &steps, translation);
    if !config.is_empty() {
        definition.put("config", config.build());
    }
    let edges = edges::find(root, &steps, translation);
    gathers::find(root, &mut steps, &edges);
    // What is no list is refused in the words that every format shares.
    let written = root.get("steps");
    let Some(listed) = written.filter(|steps| matches!(steps.data, Data::Array(_))) else {
        definition.maybe("steps", written.cloned());
        definition.maybe("lints", given(root, "lints").cloned());
        return definition.build();
    };
    let write = |steps: &[steps::Step<'_>], is_asked, translation: &mut Translation<'_>| {
        let texts = texts::Texts::new(root, steps);
        data::without_output(steps, &edges, is_asked, translation);
        let natives = configs::translate(steps, edges.clone(), is_asked, &texts, translation);
        texts.findings(root, steps, translation);
        let mut definition = definition.clone();
        definition.put("steps", list(listed, natives));
        definition.maybe("lints", given(root, "lints").cloned());
        definition.build()
    };
    let before = translation.mark();
    let led = write(&steps, false, translation);
    if !asked::can_be(&steps, &edges) {
        asked::say_crossing(&steps, &edges, translation);
        return led;
    }
    // Asked, a choice beside others can end well what it leads to the end.
    let ends_badly = translation.has_said("ends-beside-others", &before);
    if divides_soundly(&led) && !ends_badly && asked::crossing(&steps, &edges).is_empty() {
        return led;
    }
    translation.back_to(before);
    asked::ask(&mut steps, &edges);
    write(&steps, true, translation)
}

/// What is said of the whole workflow.
fn config(root: &Node, steps: &[steps::Step<'_>], translation: &mut Translation<'_>) -> Object {
    let mut config = Object::of(root);
    if let Some(seconds) = given(root, "timeout_seconds")
        && let Some(milliseconds) = super::seconds::milliseconds(seconds)
    {
        config.put("timeout", number(seconds, milliseconds));
    }
    if let Some(globals) = given(root, "global_config").filter(|node| !node.entries().is_empty()) {
        config.put("variables", globals.clone());
    }
    config.maybe("secrets", given(root, "secrets").cloned());
    config.maybe("schedule", entry::beside(steps, translation));
    super::native_settings(root, &mut config);
    config.maybe("retryPolicy", policy::usual(root, steps, translation));
    config
}
