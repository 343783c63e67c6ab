//! Reads what `next` of a state says.

use std::collections::BTreeMap;

use super::super::super::Translation;
use super::super::{given, word};
use super::{END, Next};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape::misfit;
use crate::source::{Data, Node};
use crate::steps::llm::is_empty;

const NEXT: [Field; 16] = [
    ("state_id", Shape::Text),
    ("state_ids", Shape::Texts),
    ("condition", Shape::Object),
    ("switch", Shape::Object),
    ("iter_key", Shape::Text),
    ("output_key", Shape::Text),
    ("store_in_context", Shape::Flag),
    ("include_in_llm_history", Shape::Flag),
    ("keep_history", Shape::Flag),
    ("clear_prior_messages", Shape::Flag),
    ("clear_context_store", Shape::Any),
    ("reset_keys_in_context_store", Shape::Texts),
    ("include_in_iterator_context", Shape::Texts),
    ("append_to_context", Shape::Flag),
    ("override_task", Shape::Flag),
    ("meta", Shape::Any),
];

const CONDITION: [Field; 3] = [
    ("expression", Shape::Text),
    ("then", Shape::Text),
    ("otherwise", Shape::Text),
];
const SWITCH: [Field; 2] = [("cases", Shape::List), ("default", Shape::Text)];
const CASE: [Field; 2] = [("condition", Shape::Text), ("state_id", Shape::Text)];

pub(super) struct Reader<'t, 'd> {
    pub(super) ids: BTreeMap<String, usize>,
    pub(super) translation: &'t mut Translation<'d>,
}

