//! What a run is said to take before it ran, against what the engine counted.

use std::collections::BTreeMap;

use pawl_compiler::cost::{Assumptions, Cost, with};
use pawl_compiler::{Level, Options};
use pawl_local::Faults;

use crate::corpus::{Case, cases, run_compiled, run_in_memory};

/// Cases whose runs are typical: nothing fails, no condition decides, and every loop has as many items as is said here.
const TYPICAL: [(&str, &[(&str, u64)]); 16] = [
    ("cost/loops-side-by-side-in-each-other", &[]),
    ("examples/agent-assessment", &[]),
    ("examples/assess-customers", &[("loop_customers", 3)]),
    ("examples/customer-analysis", &[]),
    ("examples/order-report", &[]),
    ("examples/product-recommendations", &[]),
    ("examples/sync-orders", &[("each_order", 2)]),
    ("examples/welcome-email", &[]),
    ("loop/empty-list-goes-to-done", &[("each", 0)]),
    ("loop/long-list-is-kept-in-chunks", &[("each", 120)]),
    ("native/action-spellings", &[]),
    ("native/product-relations-yaml", &[]),
    ("native/variables-and-large-values", &[]),
    ("native/welcome-mail", &[]),
    ("side-by-side/approvals-in-branches", &[]),
    ("side-by-side/branches-and-a-merge", &[]),
];

const LEVELS: [Level; 2] = [Level::O0, Level::O1];

fn cost(case: &Case, level: Level, items: &[(&str, u64)]) -> Option<Cost> {
    let options = Options {
        level,
        ..Options::default()
    };
    let items = items
        .iter()
        .map(|(step, count)| ((*step).to_owned(), *count));
    let assumptions = Assumptions {
        items: items.collect(),
        runs: None,
    };
    let program = case.project.compile(options).program?;
    let others = case.project.subflows(&program, options);
    let others = others.expect("sound definitions");
    Some(with(&program, &others, &assumptions))
}

/// A count as a figure.
fn figure(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("a small count"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typical_run_takes_what_the_engine_counts() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (name, items) in TYPICAL {
        let case = cases.iter().find(|case| case.name == name).expect(name);
        for level in LEVELS {
            let typical = cost(case, level, items).expect(name).typical;
            let ran = run_in_memory(case, level, Faults::none()).await;
            let counted = ran.expect(name).report.machine;
            let said = (typical.transitions, typical.events);
            let found = (figure(counted.transitions), figure(counted.events));
            if (said.0 - found.0).abs() > 1e-6 || (said.1 - found.1).abs() > 1e-6 {
                wrong.push(format!(
                    "{name} at {level:?}: said {said:?}, counted {found:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn going_on_in_new_executions_takes_what_the_engine_counts() {
    let name = "cost/a-cycle-that-goes-on-elsewhere";
    let cases = cases();
    let case = cases.iter().find(|case| case.name == name).expect(name);
    for visits in [4, 8, 100] {
        let options = Options {
            hand_over_after: Some(visits),
            ..Options::default()
        };
        let program = case.project.compile(options).program.expect(name);
        let items = BTreeMap::from([("write".to_owned(), 12)]);
        let typical = with(
            &program,
            &BTreeMap::new(),
            &Assumptions { items, runs: None },
        )
        .typical;
        let ran = run_compiled(case, options, Faults::none()).await;
        let counted = ran.expect(name).report.machine;
        let (said, found) = (typical.transitions, figure(counted.transitions));
        assert!(
            (said - found).abs() < 1e-6,
            "after {visits}: said {said}, counted {found}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_run_takes_more_than_the_worst_one() {
    let mut runs = 0;
    for case in cases() {
        for level in LEVELS {
            let Some(cost) = cost(&case, level, &[]) else {
                continue;
            };
            let Some(worst) = cost.worst.filter(|_| !cost.hands_over) else {
                continue;
            };
            let Some(ran) = run_in_memory(&case, level, Faults::none()).await else {
                continue;
            };
            let counted = ran.report.machine;
            let what = format!("{} at {level:?}: {counted:?}, {worst:?}", case.name);
            assert!(figure(counted.transitions) <= worst.transitions, "{what}");
            // The events of children stand in histories of their own.
            let is_alone = worst.executions < 1.5;
            assert!(
                !is_alone || figure(counted.events) <= worst.events,
                "{what}"
            );
            runs += 1;
        }
    }
    assert!(runs > 100, "only {runs} runs");
}
