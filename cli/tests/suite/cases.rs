//! Every case goes as far as it can: diagnostics, machine, a run at both levels, runs under faults.
//!
//! A case is a folder with a definition; the folders of `workflows/examples/` are cases too. What is expected stands
//! beside the definition (for an example in `cases/examples/<name>/`). `UPDATE=1 cargo test` writes it anew.

use std::collections::BTreeMap;

use pawl::report::Visit;
use pawl_asl::{State, StateMap};
use pawl_compiler::diagnostic::render;
use pawl_compiler::{Level, Severity};
use pawl_contract::Kind;
use pawl_local::Faults;
use serde_json::{Value, json};

use crate::corpus::{assert_same, cases, normal, run_in_memory, same, storm};

/// Storms that every case is run through.
const STORMS: u64 = 3;

#[test]
fn diagnostics_are_as_committed() {
    for case in cases() {
        let compiled = case.project.compile(pawl_compiler::Options::default());
        let plain = annotate_snippets::Renderer::plain();
        // What a case could do better is said where that is its reason to exist.
        let is_about_notes = ["check", "lints", "examples", "native"]
            .iter()
            .any(|group| case.name.starts_with(&format!("{group}/")));
        let mut diagnostics = compiled.diagnostics;
        diagnostics.retain(|found| is_about_notes || found.severity != Severity::Note);
        let text = render(
            &diagnostics,
            &case.project.definition.text,
            "workflow.json",
            &plain,
        );
        same(&case, "diagnostics.txt", (!text.is_empty()).then_some(text));
    }
}

#[test]
fn machines_are_as_committed() {
    for case in cases() {
        let program = case
            .project
            .compile(pawl_compiler::Options::default())
            .program;
        let text = program.map(|program| {
            serde_json::to_string_pretty(&program.lowered.machine).expect("a machine is JSON")
        });
        same(&case, "machine.asl.json", text);
    }
}

/// What is said of a machine is what the machine is.
#[test]
fn explanations_are_as_committed_and_true() {
    for case in cases() {
        for level in [Level::O0, Level::O1, Level::O2] {
            let compiled = case.project.compile(pawl_compiler::Options {
                level,
                ..pawl_compiler::Options::default()
            });
            let Some(program) = compiled.program else {
                continue;
            };
            let lowered = &program.lowered;
            let mut states = BTreeMap::new();
            flatten(&lowered.machine.states, &mut states);
            for id in program.checked.graph.reachable().ones() {
                let step = program.checked.step(id);
                let said = |choice: &str| {
                    let mut decisions = lowered.decisions.iter();
                    decisions.any(|one| {
                        one.choice == choice && one.step.as_deref() == Some(step.slug.as_str())
                    })
                };
                let what = format!("{} at {level:?}: `{}`", case.name, step.slug);
                let has =
                    |word: &str| states.contains_key(format!("{} ({word})", step.slug).as_str());
                let native = |word: &str| states.get(format!("{} ({word})", step.slug).as_str());
                if step.kind.is_pure() {
                    let is_alone = ["evaluate", "start", "advance", "collect"]
                        .into_iter()
                        .any(has);
                    assert_eq!(said("task"), is_alone, "{what} has a Task");
                    assert!(
                        said("task") || said("rides-along"),
                        "{what} is evaluated somewhere"
                    );
                } else if step.kind != Kind::Trigger {
                    assert!(said("task") != step.kind.waits(), "{what} has a Task");
                }
                assert_eq!(said("parallel"), has("branches"), "{what} is a Parallel");
                assert_eq!(said("delay"), has("wait"), "{what} is a Wait");
                let map = native("items").and_then(|state| {
                    let State::Map(map) = state else {
                        return None;
                    };
                    Some(map.is_distributed())
                });
                assert_eq!(said("inline-map"), map == Some(false), "{what} is a Map");
                assert_eq!(
                    said("distributed-map"),
                    map == Some(true),
                    "{what} is a Map"
                );
                let is_routed = matches!(states.get(step.slug.as_str()), Some(State::Choice(_)));
                assert!(
                    !said("merged-choice") || level == Level::O2,
                    "{what} has a Choice"
                );
                let decides = step.kind.is_pure() && program.checked.graph.ports_of(id).count() > 1;
                let is_plain = decides && steps_alone(step.kind);
                assert!(
                    !is_plain || is_routed || said("merged-choice"),
                    "{what} is decided"
                );
            }
            let hands_over = lowered
                .decisions
                .iter()
                .any(|one| one.choice == "hand-over");
            let enters = lowered.machine.start_at.starts_with("enter");
            assert_eq!(
                hands_over,
                enters && states.keys().any(|name| name.starts_with("hand over")),
                "{}",
                case.name
            );
            if level == Level::O2 {
                let is_about_it = case.name.starts_with("explain/");
                let text = pawl::explanation::text(&lowered.decisions);
                same(&case, "explain.txt", is_about_it.then_some(text));
            }
        }
    }
}

