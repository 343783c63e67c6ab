//! Broken definitions, and what AWS says about each: code, message and place.

#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "rows of tables are written in place"
)]

use pawl_asl::{MachineType, Severity, Survey, diagnose, variable_references};
use serde_json::{Value, json};

/// An object with more members.
fn with(mut object: Value, more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("members are an object");
    };
    object.as_object_mut().expect("an object").extend(more);
    object
}

/// States that begin with the first of them.
fn block(states: Value) -> Value {
    let first = states.as_object().and_then(|states| states.keys().next());
    json!({ "StartAt": first.expect("a state"), "States": states })
}

fn machine(states: Value) -> Value {
    with(json!({ "QueryLanguage": "JSONata" }), block(states))
}

/// A machine of this state and an end, `b`.
fn one(state: Value) -> Value {
    machine(json!({ "a": state, "b": { "Type": "Pass", "End": true } }))
}

fn pass(more: Value) -> Value {
    with(json!({ "Type": "Pass" }), more)
}

fn end() -> Value {
    pass(json!({ "End": true }))
}

fn task(more: Value) -> Value {
    let task = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "f" }, "Next": "b",
    });
    one(with(task, more))
}

fn wait(more: Value) -> Value {
    one(with(json!({ "Type": "Wait", "Next": "b" }), more))
}

fn choice(choices: Value) -> Value {
    one(json!({ "Type": "Choice", "Default": "b", "Choices": choices }))
}

fn distributed(more: Value) -> Value {
    let config =
        json!({ "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" } });
    let processor = with(config, block(json!({ "i": end() })));
    one(with(
        json!({ "Type": "Map", "ItemProcessor": processor, "Next": "b" }),
        more,
    ))
}

/// Stands for a parser: what AWS says of a few expressions.
fn survey(source: &str) -> Survey {
    let mut survey = Survey::default();
    match source.trim() {
        "1 +" => survey.refusals.push((
            "INVALID_JSONATA_EXPRESSION",
            "Unexpected end of expression".to_owned(),
        )),
        "$states.errorOutput" => survey.reads_error = true,
        "$states.result" => survey.reads_result = true,
        variable => survey
            .variables
            .extend(variable.strip_prefix('$').map(str::to_owned)),
    }
    survey
}

fn said(definition: &Value, machine_type: MachineType) -> Vec<String> {
    diagnose(definition, machine_type, &survey)
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(ToString::to_string)
        .collect()
}

fn check(rows: Vec<(Value, &[&str])>) {
    for (definition, expected) in rows {
        let expected: Vec<String> = expected
            .iter()
            .map(|expected| match expected.strip_prefix("! ") {
                Some(schema) => format!("SCHEMA_VALIDATION_FAILED: {schema}"),
                None => (*expected).to_owned(),
            })
            .collect();
        assert_eq!(
            said(&definition, MachineType::Standard),
            expected,
            "{definition}"
        );
    }
}

#[test]
fn a_definition_is_a_machine() {
    check(vec![
        (
            json!("text"),
            &["! Definition must be a valid JSON object at null"],
        ),
        (
            json!({}),
            &["! These fields are required: [States, StartAt] at /"],
        ),
        (
            json!({ "StartAt": "a", "States": {} }),
            &["! Value cannot be empty at /States"],
        ),
        (
            with(
                machine(json!({ "a": end() })),
                json!({ "startAt": "a", "Version": "2.0", "TimeoutSeconds": 0 }),
            ),
            &[
                "! Field 'startAt' is not supported at /",
                "! Value should be one of the following: [1.0] at /Version",
            ],
        ),
        (
            machine(json!({ "a": { "End": true } })),
            &["! These fields are required: [Type] at /States/a"],
        ),
        (
            machine(json!({ "a": { "Type": "Nop", "End": true } })),
            &[
                "! The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/a/Type",
            ],
        ),
        (
            with(
                machine(json!({ "a": end() })),
                json!({ "QueryLanguage": "jsonata" }),
            ),
            &["! Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage"],
        ),
        (
            with(
                machine(json!({ "a": end() })),
                json!({ "QueryLanguage": 5 }),
            ),
            &["! Expected value of type [STRING] at /QueryLanguage"],
        ),
    ]);
}

