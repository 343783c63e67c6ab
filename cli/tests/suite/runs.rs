//! Looking into runs from another process: what is listed, shown, told and drawn is what happened.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{command, pawl, text};
use crate::corpus::{cases, root, same};
use crate::dev::Served;

/// A run that this process has not seen: where it lies, and what `pawl run --json` said of it.
struct Ran {
    folder: TempDir,
    said: Value,
}

impl Ran {
    /// Runs a definition in a new folder.
    fn new(path: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let said = run(folder.path(), path, options);
        Self { folder, said }
    }

    fn id(&self) -> &str {
        string(&self.said, "/run")
    }

    fn pawl(&self, arguments: &[&str]) -> String {
        let output = pawl(self.folder.path(), arguments);
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {complained}");
        said
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        serde_json::from_str(&self.pawl(&arguments)).expect("JSON")
    }
}

fn run(folder: &Path, path: &str, options: &[&str]) -> Value {
    let path: PathBuf = root().join(path);
    let path = path.display().to_string();
    let mut arguments = vec!["run", path.as_str(), "--json", "--clock", "simulated"];
    arguments.extend(options);
    let output = pawl(folder, &arguments);
    let said = serde_json::from_slice(&output.stdout);
    said.unwrap_or_else(|_| panic!("{path}: {}", text(&output.stderr)))
}

fn string<'value>(value: &'value Value, pointer: &str) -> &'value str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text {pointer} in {value}"))
}

fn list<'value>(value: &'value Value, pointer: &str) -> &'value [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.unwrap_or_else(|| panic!("no list {pointer} in {value}"))
}

/// Runs that end well and badly, in one execution and in several.
fn kinds_of_runs() -> Vec<Ran> {
    [
        ("workflows/examples/error-port-in-loop", &[] as &[&str]),
        ("workflows/examples/nested-loops", &["-O0"]),
        ("workflows/examples/paging", &["--hand-over-after", "8"]),
        ("cases/retry/attempts-run-out", &[]),
        ("cases/retry/validation-errors-are-not-retried", &[]),
    ]
    .map(|(path, options)| Ran::new(path, options))
    .into()
}

#[test]
fn what_is_shown_is_what_ran() {
    for ran in kinds_of_runs() {
        let shown = ran.json(&["show", "latest"]);
        for field in ["run", "workflow", "status", "output", "error", "steps"] {
            assert_eq!(shown.get(field), ran.said.get(field), "{field}");
        }
        let tree = ran.pawl(&["show", ran.id()]);
        for visit in list(&ran.said, "/steps") {
            let (at, step) = (string(visit, "/at"), string(visit, "/step"));
            let line = tree
                .lines()
                .find(|line| line.starts_with(&format!("{at}  ")));
            let line = line.unwrap_or_else(|| panic!("no line {at}: {tree}"));
            assert!(line.contains(step), "{line}");
            let visits = ran.json(&["show", ran.id(), "--step", step]);
            let found = list(&visits, "")
                .iter()
                .find(|found| string(found, "/at") == at);
            let found = found.unwrap_or_else(|| panic!("no visit {at} of {step}"));
            for field in ["input", "output", "error", "attempts", "port"] {
                assert_eq!(found.get(field), visit.get(field), "{step} {field}");
            }
        }
    }
}

#[test]
fn a_step_is_shown_with_its_values_and_its_error() {
    let ran = Ran::new("workflows/examples/error-port-in-loop", &[]);
    let shown = ran.pawl(&["show", "latest", "--step", "send_newsletter"]);
    for words in [
        "send_newsletter · action · 4 visits",
        "✖ visit 2 [1] failed",
        "left by `error`",
        "\"to\": \"bo at example\"",
        "VALIDATION_ERROR: `to`",
        "\"messageId\"",
    ] {
        assert!(shown.contains(words), "`{words}` is not shown: {shown}");
    }
}

#[test]
fn histories_have_every_event_of_every_execution() {
    for ran in kinds_of_runs() {
        let history = ran.json(&["history", ran.id()]);
        let executions = list(&history, "/executions");
        let mut events = 0;
        for execution in executions {
            let ids: Vec<u64> = list(execution, "/events").iter().map(id).collect();
            let count = u64::try_from(ids.len()).expect("few");
            assert_eq!(ids, (1..=count).collect::<Vec<_>>());
            events += count;
        }
        assert_eq!(
            Some(events),
            ran.said.pointer("/machine/events").and_then(Value::as_u64)
        );
        let shown = ran.json(&["show", ran.id()]);
        assert_eq!(executions.len(), list(&shown, "/executions").len());

        let backwards = ran.json(&["history", ran.id(), "--reverse"]);
        let last = list(&backwards, "/executions")
            .first()
            .expect("an execution");
        let ids: Vec<u64> = list(last, "/events").iter().map(id).collect();
        assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");

        let table = ran.pawl(&["history", ran.id()]);
        let rows = table.lines().filter(|line| {
            let first = line.split_whitespace().next();
            first.is_some_and(|word| word.parse::<u64>().is_ok())
        });
        assert_eq!(u64::try_from(rows.count()).ok(), Some(events), "{table}");
    }
}

