//! Writes lines and branches of steps into ports: what follows each step, and the parallel steps between them.

use std::collections::BTreeSet;

use pawl_contract::Kind;

use super::super::step::LONGEST_SLUG;
use super::shape::{self, Item};
use super::{Group, Way, onward};
use crate::definition::{Edge, Place, Step};
use crate::graph::BRANCHES;
use crate::source::{Data, Entry, Node};

/// Writes what was found into ports and branches.
pub(super) struct Weaver<'a> {
    steps: &'a mut Vec<Step>,
    taken: BTreeSet<String>,
    /// The step with which a run would begin, where there is no trigger.
    first: Option<String>,
    /// The step with which it begins instead.
    begin: Option<usize>,
    /// The steps that give something.
    giving: BTreeSet<String>,
}

impl<'a> Weaver<'a> {
    pub(super) fn new(steps: &'a mut Vec<Step>) -> Self {
        let orders: Option<Vec<u64>> = steps.iter().map(|step| step.order).collect();
        let counted = orders.and_then(|orders| {
            let orders = orders.into_iter().enumerate();
            orders.min_by_key(|(_, order)| *order).map(|(id, _)| id)
        });
        let has_trigger = steps.iter().any(|step| step.kind == Kind::Trigger);
        let first = steps.get(counted.unwrap_or(0));
        let first = first.filter(|_| !has_trigger).map(|step| step.slug.clone());
        Self {
            taken: steps.iter().map(|step| step.slug.clone()).collect(),
            first,
            begin: None,
            giving: steps
                .iter()
                .filter(|step| step.kind.gives() || step.kind == Kind::Loop)
                .map(|step| step.slug.clone())
                .collect(),
            steps,
        }
    }

    /// Lets steps follow each other, and what is next follow the last; the slug of the first.
    pub(super) fn chain(&mut self, items: &[Item], next: Option<String>) -> Option<String> {
        let mut items = items.iter().rev();
        items.try_fold(next, |next, item| Some(Some(self.item(item, next)?)))?
    }

    fn item(&mut self, item: &Item, next: Option<String>) -> Option<String> {
        match item {
            Item::Step(id) => {
                let step = self.steps.get_mut(*id)?;
                let port = onward(step.kind)?;
                let edge = edge_to(next, port, &step.slug_place);
                step.ports.insert(port.to_owned(), edge);
                waits_for_all(step, &self.giving);
                Some(step.slug.clone())
            }
            Item::Together(branches, why) => {
                let most = BRANCHES.len();
                if branches.len() <= most {
                    return self.together(branches, why, next);
                }
                // More than fit one step are branches of branches, as few as do.
                let inner = (branches.len() - most).div_ceil(most - 1).min(most);
                let (alone, rest) = branches.split_at(most - inner);
                let inner = rest.chunks(rest.len().div_ceil(inner));
                let inner = inner.map(|some| vec![Item::Together(some.to_vec(), why.clone())]);
                let nested: Vec<Vec<Item>> = alone.iter().cloned().chain(inner).collect();
                self.item(&Item::Together(nested, why.clone()), next)
            }
        }
    }

    /// A step that goes several ways at once; its slug.
    fn together(
        &mut self,
        branches: &[Vec<Item>],
        why: &shape::Why,
        next: Option<String>,
    ) -> Option<String> {
        let firsts: Vec<String> = branches
            .iter()
            .filter_map(|branch| self.chain(branch, None))
            .collect();
        let first = shape::first(branches).and_then(|id| self.steps.get(id))?;
        let (place, stem) = (first.slug_place.clone(), first.slug.clone());
        let config = Node {
            data: Data::Object(Vec::new()),
            ..first.config.clone()
        };
        let slug = self.free(&stem, branches.len() - 1);
        let edge = edge_to(next, "success", &place);
        let steps: &[Step] = self.steps;
        let origin = why.origin(&firsts, &|id| {
            steps
                .get(id)
                .map(|step| step.slug.clone())
                .unwrap_or_default()
        });
        self.steps.push(Step {
            branches: firsts
                .into_iter()
                .map(|first| edge_to(Some(first), "branch", &place))
                .collect(),
            ports: [("success".to_owned(), edge)].into(),
            origin: Some(origin),
            ..Step::made(slug.clone(), Kind::Parallel, place, config)
        });
        Some(slug)
    }

