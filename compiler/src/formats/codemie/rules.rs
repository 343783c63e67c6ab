//! What `next` and the workflow say of the context, the messages, and how much there may be of anything.

use serde_json::{Map, Value};

use super::super::literal::literal;
use super::states::State;
use super::steps::Writer;
use super::{given, is_true};
use crate::source::{Data, Node};

/// What the whole workflow says of what follows.
pub(super) struct Settings {
    pub(super) concurrency: u64,
    pub(super) most_items: u64,
    most_messages: Option<u64>,
    /// How many states a line may pass.
    most_states: Option<u64>,
}

impl Settings {
    pub(super) fn of(execution: &Node) -> Self {
        let whole = |field: &str| given(execution, field).and_then(crate::shape::whole);
        Self {
            concurrency: whole("max_concurrency").unwrap_or(2).clamp(1, 100),
            most_items: whole("max_iteration_key_output_limit").unwrap_or(200),
            most_messages: whole("messages_limit_before_summarization"),
            most_states: whole("recursion_limit"),
        }
    }
}

impl Writer<'_, '_> {
    /// What `next` says of the context and the messages, as the last argument.
    pub(super) fn rules(&self, state: &State<'_>) -> String {
        let mut rules = Map::new();
        if let Some(limit) = self.settings.most_states {
            rules.insert("limit".to_owned(), limit.into());
        }
        let flag = |field: &str| state.rule(field).map(|node| node.data == Data::Bool(true));
        if let Some(key) = state.output_key() {
            rules.insert("key".to_owned(), key.into());
        }
        let flags = [
            ("store_in_context", "store", false),
            ("include_in_llm_history", "history", false),
            ("keep_history", "history", false),
            ("append_to_context", "append", true),
            ("clear_prior_messages", "forget", true),
            ("override_task", "override", true),
            ("clear_context_store", "clear", true),
        ];
        for (field, rule, unusual) in flags {
            if flag(field) == Some(unusual) {
                rules.insert(rule.to_owned(), unusual.into());
            }
        }
        if state.rule("clear_context_store").and_then(Node::as_str) == Some("keep_current") {
            rules.insert("clear".to_owned(), "keep_current".into());
        }
        if let Some(keys) = state.rule("reset_keys_in_context_store") {
            rules.insert("reset".to_owned(), keys.to_json());
        }
        if is_true(state.node, "result_as_human_message") {
            rules.insert("human".to_owned(), true.into());
        }
        if let Some(most) = self.settings.most_messages {
            rules.insert("messages".to_owned(), most.into());
        }
        if let Some(pointer) = self.pointer(state) {
            rules.insert("pointer".to_owned(), pointer.into());
        }
        let asked = [
            ("resolve", self.resolves(state)),
            ("keep", self.parts.is_processed(&state.id)),
            ("keep_all", self.parts.is_all_processed()),
        ];
        for (rule, _) in asked.into_iter().filter(|(_, is_asked)| *is_asked) {
            rules.insert(rule.to_owned(), true.into());
        }
        if rules.is_empty() {
            return String::new();
        }
        format!(", {}", literal(&Value::Object(rules)))
    }
}
