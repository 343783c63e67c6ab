//! The states of a definition, and what each leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Translation;
use super::super::slugs::{free, slug};
use super::parts::{Part, Parts};
use super::{given, is_true, word};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::parse::LONGEST_SLUG;
use crate::source::{Data, Node};

const STATE: [Field; 17] = [
    ("id", Shape::Text),
    ("assistant_id", Shape::Text),
    ("tool_id", Shape::Text),
    ("custom_node_id", Shape::Text),
    ("task", Shape::Text),
    ("tool_args", Shape::Object),
    ("output_schema", Shape::Any),
    ("next", Shape::Object),
    ("finish_iteration", Shape::Flag),
    ("retry_policy", Shape::Object),
    ("interrupt_before", Shape::Flag),
    ("wait_for_user_confirmation", Shape::Flag),
    ("resolve_dynamic_values_in_prompt", Shape::Flag),
    ("result_as_human_message", Shape::Flag),
    ("name", Shape::Any),
    ("description", Shape::Any),
    ("position", Shape::Any),
];

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

/// The id that ends a run.
pub(super) const END: &str = "end";

/// The longest of what the name of a step ends with that is made for a state.
const LONGEST_SUFFIX: usize = "_begin_40".len();

/// A state.
pub(super) struct State<'a> {
    pub(super) node: &'a Node,
    pub(super) id: String,
    /// How it is called here.
    pub(super) slug: String,
    pub(super) next: Next<'a>,
}

/// Where a state leads; none of the places is the end.
pub(super) enum Next<'a> {
    One(Option<usize>),
    /// The states that run side by side.
    Many(Vec<(usize, &'a Node)>),
    /// Each item of a list goes to a state.
    Each(usize, &'a Node),
    /// An expression, and where it leads if it holds and if it does not.
    Condition(&'a Node, [Option<usize>; 2]),
    /// Cases with their expressions, and where none holds.
    Switch(Vec<(&'a Node, Option<usize>)>, Option<usize>, &'a Node),
}

impl<'a> State<'a> {
    /// What `next` says.
    pub(super) fn rule(&self, field: &str) -> Option<&'a Node> {
        given(given(self.node, "next")?, field)
    }

    /// The key that the state goes through, or that it repeats.
    pub(super) fn key(&self) -> Option<&'a str> {
        self.rule("iter_key")?
            .as_str()
            .filter(|key| !key.is_empty())
    }

    pub(super) fn asks_first(&self) -> bool {
        is_true(self.node, "interrupt_before") || is_true(self.node, "wait_for_user_confirmation")
    }

    /// The step with which the state begins.
    pub(super) fn entry(&self) -> String {
        if self.asks_first() {
            format!("{}_approval", self.slug)
        } else {
            self.slug.clone()
        }
    }

    /// Whether it does something that may have to be tried again.
    pub(super) fn acts(&self, parts: &Parts<'_>) -> bool {
        !matches!(parts.of(self.node), Some(Part::Custom(_)))
    }

    /// Every state that may follow.
    pub(super) fn targets(&self) -> Vec<usize> {
        match &self.next {
            Next::One(target) => target.iter().copied().collect(),
            Next::Many(targets) => targets.iter().map(|(target, _)| *target).collect(),
            Next::Each(target, _) => vec![*target],
            Next::Condition(..) | Next::Switch(..) => {
                self.choices().into_iter().flatten().collect()
            }
        }
    }

    /// Where a choice behind it may lead; none of the places is the end.
    pub(super) fn choices(&self) -> Vec<Option<usize>> {
        match &self.next {
            Next::Condition(_, targets) => targets.to_vec(),
            Next::Switch(cases, default, _) => {
                let cases = cases.iter().map(|(_, target)| *target);
                cases.chain([*default]).collect()
            }
            Next::One(_) | Next::Many(_) | Next::Each(..) => Vec::new(),
        }
    }
}

/// Finds every state.
pub(super) fn collect<'a>(
    execution: &'a Node,
    translation: &mut Translation<'_>,
) -> Vec<State<'a>> {
    let nodes = execution
        .get("states")
        .map(Node::elements)
        .unwrap_or_default();
    let mut found: Vec<(&Node, String, String)> = Vec::new();
    // The authors' own names come first.
    let ids = nodes.iter().filter_map(|node| word(node, "id"));
    let mut taken: BTreeSet<String> = ids.map(str::to_owned).collect();
    let mut made: BTreeSet<String> = BTreeSet::new();
    for node in nodes {
        if !node.is_object() {
            let message = format!("a state is an object, not {}", node.noun());
            translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
            continue;
        }
        fields::check(
            node,
            &STATE,
            "a state",
            Templates::Refused,
            translation.diagnostics,
        );
        let id = if let Some(id) = word(node, "id") {
            id.to_owned()
        } else {
            let message = "the state has no `id`";
            translation.say(Diagnostic::error(codes::MISSING_FIELD, message).on(node));
            format!("state_{}", found.len() + 1)
        };
        if found.iter().any(|(_, known, _)| *known == id) {
            let message = format!("there are two states `{id}`");
            translation.say(
                Diagnostic::error(codes::DUPLICATE_STEP, message)
                    .on(given(node, "id").unwrap_or(node))
                    .help("give each an `id` of its own"),
            );
            continue;
        }
        if id == END {
            let message = "`end` is where a run ends, and no state's id";
            translation.say(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(given(node, "id").unwrap_or(node)),
            );
        }
        // What is made for a state has a name that begins with the state's.
        let wanted = slug(&id, &taken, LONGEST_SLUG - LONGEST_SUFFIX);
        // A name that is made here for another state gives way to none: this one does.
        let slug = if made.contains(&wanted) {
            free(&wanted, &taken, LONGEST_SLUG - LONGEST_SUFFIX)
        } else {
            wanted
        };
        for suffix in [
            "",
            "_approval",
            "_flow",
            "_next",
            "_join",
            "_each",
            "_item",
            "_last",
            "_edited",
            "_output",
        ] {
            taken.insert(format!("{slug}{suffix}"));
            made.insert(format!("{slug}{suffix}"));
        }
        found.push((node, id, slug));
    }
    let ids: BTreeMap<String, usize> = found
        .iter()
        .enumerate()
        .map(|(at, (_, id, _))| (id.clone(), at))
        .collect();
    let mut reader = Reader { ids, translation };
    found
        .into_iter()
        .map(|(node, id, slug)| State {
            node,
            next: reader.next(node, &id),
            id,
            slug,
        })
        .collect()
}

