//! The binary as people and scripts meet it: exit codes, places, help lines.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::corpus::root;

/// Runs the binary in a folder.
pub(crate) fn pawl(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("pawl runs")
}

/// Runs the binary with a text as its standard input.
pub(crate) fn pawl_reads(folder: &Path, arguments: &[&str], input: &str) -> Output {
    reads(&mut command(folder, arguments), input)
}

/// Runs a command with a text as its standard input.
pub(crate) fn reads(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pawl runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("pawl reads");
    drop(stdin);
    child.wait_with_output().expect("an end")
}

/// The binary, without what the environment of the tests would change.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pawl"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env_remove("PAWL_URL")
        .env_remove("PAWL_SMTP_URL")
        .env_remove("PAWL_LLM_URL")
        .env_remove("CLICOLOR_FORCE");
    command
}

/// What the binary wrote.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn welcome_email_runs_and_its_mail_lies_in_the_outbox() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = root().join("workflows/examples/welcome-email");
    let output = pawl(
        folder.path(),
        &["run", &example.display().to_string(), "--json"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        report.get("status").and_then(Value::as_str),
        Some("completed")
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join(".pawl/outbox"))
            .expect("an outbox")
            .count(),
        1
    );
}

/// What each misuse or refusal says, and the code with which it exits.
#[test]
fn bad_input_is_refused_with_a_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    std::fs::create_dir(folder.path().join("nothing")).expect("a folder");
    write("broken.json", b"{\"name\": \"x\",}");
    write("empty.json", b"");
    write("deep.json", "[".repeat(100_000).as_bytes());
    write("latin1.json", b"{\n  \"name\": \"caf\xe9\"}");
    write(
        "type.json",
        br#"{"name": "x", "steps": [{"stepSlug": "a", "stepType": "lop"}]}"#,
    );
    write("number.json", b"7");
    let step = r#"{"stepSlug": "a", "stepType": "action", "config": {"type": "set_variables", "parameters": {"x": 1}}}"#;
    write(
        "fine.json",
        format!(r#"{{"name": "x", "steps": [{step}]}}"#).as_bytes(),
    );
    write("fine.yaml", b"name: x\nsteps:\n  - stepSlug: a\n    stepType: action\n    config: {type: set_variables, parameters: {x: 1}}\n");
    write(
        "ask.json",
        br#"{"name": "x", "steps": [{"stepSlug": "ask", "stepType": "llm", "config": {"systemPrompt": "s", "outputFormat": "json",
            "outputSchema": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}}}]}"#,
    );
    write("wrong.json", br#"{"ask": [{"n": 1}, {"n": "many"}]}"#);
    write("prose.json", br#"{"ask": "Many."}"#);
    write(
        "fenced.json",
        br#"{"ask": "So:\n```json\n{\"n\": 3}\n```"}"#,
    );
    let rows: &[(&[&str], i32, &str)] = &[
        (
            &["run", "ask.json", "--mocks", "wrong.json"],
            2,
            "the mock of step `ask` is not valid: it does not fit its schema: \"many\" is not of type \"number\" at /n",
        ),
        (
            &["run", "ask.json", "--mocks", "prose.json"],
            2,
            "it should be JSON, and is not",
        ),
        (&["run", "ask.json", "--mocks", "fenced.json"], 0, ""),
        (&["check", "fine.json"], 0, "0 errors"),
        (&["check", "fine.yaml"], 0, "0 errors"),
        (&["check", "broken.json"], 1, "broken.json:1:13"),
        (&["check", "empty.json"], 1, "the definition is empty"),
        (&["check", "deep.json"], 1, "nested"),
        (&["check", "latin1.json"], 1, "latin1.json:2:15"),
        (&["check", "type.json"], 1, "did you mean `loop`?"),
        (&["check", "number.json"], 1, "an object"),
        (&["check", "missing.json"], 2, "missing.json"),
        (&["check"], 2, "PATH"),
        (&["check", "nothing"], 2, "holds no definition"),
        (&["run", "type.json"], 1, "unknown-step-type"),
        (&["run", "fine.json", "--input", "{"], 2, "--input"),
        (
            &["run", "fine.json", "--input", "@missing.json"],
            2,
            "missing.json",
        ),
        (
            &["run", "fine.json", "--mocks", "fine.yaml"],
            2,
            "fine.yaml",
        ),
        (
            &["run", "fine.json", "--resume", "no-such-run"],
            2,
            "no-such-run",
        ),
        (&["run", "fine.json", "-O7"], 2, "7"),
        (&["compile", "broken.json"], 1, "syntax"),
        (&["nothing"], 2, "nothing"),
    ];
    for (arguments, code, said) in rows {
        let output = pawl(folder.path(), arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains(said),
            "{arguments:?} does not say `{said}`: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_step_that_fails_without_an_error_port_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = r#"{"name": "x", "steps": [{"stepSlug": "get_customer", "stepType": "action",
        "config": {"type": "customer_get", "parameters": {"customerId": "nobody"}}}]}"#;
    std::fs::write(folder.path().join("x.json"), definition).expect("a file");
    let output = pawl(folder.path(), &["run", "x.json"]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    for word in ["get_customer", "TOOL_ERROR", "nobody", "failed"] {
        assert!(stdout.contains(word), "`{word}` is not shown: {stdout}");
    }
}

#[test]
fn a_step_that_was_made_for_a_state_fails_by_the_name_of_the_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = root().join("cases/codemie/a-limit-of-a-plain-line");
    let output = pawl(folder.path(), &["run", &case.display().to_string()]);
    let said = text(&output.stdout);
    let failure = "step `judge` failed with VALIDATION_ERROR: state `judge` comes after 3 others";
    assert!(said.contains(failure), "{said}");
}

#[test]
fn what_several_states_need_is_said_once_and_of_those_alone_that_are_not_mocked() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = root().join("cases/codemie/answers-with-names-in-them");
    let case = case.display().to_string();
    let mocks = folder.path().join("mocks.json");
    let shared = "needs `integration`, which cannot run yet";
    for (mocked, message, help) in [
        (
            r#"{ "plain": 1, "letter": 1 }"#,
            format!("state `claim` {shared}; so does `parsed`\n"),
            r#"`{ "claim": ..., "parsed": ... }`"#,
        ),
        (
            r#"{ "plain": 1, "letter": 1, "claim": 1 }"#,
            format!("state `parsed` {shared}\n"),
            r#"`{ "parsed": ... }`"#,
        ),
    ] {
        std::fs::write(&mocks, mocked).expect("a file");
        let given = mocks.display().to_string();
        let output = pawl(folder.path(), &["run", &case, "--mocks", &given]);
        let said = text(&output.stderr);
        assert!(said.contains(&message) && said.contains(help), "{said}");
        assert_eq!(said.matches("error[not-yet]").count(), 1, "{said}");
    }
}

#[test]
fn a_reader_that_closes_the_pipe_has_read_enough() {
    let example = root().join("workflows/examples/auto-reply");
    let mut child = Command::new(env!("CARGO_BIN_EXE_pawl"))
        .args(["compile", &example.display().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pawl runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.is_empty(), "{stderr}");
}

#[test]
fn nothing_is_said_of_the_format_of_a_text_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = "states:\n  - &one { id: one }\n  - { <<: *one }\n";
    std::fs::write(folder.path().join("workflow.yaml"), definition).expect("a file");
    let said = pawl(folder.path(), &["check", "workflow.yaml", "--explain"]);
    let said = text(&said.stdout);
    assert_eq!(
        said.lines().next(),
        Some("workflow.yaml: the text cannot be read, so nothing is known of its format")
    );
}

#[test]
fn what_was_chosen_is_said_for_people_and_for_scripts() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = root().join("cases/explain/few-items-at-once");
    let case = case.display().to_string();
    let said = pawl(folder.path(), &["compile", &case, "--explain"]);
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
    let said = text(&said.stdout);
    let first = said.lines().next().expect("a line");
    assert!(
        first.starts_with("each     becomes an inline Map, 10 at once"),
        "{said}"
    );
    let listed = pawl(folder.path(), &["compile", &case, "--explain", "--json"]);
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed.len(), said.lines().count());
    assert_eq!(
        listed.first().and_then(|one| one.get("choice")),
        Some(&"inline-map".into())
    );
    // Without --explain there is nothing to print otherwise.
    let alone = pawl(folder.path(), &["compile", &case, "--json"]);
    assert_eq!(alone.status.code(), Some(2), "{}", text(&alone.stderr));
}
