//! Lambda: functions in this process and in processes of their own, as tools make, publish and invoke them.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use aws_sdk_sfn::types::ExecutionStatus;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pawl_local::{Bootstrap, Options};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::port::{Port, header};
use crate::world::{Seen, functions, machine, task};

/// Cargo builds examples before it runs tests.
fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("this test");
    let folder = tests.ancestors().nth(2).expect("the folder of the build");
    let program = folder.join("examples/bootstrap");
    assert!(
        program.is_file(),
        "build it: cargo build --package pawl-local --example bootstrap"
    );
    program
}

/// An archive whose bootstrap is the test's program.
fn archive(note: &str) -> String {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let executable = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    archive.start_file("bootstrap", executable).expect("a file");
    let script = format!("#!/bin/sh\n# {note}\nexec {}\n", program().display());
    archive.write_all(script.as_bytes()).expect("it is written");
    let archive = archive.finish().expect("an archive");
    BASE64_STANDARD.encode(archive.into_inner())
}

/// One operation of Lambda: its status, the error that the header names, and what it says.
async fn ask(port: &Port, method: &str, path: &str, body: &Value) -> (u16, String, Value) {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let version = if path.starts_with("tags") {
        "2017-03-31"
    } else {
        "2015-03-31"
    };
    let request = port.request(method, "lambda", &format!("/{version}/{path}"));
    let request = if body.is_null() {
        request
    } else {
        request.body(body.to_string())
    };
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let error = header(&answer, "x-amzn-errortype").to_owned();
    let body = answer.text().await.expect("text");
    (
        status,
        error,
        serde_json::from_str(&body).unwrap_or(Value::Null),
    )
}

async fn invoke(port: &Port, named: &str, payload: &Value, headers: &[(&str, &str)]) -> Response {
    let path = format!("/2015-03-31/functions/{named}/invocations");
    let mut request = port.request(Method::POST, "lambda", &path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let sent = request.body(payload.to_string()).send().await;
    sent.expect("an answer")
}

fn create(name: &str) -> Value {
    json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Handler": "bootstrap",
        "Code": { "ZipFile": archive("first") },
        "Timeout": 2,
        "Environment": { "Variables": { "COLOUR": "blue" } },
        "Publish": true,
    })
}

/// This AWS with the function `real` in processes of its own.
async fn open() -> (Port, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let port = Port::open(options).await;
    let (status, _, made) = ask(&port, "POST", "functions", &create("real")).await;
    assert_eq!(status, 201, "{made}");
    (port, folder)
}

