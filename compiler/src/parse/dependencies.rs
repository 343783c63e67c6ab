//! `dependsOn`: a definition that says what each step waits for becomes one that says what follows each step.
//!
//! ```text
//! a <- b, a <- c, (b, c) <- d     becomes     a -> parallel of b and c -> d
//! ```
//! Steps that wait for each other follow each other, steps that do not run side by side, in `parallel` steps that are
//! made here. Nothing after this knows of dependencies.

mod shape;
mod weaver;

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::Kind;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use self::shape::{Precedence, arrange};
use self::weaver::Weaver;
use crate::definition::{Edge, Place, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Entry, Node};

/// What a step waits for, where its author says so.
pub(super) fn of_step(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Edge>> {
    let entries = node.entries().iter();
    let mut given = entries.filter(|entry| entry.key == "dependsOn" && !entry.node.is_null());
    let Entry { key_span, node, .. } = given.next()?;
    let elements = match &node.data {
        Data::Array(elements) => elements.as_slice(),
        Data::String(_) => std::slice::from_ref(node),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Object(_) => {
            let message = format!("`dependsOn` is a list of slugs, not {}", node.noun());
            let help = "name the steps that it waits for: `\"dependsOn\": [\"get_customer\"]`";
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(node)
                    .help(help),
            );
            return None;
        }
    };
    let mut edges: Vec<Edge> = Vec::new();
    for element in elements {
        let Some(slug) = element.as_str().filter(|slug| !slug.is_empty()) else {
            let message = format!(
                "a step waits for another one's slug, not {}",
                element.noun()
            );
            diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(element));
            continue;
        };
        if edges
            .iter()
            .any(|edge| edge.target.as_deref() == Some(slug))
        {
            continue;
        }
        edges.push(Edge {
            target: Some(slug.to_owned()),
            port: ("dependsOn".to_owned(), key_span.clone()),
            place: Place::from(element),
        });
    }
    Some(edges)
}

/// The port by which a run goes on behind a step when all is well; none where the step itself decides.
pub(crate) fn onward(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Condition | Kind::Switch => None,
        Kind::Approval => Some("approved"),
        Kind::Loop => Some("done"),
        Kind::Trigger
        | Kind::Llm
        | Kind::Action
        | Kind::Request
        | Kind::Transform
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => Some("success"),
    }
}

/// Lets every step that waits for others be followed and preceded by ports alone.
pub(super) fn weave(steps: &mut Vec<Step>, refused: &[String], diagnostics: &mut Vec<Diagnostic>) {
    if steps.iter().all(|step| step.depends_on.is_none()) {
        return;
    }
    let slugs: BTreeSet<&str> = steps.iter().map(|step| step.slug.as_str()).collect();
    if slugs.len() < steps.len() {
        // Which of two is waited for nobody knows; that there are two is said elsewhere.
        for step in steps.iter_mut() {
            step.has_refused_port = true;
        }
        return;
    }
    let known = diagnostics.len();
    let found = Dependencies::of(steps, refused, diagnostics);
    found.unmixed(steps, diagnostics);
    found.acyclic(steps, diagnostics);
    let precedence = found.precedence();
    let groups = found.groups(steps, &precedence, diagnostics);
    // Where something is wrong, nothing is run, and what else there is to say does not depend on this.
    if diagnostics.len() > known {
        let nodes = found.nodes.iter();
        for id in nodes {
            if let Some(step) = steps.get_mut(*id) {
                step.has_refused_port = true;
            }
        }
        return;
    }
    let mut weaver = Weaver::new(steps);
    for group in &groups {
        let chain = arrange(&group.nodes, &precedence);
        let entry = weaver.chain(&chain, None);
        weaver.enter(group, entry);
    }
    weaver.begin();
}

/// Which steps wait for which.
struct Dependencies {
    /// The steps that wait for others, or that others wait for.
    nodes: BTreeSet<usize>,
    /// For each of them: the steps that it waits for, and where its author says so.
    before: BTreeMap<usize, BTreeMap<usize, Place>>,
}

/// Steps that are begun together.
struct Group {
    nodes: Vec<usize>,
    /// The ways that lead to it from steps that wait for nothing: the step and its port, or the number of its branch.
    callers: Vec<(usize, Way)>,
}

/// A way from a step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    Port(String),
    Branch(usize),
}

/// Every way from a step.
fn ways(step: &Step) -> impl Iterator<Item = (Way, &Edge)> {
    let ports = step.ports.iter();
    let ports = ports.map(|(port, edge)| (Way::Port(port.clone()), edge));
    let branches = step.branches.iter().enumerate();
    ports.chain(branches.map(|(number, edge)| (Way::Branch(number), edge)))
}

