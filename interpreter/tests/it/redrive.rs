//! Redriving an execution that ended badly: what runs again, what does not, and how AWS writes it down.

use pawl_interpreter::{Execution, HistoryEvent, Start, Status};
use serde_json::{Value, json};

use crate::bench::{end, extended, invoke, machine, start};
use crate::simulation::{Outcome, Simulation};

/// Runs a machine, then redrives it until it ends well or `redrives` are used up. A task fails as its payload's `fails`
/// says, counted over all its attempts whatever redrive they belong to.
fn run(machine: &Value, redrives: usize) -> (Execution, Simulation<'static>) {
    let mut attempts: Vec<Value> = Vec::new();
    let answer = move |request: &pawl_interpreter::TaskRequest| {
        let payload = &request.arguments["Payload"];
        let before = attempts.iter().filter(|seen| *seen == payload).count();
        attempts.push(payload.clone());
        if before < usize::try_from(payload["fails"].as_u64().unwrap_or(0)).expect("few") {
            Outcome::Fails(pawl_interpreter::Failure::new("E", "as told"))
        } else {
            Outcome::Succeeds(json!({ "Payload": payload["give"], "attempt": before }))
        }
    };
    let machine = extended(machine.clone(), &json!({ "QueryLanguage": "JSONata" }));
    let machine = serde_json::from_value(machine).expect("a machine");
    let mut world = Simulation::new(answer);
    let mut execution = world.run(machine, start(json!({ "in": 1 })));
    for _ in 0..redrives {
        world.redrive(&mut execution).expect("it can be redriven");
    }
    (execution, world)
}

/// The events from a number on, as `id previous type`.
fn lines(events: &[HistoryEvent], from: u64) -> Vec<String> {
    let events = events.iter().filter(|event| event.id >= from);
    let line =
        |event: &HistoryEvent| format!("{} {} {}", event.id, event.previous_id, event.event_type());
    events.map(line).collect()
}

#[test]
fn a_task_goes_on_where_it_was_entered() {
    let states = json!({
        "a": { "Type": "Pass", "Assign": { "v": 7 }, "Next": "b" },
        "b": invoke(
            &json!({ "fails": 3, "give": "{% $v %}", "seen": "{% $states.context.State.RetryCount < 0 %}" }),
            &json!({
                "Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 1 }], "Next": "c",
                "Output": ["{% $states.result.Payload %}", "{% $states.context.State.RetryCount %}"],
            }),
        ),
        "c": { "Type": "Pass", "End": true, "Output": {
            "in": "{% $states.input %}",
            "redrives": "{% $states.context.Execution.RedriveCount %}",
            "at": "{% $states.context.Execution.RedriveTime %}",
            "started": "{% $states.context.Execution.StartTime %}",
        } },
    });
    let (execution, world) = run(&machine(&states), 1);
    assert_eq!(
        end(&execution),
        json!({ "in": [7, 1], "redrives": 1, "at": "2026-01-01T00:00:01.000Z", "started": "2026-01-01T00:00:00.000Z" })
    );
    assert_eq!(
        lines(world.history(), 4),
        [
            "4 3 TaskStateEntered",
            "5 4 TaskScheduled",
            "6 5 TaskStarted",
            "7 6 TaskFailed",
            "8 7 TaskScheduled",
            "9 8 TaskStarted",
            "10 9 TaskFailed",
            "11 10 ExecutionFailed",
            "12 11 ExecutionRedriven",
            "13 4 TaskScheduled",
            "14 13 TaskStarted",
            "15 14 TaskFailed",
            "16 15 TaskScheduled",
            "17 16 TaskStarted",
            "18 17 TaskSucceeded",
            "19 18 TaskStateExited",
            "20 19 PassStateEntered",
            "21 20 PassStateExited",
            "22 21 ExecutionSucceeded",
        ]
    );
    let redriven = serde_json::to_value(&world.history()[11]).expect("JSON");
    assert_eq!(
        redriven["executionRedrivenEventDetails"],
        json!({ "redriveCount": 1 })
    );
}

