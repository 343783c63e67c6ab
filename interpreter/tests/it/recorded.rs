//! Executions recorded from AWS, where the recordings lie beside the repository: each must end as it did there.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

use pawl_asl::Machine;
use pawl_interpreter::{
    EventDetails, Execution, Failure, HistoryEvent, Start, Status, TaskRequest, unsupported,
};
use serde_json::{Value, json};

use crate::simulation::{Outcome, Simulation, event_types};

const RECORDINGS: &str = "../../shared/asl-cases/recorded.jsonl";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the recordings are read from disk; the crate itself reads nothing"
)]
fn recorded_executions_end_as_they_did_on_aws() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDINGS);
    let Ok(lines) = std::fs::read_to_string(&path) else {
        note(&format!("no recordings at {RECORDINGS}: nothing compared"));
        return;
    };
    let (mut passed, mut failed) = (0, 0);
    let mut left_out: BTreeMap<String, u32> = BTreeMap::new();
    let mut differing = String::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).expect("a recording is JSON");
        match judge(&case) {
            Verdict::Same => passed += 1,
            Verdict::OutOfScope(reason) => *left_out.entry(reason).or_default() += 1,
            Verdict::Differs(differences) => {
                failed += 1;
                let name = text(&case["id"]);
                writeln!(differing, "{name}\n  {}", differences.join("\n  "))
                    .expect("a text can be written to");
            }
        }
    }
    let mut report = String::new();
    for (reason, count) in &left_out {
        writeln!(report, "{count:>3} out of scope: {reason}").expect("a text can be written to");
    }
    let out_of_scope: u32 = left_out.values().sum();
    note(&format!(
        "{report}{differing}recorded: {passed} passed, {failed} failed, {out_of_scope} out of scope"
    ));
    assert!(differing.is_empty(), "{differing}");
    assert!(passed > 0, "every recording is out of scope");
}

/// What a recording says about us.
enum Verdict {
    Same,
    OutOfScope(String),
    Differs(Vec<String>),
}

/// Runs a recording, where that is possible, and compares.
fn judge(case: &Value) -> Verdict {
    let kind = case["kind"].as_str().unwrap_or("execution");
    if kind != "execution" {
        return Verdict::OutOfScope(format!("a recording of the kind '{kind}'"));
    }
    let machine: Machine = match serde_json::from_value(case["definition"].clone()) {
        Ok(machine) => machine,
        Err(error) => {
            return Verdict::Differs(vec![format!("the definition cannot be read: {error}")]);
        }
    };
    if let Some(problem) = unsupported(&machine).into_iter().next() {
        return Verdict::OutOfScope(problem.message);
    }
    let problems = pawl_asl::validate(&machine);
    if !problems.is_empty() {
        return Verdict::Differs(vec![format!("AWS accepted the definition: {problems:?}")]);
    }
    match replay(case, machine) {
        Err(reason) => Verdict::OutOfScope(reason),
        Ok(replayed) => match compare(case, &replayed) {
            differences if differences.is_empty() => Verdict::Same,
            differences => Verdict::Differs(differences),
        },
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the report of a test is for the person who runs it"
)]
fn note(report: &str) {
    eprintln!("{report}");
}

/// The recorded ends of tasks, by state and in order.
struct Answers {
    by_state: BTreeMap<String, VecDeque<Value>>,
    /// Whether the history says that services took tasks on.
    submitted: bool,
    /// Why the recording is not enough, if it is not.
    missing: Option<String>,
}

impl Answers {
    fn new(expect: &Value) -> Self {
        let mut by_state: BTreeMap<String, VecDeque<Value>> = BTreeMap::new();
        for task in expect["tasks"].as_array().into_iter().flatten() {
            let results = by_state.entry(text(&task["state"])).or_default();
            results.push_back(task["result"].clone());
        }
        let types = expect["event_types"].as_array().into_iter().flatten();
        Self {
            by_state,
            submitted: types.into_iter().any(|name| *name == "TaskSubmitted"),
            missing: None,
        }
    }

    /// A task ends as it did then.
    fn answer(&mut self, request: &TaskRequest) -> Outcome {
        let results = self.by_state.get_mut(&request.state);
        let Some(result) = results.and_then(VecDeque::pop_front) else {
            let what = format!(
                "no answer was recorded for a call of '{}'",
                request.resource
            );
            self.missing.get_or_insert(what);
            return Outcome::Hangs;
        };
        let part = |name: &str| result.get(name).filter(|part| !part.is_null()).map(text);
        let failure = || Failure {
            error: part("error"),
            cause: part("cause"),
        };
        let event = text(&result["event"]);
        let waits = request.resource.contains(".sync") || request.token.is_some();
        let end = match event.as_str() {
            "TaskSubmitFailed" => return Outcome::NotSubmitted(failure()),
            event if event.ends_with("Succeeded") => Outcome::Succeeds(result["output"].clone()),
            event if event.ends_with("TimedOut") => Outcome::Hangs,
            event if event.ends_with("Failed") => Outcome::Fails(failure()),
            _ => Outcome::Hangs,
        };
        if request.resource.contains(":activity:") {
            Outcome::Started(part("worker"), Box::new(end))
        } else if waits && self.submitted {
            Outcome::Submitted(result["submitted"].clone(), Box::new(end))
        } else {
            end
        }
    }
}

