//! Tasks of every kind: activities, jobs, tokens, refusals and limits of time.

use pawl_interpreter::{Failure, TaskRequest};
use serde_json::{Value, json};

use crate::bench::{end, extended, in_state, machine, start, whole};
use crate::simulation::{Outcome, Simulation, event_types};

const ACTIVITY: &str = "arn:aws:states:eu-west-1:111111111111:activity:work";

/// A machine of one Task whose first argument tells the world what to do.
fn task(resource: &str, how: &Value, more: &Value) -> Value {
    let task = json!({ "Type": "Task", "Resource": resource, "Arguments": how, "End": true });
    machine(&json!({ "a": extended(task, more), "caught": { "Type": "Pass", "End": true } }))
}

/// Does the steps that the arguments list, such as `["started", "submitted", "succeeded"]`.
fn step_by_step(request: &TaskRequest) -> Outcome {
    let steps = request.arguments["steps"].as_array().cloned();
    let steps = steps.unwrap_or_default();
    let worker = request.arguments["worker"].as_str().map(str::to_owned);
    let failure = || Failure::new("E", "why");
    let last = Outcome::Hangs;
    steps
        .iter()
        .rev()
        .fold(last, |then, step| match step.as_str() {
            Some("started") => Outcome::Started(worker.clone(), Box::new(then)),
            Some("submitted") => Outcome::Submitted(json!("taken"), Box::new(then)),
            Some("refused") => Outcome::NotSubmitted(failure()),
            Some("failed") => Outcome::Fails(failure()),
            Some("token") => Outcome::Succeeds(json!(request.token.is_some())),
            _ => Outcome::Succeeds(json!("done")),
        })
}

/// How the machine ends, the events between the state's entry and its exit, and the seconds that it took.
fn outcome(machine: Value) -> (Value, Vec<String>, i64) {
    let mut world = Simulation::new(step_by_step);
    let execution = world.run(whole(machine), start(json!({})));
    let events = event_types(world.history());
    let inner = events
        .into_iter()
        .skip(2)
        .take_while(|event| {
            event.starts_with("Task") || event.starts_with("Act") || event.starts_with("Lambda")
        })
        .filter(|event| event != "TaskStateExited")
        .collect();
    (end(&execution), inner, world.elapsed().as_secs())
}

#[test]
fn a_task_goes_its_way() {
    let (invoke, job) = (
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::states:startExecution.sync:2",
    );
    let token = "arn:aws-cn:states:::sqs:sendMessage.waitForTaskToken";
    let function = "arn:aws:lambda:eu-west-1:111111111111:function:f";
    let failed = json!(["E", "why"]);
    let late = json!(["States.Timeout", null]);
    let times = json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 20 });
    #[rustfmt::skip]
    let rows = [
        (invoke, json!(["succeeded"]), json!({}), json!("done"), "TaskScheduled TaskStarted TaskSucceeded", 0),
        (invoke, json!(["submitted", "succeeded"]), json!({}), json!("done"), "TaskScheduled TaskStarted TaskSucceeded", 0),
        (invoke, json!([]), json!({ "TimeoutSeconds": 30 }), late.clone(), "TaskScheduled TaskStarted TaskTimedOut", 30),
        (job, json!(["submitted", "succeeded"]), json!({}), json!("done"), "TaskScheduled TaskStarted TaskSubmitted TaskSucceeded", 0),
        (job, json!(["submitted", "failed"]), json!({}), failed.clone(), "TaskScheduled TaskStarted TaskSubmitted TaskFailed", 0),
        (job, json!(["refused"]), json!({}), failed.clone(), "TaskScheduled TaskStarted TaskSubmitFailed", 0),
        (token, json!(["submitted", "token"]), json!({}), json!(true), "TaskScheduled TaskStarted TaskSubmitted TaskSucceeded", 0),
        (token, json!(["submitted"]), times.clone(), late.clone(), "TaskScheduled TaskStarted TaskSubmitted TaskTimedOut", 20),
        (token, json!(["submitted"]), json!({ "TimeoutSeconds": 60 }), late.clone(), "TaskScheduled TaskStarted TaskSubmitted TaskTimedOut", 60),
        (function, json!(["succeeded"]), json!({}), json!("done"), "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded", 0),
        (function, json!([]), json!({ "TimeoutSeconds": 9 }), late.clone(), "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionTimedOut", 9),
        (ACTIVITY, json!(["started", "token"]), json!({}), json!(true), "ActivityScheduled ActivityStarted ActivitySucceeded", 0),
        (ACTIVITY, json!(["started", "started", "failed"]), json!({}), failed.clone(), "ActivityScheduled ActivityStarted ActivityFailed", 0),
        (ACTIVITY, json!(["started"]), times.clone(), late, "ActivityScheduled ActivityStarted ActivityTimedOut", 20),
        // Time counts from the moment at which a worker asks for the work.
        (ACTIVITY, json!([]), times, json!("running"), "ActivityScheduled", 0),
    ];
    for (resource, steps, more, result, events, seconds) in rows {
        let found = outcome(task(resource, &json!({ "steps": steps }), &more));
        let events = events.split(' ').map(str::to_owned).collect();
        assert_eq!(
            found,
            (result, events, seconds),
            "{resource} {steps} {more}"
        );
    }
}

