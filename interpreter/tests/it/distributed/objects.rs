//! What a distributed Map reads and writes: items, results, and how much of them.

use pawl_interpreter::EventDetails;
use serde_json::{Value, json};

use super::{ARN, distributed, echo, objects, picky, run_with};
use crate::bench::{check, end, extended};
use crate::simulation::event_types;

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
