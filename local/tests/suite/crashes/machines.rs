//! What is run while the process dies: machines, and what somebody outside does to their executions.

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};

/// A machine, and how it comes to its end.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) states: Value,
    pub(super) outside: Outside,
    pub(super) ends: ExecutionStatus,
}

/// What somebody outside does to an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    /// Starts it, and nothing more.
    Starts,
    /// Fetches the work of an activity, and answers.
    Works,
    /// Answers for tokens.
    Answers,
    /// Stops it in the middle.
    Stops,
    /// Lets it go on after it failed.
    Redrives,
    /// Sends an event that a rule starts it for.
    Sends,
    /// Makes a schedule that starts it.
    Schedules,
}

const REGION: &str = "us-east-1:000000000000";

/// The ARN of something of Step Functions.
pub(super) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:states:{REGION}:{kind}:{name}")
}

/// A Task with an effect; its key says the execution, the state, what `suffix` gives, the attempt and the redrive.
fn effect(suffix: &str, more: &Value) -> Value {
    effect_of(
        "($exists($states.input.root) ? $states.input.root : $states.context.Execution.Name)",
        suffix,
        more,
    )
}

fn effect_of(root: &str, suffix: &str, more: &Value) -> Value {
    let context = "$states.context";
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "effect", "Payload": {
            "key": format!(
                "{{% $join([{root}, {context}.State.Name, {suffix}, $string({context}.State.RetryCount), $string({context}.Execution.RedriveCount)], '/') %}}"
            ),
            "attempt": format!("{{% {context}.State.RetryCount %}}"),
            "fails": 0,
        } },
        "Output": "{% $states.input %}",
        "TimeoutSeconds": 600,
    });
    for (name, value) in more.as_object().expect("fields") {
        if name == "fails" {
            task["Arguments"]["Payload"]["fails"] = value.clone();
        } else {
            task[name] = value.clone();
        }
    }
    task
}

/// A Task that waits for the answer to its token, however long it takes.
fn token(suffix: &str, answers: &str, more: &Value) -> Value {
    let mut task = effect(suffix, more);
    task["Resource"] = json!("arn:aws:states:::lambda:invoke.waitForTaskToken");
    let payload = &mut task["Arguments"]["Payload"];
    payload["token"] = json!("{% $states.context.Task.Token %}");
    payload["answers"] = json!(answers);
    task.as_object_mut()
        .expect("fields")
        .remove("TimeoutSeconds");
    task
}

fn end(suffix: &str) -> Value {
    effect(suffix, &json!({ "End": true }))
}

/// A machine of one state.
fn one(name: &str, state: &Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

/// A Task that starts the machine `child`.
fn start(how: &str, next: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": format!("arn:aws:states:::states:startExecution{how}"),
        "Arguments": {
            "StateMachineArn": arn("stateMachine", "child"),
            "Input": { "root": "{% $states.context.Execution.Name %}" },
        },
        "Output": "{% $states.input %}",
        "Next": next,
    })
}

/// The items of a distributed Map, each in an execution of its own.
fn processor(states: Value) -> Value {
    let mut processor = states;
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    processor
}

fn retry() -> Value {
    json!([{ "ErrorEquals": ["FLAKY"], "IntervalSeconds": 5, "MaxAttempts": 3, "JitterStrategy": "FULL" }])
}

/// Every scene.
pub(super) fn scenes() -> Vec<Scene> {
    let started = alone().into_iter();
    let mut scenes: Vec<Scene> = started
        .map(|(name, states)| Scene {
            name,
            states,
            outside: Outside::Starts,
            ends: if name == "fails" {
                ExecutionStatus::Failed
            } else {
                ExecutionStatus::Succeeded
            },
        })
        .collect();
    scenes.extend(
        accompanied()
            .into_iter()
            .map(|(name, outside, states)| Scene {
                name,
                states,
                outside,
                ends: if outside == Outside::Stops {
                    ExecutionStatus::Aborted
                } else {
                    ExecutionStatus::Succeeded
                },
            }),
    );
    scenes
}

/// The machines that come to their end by themselves.
fn alone() -> Vec<(&'static str, Value)> {
    vec![
        (
            "child",
            json!({ "first": { "Type": "Wait", "Seconds": 60, "Next": "work" }, "work": end("'c'") }),
        ),
        (
            "chain",
            json!({ "first": effect("'a'", &json!({ "Next": "second" })), "second": effect("'b'", &json!({ "Next": "third" })), "third": end("'c'") }),
        ),
        (
            "waits",
            json!({ "first": { "Type": "Wait", "Seconds": 3_600, "Next": "second" }, "second": effect("'a'", &json!({ "Next": "third" })), "third": { "Type": "Wait", "Seconds": 1, "Next": "last" }, "last": end("'b'") }),
        ),
        (
            "retries",
            json!({ "first": effect("'a'", &json!({ "fails": 2, "Retry": retry(), "End": true })) }),
        ),
        (
            "catches",
            json!({
                "first": effect("'a'", &json!({ "fails": 9, "Retry": retry(), "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": { "caught": "{% $states.errorOutput.Error %}" }, "Next": "last" }], "End": true })),
                "last": end("'b'"),
            }),
        ),
        (
            "cycles",
            json!({
                "first": { "Type": "Pass", "Output": { "n": 0 }, "Next": "more" },
                "more": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input.n < 4 %}", "Next": "work" }], "Default": "last" },
                "work": effect("$string($states.input.n)", &json!({ "Output": { "n": "{% $states.input.n + 1 %}" }, "Next": "more" })),
                "last": { "Type": "Succeed" },
            }),
        ),
        (
            "branches",
            json!({ "first": { "Type": "Parallel", "Branches": [one("a", &end("'a'")), one("b", &end("'b'")), one("c", &effect("'c'", &json!({ "fails": 1, "Retry": retry(), "End": true })))], "Next": "last" }, "last": end("'d'") }),
        ),
        (
            "items",
            json!({ "first": { "Type": "Map", "Items": [1, 2, 3, 4, 5], "MaxConcurrency": 2, "ItemProcessor": one("item", &end("$string($states.input)")), "Next": "last" }, "last": end("'d'") }),
        ),
        (
            "starts",
            json!({ "first": start("", "after"), "after": end("'n'") }),
        ),
        (
            "nests",
            json!({ "first": start(".sync:2", "after"), "after": end("'n'") }),
        ),
        ("calls", json!({ "first": call(), "after": end("'n'") })),
        (
            "fails",
            json!({ "first": effect("'a'", &json!({ "Assign": { "seen": "{% $states.result.Payload.key %}" }, "Next": "wait" })), "wait": { "Type": "Wait", "Seconds": 3, "Next": "last" }, "last": { "Type": "Fail", "Error": "DONE", "Cause": "{% $seen %}" } }),
        ),
        ("batches", batches()),
    ]
}