fn id(event: &Value) -> u64 {
    event.get("id").and_then(Value::as_u64).expect("an id")
}

#[test]
fn a_run_that_was_handed_over_has_several_executions() {
    let ran = Ran::new("workflows/examples/paging", &["--hand-over-after", "8"]);
    let history = ran.json(&["history", "latest"]);
    let names: Vec<&str> = list(&history, "/executions")
        .iter()
        .map(|execution| string(execution, "/name"))
        .collect();
    let suffixes: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix(ran.id()))
        .collect();
    assert_eq!(suffixes, ["", "-000009", "-000021", "-000033"]);
    let logs = ran.pawl(&["logs", "latest"]);
    let count = logs.matches("goes on in execution").count();
    assert_eq!(count, 3, "{logs}");
}

#[test]
fn logs_tell_what_happened_in_order_of_time() {
    for ran in kinds_of_runs() {
        let logs = ran.pawl(&["logs", ran.id()]);
        let moments = logs
            .lines()
            .map(|line| line.split_once(' ').map(|(moment, _)| moment));
        let moments: Vec<_> = moments.collect();
        assert!(moments.is_sorted(), "{logs}");
        for visit in list(&ran.said, "/steps") {
            let step = string(visit, "/step");
            let is_told = |line: &str| line.split_whitespace().nth(2) == Some(step);
            assert!(logs.lines().any(is_told), "{step}: {logs}");
            if let Some(error) = visit.get("error").filter(|error| !error.is_null()) {
                let message = string(error, "/message");
                assert!(logs.contains(message), "{message}: {logs}");
            }
        }
        let last = logs.lines().last().expect("a line");
        let status = string(&ran.said, "/status");
        assert!(logs.contains(&format!("run {status} after")), "{last}");
        let levels = logs
            .lines()
            .filter_map(|line| line.split_whitespace().nth(1));
        let has_error = levels.into_iter().any(|level| level == "error");
        assert_eq!(has_error, status == "failed", "{logs}");
        // Following a run that is over ends at once, and says how it ended.
        let followed = pawl(ran.folder.path(), &["logs", ran.id(), "--follow"]);
        let code = i32::from(status != "completed");
        assert_eq!(followed.status.code(), Some(code), "{status}");
        assert_eq!(text(&followed.stdout), logs);
    }
}

#[test]
fn runs_are_listed_newest_first_and_can_be_filtered() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = [
        "workflows/examples/paging",
        "cases/retry/validation-errors-are-not-retried",
        "workflows/examples/nested-loops",
    ];
    let ran = paths.map(|path| run(folder.path(), path, &[]));
    let [paging, refused, nested] = ran.each_ref().map(|said| string(said, "/run").to_owned());
    assert_eq!(string(ran.get(1).expect("a run"), "/status"), "failed");
    let rows: &[(&[&str], Vec<&String>)] = &[
        (&[], vec![&nested, &refused, &paging]),
        (&["--limit", "2"], vec![&nested, &refused]),
        (&["--status", "failed"], vec![&refused]),
        (&["--status", "completed", "--limit", "1"], vec![&nested]),
        (&["--workflow", "Page Through Customers"], vec![&paging]),
        (&["--workflow", "page_through_customers"], vec![&paging]),
        (&["--workflow", "Nobody's"], vec![]),
        (&["--status", "cancelled"], vec![]),
    ];
    for (options, expected) in rows {
        let mut arguments = vec!["runs", "--json"];
        arguments.extend(*options);
        let output = pawl(folder.path(), &arguments);
        let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let listed: Vec<&str> = list(&listed, "")
            .iter()
            .map(|run| string(run, "/run"))
            .collect();
        assert_eq!(listed, *expected, "{options:?}");
        arguments.retain(|argument| *argument != "--json");
        let table = text(&pawl(folder.path(), &arguments).stdout);
        let rows: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(rows.len(), expected.len(), "{table}");
        for (row, run) in rows.iter().zip(expected) {
            assert!(row.starts_with(run.as_str()), "{table}");
        }
    }
}

