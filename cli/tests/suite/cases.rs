//! Every case goes as far as it can: diagnostics, machine, a run at both levels, runs under faults.
//!
//! A case is a folder with a definition; the folders of `workflows/examples/` are cases too. What is expected stands
//! beside the definition (for an example in `cases/examples/<name>/`). `UPDATE=1 cargo test` writes it anew.

use pawl_compiler::Level;
use pawl_compiler::diagnostic::render;
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
        let text = render(
            &compiled.diagnostics,
            &case.project.text,
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
