//! Plans: what each Task's Lambda evaluates, and with it which Tasks there are.

mod parts;
mod tree;

use std::collections::VecDeque;

use indexmap::{IndexMap, IndexSet};
use pawl_contract::{Kind, LoopMode, Node, Plan, Then};
use serde_json::{Value, json};

use parts::{bare, intake, loop_ref, secrets};
use tree::Tree;

use super::decisions::{Alone, Notes};
use super::names::{Names, Own, Task};
use super::natives::Native;
use super::reads::ReadSet;
use super::{Level, budget};
use crate::check::Checked;
use crate::definition::{Origin, Step};
use crate::graph::{Division, StepId, StrandId, Target};
use crate::steps;

pub(super) use parts::own;

/// The plans of a machine.
pub(super) struct Planned {
    /// By state name, in the order in which they were found: the first is where the machine begins.
    pub(super) plans: IndexMap<String, Plan>,
    /// The Tasks by the same names.
    pub(super) tasks: IndexMap<String, Task>,
    /// What runs come to that the machine does itself.
    pub(super) natives: IndexMap<String, Native>,
}

/// Plans every Task that a run can come to, and the one with which an execution may begin beside the first.
pub(super) fn plan(
    checked: &Checked,
    level: Level,
    names: &Names<'_>,
    entered: Option<&Task>,
    notes: &mut Notes,
) -> Planned {
    let mut planner = Planner {
        notes,
        checked,
        level,
        names,
        open: VecDeque::new(),
        found: IndexSet::new(),
        natives: IndexMap::new(),
    };
    let entry = checked.graph.entry.unwrap_or(Target::End);
    let first = entering(checked, None, entry, |_| LoopMode::Start);
    planner.need(first, Alone::First);
    if let Some(task) = entered {
        planner.need(task.clone(), Alone::First);
    }
    let mut found = Planned {
        plans: IndexMap::new(),
        tasks: IndexMap::new(),
        natives: IndexMap::new(),
    };
    while let Some(task) = planner.open.pop_front() {
        let mut plan = planner.plan(&task);
        if found.plans.is_empty() {
            plan.intake = Some(intake(checked));
        }
        let name = names.task(&task);
        found.plans.insert(name.clone(), plan);
        found.tasks.insert(name, task);
    }
    found.natives = planner.natives;
    found
}

struct Planner<'a> {
    notes: &'a mut Notes,
    checked: &'a Checked,
    level: Level,
    names: &'a Names<'a>,
    open: VecDeque<Task>,
    found: IndexSet<Task>,
    natives: IndexMap<String, Native>,
}