#[test]
fn every_way_leads_somewhere() {
    let long = "n".repeat(81);
    let invalid = format!(
        "INVALID_STATE_NAME: Invalid State name: {long} exceeds the 80-character limit allowed by the service at /States/{long}"
    );
    check(vec![
        (one(pass(json!({ "Next": "b" }))), &[]),
        (
            json!({ "StartAt": "x", "States": { "a": end() } }),
            &[
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: x at /StartAt",
                "MISSING_TRANSITION_TARGET: State \"a\" is not reachable. at /States/a",
            ],
        ),
        (
            machine(json!({ "a": pass(json!({ "Next": "x" })) })),
            &[
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: x at /States/a/Next",
                "MISSING_END_STATE: Workflow has no terminal state at null",
            ],
        ),
        (
            machine(
                json!({ "a": pass(json!({ "Next": "b" })), "b": pass(json!({ "Next": "a" })), "c": pass(json!({ "Next": "a" })) }),
            ),
            &["MISSING_END_STATE: Workflow has no terminal state at null"],
        ),
        (
            machine(json!({ "a": pass(json!({ "Next": "a" })), "b/c": end() })),
            &["MISSING_TRANSITION_TARGET: State \"b/c\" is not reachable. at /States/b/c"],
        ),
        (
            one(pass(json!({}))),
            &[
                "! This object should have only one of the following fields: [Next, End] at /States/a",
            ],
        ),
        (one(pass(json!({ "Next": "b", "End": false }))), &[]),
        (
            one(pass(json!({ "Next": "b", "End": true }))),
            &["! There should only be one of the following fields: [Next, End] at /States/a"],
        ),
        (
            machine(json!({ long.clone(): { "Type": "Succeed" } })),
            &[invalid.as_str()],
        ),
        (
            choice(json!([])),
            &["! Value cannot be empty at /States/a/Choices"],
        ),
        (
            choice(json!([{ "Next": "b" }, { "Condition": true }])),
            &[
                "! The object must have only one of the following fields, [And, Or, Not, Variable, Condition] at /States/a/Choices[0]",
                "! These fields are required: [Next] at /States/a/Choices[1]",
            ],
        ),
        (
            choice(json!([{ "Condition": true, "Next": "x" }])),
            &["MISSING_TRANSITION_TARGET: Missing 'Next' target: x at /States/a/Choices[0]/Next"],
        ),
        (
            choice(json!([{ "Condition": "yes", "Next": "b" }])),
            &[
                "! JSONata string must start with {% and end with %} at /States/a/Choices[0]/Condition",
            ],
        ),
        (
            with(
                choice(json!([{ "Condition": true, "Next": "b" }])),
                json!({ "States": {
                "a": { "Type": "Choice", "Choices": [{ "Condition": true, "Next": "b" }], "Default": "x" }, "b": end(),
            } }),
            ),
            &["MISSING_TRANSITION_TARGET: Missing 'Next' target: x at /States/a/Default"],
        ),
        (
            task(json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "x" }] })),
            &["MISSING_TRANSITION_TARGET: Missing 'Next' target: x at /States/a/Catch[0]/Next"],
        ),
    ]);
}

