//! Random graphs of dependencies: every step runs once, and never before what it waits for.

use std::collections::BTreeMap;

use pawl_compiler::{Level, Notation, Options, compile};
use pawl_contract::At;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::json;

use crate::corpus::{assert_same, normal};
use crate::levels::{run, seed};

/// For each step, the earlier ones that it waits for.
type Graph = Vec<Vec<usize>>;

fn graphs() -> impl Strategy<Value = Graph> {
    (2..9_usize, 0..100_u32).prop_flat_map(|(steps, density)| {
        let edges = move |step: usize| {
            let edge = prop::bool::weighted(f64::from(density) / 100.0);
            prop::collection::vec(edge, step)
        };
        let rows: Vec<_> = (0..steps).map(edges).collect();
        rows.prop_map(|rows| {
            let before = |row: Vec<bool>| {
                let chosen = row.into_iter().enumerate();
                chosen.filter(|(_, is)| *is).map(|(step, _)| step).collect()
            };
            rows.into_iter().map(before).collect()
        })
    })
}

/// The definition of a graph: every third step sets a variable, the others act. Those whose bit is set may be skipped.
fn definition(graph: &Graph, skipped: u32) -> String {
    let steps = graph.iter().enumerate().map(|(step, before)| {
        let slug = format!("s{step}");
        let config = if step % 3 == 0 {
            json!({ "type": "set_variables", "parameters": { format!("v{step}"): step } })
        } else {
            json!({ "type": "customer_get", "parameters": { "customerId": "c1" } })
        };
        let before: Vec<String> = before.iter().map(|step| format!("s{step}")).collect();
        let mut definition =
            json!({ "stepSlug": slug, "stepType": "action", "config": config, "dependsOn": before });
        if skipped >> step & 1 == 1
            && let Some(definition) = definition.as_object_mut()
        {
            definition.insert("runIf".to_owned(), json!("input.n > 3"));
        }
        definition
    });
    // The order in which they are written says nothing.
    let mut steps: Vec<_> = steps.collect();
    steps.reverse();
    json!({ "name": "Dependencies", "steps": steps }).to_string()
}

/// Whether a visit has ended before another one began: what differs first is a number in a line, not that of a branch.
fn is_before(one: &At, other: &At) -> bool {
    let numbers = |at: &At| -> Vec<u64> {
        let parts = at.as_str().split('/');
        parts.map(|part| part.parse().expect("a number")).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    let mut both = one.iter().zip(&other).enumerate();
    let apart = both.find(|(_, (one, other))| one != other);
    apart.is_some_and(|(place, (one, other))| place % 2 == 0 && one < other)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_step_runs_once_and_after_what_it_waits_for(graph in graphs(), skipped in 0..256_u32, n in 3..5_i64) {
        // In most graphs every step runs.
        let skipped = if skipped % 3 == 0 { skipped } else { 0 };
        let text = definition(&graph, skipped);
        let compiled = compile(&text, Notation::Json, Options::default());
        prop_assert!(compiled.program.is_some(), "{:?}\n{text}", compiled.diagnostics);
        let mock = serde_json::from_value(json!({ "output": { "name": "Ada" } })).expect("a mock");
        let acts = (0..graph.len()).filter(|step| step % 3 != 0);
        let mocks: BTreeMap<_, _> = acts.map(|step| (format!("s{step}"), Clone::clone(&mock))).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let input = json!({ "n": n });
        let mut reports = Vec::new();
        for level in [Level::O0, Level::O1] {
            let options = Options { level, ..Options::default() };
            let report = runtime.block_on(Box::pin(run(&text, options, &mocks, &input)));
            prop_assert_eq!(report.status.name(), "completed", "{}", &text);
            let mut places: BTreeMap<usize, At> = BTreeMap::new();
            for visit in &report.steps {
                // A step that is skipped has its turn in the condition before it.
                let is_skipped = visit.port.as_deref() == Some("false");
                let slug = visit.step.strip_suffix(" (if)").filter(|_| is_skipped).unwrap_or(&visit.step);
                if let Some(step) = slug.strip_prefix('s').and_then(|number| number.parse().ok()) {
                    prop_assert!(places.insert(step, visit.at.clone()).is_none(), "{slug} ran twice\n{text}");
                    let runs = skipped >> step & 1 == 0 || n > 3;
                    prop_assert_eq!(runs, !is_skipped, "{}\n{}", slug, &text);
                }
            }
            prop_assert_eq!(places.len(), graph.len(), "{}", &text);
            for (step, before) in graph.iter().enumerate() {
                for other in before {
                    let (one, later) = (places.get(other).expect("a place"), places.get(&step).expect("a place"));
                    prop_assert!(is_before(one, later), "s{step} at {later} did not wait for s{other} at {one}\n{text}");
                }
            }
            reports.push(normal(&report));
        }
        let [apart, together] = reports.as_slice() else { unreachable!("two levels") };
        assert_same(together, apart, &text);
    }
}
