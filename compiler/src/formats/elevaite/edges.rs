//! Edges: which step follows which, by which port.
//!
//! `next_steps` and `else_steps` name the steps that follow, `dependencies` those that come before, `connections` both.
//! A definition may use any of them; where it uses none, its steps follow each other as they stand.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::super::Translation;
use super::given;
use super::steps::{BODY, BRANCHES, Step};
use super::words::What;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Node};

/// What follows each step, by port.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// For each step: the steps that follow by each port, in the author's order.
    pub(super) out: Vec<IndexMap<&'static str, Vec<usize>>>,
    /// For each parallel step: where its branches begin.
    pub(super) branches: BTreeMap<usize, Vec<usize>>,
    /// The steps with which a run begins, beside its trigger.
    pub(super) entries: Vec<usize>,
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

    fn has(&self, from: usize, to: usize) -> bool {
        self.after(from).any(|target| target == to)
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
    finder.named();
    finder.connected(root);
    let before: usize = finder.edges.out.iter().map(IndexMap::len).sum();
    finder.depended();
    let after: usize = finder.edges.out.iter().map(IndexMap::len).sum();
    finder.edges.are_dependencies = before == 0 && after > 0;
    if finder.edges.are_dependencies {
        finder.circular();
    }
    if before == 0 && after == 0 {
        finder.sequence(root);
    }
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
        if !id.is_empty() && !["end", "END", "finish", "noop"].contains(&id) {
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

    /// `next_steps`, `else_steps`, `error_steps`.
    fn named(&mut self) {
        for (at, step) in self.steps.iter().enumerate() {
            for field in ["next_steps", "next_step"] {
                let Some(next) = given(step.node, field) else {
                    continue;
                };
                let is_map = next.is_object() && next.get("step_id").is_none();
                if is_map {
                    for entry in next.entries() {
                        let port = port(&entry.key, step.what);
                        for target in self.targets(&entry.node, &step.id) {
                            self.edges.add(at, port, target);
                        }
                    }
                    continue;
                }
                let targets = self.targets(next, &step.id);
                self.lead(at, &targets);
            }
            for (field, port) in [
                ("else_steps", step.what.else_port()),
                ("error_steps", "error"),
            ] {
                if let Some(next) = given(step.node, field) {
                    for target in self.targets(next, &step.id) {
                        self.edges.add(at, port, target);
                    }
                }
            }
        }
    }

    /// By its main port a step leads to others; a parallel step that has no branches yet gets them.
    fn lead(&mut self, from: usize, targets: &[usize]) {
        let what = self.what(from);
        // Where the body of a loop stands in its parameters, what follows comes when it is done.
        let has_body = self
            .edges
            .out
            .get(from)
            .is_some_and(|ports| ports.contains_key("next"));
        if what == What::Parallel && !self.edges.branches.contains_key(&from) {
            self.edges.branches.insert(from, targets.to_vec());
            return;
        }
        let port = if what == What::Loop && has_body {
            "done"
        } else {
            what.main_port()
        };
        if what == What::Parallel {
            // What follows the step follows the last steps of its branches.
            let begins = self.edges.branches.get(&from).cloned().unwrap_or_default();
            for last in self.last(&begins) {
                for target in targets {
                    let port = self.what(last).main_port();
                    self.edges.add(last, port, *target);
                }
            }
            return;
        }
        for target in targets {
            self.edges.add(from, port, *target);
        }
    }

    /// The steps behind some that lead nowhere.
    fn last(&self, from: &[usize]) -> Vec<usize> {
        let reached = self.edges.reach(from, usize::MAX);
        let ends = reached.into_iter();
        ends.filter(|step| self.edges.after(*step).next().is_none())
            .collect()
    }

    /// Bodies and branches that stand in parameters.
    fn inner(&mut self) {
        for (at, step) in self.steps.iter().enumerate() {
            if step.what == What::Loop
                && let Some(body) = step.first(&BODY)
            {
                let chain = self.chain(body, step);
                if let Some(first) = chain.first() {
                    self.edges.add(at, "next", *first);
                }
            }
            if step.what == What::Parallel
                && let Some(branches) = step.first(&BRANCHES)
            {
                let mut begins = Vec::new();
                for branch in branches.elements() {
                    let steps = branch.get("steps");
                    let is_line = steps.is_some() || matches!(branch.data, Data::Array(_));
                    let line = if is_line {
                        self.chain(steps.unwrap_or(branch), step)
                    } else {
                        self.one(branch, step).into_iter().collect()
                    };
                    begins.extend(line.first().copied());
                }
                self.edges.branches.insert(at, begins);
            }
        }
    }

    /// A step that is written out or named.
    fn one(&mut self, node: &Node, around: &Step<'_>) -> Option<usize> {
        let place = &node.span;
        let here = self.steps.iter().position(|step| step.node.span == *place);
        here.or_else(|| self.step(node, &around.id))
    }

    /// Steps that follow each other, unless they say themselves what follows.
    fn chain(&mut self, list: &Node, around: &Step<'_>) -> Vec<usize> {
        let mut chain = Vec::new();
        for element in list.elements() {
            chain.extend(self.one(element, around));
        }
        let says = |step: &Step<'_>| {
            ["next_steps", "next_step", "dependencies", "depends_on"]
                .iter()
                .any(|field| {
                    given(step.node, field)
                        .is_some_and(|node| !node.elements().is_empty() || node.as_str().is_some())
                })
        };
        let is_said = chain
            .iter()
            .filter_map(|step| self.steps.get(*step))
            .any(says);
        if !is_said {
            for pair in chain.windows(2) {
                if let [from, to] = pair {
                    let port = self.what(*from).main_port();
                    self.edges.add(*from, port, *to);
                }
            }
        }
        chain
    }

    /// `connections`: edges as they are drawn.
    fn connected(&mut self, root: &Node) {
        for connection in root
            .get("connections")
            .map(Node::elements)
            .unwrap_or_default()
        {
            let ends = [
                ["source_step_id", "source", "from"],
                ["target_step_id", "target", "to"],
            ];
            let [source, target] =
                ends.map(|fields| fields.iter().find_map(|field| given(connection, field)));
            let (Some(source), Some(target)) = (source, target) else {
                let message = "a connection has a `source_step_id` and a `target_step_id`";
                self.translation
                    .say(Diagnostic::error(codes::MISSING_FIELD, message).on(connection));
                continue;
            };
            let (Some(from), Some(to)) = (
                self.step(source, "connections"),
                self.step(target, "connections"),
            ) else {
                continue;
            };
            let what = self.what(from);
            let word = |field: &str| given(connection, field).and_then(Node::as_str);
            let is_error = word("connection_type") == Some("error");
            let words = ["source_handle", "label"].into_iter().filter_map(word);
            let named = words
                .map(|word| port(&word.to_lowercase(), what))
                .find(|port| *port != what.main_port());
            let port = if is_error {
                "error"
            } else {
                named.unwrap_or(what.main_port())
            };
            if self.edges.has(from, to) {
                continue;
            }
            if port == what.main_port() {
                self.lead_one(from, to);
            } else {
                self.edges.add(from, port, to);
            }
        }
    }

    fn lead_one(&mut self, from: usize, to: usize) {
        if self.what(from) == What::Parallel {
            self.edges.branches.entry(from).or_default().push(to);
        } else {
            let port = self.what(from).main_port();
            self.edges.add(from, port, to);
        }
    }

    /// `dependencies`: what comes before a step.
    fn depended(&mut self) {
        for (at, step) in self.steps.iter().enumerate() {
            for field in ["dependencies", "depends_on"] {
                let Some(before) = given(step.node, field) else {
                    continue;
                };
                for from in self.targets(before, &step.id) {
                    if self.edges.has(from, at) {
                        continue;
                    }
                    let loops = self.what(from) == What::Loop;
                    let has_body = self
                        .edges
                        .out
                        .get(from)
                        .is_some_and(|ports| ports.contains_key("next"));
                    if loops && has_body && step.inside != Some(from) {
                        self.edges.add(from, "done", at);
                    } else {
                        self.lead_one(from, at);
                    }
                }
            }
        }
    }

    /// Steps that wait for each other: none of them would ever begin.
    fn circular(&mut self) {
        let mut told = BTreeSet::new();
        for at in 0..self.steps.len() {
            let Some(waits) = self.circle(at) else {
                continue;
            };
            // A loop goes on with what depends on it, and so does whoever chooses.
            let chooses = |step: &usize| matches!(self.what(*step), What::Condition | What::Loop);
            let is_told = waits.iter().skip(1).any(|step| !told.insert(*step));
            if is_told || waits.len() < 3 || waits.iter().any(chooses) {
                continue;
            }
            let names = waits.iter().filter_map(|step| self.steps.get(*step));
            let names: Vec<String> = names.map(|step| format!("`{}`", step.id)).collect();
            let Some((first, rest)) = names.split_first() else {
                continue;
            };
            let message = format!("step {first} waits for {}", rest.join(", which waits for "));
            let node = self.steps.get(at).map(|step| step.node);
            let fields = ["dependencies", "depends_on"];
            let place = node.and_then(|node| fields.iter().find_map(|field| given(node, field)));
            if let Some(place) = place {
                self.translation.say(
                    Diagnostic::error(codes::DEPENDENCY_CYCLE, message)
                        .on(place)
                        .help("take one of them out of the `dependencies` of another"),
                );
            }
        }
    }

    /// What a step waits for, up to itself, the shortest way.
    fn circle(&self, step: usize) -> Option<Vec<usize>> {
        let mut ways = vec![vec![step]];
        let mut seen = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                let last = *way.last()?;
                for before in (0..self.steps.len()).filter(|before| self.edges.has(*before, last)) {
                    let mut way = way.clone();
                    way.push(before);
                    if before == step {
                        return Some(way);
                    }
                    if seen.insert(before) {
                        longer.push(way);
                    }
                }
            }
            ways = longer;
        }
        None
    }

    /// Steps that follow each other as they stand.
    fn sequence(&mut self, root: &Node) {
        let line: Vec<usize> = (0..self.steps.len())
            .filter(|step| {
                self.steps
                    .get(*step)
                    .is_some_and(|step| step.inside.is_none())
            })
            .collect();
        if line.len() < 2 {
            return;
        }
        // With its steps inside of parameters, a loop or a parallel step is one of the line.
        for pair in line.windows(2) {
            if let [from, to] = pair {
                self.lead(*from, &[*to]);
            }
        }
        self.translation.differs(
            "steps-without-edges",
            root.get("steps").unwrap_or(root),
            "no step says what follows it, so they follow each other as they stand",
        );
    }

    /// The last steps of a loop's body lead back to it.
    fn returns(&mut self) {
        let heads: Vec<usize> = (0..self.steps.len())
            .filter(|step| self.what(*step) == What::Loop)
            .collect();
        // Inner loops first: they stand behind the outer ones.
        for head in heads.into_iter().rev() {
            let targets = |port: &str| {
                let ports = self.edges.out.get(head);
                ports
                    .and_then(|ports| ports.get(port))
                    .cloned()
                    .unwrap_or_default()
            };
            let (body, done) = (targets("next"), targets("done"));
            let after = self.edges.reach(&done, head);
            let inside: Vec<usize> = self
                .edges
                .reach(&body, head)
                .into_iter()
                .filter(|step| !after.contains(step))
                .collect();
            for step in inside {
                let what = self.what(step);
                // An inner loop leads on when it is done; where it leads to next is its own body.
                let ports = what.ways_on().iter();
                let ports = ports.filter(|port| what != What::Loop || **port == "done");
                for port in ports {
                    let leads = self
                        .edges
                        .out
                        .get(step)
                        .is_some_and(|out| out.contains_key(port));
                    if !leads {
                        self.edges.add(step, port, head);
                    }
                }
            }
        }
    }

    /// The steps that nothing leads to: where steps depend on others, those begin at once.
    fn roots(&mut self) {
        let reached: BTreeSet<usize> = (0..self.steps.len())
            .flat_map(|step| self.edges.after(step).collect::<Vec<_>>())
            .collect();
        let is_root = |step: &usize| !reached.contains(step);
        let first = (0..self.steps.len()).find(|step| self.what(*step).begins());
        let roots: Vec<usize> = (0..self.steps.len())
            .filter(is_root)
            .filter(|step| Some(*step) != first)
            .filter(|step| {
                self.steps
                    .get(*step)
                    .is_some_and(|step| step.inside.is_none())
            })
            .collect();
        let inputs = roots
            .iter()
            .copied()
            .filter(|step| self.what(*step).begins());
        self.edges.entries = if self.edges.are_dependencies || first.is_none() {
            roots
        } else {
            inputs.collect()
        };
        if first.is_none() && !self.edges.are_dependencies {
            // A definition without a trigger begins with its first step.
            self.edges.entries.truncate(1);
        }
    }
}

/// The port that a word names.
fn port(word: &str, what: What) -> &'static str {
    match word {
        "error" | "failure" | "failed" | "on_error" => "error",
        "true" | "yes" if what == What::Condition => "true",
        "false" | "no" | "else" if what == What::Condition => "false",
        "rejected" | "denied" | "reject" | "no" if what == What::Approval => "rejected",
        "timeout" if what == What::Approval => "timeout",
        "done" | "complete" | "completed" | "after" if what == What::Loop => "done",
        _ => what.main_port(),
    }
}
