//! Requests that Step Functions refuses: AWS's code and AWS's words for each.

#![expect(clippy::too_many_lines, reason = "tables are as long as they are")]

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::world::{World, machine, simulated};

/// Sends any body as a request of any operation; what it was refused with, if it was.
async fn ask(world: &World, operation: &str, body: &Value) -> Option<(String, String)> {
    let target = format!("AWSStepFunctions.{operation}");
    let body = body.to_string();
    // The client's own request is only the envelope.
    let request = world.client.list_activities().customize();
    let sent = request.mutate_request(move |request| {
        request.headers_mut().insert("x-amz-target", target.clone());
        *request.body_mut() = SdkBody::from(body.clone());
    });
    let error = sent.send().await.err()?;
    Some((
        error.code().unwrap_or_default().to_owned(),
        error.message().unwrap_or_default().to_owned(),
    ))
}

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:one";
const EXECUTION: &str = "arn:aws:states:us-east-1:000000000000:execution:one:run";

/// A row: the operation, the body, and the refusal as `Code: message`.
type Row = (&'static str, Value, String);

async fn check(world: &World, rows: Vec<Row>) {
    for (operation, body, expected) in rows {
        let found = ask(world, operation, &body).await;
        let found = found.map_or_else(
            || "done".to_owned(),
            |(code, message)| format!("{code}: {message}"),
        );
        assert_eq!(found, expected, "{operation} {body}");
    }
}

fn invalid(rules: &[&str]) -> String {
    let errors = if rules.len() == 1 { "error" } else { "errors" };
    format!(
        "ValidationException: {} validation {errors} detected: {}",
        rules.len(),
        rules.join("; ")
    )
}

/// A world with the machine `one`, which has a version.
async fn world() -> World {
    let world = simulated().await;
    let pass = machine(&json!({ "first": { "Type": "Pass", "End": true } }));
    world.create("one", &pass).await;
    world
}

#[tokio::test]
async fn what_breaks_a_shape_is_refused_first() {
    let world = world().await;
    let long = "n".repeat(81);
    let route = |arn: &str, weight: i64| json!({ "stateMachineVersionArn": arn, "weight": weight });
    let alias = |name: &str, routes: Value| json!({ "name": name, "routingConfiguration": routes });
    check(&world, vec![
        (
            "CreateStateMachine",
            json!({ "name": "", "roleArn": "r" }),
            invalid(&[
                "Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
                "Value null at 'definition' failed to satisfy constraint: Member must not be null",
            ]),
        ),
        (
            "CreateStateMachine",
            json!({ "name": long, "definition": "", "roleArn": "r", "type": "FAST" }),
            invalid(&[
                &format!("Value '{long}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80"),
                "Value at 'definition' failed to satisfy constraint: Member must have length greater than or equal to 1",
                "Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]",
            ]),
        ),
        (
            "ListStateMachines",
            json!({ "maxResults": 1001, "nextToken": "" }),
            invalid(&[
                "Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
                "Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1",
            ]),
        ),
        (
            "ListExecutions",
            json!({ "stateMachineArn": MACHINE, "statusFilter": "succeeded" }),
            invalid(&[
                "Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
            ]),
        ),
        (
            "CreateStateMachineAlias",
            alias("123", json!([route(MACHINE, 101)])),
            invalid(&[
                "Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$",
                "Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100",
            ]),
        ),
        (
            "CreateStateMachineAlias",
            alias("live", json!([route("a", 50), route("b", 30), route("c", 20)])),
            invalid(&[
                "Value '[RoutingConfigurationListItem(stateMachineVersionArn=a, weight=50), RoutingConfigurationListItem(stateMachineVersionArn=b, weight=30), RoutingConfigurationListItem(stateMachineVersionArn=c, weight=20)]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2",
            ]),
        ),
        (
            "TagResource",
            json!({ "resourceArn": MACHINE, "tags": [{ "key": "", "value": "v" }] }),
            invalid(&[
                "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
            ]),
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE, "name": 5 }),
            "SerializationException: NUMBER_VALUE can not be converted to a String".to_owned(),
        ),
        (
            "ListStateMachines",
            json!([]),
            "SerializationException: Start of structure or map found where not expected.".to_owned(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_not_there_or_not_right_is_refused() {
    let world = world().await;
    let text = |text: &str| text.to_owned();
    let version = format!("{MACHINE}:1");
    let not_json = |word: &str| {
        format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        )
    };
    let definition = json!({ "StartAt": "a", "States": { "a": { "Type": "Pass", "End": true } } });
    let create = |more: Value| {
        let mut body = json!({ "name": "two", "roleArn": "arn:aws:iam::000000000000:role/r", "definition": definition.to_string() });
        let fields = body.as_object_mut().expect("fields");
        fields.extend(more.as_object().expect("fields").clone());
        body
    };
    check(&world, vec![
        ("Nonsense", json!({}), text("UnknownOperationException: the local Step Functions has no operation `Nonsense`")),
        ("CreateStateMachine", create(json!({ "name": "a b" })), text("InvalidName: Invalid Name: 'a b'")),
        (
            "CreateStateMachine",
            create(json!({ "name": "one" })),
            format!("StateMachineAlreadyExists: State Machine Already Exists: '{MACHINE}'"),
        ),
        (
            "CreateStateMachine",
            create(json!({ "definition": "{\"StartAt\": \"a\"}" })),
            text("InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'"),
        ),
        (
            "CreateStateMachine",
            create(json!({ "definition": "{\"StartAt\": \"a\", \"States\": {\"a\": {\"Type\": \"Pass\", \"Next\": \"x\"}}}" })),
            text("InvalidDefinition: Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: x at /States/a/Next, MISSING_END_STATE: Workflow has no terminal state at null'"),
        ),
        (
            "CreateStateMachine",
            create(json!({ "versionDescription": "d" })),
            text("ValidationException: Version description can only be set when publish is true"),
        ),
        (
            "CreateStateMachine",
            create(json!({ "loggingConfiguration": { "level": "ALL" } })),
            text("InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log Destination."),
        ),
        (
            "CreateStateMachine",
            create(json!({ "encryptionConfiguration": { "type": "CUSTOMER_MANAGED_KMS_KEY" } })),
            text("InvalidEncryptionConfiguration: Must set a valid kmsKeyId."),
        ),
        (
            "UpdateStateMachine",
            json!({ "stateMachineArn": MACHINE }),
            text("MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"),
        ),
        ("DescribeStateMachine", json!({ "stateMachineArn": "one" }), text("InvalidArn: Invalid Arn: 'Invalid ARN prefix: one'")),
        (
            "DescribeStateMachine",
            json!({ "stateMachineArn": EXECUTION }),
            text("InvalidArn: Invalid Arn: 'Resource type not valid in this context: execution'"),
        ),
        (
            "DescribeStateMachine",
            json!({ "stateMachineArn": format!("{MACHINE}:7") }),
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}:7'"),
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE.replace("us-east-1", "eu-west-1") }),
            format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{}'", MACHINE.replace("us-east-1", "eu-west-1")),
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE, "input": "not json" }),
            format!("InvalidExecutionInput: Invalid State Machine Execution Input: '{}'", not_json("not")),
        ),
        (
            "StartExecution",
            json!({ "stateMachineArn": MACHINE, "input": "" }),
            text("InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution input.'"),
        ),
        ("StartExecution", json!({ "stateMachineArn": MACHINE, "input": "null" }), text("done")),
        (
            "StartSyncExecution",
            json!({ "stateMachineArn": MACHINE }),
            text("StateMachineTypeNotSupported: This operation is not supported by this type of state machine"),
        ),
        (
            "DescribeExecution",
            json!({ "executionArn": EXECUTION }),
            format!("ExecutionDoesNotExist: Execution Does Not Exist: '{EXECUTION}'"),
        ),
        (
            "GetExecutionHistory",
            json!({ "executionArn": EXECUTION.replace(":execution:", ":express:") }),
            text("InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'"),
        ),
        ("StopExecution", json!({ "executionArn": "x" }), text("InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'")),
        (
            "ListExecutions",
            json!({}),
            text("ValidationException: Must specify exactly one of stateMachineArn or mapRunArn"),
        ),
        ("ListStateMachines", json!({ "nextToken": "made up" }), text("InvalidToken: Invalid Token: 'Invalid token'")),
        (
            "PublishStateMachineVersion",
            json!({ "stateMachineArn": MACHINE, "revisionId": "other" }),
            text("ConflictException: Failed to publish the State Machine version for revision other. The current State Machine revision is INITIAL."),
        ),
        ("DeleteStateMachineVersion", json!({ "stateMachineVersionArn": format!("{MACHINE}:9") }), text("done")),
        ("DeleteStateMachine", json!({ "stateMachineArn": format!("{MACHINE}-not") }), text("done")),
        (
            "TagResource",
            json!({ "resourceArn": version, "tags": [] }),
            format!("ResourceNotFound: Resource not found: '{version}'"),
        ),
        (
            "TagResource",
            json!({ "resourceArn": MACHINE, "tags": [{ "key": "aws:x", "value": "v" }] }),
            text("ValidationException: aws: prefixed tag key names are not allowed for external use."),
        ),
        (
            "SendTaskSuccess",
            json!({ "taskToken": "made up", "output": "{}" }),
            text("InvalidToken: Invalid Token: 'Invalid token'"),
        ),
        (
            "SendTaskHeartbeat",
            json!({ "taskToken": "0".repeat(64) }),
            text("TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'"),
        ),
        (
            "SendTaskSuccess",
            json!({ "taskToken": "0".repeat(64), "output": "no" }),
            format!("InvalidOutput: Invalid Output: '{}'", not_json("no")),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_alias_leads_to_versions_of_one_machine() {
    let world = world().await;
    let pass = machine(&json!({ "first": { "Type": "Pass", "Output": 2, "End": true } }));
    let other = world.create("other", &pass).await;
    let version = format!("{MACHINE}:1");
    let route = |arn: &str, weight: u64| json!({ "stateMachineVersionArn": arn, "weight": weight });
    let alias = |routes: Value| json!({ "name": "live", "routingConfiguration": routes });
    let named = json!({ "stateMachineAliasArn": format!("{MACHINE}:live") });
    let missing = "ResourceNotFound: Request references a resource that does not exist.".to_owned();
    check(&world, vec![
        (
            "CreateStateMachineAlias",
            alias(json!([route(MACHINE, 70), route(&version, 30)])),
            format!("ValidationException: Routing configuration must contain state machine version ARNs. Received: [{MACHINE}, {version}]"),
        ),
        (
            "CreateStateMachineAlias",
            alias(json!([route(&version, 50), route(&version, 50)])),
            format!("ValidationException: Routing configuration must contain distinct state machine version ARNs. Received: [{version}, {version}]"),
        ),
        (
            "CreateStateMachineAlias",
            alias(json!([route(&version, 70), route(&other, 29)])),
            "ValidationException: Sum of routing configuration weights must equal 100. Received: [70, 29]".to_owned(),
        ),
        (
            "CreateStateMachineAlias",
            alias(json!([route(&version, 70), route(&other, 30)])),
            format!("ValidationException: Routing configuration must contain versions of the same state machine. Received: [{version}, {other}]"),
        ),
        ("CreateStateMachineAlias", alias(json!([route(&format!("{MACHINE}:5"), 100)])), missing.clone()),
        ("CreateStateMachineAlias", alias(json!([route(&version, 100)])), "done".to_owned()),
        ("CreateStateMachineAlias", alias(json!([route(&version, 100)])), "done".to_owned()),
        (
            "CreateStateMachineAlias",
            json!({ "name": "live", "description": "d", "routingConfiguration": [route(&version, 100)] }),
            "ConflictException: Failed to create alias because an alias with the same name and a different routing configuration already exists.".to_owned(),
        ),
        (
            "DeleteStateMachineVersion",
            json!({ "stateMachineVersionArn": version }),
            "ConflictException: Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]".to_owned(),
        ),
        (
            "UpdateStateMachineAlias",
            named.clone(),
            "ValidationException: Either the description or the routing configuration must be specified".to_owned(),
        ),
        ("DeleteStateMachineAlias", named.clone(), "done".to_owned()),
        ("DeleteStateMachineAlias", named.clone(), "done".to_owned()),
        ("DescribeStateMachineAlias", named, missing.clone()),
        (
            "UpdateStateMachineAlias",
            json!({ "stateMachineAliasArn": format!("{MACHINE}:gone"), "description": "d" }),
            missing,
        ),
        ("DeleteStateMachineVersion", json!({ "stateMachineVersionArn": version }), "done".to_owned()),
    ])
    .await;
}
