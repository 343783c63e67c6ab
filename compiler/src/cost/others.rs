//! Other workflows that runs start: those that subflow steps run, and those that follow a run.
//!
//! As far as their definitions are at hand, what they take is counted with the run that starts them. They are runs of
//! their own, so that their events stand in histories of their own.

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::{Kind, identifier};

use super::load::Load;
use super::machine::Taken;
use super::{Assumptions, alone};
use crate::Program;
use crate::definition::Step;

/// The workflows that are at hand, by identifier, and what was found of them.
#[derive(Default)]
pub(super) struct Others<'a> {
    programs: Option<&'a BTreeMap<String, Program>>,
    /// What a run of each takes.
    taken: BTreeMap<String, Taken>,
    /// The workflows that are being weighed, each started by the one before.
    path: Vec<String>,
    /// Workflows that come back to themselves.
    circles: BTreeSet<Vec<String>>,
    /// Workflows that are not at hand.
    missing: BTreeSet<String>,
}

impl<'a> Others<'a> {
    pub(super) fn new(programs: &'a BTreeMap<String, Program>) -> Self {
        Self {
            programs: Some(programs),
            ..Self::default()
        }
    }

    /// Weighs every workflow that a program starts.
    pub(super) fn weigh(&mut self, program: &Program, assumptions: &Assumptions) {
        self.path.push(program.checked.definition.identifier());
        for name in started(program) {
            let known = identifier(&name);
            if let Some(at) = self.path.iter().position(|one| *one == known) {
                let circle = self.path.get(at..).unwrap_or_default();
                self.circles.insert(circle.to_vec());
                // Nothing bounds how often they start each other.
                let endless = Taken {
                    typical: Load::default(),
                    worst: None,
                };
                self.taken.entry(known).or_insert(endless);
                continue;
            }
            if self.taken.contains_key(&known) {
                continue;
            }
            let Some(other) = self.programs.and_then(|all| all.get(&known)) else {
                self.missing.insert(name);
                continue;
            };
            let inner = inside(assumptions, &known);
            self.weigh(other, &inner);
            let taken = alone(other, self, &inner).without_events();
            self.taken.insert(known, taken);
        }
        self.path.pop();
    }

    /// What a run takes that a step starts.
    pub(super) fn of_step(&self, step: &Step) -> Option<&Taken> {
        self.taken.get(&identifier(named(step)?))
    }

    /// What follows a run that completes, and at the most whatever follows one.
    pub(super) fn behind(&self, program: &Program) -> Taken {
        let follow_ups = &program.checked.definition.settings.follow_ups;
        let of = |name: &Option<String>| self.taken.get(&identifier(name.as_ref()?));
        let [completed, failed] = [&follow_ups.on_complete, &follow_ups.on_error].map(of);
        let nothing = Some(Load::default());
        let worst = |taken: Option<&Taken>| taken.map_or(nothing, |taken| taken.worst);
        Taken {
            typical: completed.map_or_else(Load::default, |taken| taken.typical),
            worst: worst(completed)
                .zip(worst(failed))
                .map(|(one, other)| one.most(other)),
        }
    }

    /// What is not counted, in sentences.
    pub(super) fn said(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|name| {
            format!("`{name}` is not at hand, so its runs are counted apart: ask for its cost, too")
        });
        let circles = self.circles.iter().map(|circle| {
            let again = circle.iter().chain(circle.first());
            let names: Vec<String> = again.map(|name| format!("`{name}`")).collect();
            let chain = names.join(", which starts ").replacen(", which", "", 1);
            format!("{chain}: how often is not known, and one round is counted")
        });
        let is_own = |name: &String| self.circles.iter().any(|circle| circle.contains(name));
        let counted = self.taken.keys().filter(|name| !is_own(name));
        let counted: Vec<String> = counted.map(|name| format!("`{name}`")).collect();
        let all = (!counted.is_empty()).then(|| {
            format!(
                "runs of {} are counted with the run that starts them; `--items WORKFLOW/STEP=N` says how many items they have",
                counted.join(", ")
            )
        });
        all.into_iter().chain(missing).chain(circles).collect()
    }
}

/// The workflows that a program starts, by the names that it gives them.
pub(super) fn started(program: &Program) -> BTreeSet<String> {
    let definition = &program.checked.definition;
    let steps = definition.steps.iter().filter_map(named);
    let follow_ups = &definition.settings.follow_ups;
    let follow_ups = [&follow_ups.on_complete, &follow_ups.on_error];
    let follow_ups = follow_ups.into_iter().flatten().map(String::as_str);
    steps.chain(follow_ups).map(str::to_owned).collect()
}

/// The workflow that a step runs, where its name is written out.
fn named(step: &Step) -> Option<&str> {
    let name = (step.kind == Kind::Subflow).then(|| step.config.get("workflow")?.as_str());
    name.flatten().filter(|name| !name.contains("{{"))
}

/// What is assumed of another workflow: `billing/each_line` is its loop `each_line`.
fn inside(assumptions: &Assumptions, name: &str) -> Assumptions {
    let items = assumptions.items.iter().filter_map(|(step, count)| {
        let step = step.strip_prefix(name)?.strip_prefix('/')?;
        Some((step.to_owned(), *count))
    });
    // What is said of a workflow that it starts itself is said by that one's name alone.
    let others = assumptions.items.iter();
    let others = others.filter(|(step, _)| step.contains('/'));
    let others = others.map(|(step, count)| (step.clone(), *count));
    Assumptions {
        items: items.chain(others).collect(),
        runs: None,
    }
}
