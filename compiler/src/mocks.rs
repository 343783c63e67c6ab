//! Mocks against a definition: which steps can be mocked, and which must be.

use std::collections::BTreeMap;

use pawl_contract::mock::decision;
use pawl_contract::{Kind, Mock, identifier};
use serde_json::Value;

use crate::Program;
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::source::Node;

/// Reads what stands in the place of a model's answer, or says what is wrong with it.
pub type ReadAnswer = fn(&Value, Value) -> Result<Value, String>;

/// Refuses mocks of steps that do not exist or only compute, and mocks that mean nothing.
///
/// `subflows` are the workflows that it runs, as far as they are known: a step of theirs is not to be mocked from here.
/// `answer` reads what stands in the place of a model's answer, by the `config` of its step.
pub fn check(
    program: &Program,
    subflows: &BTreeMap<String, Program>,
    mocks: &BTreeMap<String, Mock>,
    answer: ReadAnswer,
) -> Vec<Diagnostic> {
    let kinds = program.checked.kinds();
    let works = |kind: Kind| !kind.is_pure() && kind != Kind::Trigger;
    let called = |slug| program.authored.name(slug);
    let mockable = || {
        let steps = kinds.iter().filter(|(_, kind)| works(**kind));
        steps.map(|(slug, _)| called(slug))
    };
    let found = mocks
        .iter()
        .filter_map(|(slug, mock)| match kinds.get(slug.as_str()) {
            Some(kind) if works(*kind) => problem(mock, *kind)
                .or_else(|| misfit(program, slug, mock, answer))
                .map(|problem| {
                    Diagnostic::error(
                        codes::INVALID_MOCK,
                        format!(
                            "the mock of step `{}` is not valid: {problem}",
                            called(slug)
                        ),
                    )
                }),
            Some(kind) => {
                let message = format!(
                    "step `{}` cannot be mocked: it is of kind `{}`",
                    called(slug),
                    kind.name()
                );
                let help =
                    "mock the steps that act or wait, such as `llm`, `action` and `approval`";
                Some(Diagnostic::error(codes::INVALID_MOCK, message).help(help))
            }
            None => Some(
                Diagnostic::error(
                    codes::INVALID_MOCK,
                    format!("there is no step `{slug}` to mock"),
                )
                .maybe_help(
                    did_you_mean(slug, mockable()).or_else(|| whole(program, subflows, slug)),
                ),
            ),
        });
    found.collect()
}

/// What is wrong with the mock of a step.
fn problem(mock: &Mock, kind: Kind) -> Option<String> {
    let is_decided = || mock.outputs().all(|output| decision(&output).is_some());
    mock.problem().or_else(|| {
        let is_wrong = kind == Kind::Approval && !is_decided();
        is_wrong.then(|| "a `decision` is `approved`, `rejected` or `timeout`".to_owned())
    })
}

/// What is wrong with what stands in the place of a model's answer.
fn misfit(program: &Program, slug: &str, mock: &Mock, answer: ReadAnswer) -> Option<String> {
    let mut steps = program.checked.definition.steps.iter();
    let step = steps.find(|step| step.slug == slug && step.kind == Kind::Llm)?;
    let config = step.config.to_json();
    // What a template makes of the schema is known when it runs.
    let schema = config.get("outputSchema").map(Value::to_string);
    if schema.is_some_and(|schema| schema.contains("{{")) {
        return None;
    }
    mock.outputs()
        .find_map(|output| answer(&config, output).err())
}

/// What to mock instead of a step of a workflow that this one runs.
fn whole(program: &Program, subflows: &BTreeMap<String, Program>, name: &str) -> Option<String> {
    let step = name.rsplit(['/', '.']).next().unwrap_or(name);
    let has_step = |subflow: &Program| {
        let slug = subflow.authored.slug(step);
        subflow.checked.kinds().contains_key(slug)
    };
    let steps = program.checked.definition.steps.iter();
    let mut runners = steps.filter_map(|runner| {
        let workflow = runner.config.get("workflow").and_then(Node::as_str)?;
        (runner.kind == Kind::Subflow).then_some((runner, workflow))
    });
    let (runner, workflow) = runners.find(|(_, workflow)| {
        let subflow = subflows.get(&identifier(workflow));
        subflow.is_some_and(has_step)
    })?;
    let runner = program.authored.name(&runner.slug);
    Some(format!(
        "`{step}` is a step of `{workflow}`, which step `{runner}` runs: mock `{runner}` by what `{workflow}` gives"
    ))
}

/// Says once what several steps need that have a part of the definition in common, such as an assistant of two states.
pub(crate) fn gather(diagnostics: &mut Vec<Diagnostic>) {
    let mut gathered: Vec<Diagnostic> = Vec::new();
    let mut places = BTreeMap::new();
    for found in diagnostics.drain(..) {
        let place = needed(&found).map(|need| (found.span.start, found.span.end, need));
        let known = place.as_ref().and_then(|place| places.get(place).copied());
        if let Some(known) = known.and_then(|at: usize| gathered.get_mut(at)) {
            if known.alike.is_empty() {
                known.alike.push(known.clone());
            }
            known.alike.push(found);
        } else {
            places.extend(place.map(|place| (place, gathered.len())));
            gathered.push(found);
        }
    }
    for found in &mut gathered {
        let names = found.alike.iter().filter_map(named);
        let names: Vec<String> = names.map(str::to_owned).collect();
        let Some((first, others)) = names.split_first().filter(|(_, others)| !others.is_empty())
        else {
            continue;
        };
        let verb = if others.len() > 1 { "do" } else { "does" };
        let message = &found.message;
        found.message = format!("{message}; so {verb} `{}`", others.join("`, `"));
        let mocks: Vec<String> = names
            .iter()
            .map(|name| format!("\"{name}\": ..."))
            .collect();
        let help = found.help.take();
        found.help = help.map(|help| help.replace(&format!("\"{first}\": ..."), &mocks.join(", ")));
    }
    *diagnostics = gathered;
}

/// The step that a finding names.
fn named(found: &Diagnostic) -> Option<&str> {
    found.message.split('`').nth(1)
}

/// What cannot run yet, whichever step needs it.
fn needed(found: &Diagnostic) -> Option<String> {
    found.mockable.as_ref()?;
    Some(found.message.replacen(named(found)?, "", 1))
}

/// Turns what a step cannot do yet into an error, unless the step is mocked.
pub fn settle(diagnostics: &mut Vec<Diagnostic>, mocks: &BTreeMap<String, Mock>) {
    let each = diagnostics.drain(..).flat_map(|mut found| {
        let alike = std::mem::take(&mut found.alike);
        if alike.is_empty() { vec![found] } else { alike }
    });
    *diagnostics = each.collect();
    diagnostics.retain_mut(|diagnostic| match &diagnostic.mockable {
        Some(step) if mocks.contains_key(step) => false,
        Some(_) => {
            diagnostic.severity = crate::Severity::Error;
            true
        }
        None => true,
    });
    gather(diagnostics);
}
