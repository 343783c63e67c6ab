//! Distributed Maps: what children are given, what comes of them, what is read and written, and what history says.

mod objects;
mod redrives;

use std::cell::RefCell;
use std::collections::BTreeMap;

use pawl_interpreter::{
    EventDetails, Execution, Failure, HistoryEvent, MapRunCounts, MapRunPhase, MapRunStatus,
    TaskRequest,
};
use serde_json::{Value, json};

use crate::bench::{check, end, extended, in_state, machine, obey, run, start, whole};
use crate::simulation::{Outcome, Simulation, event_types};

const ARN: &str = "arn:aws:states:eu-west-1:111111111111";

/// A distributed Map named `m` over some states, with more fields.
fn distributed(states: &Value, more: &Value) -> Value {
    let mut processor = machine(states);
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let map = json!({ "Type": "Map", "Label": "L", "ItemProcessor": processor, "End": true });
    machine(&json!({ "m": extended(map, more), "caught": { "Type": "Pass", "End": true } }))
}

/// A child that gives what it is given.
fn echo() -> Value {
    json!({ "e": { "Type": "Pass", "End": true } })
}

/// A child that fails where its input is the text `bad`.
fn picky() -> Value {
    json!({
        "c": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input = 'bad' %}", "Next": "f" }], "Default": "e" },
        "f": { "Type": "Fail", "Error": "E", "Cause": "bad" },
        "e": { "Type": "Pass", "End": true },
    })
}

/// Objects by bucket and key, as `bucket/key`.
type Objects = RefCell<BTreeMap<String, String>>;

