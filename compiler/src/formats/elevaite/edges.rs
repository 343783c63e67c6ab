//! Edges: which step follows which, by which port.
//!
//! `next_steps` and `else_steps` name the steps that follow, `dependencies` those that come before, `connections` both.
//! A definition may use any of them; where it uses none, its steps follow each other as they stand.

mod implied;
mod port;
mod written;

pub(super) use written::words;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::super::Translation;
use super::steps::Step;
use super::words::What;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Node};

/// The words for the end of a run.
const ENDS: [&str; 4] = ["end", "END", "finish", "noop"];

/// What follows each step, by port.
#[derive(Debug, Clone, Default)]
pub(super) struct Edges {
    /// For each step: the steps that follow by each port, in the author's order.
    pub(super) out: Vec<IndexMap<&'static str, Vec<usize>>>,
    /// For each parallel step: where its branches begin.
    pub(super) branches: BTreeMap<usize, Vec<usize>>,
    /// For each parallel step: what follows it, when all of its branches are done.
    pub(super) joins: BTreeMap<usize, Vec<usize>>,
    /// The ports by which a step says that the run ends.
    pub(super) ends: BTreeSet<(usize, &'static str)>,
    /// The ports of a rejection by which a step leads to no step: to the end, or on with a loop. An empty list for errors says
    /// nothing: editors write one everywhere, and no failure is to be lost by it.
    pub(super) empty: BTreeSet<(usize, &'static str)>,
    /// The steps with which a run begins, beside its trigger.
    pub(super) entries: Vec<usize>,
    /// What steps name in their `dependencies`: the one that is waited for, and the one that waits.
    pub(super) required: BTreeSet<(usize, usize)>,
    /// Whether steps wait for all that they depend on.
    pub(super) are_dependencies: bool,
}

impl Edges {
    fn add(&mut self, from: usize, port: &'static str, to: usize) {
        if let Some(ports) = self.out.get_mut(from) {
            let targets = ports.entry(port).or_default();
            if !targets.contains(&to) {
                targets.push(to);
            }
        }
    }

    /// Every step that follows another one.
    pub(super) fn after(&self, step: usize) -> impl Iterator<Item = usize> {
        let ports = self.out.get(step).into_iter().flatten();
        let branches = self.branches.get(&step).into_iter().flatten();
        ports
            .flat_map(|(_, targets)| targets)
            .chain(branches)
            .copied()
    }

    /// Whether something runs beside a step: it is behind one way alone of those that begin together.
    pub(super) fn is_beside_others(&self, step: usize) -> bool {
        let ports = self.out.iter().flat_map(IndexMap::values);
        let mut together = ports.chain(self.branches.values()).chain([&self.entries]);
        together.any(|targets| {
            let leads = |target: &&usize| self.reach(&[**target], usize::MAX).contains(&step);
            let ways = targets.iter().filter(leads).count();
            ways > 0 && ways < targets.len()
        })
    }

    /// Whether two of some steps run side by side: each is behind another way of those that begin together.
    pub(super) fn run_side_by_side(&self, steps: &[usize]) -> bool {
        let ports = self.out.iter().flat_map(IndexMap::values);
        let together = ports.chain(self.branches.values()).chain([&self.entries]);
        for targets in together.filter(|targets| targets.len() > 1) {
            let behind = |target: &usize| self.reach(&[*target], usize::MAX);
            let ways: Vec<BTreeSet<usize>> = targets.iter().map(behind).collect();
            // What several ways lead to comes after all of them.
            let only = |step: &usize| {
                let mut found = ways
                    .iter()
                    .enumerate()
                    .filter(|(_, way)| way.contains(step));
                let first = found.next().map(|(at, _)| at);
                first.filter(|_| found.next().is_none())
            };
            let homes: BTreeSet<usize> = steps.iter().filter_map(only).collect();
            if homes.len() > 1 {
                return true;
            }
        }
        false
    }

    /// The same with the branches of parallel steps as what follows them, beside what follows when all have ended.
    pub(super) fn forked(&self) -> Self {
        let mut forked = self.clone();
        for (at, mut begins) in std::mem::take(&mut forked.branches) {
            let joins = self.joins.get(&at).cloned().unwrap_or_default();
            for inside in self.reach(&begins, at) {
                let is_inside = !joins
                    .iter()
                    .any(|join| self.reach(&[*join], at).contains(&inside));
                let ports = forked.out.get_mut(inside).filter(|_| is_inside);
                for (_, targets) in ports.into_iter().flatten() {
                    targets.retain(|target| !joins.contains(target));
                }
            }
            begins.extend(joins);
            if let Some(ports) = forked.out.get_mut(at) {
                ports.insert("success", begins);
            }
        }
        forked
    }

    /// The ports of a rejection by which a step leads to no step.
    pub(super) fn empty_of(&self, step: usize) -> impl Iterator<Item = &'static str> {
        let ports = self.empty.iter().filter(move |(from, _)| *from == step);
        ports.map(|(_, port)| *port)
    }

    /// The ports by which a step says in a word that the run ends.
    pub(super) fn named_ends_of(&self, step: usize) -> impl Iterator<Item = &'static str> {
        let ports = self.ends.iter().filter(move |(from, _)| *from == step);
        ports.map(|(_, port)| *port)
    }