#[test]
fn a_task_that_cannot_be_handed_over_fails() {
    let catch = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "caught" }] });
    let caught = json!({ "Error": "Refused", "Cause": "as told" });
    let function = "arn:aws:lambda:eu-west-1:111111111111:function:f";
    #[rustfmt::skip]
    let rows = [
        (function, "schedule", caught.clone(), "LambdaFunctionScheduleFailed"),
        (function, "start", caught.clone(), "LambdaFunctionScheduled LambdaFunctionStartFailed"),
        ("arn:aws:states:::sqs:sendMessage", "start", caught.clone(), "TaskScheduled TaskStartFailed"),
        (ACTIVITY, "schedule", caught, "ActivityScheduleFailed"),
        (ACTIVITY, "missing", json!(["States.Runtime", in_state("a", "It is not there.")]), ""),
    ];
    for (resource, refuse, result, events) in rows {
        let (found, types, _) = outcome(task(resource, &json!({ "refuse": refuse }), &catch));
        assert_eq!(
            (found, types.join(" ")),
            (result, events.to_owned()),
            "{resource} {refuse}"
        );
    }
}

#[test]
fn an_activity_is_recorded_as_aws_records_it() {
    let more = json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10 });
    let machine = task(
        ACTIVITY,
        &json!({ "steps": ["started", "succeeded"], "worker": "w" }),
        &more,
    );
    let mut world = Simulation::new(step_by_step);
    world.run(whole(machine), start(json!({})));
    let events = serde_json::to_value(&world.history()[2..5]).expect("events are JSON");
    let whole = json!({ "truncated": false });
    assert_eq!(
        events[0]["activityScheduledEventDetails"],
        json!({
            "resource": ACTIVITY, "input": "{\"steps\":[\"started\",\"succeeded\"],\"worker\":\"w\"}", "inputDetails": whole,
            "timeoutInSeconds": 60, "heartbeatInSeconds": 10,
        })
    );
    assert_eq!(
        events[1]["activityStartedEventDetails"],
        json!({ "workerName": "w" })
    );
    assert_eq!(
        events[2]["activitySucceededEventDetails"],
        json!({ "output": "\"done\"", "outputDetails": whole })
    );
}

#[test]
fn the_fields_of_a_task_are_resolved() {
    let token = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    let seen =
        json!({ "steps": ["submitted"], "token": "{% $exists($states.context.Task.Token) %}" });
    let of = |resource: &str, how: &Value, more: &Value| {
        let mut world = Simulation::new(step_by_step);
        world.run(whole(task(resource, how, more)), start(json!({ "n": 5 })));
        serde_json::to_value(&world.history()[2]).expect("an event is JSON")
    };
    // The token is seen where a service hands it on, and by the worker of an activity alone.
    let parameters =
        of(token, &seen, &json!({}))["taskScheduledEventDetails"]["parameters"].clone();
    assert!(
        parameters
            .as_str()
            .is_some_and(|text| text.contains("\"token\":true")),
        "{parameters}"
    );
    let input = of(ACTIVITY, &seen, &json!({}))["activityScheduledEventDetails"]["input"].clone();
    assert!(
        input
            .as_str()
            .is_some_and(|text| text.contains("\"token\":false")),
        "{input}"
    );
    let more = json!({
        "Credentials": { "RoleArn": "{% 'arn:aws:iam::111111111111:role/' & $states.input.n %}" },
        "TimeoutSeconds": "{% $states.input.n * 2 %}", "HeartbeatSeconds": "{% $states.input.n %}",
    });
    let details = of(token, &json!({}), &more)["taskScheduledEventDetails"].clone();
    assert_eq!(
        json!([
            details["taskCredentials"],
            details["timeoutInSeconds"],
            details["heartbeatInSeconds"]
        ]),
        json!([{ "roleArn": "arn:aws:iam::111111111111:role/5" }, 10, 5])
    );
    let (found, ..) = outcome(task(
        token,
        &json!({}),
        &json!({ "TimeoutSeconds": "{% 5 %}", "HeartbeatSeconds": 5 }),
    ));
    assert_eq!(found[0], json!("States.Runtime"));
}
