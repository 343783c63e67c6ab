//! Distributed Maps: what children are given, what comes of them, what is read and written, and what history says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use pawl_asl::Machine;
use pawl_interpreter::{
    EventDetails, Execution, Failure, HistoryEvent, MapRunCounts, MapRunPhase, MapRunStatus, Start,
    Status, TaskRequest, UpdateMapRun,
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
        (json!({ "ToleratedFailurePercentage": 100, "ToleratedFailureCount": 0 }), false, [1, 1, 0, 0, 2, 4], [1, 1, 0, 0, 2, 4]),
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
        // A failed child has all that is known of it in the place of its output.
        let result = end(&execution);
        assert_eq!((&result[0], &result[2]), (&json!("a"), &json!("b")));
        let failed = json!([
            result[1]["Status"],
            result[1]["Error"],
            result[1]["Cause"],
            result[1]["Input"]
        ]);
        assert_eq!(failed, json!(["FAILED", "E", "bad", "\"bad\""]));
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
fn items_are_read() {
    let all = objects(&[
        ("b/rows.csv", "id;name\n1;x\n2;\"y;z\"\n"),
        ("b/list.json", "{\"deep\": {\"list\": [1, 2, 3]}}"),
        ("b/object.json", "{\"k\": 1}"),
        ("b/number.json", "5"),
        ("b/lines.jsonl", "1\n2\n"),
        ("b/broken.json", "["),
        ("b/empty.csv", "a\n"),
        ("b/in/1.json", "[1, 2]"),
        ("b/in/2.json", "[3]"),
        ("b/in/3.json", "[4]"),
        (
            "b/manifest.json",
            "{\"destinationBucket\": \"arn:aws:s3:::inv\", \"fileFormat\": \"CSV\", \"fileSchema\": \"Bucket, Key\", \"files\": [{\"key\": \"1.csv\"}, {\"key\": \"2.csv\"}]}",
        ),
        (
            "b/orc.json",
            "{\"destinationBucket\": \"arn:aws:s3:::inv\", \"fileFormat\": \"ORC\", \"fileSchema\": \"\", \"files\": []}",
        ),
        ("b/athena.csv", "s3://b/lines.jsonl\ns3://b/lines.jsonl\n"),
        ("inv/1.csv", "\"s\",\"k1\"\n"),
        ("inv/2.csv", "\"s\",\"k2\"\n"),
    ]);
    let reader = |key: &str, config: Value| {
        json!({ "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Arguments": { "Bucket": "{% $states.input.bucket %}", "Key": key }, "ReaderConfig": config,
        } })
    };
    let list = |config: Value| {
        json!({ "ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Arguments": { "Bucket": "b", "Prefix": "in/" }, "ReaderConfig": config,
        } })
    };
    let listed = |key: &str, size: u64| json!({ "Key": key, "Size": size, "Etag": "\"e\"", "LastModified": 1_767_225_600, "StorageClass": "STANDARD" });
    let failed = |cause: &str| json!(["States.ItemReaderFailed", cause]);
    let csv = json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SEMICOLON" });
    let given = json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["{% 'all' %}"], "MaxItems": "{% 2 %}" });
    #[rustfmt::skip]
    let rows = [
        (reader("rows.csv", csv.clone()), json!([{ "id": "1", "name": "x" }, { "id": "2", "name": "y;z" }])),
        (reader("rows.csv", extended(csv, &json!({ "MaxItems": 1 }))), json!([{ "id": "1", "name": "x" }])),
        (reader("rows.csv", given), json!([{ "all": "id;name" }, { "all": "1;x" }])),
        (reader("list.json", json!({ "InputType": "JSON", "ItemsPointer": "/deep/list" })), json!([1, 2, 3])),
        (reader("object.json", json!({ "InputType": "JSON" })), json!([{ "Key": "k", "Value": 1 }])),
        (reader("lines.jsonl", json!({ "InputType": "JSONL" })), json!([1, 2])),
        (reader("empty.csv", json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" })), json!([])),
        (reader("manifest.json", json!({ "InputType": "MANIFEST" })), json!([{ "Bucket": "s", "Key": "k1" }, { "Bucket": "s", "Key": "k2" }])),
        (reader("manifest.json", json!({ "InputType": "MANIFEST", "MaxItems": 1 })), json!([{ "Bucket": "s", "Key": "k1" }])),
        (reader("athena.csv", json!({ "ManifestType": "ATHENA_DATA", "InputType": "JSONL" })), json!([1, 2, 1, 2])),
        (list(json!({})), json!([listed("in/1.json", 6), listed("in/2.json", 3), listed("in/3.json", 3)])),
        (list(json!({ "MaxItems": 1 })), json!([listed("in/1.json", 6)])),
        (list(json!({ "Transformation": "LOAD_AND_FLATTEN", "InputType": "JSON" })), json!([1, 2, 3, 4])),
        (reader("number.json", json!({ "InputType": "JSON" })), failed("Attempting to map over non-iterable node.")),
        (reader("none.json", json!({ "InputType": "JSON" })), failed("no such key")),
        (reader("orc.json", json!({ "InputType": "MANIFEST" })), failed("An inventory in the format 'ORC' is not supported; only CSV is.")),
        (reader("list.json", json!({ "InputType": "{% 'XML' %}" })), failed("The InputType 'XML' is not supported.")),
        (reader("lines.jsonl", json!({ "InputType": "JSONL", "MaxItems": "{% -1 %}" })), failed("field MaxItems must be positive, but was: -1")),
    ];
    for (more, expected) in rows {
        let (execution, world) =
            run_with(&distributed(&echo(), &more), json!({ "bucket": "b" }), &all);
        assert_eq!(end(&execution), expected, "{more}");
        let started = &world.history()[2].details;
        assert_eq!(
            *started,
            EventDetails::StateStarted {
                kind: "Map",
                length: Some(0)
            }
        );
    }
    let broken = reader("broken.json", json!({ "InputType": "JSON" }));
    let (execution, world) = run_with(
        &distributed(&echo(), &broken),
        json!({ "bucket": "b" }),
        &all,
    );
    assert_eq!(end(&execution)[0], json!("States.ItemReaderFailed"));
    assert_eq!(
        event_types(world.history())[4..],
        ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    );
    let source = json!({ "ItemSelector": "{% $states.context.Map.Item.Source %}" });
    let sources = |more: Value| {
        end(&run_with(
            &distributed(&echo(), &extended(more, &source)),
            json!({ "bucket": "b" }),
            &all,
        )
        .0)
    };
    assert_eq!(
        sources(reader("object.json", json!({ "InputType": "JSON" }))),
        json!(["S3://b/object.json"])
    );
    assert_eq!(sources(list(json!({ "MaxItems": 1 }))), json!(["S3://b"]));
}

#[test]
fn results_are_written() {
    let writer = |bucket: &str, config: Value| {
        let mut writer = json!({ "Resource": "arn:aws:states:::s3:putObject", "Arguments": { "Bucket": bucket, "Prefix": "{% 'out' %}" } });
        if !config.is_null() {
            writer["WriterConfig"] = config;
        }
        json!({ "Items": ["a", "bad", "b", "c"], "MaxConcurrency": 1, "ResultWriter": writer })
    };
    let written = |more: &Value| {
        let all = objects(&[]);
        let (execution, _) = run_with(&distributed(&picky(), more), json!({}), &all);
        let map_run = execution.map_runs().next().expect("a Map Run").clone();
        (end(&execution), map_run, all.into_inner())
    };
    let tolerant = json!({ "ToleratedFailureCount": 1 });
    let (result, map_run, files) = written(&extended(writer("b", json!(null)), &tolerant));
    let run = map_run
        .map_run_arn
        .rsplit(':')
        .next()
        .expect("a UUID")
        .to_owned();
    let key = |name: &str| format!("out/{run}/{name}");
    let file = |name: &str| -> Value {
        serde_json::from_str(&files[&format!("b/{}", key(name))]).expect("JSON")
    };
    assert_eq!(
        result,
        json!({ "MapRunArn": map_run.map_run_arn, "ResultWriterDetails": { "Bucket": "b", "Key": key("manifest.json") } })
    );
    let size = |name: &str| files[&format!("b/{}", key(name))].len();
    let listed = |name: &str| json!([{ "Key": key(name), "Size": size(name) }]);
    assert_eq!(
        file("manifest.json"),
        json!({
            "DestinationBucket": "b", "MapRunArn": map_run.map_run_arn,
            "ResultFiles": { "FAILED": listed("FAILED_0.json"), "PENDING": [], "SUCCEEDED": listed("SUCCEEDED_0.json") },
        })
    );
    let first = &file("SUCCEEDED_0.json")[0];
    let name = first["Name"].as_str().expect("a name");
    assert_eq!(
        *first,
        json!({
            "ExecutionArn": format!("{ARN}:execution:m/L:{name}"), "Input": "\"a\"", "InputDetails": { "Included": true },
            "Name": name, "Output": "\"a\"", "OutputDetails": { "Included": true }, "RedriveCount": 0,
            "RedriveStatus": "NOT_REDRIVABLE", "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            "StartDate": "2026-01-01T00:00:00.000Z", "StateMachineArn": format!("{ARN}:stateMachine:m/L"),
            "Status": "SUCCEEDED", "StopDate": "2026-01-01T00:00:00.000Z",
        })
    );
    let failed = file("FAILED_0.json");
    assert_eq!(
        json!([failed[0]["Error"], failed[0]["Status"]]),
        json!(["E", "FAILED"])
    );
    // A run that fails writes what there is, and what never began.
    let (result, map_run, files) = written(&writer("b", json!(null)));
    assert_eq!(result[0], json!("States.ExceedToleratedFailureThreshold"));
    let run = map_run.map_run_arn.rsplit(':').next().expect("a UUID");
    let pending: Value =
        serde_json::from_str(&files[&format!("b/out/{run}/PENDING_0.json")]).expect("JSON");
    assert_eq!(pending.as_array().map(Vec::len), Some(2));
    assert_eq!(
        files.len(),
        4,
        "SUCCEEDED, FAILED, PENDING and the manifest"
    );
    // Formats.
    let compact = json!({ "Transformation": "COMPACT", "OutputType": "JSONL" });
    let (_, map_run, files) = written(&extended(
        writer("b", compact),
        &json!({ "Items": [1, [2]] }),
    ));
    let run = map_run.map_run_arn.rsplit(':').next().expect("a UUID");
    assert_eq!(files[&format!("b/out/{run}/SUCCEEDED_0.jsonl")], "1\n[2]\n");
    let (result, ..) = written(&writer("closed", json!(null)));
    assert_eq!(
        result,
        json!(["States.ResultWriterFailed", "the bucket is closed"])
    );
}

#[test]
fn results_have_a_limit() {
    let big =
        json!({ "e": { "Type": "Pass", "Output": "{% $pad('', 200000, 'x') %}", "End": true } });
    let cause = "The state/task 'm' returned a result with a size exceeding the maximum number of bytes service limit.";
    let in_state = format!(
        "An error occurred while executing the state 'm' (entered at the event id #2). {cause}"
    );
    check(vec![
        (
            distributed(
                &big,
                &json!({ "Items": [1] , "Output": "{% $count($states.result) %}" }),
            ),
            json!({}),
            json!(1),
        ),
        (
            distributed(&big, &json!({ "Items": [1, 2] })),
            json!({}),
            json!(["States.DataLimitExceeded", in_state]),
        ),
    ]);
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