    /// The ports by which a step leads to the end of the run.
    pub(super) fn ends_of(&self, step: usize) -> impl Iterator<Item = &'static str> {
        let ports = self.ends.iter().chain(&self.empty);
        let own = ports.filter(move |(from, _)| *from == step);
        own.map(|(_, port)| *port)
    }

    fn has(&self, from: usize, to: usize) -> bool {
        self.after(from).any(|target| target == to)
    }

    /// Whether a step leads to another by a port. A branch of a parallel step begins by its main one.
    fn leads(&self, from: usize, port: &str, to: usize) -> bool {
        let ports = self.out.get(from).and_then(|ports| ports.get(port));
        let branches = self.branches.get(&from).filter(|_| port != "error");
        let mut targets = ports.into_iter().chain(branches).flatten();
        targets.any(|target| *target == to)
    }

    /// The steps of a loop's body.
    pub(super) fn inside(&self, head: usize) -> BTreeSet<usize> {
        let targets = |port: &str| {
            let ports = self.out.get(head);
            let targets = ports.and_then(|ports| ports.get(port));
            targets.map(Vec::as_slice).unwrap_or_default()
        };
        let mut inside = self.reach(targets("next"), head);
        let after = self.reach(targets("done"), head);
        inside.retain(|step| !after.contains(step));
        inside
    }

    /// The steps that can be come to from some, those included, without passing one.
    pub(super) fn reach(&self, from: &[usize], without: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open: Vec<usize> = from.to_vec();
        while let Some(step) = open.pop() {
            if step != without && found.insert(step) {
                open.extend(self.after(step));
            }
        }
        found
    }
}

/// Finds every edge.
pub(super) fn find(root: &Node, steps: &[Step<'_>], translation: &mut Translation<'_>) -> Edges {
    let ids: BTreeMap<&str, usize> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| (step.id.as_str(), at))
        .collect();
    let mut finder = Finder {
        steps,
        ids,
        edges: Edges {
            out: vec![IndexMap::new(); steps.len()],
            ..Edges::default()
        },
        translation,
    };
    finder.inner();
    let inner = finder.ports();
    finder.named();
    finder.connected(root);
    let before = finder.ports();
    finder.depended();
    let after = finder.ports();
    finder.edges.are_dependencies = before == inner && after > before;
    if finder.edges.are_dependencies {
        finder.circular();
    }
    if after == inner {
        finder.sequence(root);
    }
    finder.join();
    finder.returns();
    finder.roots();
    finder.edges
}

struct Finder<'a, 't, 'd> {
    steps: &'a [Step<'a>],
    ids: BTreeMap<&'a str, usize>,
    edges: Edges,
    translation: &'t mut Translation<'d>,
}