impl Planner<'_> {
    /// Asks for a Task, and names it; for a pure step, also why it has one.
    fn need(&mut self, task: Task, why: Alone) -> String {
        if let Task::Evaluate(step, _) = task {
            self.notes.alone.entry(step).or_default().insert(why);
        }
        let name = self.names.task(&task);
        if self.found.insert(task.clone()) {
            self.open.push_back(task);
        }
        name
    }

    fn plan(&mut self, task: &Task) -> Plan {
        let (step, mode, timeout_seconds) = match task {
            Task::Work(step) | Task::Settle(step) => (
                *step,
                None,
                Some(budget::step_timeout(self.checked.step(*step))),
            ),
            Task::Evaluate(step, mode) => (*step, *mode, None),
            Task::Ask(step) => return self.ask(*step),
            Task::End(_) | Task::Fail(_) | Task::HandOver(_) => {
                return own(self.checked, self.names, task);
            }
        };
        let mut tree = Tree::of(step);
        tree.take(self.checked, step);
        let node = self.node(step, mode, &mut tree);
        let failed = handler(self.checked, step);
        self.need(failed, Alone::Failure(step));
        if can_time_out(self.checked, step) {
            self.need(Task::Settle(step), Alone::First);
        }
        let asks = steps::asks(self.checked.step(step));
        if asks {
            self.need(Task::Ask(step), Alone::First);
        }
        Plan {
            reads: tree.reads.into_reads(),
            timeout_seconds,
            patience_seconds: budget::patience(self.checked.step(step)),
            asks,
            secrets: secrets(self.checked, step),
            ..bare(self.checked, node, self.checked.strands.home(step))
        }
    }

    /// The Task that asks on behalf of a step: whatever the answer, the step goes on with it.
    fn ask(&mut self, id: StepId) -> Plan {
        let checked = self.checked;
        let step = checked.step(id);
        let around = checked.loops.around(id);
        let mut reads = ReadSet::default();
        reads.stand(checked, around);
        let back = Then::State(self.need(Task::Work(id), Alone::First));
        let ports = ["approved", "rejected"];
        let node = Node {
            step: self.names.task(&Task::Ask(id)),
            name: step.name.clone(),
            kind: Kind::Approval,
            config: json!({}),
            mode: None,
            choice: false,
            loops: around.iter().map(|head| loop_ref(checked, *head)).collect(),
            then: ports.map(|port| (port.to_owned(), back.clone())).into(),
        };
        Plan {
            reads: reads.into_reads(),
            asks: true,
            ..bare(checked, node, checked.strands.home(id))
        }
    }

    /// A step with what follows each of its ports.
    fn node(&mut self, id: StepId, mode: Option<LoopMode>, tree: &mut Tree) -> Node {
        let checked = self.checked;
        let step = checked.step(id);
        let around = checked.loops.around(id);
        tree.reads.add(checked, id, around);
        let ports: Vec<_> = checked
            .graph
            .ports_of(id)
            .filter(|(port, _)| is_left(step, mode, port))
            .collect();
        // A loop's own Choice says how often a cycle is gone through, so that it stays.
        let decides = ports.len() > 1;
        let is_merged =
            tree.decided.is_some() && self.level == Level::O2 && step.kind != Kind::Loop;
        let above = tree.decided;
        if let Some(top) = above.filter(|_| decides && is_merged) {
            self.notes.merged.entry(id).or_default().insert(top);
        } else if decides {
            tree.decided = Some(id);
        }
        let then: IndexMap<_, _> = ports
            .iter()
            .map(|(port, target)| ((*port).to_owned(), self.follow(id, port, *target, tree)))
            .collect();
        tree.decided = above;
        Node {
            step: step.slug.clone(),
            name: step.name.clone(),
            kind: step.kind,
            config: config(checked, id),
            mode,
            choice: decides && !is_merged,
            loops: around.iter().map(|head| loop_ref(checked, *head)).collect(),
            then,
        }
    }

    fn follow(
        &mut self,
        source: StepId,
        port: &'static str,
        target: Target,
        tree: &mut Tree,
    ) -> Then {
        let checked = self.checked;
        let home = checked.strands.home(source);
        let next = |planner: &mut Self, why: Alone| {
            let task = entering(checked, home, target, |head| {
                mode(checked, source, port, head)
            });
            planner.need(task, why)
        };
        // Nobody evaluates anything between an answer, or the end of a native state, and what follows.
        let from = checked.step(source);
        if is_native(from, port) {
            return Then::State(self.native(source, port, target));
        }
        if from.kind.waits() {
            return Then::State(next(self, Alone::Answer(source)));
        }
        let Target::Step(step) = checked.strands.inside(home, target) else {
            return Then::End(self.names.own(Own::Finished, home));
        };
        let kind = checked.step(step).kind;
        let rides = self.level >= Level::O1 && kind.is_pure() && tree.admits(checked, step);
        if !rides {
            let why = match self.level {
                Level::O0 => Alone::Level,
                Level::O1 | Level::O2 if tree.met.contains(&step) => Alone::Again(tree.host),
                Level::O1 | Level::O2 => Alone::Full(tree.host),
            };
            return Then::State(next(self, why));
        }
        self.notes.riders.entry(step).or_default().insert(tree.host);
        tree.take(checked, step);
        let mode = (kind == Kind::Loop).then(|| mode(checked, source, port, step));
        Then::Step(Box::new(self.node(step, mode, tree)))
    }

    /// Asks for the state that does what a step was evaluated for, and for all that it leads to; names it.
    fn native(&mut self, step: StepId, port: &'static str, target: Target) -> String {
        let checked = self.checked;
        let name = self.names.native(step);
        if self.natives.contains_key(&name) {
            return name;
        }
        let mut strands = Vec::new();
        for (id, strand) in checked.strands.of(step) {
            let first = match checked.strands.inside(Some(id), strand.entry) {
                Target::Step(_) => {
                    let task = entering(checked, Some(id), strand.entry, |_| LoopMode::Start);
                    Some(self.need(task, Alone::First))
                }
                Target::End => None,
            };
            strands.push((id, first));
        }
        let next = if checked.step(step).kind == Kind::Loop {
            Task::Evaluate(step, Some(LoopMode::Collect))
        } else {
            entering(checked, checked.strands.home(step), target, |head| {
                mode(checked, step, port, head)
            })
        };
        let native = Native {
            step,
            strands,
            next: self.need(next, Alone::Native(step)),
            handler: self.need(handler(checked, step), Alone::Failure(step)),
        };
        self.natives.insert(name.clone(), native);
        name
    }
}