#[test]
fn a_state_that_is_tried_again_waits_for_that() {
    // The task fails in both attempts of the Map, and once more when redriven.
    let task = invoke(&json!({ "fails": 3, "give": 1 }), &json!({ "End": true }));
    let map = json!({
        "Type": "Map", "Items": [1], "ItemProcessor": machine(&json!({ "t": task })), "End": true,
        "Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 1, "IntervalSeconds": 10 }],
    });
    let parallel =
        json!({ "Type": "Parallel", "Branches": [machine(&json!({ "m": map }))], "End": true });
    let (execution, world) = run(&machine(&json!({ "p": parallel })), 1);
    assert_eq!(end(&execution)[0][0]["Payload"], json!(1));
    assert_eq!(
        world.elapsed().as_secs(),
        20,
        "10 seconds before the redrive, and after it"
    );
}

#[test]
fn branches_that_ended_well_do_not_run_again() {
    let task = |name: &str, fails: u64| {
        machine(
            &json!({ "t": invoke(&json!({ "of": name, "fails": fails, "give": name }), &json!({
            "Output": "{% $states.result %}", "End": true,
        })) }),
        )
    };
    let waits =
        machine(&json!({ "w": { "Type": "Wait", "Seconds": 5, "Output": "waited", "End": true } }));
    let states = json!({ "p": {
        "Type": "Parallel", "Branches": [task("well", 0), task("badly", 1), waits], "End": true,
    } });
    let (execution, world) = run(&machine(&states), 1);
    assert_eq!(
        end(&execution),
        json!([
            { "Payload": "well", "attempt": 0 },
            { "Payload": "badly", "attempt": 1 },
            "waited",
        ])
    );
    assert_eq!(
        lines(world.history(), 2),
        [
            "2 0 ParallelStateEntered",
            "3 2 ParallelStateStarted",
            "4 3 TaskStateEntered",
            "5 4 TaskScheduled",
            "6 5 TaskStarted",
            "7 3 TaskStateEntered",
            "8 7 TaskScheduled",
            "9 8 TaskStarted",
            "10 3 WaitStateEntered",
            "11 6 TaskSucceeded",
            "12 11 TaskStateExited",
            "13 9 TaskFailed",
            "14 13 TaskStateAborted",
            "15 13 WaitStateAborted",
            "16 13 ParallelStateFailed",
            "17 16 ExecutionFailed",
            "18 17 ExecutionRedriven",
            "19 7 TaskScheduled",
            "20 19 TaskStarted",
            "21 20 TaskSucceeded",
            "22 21 TaskStateExited",
            "23 10 WaitStateExited",
            "24 23 ParallelStateSucceeded",
            "25 23 ParallelStateExited",
            "26 25 ExecutionSucceeded",
        ]
    );
}

#[test]
fn iterations_that_ended_well_do_not_run_again() {
    let task = invoke(
        &json!({ "of": "{% $states.context.Map.Item.Index %}", "fails": "{% $states.input %}" }),
        &json!({ "Output": "{% $states.result.attempt %}", "End": true }),
    );
    let states = json!({ "m": {
        "Type": "Map", "Items": [0, 1, 2], "MaxConcurrency": 1, "End": true,
        "ItemProcessor": machine(&json!({ "t": task })),
    } });
    let (execution, world) = run(&machine(&states), 3);
    assert_eq!(end(&execution), json!([0, 1, 2]));
    assert_eq!(
        lines(world.history(), 4),
        [
            "4 3 MapIterationStarted",
            "5 4 TaskStateEntered",
            "6 5 TaskScheduled",
            "7 6 TaskStarted",
            "8 7 TaskSucceeded",
            "9 8 TaskStateExited",
            "10 9 MapIterationSucceeded",
            "11 9 MapIterationStarted",
            "12 11 TaskStateEntered",
            "13 12 TaskScheduled",
            "14 13 TaskStarted",
            "15 14 TaskFailed",
            "16 15 TaskStateAborted",
            "17 15 MapIterationFailed",
            "18 15 MapStateFailed",
            "19 18 ExecutionFailed",
            "20 19 ExecutionRedriven",
            "21 12 TaskScheduled",
            "22 21 TaskStarted",
            "23 22 TaskSucceeded",
            "24 23 TaskStateExited",
            "25 24 MapIterationSucceeded",
            "26 24 MapIterationStarted",
            "27 26 TaskStateEntered",
            "28 27 TaskScheduled",
            "29 28 TaskStarted",
            "30 29 TaskFailed",
            "31 30 TaskStateAborted",
            "32 30 MapIterationFailed",
            "33 30 MapStateFailed",
            "34 33 ExecutionFailed",
            "35 34 ExecutionRedriven",
            "36 27 TaskScheduled",
            "37 36 TaskStarted",
            "38 37 TaskFailed",
            "39 38 TaskStateAborted",
            "40 38 MapIterationFailed",
            "41 38 MapStateFailed",
            "42 41 ExecutionFailed",
            "43 42 ExecutionRedriven",
            "44 27 TaskScheduled",
            "45 44 TaskStarted",
            "46 45 TaskSucceeded",
            "47 46 TaskStateExited",
            "48 47 MapIterationSucceeded",
            "49 48 MapStateSucceeded",
            "50 48 MapStateExited",
            "51 50 ExecutionSucceeded",
        ]
    );
}