#[test]
fn every_field_has_its_kind_its_language_and_its_bounds() {
    check(vec![
        (
            task(json!({ "Resource": "lambda" })),
            &["! Value is not a valid resource ARN at /States/a/Resource"],
        ),
        (
            task(json!({ "Resource": "arn:aws:states:::lambda:invoke.sync" })),
            &[
                "! The resource provided arn:aws:states:::lambda:invoke.sync is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. at /States/a/Resource",
            ],
        ),
        (
            one(
                json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "b" }),
            ),
            &[
                "! Arguments field is required for resource ARN: arn:aws:states:::sqs:sendMessage at /States/a/Resource",
            ],
        ),
        (
            task(json!({ "Arguments": { "Payload": "x" } })),
            &["! The field 'FunctionName' is required but was missing at /States/a/Arguments"],
        ),
        (
            task(json!({ "Arguments": { "FunctionName": "f", "Payload": 1.5 } })),
            &[
                "! Expected value of type [STRING, OBJECT, ARRAY, NULL] at /States/a/Arguments/Payload",
            ],
        ),
        (
            task(json!({ "Arguments": { "FunctionName": "f", "Payload": false } })),
            &[
                "! Expected value of type [STRING, OBJECT, ARRAY, NULL] at /States/a/Arguments/Payload",
            ],
        ),
        (
            task(json!({ "Arguments": { "FunctionName": "f", "Payload": null } })),
            &[],
        ),
        (task(json!({ "Arguments": "{% $states.input %}" })), &[]),
        (
            task(json!({ "Credentials": {} })),
            &["! The field 'RoleArn' is required but was missing at /States/a/Credentials"],
        ),
        (
            task(json!({ "TimeoutSeconds": 0, "HeartbeatSeconds": 100_000_000 })),
            &[
                "! Minimum value is 1 at /States/a/TimeoutSeconds",
                "! Maximum value is 99999999 at /States/a/HeartbeatSeconds",
                "! Value must be less than the value of 'TimeoutSeconds' at /States/a/HeartbeatSeconds",
            ],
        ),
        (
            task(json!({ "TimeoutSeconds": "soon", "HeartbeatSeconds": 1.5 })),
            &[
                "! JSONata string must start with {% and end with %} at /States/a/TimeoutSeconds",
                "! Expected value of type Integer at /States/a/HeartbeatSeconds",
            ],
        ),
        (task(json!({ "TimeoutSeconds": "{% 5 %}" })), &[]),
        (
            task(
                json!({ "Arguments": { "FunctionName": "f", "Payload": ["{% 1"] }, "Output": "1 %}" }),
            ),
            &[
                "! JSONata string must start with {% and end with %} at /States/a/Arguments/Payload[0]",
                "! JSONata string must start with {% and end with %} at /States/a/Output",
            ],
        ),
        (
            task(json!({ "Output": { "v": ["{% 1 + %}"] } })),
            &["INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/a/Output/v[0]"],
        ),
        (
            task(json!({ "Output": "{% $states.errorOutput %}", "Comment": "{% 1 + %}" })),
            &[
                "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/a/Output",
            ],
        ),
        (
            task(
                json!({ "Catch": [{ "ErrorEquals": ["E"], "Output": "{% $states.errorOutput %}", "Next": "b" }] }),
            ),
            &[],
        ),
        (
            task(
                json!({ "Output": "{% $states.result %}", "Assign": { "v": "{% $states.result %}" } }),
            ),
            &[],
        ),
        (
            one(pass(
                json!({ "Output": "{% $states.result %}", "Next": "b" }),
            )),
            &[
                "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at /States/a/Output",
            ],
        ),
        (
            task(json!({
                "Arguments": { "FunctionName": "f", "Payload": "{% $states.result %}" },
                "Catch": [{ "ErrorEquals": ["E"], "Output": "{% $states.result %}", "Next": "b" }],
            })),
            &[
                "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at /States/a/Arguments/Payload",
                "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at /States/a/Catch[0]/Output",
            ],
        ),
        (
            task(json!({ "Arguments": { "FunctionName": "f", "payload": {} } })),
            &["! The field \"payload\" is not supported by Step Functions at /States/a/Arguments"],
        ),
        (
            task(json!({
                "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
                "Arguments": { "TableName": "t", "Keys": {} },
            })),
            &["! The field \"Keys\" is not supported by Step Functions at /States/a/Arguments"],
        ),
        (
            task(json!({
                "Resource": "arn:aws:states:::aws-sdk:quantum:leap", "Arguments": { "Anything": 1 },
            })),
            &[],
        ),
        (
            task(json!({ "Parameters": {}, "timeoutSeconds": 1 })),
            &[
                "! The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' QueryLanguage at /States/a",
                "! Field 'timeoutSeconds' is not supported at /States/a",
            ],
        ),
        (
            one(pass(
                json!({ "QueryLanguage": "JSONPath", "Output": 1, "Next": "b" }),
            )),
            &[
                "! 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/a",
            ],
        ),
        (
            block(
                json!({ "a": pass(json!({ "Output": 1, "Assign": { "x": 1 }, "InputPath": "in", "End": true })) }),
            ),
            &[
                "! The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/a",
                "! Value must be a valid JSONPath. at /States/a/InputPath",
            ],
        ),
        (
            one(pass(
                json!({ "TimeoutSeconds": 5, "Catch": [], "Next": "b" }),
            )),
            &[
                "! Field 'TimeoutSeconds' is not supported at /States/a",
                "! Field 'Catch' is not supported at /States/a",
            ],
        ),
        (
            wait(json!({ "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z" })),
            &[
                "! There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/a",
            ],
        ),
        (
            wait(json!({})),
            &[
                "! This object should have only one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/a",
            ],
        ),
        (
            wait(json!({ "Seconds": -1 })),
            &["! Minimum value is 0 at /States/a/Seconds"],
        ),
        (
            wait(json!({ "Timestamp": "2026-01-01T00:00:00.5+01:00" })),
            &[],
        ),
        (wait(json!({ "Timestamp": "{% $now() %}" })), &[]),
        (
            wait(json!({ "Timestamp": "2026-01-01 00:00:00Z" })),
            &["! String does not match RFC3339 timestamp at /States/a/Timestamp"],
        ),
        (
            machine(json!({ "a": { "Type": "Fail", "Error": "e".repeat(257), "Cause": 1 } })),
            &[
                "! Expected value of type [STRING] at /States/a/Cause",
                "! Maximum length is 256 at /States/a/Error",
            ],
        ),
    ]);
}

