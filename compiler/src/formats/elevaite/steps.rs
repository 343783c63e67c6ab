//! The steps of a definition: what each is and by which slug it is known, those inside of loops and branches included.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::super::Translation;
use super::super::slugs::{free, slug};
use super::edges::words;
use super::given;
use super::words::{What, names, what};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::parse::LONGEST_SLUG;
use crate::shape::near_ours;
use crate::source::{Data, Node};

/// The fields of a step.
const FIELDS: [Field; 33] = [
    ("step_id", Shape::Any),
    ("id", Shape::Any),
    ("step_type", Shape::Any),
    ("type", Shape::Any),
    ("name", Shape::Text),
    ("step_name", Shape::Text),
    ("description", Shape::Text),
    ("dependencies", Shape::Any),
    ("depends_on", Shape::Any),
    ("next_steps", Shape::Any),
    ("next_step", Shape::Any),
    ("else_steps", Shape::Any),
    ("error_steps", Shape::Any),
    ("input_mapping", Shape::Object),
    ("output_mapping", Shape::Object),
    ("parameters", Shape::Object),
    ("config", Shape::Object),
    ("step_order", Shape::Whole),
    ("critical", Shape::Flag),
    ("timeout_seconds", Shape::FromZero),
    ("max_retries", Shape::Whole),
    (
        "retry_strategy",
        Shape::OneOf(&[
            "exponential_backoff",
            "fixed_delay",
            "linear_backoff",
            "none",
        ]),
    ),
    ("retry_delay_seconds", Shape::FromZero),
    ("max_retry_delay_seconds", Shape::FromZero),
    ("retry", Shape::Object),
    ("conditions", Shape::Any),
    ("condition", Shape::Any),
    ("position", Shape::Any),
    ("tool_override", Shape::Any),
    ("metadata", Shape::Any),
    ("tags", Shape::Any),
    ("enabled", Shape::Any),
    ("execution_pattern", Shape::Any),
];

/// A step.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) node: &'a Node,
    /// How others of its definition call it.
    pub(super) id: String,
    /// How it is called here.
    pub(super) slug: String,
    pub(super) what: What,
    /// The loop or parallel step inside of whose `parameters` it stands.
    pub(super) inside: Option<usize>,
    /// Whether it is a loop whose iterations run each for itself, since somebody reads what they gave.
    pub(super) gathers: bool,
    /// The fields that were looked for, by whoever translates the step.
    pub(super) asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Step<'a> {
    /// A field, wherever its author put it: in `parameters`, in `config`, or beside them.
    pub(super) fn get(&self, field: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().insert(field);
        let blocks = ["parameters", "config"].map(|block| given(self.node, block));
        let mut blocks = blocks.into_iter().flatten().chain([self.node]);
        blocks.find_map(|block| given(block, field))
    }

    /// The first of some fields that is there.
    pub(super) fn first(&self, fields: &[&'static str]) -> Option<&'a Node> {
        self.asked.borrow_mut().extend(fields);
        fields.iter().find_map(|field| self.get(field))
    }

    /// Checks the fields beside the parameters, when all of the step is translated: it has those that were looked for.
    pub(super) fn check(&self, diagnostics: &mut Vec<Diagnostic>) {
        let asked = self.asked.borrow();
        let asked = asked.iter().map(|field| (*field, Shape::Any));
        let known: Vec<Field> = FIELDS.into_iter().chain(asked).collect();
        fields::check(self.node, &known, "a step", Templates::Refused, diagnostics);
    }

    /// Warns of parameters that nobody looked for, where one was that is written nearly so.
    pub(super) fn misspelt(&self, diagnostics: &mut Vec<Diagnostic>) {
        let asked = self.asked.borrow();
        for block in ["parameters", "config"] {
            let entries = given(self.node, block).map(Node::entries);
            for entry in entries.unwrap_or_default() {
                let key = entry.key.as_str();
                let absent = asked.iter().copied().filter(|field| {
                    self.node
                        .get(block)
                        .is_none_or(|block| block.get(field).is_none())
                });
                let Some(near) = near_ours(key, absent).filter(|_| !asked.contains(key)) else {
                    continue;
                };
                let message = format!("step `{}` has no field `{key}`; it is ignored", self.id);
                diagnostics.push(
                    Diagnostic::warning(codes::UNKNOWN_FIELD, message)
                        .at(entry.node.pointer.clone(), entry.key_span.clone())
                        .help(format!("did you mean `{near}`?")),
                );
            }
        }
    }

    /// The ids of the steps that it depends on.
    pub(super) fn before(&self) -> Vec<&'a str> {
        let fields = ["dependencies", "depends_on"].into_iter();
        let fields = fields.filter_map(|field| given(self.node, field));
        fields.flat_map(words).collect()
    }

    /// The text of a field.
    pub(super) fn text(&self, field: &'static str) -> Option<&'a str> {
        self.get(field)?.as_str()
    }
}

/// Finds every step.
pub(super) fn collect<'a>(root: &'a Node, translation: &mut Translation<'_>) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let mut taken = BTreeSet::new();
    let mut nodes: Vec<&Node> = root
        .get("steps")
        .map(Node::elements)
        .unwrap_or_default()
        .iter()
        .collect();
    // Where the author counts, that is the order.
    nodes.sort_by_key(|node| {
        node.get("step_order")
            .and_then(crate::shape::whole)
            .unwrap_or(0)
    });
    // The authors' own names come first: what is made here goes around them.
    for node in &nodes {
        reserve(node, &mut taken);
    }
    for node in nodes {
        add(node, None, &mut steps, &mut taken, translation);
    }
    steps
}