/// What an invocation is given, the error's name if it fails, and what the answer must hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_answers_or_fails_in_the_words_of_lambda() {
    let (port, _folder) = open().await;
    let rows = [
        (json!({ "x": [1, "ü"] }), "", r#"{"x":[1,"ü"]}"#),
        (
            json!({ "do": "fail", "name": "RATE_LIMIT" }),
            "RATE_LIMIT",
            "RATE_LIMIT was asked for",
        ),
        (
            json!({ "do": "exit" }),
            "Runtime.ExitError",
            "Runtime exited with error: exit status 7",
        ),
        (
            json!({ "do": "sleep" }),
            "Sandbox.Timedout",
            "Task timed out after 2.00 seconds",
        ),
        (
            json!({ "do": "large" }),
            "Function.ResponseSizeTooLarge",
            "6291456",
        ),
        (json!({ "do": "environment" }), "", r#""COLOUR":"blue""#),
        (
            json!({ "do": "environment" }),
            "",
            r#""AWS_LAMBDA_FUNCTION_NAME":"real""#,
        ),
        (
            json!({ "do": "environment" }),
            "",
            r#""AWS_ENDPOINT_URL":"http://127.0.0.1:"#,
        ),
        (
            json!({ "do": "context" }),
            "",
            "arn:aws:lambda:us-east-1:000000000000:function:real:1",
        ),
    ];
    for (payload, error, said) in rows {
        let answer = invoke(&port, "real:1", &payload, &[]).await;
        assert_eq!(answer.status(), StatusCode::OK, "{payload}");
        assert_eq!(header(&answer, "x-amz-executed-version"), "1", "{payload}");
        let failed = header(&answer, "x-amz-function-error").to_owned();
        let answer = answer.text().await.expect("text");
        assert_eq!(
            failed,
            if error.is_empty() { "" } else { "Unhandled" },
            "{payload}: {answer}"
        );
        assert!(answer.contains(said), "{payload}: {answer}");
        assert!(answer.contains(error), "{payload}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_stay_warm_and_grow_with_the_demand() {
    let (port, folder) = open().await;
    let sleep = json!({ "do": "sleep", "milliseconds": 300 });
    let mut together = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (client, address, sleep) = (port.client.clone(), port.address, sleep.to_string());
        together.spawn(async move {
            let path = format!("http://{address}/2015-03-31/functions/real/invocations");
            let answer = client.post(path).body(sleep).send().await;
            answer.expect("an answer").text().await.expect("a process")
        });
    }
    let mut first = together.join_all().await;
    first.sort();
    first.dedup();
    assert_eq!(first.len(), 3, "each has a process of its own");
    let quick = json!({ "do": "sleep", "milliseconds": 0 });
    let again = invoke(&port, "real", &quick, &[])
        .await
        .text()
        .await
        .expect("a process");
    assert!(first.contains(&again), "{again} is new beside {first:?}");

    let say = json!({ "do": "say", "line": "seen by nobody else" });
    let answer = invoke(&port, "real", &say, &[("x-amz-log-type", "Tail")]).await;
    let log = BASE64_STANDARD
        .decode(header(&answer, "x-amz-log-result"))
        .expect("base 64");
    let log = String::from_utf8(log).expect("text");
    for part in [
        "START RequestId: ",
        "seen by nobody else\n",
        "REPORT RequestId: ",
    ] {
        assert!(log.contains(part), "{log}");
    }
    let kept = std::fs::read_to_string(folder.path().join("logs/real.jsonl")).expect("a log");
    assert!(kept.contains("seen by nobody else"), "{kept}");
}

/// Method and path; the body (`@create` with other fields, `@code` for other code); the status and the error's name;
/// a place in the answer and what stands there. `ARN` is the function's.
const OPERATIONS: &str = r#"
POST functions | @create {"FunctionName":"real"} | 409 ResourceConflictException | /Message "Function already exist: real"
POST functions | @create {"Runtime":"nodejs22.x"} | 400 InvalidParameterValueException | /Type "User"
POST functions | @create {"Timeout":901} | 400 ValidationException | /Type "User"
POST functions | @create {"FunctionName":"a b"} | 400 ValidationException | /Type "User"
POST functions | @create {"PackageType":"Image"} | 400 InvalidParameterValueException | /Type "User"
POST functions | @create {"Code":{"ZipFile":"bm90IGEgemlw"}} | 400 InvalidParameterValueException | /Message "Could not unzip uploaded file. Please check your file, then try to upload again."
POST functions | @create {"Code":{"S3Bucket":"none","S3Key":"none"}} | 400 InvalidParameterValueException | /Message "Error occurred while GetObject. S3 Error Message: The specified bucket does not exist"
POST functions | "text" | 400 InvalidRequestContentException | /Type "User"
GET functions/real | | 200 | /Configuration/FunctionArn "ARN"
GET functions/real/configuration?Qualifier=1 | | 200 | /FunctionArn "ARN:1"
GET functions/real/configuration?Qualifier=9 | | 404 ResourceNotFoundException | /Message "Function not found: ARN:9"
GET functions/none | | 404 ResourceNotFoundException | /Message "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none"
POST functions/real/versions | {} | 201 | /Version "1"
PUT functions/real/code | @code | 200 | /LastUpdateStatus "Successful"
PUT functions/real/configuration | {"Timeout":5,"Description":"new"} | 200 | /Timeout 5
PUT functions/real/configuration | {"RevisionId":"old"} | 412 PreconditionFailedException | /Type "User"
POST functions/real/versions | {} | 201 | /Version "2"
GET functions/real/configuration?Qualifier=1 | | 200 | /Timeout 2
GET functions/real/versions | | 200 | /Versions/2/Version "2"
GET functions/real/versions?MaxItems=2 | | 200 | /NextMarker "real:1"
GET functions/real/versions?Marker=real:1 | | 200 | /Versions/0/Version "2"
POST functions/real/aliases | {"Name":"live","FunctionVersion":"1"} | 201 | /AliasArn "ARN:live"
POST functions/real/aliases | {"Name":"live","FunctionVersion":"1"} | 409 ResourceConflictException | /Message "Alias already exists: ARN:live"
POST functions/real/aliases | {"Name":"bad","FunctionVersion":"7"} | 404 ResourceNotFoundException | /Message "Function not found: ARN:7"
POST functions/real/aliases | {"Name":"12","FunctionVersion":"1"} | 400 ValidationException | /Type "User"
POST functions/real/aliases | {"Name":"both","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"2":1.0}}} | 201 | /RoutingConfig/AdditionalVersionWeights/2 1.0
PUT functions/real/aliases/live | {"FunctionVersion":"2"} | 200 | /FunctionVersion "2"
GET functions/real/aliases/live | | 200 | /FunctionVersion "2"
GET functions/real/aliases/none | | 404 ResourceNotFoundException | /Message "Cannot find alias arn: ARN:none"
GET functions/real/aliases | | 200 | /Aliases/0/Name "both"
DELETE functions/real?Qualifier=2 | | 409 ResourceConflictException | /Type "User"
DELETE functions/real/aliases/live | | 204 |
POST tags/ARN | {"Tags":{"team":"a","cost":"b"}} | 204 |
DELETE tags/ARN?tagKeys=cost | | 204 |
GET tags/ARN | | 200 | /Tags {"team":"a"}
POST functions/real/policy | {"StatementId":"s","Action":"lambda:InvokeFunction","Principal":"events.amazonaws.com"} | 201 |
DELETE functions/real/policy/s | | 204 |
GET functions/real/policy | | 404 ResourceNotFoundException | /Message "The resource you requested does not exist."
GET functions | | 200 | /Functions/0/FunctionName "real"
DELETE functions/real | | 204 |
GET functions | | 200 | /Functions []
"#;

#[tokio::test(flavor = "multi_thread")]
async fn functions_are_made_published_and_named() {
    let (port, _folder) = open().await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:real";
    let read = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
    for row in OPERATIONS.lines().filter(|row| !row.is_empty()) {
        let row = row.replace("ARN", arn);
        let mut columns = row.split('|').map(str::trim);
        let mut column = || columns.next().expect("four parts");
        let (method, path) = column().split_once(' ').expect("a method and a path");
        let body = match column() {
            "" => Value::Null,
            "@code" => json!({ "ZipFile": archive("second") }),
            text => match text.strip_prefix("@create ") {
                None => read(text),
                Some(fields) => {
                    let mut body = create("other");
                    let body_fields = body.as_object_mut().expect("an object");
                    body_fields.extend(read(fields).as_object().expect("fields").clone());
                    body
                }
            },
        };
        let (status, code, said) = ask(&port, method, path, &body).await;
        assert_eq!(format!("{status} {code}").trim(), column(), "{row}: {said}");
        if let Some((place, expected)) = column().split_once(' ') {
            assert_eq!(said.pointer(place), Some(&read(expected)), "{row}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_events_and_restarts_reach_the_same_function() {
    let (port, folder) = open().await;
    let description = json!({ "Description": "second" });
    ask(&port, "PUT", "functions/real/configuration", &description).await;
    ask(&port, "POST", "functions/real/versions", &json!({})).await;
    let both = json!({ "Name": "both", "FunctionVersion": "1", "RoutingConfig": { "AdditionalVersionWeights": { "2": 0.5 } } });
    ask(&port, "POST", "functions/real/aliases", &both).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let answer = invoke(&port, "real:both", &json!({}), &[]).await;
        seen.insert(header(&answer, "x-amz-executed-version").to_owned());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["1", "2"]);

    for (kind, status) in [("Event", 202), ("DryRun", 204), ("Sideways", 400)] {
        let headers = [("x-amz-invocation-type", kind)];
        let say = json!({ "do": "say", "line": format!("heard by {kind}") });
        let answer = invoke(&port, "real", &say, &headers).await;
        assert_eq!(answer.status().as_u16(), status, "{kind}");
        let answer = invoke(&port, "none", &say, &headers).await;
        assert_eq!(
            answer.status().as_u16(),
            if status == 400 { 400 } else { 404 },
            "{kind}"
        );
    }
    port.local.settled().await;
    let log = std::fs::read_to_string(folder.path().join("logs/real.jsonl")).expect("a log");
    assert!(log.contains("heard by Event"), "{log}");
    assert!(!log.contains("heard by DryRun"), "{log}");

    // Code that no version has any more goes with the next start.
    for note in ["second", "third"] {
        let code = json!({ "ZipFile": archive(note) });
        ask(&port, "PUT", "functions/real/code", &code).await;
    }
    let folders = || std::fs::read_dir(folder.path().join("code")).expect("a folder");
    assert_eq!(folders().count(), 3);
    port.close().await;
    let port = Port::open(Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await;
    let answer = invoke(&port, "real:both", &json!({ "kept": true }), &[]).await;
    assert_eq!(answer.text().await.expect("text"), r#"{"kept":true}"#);
    assert_eq!(folders().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_invokes_processes_and_handlers_alike() {
    let port = Port::open(Options::default()).await;
    port.local.install(functions(&Seen::default()));
    port.local.name_functions(["echo"]);
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(program(), folder.path().join("bootstrap")).expect("a link");
    let bootstrap = Bootstrap {
        name: "real".to_owned(),
        folder: folder.path().to_owned(),
        environment: [("COLOUR".to_owned(), "red".to_owned())].into(),
    };
    port.local
        .install_bootstraps(vec![bootstrap])
        .expect("a folder");
    let caught = json!({ "Catch": [{ "ErrorEquals": ["RATE_LIMIT"], "Output": "{% $states.errorOutput %}", "Next": "last" }], "Next": "last" });
    let definition = machine(&json!({
        "first": task("echo:1", &json!({ "Output": "{% {'do': 'fail', 'name': 'RATE_LIMIT', 'version': $states.result.ExecutedVersion} %}", "Next": "second" })),
        "second": task("real:1", &caught),
        "last": { "Type": "Succeed" },
    }));
    let client = aws_sdk_sfn::Client::new(&port.local.sdk_config());
    let created = client
        .create_state_machine()
        .name("both")
        .definition(definition.to_string());
    let created = created
        .role_arn("arn:aws:iam::000000000000:role/x")
        .send()
        .await;
    let machine = created.expect("a machine").state_machine_arn;
    let started = client
        .start_execution()
        .state_machine_arn(machine)
        .input("{}")
        .send()
        .await;
    let execution = started.expect("an execution").execution_arn;
    port.local.settled().await;
    let described = client
        .describe_execution()
        .execution_arn(execution)
        .send()
        .await;
    let described = described.expect("it is there");
    assert_eq!(
        described.status,
        ExecutionStatus::Succeeded,
        "{described:?}"
    );
    let output = described.output.expect("an output");
    assert!(output.contains("RATE_LIMIT was asked for"), "{output}");

    let (_, _, listed) = ask(&port, "GET", "functions", &Value::Null).await;
    assert_eq!(
        listed.pointer("/Functions/1/FunctionName"),
        Some(&json!("real"))
    );
    for (method, path) in [
        ("DELETE", "functions/echo"),
        ("PUT", "functions/real/configuration"),
    ] {
        let (status, error, _) = ask(&port, method, path, &json!({})).await;
        assert_eq!(
            (status, error.as_str()),
            (400, "InvalidParameterValueException"),
            "{path}"
        );
    }
}

/// What is wrong with a process before it does anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_cannot_begin_says_why() {
    let port = Port::open(Options::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let empty = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(program(), folder.path().join("bootstrap")).expect("a link");
    let breaking = [("BREAK".to_owned(), "yes".to_owned())];
    let rows = [
        (
            empty.path(),
            None,
            "Runtime.InvalidEntrypoint",
            "Couldn't find valid bootstrap(s)",
        ),
        (
            folder.path(),
            Some(breaking),
            "Runtime.ExitError",
            "Runtime exited with error: exit status 101",
        ),
    ];
    for (folder, environment, error, said) in rows {
        let bootstrap = Bootstrap {
            name: "broken".to_owned(),
            folder: folder.to_owned(),
            environment: environment.into_iter().flatten().collect(),
        };
        port.local
            .install_bootstraps(vec![bootstrap])
            .expect("a folder");
        port.local.announce(error);
        let answer = invoke(&port, "broken", &json!({}), &[]).await;
        assert_eq!(header(&answer, "x-amz-function-error"), "Unhandled");
        let answer = answer.text().await.expect("text");
        assert!(answer.contains(error) && answer.contains(said), "{answer}");
    }
}