#[test]
fn retriers_and_catchers_have_their_rules() {
    let retry = |more| {
        task(
            json!({ "Retry": [with(json!({ "ErrorEquals": ["A"] }), more), { "ErrorEquals": ["B"] }] }),
        )
    };
    let catch = |names| task(json!({ "Catch": [{ "ErrorEquals": names, "Next": "b" }] }));
    check(vec![
        (
            retry(
                json!({ "IntervalSeconds": 0, "MaxAttempts": 0, "ErrorEquals": ["States.Http.StatusCode.404"] }),
            ),
            &[],
        ),
        (
            retry(json!({ "ErrorEquals": [] })),
            &["! Value cannot be empty at /States/a/Retry[0]/ErrorEquals"],
        ),
        (
            retry(json!({ "ErrorEquals": ["States.ALL"] })),
            &[
                "! States.ALL must appear alone and at end of list at /States/a/Retry[0]/ErrorEquals[0]",
            ],
        ),
        (
            retry(
                json!({ "BackoffRate": 0.5, "MaxAttempts": 100_000_000, "MaxDelaySeconds": 0, "JitterStrategy": "SOME", "Odd": 1 }),
            ),
            &[
                "! Minimum value is 1 at /States/a/Retry[0]/BackoffRate",
                "! Maximum value is 99999999 at /States/a/Retry[0]/MaxAttempts",
                "! Minimum value is 1 at /States/a/Retry[0]/MaxDelaySeconds",
                "! Value should be one of the following: [NONE, FULL] at /States/a/Retry[0]/JitterStrategy",
                "! Field 'Odd' is not supported at /States/a/Retry[0]",
            ],
        ),
        (
            task(json!({ "Catch": [{}] })),
            &["! These fields are required: [ErrorEquals, Next] at /States/a/Catch[0]"],
        ),
        (catch(json!(["States.ALL"])), &[]),
        (
            catch(json!(["A", "States.ALL"])),
            &[
                "! States.ALL must appear alone and at end of list at /States/a/Catch[0]/ErrorEquals[1]",
            ],
        ),
    ]);
}