/// Whether a state of the machine's own follows a port: what the step was evaluated for.
fn is_native(step: &Step, port: &str) -> bool {
    match steps::division(step) {
        Some(Division::Branches) => port == "success",
        Some(Division::Items) => port == "next",
        None => step.kind == Kind::Delay && port == "success",
    }
}

/// Whether a Lambda leaves a step by a port; what a Catch leads to, and what a native state does, is the machine's.
fn is_left(step: &Step, mode: Option<LoopMode>, port: &str) -> bool {
    match steps::division(step) {
        Some(Division::Branches) => port == "success",
        Some(Division::Items) if mode == Some(LoopMode::Collect) => port == "done",
        Some(Division::Items) => port != "done",
        None => step.kind.is_pure() || port != "error",
    }
}

/// A step's configuration, as its Lambda gets it.
fn config(checked: &Checked, id: StepId) -> Value {
    let step = checked.step(id);
    let mut config = step.config.to_json();
    if let (Some(Origin::RunIf(slug)), Some(config)) = (&step.origin, config.as_object_mut()) {
        config.insert("skips".to_owned(), json!(slug));
    }
    let surrounds = checked.surrounds.get(&step.slug);
    if let (Some(surrounds), Some(config)) = (surrounds, config.as_object_mut()) {
        config.insert("surrounds".to_owned(), json!(surrounds));
    }
    // Whether they were named or found by the graph.
    let merged = checked.merged.get(&id).cloned();
    let branches = step.branches.iter();
    let branches = branches.filter(|_| step.kind == Kind::Parallel);
    let branches: Vec<String> = branches
        .filter_map(|branch| branch.target.clone())
        .collect();
    let names = merged
        .map(|slugs| ("steps", slugs))
        .or_else(|| (!branches.is_empty()).then_some(("branches", branches)));
    if let (Some((field, names)), Some(config)) = (names, config.as_object_mut()) {
        // What such a step gave for an item before says nothing of this one.
        let head = checked.loops.around(id).last();
        let repeats = |name: &&String| {
            let steps = checked.definition.steps.iter();
            let mut found = steps.enumerate().filter(|(_, step)| step.slug == **name);
            found
                .any(|(step, _)| head.is_some_and(|head| checked.loops.around(step).contains(head)))
        };
        let of_iteration: Vec<&String> = names.iter().filter(repeats).collect();
        if field == "steps" && !of_iteration.is_empty() {
            config.insert("ofIteration".to_owned(), json!(of_iteration));
        }
        config.insert(field.to_owned(), json!(names));
    }
    config
}

/// The Task by which a target is entered from a strand when no Lambda can evaluate it on the way.
pub(super) fn entering(
    checked: &Checked,
    strand: Option<StrandId>,
    target: Target,
    mode: impl Fn(StepId) -> LoopMode,
) -> Task {
    let Target::Step(step) = checked.strands.inside(strand, target) else {
        return Task::End(strand);
    };
    let kind = checked.step(step).kind;
    if !kind.is_pure() {
        return Task::Work(step);
    }
    Task::Evaluate(step, (kind == Kind::Loop).then(|| mode(step)))
}

/// Whether a step may wait too long.
pub(super) fn can_time_out(checked: &Checked, step: StepId) -> bool {
    budget::patience(checked.step(step)).is_some()
}

/// The Task that a failure of a step's own Task leads to: what its `error` port leads to, or the one that fails the run.
pub(super) fn handler(checked: &Checked, step: StepId) -> Task {
    let target = checked
        .graph
        .ports
        .get(step)
        .and_then(|ports| ports.get("error"));
    let home = checked.strands.home(step);
    target.map_or(Task::Fail(home), |target| {
        entering(checked, home, *target, |head| {
            mode(checked, step, "error", head)
        })
    })
}

/// Whether an edge begins a loop or goes on with it.
fn mode(checked: &Checked, source: StepId, port: &str, head: StepId) -> LoopMode {
    // An edge that no run can take may still be ambiguous; what it would do is then of no consequence.
    checked
        .loops
        .mode(source, port, head)
        .unwrap_or(LoopMode::Start)
}

/// The state that a port leads to: the first Choice on the way, or where the tree ends. `None` is the end.
pub(super) fn first_state(then: &Then) -> Option<String> {
    match then {
        Then::Step(node) => node
            .choice_name()
            .or_else(|| node.then.values().next().and_then(first_state)),
        Then::State(name) => Some(name.clone()),
        Then::End(_) => None,
    }
}
