//! `pawl gc --functions`: which versions of functions are needed, by what AWS says of functions, machines and open runs.

use std::io::{Cursor, Write};
use std::process::Command;

use aws_sdk_sfn::Client as StepFunctions;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::command_line::{command, text};
use crate::front::Front;

const TELL: &str = "pawl-TellFunction-1a";
const API: &str = "pawl-ApiFunction-2b";
const OTHER: &str = "staging-TellFunction-3c";

/// An account of AWS on this machine, and somebody who deploys to it.
struct Account {
    states: StepFunctions,
    endpoint: String,
    folder: tempfile::TempDir,
}

impl Account {
    async fn of(front: &Front) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let local = front.laptop.local.clone();
        tokio::spawn(async move { local.serve(listener, std::future::pending()).await });
        Self {
            states: front.laptop.services.states().clone(),
            endpoint: format!("http://{address}"),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// One operation of Lambda.
    async fn lambda(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}/2015-03-31/functions{path}", self.endpoint);
        let request = reqwest::Client::builder().no_proxy().build();
        let request = request.expect("a client").request(method, url);
        let answer = request.body(body.to_string()).send().await;
        let answer = answer.expect("an answer").text().await.expect("a text");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// Makes a function with so many versions.
    async fn make(&self, name: &str, versions: usize, variables: Value) {
        let mut variables = variables;
        let made = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Role": "arn:aws:iam::000000000000:role/any", "Code": { "ZipFile": archive() },
            "Environment": { "Variables": variables }, "Publish": true,
        });
        let made = self.lambda(Method::POST, "", made).await;
        assert_eq!(made.get("Version"), Some(&json!("1")), "{made}");
        for release in 2..=versions {
            if let Some(variables) = variables.as_object_mut() {
                variables.insert("PAWL_RELEASE".to_owned(), json!(release.to_string()));
            }
            let changed = json!({ "Environment": { "Variables": variables } });
            let path = format!("/{name}/configuration");
            self.lambda(Method::PUT, &path, changed).await;
            let path = format!("/{name}/versions");
            let made = self.lambda(Method::POST, &path, json!({})).await;
            assert_eq!(made.get("Version"), Some(&json!(release.to_string())));
        }
    }

    async fn alias(&self, function: &str, version: &str) {
        let alias = json!({ "Name": "live", "FunctionVersion": version });
        let path = format!("/{function}/aliases");
        self.lambda(Method::POST, &path, alias).await;
    }

    /// Makes a machine that calls a version of a function.
    async fn machine(&self, name: &str, version: u64) -> String {
        let create = self.states.create_state_machine().name(name);
        let create = create.role_arn("arn:aws:iam::000000000000:role/any");
        let create = create.definition(calling(version)).publish(true);
        let made = create.send().await.expect("a machine");
        made.state_machine_version_arn.expect("a version")
    }

    /// Has the machine call another version of the function: the machine's next version.
    async fn change(&self, machine: &str, version: u64) -> String {
        let update = self.states.update_state_machine();
        let update = update.state_machine_arn(machine).publish(true);
        let changed = update.definition(calling(version)).send().await;
        let changed = changed.expect("another version");
        changed.state_machine_version_arn.expect("a version")
    }

    /// A command with credentials of the account.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path(), arguments);
        command
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    fn gc(&self, arguments: &[&str], code: i32) -> String {
        let arguments = [&["gc", "--functions"], arguments].concat();
        let done = self.command(&arguments).output().expect("pawl runs");
        let (said, complained) = (text(&done.stdout), text(&done.stderr));
        assert_eq!(done.status.code(), Some(code), "{said}{complained}");
        said + &complained
    }

    /// The versions that are shown, and why each is kept.
    fn shown(&self, arguments: &[&str]) -> Vec<(String, u64, Option<String>)> {
        let said = self.gc(&[arguments, &["--json"]].concat(), 0);
        let (said, _) = said.rsplit_once(']').expect("a list");
        let shown: Vec<Value> = serde_json::from_str(&format!("{said}]")).expect("JSON");
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let shown = shown.iter().map(|version| {
            let number = version.get("version").and_then(Value::as_u64);
            (
                text(version.get("function")).expect("a name"),
                number.expect("a number"),
                text(version.get("kept")),
            )
        });
        shown.collect()
    }
}

fn archive() -> String {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let executable = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    archive.start_file("bootstrap", executable).expect("a file");
    archive.write_all(b"#!/bin/sh\n").expect("it is written");
    let archive = archive.finish().expect("an archive");
    BASE64_STANDARD.encode(archive.into_inner())
}

fn arn(version: u64) -> String {
    format!("arn:aws:lambda:us-east-1:000000000000:function:{TELL}:{version}")
}