/// Answers the calls of readers and writers, and tasks as told.
fn s3(objects: &Objects) -> impl FnMut(&TaskRequest) -> Outcome {
    move |request| {
        let text = |name: &str| {
            request.arguments[name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let path = format!("{}/{}", text("Bucket"), text("Key"));
        match request.resource.as_str() {
            "arn:aws:states:::s3:getObject" => match objects.borrow().get(&path) {
                Some(body) => Outcome::Succeeds(json!({ "Body": body })),
                None => Outcome::Fails(Failure::new("S3.NoSuchKeyException", "no such key")),
            },
            "arn:aws:states:::s3:putObject" if text("Bucket") == "closed" => {
                Outcome::Fails(Failure::new("S3.AccessDenied", "the bucket is closed"))
            }
            "arn:aws:states:::s3:putObject" => {
                objects.borrow_mut().insert(path, text("Body"));
                Outcome::Succeeds(json!({}))
            }
            // Two objects a page.
            "arn:aws:states:::s3:listObjectsV2" => {
                let first = text("ContinuationToken").parse().unwrap_or(0);
                let prefix = format!("{}/{}", text("Bucket"), text("Prefix"));
                let objects = objects.borrow();
                let keys: Vec<_> = objects
                    .iter()
                    .filter(|(path, _)| path.starts_with(&prefix))
                    .collect();
                let page: Vec<Value> = keys
                    .iter()
                    .skip(first)
                    .take(2)
                    .map(|(path, body)| {
                        json!({
                            "Key": path.split_once('/').expect("a path").1, "Size": body.len(), "ETag": "\"e\"",
                            "LastModified": "2026-01-01T00:00:00Z", "StorageClass": "STANDARD", "Owner": "me",
                        })
                    })
                    .collect();
                let mut answer = json!({ "Contents": page, "IsTruncated": keys.len() > first + 2 });
                if keys.len() > first + 2 {
                    answer["NextContinuationToken"] = json!((first + 2).to_string());
                }
                Outcome::Succeeds(answer)
            }
            _ => obey(request),
        }
    }
}

fn objects(objects: &[(&str, &str)]) -> Objects {
    let objects = objects
        .iter()
        .map(|(path, body)| ((*path).to_owned(), (*body).to_owned()));
    RefCell::new(objects.collect())
}

fn run_with<'o>(
    machine: &Value,
    input: Value,
    objects: &'o Objects,
) -> (Execution, Simulation<'o>) {
    let mut world = Simulation::new(s3(objects));
    let execution = world.run(whole(machine.clone()), start(input));
    (execution, world)
}

/// The child executions and items: succeeded, failed, timed out, aborted, pending, total.
fn numbers(counts: &MapRunCounts) -> [u64; 6] {
    let MapRunCounts {
        succeeded,
        failed,
        timed_out,
        aborted,
        pending,
        total,
        ..
    } = *counts;
    [succeeded, failed, timed_out, aborted, pending, total]
}

#[test]
fn every_item_has_an_execution_of_its_own() {
    let selector = json!({ "v": "{% $states.context.Map.Item %}", "p": "{% $states.input.p %}" });
    let items = json!({ "Items": "{% $states.input.items %}" });
    let with = |more: &Value| distributed(&echo(), &extended(items.clone(), more));
    let object = json!({ "items": { "a": 1, "b": [2] }, "p": 7 });
    let selected = |index: u64, key: &str, value: Value| json!({ "v": { "Index": index, "Key": key, "Value": value, "Source": "STATE_DATA" }, "p": 7 });
    check(vec![
        (
            with(&json!({})),
            json!({ "items": [3, 1, 2] }),
            json!([3, 1, 2]),
        ),
        (
            with(&json!({ "MaxConcurrency": 1 })),
            json!({ "items": [3, 1, 2] }),
            json!([3, 1, 2]),
        ),
        (with(&json!({})), json!({ "items": [] }), json!([])),
        (
            distributed(&echo(), &json!({})),
            json!(["in"]),
            json!(["in"]),
        ),
        (
            with(&json!({})),
            object.clone(),
            json!([{ "Key": "a", "Value": 1 }, { "Key": "b", "Value": [2] }]),
        ),
        (
            with(&json!({ "ItemSelector": selector })),
            object,
            json!([selected(0, "a", json!(1)), selected(1, "b", json!([2]))]),
        ),
        (
            with(
                &json!({ "ItemBatcher": { "MaxItemsPerBatch": "{% 2 %}", "BatchInput": { "x": "{% $states.input.p %}" } } }),
            ),
            json!({ "items": [1, 2, 3], "p": "q" }),
            json!([{ "BatchInput": { "x": "q" }, "Items": [1, 2] }, { "BatchInput": { "x": "q" }, "Items": [3] }]),
        ),
        (
            with(
                &json!({ "Output": "{% $count($states.result) %}", "Assign": { "x": "{% $states.result %}" } }),
            ),
            json!({ "items": [1, 2] }),
            json!(2),
        ),
        (
            with(
                &json!({ "ResultWriter": { "WriterConfig": { "Transformation": "FLATTEN", "OutputType": "JSON" } } }),
            ),
            json!({ "items": [[1, 2], 3, []] }),
            json!([1, 2, 3]),
        ),
    ]);
    // A child knows itself and not its parent: neither its variables nor its items.
    let seen = json!({ "e": { "Type": "Pass", "Output": {
        "execution": "{% $states.context.Execution.Id %}", "input": "{% $states.context.Execution.Input %}",
        "machine": "{% $states.context.StateMachine %}", "map": "{% $exists($states.context.Map) %}", "x": "{% $exists($x) %}",
    }, "End": true } });
    let mut parent = distributed(&seen, &json!({ "Items": [5] }));
    parent["States"]["first"] = json!({ "Type": "Pass", "Assign": { "x": 1 }, "Next": "m" });
    parent["StartAt"] = json!("first");
    let (execution, world) = run(parent, json!({}));
    let (child, _) = world.children().next().expect("a child");
    assert_eq!(
        end(&execution),
        json!([{
            "execution": child.execution_arn, "input": 5, "map": false, "x": false,
            "machine": { "Id": format!("{ARN}:stateMachine:m/L"), "Name": "m/L" },
        }])
    );
    assert_eq!(
        child.execution_arn,
        format!("{ARN}:execution:m/L:{}", child.execution_name)
    );
    let run = execution.map_runs().next().expect("a Map Run");
    assert_eq!(child.map_run_arn.as_ref(), Some(&run.map_run_arn));
    assert!(run.map_run_arn.starts_with(&format!("{ARN}:mapRun:m/L:")));
    assert_eq!(run.state_machine_arn, format!("{ARN}:stateMachine:m/L"));
}

#[test]
fn history_says_what_aws_says() {
    let previous = |events: &[HistoryEvent]| -> Vec<(String, u64)> {
        let pair = |event: &HistoryEvent| (event.event_type(), event.previous_id);
        events.iter().map(pair).collect()
    };
    let expected = |rows: &[(&str, u64)]| -> Vec<(String, u64)> {
        rows.iter()
            .map(|(name, previous)| ((*name).to_owned(), *previous))
            .collect()
    };
    let (_, world) = run(distributed(&echo(), &json!({ "Items": [1, 2] })), json!({}));
    let rows = [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapRunStarted", 3),
        ("MapRunSucceeded", 4),
        ("MapStateSucceeded", 5),
        ("MapStateExited", 5),
        ("ExecutionSucceeded", 7),
    ];
    assert_eq!(previous(world.history()), expected(&rows));
    for (_, events) in world.children() {
        let types = [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded",
        ];
        assert_eq!(event_types(events), types);
    }
    let failing = distributed(
        &picky(),
        &json!({ "Items": ["bad"], "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "caught" }] }),
    );
    let (_, world) = run(failing, json!({}));
    let rows = [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapRunStarted", 3),
        ("MapRunFailed", 4),
        ("MapStateFailed", 5),
        ("MapStateExited", 6),
        ("PassStateEntered", 7),
        ("PassStateExited", 8),
        ("ExecutionSucceeded", 9),
    ];
    assert_eq!(previous(world.history()), expected(&rows));
    let failed = EventDetails::MapRun(MapRunPhase::Failed(Failure::new(
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    )));
    assert_eq!(world.history()[4].details, failed);
    // An inline Map's iterations: what follows comes after their last state.
    let inline = machine(
        &json!({ "m": { "Type": "Map", "Items": [1, 2], "MaxConcurrency": 1, "ItemProcessor": machine(&echo()), "End": true } }),
    );
    let (_, world) = run(inline, json!({}));
    let rows = [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapIterationStarted", 3),
        ("PassStateEntered", 4),
        ("PassStateExited", 5),
        ("MapIterationSucceeded", 6),
        ("MapIterationStarted", 6),
        ("PassStateEntered", 8),
        ("PassStateExited", 9),
        ("MapIterationSucceeded", 10),
        ("MapStateSucceeded", 11),
        ("MapStateExited", 11),
        ("ExecutionSucceeded", 13),
    ];
    assert_eq!(previous(world.history()), expected(&rows));
}

#[test]
fn failures_are_tolerated_up_to_a_threshold() {
    let items = json!(["a", "bad", "b", "bad"]);
    let exceeded = json!([
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded"
    ]);
    // What the Map says, whether it ends well, and where the children and items are then.
    #[rustfmt::skip]
    let rows = [
        (json!({}), false, [1, 1, 0, 0, 2, 4], [1, 1, 0, 0, 2, 4]),
        (json!({ "MaxConcurrency": 0 }), false, [1, 1, 0, 2, 0, 4], [1, 1, 0, 2, 0, 4]),
        (json!({ "ToleratedFailureCount": 1 }), false, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        (json!({ "ToleratedFailureCount": "{% 2 %}" }), true, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        (json!({ "ToleratedFailurePercentage": 49.9 }), false, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        (json!({ "ToleratedFailurePercentage": "{% 50 %}" }), true, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        // A threshold of zero is none, as measured on AWS.
        (json!({ "ToleratedFailurePercentage": 100, "ToleratedFailureCount": 0 }), true, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        (json!({ "ToleratedFailurePercentage": 0, "ToleratedFailureCount": 2 }), true, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        (json!({ "ToleratedFailurePercentage": 0, "ToleratedFailureCount": 1 }), false, [2, 2, 0, 0, 0, 4], [2, 2, 0, 0, 0, 4]),
        (json!({ "ToleratedFailurePercentage": 0, "ToleratedFailureCount": "{% 0 %}" }), false, [1, 1, 0, 0, 2, 4], [1, 1, 0, 0, 2, 4]),
    ];
    for (more, succeeds, executions, counted) in rows {
        let fields = extended(json!({ "Items": items, "MaxConcurrency": 1 }), &more);
        let (execution, _) = run(distributed(&picky(), &fields), json!({}));
        let map_run = execution.map_runs().next().expect("a Map Run");
        assert_eq!(numbers(&map_run.execution_counts), executions, "{more}");
        assert_eq!(numbers(&map_run.item_counts), counted, "{more}");
        assert!(map_run.stopped_at.is_some());
        if !succeeds {
            assert_eq!(
                (end(&execution), map_run.status),
                (exceeded.clone(), MapRunStatus::Failed),
                "{more}"
            );
            continue;
        }
        assert_eq!(map_run.status, MapRunStatus::Succeeded, "{more}");
        assert_eq!(map_run.execution_counts.results_written, 4);
        // A failed child has its status and its error in the place of its output, as measured on AWS.
        let failed = json!({ "Status": "FAILED", "Error": "E", "Cause": "bad" });
        assert_eq!(end(&execution), json!(["a", failed, "b", failed]), "{more}");
    }
    // A batch fails with all of its items.
    let all = json!({ "f": { "Type": "Choice", "Choices": [{ "Condition": "{% 'bad' in $states.input.Items %}", "Next": "x" }], "Default": "e" },
        "x": { "Type": "Fail" }, "e": { "Type": "Pass", "End": true } });
    let batched = json!({ "Items": ["a", "a", "a", "bad", "a"], "ItemBatcher": { "MaxItemsPerBatch": 2 }, "ToleratedFailureCount": 1 });
    let (execution, _) = run(distributed(&all, &batched), json!({}));
    let map_run = execution.map_runs().next().expect("a Map Run");
    assert_eq!(end(&execution), exceeded);
    assert_eq!(numbers(&map_run.item_counts)[..2], [2, 2]);
    // Fields out of range.
    let (execution, _) = run(
        distributed(
            &echo(),
            &json!({ "Items": [1], "ToleratedFailurePercentage": "{% 100.1 %}" }),
        ),
        json!({}),
    );
    assert_eq!(end(&execution)[0], json!("States.Runtime"));
    let (execution, _) = run(
        distributed(
            &echo(),
            &json!({ "Items": [1], "ToleratedFailureCount": "{% -1 %}" }),
        ),
        json!({}),
    );
    assert_eq!(
        end(&execution),
        json!([
            "States.Runtime",
            in_state("m", "ToleratedFailureCount cannot be negative.")
        ])
    );
}

#[test]
fn distributed_maps_nest() {
    let mut inner = distributed(
        &json!({ "i": { "Type": "Pass", "Output": "{% $states.input * 10 %}", "End": true } }),
        &json!({ "Label": "Inner" }),
    );
    inner["States"]
        .as_object_mut()
        .expect("states")
        .remove("caught");
    let inner = inner["States"]["m"].clone();
    let nested = distributed(&json!({ "n": inner.clone() }), &json!({}));
    let inline = distributed(
        &json!({ "n": { "Type": "Map", "ItemProcessor": machine(&echo()), "End": true } }),
        &json!({}),
    );
    let in_parallel = machine(
        &json!({ "p": { "Type": "Parallel", "Branches": [machine(&json!({ "n": inner.clone() })), machine(&echo())], "End": true } }),
    );
    let in_inline = machine(
        &json!({ "o": { "Type": "Map", "ItemProcessor": machine(&json!({ "n": inner })), "End": true } }),
    );
    check(vec![
        (
            nested.clone(),
            json!([[1, 2], [3]]),
            json!([[10, 20], [30]]),
        ),
        (inline, json!([[1, 2], [3]]), json!([[1, 2], [3]])),
        (in_parallel, json!([1]), json!([[10], [1]])),
        (in_inline, json!([[1], [2]]), json!([[10], [20]])),
    ]);
    let (_, world) = run(nested, json!([[1]]));
    let machines: Vec<String> = world
        .children()
        .map(|(start, _)| start.machine_name.clone())
        .collect();
    assert_eq!(machines, ["m/L", "m/Inner"], "all belong to one machine");
}
