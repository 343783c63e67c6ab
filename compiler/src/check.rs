//! Refuses what the author wrote wrong, and finds what lowering depends on.

mod loops;
mod merges;
mod names;
mod references;
mod strands;
mod taint;
mod targets;
pub(crate) mod texts;
mod value_types;

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::Kind;

use crate::definition::{Definition, Step};
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Loops, Order, StepId, Strands};
use crate::source::Node;
use crate::{lints, parse, steps};

pub use references::StepReads;
pub(crate) use value_types::given;

/// A definition without errors, and what is known about it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The definition.
    pub definition: Definition,
    /// Its steps' edges, `continueOnError` included.
    pub graph: Graph,
    /// Its loops.
    pub loops: Loops,
    /// What of it runs side by side.
    pub strands: Strands,
    /// For every merge step: the slugs of the steps whose outputs it puts together.
    pub merged: BTreeMap<StepId, Vec<String>>,
    /// What each step reads.
    pub reads: Vec<StepReads>,
    /// By slug: what is read around a step's answer.
    pub surrounds: BTreeMap<String, BTreeSet<&'static str>>,
    /// The names that variables have.
    pub variables: BTreeSet<String>,
}

impl Checked {
    /// A step.
    pub fn step(&self, id: StepId) -> &Step {
        self.definition
            .steps
            .get(id)
            .expect("ids are made by enumerating the steps")
    }

    /// The trigger step, where the definition has one.
    pub fn trigger(&self) -> Option<&Step> {
        self.definition
            .steps
            .iter()
            .find(|step| step.kind == Kind::Trigger)
    }

    /// The kind of every step, by slug: what may be mocked, and what a report shows.
    pub fn kinds(&self) -> BTreeMap<&str, Kind> {
        self.definition
            .steps
            .iter()
            .map(|step| (step.slug.as_str(), step.kind))
            .collect()
    }
}

/// Whether the ways of a definition that are gone side by side come together soundly; other faults of it are told elsewhere.
pub(crate) fn divides_soundly(root: &Node) -> bool {
    let mut told = Vec::new();
    let Some(definition) = parse::parse(root, &mut told) else {
        return true;
    };
    let slugs = targets::names(&definition, &mut told);
    let mut graph = targets::resolve(&definition, &slugs, &mut told);
    told.clear();
    strands::find(&definition, &mut graph, &mut told);
    told.is_empty()
}

/// Checks a definition; `None` when an error was found, by this stage or an earlier one.
pub fn check(
    text: &str,
    definition: Definition,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Checked> {
    let slugs = targets::names(&definition, diagnostics);
    let mut graph = targets::resolve(&definition, &slugs, diagnostics);
    let strands = strands::find(&definition, &mut graph, diagnostics);
    let (graph, loops) = loops::find(&definition, graph, &strands);
    // Where a step or an edge is missing, what follows from the graph would only echo that.
    let is_whole = !diagnostics.iter().any(Diagnostic::is_error);
    if is_whole {
        strands::races(&definition, &graph, &strands, diagnostics);
        targets::unreachable(&definition, &graph, diagnostics);
        loops::endless(&definition, &graph, &loops, diagnostics);
        loops::ambiguous(&definition, &graph, &loops, diagnostics);
        if !diagnostics.iter().any(Diagnostic::is_error) {
            loops::unreturned(&definition, &graph, &loops, diagnostics);
            loops::ended(&definition, &loops, &graph, &strands, diagnostics);
        }
    }
    steps::check(&definition, diagnostics);
    let variables = references::variables(&definition);
    let (texts, unread) = texts::read(&definition);
    names::check(&definition, &variables, &texts, diagnostics);
    let sequence = strands.in_sequence(&graph);
    let sequence = loops::begun(&definition, &loops, sequence);
    let order = Order::find(&sequence);
    let mut reads = references::check(
        &references::Known {
            text,
            definition: &definition,
            names: &slugs,
            order: &order,
            loops: &loops,
            strands: &strands,
            fronts: &references::fronts(&definition),
            variables: &variables,
            secrets: &references::secrets(&definition),
            inputs: &steps::inputs(&definition),
            is_input_open: steps::is_input_open(&definition),
            is_whole,
        },
        &texts,
        diagnostics,
    );
    taint::show(text, &definition, &texts, diagnostics);
    // Of two steps with one slug nobody knows which is meant.
    if slugs.len() == definition.steps.len() {
        value_types::check(text, &definition, &loops, &variables, &texts, diagnostics);
    }
    let merged = merges::find(&definition, &slugs, &graph, &strands, diagnostics);
    let cycles = graph.cycles(|_, _, _| true);
    for (id, slugs) in &merged {
        let Some((reads, step)) = reads.get_mut(*id).zip(definition.steps.get(*id)) else {
            continue;
        };
        reads.steps.extend(slugs.iter().cloned());
        // Where a run comes to it again, what was given before the last time is over.
        if cycles.iter().any(|cycle| cycle.contains(id)) {
            reads.steps.insert(step.slug.clone());
        }
    }
    let mut surrounds: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for (slug, member) in reads.iter().flat_map(|reads| &reads.surrounds) {
        surrounds.entry(slug.clone()).or_default().insert(member);
    }
    let is_read = unread.is_empty();
    references::unread(text, unread, diagnostics);
    let facts = lints::Facts {
        text,
        definition: &definition,
        graph: &graph,
        loops: &loops,
        strands: &strands,
        texts: &texts,
        reads: &reads,
        is_whole: is_whole && is_read,
    };
    lints::check(&facts, diagnostics);
    let is_sound = !diagnostics.iter().any(Diagnostic::is_error);
    let variables = variables.into_keys().collect();
    drop(texts);
    is_sound.then_some(Checked {
        definition,
        graph,
        loops,
        strands,
        merged,
        reads,
        surrounds,
        variables,
    })
}