/// A machine that waits for long, and calls a version then.
fn calling(version: u64) -> String {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "wait", "States": {
        "wait": { "Type": "Wait", "Seconds": 86_400, "Next": "call" },
        "call": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName": arn(version) }, "End": true },
    } });
    machine.to_string()
}

fn mark(prefix: &str) -> Value {
    json!({ "PAWL_METRICS": format!("Pawl/{prefix}") })
}

fn rows(function: &str, kept: &[(u64, Option<&str>)]) -> Vec<(String, u64, Option<String>)> {
    let rows = kept.iter().map(|(number, kept)| {
        let kept = kept.map(str::to_owned);
        (function.to_owned(), *number, kept)
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_functions_say_why_they_are_kept() {
    let account = Account::of(&Front::open_in_real_time().await).await;
    account.make(TELL, 7, mark("pawl")).await;
    account.alias(TELL, "6").await;
    let mut variables = mark("pawl");
    if let Some(variables) = variables.as_object_mut() {
        let functions = json!({ "TellFunction": arn(5) }).to_string();
        variables.insert("PAWL_FUNCTIONS".to_owned(), json!(functions));
    }
    account.make(API, 1, variables).await;
    account.make(OTHER, 2, mark("staging")).await;
    // A run that goes on with a definition whose version is gone.
    let first = account.machine("pawl-default-tell", 1).await;
    let (machine, _) = first.rsplit_once(':').expect("a number");
    let start = account.states.start_execution().state_machine_arn(&first);
    start.name("r1").send().await.expect("a run");
    account.change(machine, 2).await;
    account.change(machine, 3).await;
    let delete = account.states.delete_state_machine_version();
    let delete = delete.state_machine_version_arn(&first);
    delete.send().await.expect("it is gone");
    // Machines of others count, too.
    account.machine("somebody", 3).await;
    let expected = [
        rows(API, &[(1, Some("it is the latest"))]),
        rows(
            TELL,
            &[
                (7, Some("it is the latest")),
                (6, Some("the alias `live` names it")),
                (5, Some("machines that are published call it")),
                (4, Some("it was replaced less than an hour ago")),
                (
                    3,
                    Some("the machine `pawl-default-tell:3` calls it, and 3 more"),
                ),
                (2, Some("the machine `pawl-default-tell:2` calls it")),
                (1, Some("the open run `r1` calls it")),
            ],
        ),
    ];
    assert_eq!(account.shown(&["--remove"]), expected.concat());
    let listed = account.gc(&[], 0);
    assert!(listed.contains("nothing needs 0 of 8"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_functions_that_nothing_needs_are_removed() {
    let account = Account::of(&Front::open().await).await;
    account.make(TELL, 52, mark("pawl")).await;
    account.make(OTHER, 3, mark("staging")).await;
    account.machine("pawl-default-tell", 2).await;
    let listed = account.gc(&[], 0);
    assert!(listed.contains("nothing needs 50 of 52"), "{listed}");
    assert!(listed.contains("pawl gc --functions --remove"), "{listed}");
    let gone = account.gc(&["--remove"], 0);
    assert!(gone.contains("50 of 52 versions of functions removed"));
    let calls = "the machine `pawl-default-tell:1` calls it, and 1 more";
    let left = rows(TELL, &[(52, Some("it is the latest")), (2, Some(calls))]);
    assert_eq!(account.shown(&[]), left);
    // The function itself is there, and so is what another deployment has.
    let path = format!("/{TELL}/configuration");
    let latest = account.lambda(Method::GET, &path, Value::Null).await;
    assert_eq!(latest.get("Version"), Some(&json!("$LATEST")), "{latest}");
    let staging = account.shown(&["--prefix", "staging"]);
    let kept = [(3, Some("it is the latest")), (2, None), (1, None)];
    assert_eq!(staging, rows(OTHER, &kept));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_asked_is_said_with_what_to_do() {
    let account = Account::of(&Front::open().await).await;
    let said = account.gc(&["--prefix", "nowhere"], 2);
    assert!(
        said.contains("`nowhere`") && said.contains("--prefix"),
        "{said}"
    );
    account.gc(&["welcome_email"], 2);
    for (missing, help) in [
        ("AWS_REGION", "set AWS_REGION"),
        ("AWS_ACCESS_KEY_ID", "export-credentials"),
    ] {
        let mut command = account.command(&["gc", "--functions"]);
        let none = account.folder.path().join("none");
        for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            command.env(name, &none);
        }
        let command = command
            .env_remove("AWS_DEFAULT_REGION")
            .env_remove("AWS_PROFILE")
            .env_remove(missing);
        let done = command.output().expect("pawl runs");
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains(help), "{said}");
    }
}