impl Dependencies {
    fn of(steps: &[Step], refused: &[String], diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut ids = BTreeMap::new();
        for (id, step) in steps.iter().enumerate() {
            ids.entry(step.slug.as_str()).or_insert(id);
        }
        let mut found = Self {
            nodes: BTreeSet::new(),
            before: BTreeMap::new(),
        };
        for (id, step) in steps.iter().enumerate() {
            let Some(edges) = &step.depends_on else {
                continue;
            };
            if onward(step.kind).is_none() || step.kind == Kind::Trigger {
                let message = format!(
                    "step `{}` is of kind `{}`, and waits for no others",
                    step.slug,
                    step.kind.name()
                );
                let help = if step.kind == Kind::Trigger {
                    "leave `dependsOn` out: it begins the run"
                } else {
                    "give the steps that it would lead to a `runIf`"
                };
                let place = edges.first().map_or(&step.slug_place, |edge| &edge.place);
                let wrong = Diagnostic::error(codes::INVALID_VALUE, message);
                diagnostics.push(
                    wrong
                        .at(place.pointer.clone(), place.span.clone())
                        .help(help),
                );
                continue;
            }
            found.nodes.insert(id);
            let mut waits = BTreeMap::new();
            for edge in edges {
                let slug = edge.target.as_deref().unwrap_or_default();
                let Some(other) = ids.get(slug).copied() else {
                    if !refused.iter().any(|refused| refused == slug) {
                        let message = format!(
                            "step `{}` waits for `{slug}`, which does not exist",
                            step.slug
                        );
                        let Place { pointer, span } = edge.place.clone();
                        let unknown = Diagnostic::error(codes::UNKNOWN_STEP, message);
                        let near = near(slug, ids.keys().copied());
                        diagnostics.push(
                            unknown
                                .at(pointer, span)
                                .help("name a step's `stepSlug`")
                                .perhaps_meant(slug, near),
                        );
                    }
                    continue;
                };
                let kind = steps.get(other).map_or(Kind::Trigger, |step| step.kind);
                if kind == Kind::Trigger {
                    // Everything comes after it.
                    continue;
                }
                if onward(kind).is_none() {
                    let message = format!(
                        "step `{}` waits for `{slug}`, which decides what follows",
                        step.slug
                    );
                    let help = "use `runIf` instead of it, or let it lead by its own `nextSteps` to a step that waits for nothing";
                    let Place { pointer, span } = edge.place.clone();
                    let wrong = Diagnostic::error(codes::INVALID_VALUE, message);
                    diagnostics.push(wrong.at(pointer, span).help(help));
                    continue;
                }
                found.nodes.insert(other);
                waits.insert(other, edge.place.clone());
            }
            found.before.insert(id, waits);
        }
        found
    }

    /// Refuses steps that say by ports, too, what follows them.
    fn unmixed(&self, steps: &[Step], diagnostics: &mut Vec<Diagnostic>) {
        for id in &self.nodes {
            let Some(step) = steps.get(*id) else { continue };
            let port = onward(step.kind).unwrap_or_default();
            let Some(edge) = step.ports.get(port) else {
                continue;
            };
            let waits = self
                .before
                .iter()
                .find(|(_, before)| before.contains_key(id));
            let other = waits.and_then(|(other, _)| steps.get(*other));
            let slug = &step.slug;
            let message = match other {
                Some(other) => format!(
                    "step `{slug}` says what follows it, and `{}` waits for it, too",
                    other.slug
                ),
                None => format!("step `{slug}` says what follows it, and what it waits for"),
            };
            let Place { pointer, span } = edge.place.clone();
            let mixed = Diagnostic::error(codes::INVALID_VALUE, message).at(pointer, span);
            diagnostics.push(mixed.help(format!(
                "leave the port `{}` out: what follows `{slug}` names it in `dependsOn`",
                edge.port.0
            )));
        }
    }

    /// Refuses steps that wait for each other.
    fn acyclic(&self, steps: &[Step], diagnostics: &mut Vec<Diagnostic>) {
        let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
        for (id, before) in &self.before {
            for other in before.keys() {
                graph.add_edge(*id, *other, ());
            }
        }
        let slug = |id: usize| steps.get(id).map_or("", |step| step.slug.as_str());
        let mut cycles: Vec<Vec<usize>> = tarjan_scc(&graph);
        cycles.retain(|group| {
            group.len() > 1
                || group
                    .first()
                    .is_some_and(|id| graph.contains_edge(*id, *id))
        });
        for cycle in &mut cycles {
            cycle.sort_unstable();
        }
        cycles.sort();
        for group in cycles {
            let around = around(&graph, &group);
            let places = around.first().zip(around.get(1));
            let place = places.and_then(|(id, next)| self.before.get(id)?.get(next));
            let Some((place, (first, rest))) = place.zip(around.split_first()) else {
                continue;
            };
            let waits: Vec<String> = rest.iter().map(|id| format!("`{}`", slug(*id))).collect();
            let message = format!(
                "step `{}` waits for {}",
                slug(*first),
                waits.join(", which waits for ")
            );
            diagnostics.push(
                Diagnostic::error(codes::DEPENDENCY_CYCLE, message)
                    .at(place.pointer.clone(), place.span.clone())
                    .help("take one of them out of the `dependsOn` of another"),
            );
        }
    }

