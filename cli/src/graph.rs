//! A workflow as a graph to look at: its steps, the ways between them, the loops around them, and what a run did there.
//!
//! It is made from a definition or from a machine, and both give the same graph: a machine says all that there is to draw.
//! The states of a machine, whoever wrote it, are drawn by the same means. What draws (`svg`, `mermaid`) knows neither.

mod detail;
mod from_definition;
mod from_machine;
mod from_states;
mod layout;
mod look;
mod mermaid;
mod palette;
mod passage;
mod svg;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;
use pawl_compiler::graph::{Graph as StepGraph, Loops, StepId, Target};
use pawl_contract::Kind;

pub use from_definition::from_definition;
pub use from_machine::from_machine;
pub use from_states::{NoState, from_states};
pub use look::{Look, StateType};
pub use mermaid::mermaid;
pub use passage::{Passed, Standing};
pub use svg::svg;

/// A workflow's steps, or a machine's states, and how they follow each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The name of the workflow or machine.
    pub title: String,
    /// What run it shows and how that stands; absent where it shows a definition.
    pub run: Option<String>,
    /// The steps: the trigger first, the others as a run meets them.
    pub steps: Vec<Step>,
    /// The ways between them.
    pub ways: Vec<Way>,
    /// The loops that have a body, and the states that hold others; outer ones before those inside of them.
    pub loops: Vec<Loop>,
}

/// A step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its slug.
    pub slug: String,
    /// Its name, where the author gave one.
    pub name: Option<String>,
    /// What it is.
    pub look: Look,
    /// What it does, in a few words: an action's type and operation, a condition's expression.
    pub detail: Option<String>,
    /// The innermost loop around it, by its place in [`Graph::loops`]. A loop's head belongs to its own loop.
    pub inside: Option<usize>,
    /// What a run did there; absent where the graph shows a definition.
    pub passed: Option<Passed>,
}

/// A way from a step, by one of its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The step that it leaves.
    pub from: usize,
    /// The port, or what makes a machine go this way; empty where that goes without saying.
    pub port: Cow<'static, str>,
    /// Whether a failure goes this way.
    pub is_error: bool,
    /// The step that it leads to; `None` is the end.
    pub to: Option<usize>,
    /// How often a run went it; absent where the graph shows a definition.
    pub taken: Option<u64>,
}

/// A loop, or a state that holds others, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loop {
    /// The step or state itself.
    pub head: usize,
    /// The loop around this one.
    pub inside: Option<usize>,
}

impl Way {
    /// A way by a port of a step.
    fn by(from: usize, port: &'static str, to: Option<usize>) -> Self {
        Self {
            from,
            port: Cow::Borrowed(port),
            is_error: port == "error",
            to,
            taken: None,
        }
    }
}

/// A step before it has its place in the graph.
struct Draft {
    slug: String,
    name: Option<String>,
    kind: Kind,
    detail: Option<String>,
    ports: IndexMap<&'static str, Target>,
}

impl Graph {
    /// Puts a graph together from the trigger, the other steps, and where a run goes first.
    fn assemble(title: String, trigger: Draft, drafts: Vec<Draft>, entry: Option<Target>) -> Self {
        let graph = StepGraph {
            entry,
            ports: drafts.iter().map(|draft| draft.ports.clone()).collect(),
        };
        let order = as_met(&graph);
        // The trigger is number 0, so that the first step is number 1.
        let mut numbers = vec![0; drafts.len()];
        for (number, step) in order.iter().enumerate() {
            if let Some(place) = numbers.get_mut(*step) {
                *place = number + 1;
            }
        }
        let number = |step: StepId| numbers.get(step).copied().unwrap_or_default();
        let target = |target: Target| match target {
            Target::Step(step) => Some(number(step)),
            Target::End => None,
        };
        let nesting = Nesting::find(&graph, &drafts, &order);
        let loops = nesting.loops.iter().enumerate();
        let loops = loops.map(|(place, (head, _))| Loop {
            head: number(*head),
            inside: nesting.around(*head, place),
        });
        let mut ways = vec![Way::by(0, "success", entry.and_then(target))];
        for step in &order {
            // The branches show where a parallel step goes on.
            let divides = drafts
                .get(*step)
                .is_some_and(|draft| draft.kind == Kind::Parallel);
            let ports = graph.ports_of(*step);
            let ports = ports.filter(|(port, _)| !(divides && *port == "success"));
            ways.extend(ports.map(|(port, to)| Way::by(number(*step), port, target(to))));
        }
        let loops = loops.collect();
        let mut drafts: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
        let mut steps = vec![trigger.into_step(None)];
        for step in order {
            let draft = drafts.get_mut(step).and_then(Option::take);
            steps.extend(draft.map(|draft| draft.into_step(nesting.inside(step))));
        }
        Self {
            title,
            run: None,
            steps,
            ways,
            loops,
        }
    }
}