    /// A slug that no step has, since it holds spaces.
    fn free(&mut self, first: &str, others: usize) -> String {
        let mut number = 1;
        loop {
            let mut suffix = format!(" and {others} beside");
            if number > 1 {
                suffix = format!("{suffix} {number}");
            }
            let room = LONGEST_SLUG.saturating_sub(suffix.len());
            let stem: String = first.chars().take(room).collect();
            let slug = stem + &suffix;
            if self.taken.insert(slug.clone()) {
                return slug;
            }
            number += 1;
        }
    }

    /// Lets what leads to a group lead to its first step.
    pub(super) fn enter(&mut self, group: &Group, entry: Option<String>) {
        for (source, way) in &group.callers {
            let Some(step) = self.steps.get_mut(*source) else {
                continue;
            };
            let edge = match way {
                Way::Port(port) => step.ports.get_mut(port),
                Way::Branch(number) => step.branches.get_mut(*number),
            };
            if let Some(edge) = edge {
                edge.target.clone_from(&entry);
            }
        }
        if !group.callers.is_empty() {
            return;
        }
        let slugs: BTreeSet<&str> = group
            .nodes
            .iter()
            .filter_map(|id| Some(self.steps.get(*id)?.slug.as_str()))
            .collect();
        let trigger = self
            .steps
            .iter()
            .position(|step| step.kind == Kind::Trigger);
        if let Some(trigger) = trigger.and_then(|id| self.steps.get(id)) {
            let led = trigger.ports.get("success");
            let leads = led.and_then(|edge| edge.target.as_deref());
            let leads_here = leads.is_none_or(|slug| slugs.contains(slug));
            let edge = edge_to(entry, "success", &trigger.slug_place);
            let slug = trigger.slug.clone();
            let found = self.steps.iter_mut().find(|step| step.slug == slug);
            if let Some(step) = found.filter(|_| leads_here) {
                step.ports.insert("success".to_owned(), edge);
            }
            return;
        }
        // Without a trigger a run begins with the first step of the list, or with the one that counts as the first.
        let begins_here = self
            .first
            .as_deref()
            .is_some_and(|first| slugs.contains(first));
        if let Some(entry) = entry.filter(|_| begins_here)
            && let Some(at) = self.steps.iter().position(|step| step.slug == entry)
        {
            self.begin = Some(at);
        }
    }

    /// Lets the run begin where it is to.
    pub(super) fn begin(self) {
        let Some(begin) = self.begin else {
            return;
        };
        for (id, step) in self.steps.iter_mut().enumerate() {
            step.order = Some(u64::from(id != begin));
        }
    }
}

fn edge_to(target: Option<String>, port: &str, place: &Place) -> Edge {
    Edge {
        target,
        port: (port.to_owned(), place.span.clone()),
        place: place.clone(),
    }
}

/// A merge that names no steps puts together what it waits for.
fn waits_for_all(step: &mut Step, giving: &BTreeSet<String>) {
    if step.kind != Kind::Merge || step.config.get("steps").is_some() {
        return;
    }
    let edges = step.depends_on.iter().flatten();
    let named = edges.filter_map(|edge| {
        let slug = edge.target.clone().filter(|slug| giving.contains(slug))?;
        Some(Node {
            data: Data::String(slug),
            span: edge.place.span.clone(),
            pointer: edge.place.pointer.clone(),
        })
    });
    let named: Vec<Node> = named.collect();
    if named.is_empty() {
        return;
    }
    let list = Node {
        data: Data::Array(named),
        span: step.slug_place.span.clone(),
        pointer: format!("{}/steps", step.config.pointer),
    };
    if let Data::Object(entries) = &mut step.config.data {
        entries.push(Entry {
            key: "steps".to_owned(),
            key_span: step.slug_place.span.clone(),
            node: list,
        });
    }
}
