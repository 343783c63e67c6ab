//! References: `step1.output.status` is `steps.step1.output.status` here, and a name alone is a field of the run's input.

mod decisions;
mod findings;
mod inputs;
mod mapping;
mod names;
mod outputs;
mod path;
mod steps;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(super) use mapping::{ARGUMENTS, MAPPING, PARAMETERS, PLACE, alone, has_template};
pub(super) use mapping::{Piece, pieces};
pub(super) use names::Names;
pub(super) use outputs::{answers_json, renamed};
pub(super) use path::{as_part, is_path};
use path::{divide, follow, length, member, normal, skip};
use pawl_contract::reference::ROOTS;
use pawl_expression::{Expression, Template};

use super::super::literal::quoted;
use super::given;
use super::steps::Step;
use super::waits::workflow_of;
use super::words::What;
use crate::source::{Data, Entry, Node};

/// The words of the format that mean something of the run.
const BUILT_IN: [(&str, &str); 19] = [
    ("current_time", "now"),
    ("current_time_local", "now"),
    ("current_timestamp", "now"),
    ("current_date", "now|slice(0, 10)"),
    ("current_year", "now|slice(0, 4)"),
    ("current_month", "now|slice(5, 7)"),
    ("current_day", "now|slice(8, 10)"),
    ("current_hour", "now|slice(11, 13)"),
    ("current_minute", "now|slice(14, 16)"),
    ("workflow_id", "wfDefinitionId"),
    ("execution_id", "executionId"),
    ("uuid", "$uuid"),
    ("organization_id", "organizationId"),
    ("user_id", "userId ?? input.user_id"),
    ("session_id", "threadId ?? input.session_id"),
    ("thread_id", "threadId"),
    ("history", "input.history"),
    ("current_message", "input.current_message"),
    ("last_output", "lastOutput"),
];

/// The words under which the outputs of all steps stand.
const ALL_STEPS: [&str; 5] = [
    "steps",
    "step_outputs",
    "step_results",
    "outputs",
    "results",
];

/// The words for the run's input.
const INPUTS: [&str; 4] = ["input", "inputs", "input_data", "trigger"];

/// What whoever starts a run knows beside its input; some give it with the input.
const CONTEXT: &str = "trigger.context ?? input.context";

/// The words that say no more than that the output is meant.
const OUTPUTS: [&str; 2] = ["output", "result"];

/// What names mean in a definition.
pub(super) struct Texts<'a> {
    steps: BTreeMap<&'a str, (&'a str, What)>,
    /// The members of what steps answer, where their authors say them.
    members: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The names of items and of the workflow's own settings.
    bound: BTreeSet<&'a str>,
    globals: BTreeSet<&'a str>,
    /// The fields of the run's input that are declared, or read by their full name somewhere.
    fields: BTreeSet<String>,
    /// Whether a webhook begins the runs.
    is_delivered: bool,
    /// The workflow's own id, and those that its subflows run.
    workflow_id: Option<&'a str>,
    workflows: BTreeMap<&'a str, &'a str>,
    /// What the subflows' own mappings call what they gave.
    outputs: BTreeMap<&'a str, BTreeMap<String, String>>,
    /// The loops that have the list of what their iterations gave.
    gathering: BTreeSet<&'a str>,
    /// The ids of steps that no expression can read as a name, the longest first.
    odd: Vec<&'a str>,
    /// Where each step stands.
    places: Vec<(Range<usize>, &'a str)>,
    /// The words of mappings that nothing is called by.
    words: RefCell<Vec<Node>>,
    /// Whether a rejection is called `denied`.
    pub(super) denies: bool,
    /// Whether what is read compares with the other word nevertheless.
    reads_rejected: Cell<bool>,
    /// Whether the condition that is being read asks how steps ended.
    reads_ending: Cell<bool>,
    /// Whether a chat begins the runs, whose history its agents are told.
    pub(super) has_history: bool,
}

