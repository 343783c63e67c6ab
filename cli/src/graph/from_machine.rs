//! The graph of a machine: its plans say which steps there are and what follows each port.
//!
//! A run knows its machine and not its definition, and the machine is all that a run needs. So is it for a picture.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pawl_asl::{Machine, State, StateMap};
use pawl_compiler::graph::{BRANCHES, Target};
use pawl_contract::{CASES, Kind, Node, Plan, Then};
use serde_json::Value;

use super::detail::detail;
use super::{Draft, Graph};

/// Draws a machine; `None` where no workflow was compiled to it.
pub fn from_machine(machine: &Machine) -> Option<Graph> {
    let mut reader = Reader::default();
    reader.gather(&machine.states);
    let first = reader.plans.values().find(|plan| plan.intake.is_some())?;
    let (entry, intake) = (first.node.clone(), first.intake.clone()?);
    reader.strand(&machine.states, None);
    let trigger = Draft {
        slug: intake.trigger,
        // The trigger's name stands nowhere in the machine.
        name: None,
        kind: Kind::Trigger,
        detail: detail(Kind::Trigger, &intake.config),
        ports: IndexMap::new(),
    };
    let entry = if is_own(&entry) {
        Target::End
    } else {
        reader.step(&entry.step)
    };
    let drafts = reader.slugs.values().map(|seen| Draft {
        slug: seen.node.step.clone(),
        name: seen.node.name.clone(),
        kind: seen.node.kind,
        detail: detail(seen.node.kind, &seen.node.config),
        ports: reader.ports(seen),
    });
    let drafts = drafts.collect();
    Some(Graph::assemble(intake.name, trigger, drafts, Some(entry)))
}

/// Whether a Task only asks on behalf of a step, which goes on then.
fn is_question(plan: &Plan) -> bool {
    plan.asks && plan.node.kind.waits()
}

/// A step, as far as the plans read so far tell of it.
struct Seen {
    node: Node,
    /// The slug that each port leads to; none is the end.
    ports: BTreeMap<String, Option<String>>,
}

#[derive(Default)]
struct Reader {
    /// The plans by the names of their states, in the order of the machine.
    plans: IndexMap<String, Plan>,
    /// Where the machine goes on behind what it does itself.
    natives: BTreeMap<String, String>,
    slugs: IndexMap<String, Seen>,
}

/// The slug at which a strand goes on that has ended; none is the run's end.
type Behind<'a> = Option<&'a str>;

impl Reader {
    /// Reads the plans of all states, those inside of others included.
    fn gather(&mut self, states: &StateMap) {
        for (name, state) in states {
            match state {
                State::Task(_) => {
                    let plan = plan((name, state)).filter(|(_, plan)| !is_question(plan));
                    self.plans.extend(plan);
                }
                State::Wait(wait) => {
                    self.natives
                        .extend(wait.next.clone().map(|next| (name.clone(), next)));
                }
                State::Pass(pass) => {
                    self.natives
                        .extend(pass.next.clone().map(|next| (name.clone(), next)));
                }
                State::Parallel(parallel) => {
                    for branch in &parallel.branches {
                        self.gather(&branch.states);
                    }
                }
                State::Map(map) => {
                    if let Some(processor) = &map.item_processor {
                        self.gather(&processor.states);
                    }
                }
                State::Choice(_) | State::Succeed(_) | State::Fail(_) => {}
            }
        }
    }

    /// Takes note of the steps of a strand, and of the strands that they begin.
    fn strand(&mut self, states: &StateMap, behind: Behind<'_>) {
        for (name, state) in states {
            let Some(plan) = self.plans.get(name) else {
                continue;
            };
            let node = plan.node.clone();
            if !is_own(&node) {
                self.note(&node, states, behind);
                self.note_error(&node.step, Some(state), behind);
            }
        }
    }

    /// Takes note of a step and of those that ride along with it.
    fn note(&mut self, node: &Node, states: &StateMap, behind: Behind<'_>) {
        for (port, then) in &node.then {
            if let Then::State(name) = then
                && let Some(native @ (State::Parallel(_) | State::Map(_))) = states.get(name)
            {
                self.note_native(node, native, behind);
                continue;
            }
            let target = self.target(then, behind);
            self.seen(node).ports.insert(port.clone(), target);
            if let Then::Step(node) = then {
                self.note(node, states, behind);
            }
        }
    }

