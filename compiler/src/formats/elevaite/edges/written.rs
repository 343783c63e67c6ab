//! Edges that are written: `next_steps` and its like, `connections`, `dependencies`, and steps inside of parameters.

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
    pub(super) fn connected(&mut self, root: &Node) {
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
            let named = words
                .filter_map(|word| port(&word.to_lowercase(), what))
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

    /// `dependencies`: what comes before a step.
    pub(super) fn depended(&mut self) {
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
}
