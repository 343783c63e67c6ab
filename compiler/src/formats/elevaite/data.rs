//! Steps that bring data, put it together and give it.

use super::super::Translation;
use super::super::build::{Object, list, text};
use super::agents::passing;
use super::asked;
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
pub(super) fn output(
    step: &Step<'_>,
    before: &[&Step<'_>],
    side_by_side: bool,
    texts: &Texts<'_>,
) -> Object {
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
            if !side_by_side {
                // Of the last of them that gave something.
                let outputs = steps
                    .iter()
                    .map(|step| texts.path(&step.id, &Names::default()));
                let outputs: Vec<String> = outputs.collect();
                let first = format!("{{{{{} ?? null}}}}", outputs.join(" ?? "));
                config.put("mapping", text(step.node, first));
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
pub(super) fn without_output(
    steps: &[Step<'_>],
    edges: &Edges,
    is_asked: bool,
    translation: &mut Translation<'_>,
) {
    if steps.iter().any(|step| step.what == What::Output) {
        return;
    }
    let last = |at: &usize| edges.after(*at).next().is_none();
    let lasts: Vec<usize> = (0..steps.len()).filter(last).collect();
    if !is_asked && edges.run_side_by_side(&lasts) {
        let lasts: Vec<&Step<'_>> = lasts.iter().filter_map(|at| steps.get(*at)).collect();
        ends_side_by_side(
            &lasts,
            "the run gives what came before they began",
            translation,
        );
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

/// Says that a run does not give what the last steps gave that ran side by side.
fn ends_side_by_side(lasts: &[&Step<'_>], gives: &str, translation: &mut Translation<'_>) {
    let names: Vec<String> = lasts.iter().map(|step| format!("`{}`", step.id)).collect();
    if let Some(last) = lasts.last() {
        translation.differs(
            "runs-give-what-acted",
            last.node,
            format!(
                "{} end side by side, so that {gives}; lead them to a step of type `output`",
                names.join(", ")
            ),
        );
    }
}

/// What a run gives whose choices are asked, where no step that always runs says so: what an output gave that ran, or else
/// the last step, and of several that end side by side the last.
pub(super) fn end(
    steps: &[Step<'_>],
    edges: &Edges,
    may_not_run: impl Fn(usize) -> bool,
    name: &str,
    translation: &mut Translation<'_>,
) -> Option<Node> {
    let all = steps.iter().enumerate();
    let says = all.filter(|(_, step)| step.what == What::Output);
    let says: Vec<(usize, &Step<'_>)> = says.collect();
    if says.iter().any(|(at, _)| !may_not_run(*at)) {
        return None;
    }
    let lasts = asked::lasts(steps, edges);
    let ends: Vec<&Step<'_>> = lasts.iter().filter_map(|at| steps.get(*at)).collect();
    let of = ends.last()?.node;
    if says.is_empty() && !asked::exclude(steps, edges, &lasts) {
        let gives = "the run gives what the last of them gave that ran";
        ends_side_by_side(&ends, gives, translation);
    }
    let order = asked::order(steps, edges).unwrap_or_default();
    // What ends the run comes before what only stands further on.
    let earlier = order.iter().rev().filter(|at| !lasts.contains(at));
    let outputs = lasts.iter().rev().chain(earlier);
    let outputs = outputs.filter_map(|at| steps.get(*at));
    let gives = |step: &&Step<'_>| {
        let makes = matches!(step.what, What::Transform | What::Data);
        (step.what.gives() && !makes) || step.what == What::Approval
    };
    let outputs: Vec<String> = outputs
        .filter(gives)
        .map(|step| format!("steps.{}.output", step.slug))
        .collect();
    let said = says.iter().map(|(_, step)| {
        let slug = &step.slug;
        format!("(steps.{slug}.status ?? 'skipped') != 'skipped' ? steps.{slug}.output : ")
    });
    let said: String = said.collect();
    if outputs.is_empty() && said.is_empty() {
        return None;
    }
    let mut config = Object::of(of);
    let outputs = outputs.into_iter().chain(["null".to_owned()]);
    let outputs: Vec<String> = outputs.collect();
    let first = format!("{{{{{said}({})}}}}", outputs.join(" ?? "));
    config.put("mapping", text(of, first));
    let mut native = Object::of(of);
    native.put("stepSlug", text(of, name));
    native.put("stepType", text(of, "output"));
    native.put("config", config.build());
    let awaited = ends.iter().map(|step| text(of, step.slug.clone()));
    native.put("dependsOn", list(of, awaited.collect()));
    Some(native.build())
}

/// Whether what a step gives is only whether something holds.
fn decides(step: &Step<'_>) -> bool {
    matches!(step.what, What::Condition | What::Verdict)
}

/// Whether a merge takes what is there, and not all that could be.
pub(super) fn takes_first(merge: &Step<'_>) -> bool {
    merge.what == What::Merge && merge.text("mode") == Some("first_available")
}

/// What the first of some steps gave that gave something.
///
/// `led_to` is what holds if a choice led to a step: a loop that none led to has gone through nothing.
pub(super) fn first<'w>(
    step: &Step<'_>,
    before: &[&Step<'_>],
    approvals: &[&str],
    led_to: impl Fn(&Step<'_>) -> Option<&'w str>,
) -> (&'static str, Object) {
    let combine = step.first(&COMBINE).and_then(Node::as_str);
    let is_of_all = !matches!(combine, None | Some("first"));
    let is_led = |other: &&&Step<'_>| other.what == What::Loop && led_to(other).is_some();
    let decide_all = before.iter().all(|other| decides(other));
    if is_of_all || !(decide_all || before.iter().any(|other| is_led(&other))) {
        // What did not run is left out of either.
        let mut config = merge(step, before);
        if !is_of_all {
            config.put("combine", text(step.node, "first"));
        }
        if !approvals.is_empty() {
            let names = approvals.iter().map(|slug| text(step.node, *slug));
            config.put("onlyApproved", list(step.node, names.collect()));
        }
        return ("merge", config);
    }
    let outputs = before.iter().filter(|step| !decides(step));
    let outputs: Vec<String> = outputs
        .map(|step| {
            let output = format!("steps.{}.output", step.slug);
            match led_to(step).filter(|_| step.what == What::Loop) {
                Some(ways) => format!("(({ways}) ? {output} : null)"),
                None => output,
            }
        })
        .collect();
    let outputs = outputs.into_iter().chain(["null".to_owned()]);
    let outputs: Vec<String> = outputs.collect();
    let first = format!("{{{{{}}}}}", outputs.join(" ?? "));
    ("transform", passing(step, text(step.node, first)))
}

/// What several steps gave, in one, in the order in which its author names them.
pub(super) fn merge(step: &Step<'_>, before: &[&Step<'_>]) -> Object {
    let mut config = Object::of(step.node);
    let slugs = before.iter().filter(|step| !decides(step));
    let slugs: Vec<Node> = slugs
        .map(|before| text(step.node, before.slug.clone()))
        .collect();
    // Behind branches whose author names none of them, what each of them ends with is meant.
    let stands = |step: &&Step<'_>| (step.node.span.start, step.node.span.end);
    let is_found = step.before().is_empty()
        && !before.iter().any(|step| decides(step))
        && before.is_sorted_by_key(stands);
    if !slugs.is_empty() && !is_found {
        config.put("steps", list(step.node, slugs));
    }
    let mode = step.get("mode").filter(|_| !takes_first(step));
    config.maybe("mode", mode.cloned());
    config.maybe("combine", step.first(&COMBINE).cloned());
    config
}