/// Runs a recorded machine; its tasks are answered as they were then. Where they cannot be, the error says why.
fn replay(case: &Value, machine: Machine) -> Result<(Execution, Vec<HistoryEvent>), String> {
    let expect = &case["expect"];
    let answers = RefCell::new(Answers::new(expect));
    let context = &case["context"];
    let start = Start {
        execution_arn: text(&context["execution_id"]),
        execution_name: text(&context["execution_name"]),
        machine_arn: text(&context["state_machine_id"]),
        machine_name: text(&context["state_machine_name"]),
        role_arn: text(&context["role_arn"]),
        input: case["input"].clone(),
        ..Start::default()
    };
    let mut world = Simulation::new(|request| answers.borrow_mut().answer(request));
    let mut execution = world.run(machine, start);
    if expect["status"] == "ABORTED" && *execution.status() == Status::Running {
        let part = |name: &str| expect[name].as_str().map(str::to_owned);
        execution.stop(part("error"), part("cause"), &mut world);
    }
    let events = world.history().to_vec();
    drop(world);
    match answers.into_inner().missing {
        Some(missing) => Err(missing),
        None => Ok((execution, events)),
    }
}

/// Everything in which an execution differs from its recording.
fn compare(case: &Value, (execution, events): &(Execution, Vec<HistoryEvent>)) -> Vec<String> {
    let expect = &case["expect"];
    let ordered = expect["ordered"] != json!(false);
    let actual = actual(execution, events);
    let masked: Vec<&str> = expect["masked"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut differences = Vec::new();
    for part in [
        "status",
        "output",
        "error",
        "cause",
        "states",
        "state_io",
        "event_types",
    ] {
        // The recorder leaves some events of a Parallel out of the list of types.
        if part == "event_types" && !ordered {
            continue;
        }
        let (mut expected, mut found) = (expect[part].clone(), actual[part].clone());
        if expected.is_object() && found.is_string() {
            found = serde_json::from_str(&text(&found)).unwrap_or(found);
        }
        for pointer in &masked {
            let inside = pointer.strip_prefix(&format!("/{part}"));
            // The same masked text also stands where states hand it on.
            if let Some(pointer) = inside {
                mask(&mut expected, pointer);
                mask(&mut found, pointer);
            }
        }
        if part == "state_io" {
            for value in [&mut expected, &mut found] {
                mask_causes(value, !masked.is_empty());
            }
        }
        forgive(&expected, &mut found);
        if !ordered {
            sort(&mut expected);
            sort(&mut found);
        }
        if expected != found {
            differences.push(format!("{part}: expected {expected}, found {found}"));
        }
    }
    differences
}

/// What an execution did, in the recording's terms.
fn actual(execution: &Execution, events: &[HistoryEvent]) -> Value {
    let mut entered = Vec::new();
    let mut passages = Vec::new();
    for event in events {
        if let EventDetails::StateEntered { name, input, .. } = &event.details {
            entered.push(name.clone());
            passages.push(json!({ "enter": name, "input": parsed(input) }));
        }
        if let EventDetails::StateExited {
            name,
            output,
            assigned,
            ..
        } = &event.details
        {
            let mut passage = json!({ "exit": name, "output": parsed(output) });
            if !assigned.is_empty() {
                let assigned = assigned
                    .iter()
                    .map(|(name, value)| (name.clone(), parsed(value)));
                passage["assigned"] = Value::Object(assigned.collect());
            }
            passages.push(passage);
        }
    }
    let (status, output, error, cause) = match execution.status() {
        Status::Running => ("RUNNING", None, &None, &None),
        Status::Succeeded { output } => ("SUCCEEDED", Some(output), &None, &None),
        Status::Failed { error, cause } => ("FAILED", None, error, cause),
        Status::TimedOut { error, cause } => ("TIMED_OUT", None, error, cause),
        Status::Aborted { error, cause } => ("ABORTED", None, error, cause),
    };
    json!({
        "status": status, "output": output, "error": error, "cause": cause,
        "states": entered, "state_io": passages, "event_types": event_types(events),
    })
}

fn mask(value: &mut Value, pointer: &str) {
    if let Some(value) = value.pointer_mut(pointer) {
        *value = json!("masked");
    }
}

/// Hides every cause that a task gave, where the recording masks it.
fn mask_causes(value: &mut Value, hide: bool) {
    if let Value::Object(members) = value {
        for (name, member) in members {
            if hide && name == "Cause" {
                *member = json!("masked");
            }
            mask_causes(member, hide);
        }
    } else if let Value::Array(items) = value {
        for item in items {
            mask_causes(item, hide);
        }
    }
}

/// The recorder wrote the word `timestamp` over every text that looked like one.
fn forgive(expected: &Value, found: &mut Value) {
    match (expected, found) {
        (Value::String(word), found) if word == "timestamp" && found.is_string() => {
            *found = expected.clone();
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected
                .iter()
                .zip(found)
                .for_each(|(expected, found)| forgive(expected, found));
        }
        (Value::Object(expected), Value::Object(found)) => {
            for (name, found) in found {
                forgive(expected.get(name).unwrap_or(&Value::Null), found);
            }
        }
        _ => {}
    }
}

fn sort(value: &mut Value) {
    if let Some(items) = value.as_array_mut() {
        items.sort_by_key(Value::to_string);
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("data stands as JSON")
}

/// A text, or the JSON of anything else.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
