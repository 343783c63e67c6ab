//! Retry, Catch and tokens.

use serde_json::{Value, json};

use crate::bench::{check, end, in_state, invoke, machine, run};
use crate::simulation::event_types;

#[test]
fn errors_are_retried_then_caught() {
    let states = |task: Value| {
        machine(&json!({
            "a": task,
            "caught": { "Type": "Pass", "Output": ["{% $states.input %}", "{% $seen %}"], "End": true },
        }))
    };
    let retry = |names: Value| json!([{ "ErrorEquals": names, "MaxAttempts": 2 }]);
    let catch = |names: Value| {
        json!([{
            "ErrorEquals": names, "Next": "caught",
            "Assign": { "seen": "{% $states.errorOutput.Error %}" },
            "Output": "{% $states.input & '!' %}",
        }])
    };
    let task = |fail: Value, retried: Value, caught: Value| {
        let more = json!({
            "Retry": retry(retried), "Catch": catch(caught), "TimeoutSeconds": 10, "End": true,
            "Output": "{% $states.result.Payload %}",
        });
        states(invoke(
            &json!({ "fail": fail, "give": "{% $states.context.State.RetryCount %}" }),
            &more,
        ))
    };
    let none = json!(["No.Such"]);
    let all = json!(["States.ALL"]);
    check(vec![
        (
            task(json!([]), none.clone(), none.clone()),
            json!("in"),
            json!(0),
        ),
        (
            task(json!(["E", "E"]), json!(["E"]), none.clone()),
            json!("in"),
            json!(2),
        ),
        (
            task(json!(["E", "hang"]), all.clone(), none.clone()),
            json!("in"),
            json!(2),
        ),
        (
            task(json!(["E", "E", "E"]), json!(["E"]), all.clone()),
            json!("in"),
            json!(["in!", "E"]),
        ),
        (
            task(json!(["E", "E", "E"]), json!(["E"]), none.clone()),
            json!("in"),
            json!(["E", "as told"]),
        ),
        (
            task(json!(["E"]), none.clone(), json!(["States.TaskFailed"])),
            json!("in"),
            json!(["in!", "E"]),
        ),
        (
            task(json!(["hang"]), none.clone(), json!(["States.TaskFailed"])),
            json!("in"),
            json!(["States.Timeout", null]),
        ),
        (
            task(json!(["hang"]), none.clone(), json!(["States.Timeout"])),
            json!("in"),
            json!(["in!", "States.Timeout"]),
        ),
        (
            task(json!(["States.Runtime"]), all.clone(), all.clone()),
            json!("in"),
            json!(["States.Runtime", "as told"]),
        ),
        (
            task(json!(["E", "F", "E"]), json!(["E"]), none.clone()),
            json!("in"),
            json!(["F", "as told"]),
        ),
    ]);
}

#[test]
fn an_expression_that_fails_is_no_task_that_does() {
    let said = in_state(
        "a",
        "The JSONata expression '$states.result.absent' specified for the field 'Output' returned nothing (undefined).",
    );
    let failed = json!(["States.QueryEvaluationError", said]);
    // As measured on AWS, although the guide says that `States.TaskFailed` is for every error but a timeout.
    let rows = [
        ("States.TaskFailed", failed, 1),
        ("States.QueryEvaluationError", json!("caught"), 3),
        ("States.ALL", json!("caught"), 3),
    ];
    for (name, expected, attempts) in rows {
        let more = json!({
            "Retry": [{ "ErrorEquals": [name], "MaxAttempts": 2 }],
            "Catch": [{ "ErrorEquals": [name], "Next": "b" }],
            "Output": "{% $states.result.absent %}",
            "End": true,
        });
        let states = json!({
            "a": invoke(&json!({ "give": 1 }), &more),
            "b": { "Type": "Pass", "Output": "caught", "End": true },
        });
        let (execution, world) = run(machine(&states), json!({}));
        assert_eq!(end(&execution), expected, "{name}");
        let types = event_types(world.history());
        let scheduled = types.iter().filter(|kind| *kind == "TaskScheduled");
        assert_eq!(scheduled.count(), attempts, "{name}");
    }
}

#[test]
fn each_retrier_counts_for_itself() {
    let more = json!({
        "Retry": [
            { "ErrorEquals": ["A"], "MaxAttempts": 1 },
            { "ErrorEquals": ["States.ALL"], "MaxAttempts": 2 },
        ],
        "Output": "{% $states.context.State.RetryCount %}",
        "End": true,
    });
    let task =
        |fail: Value| machine(&json!({ "a": invoke(&json!({ "fail": fail, "give": 1 }), &more) }));
    check(vec![
        (task(json!(["A", "B", "B"])), json!({}), json!(3)),
        (task(json!(["B", "A", "B"])), json!({}), json!(3)),
        // The first retrier that is for an error decides, so `States.ALL` does not take over for a second `A`.
        (task(json!(["A", "A"])), json!({}), json!(["A", "as told"])),
        (
            task(json!(["B", "B", "B"])),
            json!({}),
            json!(["B", "as told"]),
        ),
    ]);
}

#[test]
fn a_token_completes_a_task() {
    let mut task = invoke(
        &json!({ "token": "{% $states.context.Task.Token %}", "give": "approved" }),
        &json!({ "HeartbeatSeconds": 60, "End": true }),
    );
    task["Resource"] = json!("arn:aws:states:::lambda:invoke.waitForTaskToken");
    let (execution, world) = run(machine(&json!({ "a": task.clone() })), json!({}));
    assert_eq!(end(&execution), json!("approved"));
    assert!(event_types(world.history()).contains(&"TaskSubmitted".to_owned()));
    task["Arguments"]["Payload"]["fail"] = json!(["hang"]);
    task["Catch"] = json!([{ "ErrorEquals": ["States.HeartbeatTimeout"], "Next": "late" }]);
    let states = json!({ "a": task, "late": { "Type": "Pass", "End": true } });
    let (execution, world) = run(machine(&states), json!({}));
    assert_eq!(
        end(&execution),
        json!({ "Error": "States.Timeout", "Cause": "" })
    );
    assert_eq!(world.elapsed().as_secs(), 60);
}
