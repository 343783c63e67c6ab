//! Steps that bring data, put it together and give it.

use super::super::Translation;
use super::super::build::{Object, list, text};
use super::agents::passing;
use super::edges::Edges;
use super::steps::Step;
use super::texts::{MAPPING, Names, PLACE, Texts};
use super::words::What;
use crate::source::Node;

/// The fields that say how a merge puts things together.
const COMBINE: [&str; 2] = ["combine_mode", "combine"];

/// Data that is written out, or that stands somewhere.
pub(super) fn input(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let is_dynamic = step.text("input_type") == Some("dynamic");
    let source = step
        .get("source")
        .filter(|source| source.as_str().is_some());
    let data = step.first(&["data", "value", "static_data"]);
    let gives = match (source.filter(|_| is_dynamic || data.is_none()), data) {
        (Some(source), _) => texts.mapping(source, &Names::default(), PLACE),
        (None, Some(data)) => texts.value(data, &names),
        (None, None) => match step.get("input_mapping") {
            Some(mapping) => texts.mapping(mapping, &Names::default(), MAPPING),
            None => text(step.node, "{{input}}"),
        },
    };
    passing(step, gives)
}

/// What a step before gave, where there is one.
pub(super) fn from(before: &[&Step<'_>]) -> Option<String> {
    let mut before = before.iter().filter(|step| step.what.gives());
    let only = before.next()?;
    before
        .next()
        .is_none()
        .then(|| format!("{{{{steps.{}.output ?? null}}}}", only.slug))
}

/// What the run gives.
pub(super) fn output(step: &Step<'_>, before: &[&Step<'_>], texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let filled = |field| {
        step.get(field)
            .filter(|mapping| !mapping.entries().is_empty())
    };
    // What an `input_mapping` gives names to is not called by them in itself.
    let mapping = filled("output_mapping")
        .map(|mapping| texts.mapping(mapping, &names, MAPPING))
        .or_else(|| {
            let mapping = filled("input_mapping")?;
            Some(texts.mapping(mapping, &Names::default(), MAPPING))
        });
    if let Some(mapping) = mapping {
        config.put("mapping", mapping);
        return config;
    }
    let written = step.first(&[
        "mapping", "fields", "outputs", "output", "data", "value", "template",
    ]);
    let mut gives = Object::of(step.node);
    match written {
        Some(object) if object.is_object() => {
            config.put("mapping", texts.mapping(object, &names, MAPPING));
            return config;
        }
        Some(node) => {
            gives.put("result", texts.value(node, &names));
        }
        None => {
            let steps: Vec<&&Step<'_>> = before
                .iter()
                .filter(|step| {
                    step.what.gives() || matches!(step.what, What::Approval | What::Loop)
                })
                .collect();
            // What one step gave is what the run gives, as it is.
            if let [only] = steps.as_slice() {
                let path = texts.path(&only.id, &Names::default());
                config.put(
                    "mapping",
                    text(step.node, format!("{{{{{path} ?? null}}}}")),
                );
                return config;
            }
            if steps.is_empty() {
                config.put("mapping", text(step.node, "{{input}}"));
                return config;
            }
            if steps.len() > 1 {
                for step_before in steps {
                    let path = texts.path(&step_before.id, &Names::default());
                    gives.put(
                        step_before.slug.clone(),
                        text(step.node, format!("{{{{{path} ?? null}}}}")),
                    );
                }
            }
        }
    }
    config.put("mapping", gives.build());
    config
}

/// Says that what is made at the end of a run is not what it gives, where no step says what it gives.
pub(super) fn without_output(steps: &[Step<'_>], edges: &Edges, translation: &mut Translation<'_>) {
    if steps.iter().any(|step| step.what == What::Output) {
        return;
    }
    let last = |at: &usize| edges.after(*at).next().is_none();
    let lasts: Vec<usize> = (0..steps.len()).filter(last).collect();
    if edges.run_side_by_side(&lasts) {
        let names = lasts.iter().filter_map(|at| steps.get(*at));
        let names: Vec<String> = names.map(|step| format!("`{}`", step.id)).collect();
        let node = lasts.last().and_then(|at| steps.get(*at));
        if let Some(node) = node.map(|step| step.node) {
            translation.differs(
                "runs-give-what-acted",
                node,
                format!(
                    "{} end side by side, so that the run gives what came before they began; lead them to a step of type `output`",
                    names.join(", ")
                ),
            );
        }
    }
    for (at, step) in steps.iter().enumerate() {
        let makes = matches!(step.what, What::Transform | What::Data);
        // What goes on with the next item makes nothing at the end.
        let is_last = step.inside.is_none() && edges.after(at).next().is_none();
        if makes && is_last {
            translation.differs(
                "runs-give-what-acted",
                step.node,
                format!(
                    "what `{}` makes is not what the run gives: that is what the last step gave that acted or waited; lead to a step of type `output`",
                    step.id
                ),
            );
        }
    }
}

/// Whether a merge takes what is there, and not all that could be.
pub(super) fn takes_first(merge: &Step<'_>) -> bool {
    merge.text("mode") == Some("first_available")
}

/// What the first of some steps gave that gave something.
pub(super) fn first(step: &Step<'_>, before: &[&Step<'_>]) -> (&'static str, Object) {
    let combine = step.first(&COMBINE).and_then(Node::as_str);
    if !matches!(combine, None | Some("first")) {
        // What did not run is left out of either.
        return ("merge", merge(step, before));
    }
    let outputs = before
        .iter()
        .map(|step| format!("steps.{}.output", step.slug));
    let outputs: Vec<String> = outputs.collect();
    let first = format!("{{{{{} ?? null}}}}", outputs.join(" ?? "));
    ("transform", passing(step, text(step.node, first)))
}

/// What several steps gave, in one.
pub(super) fn merge(step: &Step<'_>, before: &[&Step<'_>]) -> Object {
    let mut config = Object::of(step.node);
    // Unless they are named, they come in the order in which they stand.
    let stands = |step: &&Step<'_>| (step.node.span.start, step.node.span.end);
    if !before.is_sorted_by_key(stands) && before.iter().all(|step| step.what.gives()) {
        let slugs = before
            .iter()
            .map(|before| text(step.node, before.slug.clone()));
        config.put("steps", list(step.node, slugs.collect()));
    }
    let mode = step.get("mode").filter(|_| !takes_first(step));
    config.maybe("mode", mode.cloned());
    config.maybe("combine", step.first(&COMBINE).cloned());
    config
}
