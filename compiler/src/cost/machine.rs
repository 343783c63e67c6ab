//! A machine as the ways through it: what every state takes, where it leads, and how often it is come back to.

use std::collections::{BTreeMap, BTreeSet};

use pawl_asl::{Catcher, State, StateMap};
use pawl_contract::price::TABLE;
use pawl_contract::{Kind, LoopMode, Node, Plan, Then, code};

use super::Assumptions;
use super::load::Load;
use super::others::Others;
use super::ways::{Head, Place, Ways};
use super::weigh::{self, Scales};
use crate::definition::Step;
use crate::lower::Lowered;
use crate::steps;

/// The events of a Choice, a Pass, a Wait, a Succeed or a Fail.
const SMALL: f64 = 2.0;
/// The events of a Parallel or a Map beside those of what runs in it, and of each iteration.
const NATIVE: f64 = 4.0;
const ITERATION: f64 = 2.0;

/// Where the ports of evaluated steps lead, by the Choice that routes; and which loops each Task begins anew.
struct Routes<'a> {
    /// By Choice: the step, and for each port the state that it leads to.
    ports: BTreeMap<String, (&'a str, BTreeMap<&'a str, String>)>,
    begins: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Routes<'a> {
    fn new(lowered: &'a Lowered) -> Self {
        let mut routes = Self {
            ports: BTreeMap::new(),
            begins: BTreeMap::new(),
        };
        for (state, plan) in &lowered.plans {
            routes.gather(state, &plan.node);
        }
        routes
    }

    fn gather(&mut self, state: &'a str, node: &'a Node) {
        if node.mode == Some(LoopMode::Start) {
            let begun = self.begins.entry(state).or_default();
            begun.extend(node.choice_name());
        }
        if let Some(choice) = node.choice_name() {
            let (_, ports) = self
                .ports
                .entry(choice)
                .or_insert_with(|| (&node.step, BTreeMap::new()));
            for (port, then) in &node.then {
                ports.entry(port).or_insert_with(|| route(then));
            }
        }
        for then in node.then.values() {
            if let Then::Step(node) = then {
                self.gather(state, node);
            }
        }
    }
}

/// The state that a port leads to: the first Choice on the way, or where the tree ends.
fn route(then: &Then) -> String {
    match then {
        Then::Step(node) => node
            .choice_name()
            .or_else(|| node.then.values().next().map(route))
            .unwrap_or_default(),
        Then::State(name) | Then::End(name) => name.clone(),
    }
}

/// What the machine takes, typically and at the most, its execution included.
pub(super) struct Taken {
    pub(super) typical: Load,
    pub(super) worst: Option<Load>,
}

impl Taken {
    /// The same for the strand around it, whose visits are others.
    fn in_a_strand(self) -> Self {
        let around = |mut load: Load| {
            load.visits = 0.0;
            load
        };
        Self {
            typical: around(self.typical),
            worst: self.worst.map(around),
        }
    }

    /// The same for whoever starts it.
    pub(super) fn without_events(self) -> Self {
        Self {
            typical: self.typical.of_another(),
            worst: self.worst.map(Load::of_another),
        }
    }
}

/// How many items a loop has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Items {
    /// Of a typical run.
    pub(super) usual: u64,
    /// At the most, where anything bounds it.
    pub(super) most: Option<u64>,
    /// Whether nobody said how many.
    pub(super) is_assumed: bool,
}

/// How many items a loop has, by what its definition says, or else by what is assumed.
pub(super) fn items(step: &Step, assumptions: &Assumptions) -> Items {
    let said = assumptions.items.get(&step.slug).copied();
    let list = step.config.get("items");
    let written = list.filter(|list| list.as_str().is_none());
    let written = written.map(|list| list.elements().len() as u64);
    let limit = step.config.get("maxIterations");
    let limit = limit.and_then(crate::source::Node::as_u64);
    let known = said.or(written);
    let assumed = limit.map_or(TABLE.assumed.items_of_a_list, |limit| {
        limit.min(TABLE.assumed.items_of_a_list)
    });
    Items {
        usual: known.unwrap_or(assumed),
        most: known.or(limit),
        is_assumed: known.is_none(),
    }
}