/// The machine `quick`, which is an Express machine: its output is what its effect says.
pub(super) fn quick_states() -> Value {
    json!({
        "first": { "Type": "Wait", "Seconds": 60, "Next": "work" },
        "work": effect("'q'", &json!({ "Output": "{% $states.result.Payload %}", "End": true })),
    })
}

/// A Task that calls the machine `quick`.
fn call() -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
        "Arguments": {
            "StateMachineArn": arn("stateMachine", "quick"),
            "Input": "{% $string({ 'root': $states.context.Execution.Name }) %}",
        },
        "Output": "{% $states.input %}",
        "Next": "after",
    })
}

/// Items from an object, several to a child; one child fails and is tolerated, and what came of all is written.
fn batches() -> Value {
    let input = "$states.input";
    let work = effect_of(
        &format!("{input}.BatchInput.root"),
        &format!("{input}.Items[0].n"),
        &json!({ "fails": format!("{{% {input}.Items[0].n = '3' ? 9 : 0 %}}"), "End": true }),
    );
    json!({
        "first": {
            "Type": "Map",
            "Label": "batches",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" },
                "Arguments": { "Bucket": "crashes", "Key": "items.csv" },
            },
            "ItemBatcher": {
                "MaxItemsPerBatch": 2,
                "BatchInput": { "root": "{% $states.context.Execution.Name %}" },
            },
            "MaxConcurrency": 2,
            "ToleratedFailurePercentage": 50,
            "ItemProcessor": processor(one("work", &work)),
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Arguments": { "Bucket": "crashes", "Prefix": "{% $states.context.Execution.Name %}" },
            },
            "Next": "after",
        },
        "after": end("'n'"),
    })
}

/// The machines that need somebody outside.
fn accompanied() -> Vec<(&'static str, Outside, Value)> {
    let activity = json!({
        "Type": "Task",
        "Resource": arn("activity", "crashes"),
        "Arguments": { "key": "{% $join([$states.context.Execution.Name, 'work', '0', '0'], '/') %}" },
        "Output": "{% $states.input %}",
        "Next": "last",
    });
    let tokens = json!({
        "first": token("'a'", "at once", &json!({ "Next": "both" })),
        "both": { "Type": "Parallel", "Branches": [one("b", &token("'b'", "later", &json!({ "End": true }))), one("c", &token("'c'", "later", &json!({ "End": true })))], "Next": "last" },
        "last": end("'d'"),
    });
    let waits_for_ever = one("ever", &token("'b'", "never", &json!({ "End": true })));
    let stopped = json!({
        "first": { "Type": "Parallel", "Branches": [waits_for_ever, one("a", &end("'a'"))], "Next": "last" },
        "last": end("'never'"),
    });
    let redriven = json!({
        "first": effect("'a'", &json!({ "Next": "work" })),
        "work": effect("'b'", &json!({ "fails": "{% $states.context.Execution.RedriveCount = 0 ? 1 : 0 %}", "Next": "last" })),
        "last": end("'c'"),
    });
    // One child at a time: none is under way when another fails.
    let item = effect(
        "$string($states.input.n)",
        &json!({ "fails": "{% $states.input.n = 2 and $states.context.Execution.RedriveCount = 0 ? 1 : 0 %}", "End": true }),
    );
    let map_run = json!({
        "first": {
            "Type": "Map", "Label": "again", "Items": [1, 2, 3], "MaxConcurrency": 1, "Next": "last",
            "ItemSelector": { "root": "{% $states.context.Execution.Name %}", "n": "{% $states.context.Map.Item.Value %}" },
            "ItemProcessor": processor(one("item", &item)),
            "Output": {},
        },
        "last": end("'c'"),
    });
    let short =
        || json!({ "first": effect("'a'", &json!({ "Next": "last" })), "last": end("'b'") });
    vec![
        (
            "works",
            Outside::Works,
            json!({ "first": activity, "last": end("'n'") }),
        ),
        ("tokens", Outside::Answers, tokens),
        ("stopped", Outside::Stops, stopped),
        ("redriven", Outside::Redrives, redriven),
        ("map-run", Outside::Redrives, map_run),
        ("sent", Outside::Sends, short()),
        ("scheduled", Outside::Schedules, short()),
    ]
}