impl<'a> Texts<'a> {
    pub(super) fn new(root: &'a Node, steps: &'a [Step<'a>]) -> Self {
        let mut bound = BTreeSet::new();
        for step in steps.iter().filter(|step| step.what == What::Loop) {
            bound.extend(["item", "index", "loop"]);
            let names = [
                "item_variable",
                "item_name",
                "itemVariable",
                "index_variable",
                "loop_variable",
            ];
            bound.extend(names.iter().filter_map(|name| step.text(name)));
        }
        let globals = given(root, "global_config").map(Node::entries);
        Self {
            steps: steps
                .iter()
                .map(|step| (step.id.as_str(), (step.slug.as_str(), step.what)))
                .collect(),
            members: steps
                .iter()
                .map(|step| (step.id.as_str(), outputs::members(step)))
                .collect(),
            bound,
            globals: globals
                .unwrap_or_default()
                .iter()
                .map(|entry| entry.key.as_str())
                .collect(),
            fields: inputs::fields(root, steps),
            is_delivered: inputs::is_delivered(steps),
            workflow_id: given(root, "workflow_id").and_then(Node::as_str),
            workflows: steps
                .iter()
                .filter_map(|step| Some((step.id.as_str(), workflow_of(step)?.as_str()?)))
                .collect(),
            outputs: steps
                .iter()
                .filter_map(|step| Some((step.id.as_str(), renamed(step)?)))
                .collect(),
            gathering: steps
                .iter()
                .filter(|step| step.gathers)
                .map(|step| step.id.as_str())
                .collect(),
            odd: steps::odd(steps),
            places: steps
                .iter()
                .map(|step| (step.node.span.clone(), step.id.as_str()))
                .collect(),
            words: RefCell::default(),
            denies: decisions::denies(steps),
            reads_rejected: Cell::default(),
            reads_ending: Cell::default(),
            has_history: steps.iter().any(has_history),
        }
    }

    /// The step that something stands in.
    fn home(&self, node: &Node) -> Option<&str> {
        let around = self.places.iter();
        let around = around.filter(|(place, _)| place.contains(&node.span.start));
        let innermost = around.min_by_key(|(place, _)| place.len());
        innermost.map(|(_, id)| *id)
    }

    /// A value, with the templates of every text in it.
    pub(super) fn value(&self, node: &Node, names: &Names) -> Node {
        let data = match &node.data {
            Data::String(text) => Data::String(self.template(text, names)),
            Data::Array(elements) => {
                Data::Array(elements.iter().map(|one| self.value(one, names)).collect())
            }
            Data::Object(entries) => {
                let entry = |entry: &Entry| Entry {
                    node: self.value(&entry.node, names),
                    ..entry.clone()
                };
                Data::Object(entries.iter().map(entry).collect())
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => node.data.clone(),
        };
        Node {
            data,
            ..node.clone()
        }
    }

    /// A text with `{{...}}`; what is missing is the empty text.
    pub(super) fn template(&self, text: &str, names: &Names) -> String {
        let pieces = pieces(text).map(|piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Tag(inner) => format!("{{{{{}}}}}", self.tag(inner, names)),
        });
        pieces.collect()
    }

    fn tag(&self, inner: &str, names: &Names) -> String {
        let inner = &*self.readable(inner.trim(), names);
        if is_path(inner) {
            let path = self.path(inner, names);
            return if names.sure.contains(divide(inner).0) {
                path
            } else {
                format!("{path} ?? ''")
            };
        }
        // Sections and comments are Mustache's.
        if inner.starts_with(['#', '^', '/', '!']) {
            return inner.to_owned();
        }
        self.expression(inner, names)
    }

    /// A text whose names stand in single braces, as in the question of an agent: `Hello {name}`.
    pub(super) fn question(&self, text: &str, names: &Names) -> String {
        let mut text = text.to_owned();
        for name in names.mapped.keys().chain(names.defaults.keys()) {
            let (single, double) = (format!("{{{name}}}"), format!("{{{{{name}}}}}"));
            // What stands in double braces already is left alone.
            let parts: Vec<String> = text
                .split(&double)
                .map(|part| part.replace(&single, &double))
                .collect();
            text = parts.join(&double);
        }
        self.template(&text, names)
    }

    /// An expression, with the meaning of its names.
    pub(super) fn expression(&self, text: &str, names: &Names) -> String {
        let text = self.readable(text, names);
        let template = format!("{{{{{text}}}}}");
        let references = Expression::parse(&text)
            .map(|expression| expression.references())
            .or_else(|_| Template::parse(&template).map(|template| template.references()));
        let Ok(mut references) = references else {
            return text.into_owned();
        };
        references.sort_by_key(|reference| std::cmp::Reverse(reference.span.start));
        let mut result = text.to_string();
        for reference in references {
            // What is in brackets and has to be evaluated has references of its own.
            let begins = reference.span.start;
            let written = text.get(reference.span).unwrap_or_default();
            let written = written.get(..length(written)).unwrap_or_default();
            if !is_path(written) {
                continue;
            }
            let path = as_part(self.path(written, names));
            result.replace_range(begins..begins + written.len(), &path);
        }
        result
    }

    /// What is evaluated, a path or an expression.
    pub(super) fn evaluated(&self, inner: &str, names: &Names) -> String {
        let inner = self.readable(inner, names);
        if is_path(&inner) {
            self.path(&inner, names)
        } else {
            self.expression(&inner, names)
        }
    }

    /// What a path means: `step.output.x`, `input.x`, a name.
    pub(super) fn path(&self, path: &str, names: &Names) -> String {
        let path = &normal(path);
        let (root, rest) = divide(path);
        let (first, after) = divide(rest.trim_start_matches('.'));
        // A name may be that of the step which it comes from.
        let is_read_as_step = ["output", "error"].contains(&first);
        let is_of_step = is_read_as_step && self.steps.contains_key(root);
        if let Some(mapped) = names.mapped.get(root).filter(|_| !is_of_step) {
            return follow(mapped, rest);
        }
        if let Some(default) = names.defaults.get(root) {
            return format!("({} ?? {default})", member("input", path));
        }
        if ALL_STEPS.contains(&root) && self.steps.contains_key(first) {
            return self.of_step(first, after);
        }
        if self.steps.contains_key(root) {
            return self.of_step(root, rest);
        }
        if names.own.contains(&root) {
            return path.to_owned();
        }
        if self.bound.contains(root) {
            return path.to_owned();
        }
        if self.globals.contains(root) {
            return member("variables", path);
        }
        if root == "global_config" || root == "config" {
            return format!("variables{rest}");
        }
        if root == "secrets" {
            return path.to_owned();
        }
        if INPUTS.contains(&root) && first == "context" {
            return follow(CONTEXT, after);
        }
        if INPUTS.contains(&root) {
            return if root == "trigger" {
                self.of_trigger(rest)
            } else {
                format!("input{}", skip(rest, &["output", "result", "input_data"]))
            };
        }
        if root == "workflow_id"
            && let Some(id) = self.workflow_id
        {
            return quoted(id);
        }
        if let Some((_, native)) = BUILT_IN.iter().find(|(word, _)| *word == root) {
            return follow(native, rest);
        }
        if root == "context" {
            return follow(CONTEXT, rest);
        }
        if ROOTS.contains(&root) {
            return path.to_owned();
        }
        // No field of the input is read like a step; where there is no such step, that is said of it.
        if is_read_as_step && !self.fields.contains(root) {
            return member("steps", path);
        }
        member("input", path)
    }
}

/// Whether a step begins runs with what was said before them.
pub(super) fn has_history(step: &Step<'_>) -> bool {
    let is_unwanted = step
        .get("need_history")
        .is_some_and(|flag| flag.data == Data::Bool(false));
    step.what.begins() && step.text("kind") == Some("chat") && !is_unwanted
}