struct Reader<'t, 'd> {
    ids: BTreeMap<String, usize>,
    translation: &'t mut Translation<'d>,
}

impl Reader<'_, '_> {
    fn next<'a>(&mut self, state: &'a Node, id: &str) -> Next<'a> {
        let Some(next) = given(state, "next") else {
            let message = format!("state `{id}` has no `next`");
            self.say(
                Diagnostic::error(codes::MISSING_FIELD, message)
                    .on(state)
                    .help("add `next: { state_id: end }` where the run ends"),
            );
            return Next::One(None);
        };
        fields::check(
            next,
            &NEXT,
            "`next`",
            Templates::Refused,
            self.translation.diagnostics,
        );
        // What is no object has been refused.
        if !next.is_object() {
            return Next::One(None);
        }
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
            if cases.is_empty() {
                let message = "a switch has cases";
                let at = given(switch, "cases").unwrap_or(switch);
                self.say(Diagnostic::error(codes::MISSING_FIELD, message).on(at));
            }
            let default = self.needed(switch, "default", "a switch");
            let default = default.and_then(|node| self.target(node, id));
            return Next::Switch(cases, default, switch);
        }
        if let Some(many) = given(next, "state_ids") {
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
        let Some(node) = given(next, "state_id") else {
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
            let is_there = |field: &str| {
                given(next, field).is_some_and(|node| node.data != Data::Array(Vec::new()))
            };
            if is_there(one) && is_there(other) {
                let message = format!("`{one}` and `{other}` exclude each other");
                let node = given(next, other).unwrap_or(next);
                self.say(
                    Diagnostic::error(codes::INVALID_VALUE, message)
                        .on(node)
                        .help("keep one of them"),
                );
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
        let id = node.as_str().unwrap_or_default();
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