#[test]
fn blocks_inside_are_checked_too() {
    let map = |states: Value, more| {
        let map = json!({ "Type": "Map", "ItemProcessor": block(states), "Assign": { "outer": 1 }, "Next": "b" });
        one(with(map, more))
    };
    let assigning =
        json!({ "i": pass(json!({ "Assign": { "outer": 1, "own": 1 }, "End": true })) });
    let taken = "DUPLICATE_VARIABLE_NAME: The variable name 'outer' was already defined in a parent scope. at /States/a/ItemProcessor/States/i/Assign/outer";
    let around = |before: Value, after: Value| {
        json!({
            "QueryLanguage": "JSONata", "StartAt": "first",
            "States": {
                "first": pass(before),
                "a": {
                    "Type": "Map", "ItemProcessor": block(assigning.clone()), "Next": "b",
                    "Catch": [{ "ErrorEquals": ["E"], "Next": "c" }],
                },
                "b": pass(after), "c": end(),
            },
        })
    };
    let turning = json!({ "i": pass(json!({ "Next": "j" })), "j": pass(json!({ "Next": "i" })) });
    check(vec![
        (map(json!({ "i": end() }), json!({})), &[]),
        (map(turning, json!({})), &[]),
        (
            map(json!({ "i": pass(json!({})) }), json!({})),
            &[
                "! This object should have only one of the following fields: [Next, End] at /States/a/ItemProcessor/States/i",
            ],
        ),
        (
            map(json!({ "b": end() }), json!({})),
            &["DUPLICATE_STATE_NAME: Duplicate State name: b at /States/b"],
        ),
        // What is set on the way to a Map is not for its iterations to set; what the Map or a state after it sets is.
        (map(assigning.clone(), json!({})), &[]),
        (
            map(
                assigning.clone(),
                json!({ "Catch": [{ "ErrorEquals": ["E"], "Next": "a" }] }),
            ),
            &[],
        ),
        (
            map(
                assigning.clone(),
                json!({ "Catch": [{ "ErrorEquals": ["E"], "Assign": { "outer": 2 }, "Next": "a" }] }),
            ),
            &[taken],
        ),
        (
            around(
                json!({ "Assign": { "outer": 1 }, "Next": "a" }),
                json!({ "Next": "c" }),
            ),
            &[taken],
        ),
        (
            around(
                json!({ "Next": "a" }),
                json!({ "Assign": { "outer": 1 }, "Next": "c" }),
            ),
            &[],
        ),
        (
            around(
                json!({ "Next": "a" }),
                json!({ "Assign": { "outer": 1 }, "Next": "a" }),
            ),
            &[taken],
        ),
        (
            map(
                json!({ "i": end() }),
                json!({ "Label": "l", "MaxConcurrency": -1 }),
            ),
            &[
                "! Minimum value is 0 at /States/a/MaxConcurrency",
                "! Field 'Label' is not supported at /States/a",
            ],
        ),
        (
            one(json!({ "Type": "Map", "Next": "b" })),
            &[
                "! This object should have only one of the following fields: [ItemProcessor, Iterator] at /States/a",
            ],
        ),
        (
            one(json!({ "Type": "Parallel", "Branches": [], "Next": "b" })),
            &["! Value cannot be empty at /States/a/Branches"],
        ),
        (
            one(
                json!({ "Type": "Parallel", "Branches": [{ "QueryLanguage": "JSONata" }], "Next": "b" }),
            ),
            &[
                "! Field 'QueryLanguage' is not supported at /States/a/Branches[0]",
                "! These fields are required: [States, StartAt] at /States/a/Branches[0]",
            ],
        ),
        (
            one(
                json!({ "Type": "Parallel", "Branches": [block(json!({ "i": end(), "j": end() })), block(json!({ "i": end() }))], "Next": "b" }),
            ),
            &[
                "MISSING_TRANSITION_TARGET: State \"j\" is not reachable. at /States/a/Branches[0]/States/j",
                "DUPLICATE_STATE_NAME: Duplicate State name: i at /States/a/Branches[1]/States/i",
            ],
        ),
    ]);
}