/// Weighs a machine.
pub(super) fn weigh(
    lowered: &Lowered,
    scales: &Scales<'_>,
    others: &Others<'_>,
    assumptions: &Assumptions,
) -> Taken {
    let machine = &lowered.machine;
    let weigher = Weigher {
        plans: &lowered.plans,
        routes: Routes::new(lowered),
        scales,
        others,
        assumptions,
    };
    let mut taken = weigher.states(&machine.states, &machine.start_at);
    let execution = Load {
        executions: 1.0,
        events: 2.0,
        ..Load::default()
    };
    let after = lowered.hand_over_after;
    taken.typical = goes_on(taken.typical.plus(execution), after);
    taken.worst = taken
        .worst
        .map(|worst| goes_on(worst.plus(execution), after));
    taken
}

/// A load, and what it takes to go on in a new execution after so many visits.
fn goes_on(load: Load, after: Option<u64>) -> Load {
    let Some(after) = after else { return load };
    let kind = TABLE.assumed.kinds.get(&Kind::Trigger);
    let once = Load {
        // The Task that starts the new execution, and the Choice with which that begins.
        transitions: 2.0,
        executions: 1.0,
        events: 5.0 + SMALL + 2.0,
        invocations: 1.0,
        milliseconds: kind.map_or(0.0, |kind| kind.milliseconds),
        reads: 1.0,
        writes: 2.0,
        ..Load::default()
    };
    load.plus_times(once, (load.visits / count(after.saturating_add(1))).floor())
}

/// What is assumed of going on in new executions, in a sentence.
pub(super) fn handed_over(lowered: &Lowered) -> Option<String> {
    let after = lowered.hand_over_after?;
    Some(format!(
        "a run goes on in a new execution after {after} steps, which takes 2 transitions and the start of an execution"
    ))
}

struct Weigher<'a> {
    plans: &'a indexmap::IndexMap<String, Plan>,
    routes: Routes<'a>,
    scales: &'a Scales<'a>,
    others: &'a Others<'a>,
    assumptions: &'a Assumptions,
}