impl Graph {
    /// What its boxes show, each once.
    fn looks(&self) -> BTreeSet<Look> {
        self.steps.iter().map(|step| step.look).collect()
    }

    /// What stands at the box of a loop: `loop orders`, or `Map orders`.
    fn name_of(&self, found: &Loop) -> String {
        let head = self.steps.get(found.head);
        let said = head.map(|head| format!("{} {}", head.look.name(), head.slug));
        said.unwrap_or_default()
    }
}

impl Draft {
    fn into_step(self, inside: Option<usize>) -> Step {
        Step {
            slug: self.slug,
            name: self.name,
            look: Look::Step(self.kind),
            detail: self.detail,
            inside,
            passed: None,
        }
    }
}

/// The steps in the order in which a run can meet them, then those that it can not.
fn as_met(graph: &StepGraph) -> Vec<StepId> {
    let mut order = Vec::new();
    let mut is_met = vec![false; graph.ports.len()];
    let mut open: VecDeque<StepId> = graph.entry_step().into_iter().collect();
    let mut rest = 0..graph.ports.len();
    while let Some(step) = open.pop_front().or_else(|| rest.next()) {
        match is_met.get_mut(step) {
            Some(is_met) if !*is_met => *is_met = true,
            _ => continue,
        }
        order.push(step);
        open.extend(graph.edges_of(step).map(|(_, target)| target));
    }
    order
}

/// Which loops there are to draw, and which one each step is drawn in.
struct Nesting {
    /// The loops that have a body, outer ones first: the head, and the steps that run in it only.
    loops: Vec<(StepId, BTreeSet<StepId>)>,
}

impl Nesting {
    fn find(graph: &StepGraph, drafts: &[Draft], order: &[StepId]) -> Self {
        let is_loop = |step: &StepId| {
            let draft = drafts.get(*step);
            draft.is_some_and(|draft| draft.kind == Kind::Loop)
        };
        let heads: Vec<StepId> = order.iter().copied().filter(is_loop).collect();
        let found = Loops::find(graph, heads.iter().copied());
        let incoming = graph.incoming();
        let bodies = heads.into_iter().map(|head| {
            let steps = order.iter().copied();
            let may_stand = steps.filter(|step| found.around(*step).contains(&head));
            let body = only_inside(graph, &incoming, head, may_stand.collect());
            (head, body)
        });
        let mut loops: Vec<_> = bodies.filter(|(_, body)| !body.is_empty()).collect();
        // What stands in something else has fewer steps.
        loops.sort_by_key(|(_, body)| Reverse(body.len()));
        Self { loops }
    }

    /// The innermost of the loops before `end` that a step stands in.
    fn around(&self, step: StepId, end: usize) -> Option<usize> {
        let loops = self.loops.iter().take(end);
        let mut loops = loops.enumerate().rev();
        let found = loops.find(|(_, (_, body))| body.contains(&step));
        found.map(|(number, _)| number)
    }

    /// The loop that a step is drawn in: a head in its own.
    fn inside(&self, step: StepId) -> Option<usize> {
        let own = self.loops.iter().position(|(head, _)| *head == step);
        own.or_else(|| self.around(step, self.loops.len()))
    }
}

/// The steps of a loop's body that nothing outside of it leads to.
fn only_inside(
    graph: &StepGraph,
    incoming: &[Vec<(StepId, &'static str)>],
    head: StepId,
    mut body: BTreeSet<StepId>,
) -> BTreeSet<StepId> {
    loop {
        let is_entered = |step: &StepId| {
            let sources = incoming.get(*step).into_iter().flatten();
            let mut others = sources.filter(|(source, port)| {
                let is_inside = body.contains(source) || (*source == head && *port == "next");
                !is_inside
            });
            graph.entry_step() == Some(*step) || others.next().is_some()
        };
        let entered: Vec<StepId> = body.iter().copied().filter(is_entered).collect();
        if entered.is_empty() {
            return body;
        }
        for step in entered {
            body.remove(&step);
        }
    }
}
