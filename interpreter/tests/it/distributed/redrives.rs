//! Map Runs that are given up, tried again, changed and redriven.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use pawl_asl::Machine;
use pawl_interpreter::{
    Execution, Failure, MapRunStatus, Start, Status, TaskRequest, UpdateMapRun,
};
use serde_json::json;

use super::{distributed, echo, numbers, picky};
use crate::bench::{end, machine, run, start, whole};
use crate::simulation::{Outcome, Simulation, event_types};

#[test]
fn a_map_run_is_given_up_with_what_encloses_it() {
    let waiting = json!({ "w": { "Type": "Wait", "Seconds": 60, "End": true } });
    let mut map = distributed(
        &waiting,
        &json!({ "Items": [1, 2, 3], "MaxConcurrency": 2 }),
    );
    let failing = machine(
        &json!({ "s": { "Type": "Wait", "Seconds": 5, "Next": "f" }, "f": { "Type": "Fail", "Error": "E" } }),
    );
    let branch = machine(&json!({ "m": map["States"]["m"].clone() }));
    let parallel = machine(
        &json!({ "p": { "Type": "Parallel", "Branches": [branch, failing], "End": true } }),
    );
    let (execution, world) = run(parallel, json!({}));
    let map_run = execution.map_runs().next().expect("a Map Run");
    assert_eq!(
        (end(&execution), world.elapsed().as_secs()),
        (json!(["E", null]), 5)
    );
    assert_eq!(
        (map_run.status, numbers(&map_run.execution_counts)),
        (MapRunStatus::Aborted, [0, 0, 0, 2, 1, 3])
    );
    let events = event_types(world.history());
    let last = [
        "FailStateEntered",
        "MapRunAborted",
        "MapStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ];
    assert_eq!(events[events.len() - 5..], last);
    for (_, events) in world.children() {
        assert_eq!(
            event_types(events).last().map(String::as_str),
            Some("ExecutionAborted")
        );
    }
    // The machine's own limit stops the children, too; they have none of their own.
    map["TimeoutSeconds"] = json!(30);
    let (execution, world) = run(map, json!({}));
    assert_eq!(
        (end(&execution), world.elapsed().as_secs()),
        (json!("timed out"), 30)
    );
    assert_eq!(
        execution.map_runs().next().map(|run| run.status),
        Some(MapRunStatus::Aborted)
    );
}

#[test]
fn a_map_run_is_tried_again_as_a_whole() {
    let more = json!({ "Items": ["bad"], "Retry": [{ "ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1 }] });
    let (execution, world) = run(distributed(&picky(), &more), json!({}));
    let arns: Vec<&str> = execution
        .map_runs()
        .map(|run| run.map_run_arn.as_str())
        .collect();
    assert_eq!(arns.len(), 2);
    assert_ne!(arns[0], arns[1]);
    let types = [
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunFailed",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ];
    assert_eq!(event_types(world.history())[1..], types);
}

#[test]
fn a_map_run_can_be_changed_while_it_runs() {
    let machine: Machine = whole(distributed(
        &echo(),
        &json!({ "Items": [1, 2, 3, 4, 5], "MaxConcurrency": 1 }),
    ));
    let mut world = Simulation::new(|_| Outcome::Hangs);
    let mut execution = Execution::start(Arc::new(machine), start(json!({})), &mut world);
    let arn = execution
        .map_runs()
        .next()
        .expect("a Map Run")
        .map_run_arn
        .clone();
    let running = |execution: &Execution| {
        execution
            .map_runs()
            .next()
            .expect("a Map Run")
            .execution_counts
            .running
    };
    assert_eq!(running(&execution), 1);
    let update = UpdateMapRun {
        max_concurrency: Some(3),
        tolerated_failure_count: Some(2),
        ..UpdateMapRun::default()
    };
    assert!(execution.update_map_run(&arn, update, &mut world));
    assert_eq!(running(&execution), 3, "at once");
    assert!(!execution.update_map_run("another", update, &mut world));
    let fail = |execution: &mut Execution, world: &mut Simulation| {
        let (task, _): (_, Start) = world.first_child().expect("a child");
        execution.task_failed(task, Failure::new("E", "c"), world);
    };
    fail(&mut execution, &mut world);
    let (task, _) = world.first_child().expect("a child");
    let timed_out = Status::TimedOut {
        error: None,
        cause: None,
    };
    execution.child_ended(task, timed_out, &mut world);
    let map_run = execution.map_runs().next().expect("a Map Run");
    assert_eq!(
        numbers(&map_run.execution_counts),
        [0, 1, 1, 0, 0, 5],
        "two are tolerated"
    );
    fail(&mut execution, &mut world);
    assert_eq!(
        end(&execution)[0],
        json!("States.ExceedToleratedFailureThreshold")
    );
    assert_eq!(world.at_work(), (0, 0));
    assert!(
        !execution.update_map_run(&arn, update, &mut world),
        "it has ended"
    );
}

#[test]
fn a_map_run_is_redriven_by_its_failed_children() {
    // Every child whose item is in `fails` fails that often.
    let attempts = RefCell::new(BTreeMap::<String, u64>::new());
    let answer = |request: &TaskRequest| {
        let item = request.arguments["Payload"].to_string();
        let mut attempts = attempts.borrow_mut();
        let attempt = attempts.entry(item.clone()).or_default();
        *attempt += 1;
        if item == "\"bad\"" && *attempt == 1 {
            Outcome::Fails(Failure::new("E", "why"))
        } else {
            Outcome::Succeeds(request.arguments["Payload"].clone())
        }
    };
    let task = json!({ "t": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
        "Arguments": { "FunctionName": "f", "Payload": "{% $states.input %}" },
    } });
    let machine = distributed(
        &task,
        &json!({ "Items": ["a", "bad", "b"], "MaxConcurrency": 1 }),
    );
    let mut world = Simulation::new(answer);
    let mut execution = world.run(whole(machine), start(json!({})));
    assert_eq!(
        end(&execution)[0],
        json!("States.ExceedToleratedFailureThreshold")
    );
    world.redrive(&mut execution).expect("it can be redriven");
    assert_eq!(end(&execution), json!(["a", "bad", "b"]));
    let map_run = execution.map_runs().next().expect("a Map Run");
    assert_eq!(
        (
            execution.map_runs().count(),
            map_run.redrive_count,
            map_run.status
        ),
        (1, 1, MapRunStatus::Succeeded)
    );
    assert_eq!(numbers(&map_run.execution_counts), [3, 0, 0, 0, 0, 3]);
    let types = [
        "MapRunFailed",
        "MapStateFailed",
        "ExecutionFailed",
        "ExecutionRedriven",
        "MapRunRedriven",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(event_types(world.history())[4..], types);
    // The child that failed goes on, the one that never began begins, and the first is left alone.
    let redriven: Vec<bool> = world
        .children()
        .map(|(_, events)| event_types(events).contains(&"ExecutionRedriven".to_owned()))
        .collect();
    assert_eq!(redriven, [false, true, false]);
    assert_eq!(
        attempts.borrow().values().copied().collect::<Vec<u64>>(),
        [1, 1, 2]
    );
}
