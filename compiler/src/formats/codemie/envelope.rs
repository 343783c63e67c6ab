//! What stands around the states: a workflow with its `execution_config`, its text in `yaml_config`, or the bare config.

use std::ops::Range;

use super::super::Translation;
use super::super::build::text;
use super::{given, word};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{self, Data, Node, Notation};

/// The fields of a workflow.
const OUTER: [Field; 23] = [
    ("config", Shape::Object),
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("start_hint", Shape::Any),
    ("icon_url", Shape::Any),
    ("mode", Shape::Text),
    ("project", Shape::Any),
    ("shared", Shape::Flag),
    ("execution_config", Shape::Object),
    ("yaml_config", Shape::Text),
    ("slug", Shape::Any),
    ("video_link", Shape::Any),
    ("id", Shape::Any),
    ("created_by", Shape::Any),
    ("created_date", Shape::Any),
    ("update_date", Shape::Any),
    ("updated_by", Shape::Any),
    ("schema_url", Shape::Any),
    ("supervisor_prompt", Shape::Any),
    ("is_global", Shape::Any),
    ("lints", Shape::Any),
    ("tags", Shape::Any),
    ("meta", Shape::Any),
];

/// The fields of what is executed.
const EXECUTION: [Field; 16] = [
    ("assistants", Shape::List),
    ("tools", Shape::List),
    ("custom_nodes", Shape::List),
    // What is no list is said to be none where the states are read.
    ("states", Shape::Any),
    ("retry_policy", Shape::Object),
    ("messages_limit_before_summarization", Shape::Whole),
    ("tokens_limit_before_summarization", Shape::Whole),
    ("enable_summarization_node", Shape::Flag),
    ("recursion_limit", Shape::Whole),
    ("max_concurrency", Shape::Whole),
    ("verbose", Shape::Flag),
    ("max_iteration_key_output_limit", Shape::Whole),
    ("type", Shape::Any),
    ("name", Shape::Any),
    ("description", Shape::Any),
    ("lints", Shape::Any),
];

/// The fields of a retry policy.
pub(super) const RETRIES: [Field; 4] = [
    ("initial_interval", Shape::FromZero),
    ("backoff_factor", Shape::Within(1, 10)),
    ("max_interval", Shape::FromZero),
    ("max_attempts", Shape::Between(1, 100)),
];

/// The name of a definition that has none.
const UNNAMED: &str = "Unnamed workflow";

/// What is executed, wherever it stands.
pub(super) struct Envelope {
    pub(super) execution: Node,
}

impl Envelope {
    pub(super) fn name(&self, root: &Node) -> Node {
        let name = given(root, "name").or_else(|| given(&self.execution, "name"));
        name.cloned().unwrap_or_else(|| text(root, UNNAMED))
    }
}

/// Finds what is executed.
pub(super) fn open(root: &Node, translation: &mut Translation<'_>) -> Envelope {
    let inner = given(root, "execution_config").filter(|node| node.is_object());
    let written = given(root, "yaml_config");
    let execution = match (inner, written.and_then(|node| Some((node, node.as_str()?)))) {
        (Some(inner), _) => inner.clone(),
        (None, Some((node, yaml))) => of_text(node, yaml, translation),
        (None, None) => root.clone(),
    };
    let is_wrapped = inner.is_some() || written.is_some();
    let says = &mut *translation.diagnostics;
    if is_wrapped {
        fields::check(root, &OUTER, "a workflow", Templates::Refused, says);
        fields::check(
            &execution,
            &EXECUTION,
            "`execution_config`",
            Templates::Refused,
            says,
        );
    } else {
        let both: Vec<Field> = OUTER.into_iter().chain(EXECUTION).collect();
        fields::check(root, &both, "a workflow", Templates::Refused, says);
    }
    if let Some(policy) = given(&execution, "retry_policy") {
        fields::check(policy, &RETRIES, "a retry policy", Templates::Refused, says);
    }
    if word(root, "mode").is_some_and(|mode| mode != "Sequential") {
        let node = given(root, "mode").unwrap_or(root);
        translation.say(
            Diagnostic::error(codes::INVALID_VALUE, "only workflows of the mode `Sequential` run here")
                .on(node)
                .help("name the states one after the other: a model that chooses what to do is an assistant with tools"),
        );
    }
    for (field, least, most) in [
        ("max_concurrency", 1, 100),
        ("recursion_limit", 1, 5000),
        ("messages_limit_before_summarization", 1, 10_000),
        ("max_iteration_key_output_limit", 1, 10_000),
    ] {
        let node = given(&execution, field);
        let value = node.and_then(crate::shape::whole);
        if let (Some(node), Some(value)) = (node, value)
            && !(least..=most).contains(&value)
        {
            let message = format!("`{field}` is a number from {least} to {most}, not {value}");
            translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
        }
    }
    Envelope { execution }
}

/// What a text of YAML holds, with the places in the author's text.
fn of_text(node: &Node, yaml: &str, translation: &mut Translation<'_>) -> Node {
    let places = Places {
        node,
        offsets: node.offsets(translation.text),
    };
    match source::read(yaml, Notation::Yaml) {
        Ok(mut inner) => {
            places.move_to(&mut inner);
            let execution = inner.get("execution_config").cloned();
            execution.unwrap_or(inner)
        }
        Err(diagnostic) => {
            let message = format!("`yaml_config` is not YAML: {}", diagnostic.message);
            translation.say(
                Diagnostic::error(codes::SYNTAX, message)
                    .at(node.pointer.clone(), places.of(&diagnostic.span))
                    .maybe_help(diagnostic.help),
            );
            super::super::build::made(node, Data::Null)
        }
    }
}

/// Where what a text holds stands in the author's text.
struct Places<'n> {
    /// The text, and the place of all of it where its letters cannot be followed.
    node: &'n Node,
    offsets: Option<Vec<usize>>,
}

impl Places<'_> {
    fn of(&self, inner: &Range<usize>) -> Range<usize> {
        let offset = |at: usize| self.offsets.as_ref()?.get(at).copied();
        let Some(start) = offset(inner.start) else {
            return self.node.span.clone();
        };
        // The end is where the last byte ends, not where the next one begins, perhaps a line further down.
        let last = inner.end.checked_sub(1).filter(|_| !inner.is_empty());
        let end = last.and_then(offset).map_or(start, |last| last + 1);
        // A text has an end of its last line where the author's text has none.
        let whole = self.offsets.as_ref().and_then(|offsets| offsets.last());
        start..whole.map_or(end, |whole| end.min(*whole))
    }

    fn move_to(&self, inner: &mut Node) {
        inner.span = self.of(&inner.span);
        inner.pointer.clone_from(&self.node.pointer);
        match &mut inner.data {
            Data::Array(elements) => elements
                .iter_mut()
                .for_each(|element| self.move_to(element)),
            Data::Object(entries) => {
                for entry in entries {
                    entry.key_span = self.of(&entry.key_span);
                    self.move_to(&mut entry.node);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, compile};

    #[test]
    fn places_lie_in_a_text_whose_last_line_has_no_end() {
        let text = "yaml_config: |\n  assistants:\n    - id: a\n      system_prompt: s\n    - id: ";
        let found = compile(text, Notation::Yaml, Options::default()).diagnostics;
        assert!(!found.is_empty());
        for one in found {
            assert!(
                text.get(one.span.clone()).is_some(),
                "{}: {:?}",
                one.message,
                one.span
            );
        }
    }
}