    /// Takes note of a step whose strands a state of the machine begins.
    fn note_native(&mut self, node: &Node, native: &State, behind: Behind<'_>) {
        match native {
            State::Parallel(parallel) => {
                let next = parallel.next.clone().unwrap_or_default();
                let join = self.target(&Then::State(next), behind);
                for (port, branch) in BRANCHES.iter().zip(&parallel.branches) {
                    let first = Then::State(branch.start_at.clone());
                    let first = self.target(&first, join.as_deref());
                    self.seen(node).ports.insert((*port).to_owned(), first);
                    self.strand(&branch.states, join.as_deref());
                }
                self.seen(node).ports.insert("success".to_owned(), join);
            }
            State::Map(map) => {
                if let Some(processor) = &map.item_processor {
                    let first = Then::State(processor.start_at.clone());
                    let first = self.target(&first, Some(&node.step));
                    self.seen(node).ports.insert("next".to_owned(), first);
                    self.strand(&processor.states, Some(&node.step));
                }
            }
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => {}
        }
        self.note_error(&node.step, Some(native), behind);
    }

    /// Takes note of where a failure of a step's own Task leads, unless that only fails the run.
    fn note_error(&mut self, step: &str, state: Option<&State>, behind: Behind<'_>) {
        let catchers = state.map(State::catch).unwrap_or_default().iter();
        let mut all =
            catchers.filter(|catcher| catcher.error_equals.iter().any(|name| name == "States.ALL"));
        let Some(handler) = all.next().and_then(|catcher| self.plans.get(&catcher.next)) else {
            return;
        };
        let target = match handler.node.step.as_str() {
            "fail" if is_own(&handler.node) => return,
            _ if is_own(&handler.node) => behind.map(str::to_owned),
            slug => Some(slug.to_owned()),
        };
        if let Some(seen) = self.slugs.get_mut(step) {
            seen.ports.insert("error".to_owned(), target);
        }
    }

    fn seen(&mut self, node: &Node) -> &mut Seen {
        self.slugs.entry(node.step.clone()).or_insert_with(|| Seen {
            node: node.clone(),
            ports: BTreeMap::new(),
        })
    }

    /// The slug that a port leads to; none is the end.
    fn target(&self, then: &Then, behind: Behind<'_>) -> Option<String> {
        let step = match then {
            Then::Step(node) => Some(node),
            Then::State(name) => {
                let name = self.natives.get(name).unwrap_or(name);
                let node = self.plans.get(name).map(|plan| &plan.node);
                return node
                    .filter(|node| !is_own(node))
                    .map(|node| node.step.as_str())
                    .or(behind)
                    .map(str::to_owned);
            }
            Then::End(_) => None,
        };
        step.map(|node| node.step.as_str())
            .or(behind)
            .map(str::to_owned)
    }

    fn step(&self, slug: &str) -> Target {
        let place = self.slugs.get_index_of(slug);
        place.map_or(Target::End, Target::Step)
    }

    /// The ports of a step in the order of its kind.
    fn ports(&self, seen: &Seen) -> IndexMap<&'static str, Target> {
        let branches = BRANCHES.iter().filter(|_| seen.node.kind == Kind::Parallel);
        let cases = CASES.iter().filter(|_| seen.node.kind == Kind::Switch);
        let known = branches.chain(cases).chain(seen.node.kind.ports());
        let ports = known.filter_map(|port| {
            let target = seen.ports.get(*port)?.as_ref();
            Some((*port, target.map_or(Target::End, |slug| self.step(slug))))
        });
        ports.collect()
    }
}

/// The plan of a Task of ours.
fn plan((name, state): (&String, &State)) -> Option<(String, Plan)> {
    let State::Task(task) = state else {
        return None;
    };
    let text = task.arguments.as_ref()?.pointer("/Payload/plan");
    let plan = serde_json::from_str(text.and_then(Value::as_str)?).ok()?;
    Some((name.clone(), plan))
}

/// Whether a Task is the machine's own: no step of an author's is a trigger behind the intake.
fn is_own(node: &Node) -> bool {
    node.kind == Kind::Trigger
}