#[test]
fn every_kind_of_state_can_be_redriven() {
    let output = |condition: &str| {
        format!("{{% $states.context.Execution.RedriveCount > 0 ? 'again' : {condition} %}}")
    };
    let nested = |inside: Value| {
        json!({
            "p": { "Type": "Parallel", "End": true, "Branches": [
                machine(&json!({ "m": {
                    "Type": "Map", "Items": [1], "End": true,
                    "ItemProcessor": machine(&inside),
                } })),
                machine(&json!({ "x": { "Type": "Succeed" } })),
            ] },
        })
    };
    let input = json!({ "in": 1 });
    let again = "again";
    // The state, what the execution comes to after a redrive, and how many states are entered in all.
    let rows = [
        (
            json!({ "a": { "Type": "Pass", "Output": output("$nothing"), "End": true } }),
            json!(again),
            1,
        ),
        (
            json!({ "a": { "Type": "Fail", "Error": "{% 'E' & $states.context.Execution.RedriveCount %}" } }),
            json!(["E1", null]),
            1,
        ),
        (
            json!({ "a": { "Type": "Wait", "Seconds": 1, "Output": output("$nothing"), "End": true } }),
            json!(again),
            1,
        ),
        (
            json!({
                "a": { "Type": "Choice", "Choices": [{ "Condition": output("$nothing = 1 ? 1").replace("'again'", "true"), "Next": "b" }] },
                "b": { "Type": "Succeed", "Output": "b" },
            }),
            json!("b"),
            2,
        ),
        (
            json!({ "a": {
                "Type": "Map", "Items": [1, 2], "ItemSelector": output("$nothing"), "End": true,
                "ItemProcessor": machine(&json!({ "i": { "Type": "Pass", "End": true } })),
            } }),
            json!([again, again]),
            3,
        ),
        // The results of the iterations are kept, and only the way out is tried again.
        (
            json!({ "a": {
                "Type": "Map", "Items": [1, 2], "Output": { "all": "{% $states.result %}", "now": output("$nothing") }, "End": true,
                "ItemProcessor": machine(&json!({ "i": { "Type": "Pass", "End": true } })),
            } }),
            json!({ "all": [1, 2], "now": again }),
            3,
        ),
        // Results that are too large are made again.
        (
            json!({ "a": {
                "Type": "Map", "Items": [1, 2], "End": true,
                "ItemProcessor": machine(&json!({ "i": { "Type": "Pass", "Output": output("$pad('', 200000, 'x')"), "End": true } })),
            } }),
            json!([again, again]),
            5,
        ),
        (
            nested(json!({ "a": { "Type": "Pass", "Output": output("$nothing"), "End": true } })),
            json!([[again], input]),
            4,
        ),
    ];
    for (states, expected, entered) in rows {
        let (execution, world) = run(&machine(&states), 1);
        assert_eq!(end(&execution), expected, "{states}");
        let entries = world
            .history()
            .iter()
            .filter(|event| event.event_type().ends_with("StateEntered"));
        assert_eq!(entries.count(), entered, "{states}");
        assert_eq!(world.at_work(), (0, 0), "{states}");
    }
}