#[test]
fn a_distributed_map_has_more() {
    let label = "l".repeat(41);
    let long = format!(
        "INVALID_LABEL_NAME: Invalid Label name: {label} exceeds the 40-character limit allowed by the service at /States/a/Label"
    );
    let inline = json!({ "ProcessorConfig": { "Mode": "INLINE", "ExecutionType": "STANDARD" } });
    let untyped = json!({ "ProcessorConfig": { "Mode": "DISTRIBUTED" } });
    let map = |config: Value| {
        one(
            json!({ "Type": "Map", "ItemProcessor": with(config, block(json!({ "i": end() }))), "Next": "b" }),
        )
    };
    let writer = |arguments: Value| {
        let writer = json!({ "Resource": "arn:aws:states:::s3:putObject", "Arguments": arguments });
        distributed(json!({ "ResultWriter": writer }))
    };
    let reader = |config: Value| {
        let reader = json!({ "Resource": "arn:aws:states:::s3:getObject", "Arguments": { "Bucket": "b", "Key": "k" }, "ReaderConfig": config });
        distributed(json!({ "ItemReader": reader }))
    };
    check(vec![
        (
            distributed(json!({
                "Label": "l", "MaxConcurrency": 1000, "ToleratedFailurePercentage": 5.5, "ToleratedFailureCount": 1,
                "ItemBatcher": { "MaxItemsPerBatch": 5, "BatchInput": { "x": "{% $states.input %}" } },
                "ResultWriter": { "WriterConfig": { "Transformation": "NONE", "OutputType": "JSON" } },
                "Assign": { "own": 1 },
            })),
            &[],
        ),
        (
            map(untyped),
            &[
                "! These fields are required: [ExecutionType] at /States/a/ItemProcessor/ProcessorConfig",
            ],
        ),
        (
            map(inline),
            &[
                "! Field 'ExecutionType' is not supported at /States/a/ItemProcessor/ProcessorConfig",
            ],
        ),
        (
            distributed(
                json!({ "ToleratedFailurePercentage": 101, "ItemBatcher": { "MaxItemsPerBatch": 0, "MaxInputBytesPerBatch": 300_000 } }),
            ),
            &[
                "! Maximum value is 100 at /States/a/ToleratedFailurePercentage",
                "! Minimum value is 1 at /States/a/ItemBatcher/MaxItemsPerBatch",
                "! Maximum value is 262144 at /States/a/ItemBatcher/MaxInputBytesPerBatch",
            ],
        ),
        (distributed(json!({ "Label": label })), &[long.as_str()]),
        (
            distributed(json!({ "Label": "a b" })),
            &[
                "INVALID_LABEL_NAME: Invalid Label name: a b contains invalid characters at /States/a/Label",
            ],
        ),
        (
            reader(
                json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["{% 1 + %}"] }),
            ),
            &[],
        ),
        (
            reader(json!({ "InputType": "CSV" })),
            &["! The field 'CSVHeaderLocation' is required at /States/a/ItemReader/ReaderConfig"],
        ),
        (
            reader(json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN" })),
            &["! These fields are required: [CSVHeaders] at /States/a/ItemReader/ReaderConfig"],
        ),
        (
            reader(json!({ "InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW" })),
            &["! Field 'CSVHeaderLocation' is not supported at /States/a/ItemReader/ReaderConfig"],
        ),
        (
            distributed(
                json!({ "ItemReader": { "Resource": "arn:aws:states:::s3:putObject" }, "ResultWriter": {} }),
            ),
            &[
                "! The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2] at /States/a/ItemReader/Resource",
                "! These fields are required: [Resource, Arguments] at /States/a/ResultWriter",
            ],
        ),
        (
            writer(json!({ "Bucket": "b" })),
            &["! These fields are required: [Prefix] at /States/a/ResultWriter/Arguments"],
        ),
        (writer(json!({ "Bucket": "b", "Prefix": "p" })), &[]),
        (writer(json!("{% $states.input %}")), &[]),
    ]);
}

