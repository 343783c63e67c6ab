//! The states of a definition, and what each leads to.

use std::collections::{BTreeMap, BTreeSet};

mod read;

use super::super::Translation;
use super::super::slugs::{free, slug};
use super::parts::{Part, Parts};
use super::{given, is_true, word};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::graph::BRANCHES;
use crate::parse::LONGEST_SLUG;
use crate::shape::misfit;
use crate::source::{Data, Node};
use read::Reader;

const STATE: [Field; 17] = [
    ("id", Shape::Text),
    ("assistant_id", Shape::Text),
    ("tool_id", Shape::Text),
    ("custom_node_id", Shape::Text),
    ("task", Shape::Text),
    ("tool_args", Shape::Object),
    ("output_schema", Shape::Any),
    // What is no object is said to be none where it is read.
    ("next", Shape::Any),
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

/// The id that ends a run.
pub(super) const END: &str = "end";

/// The longest of what the name of a step ends with that is made for a state.
const LONGEST_SUFFIX: usize = "_begin_40".len();

/// What the names of a state's steps end with, beside those that begin its branches.
const SUFFIXES: [&str; 12] = [
    "",
    "_approval",
    "_flow",
    "_next",
    "_join",
    "_each",
    "_item",
    "_last",
    "_stop",
    "_ended",
    "_edited",
    "_output",
];

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

    /// The key under which all of the output is kept.
    pub(super) fn output_key(&self) -> Option<&'a str> {
        self.rule("output_key")?
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
    let states = given(execution, "states");
    if let Some(node) = states.filter(|node| !matches!(node.data, Data::Array(_))) {
        translation.say(
            misfit("states", Shape::List, node)
                .help("write the states one after the other, each with its `id`: `- id: ...`"),
        );
    }
    let nodes = states.map(Node::elements).unwrap_or_default();
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
        } else if let Some(Data::Number(number)) = given(node, "id").map(|node| &node.data) {
            // That an id is a text has been said.
            number.to_string()
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
        // Where a step would be called as one of another state is, this state gives way.
        let collides = |slug: &str| names_made_for(slug).any(|name| made.contains(&name));
        let mut slug = wanted.clone();
        while collides(&slug) {
            taken.insert(slug);
            slug = free(&wanted, &taken, LONGEST_SLUG - LONGEST_SUFFIX);
        }
        for name in names_made_for(&slug) {
            taken.insert(name.clone());
            made.insert(name);
        }
        found.push((node, id, slug));
    }
    let ids: BTreeMap<String, usize> = found
        .iter()
        .enumerate()
        .map(|(at, (_, id, _))| (id.clone(), at))
        .collect();
    let mut reader = Reader { ids, translation };
    let states = found.into_iter().map(|(node, id, slug)| State {
        node,
        next: reader.next(node, &id),
        id,
        slug,
    });
    let mut states: Vec<State<'_>> = states.collect();
    unlead(&mut states);
    states
}

/// What nothing leads to leads nowhere either: it has no part in where branches and iterations come together. A choice stays,
/// so that what is wrong with its expressions is told.
fn unlead(states: &mut [State<'_>]) {
    let mut reached = BTreeSet::new();
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if reached.insert(at) {
            open.extend(states.get(at).map(State::targets).unwrap_or_default());
        }
    }
    for (at, state) in states.iter_mut().enumerate() {
        let chooses = matches!(state.next, Next::Condition(..) | Next::Switch(..));
        if !reached.contains(&at) && !chooses {
            state.next = Next::One(None);
        }
    }
}

/// The names of the steps that may be made for a state.
fn names_made_for(slug: &str) -> impl Iterator<Item = String> {
    let begins = (1..=BRANCHES.len()).map(|number| format!("_begin_{number}"));
    let suffixes = SUFFIXES.into_iter().map(str::to_owned).chain(begins);
    suffixes.map(move |suffix| format!("{slug}{suffix}"))
}
