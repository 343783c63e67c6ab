//! CodeMie-style definitions: assistants, tools and custom nodes, and states that run them one after the other.
//!
//! ```yaml
//! assistants: [{ id: writer, model: gpt-4o, system_prompt: You write. }]
//! states:
//!   - { id: draft, assistant_id: writer, task: "Write about {{topic}}", next: { state_id: end } }
//! ```
//!
//! becomes an `llm` step `draft`, and behind it a step `draft_flow` that sets the variable `flow`: the context of names,
//! the messages so far, the task and the last result, which CodeMie's states hand on. Such steps ride along with the
//! state's own. Branches have a flow of their own, which their join brings together; so have iterations.

mod custom;
mod envelope;
mod knots;
mod known;
mod mappings;
mod native;
mod next;
mod parts;
mod regions;
mod rules;
mod states;
mod steps;
mod strands;
mod texts;

use super::Translation;
use super::build::{Object, list, number, text};
use super::seconds::milliseconds;
use super::told::Word;
use crate::source::{Node, given};

/// What native fields are called here.
pub(super) const WORDS: [Word; 23] = [
    ("", "steps", "states"),
    ("", "stepSlug", "id"),
    ("", "nextSteps", "next"),
    ("", "maxRetries", "max_attempts"),
    ("", "backoffMs", "initial_interval"),
    ("", "backoffRate", "backoff_factor"),
    ("", "maxBackoffMs", "max_interval"),
    ("llm", "systemPrompt", "system_prompt"),
    ("llm", "userPrompt", "task"),
    ("llm", "maxTokens", "max_tokens"),
    ("llm", "outputSchema", "output_schema"),
    ("llm", "knowledgeFileIds", "datasource_ids"),
    ("llm", "mcpServerIds", "mcp_servers"),
    ("action", "type", "tool"),
    ("action", "parameters", "tool_args"),
    ("transform", "onError", "on_error"),
    ("transform", "field", "output_field"),
    ("transform", "path", "source_path"),
    ("transform", "outputSchema", "output_schema"),
    ("loop", "items", "iter_key"),
    ("loop", "concurrency", "max_concurrency"),
    ("loop", "maxIterations", "max_iteration_key_output_limit"),
    ("parallel", "branches", "state_ids"),
];

/// What to do here instead of what native help says.
pub(super) const HELPS: [(&str, &str); 3] = [
    (
        crate::prove::UNBOUNDED,
        "set a lower `recursion_limit`: no branch and no item passes more states than it says",
    ),
    (
        crate::prove::UNCOUNTED,
        "set a `recursion_limit`: no branch and no item passes more states than it says",
    ),
    (
        crate::lints::COMPARE,
        "compare something that the state gives: `status == 'active'`, where it gives a `status`",
    ),
];

/// The variable that states hand on.
const FLOW: &str = "flow";

/// Translates a definition.
pub(super) fn translate(root: &Node, translation: &mut Translation<'_>) -> Node {
    let envelope = envelope::open(root, translation);
    let execution = &envelope.execution;
    let parts = parts::Parts::collect(execution, translation);
    let states = states::collect(execution, translation);
    let regions = regions::Regions::find(&states, translation);
    for state in &states {
        translation.authored.name_step(&state.slug, &state.id);
    }
    let mut definition = Object::of(root);
    definition.put("name", envelope.name(root));
    let description = given(root, "description").filter(|node| node.as_str().is_some());
    definition.maybe("description", description.cloned());
    let mut config = Object::of(execution);
    let mut variables = Object::of(execution);
    variables.put(FLOW, text(execution, "{{input|flowStart}}"));
    config.put("variables", variables.build());
    if states.iter().any(|state| state.acts(&parts)) {
        config.put("retryPolicy", policy(execution, translation));
    }
    super::native_settings(root, &mut config);
    definition.put("config", config.build());
    notes(execution, &states, translation);
    let settings = rules::Settings::of(execution);
    let known = known::Known::of(&states, &parts);
    let mut natives = Vec::new();
    for (at, state) in states.iter().enumerate() {
        let writer = steps::Writer {
            states: &states,
            parts: &parts,
            regions: &regions,
            settings: &settings,
            known: &known,
        };
        known.reads(at, translation);
        stays(
            state,
            regions.keys_around(regions.region_of(at)).next(),
            translation,
        );
        let made = writer.state(at, state, translation);
        translation.owns(&made, Some(&state.slug), Some(&state.id));
        natives.extend(made);
    }
    if let Some(lints) = given(root, "lints") {
        definition.put("lints", lints.clone());
    }
    let of = given(execution, "states").unwrap_or(execution);
    definition.put("steps", list(of, natives));
    definition.build()
}