impl Finder<'_, '_, '_> {
    fn what(&self, step: usize) -> What {
        self.steps.get(step).map_or(What::Data, |step| step.what)
    }

    /// How many ports lead somewhere, beside those of what is written out inside of others.
    fn ports(&self) -> usize {
        let steps = self.steps.iter().zip(&self.edges.out).enumerate();
        let outside = steps.filter(|(_, (step, _))| step.inside.is_none());
        outside
            .map(|(at, (_, ports))| ports.len() + usize::from(self.edges.joins.contains_key(&at)))
            .sum()
    }

    /// The step of an id; a word for the end is none.
    fn step(&mut self, node: &Node, from: &str) -> Option<usize> {
        let named = node.as_str().or_else(|| {
            let fields = ["step_id", "id", "target", "step"];
            fields.iter().find_map(|field| node.get(field)?.as_str())
        });
        let Some(id) = named else {
            if !node.is_null() {
                let message = format!("step `{from}` leads to a step's id, not to {}", node.noun());
                self.translation
                    .say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
            }
            return None;
        };
        if let Some(step) = self.ids.get(id) {
            return Some(*step);
        }
        if !id.is_empty() && !ENDS.contains(&id) {
            let near = near(id, self.ids.keys().copied());
            let message = format!("`{from}` names the step `{id}`, which does not exist");
            let diagnostic = Diagnostic::error(codes::UNKNOWN_STEP, message).on(node);
            let help = near.map(|near| format!("did you mean `{near}`?"));
            self.translation.say(diagnostic.maybe_help(help));
        }
        None
    }

    /// The steps that a field names: one, a list, or a list of lists.
    fn targets(&mut self, node: &Node, from: &str) -> Vec<usize> {
        match &node.data {
            Data::Array(elements) => {
                let mut found = Vec::new();
                for element in elements {
                    found.extend(self.step(element, from));
                }
                found
            }
            Data::Null => Vec::new(),
            Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Object(_) => {
                self.step(node, from).into_iter().collect()
            }
        }
    }

    /// Whether a field names the end, and not a step of that name.
    fn is_end(&self, node: &Node) -> bool {
        let is_word = |word: &str| ENDS.contains(&word) && !self.ids.contains_key(word);
        let mut elements = node.elements().iter();
        node.as_str().is_some_and(is_word)
            || elements.any(|element| element.as_str().is_some_and(is_word))
    }

    /// By a port a step leads to what a field names: other steps, or the end.
    fn lead_by(&mut self, from: usize, port: &'static str, node: &Node, id: &str) {
        for target in self.targets(node, id) {
            self.edges.add(from, port, target);
        }
        let what = self.what(from);
        let is_empty = matches!(&node.data, Data::Array(elements) if elements.is_empty());
        if self.is_end(node) {
            self.edges.ends.insert((from, port));
        } else if is_empty && !what.begins() && !what.ways_on().contains(&port) && port != "error" {
            self.edges.empty.insert((from, port));
        }
    }

    /// By its main port a step leads to others; a parallel step that has no branches yet gets them.
    fn lead(&mut self, from: usize, targets: &[usize]) {
        let what = self.what(from);
        if what == What::Parallel && !self.edges.branches.contains_key(&from) {
            self.edges.branches.insert(from, targets.to_vec());
            return;
        }
        // What follows a parallel step follows the last steps of its branches, which are known at the end.
        if what == What::Parallel {
            // Where some of them are its branches, they are named twice, and all of them are.
            let begins = self.edges.branches.entry(from).or_default();
            if targets.iter().any(|target| begins.contains(target)) {
                let more = targets.iter().filter(|target| !begins.contains(target));
                let more: Vec<usize> = more.copied().collect();
                begins.extend(more);
                return;
            }
            let joins = self.edges.joins.entry(from).or_default();
            joins.extend(targets);
            return;
        }
        let port = self.onward(from);
        for target in targets {
            self.edges.add(from, port, *target);
        }
    }

    /// Lets what follows parallel steps follow the last steps of their branches.
    fn join(&mut self) {
        let begins = |edges: &Edges, step: &usize| {
            let begins = edges.branches.get(step).cloned();
            begins.unwrap_or_default()
        };
        let mut parallels: Vec<usize> = self.edges.joins.keys().copied().collect();
        // Inner ones first: there is less behind them.
        parallels.sort_by_key(|step| {
            let begins = begins(&self.edges, step);
            self.edges.reach(&begins, usize::MAX).len()
        });
        for step in parallels {
            let targets = self.edges.joins.get(&step).cloned().unwrap_or_default();
            for last in self.last(&begins(&self.edges, &step), &targets) {
                let port = self.onward(last);
                // A branch that says where it ends leads nowhere else.
                if self.edges.ends.contains(&(last, port)) {
                    continue;
                }
                for target in &targets {
                    self.edges.add(last, port, *target);
                }
            }
            for target in &targets {
                self.edges.add(step, "success", *target);
            }
        }
    }

    /// The port by which a step goes on: where the body of a loop is known, what follows comes when it is done.
    fn onward(&self, step: usize) -> &'static str {
        let what = self.what(step);
        let ports = self.edges.out.get(step);
        let has_body = ports.is_some_and(|ports| ports.contains_key("next"));
        if what == What::Loop && has_body {
            "done"
        } else {
            what.main_port()
        }
    }

    /// The steps behind some that lead nowhere, up to others; the body of a loop leads back to it.
    fn last(&self, from: &[usize], until: &[usize]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<usize> = until.iter().copied().collect();
        let mut open: Vec<usize> = from.to_vec();
        while let Some(step) = open.pop() {
            if !seen.insert(step) {
                continue;
            }
            let mut after: Vec<usize> = self.edges.after(step).collect();
            if self.onward(step) == "done" {
                let done = self.edges.out.get(step).and_then(|ports| ports.get("done"));
                after = done.cloned().unwrap_or_default();
            }
            if after.is_empty() {
                found.insert(step);
            }
            open.extend(after);
        }
        found
    }

    fn lead_one(&mut self, from: usize, to: usize) {
        let is_inside = |step: &Step<'_>| step.inside == Some(from);
        let is_written_out = self.steps.iter().any(is_inside);
        if is_written_out && !self.steps.get(to).is_some_and(is_inside) {
            self.lead(from, &[to]);
        } else if self.what(from) == What::Parallel {
            self.edges.branches.entry(from).or_default().push(to);
        } else {
            let port = self.what(from).main_port();
            self.edges.add(from, port, to);
        }
    }
}
