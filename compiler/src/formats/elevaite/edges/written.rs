//! Edges that are written: `next_steps` and its like, `connections`, `dependencies`, and steps inside of parameters.

use std::collections::BTreeSet;

use super::super::given;
use super::super::steps::{BODY, BRANCHES, Step};
use super::super::words::What;
use super::Finder;
use super::port::{port, unknown};
use crate::diagnostic::{Diagnostic, codes};
use crate::shape::near_ours;
use crate::source::{Data, Node};

/// The types of connections.
const CONNECTIONS: [&str; 3] = ["default", "conditional", "error"];

impl Finder<'_, '_, '_> {
    /// `next_steps`, `else_steps`, `error_steps`.
    pub(super) fn named(&mut self) {
        for (at, step) in self.steps.iter().enumerate() {
            for field in ["next_steps", "next_step"] {
                let Some(next) = given(step.node, field) else {
                    continue;
                };
                let is_map = next.is_object() && next.get("step_id").is_none();
                if is_map {
                    for entry in next.entries() {
                        let port = port(&entry.key.to_lowercase(), step.what);
                        if port.is_none() {
                            let unknown = unknown(entry, &step.id, step.what);
                            self.translation.say(unknown);
                        }
                        // What is refused leads somewhere all the same, so that nothing is said to be unreachable.
                        let port = port.unwrap_or(step.what.main_port());
                        self.lead_by(at, port, &entry.node, &step.id);
                    }
                    continue;
                }
                let targets = self.targets(next, &step.id);
                self.lead(at, &targets);
                if targets.is_empty() && self.is_end(next) {
                    self.edges.ends.insert((at, step.what.main_port()));
                }
            }
            for (field, port) in [
                ("else_steps", step.what.else_port()),
                ("error_steps", "error"),
            ] {
                if let Some(next) = given(step.node, field) {
                    self.lead_by(at, port, next, &step.id);
                }
            }
        }
    }

    /// Bodies and branches that stand in parameters.
    pub(super) fn inner(&mut self) {
        let mut lines = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            if step.what == What::Loop
                && let Some(body) = step.first(&BODY)
            {
                let line = self.line(body, step);
                if let Some(first) = line.first() {
                    self.edges.add(at, "next", *first);
                }
                lines.push(line);
            }
            if step.what == What::Parallel
                && let Some(branches) = step.first(&BRANCHES)
            {
                let mut begins = Vec::new();
                for branch in branches.elements() {
                    let steps = branch.get("steps");
                    let is_line = steps.is_some() || matches!(branch.data, Data::Array(_));
                    let line = if is_line {
                        self.line(steps.unwrap_or(branch), step)
                    } else {
                        self.one(branch, step).into_iter().collect()
                    };
                    begins.extend(line.first().copied());
                    lines.push(line);
                }
                self.edges.branches.insert(at, begins);
            }
        }
        // What follows a loop or a parallel step comes when all inside of it is done, so inner lines come first.
        for line in lines.iter().rev() {
            self.chain(line);
        }
    }

    /// A step that is written out or named.
    fn one(&mut self, node: &Node, around: &Step<'_>) -> Option<usize> {
        let place = &node.span;
        let here = self.steps.iter().position(|step| step.node.span == *place);
        here.or_else(|| self.step(node, &around.id))
    }

    /// The steps of a list.
    fn line(&mut self, list: &Node, around: &Step<'_>) -> Vec<usize> {
        let mut line = Vec::new();
        for element in list.elements() {
            line.extend(self.one(element, around));
        }
        line
    }

    /// Lets steps follow each other, unless they say themselves what follows. Those that others name are come to from there, so
    /// what stands before them goes on with what stands behind them.
    fn chain(&mut self, line: &[usize]) {
        let ids = |step: &Step<'_>, field: &str| {
            let named = given(step.node, field).map(words).unwrap_or_default();
            let ids = named.iter().filter_map(|id| self.ids.get(id));
            (!named.is_empty(), ids.copied().collect::<Vec<_>>())
        };
        let mut speak = BTreeSet::new();
        let mut named = BTreeSet::new();
        for at in line {
            let Some(step) = self.steps.get(*at) else {
                continue;
            };
            for field in ["next_steps", "next_step"] {
                let (says, next) = ids(step, field);
                speak.extend(says.then_some(*at));
                named.extend(next);
            }
            // What a loop leads to when it is done is what comes behind it anyway.
            let others = ["else_steps", "error_steps"].into_iter();
            for field in others.skip(usize::from(step.what == What::Loop)) {
                named.extend(ids(step, field).1);
            }
            let before = step.before();
            if !before.is_empty() {
                named.insert(*at);
            }
            speak.extend(before.iter().filter_map(|id| self.ids.get(id)));
        }
        for (place, from) in line.iter().enumerate() {
            let mut behind = line.iter().skip(place + 1);
            if let Some(to) = behind.find(|step| !named.contains(step))
                && !speak.contains(from)
                && !self.is_done_elsewhere(*from, *to)
            {
                self.lead(*from, &[*to]);
            }
        }
    }

    /// Whether a step is a loop that leads to others than the next one when it is done.
    fn is_done_elsewhere(&self, from: usize, to: usize) -> bool {
        let steps = (self.steps.get(from), self.steps.get(to));
        let (Some(from), Some(to)) = steps else {
            return false;
        };
        let field = given(from.node, "else_steps").filter(|_| from.what == What::Loop);
        let names = field.map(words).unwrap_or_default();
        !names.is_empty() && !names.contains(&to.id.as_str())
    }

    /// `connections`: edges as they are drawn.
    pub(super) fn connected(&mut self, root: &Node) {
        let named = self.edges.clone();
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
            if let Some(kind) = given(connection, "connection_type")
                && let Some(kind_word) = kind.as_str().filter(|word| !CONNECTIONS.contains(word))
                && let Some(near) = near_ours(kind_word, CONNECTIONS)
            {
                // Pictures have types of their own, which mean nothing here; a slip would lead the wrong way.
                let message = format!("a connection has no type `{kind_word}`");
                self.translation.say(
                    Diagnostic::error(codes::INVALID_VALUE, message)
                        .on(kind)
                        .meant(kind_word, Some(near)),
                );
            }
            let is_error = word("connection_type") == Some("error");
            let words = ["source_handle", "label"].into_iter().filter_map(word);
            let words: Vec<&str> = words
                .filter_map(|word| port(&word.to_lowercase(), what))
                .collect();
            let other = words.iter().find(|port| **port != what.main_port());
            let port = if is_error {
                "error"
            } else {
                other.or(words.first()).copied().unwrap_or(what.main_port())
            };
            // One that says no port draws what a step's own fields say.
            let is_drawn = !is_error && words.is_empty() && named.has(from, to);
            if is_drawn || self.edges.leads(from, port, to) {
                continue;
            }
            if port == what.main_port() {
                self.lead_one(from, to);
            } else {
                self.edges.add(from, port, to);
            }
        }
    }

    /// `dependencies`: what comes before a step.
    pub(super) fn depended(&mut self) {
        for (at, step) in self.steps.iter().enumerate() {
            for field in ["dependencies", "depends_on"] {
                let Some(before) = given(step.node, field) else {
                    continue;
                };
                for from in self.targets(before, &step.id) {
                    self.edges.required.insert((from, at));
                    if self.edges.has(from, at) {
                        continue;
                    }
                    if self.onward(from) == "done" && step.inside != Some(from) {
                        self.edges.add(from, "done", at);
                    } else {
                        self.lead_one(from, at);
                    }
                }
            }
        }
    }
}

/// What a field names: one step, several, or some for each port.
pub(in super::super) fn words(node: &Node) -> Vec<&str> {
    let ports = node.entries().iter().map(|entry| &entry.node);
    let inner = ports.chain(node.elements()).flat_map(words);
    let own = node.as_str().filter(|word| !word.is_empty());
    own.into_iter().chain(inner).collect()
}