#[test]
fn variables_have_names() {
    let assign = |assign: Value| one(pass(json!({ "Assign": assign, "Next": "b" })));
    let long = "v".repeat(81);
    let too_long = format!(
        "INVALID_VARIABLE_NAME: Invalid variable name '{long}': the variable name exceeds the 80-character limit allowed by the service. at /States/a/Assign/{long}"
    );
    check(vec![
        (assign(json!({ "ü_2": 1 })), &[]),
        (
            assign(json!({ "states": 1, "1x": 1, "a-b": 1 })),
            &[
                "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at /States/a/Assign/states",
                "INVALID_VARIABLE_NAME: Invalid variable name '1x': the variable name contains invalid characters. at /States/a/Assign/1x",
                "INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid characters. at /States/a/Assign/a-b",
            ],
        ),
        (assign(json!({ long.clone(): 1 })), &[too_long.as_str()]),
        (
            assign(json!("x")),
            &["! Expected value of type [OBJECT] at /States/a/Assign"],
        ),
    ]);
}

#[test]
fn an_express_machine_waits_for_nothing_long() {
    let rows = [
        (
            task(json!({ "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken" })),
            "Express state machine does not support '.waitForTaskToken' service integration  at /States/a/Resource",
        ),
        (
            task(
                json!({ "Resource": "arn:aws:states:::states:startExecution.sync:2", "Arguments": { "StateMachineArn": "m" } }),
            ),
            "Express state machine does not support '.sync' service integration at /States/a/Resource",
        ),
        (
            task(json!({ "Resource": "arn:aws:states:us-east-1:000000000000:activity:work" })),
            "Express state machine does not support Activity ARN at /States/a/Resource",
        ),
        (
            distributed(json!({})),
            "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines at /States/a/ItemProcessor/ProcessorConfig/Mode",
        ),
    ];
    for (definition, expected) in rows {
        assert_eq!(
            said(&definition, MachineType::Express),
            [format!("SCHEMA_VALIDATION_FAILED: {expected}")]
        );
        assert_eq!(said(&definition, MachineType::Standard), [""; 0]);
    }
}

#[test]
fn what_is_hardly_meant_so_is_a_warning() {
    let path = block(json!({
        "a": pass(json!({ "Parameters": { "x": "$.y", "z.$": "$.y" }, "Next": "b" })),
        "b": pass(json!({ "Result": ["$.y"], "End": true })),
    }));
    let undefined = one(pass(json!({ "Output": "{% $x %}", "Next": "b" })));
    let rows = [
        (
            path,
            vec![
                "NO_DOLLAR /States/a/Parameters/x",
                "PASS_RESULT_IS_STATIC /States/b/Result",
            ],
        ),
        (undefined, vec!["POSSIBLY_UNDEFINED_VARIABLE /States/a"]),
    ];
    for (definition, expected) in rows {
        let found: Vec<String> = diagnose(&definition, MachineType::Standard, &survey)
            .into_iter()
            .map(|found| {
                assert_eq!(found.severity, Severity::Warning, "{found}");
                format!("{} {}", found.code, found.location.unwrap_or_default())
            })
            .collect();
        assert_eq!(found, expected, "{definition}");
    }
}

#[test]
fn a_state_is_known_by_the_variables_that_it_reads() {
    let definition = block(json!({
        "a": pass(json!({ "Parameters": { "x": "$no", "y.$": "States.Format('{}', $b, $a)", "z.$": "$$.Execution.Id" }, "Next": "m" })),
        "m": {
            "Type": "Map", "QueryLanguage": "JSONata", "Items": "{% $list %}", "End": true,
            "ItemProcessor": block(json!({ "i": {
                "Type": "Choice", "Choices": [{ "Variable": "$a", "NumericEqualsPath": "$c", "Next": "j" }], "Default": "j",
            }, "j": { "Type": "Succeed" } })),
        },
    }));
    let found = variable_references(&definition, &survey);
    assert_eq!(
        json!(found),
        json!({ "a": ["a", "b"], "i": ["a", "c"], "m": ["list"] })
    );
}
