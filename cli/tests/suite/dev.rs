//! `pawl dev` as people and their tools meet it: it answers, says where, and ends when it is told to.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::command_line::{command, pawl, text};

/// A running `pawl dev`. It is killed with the test, if the test has not ended it.
pub(crate) struct Served {
    child: Child,
    pub(crate) endpoint: String,
}

impl Served {
    pub(crate) fn start(folder: &Path, more: &[&str]) -> Self {
        let arguments = [&["dev", "--port", "0", "--json"], more].concat();
        let mut child = command(folder, &arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("pawl runs");
        let mut said = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).expect("a line");
        let said: Value = serde_json::from_str(&said).expect("JSON");
        let endpoint = said.get("endpoint").and_then(Value::as_str);
        Self {
            endpoint: endpoint.expect("an endpoint").to_owned(),
            child,
        }
    }

    pub(crate) async fn states(&self, operation: &str, body: &Value) -> Value {
        let request = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let request = request
            .post(&self.endpoint)
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(body.to_string());
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Most have ended already.
        let _ = self.child.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_keeps_what_it_was_told_and_ends_cleanly() {
    let folder = tempfile::tempdir().expect("a folder");
    let endpoint = folder.path().join(".pawl/endpoint");
    let definition = json!({ "StartAt": "end", "States": { "end": { "Type": "Succeed" } } });
    let machine = json!({
        "name": "kept",
        "definition": definition.to_string(),
        "roleArn": "arn:aws:iam::000000000000:role/any",
    });
    for (signal, operation, body) in [
        ("-INT", "CreateStateMachine", machine),
        ("-TERM", "ListStateMachines", json!({})),
    ] {
        let served = Served::start(folder.path(), &[]);
        let written = std::fs::read_to_string(&endpoint).expect("the endpoint's file");
        assert_eq!(written.trim(), served.endpoint);
        let answer = served.states(operation, &body).await;
        assert!(answer.to_string().contains("stateMachine:kept"), "{answer}");
        assert_eq!(served.end(signal), Some(0), "{signal}");
        assert!(!endpoint.exists(), "{signal}");
    }
}

#[test]
fn what_is_in_use_or_missing_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), &["--state", "here"]);
    let (_, port) = served.endpoint.rsplit_once(':').expect("a port");
    let rows = [
        (vec!["dev", "--port", port, "--state", "there"], "--port 0"),
        (
            vec!["dev", "--port", "0", "--state", "here"],
            served.endpoint.as_str(),
        ),
        (vec!["dev", "--port", "70000"], "70000"),
        (
            vec![
                "dev",
                "--port",
                "0",
                "--state",
                "there",
                "--functions",
                "real",
            ],
            "--bootstraps",
        ),
    ];
    for (arguments, help) in rows {
        let output = pawl(folder.path(), &arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(help), "{arguments:?}: {said}");
    }
}

#[test]
fn a_workflow_is_published_executed_failed_and_resumed_by_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = |url: &str| {
        json!({
            "name": "Fetch",
            "steps": [
                { "stepSlug": "fetch", "stepType": "request", "config": { "method": "GET", "url": url, "retryPolicy": { "maxRetries": 0 } },
                  "nextSteps": { "success": "tell" } },
                { "stepSlug": "tell", "stepType": "output", "config": { "mapping": { "name": "{{input.name}}" } } },
            ],
        })
    };
    let path = folder.path().join("fetch.json");
    std::fs::write(&path, definition("http://127.0.0.1:1/").to_string()).expect("a file");
    // Nothing answers yet, and that is said with what to do.
    let none = pawl(folder.path(), &["publish", "fetch.json"]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none.stderr));
    assert!(
        text(&none.stderr).contains("pawl dev"),
        "{}",
        text(&none.stderr)
    );
    let served = Served::start(folder.path(), &[]);
    let told = |arguments: &[&str], code: i32| {
        let done = pawl(folder.path(), arguments);
        let (said, complained) = (text(&done.stdout), text(&done.stderr));
        assert_eq!(
            done.status.code(),
            Some(code),
            "{arguments:?}: {said}{complained}"
        );
        said + &complained
    };
    assert!(told(&["publish", "fetch.json"], 0).contains("version 1 published"));
    assert!(told(&["publish", "fetch.json"], 0).contains("version 2 published"));
    let input = r#"{"name": "Ada"}"#;
    let failed = told(&["execute", "Fetch", "--input", input, "--follow"], 1);
    assert!(
        failed.contains("failed") && failed.contains("pawl resume"),
        "{failed}"
    );
    let mocks = folder.path().join("mocks.json");
    std::fs::write(&mocks, r#"{ "fetch": { "output": { "ok": true } } }"#).expect("a file");
    let arguments = [
        "execute",
        "fetch",
        "--input",
        input,
        "--mocks",
        "mocks.json",
        "--follow",
    ];
    let done = told(&arguments, 0);
    assert!(
        done.contains("completed") && done.contains("\"name\": \"Ada\""),
        "{done}"
    );
    let started = told(&["execute", "fetch", "--json"], 0);
    let started: Value = serde_json::from_str(&started).expect("JSON");
    let run = started
        .get("execution_id")
        .and_then(Value::as_str)
        .expect("an id");
    // It is over by now, or soon, and has failed.
    while !told(&["show", run], 0).contains("failed") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(told(&["resume", run, "--follow"], 1).contains("failed"));
    assert!(told(&["cancel", run], 2).contains("it has ended"));
    assert!(told(&["execute", "none"], 2).contains("no workflow `none`"));
    assert_eq!(served.end("-INT"), Some(0));
}
