//! The graph of a machine: its plans say which steps there are and what follows each port.
//!
//! A run knows its machine and not its definition, and the machine is all that a run needs. So is it for a picture.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pawl_asl::{Machine, State};
use pawl_compiler::graph::Target;
use pawl_contract::{Kind, Node, Plan, Then};
use serde_json::Value;

use super::detail::detail;
use super::{Draft, Graph};

/// Draws a machine; `None` where no workflow was compiled to it.
pub fn from_machine(machine: &Machine) -> Option<Graph> {
    let mut reader = Reader {
        plans: machine.states.iter().filter_map(plan).collect(),
        waits: machine.states.iter().filter_map(wait).collect(),
        slugs: IndexMap::new(),
    };
    let first = reader.plans.values().find(|plan| plan.intake.is_some())?;
    let (entry, intake) = (first.node.clone(), first.intake.clone()?);
    let plans: Vec<(String, Plan)> = reader.plans.clone().into_iter().collect();
    for (name, plan) in &plans {
        if !is_own(&plan.node) {
            reader.note(&plan.node);
            reader.note_error(&plan.node.step, machine.states.get(name));
        }
    }
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

/// A step, as far as the plans read so far tell of it.
struct Seen {
    node: Node,
    /// The slug that each port leads to; none is the end.
    ports: BTreeMap<String, Option<String>>,
}

struct Reader {
    /// The plans by the names of their states, in the order of the machine.
    plans: IndexMap<String, Plan>,
    /// Where the machine goes on when the time of a delay is over.
    waits: BTreeMap<String, String>,
    slugs: IndexMap<String, Seen>,
}

impl Reader {
    /// Takes note of a step and of those that ride along with it.
    fn note(&mut self, node: &Node) {
        for (port, then) in &node.then {
            let target = self.target(then);
            self.seen(node).ports.insert(port.clone(), target);
            if let Then::Step(node) = then {
                self.note(node);
            }
        }
    }

    /// Takes note of where a failure of a step's own Task leads, unless that only fails the run.
    fn note_error(&mut self, step: &str, state: Option<&State>) {
        let catchers = state.map(State::catch).unwrap_or_default().iter();
        let mut all =
            catchers.filter(|catcher| catcher.error_equals.iter().any(|name| name == "States.ALL"));
        let Some(handler) = all.next().and_then(|catcher| self.plans.get(&catcher.next)) else {
            return;
        };
        let target = match handler.node.step.as_str() {
            "fail" if is_own(&handler.node) => return,
            _ if is_own(&handler.node) => None,
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
    fn target(&self, then: &Then) -> Option<String> {
        match then {
            Then::Step(node) => Some(node.step.clone()),
            Then::State(name) => {
                let name = self.waits.get(name).unwrap_or(name);
                let node = &self.plans.get(name)?.node;
                (!is_own(node)).then(|| node.step.clone())
            }
            Then::End(_) => None,
        }
    }

    fn step(&self, slug: &str) -> Target {
        let place = self.slugs.get_index_of(slug);
        place.map_or(Target::End, Target::Step)
    }

    /// The ports of a step in the order of its kind.
    fn ports(&self, seen: &Seen) -> IndexMap<&'static str, Target> {
        let known = seen.node.kind.ports().iter();
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

/// A state in which a delay lets time pass, and the one behind it.
fn wait((name, state): (&String, &State)) -> Option<(String, String)> {
    let State::Wait(wait) = state else {
        return None;
    };
    Some((name.clone(), wait.next.clone()?))
}

/// Whether a Task is the machine's own: no step of an author's is a trigger behind the intake.
fn is_own(node: &Node) -> bool {
    node.kind == Kind::Trigger
}