impl Reader<'_, '_> {
    pub(super) fn next<'a>(&mut self, state: &'a Node, id: &str) -> Next<'a> {
        let Some(next) = given(state, "next") else {
            let message = format!("state `{id}` has no `next`");
            self.say(
                Diagnostic::error(codes::MISSING_FIELD, message)
                    .on(state)
                    .help("add `next: { state_id: end }` where the run ends"),
            );
            return Next::One(None);
        };
        if !next.is_object() {
            let id = next.as_str().filter(|id| !id.is_empty()).unwrap_or("...");
            self.say(
                misfit("next", Shape::Object, next)
                    .help(format!("write `next: {{ state_id: {id} }}`")),
            );
            return Next::One(None);
        }
        fields::check(
            next,
            &NEXT,
            "`next`",
            Templates::Refused,
            self.translation.diagnostics,
        );
        self.exclusions(next);
        if let Some(condition) = given(next, "condition") {
            fields::check(
                condition,
                &CONDITION,
                "a condition",
                Templates::Refused,
                self.translation.diagnostics,
            );
            let expression = self.needed(condition, "expression", "a condition");
            let targets = ["then", "otherwise"].map(|field| {
                let node = self.needed(condition, field, "a condition");
                node.and_then(|node| self.target(node, id))
            });
            return Next::Condition(expression.unwrap_or(condition), targets);
        }
        if let Some(switch) = given(next, "switch") {
            fields::check(
                switch,
                &SWITCH,
                "a switch",
                Templates::Refused,
                self.translation.diagnostics,
            );
            let mut cases = Vec::new();
            for case in switch.get("cases").map(Node::elements).unwrap_or_default() {
                fields::check(
                    case,
                    &CASE,
                    "a case",
                    Templates::Refused,
                    self.translation.diagnostics,
                );
                let condition = self.needed(case, "condition", "a case");
                let target = self.needed(case, "state_id", "a case");
                let target = target.and_then(|node| self.target(node, id));
                cases.push((condition.unwrap_or(case), target));
            }
            let listed = given(switch, "cases").unwrap_or(switch);
            // What is no list is said to be none.
            if cases.is_empty() && (listed == switch || is_empty(listed)) {
                let message = "a switch has cases";
                self.say(Diagnostic::error(codes::MISSING_FIELD, message).on(listed));
            }
            let default = self.needed(switch, "default", "a switch");
            let default = default.and_then(|node| self.target(node, id));
            return Next::Switch(cases, default, switch);
        }
        if let Some(many) = some(next, "state_ids") {
            let targets: Vec<_> = many
                .elements()
                .iter()
                .filter_map(|node| Some((self.target(node, id)?, node)))
                .collect();
            return match targets.as_slice() {
                [] => Next::One(None),
                [(target, _)] => Next::One(Some(*target)),
                _ => Next::Many(targets),
            };
        }
        let Some(node) = some(next, "state_id") else {
            let message = format!("`next` of state `{id}` leads nowhere");
            self.say(
                Diagnostic::error(codes::MISSING_FIELD, message)
                    .on(next)
                    .help("add a `state_id`, `state_ids`, a `condition` or a `switch`"),
            );
            return Next::One(None);
        };
        let target = self.target(node, id);
        match (target, word(next, "iter_key")) {
            (Some(target), Some(_)) => Next::Each(target, node),
            _ => Next::One(target),
        }
    }

    fn exclusions(&mut self, next: &Node) {
        let pairs = [
            ("condition", "switch"),
            ("state_id", "state_ids"),
            ("state_ids", "iter_key"),
            ("state_ids", "condition"),
            ("state_ids", "switch"),
            ("iter_key", "condition"),
            ("iter_key", "switch"),
        ];
        for (one, other) in pairs {
            if let (Some(_), Some(node)) = (some(next, one), some(next, other)) {
                let message = format!("`{one}` and `{other}` exclude each other");
                self.say(
                    Diagnostic::error(codes::INVALID_VALUE, message)
                        .on(node)
                        .help("keep one of them"),
                );
            }
        }
        for choice in ["condition", "switch"] {
            if let (Some(_), Some(node)) = (some(next, choice), some(next, "state_id")) {
                let message = format!("beside a `{choice}` the `state_id` is not looked at");
                self.translation
                    .differs("fields-that-do-nothing", node, message);
            }
        }
        let clear = given(next, "clear_context_store");
        if let Some(clear) = clear.filter(|node| {
            !matches!(node.data, Data::Bool(_)) && node.as_str() != Some("keep_current")
        }) {
            let message = "`clear_context_store` is true, false or `keep_current`";
            self.say(Diagnostic::error(codes::INVALID_VALUE, message).on(clear));
        }
    }

    fn needed<'a>(&mut self, node: &'a Node, field: &str, what: &str) -> Option<&'a Node> {
        let found = given(node, field);
        if found.is_none() {
            let message = format!("{what} has no `{field}`");
            let help = match field {
                "expression" | "condition" => format!("add `{field}`: an expression of Python"),
                _ => format!("add `{field}`: the id of a state, or `end`"),
            };
            self.say(
                Diagnostic::error(codes::MISSING_FIELD, message)
                    .on(node)
                    .help(help),
            );
        }
        found
    }

    /// The state of an id; the end is none.
    fn target(&mut self, node: &Node, from: &str) -> Option<usize> {
        // What is no text is said to be none.
        let id = node.as_str()?;
        if let Some(target) = self.ids.get(id) {
            return Some(*target);
        }
        if id != END && id != "END" && id != "__end__" {
            let known = self.ids.keys().map(String::as_str).chain([END]);
            let help = near(id, known);
            let help = help.map(|near| format!("did you mean `{near}`?"));
            let message = format!("state `{from}` leads to `{id}`, which does not exist");
            self.say(
                Diagnostic::error(codes::UNKNOWN_STEP, message)
                    .on(node)
                    .maybe_help(help),
            );
        }
        None
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.translation.say(diagnostic);
    }
}

/// A field that says something: empty texts and lists stand for what is not there.
fn some<'a>(node: &'a Node, field: &str) -> Option<&'a Node> {
    given(node, field).filter(|node| !is_empty(node))
}
