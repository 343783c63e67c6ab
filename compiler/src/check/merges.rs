//! Merges: whose outputs each of them puts together.

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::Kind;

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::graph::{Graph, StepId, StrandId, Strands, Target};
use crate::steps::merge;

/// For every merge step, the slugs of what it puts together: those that its author names, or those that lead to it.
pub(super) fn find(
    definition: &Definition,
    slugs: &BTreeMap<String, StepId>,
    graph: &Graph,
    strands: &Strands,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<StepId, Vec<String>> {
    let incoming = graph.incoming();
    let merges = definition.steps.iter().enumerate();
    let merges = merges.filter(|(_, step)| step.kind == Kind::Merge);
    let mut found = BTreeMap::new();
    for (id, step) in merges {
        let named = merge::named(step);
        let is_found = named.is_empty();
        let slugs = if named.is_empty() {
            awaited(definition, step)
                .unwrap_or_else(|| leading(definition, graph, strands, &incoming, id))
        } else {
            let mut known = Vec::new();
            for node in named {
                let slug = node.as_str().unwrap_or_default();
                if slugs.contains_key(slug) {
                    known.push(slug.to_owned());
                } else if !definition.refused.iter().any(|refused| refused == slug) {
                    let message = format!("there is no step `{slug}`");
                    let near = near(slug, slugs.keys().map(String::as_str));
                    diagnostics.push(
                        Diagnostic::error(codes::UNKNOWN_REFERENCE, message)
                            .on(node)
                            .perhaps_meant(slug, near),
                    );
                }
            }
            known
        };
        if is_found && slugs.is_empty() && graph.reachable().contains(id) {
            let message = format!("no step that leads to `{}` gives anything", step.slug);
            let place = &step.slug_place;
            diagnostics.push(
                Diagnostic::warning(codes::MISSING_FIELD, message)
                    .at(place.pointer.clone(), place.span.clone())
                    .help("name those whose outputs it puts together: `\"steps\": [\"get_customer\"]`"),
            );
        }
        found.insert(id, slugs);
    }
    found
}

/// What a merge waits for by name, in the author's order.
fn awaited(definition: &Definition, merge: &Step) -> Option<Vec<String>> {
    let edges = merge.depends_on.as_ref()?;
    let is_awaited = |step: &&Step| {
        let mut targets = edges.iter().filter_map(|edge| edge.target.as_deref());
        targets.any(|slug| slug == step.slug) && gives(step)
    };
    let steps = definition.steps.iter().filter(is_awaited);
    let slugs: Vec<String> = steps.map(|step| step.slug.clone()).collect();
    Some(slugs).filter(|slugs| !slugs.is_empty())
}

/// The steps behind a merge, in the author's order; one that only decides stands for those behind it.
fn leading(
    definition: &Definition,
    graph: &Graph,
    strands: &Strands,
    incoming: &[Vec<(StepId, &'static str)>],
    merge: StepId,
) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([merge]);
    let mut open = vec![merge];
    while let Some(step) = open.pop() {
        let sources = incoming.get(step).into_iter().flatten();
        for (source, _) in sources {
            match definition.steps.get(*source) {
                Some(step) if gives(step) => {
                    found.insert(*source);
                }
                // The last steps of its branches lead here, too.
                Some(step) if step.kind == Kind::Parallel => {
                    let inner = strands.of(*source).map(|(id, _)| id);
                    let inner: Vec<StrandId> = inner.collect();
                    let ends = (0..graph.ports.len()).filter(|last| {
                        let home = strands.home(*last);
                        let mut ports = graph.ports_of(*last);
                        home.is_some_and(|home| inner.contains(&home))
                            && ports.any(|(_, target)| strands.within(*last, target) == Target::End)
                    });
                    for last in ends {
                        match definition.steps.get(last) {
                            Some(step) if gives(step) => {
                                found.insert(last);
                            }
                            _ if seen.insert(last) => open.push(last),
                            _ => {}
                        }
                    }
                }
                Some(_) if seen.insert(*source) => open.push(*source),
                _ => {}
            }
        }
    }
    let steps = found.iter().filter_map(|id| definition.steps.get(*id));
    steps.map(|step| step.slug.clone()).collect()
}

/// Whether a step gives something, and does not only decide or wait.
fn gives(step: &Step) -> bool {
    step.kind.gives() || step.kind == Kind::Loop
}