fn add<'a>(
    node: &'a Node,
    inside: Option<usize>,
    steps: &mut Vec<Step<'a>>,
    taken: &mut BTreeSet<String>,
    translation: &mut Translation<'_>,
) {
    if !node.is_object() {
        let message = format!("a step is an object, not {}", node.noun());
        translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
        return;
    }
    let word = given(node, "step_type").or_else(|| given(node, "type"));
    let what = kind(node, word, translation);
    let written = given(node, "step_id").or_else(|| given(node, "id"));
    let id = match written.map(|id| (id, id.as_str())) {
        Some((_, Some(id))) if !id.is_empty() => id.to_owned(),
        Some((written, _)) => {
            let message = format!("`step_id` is a text, not {}", written.noun());
            translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(written));
            format!("step_{}", steps.len() + 1)
        }
        None => unnamed(node, what, word, steps, taken),
    };
    if steps.iter().any(|step| step.id == id) {
        let message = format!("there are two steps `{id}`");
        translation.say(
            Diagnostic::error(codes::DUPLICATE_STEP, message)
                .on(written.unwrap_or(node))
                .help("give each a `step_id` of its own"),
        );
    }
    let slug = slug(&id, taken, LONGEST_SLUG);
    taken.insert(slug.clone());
    taken.insert(id.clone());
    let at = steps.len();
    steps.push(Step {
        node,
        id,
        slug,
        what,
        gathers: false,
        inside,
        asked: RefCell::default(),
    });
    for inner in inner(node) {
        add(inner, Some(at), steps, taken, translation);
    }
}

/// Takes the names of a step and of those inside of it.
fn reserve(node: &Node, taken: &mut BTreeSet<String>) {
    let written = given(node, "step_id").or_else(|| given(node, "id"));
    let id = written.and_then(Node::as_str);
    taken.extend(id.map(str::to_owned));
    for inner in inner(node) {
        reserve(inner, taken);
    }
}

fn kind(node: &Node, word: Option<&Node>, translation: &mut Translation<'_>) -> What {
    let Some(word) = word else {
        translation.say(
            Diagnostic::error(codes::MISSING_FIELD, "the step has no `step_type`")
                .on(node)
                .help("add a `step_type` such as `agent_execution`"),
        );
        return What::Data;
    };
    let text = word.as_str().unwrap_or_default();
    match what(text) {
        Some(What::Refused(help)) => {
            let (message, help) = if text == "code_execution" {
                let message = "steps do not run code of their own";
                (message.to_owned(), help.to_owned())
            } else {
                let message = format!("steps of type `{text}` do not run here");
                (message, format!("{help} (which has to be mocked, so far)"))
            };
            translation.say(
                Diagnostic::error(codes::UNKNOWN_STEP_TYPE, message)
                    .on(word)
                    .help(help),
            );
            // Something stands in for it, so that nothing complains about its absence.
            What::Data
        }
        Some(what) => what,
        None => {
            let message = format!("there is no step type `{text}`");
            let all: Vec<&str> = names().collect();
            let near = near_ours(text, all.iter().copied());
            let help = near.map_or_else(
                || format!("the step types are {}", fields::list(&all)),
                |near| format!("did you mean `{near}`?"),
            );
            translation.say(
                Diagnostic::error(codes::UNKNOWN_STEP_TYPE, message)
                    .on(word)
                    .help(help),
            );
            What::Data
        }
    }
}

/// The steps that stand inside of a loop's or a parallel step's parameters.
fn inner(node: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    for list in lists(node) {
        found.extend(list.elements().iter().filter(|inner| is_step(inner)));
        for branch in list.elements() {
            let steps = branch
                .get("steps")
                .map_or(branch.elements(), Node::elements);
            found.extend(steps.iter().filter(|inner| is_step(inner)));
        }
    }
    found
}

/// The fields in which a loop has its body, and a parallel step its branches.
pub(super) const BODY: [&str; 4] = ["body", "loop_steps", "body_steps", "steps"];
pub(super) const BRANCHES: [&str; 3] = ["branches", "parallel_steps", "steps"];

fn lists(node: &Node) -> impl Iterator<Item = &Node> {
    let blocks = ["parameters", "config"].map(|block| given(node, block));
    let blocks: Vec<&Node> = blocks.into_iter().flatten().collect();
    let fields = BODY.into_iter().chain(BRANCHES).collect::<BTreeSet<_>>();
    fields
        .into_iter()
        .filter_map(move |field| blocks.iter().find_map(|block| given(block, field)))
        .filter(|list| matches!(list.data, Data::Array(_)))
}

fn is_step(node: &Node) -> bool {
    node.get("step_type").is_some() || node.get("type").is_some()
}

/// The id of a step that has none: `trigger`, its name, or its type with a number.
fn unnamed(
    node: &Node,
    what: What,
    word: Option<&Node>,
    steps: &[Step<'_>],
    taken: &BTreeSet<String>,
) -> String {
    let name = given(node, "name").or_else(|| given(node, "step_name"));
    let base = match (what, name.and_then(Node::as_str)) {
        (What::Trigger, _) => "trigger".to_owned(),
        (_, Some(name)) if !name.trim().is_empty() => pawl_contract::identifier(name),
        _ => {
            let word = word.and_then(Node::as_str).unwrap_or("step");
            format!("{word}_{}", steps.len() + 1)
        }
    };
    free(&base, taken, LONGEST_SLUG)
}