impl Weigher<'_> {
    fn states(&self, states: &StateMap, start: &str) -> Taken {
        let number = |name: &str| states.get_index_of(name);
        let mut ways = Ways {
            turns: count(TABLE.assumed.turns_of_a_cycle),
            ..Ways::default()
        };
        for (name, state) in states {
            let (typical, worst) = self.own(name, state);
            let exits = self.exits(name, state).into_iter();
            let begins = self.routes.begins.get(name.as_str()).into_iter().flatten();
            ways.places.push(Place {
                typical,
                worst,
                exits: exits
                    .filter_map(|(next, share)| Some((number(&next)?, share)))
                    .fold(BTreeMap::new(), |mut exits, (next, share)| {
                        *exits.entry(next).or_default() += share;
                        exits
                    }),
                head: self.head(name, state),
                begins: begins.filter_map(|choice| number(choice)).collect(),
            });
        }
        let Some(start) = number(start) else {
            return Taken {
                typical: Load::default(),
                worst: Some(Load::default()),
            };
        };
        Taken {
            typical: ways.typical(start),
            worst: ways.worst(start),
        }
    }

    /// What a visit to a state takes, typically and at the most.
    fn own(&self, name: &str, state: &State) -> (Load, Option<Load>) {
        let small = |events: f64| Load {
            transitions: 1.0,
            events,
            ..Load::default()
        };
        match state {
            State::Task(task) => {
                let plan = self.plans.get(name);
                let (typical, worst) = weigh::task(self.scales, plan, task);
                let step = plan.and_then(|plan| self.scales.step(&plan.node.step));
                let Some(started) = step.and_then(|step| self.others.of_step(step)) else {
                    return (typical, Some(worst));
                };
                // A subflow is started once by each visit, however often the Task is tried.
                let worst = started.worst.map(|started| worst.plus(started));
                (typical.plus(started.typical), worst)
            }
            State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => (small(SMALL), Some(small(SMALL))),
            State::Parallel(parallel) => {
                let mut typical = small(NATIVE);
                let mut worst = Some(typical);
                for branch in &parallel.branches {
                    let inside = self.states(&branch.states, &branch.start_at).in_a_strand();
                    typical = typical.plus(inside.typical);
                    worst = worst.zip(inside.worst).map(|(all, one)| all.plus(one));
                }
                (typical, worst)
            }
            State::Map(map) => self.iterations(name, map, small(NATIVE)),
        }
    }

    fn iterations(&self, name: &str, map: &pawl_asl::Map, own: Load) -> (Load, Option<Load>) {
        let Some(processor) = &map.item_processor else {
            return (own, Some(own));
        };
        let inside = self
            .states(&processor.states, &processor.start_at)
            .in_a_strand();
        // A child is an execution of its own: it is started, and has its own history.
        let iteration = |mut load: Load| {
            if map.is_distributed() {
                load.executions += 1.0;
                load.events = 0.0;
            } else {
                load.events += ITERATION;
            }
            load
        };
        let slug = name.strip_suffix(" (items)").unwrap_or(name);
        let looped = self.scales.step(slug);
        let items = looped.map(|step| items(step, self.assumptions));
        let usual = items.map_or(TABLE.assumed.items_of_a_list, |items| items.usual);
        let most = items.and_then(|items| items.most);
        let worst = most.zip(inside.worst);
        (
            own.plus_times(iteration(inside.typical), count(usual)),
            worst.map(|(most, worst)| own.plus_times(iteration(worst), count(most))),
        )
    }

    /// The states that may follow, each with its share of typical runs.
    fn exits(&self, name: &str, state: &State) -> Vec<(String, f64)> {
        // The questions of a step are counted with the step, which bounds them.
        let asks = |catcher: &&Catcher| catcher.error_equals.iter().any(|name| name == code::ASK);
        let catches = state.catch().iter().filter(|catcher| !asks(catcher));
        let mut exits: Vec<(String, f64)> =
            catches.map(|catcher| (catcher.next.clone(), 0.0)).collect();
        exits.extend(state.next().map(|next| (next.to_owned(), 1.0)));
        let State::Choice(choice) = state else {
            return exits;
        };
        let Some((slug, ports)) = self.routes.ports.get(name) else {
            // A machine that may be handed over begins with a Choice on where to enter.
            exits.extend(choice.default.clone().map(|next| (next, 1.0)));
            return exits;
        };
        exits.extend(choice.choices.iter().map(|rule| (rule.next.clone(), 0.0)));
        let shares = self.shares(slug, ports);
        exits.extend(ports.iter().filter_map(|(port, next)| {
            let share = shares.get(port).copied().unwrap_or(0.0);
            (!next.is_empty()).then(|| (next.clone(), share))
        }));
        exits
    }

    /// How typical runs leave a step.
    fn shares<'port>(
        &self,
        slug: &str,
        ports: &BTreeMap<&'port str, String>,
    ) -> BTreeMap<&'port str, f64> {
        let usual: Vec<&'port str> = ports
            .keys()
            .copied()
            .filter(|port| !["error", "timeout", "rejected"].contains(port))
            .collect();
        let step = self.scales.step(slug);
        if let Some(step) = step.filter(|step| step.kind == Kind::Loop) {
            let items = count(items(step, self.assumptions).usual);
            // A loop whose items run side by side is come to once, and leads on at once only where there are none.
            let next = match steps::division(step) {
                Some(_) => items.min(1.0),
                None => items / (items + 1.0),
            };
            return BTreeMap::from([("next", next), ("done", 1.0 - next)]);
        }
        let share = count(usual.len().max(1) as u64).recip();
        usual.into_iter().map(|port| (port, share)).collect()
    }

    /// How often a state is come back to, where that is said.
    fn head(&self, name: &str, state: &State) -> Option<Head> {
        if !matches!(state, State::Choice(_)) {
            // A step that does not choose is come to by its Task.
            let step = self.scales.step(&self.plans.get(name)?.node.step)?;
            let turns = (step.kind != Kind::Loop).then(|| self.assumptions.items.get(&step.slug));
            return turns.flatten().map(|turns| Head::said(*turns));
        }
        let (slug, _) = self.routes.ports.get(name)?;
        let step = self.scales.step(slug)?;
        if step.kind == Kind::Loop && steps::division(step).is_none() {
            let items = items(step, self.assumptions);
            return Some(Head {
                most: items.most.map(count),
                turns: None,
            });
        }
        let turns = self.assumptions.items.get(*slug).copied()?;
        Some(Head::said(turns))
    }
}

impl Head {
    /// The head of a cycle of which somebody said how often a run comes to it.
    fn said(turns: u64) -> Self {
        Self {
            most: Some(count(turns.saturating_sub(1))),
            turns: Some(count(turns)),
        }
    }
}

fn count(number: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "figures of this size are estimates anyway"
    )]
    let count = number as f64;
    count
}
