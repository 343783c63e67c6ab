//! Parallel and Map: results in order, and trouble inside.

use serde_json::{Value, json};

use crate::bench::{check, end, extended, in_state, machine, run};
use crate::simulation::event_types;

#[test]
fn branches_and_iterations_join_in_order() {
    let branch = |states: Value| machine(&states);
    let parallel = json!({
        "a": { "Type": "Pass", "Assign": { "x": 1 }, "Next": "b" },
        "b": {
            "Type": "Parallel",
            "Arguments": { "n": "{% $x + 1 %}" },
            "Branches": [
                branch(json!({ "slow": { "Type": "Wait", "Seconds": 5, "Assign": { "y": 9 }, "Output": "{% [$x, $states.input.n] %}", "End": true } })),
                branch(json!({ "quick": { "Type": "Succeed", "Output": "{% $states.context.Execution.Name %}" } })),
            ],
            "Assign": { "both": "{% $states.result %}" },
            "Output": "{% $states.input %}",
            "Next": "c",
        },
        "c": { "Type": "Pass", "Output": ["{% $states.input %}", "{% $both %}", "{% $exists($y) %}"], "End": true },
    });
    let each = |more: Value| {
        let map = json!({
            "Type": "Map",
            "Items": "{% [3, 1, 2] %}",
            "ItemProcessor": branch(json!({ "w": {
                "Type": "Wait", "Seconds": "{% $states.context.Map.Item.Value %}",
                "Output": { "i": "{% $states.context.Map.Item.Index %}", "in": "{% $states.input %}" }, "End": true,
            } })),
            "End": true,
        });
        let map = extended(map, &more);
        machine(&json!({ "m": map }))
    };
    let plain = json!([{ "i": 0, "in": 3 }, { "i": 1, "in": 1 }, { "i": 2, "in": 2 }]);
    let selected = json!([{ "i": 0, "in": "n3" }, { "i": 1, "in": "n1" }, { "i": 2, "in": "n2" }]);
    let selector = json!("{% $states.input.p & $string($states.context.Map.Item.Value) %}");
    check(vec![
        (
            machine(&parallel),
            json!("in"),
            json!(["in", [[1, 2], "e"], false]),
        ),
        (each(json!({})), json!({}), plain.clone()),
        (each(json!({ "MaxConcurrency": 1 })), json!({}), plain),
        (
            each(json!({ "ItemSelector": selector })),
            json!({ "p": "n" }),
            selected,
        ),
        (each(json!({ "Items": "{% [] %}" })), json!({}), json!([])),
        (
            each(json!({ "Items": "{% {'a': 1} %}" })),
            json!({}),
            json!([
                "States.QueryEvaluationError",
                in_state(
                    "m",
                    "The JSONata expression '{'a': 1}' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'object' for value: {\"a\":1}"
                )
            ]),
        ),
        (
            each(json!({ "Items": [1, "{% 1 %}"], "Output": "{% $count($states.result) %}" })),
            json!({}),
            json!(2),
        ),
        (
            each(json!({ "Items": [], "Output": "{% $states.input %}" })),
            json!("in"),
            json!("in"),
        ),
    ]);
    let seconds = |more| run(each(more), json!({})).1.elapsed().as_secs();
    assert_eq!(
        [
            seconds(json!({})),
            seconds(json!({ "MaxConcurrency": 2 })),
            seconds(json!({ "MaxConcurrency": 1 }))
        ],
        [3, 3, 6]
    );
}

#[test]
fn trouble_inside_reaches_the_enclosing_state() {
    let failing =
        json!({ "f": { "Type": "Fail", "Error": "{% 'E' & $states.input %}", "Cause": "why" } });
    let waiting = json!({ "w": { "Type": "Wait", "Seconds": 9, "End": true } });
    let parallel = |more: Value| {
        let state = json!({ "Type": "Parallel", "Branches": [machine(&waiting), machine(&failing)], "End": true });
        let state = extended(state, &more);
        machine(&json!({ "p": state, "caught": { "Type": "Pass", "End": true } }))
    };
    let catch = json!({ "Catch": [{ "ErrorEquals": ["E1"], "Next": "caught" }] });
    check(vec![
        (parallel(json!({})), json!(1), json!(["E1", "why"])),
        (
            parallel(catch.clone()),
            json!(1),
            json!({ "Error": "E1", "Cause": "why" }),
        ),
        (
            parallel(json!({ "Catch": [{ "ErrorEquals": ["E2"], "Next": "caught" }] })),
            json!(1),
            json!(["E1", "why"]),
        ),
    ]);
    let (_, world) = run(parallel(catch), json!(1));
    assert_eq!(
        event_types(world.history()),
        [
            "ExecutionStarted",
            "ParallelStateEntered",
            "ParallelStateStarted",
            "WaitStateEntered",
            "FailStateEntered",
            "WaitStateAborted",
            "ParallelStateFailed",
            "ParallelStateExited",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded",
        ]
    );
    let map = json!({ "m": {
        "Type": "Map", "Items": [1, 2], "ItemProcessor": machine(&failing), "End": true,
        "Retry": [{ "ErrorEquals": ["E1"], "MaxAttempts": 1 }],
    } });
    let (execution, world) = run(machine(&map), json!({}));
    assert_eq!(end(&execution), json!(["E1", "why"]));
    assert_eq!(world.elapsed().as_secs(), 1);
    let failures = event_types(world.history())
        .iter()
        .filter(|event| *event == "MapIterationFailed")
        .count();
    assert_eq!(failures, 2, "once per attempt of the Map");
}