#[test]
fn what_ends_at_once_after_a_redrive_goes_on_once() {
    let quick = machine(&json!({ "q": { "Type": "Pass", "End": true } }));
    let inner = json!({
        "p": { "Type": "Parallel", "Branches": [quick], "Next": "t" },
        "t": invoke(&json!({ "give": 1 }), &json!({ "End": true, "Output": "done" })),
    });
    let breaks = json!({ "b": {
        "Type": "Pass", "End": true,
        "Output": "{% $states.context.Execution.RedriveCount = 0 ? $states.absent : 'again' %}",
    } });
    // The second branch fails while the state inside the first one is about to be entered.
    let states = json!({ "all": {
        "Type": "Parallel", "Branches": [machine(&inner), machine(&breaks)], "End": true,
    } });
    let (execution, world) = run(&machine(&states), 1);
    assert_eq!(end(&execution), json!(["done", "again"]));
    let tasks = lines(world.history(), 1);
    let scheduled = tasks.iter().filter(|line| line.ends_with("TaskScheduled"));
    assert_eq!(scheduled.count(), 1, "{tasks:#?}");
}

#[test]
fn a_stop_and_a_timeout_can_be_redriven_and_count_anew() {
    let states = json!({
        "a": { "Type": "Wait", "Seconds": 30, "Next": "b" },
        "b": { "Type": "Succeed" },
    });
    let limited = extended(machine(&states), &json!({ "TimeoutSeconds": 20 }));
    let (execution, world) = run(&limited, 2);
    assert_eq!(end(&execution), json!("timed out"));
    assert_eq!(world.elapsed().as_secs(), 60, "20 seconds each time");
    assert_eq!(
        lines(world.history(), 2),
        [
            "2 0 WaitStateEntered",
            "3 0 ExecutionTimedOut",
            "4 3 ExecutionRedriven",
            "5 0 ExecutionTimedOut",
            "6 5 ExecutionRedriven",
            "7 0 ExecutionTimedOut",
        ]
    );
    let mut world = Simulation::new(|_| Outcome::Hangs);
    let machine = serde_json::from_value(extended(
        machine(&states),
        &json!({ "QueryLanguage": "JSONata" }),
    ))
    .expect("a machine");
    let mut execution =
        Execution::start(std::sync::Arc::new(machine), Start::default(), &mut world);
    execution.stop(None, None, &mut world);
    assert_eq!(world.at_work(), (0, 0));
    world.redrive(&mut execution).expect("it can be redriven");
    assert!(
        matches!(execution.status(), Status::Succeeded { .. }),
        "{:?}",
        execution.status()
    );
    assert_eq!(world.elapsed().as_secs(), 30);
}

#[test]
fn what_cannot_be_redriven_says_why() {
    let fails = || machine(&json!({ "a": { "Type": "Fail" } }));
    let (execution, _) = run(&fails(), 0);
    let started = execution.started_at();
    let after =
        |days: i64| execution.redrivable(started + jiff::SignedDuration::from_hours(24 * days));
    assert_eq!(after(14), Ok(()));
    assert_eq!(after(15), Err("Execution redrivable period exceeded"));
    assert_eq!(
        after(366),
        Err("Execution has exceeded the max execution time")
    );
    let endless = machine(&json!({ "a": { "Type": "Pass", "Next": "a" } }));
    let rows = [
        (
            machine(&json!({ "a": { "Type": "Succeed" } })),
            "Execution is SUCCEEDED and cannot be redriven",
        ),
        (endless, "Execution history event limit exceeded"),
    ];
    for (machine, reason) in rows {
        let (mut execution, mut world) = run(&machine, 0);
        let events = execution.events();
        assert_eq!(execution.redrive(&mut world), Err(reason));
        assert_eq!(execution.events(), events);
    }
    let mut world = Simulation::new(|_| Outcome::Hangs);
    let waits = extended(
        machine(&json!({ "a": { "Type": "Wait", "Seconds": 1, "End": true } })),
        &json!({ "QueryLanguage": "JSONata" }),
    );
    let waits = serde_json::from_value(waits).expect("a machine");
    let mut execution = Execution::start(std::sync::Arc::new(waits), Start::default(), &mut world);
    assert_eq!(
        execution.redrive(&mut world),
        Err("Execution is RUNNING and cannot be redriven")
    );
}