/// What each mistake says, and the code with which it exits.
#[test]
fn mistakes_are_answered_with_what_to_do() {
    let ran = Ran::new("workflows/examples/welcome-email", &[]);
    let id = ran.id();
    let tail = id.get(id.len() - 8..).expect("an id");
    let typo = format!("{}x", id.get(..id.len() - 1).expect("an id"));
    let near = format!("did you mean `{id}`?");
    let rows: &[(&[&str], i32, &str)] = &[
        (&["show", id], 0, "Welcome Email"),
        (&["show", tail], 0, id),
        (&["show", "latest"], 0, id),
        (&["show", &typo], 2, &near),
        (&["show", "nobody"], 2, id),
        (&["show", "customers"], 2, "there is no run"),
        (&["show", "latest", "--step", "zebra"], 2, "it has"),
        (
            &["show", "latest", "--step", "send_mai"],
            2,
            "did you mean `send_email`?",
        ),
        (&["history", "nobody"], 2, "there is no run `nobody`"),
        (&["logs", "nobody"], 2, "there is no run `nobody`"),
        (&["graph", "nobody"], 2, "there is no run `nobody`"),
        (&["runs", "--status", "broken"], 2, "possible values"),
        (&["runs", "--limit", "0"], 2, "--limit"),
        (&["runs", "--all"], 0, "Welcome Email"),
        (&["runs", "--status", "failed"], 0, "No run is failed"),
        (&["runs", "--state", "nowhere"], 2, "pawl run"),
        (&["runs", "--endpoint", "https://aws"], 2, "pawl dev"),
        (
            &["runs", "--endpoint", "http://127.0.0.1:9"],
            2,
            "nothing answers",
        ),
        (
            &["runs", "--endpoint", "http://x", "--state", "y"],
            2,
            "--state",
        ),
    ];
    for (arguments, code, said) in rows {
        let output = pawl(ran.folder.path(), arguments);
        let all = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {all}");
        assert!(
            all.contains(said),
            "{arguments:?} does not say `{said}`: {all}"
        );
        assert!(!all.contains("panicked"), "{arguments:?}: {all}");
    }
    // Who only looks makes nothing.
    assert!(!ran.folder.path().join("nowhere").exists());
}

#[test]
fn a_run_is_drawn_as_committed() {
    for case in cases() {
        let what = match case.name.as_str() {
            "examples/error-port-in-loop" => "workflows/examples/error-port-in-loop",
            "retry/attempts-run-out" => "cases/retry/attempts-run-out",
            _ => continue,
        };
        let ran = Ran::new(what, &[]);
        let graph = ran.pawl(&["graph", "latest"]);
        // The title has the run's id and its times.
        let title = graph.lines().find(|line| line.starts_with("title: "));
        let title = title.expect("a title");
        assert!(title.contains(ran.id()), "{title}");
        same(&case, "run.mmd", Some(graph.replace(title, "title: a run")));
        let picture = ran.pawl(&["graph", "latest", "-o", "-", "--format", "svg"]);
        assert!(picture.starts_with("<svg") && picture.contains(ran.id()));
    }
}

/// Two attempts fail, a second apart; so there is time to look while it runs.
const SLOW: &str = r#"{"name": "Slow", "steps": [
    {"stepSlug": "find", "name": "Find", "stepType": "action",
        "config": {"type": "customer", "parameters": {"operation": "query"}}, "nextSteps": {"success": "get"}},
    {"stepSlug": "get", "name": "Get", "stepType": "action",
        "config": {"type": "customer_get", "parameters": {"customerId": "nobody"},
            "retryPolicy": {"maxRetries": 1, "backoffMs": 2000}}}]}"#;

