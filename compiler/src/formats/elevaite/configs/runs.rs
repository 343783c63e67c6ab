//! Whether a step runs: by a condition of its own, and by the choices before it that are asked.

use super::super::super::Translation;
use super::super::super::build::{Object, text};
use super::super::super::literal::literal;
use super::super::steps::Step;
use super::super::words::What;
use super::super::{conditions, given};
use super::{Writer, kind};
use crate::source::Node;

impl<'a> Writer<'a> {
    /// What gives something to a step: what comes before it, or before a choice or a step that may have been skipped.
    pub(super) fn givers(&self, at: usize, before: Vec<&'a Step<'a>>) -> Vec<&'a Step<'a>> {
        let is_silent = |step: &Step<'_>| {
            matches!(step.what, What::Condition | What::Verdict | What::Delay)
                || own_condition(step).is_some()
        };
        let mut found = before;
        let mut next = 0;
        while let Some(step) = found.get(next).copied() {
            next += 1;
            if !is_silent(step) {
                continue;
            }
            let behind = self.steps.iter().position(|other| other.slug == step.slug);
            for id in behind.into_iter().flat_map(|behind| self.before(behind)) {
                let further = self.steps.get(id).filter(|_| id != at);
                let is_new = |step: &&Step<'_>| !found.iter().any(|one| one.slug == step.slug);
                found.extend(further.filter(is_new));
            }
        }
        found
    }

    /// What must hold for a step to run: a choice before it led to it, and its own condition holds.
    pub(super) fn by_ways(&self, at: usize, step: &Step<'_>, own: Option<Node>) -> Option<Node> {
        let Some(ways) = self.ways.get(&at) else {
            return own;
        };
        let of = own.as_ref().unwrap_or(step.node);
        let owned = own.as_ref().and_then(|own| own.get("expression")?.as_str());
        let expression = match owned {
            Some(owned) => format!("({ways}) && ({owned})"),
            None => ways.clone(),
        };
        let mut config = Object::of(of);
        config.put("onError", text(of, "false"));
        config.put("expression", text(of, expression));
        Some(config.build())
    }

    /// A loop that no choice leads to goes through nothing.
    pub(super) fn bound_to_ways(&self, at: usize, config: &mut Object) {
        let Some((ways, items)) = self.ways.get(&at).zip(config.field("items")) else {
            return;
        };
        let value = |node: &Node| {
            let written = node.as_str().unwrap_or_default();
            let inner = written.strip_prefix("{{");
            let inner = inner.and_then(|rest| rest.strip_suffix("}}"));
            inner.map_or_else(|| literal(&node.to_json()), str::to_owned)
        };
        let all = match items.elements() {
            [] => value(items),
            elements => {
                let elements: Vec<String> = elements.iter().map(value).collect();
                format!("[{}]", elements.join(", "))
            }
        };
        let node = text(items, format!("{{{{({ways}) ? ({all}) : []}}}}"));
        config.put("items", node);
    }

    /// The condition without which a step is skipped.
    pub(super) fn run_if(
        &self,
        step: &Step<'_>,
        node: &Node,
        translation: &mut Translation<'_>,
    ) -> Node {
        translation.differs(
            "steps-that-are-skipped",
            node,
            format!(
                "`{}` runs only if this holds; else the run goes on with what follows it",
                step.id
            ),
        );
        let names = self.texts.names(step);
        let mut config = Object::of(node);
        config.put("onError", text(node, "false"));
        config.put(
            "expression",
            conditions::expression(node, &names, self.texts, translation),
        );
        config.build()
    }

    /// The condition in front of a step that leads elsewhere where it does not hold.
    pub(super) fn guarded(
        &mut self,
        at: usize,
        step: &Step<'_>,
        name: &str,
        translation: &mut Translation<'_>,
    ) -> Node {
        let node = own_condition(step).unwrap_or(step.node);
        let config = self.run_if(step, node, translation);
        let ports = self.edges.out.get(at).cloned().unwrap_or_default();
        let by = |port: &str| ports.get(port).cloned().unwrap_or_default();
        let otherwise = if step.what == What::Loop {
            by("done")
        } else if given(step.node, "else_steps").is_some() {
            by(step.what.else_port())
        } else if step.what == What::Parallel {
            self.edges.joins.get(&at).cloned().unwrap_or_default()
        } else {
            by(step.what.main_port())
        };
        let mut next = Object::of(node);
        next.put("true", text(node, step.slug.clone()));
        let otherwise = self.target(&otherwise, Some(at), node, name);
        next.put("false", text(node, otherwise));
        let mut native = kind(node, name, "condition");
        native.put("config", config);
        native.put("nextSteps", next.build());
        native.build()
    }
}

/// The condition of a step's own.
pub(in crate::formats::elevaite) fn own_condition<'a>(step: &Step<'a>) -> Option<&'a Node> {
    if matches!(step.what, What::Condition | What::Verdict) || step.what.begins() {
        return None;
    }
    let fields = ["conditions", "condition"].iter();
    let mut given = fields.filter_map(|field| given(step.node, field));
    given.find(|node| !node.elements().is_empty() || node.as_str().is_some() || node.is_object())
}
