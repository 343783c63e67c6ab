//! What an execution makes of reports that come late, twice or for nothing, and of being stopped.

use std::sync::Arc;

use pawl_asl::Machine;
use pawl_interpreter::{Execution, Failure, Start, Status, TaskId, TimerId};
use serde_json::json;

use crate::bench::{extended, invoke, machine, run};
use crate::simulation::{Outcome, Simulation, event_types};

/// Two branches, one in a task and one in a wait.
fn busy() -> Machine {
    let branches = json!([
        machine(&json!({ "t": invoke(&json!(1), &json!({ "TimeoutSeconds": 60, "End": true })) })),
        machine(&json!({ "w": { "Type": "Wait", "Seconds": 60, "End": true } })),
    ]);
    let machine =
        machine(&json!({ "p": { "Type": "Parallel", "Branches": branches, "End": true } }));
    serde_json::from_value(extended(machine, &json!({ "QueryLanguage": "JSONata" })))
        .expect("a machine")
}

#[test]
fn a_stopped_execution_gives_everything_up_and_hears_nothing() {
    let mut world = Simulation::new(|_| Outcome::Hangs);
    let mut execution = Execution::start(Arc::new(busy()), Start::default(), &mut world);
    assert_eq!(
        world.at_work(),
        (1, 2),
        "a task with its timeout, and a wait"
    );
    execution.stop(Some("Why".to_owned()), None, &mut world);
    assert_eq!(world.at_work(), (0, 0));
    let aborted = Status::Aborted {
        error: Some("Why".to_owned()),
        cause: None,
    };
    let events = event_types(world.history());
    assert_eq!(events.last().map(String::as_str), Some("ExecutionAborted"));
    for id in 0..10 {
        execution.task_succeeded(TaskId(id), json!(1), &mut world);
        execution.task_failed(TaskId(id), Failure::new("E", "c"), &mut world);
        execution.task_submitted(TaskId(id), json!(1), &mut world);
        execution.task_heartbeat(TaskId(id), &mut world);
        execution.timer_fired(TimerId(id), &mut world);
    }
    execution.stop(None, None, &mut world);
    assert_eq!(
        (execution.status(), event_types(world.history())),
        (&aborted, events)
    );
}

#[test]
fn a_task_has_one_outcome() {
    let mut world = Simulation::new(|_| Outcome::Hangs);
    let mut execution = Execution::start(Arc::new(busy()), Start::default(), &mut world);
    let (task, _) = world.first_task();
    execution.task_succeeded(task, json!(1), &mut world);
    let events = event_types(world.history());
    execution.task_succeeded(task, json!(2), &mut world);
    execution.task_failed(task, Failure::new("E", "late"), &mut world);
    assert_eq!(event_types(world.history()), events);
}

#[test]
fn a_repetition_is_the_same_event_for_event() {
    let states = json!({
        "a": { "Type": "Pass", "Output": "{% [$random(), $uuid(), $shuffle([1..9])] %}", "Next": "m" },
        "m": {
            "Type": "Map", "Items": [3, 1, 2], "End": true,
            "ItemProcessor": machine(&json!({ "t": invoke(
                &json!({ "fail": ["E"], "give": "{% $states.input %}" }),
                &json!({ "Retry": [{ "ErrorEquals": ["E"], "JitterStrategy": "FULL" }], "End": true }),
            ) })),
        },
    });
    let history =
        || serde_json::to_string(run(machine(&states), json!({})).1.history()).expect("JSON");
    assert_eq!(history(), history());
}

#[test]
fn an_execution_can_move_between_threads() {
    fn moves<T: Send>() {}
    moves::<Execution>();
}