    /// What comes before what, near or far.
    fn precedence(&self) -> Precedence {
        let edges = self.before.iter().flat_map(|(id, before)| {
            let before = before.keys();
            before.map(|other| (*other, *id))
        });
        Precedence::of(edges)
    }

    /// The groups of steps that are begun together: those that something leads to, each for itself, and all others.
    fn groups(
        &self,
        steps: &[Step],
        precedence: &Precedence,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Group> {
        let nodes: Vec<usize> = self.nodes.iter().copied().collect();
        let connected = shape::components(&nodes, |one, other| precedence.are_ordered(one, other));
        let mut called: Vec<Group> = Vec::new();
        let mut main = Vec::new();
        for nodes in connected {
            let callers = self.callers(steps, &nodes, diagnostics);
            if callers.is_empty() {
                main.extend(nodes);
            } else {
                called.push(Group { nodes, callers });
            }
        }
        let main = (!main.is_empty()).then(|| Group {
            nodes: main,
            callers: Vec::new(),
        });
        main.into_iter().chain(called).collect()
    }

    /// The ways that lead to some steps from others than those that they wait for.
    fn callers(
        &self,
        steps: &[Step],
        nodes: &[usize],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<(usize, Way)> {
        let mut callers = Vec::new();
        for (source, step) in steps.iter().enumerate() {
            for (way, edge) in ways(step) {
                let target = nodes.iter().find(|id| {
                    let step = steps.get(**id);
                    step.is_some_and(|step| Some(&step.slug) == edge.target.as_ref())
                });
                let Some(target) = target.and_then(|id| Some((*id, steps.get(*id)?))) else {
                    continue;
                };
                let (id, led) = target;
                // A body leads back to its loop. A trigger leads to the beginning, wherever that is.
                let is_body = led.kind == Kind::Loop && is_inside(steps, led, source);
                let is_mixed = self.nodes.contains(&source)
                    && onward(step.kind).is_some_and(|port| way == Way::Port(port.to_owned()));
                if is_body || is_mixed || step.kind == Kind::Trigger {
                    continue;
                }
                let waits = self.before.get(&id).and_then(|before| before.keys().next());
                let Some(other) = waits.and_then(|other| steps.get(*other)) else {
                    callers.push((source, way));
                    continue;
                };
                let message = format!(
                    "step `{}` leads to `{}`, which waits for `{}`",
                    step.slug, led.slug, other.slug
                );
                let Place { pointer, span } = edge.place.clone();
                diagnostics.push(
                    Diagnostic::error(codes::INVALID_VALUE, message)
                        .at(pointer, span)
                        .help("lead to a step that waits for nothing, or to `end`"),
                );
            }
        }
        callers
    }
}

/// Whether a step can be come to from the body of a loop.
fn is_inside(steps: &[Step], head: &Step, wanted: usize) -> bool {
    let id_of = |slug: &str| steps.iter().position(|step| step.slug == slug);
    let next = head
        .ports
        .get("next")
        .and_then(|edge| edge.target.as_deref());
    let mut open: Vec<usize> = next.and_then(id_of).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(step) = steps.get(id).filter(|step| step.slug != head.slug) else {
            continue;
        };
        if !seen.insert(id) {
            continue;
        }
        let targets = ways(step).filter_map(|(_, edge)| id_of(edge.target.as_deref()?));
        open.extend(targets);
    }
    seen.contains(&wanted)
}

/// A way around a cycle, which ends where it begins.
fn around(graph: &DiGraphMap<usize, ()>, group: &[usize]) -> Vec<usize> {
    let Some(first) = group.first().copied() else {
        return Vec::new();
    };
    // Who was come to from whom; the shortest way comes first.
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open = std::collections::VecDeque::from([first]);
    while let Some(id) = open.pop_front() {
        for next in graph.neighbors(id).filter(|next| group.contains(next)) {
            if let std::collections::btree_map::Entry::Vacant(entry) = from.entry(next) {
                entry.insert(id);
                open.push_back(next);
            }
        }
    }
    let mut way = vec![first];
    let mut at = first;
    while let Some(before) = from.get(&at).copied() {
        way.push(before);
        at = before;
        if at == first {
            break;
        }
    }
    way.reverse();
    way
}