/// Whether steps of a kind route by a Choice of their own name.
fn steps_alone(kind: Kind) -> bool {
    matches!(kind, Kind::Condition | Kind::Switch)
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_as_committed_and_the_same_at_both_levels() {
    for case in cases() {
        let Some(apart) = run_in_memory(&case, Level::O0, Faults::none()).await else {
            continue;
        };
        let together = run_in_memory(&case, Level::O1, Faults::none())
            .await
            .expect("it ran at -O0");
        let what = format!("{} at -O0 and -O1", case.name);
        assert_same(&normal(&apart.report), &normal(&together.report), &what);
        let decides = |visit: &Visit| visit.kind.is_some_and(|kind| kind.ports().len() > 1);
        let pairs = together
            .report
            .steps
            .iter()
            .zip(together.report.steps.iter().skip(1));
        if pairs
            .into_iter()
            .any(|(one, other)| is_pure(one) && decides(other))
        {
            let merged = run_in_memory(&case, Level::O2, Faults::none());
            let merged = merged.await.expect("it ran at -O0");
            let what = format!("{} at -O0 and -O2", case.name);
            assert_same(&normal(&apart.report), &normal(&merged.report), &what);
            let figures = |ran: &crate::corpus::Ran| ran.report.machine.transitions;
            assert!(figures(&merged) <= figures(&together), "{what}");
        }
        let mut expected = normal(&together.report);
        let figures = json!({ "O0": apart.report.machine, "O1": together.report.machine });
        expected
            .as_object_mut()
            .expect("a report")
            .insert("machine".to_owned(), figures);
        same(
            &case,
            "run.json",
            Some(serde_json::to_string_pretty(&expected).expect("a report is JSON")),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn faults_on_the_way_to_the_services_change_nothing() {
    let (mut runs, mut unknown) = (0, 0);
    for case in cases() {
        let Some(calm) = run_in_memory(&case, Level::O1, Faults::none()).await else {
            continue;
        };
        for (seed, level) in (1..=STORMS).flat_map(|seed| [(seed, Level::O0), (seed, Level::O1)]) {
            let stormy = run_in_memory(&case, level, storm(seed))
                .await
                .expect("it ran without faults");
            let is_unknown = stormy
                .report
                .steps
                .iter()
                .filter_map(|step| step.error.as_ref())
                .any(|error| error.code == "OUTCOME_UNKNOWN");
            assert!(
                stormy.mails <= calm.mails,
                "{} sent a mail twice (storm {seed})",
                case.name
            );
            if is_unknown {
                unknown += 1;
            } else {
                assert_same(
                    &without_attempts(normal(&stormy.report)),
                    &without_attempts(normal(&calm.report)),
                    &format!("{} in storm {seed} at {level:?}", case.name),
                );
            }
            runs += 1;
        }
    }
    println!(
        "{runs} runs through storms, {unknown} of them with an unknown outcome, no effect twice"
    );
    assert!(runs > 0, "no case ran");
}

/// A fault may cost attempts, and nothing else.
fn without_attempts(mut report: Value) -> Value {
    for step in report
        .get_mut("steps")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        step.as_object_mut()
            .expect("a visit")
            .shift_remove("attempts");
    }
    report
}

/// Every state by its name, those inside of others included.
fn flatten<'a>(states: &'a StateMap, found: &mut BTreeMap<&'a str, &'a State>) {
    for (name, state) in states {
        found.insert(name, state);
        let inner = match state {
            State::Parallel(parallel) => parallel.branches.iter().collect(),
            State::Map(map) => map.item_processor.iter().collect(),
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => Vec::new(),
        };
        for branch in inner {
            flatten(&branch.states, found);
        }
    }
}

fn is_pure(visit: &Visit) -> bool {
    visit.kind.is_some_and(Kind::is_pure)
}