/// A `pawl dev` in which that run has just begun.
async fn slow(folder: &Path) -> Served {
    std::fs::write(folder.join("slow.json"), SLOW).expect("a file");
    let said = pawl(folder, &["run", "slow.json", "--clock", "simulated"]);
    assert_eq!(said.status.code(), Some(1), "{}", text(&said.stderr));
    let shown = pawl(folder, &["show", "latest", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");

    let served = Served::start(folder, &[]);
    let start = json!({
        "stateMachineArn": string(&shown, "/machine"), "name": "by-hand-1", "input": "{}",
    });
    served.states("StartExecution", &start).await;
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_another_process_are_seen_while_they_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = slow(folder.path()).await;
    let endpoint = served.endpoint.clone();
    let path = folder.path().to_owned();
    let look = move |arguments: &[&str]| {
        let output = pawl(&path, arguments);
        (output.status.code(), text(&output.stdout))
    };
    tokio::task::spawn_blocking(move || {
        // By the folder, which says where its process answers, and by the address.
        let find = |options: &[&str]| {
            let (code, listed) =
                look(&[&["runs", "--status", "running", "--json"], options].concat());
            assert_eq!(code, Some(0));
            serde_json::from_str::<Value>(&listed).expect("JSON")
        };
        let mut tries = 0;
        while find(&[]).pointer("/0/step").and_then(Value::as_str) != Some("get") {
            tries += 1;
            assert!(tries < 100, "the step is never reached");
        }
        assert_eq!(
            string(&find(&["--endpoint", &endpoint]), "/0/run"),
            "by-hand-1"
        );
        let (_, graph) = look(&["graph", "by-hand-1"]);
        assert!(graph.contains("▶ get"), "{graph}");
        let (code, logs) = look(&["logs", "by-hand-1", "--follow"]);
        assert_eq!(code, Some(1), "the run failed: {logs}");
        assert_eq!(logs.matches("an attempt failed").count(), 2, "{logs}");
        assert!(logs.contains("run failed after"), "{logs}");
        let (_, tree) = look(&["show", "by-hand-1"]);
        assert!(
            tree.contains("(2 attempts) TOOL_ERROR: there is no customer `nobody`"),
            "{tree}"
        );
        let (_, history) = look(&["history", "by-hand-1"]);
        assert!(history.contains("ExecutionFailed"), "{history}");
    })
    .await
    .expect("no panic");
    assert_eq!(served.end("-TERM"), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn executions_that_are_no_runs_are_found_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), &[]);
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "see", "States": {
        "see": { "Type": "Pass", "Output": { "n": 1 }, "Next": "fail" },
        "fail": { "Type": "Fail", "Error": "DONE", "Cause": "on purpose" },
    } });
    let machine = json!({
        "name": "foreign", "definition": definition.to_string(), "roleArn": "arn:aws:iam::000000000000:role/any",
    });
    let made = served.states("CreateStateMachine", &machine).await;
    let arn = string(&made, "/stateMachineArn");
    let start = json!({ "stateMachineArn": arn, "name": "by-hand", "input": "{}" });
    let started = served.states("StartExecution", &start).await;
    let execution = string(&started, "/executionArn").to_owned();
    assert_eq!(served.end("-INT"), Some(0));

    let rows: &[(&[&str], i32, &[&str])] = &[
        (
            &["runs"],
            0,
            &["There are no runs yet", "`pawl runs --all` lists it, too"],
        ),
        (
            &["runs", "--all"],
            0,
            &["by-hand", "foreign", "failed", "DONE"],
        ),
        (
            &["runs", "--all", "--status", "completed"],
            0,
            &["No run is completed"],
        ),
        (&["runs", "--all", "--workflow", "foreign"], 0, &["by-hand"]),
        (&["runs", "--all", "--json"], 0, &[&execution]),
        (
            &["show", "by-hand"],
            0,
            &["foreign failed", "see", "DONE: on purpose"],
        ),
        (&["show", &execution, "--json"], 0, &["\"error\": \"DONE\""]),
        (
            &["show", "by-hand", "--step", "see"],
            2,
            &["has no steps", "pawl history by-hand"],
        ),
        (
            &["history", "by-h"],
            0,
            &["PassStateEntered", "ExecutionFailed"],
        ),
        (
            &["history", "by-hand", "--json"],
            0,
            &["\"run\": \"by-hand\""],
        ),
        (
            &["logs", "by-hand"],
            2,
            &[
                "is an execution of the machine `foreign`",
                "pawl show by-hand",
            ],
        ),
        (
            &["graph", "by-hand"],
            2,
            &["is an execution of the machine `foreign`"],
        ),
        (&["show", "nobody"], 2, &["there is no run `nobody`"]),
    ];
    for (arguments, code, words) in rows {
        let output = pawl(folder.path(), arguments);
        let all = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {all}");
        for word in *words {
            assert!(
                all.contains(word),
                "{arguments:?} does not say `{word}`: {all}"
            );
        }
    }
}

/// A reader that has seen enough ends what it reads from.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_when_nobody_listens() {
    let folder = tempfile::tempdir().expect("a folder");
    let _served = slow(folder.path()).await;
    let path = folder.path().to_owned();
    let ended = tokio::task::spawn_blocking(move || {
        let mut child = command(&path, &["logs", "latest", "--follow"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("pawl runs");
        // The pipe closes before anything is written.
        drop(child.stdout.take());
        child.wait_with_output().expect("an end")
    });
    let ended = ended.await.expect("it ends");
    let complained = text(&ended.stderr);
    assert!(!complained.contains("panicked"), "{complained}");
    // Following the run to its end would have said that it failed.
    assert_eq!(ended.status.code(), Some(0), "{complained}");
}