/// What is tried again where a state says nothing: up to ten times, after half a second, doubling up to 128 seconds.
fn policy(execution: &Node, translation: &mut Translation<'_>) -> Node {
    if let Some(policy) = given(execution, "retry_policy") {
        return retries(policy);
    }
    let of = given(execution, "states").unwrap_or(execution);
    translation.differs(
        "tried-ten-times",
        of,
        "a state that says nothing of retries is tried up to ten times, as there; what may have acted is not repeated blindly",
    );
    let mut policy = Object::of(of);
    policy.put("maxRetries", number(of, 9));
    policy.put("backoffMs", number(of, 1000));
    policy.put("maxBackoffMs", number(of, 128_000));
    policy.build()
}

/// A retry policy: its first attempt is one of them.
fn retries(policy: &Node) -> Node {
    let mut native = Object::of(policy);
    let attempts = given(policy, "max_attempts").and_then(crate::shape::whole);
    let of = given(policy, "max_attempts").unwrap_or(policy);
    native.put(
        "maxRetries",
        number(of, attempts.unwrap_or(10).saturating_sub(1)),
    );
    let time = |field: &str, usual: u64| {
        let node = given(policy, field).unwrap_or(policy);
        number(node, milliseconds(node).unwrap_or(usual).max(1000))
    };
    native.put("backoffMs", time("initial_interval", 500));
    native.maybe("backoffRate", given(policy, "backoff_factor").cloned());
    native.put("maxBackoffMs", time("max_interval", 128_000));
    native.build()
}

/// What a state of an iteration leads to by a choice, or by several ways at once, runs for each item.
fn stays(state: &states::State<'_>, key: Option<&str>, translation: &mut Translation<'_>) {
    let divides = match &state.next {
        states::Next::One(_) | states::Next::Each(..) => false,
        states::Next::Many(_) | states::Next::Condition(..) | states::Next::Switch(..) => true,
    };
    if let Some(key) = key.filter(|_| divides) {
        let message = format!(
            "what `{}` leads to runs for each item of `{key}`, up to where its ways meet; `finish_iteration` ends iterations at a plain `state_id`",
            state.id
        );
        let place = given(state.node, "next").unwrap_or(state.node);
        translation.differs("choices-stay-in-iterations", place, message);
    }
}

/// What means something else here, for the workflow as a whole.
fn notes(execution: &Node, states: &[states::State<'_>], translation: &mut Translation<'_>) {
    let of = given(execution, "states").unwrap_or(execution);
    let is_there = |node: &Node| !crate::steps::llm::is_empty(node);
    let has = |field| {
        states
            .iter()
            .any(|state| state.rule(field).is_some_and(is_there))
    };
    let counted = if has("state_ids") || has("iter_key") {
        "each line of states counts those that it has passed; branches and items count their own"
    } else {
        "the run fails where it would pass more states than these"
    };
    let rows = [
        ("recursion_limit", "states-are-counted", counted),
        (
            "tokens_limit_before_summarization",
            "messages-are-cut",
            "messages are not summarised; `messages_limit_before_summarization` keeps the last ones",
        ),
        (
            "messages_limit_before_summarization",
            "messages-are-cut",
            "older messages are left out instead of being summarised",
        ),
        (
            "max_concurrency",
            "branches-run-at-once",
            "`max_concurrency` bounds iterations; branches of `state_ids` all run at once",
        ),
    ];
    for (field, rule, message) in rows {
        // Where there are no branches, all at once are none.
        if rule == "branches-run-at-once" && !has("state_ids") {
            continue;
        }
        if let Some(node) = given(execution, field) {
            translation.differs(rule, node, message);
        }
    }
    if given(execution, "enable_summarization_node")
        .is_some_and(|flag| flag.data == crate::source::Data::Bool(true))
    {
        let node = given(execution, "enable_summarization_node").unwrap_or(of);
        translation.differs(
            "no-final-summary",
            node,
            "no model sums up the run at its end: the last state's output is the run's; add a state with a `result_finalizer_node`",
        );
    }
    if states.len() > 1 {
        translation.differs(
            "messages-in-the-prompt",
            of,
            "an assistant is shown what was said so far in its prompt, below its task, instead of as messages of its own",
        );
    }
}

/// The text of a field, and none where it is empty.
fn word<'node>(node: &'node Node, field: &str) -> Option<&'node str> {
    given(node, field)?.as_str().filter(|text| !text.is_empty())
}

/// Whether a field says `true`.
fn is_true(node: &Node, field: &str) -> bool {
    given(node, field).is_some_and(|flag| flag.data == crate::source::Data::Bool(true))
}
