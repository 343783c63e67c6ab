//! Nothing is lost and nothing kept is done again: the process dies between any two transactions, and goes on.
//!
//! The oracle is outside: every function writes down that it ran, under a number of its own. Where a function ran twice
//! for one attempt, the first run's outcome must not have been kept; so the outcome in the history is the last run's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use bytes::Bytes;
use pawl_local::{Clock, FunctionError, Functions, Local, Options};
use serde_json::{Value, json};

use crate::world::{machine, start_of_time};

/// The runs of functions, by what they were for.
#[derive(Debug, Clone, Default)]
struct Oracle(Arc<Mutex<BTreeMap<String, Vec<u64>>>>);

impl Oracle {
    /// A function that fails as often as it is told to, and says the number of its run either way.
    fn functions(&self) -> Functions {
        let oracle = self.clone();
        Arc::new(move |name, payload| {
            let (oracle, is_effect) = (oracle.clone(), name == "effect");
            Box::pin(async move {
                if !is_effect {
                    return Err(FunctionError::Missing);
                }
                let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
                let key = payload["key"].as_str().expect("a key").to_owned();
                let number = oracle.note(&key);
                if payload["attempt"].as_u64() < payload["fails"].as_u64() {
                    return Err(FunctionError::Raised {
                        error_type: "FLAKY".to_owned(),
                        message: json!({ "key": key, "number": number }).to_string(),
                    });
                }
                Ok(Bytes::from(
                    json!({ "key": key, "number": number }).to_string(),
                ))
            })
        })
    }

    fn note(&self, key: &str) -> u64 {
        let mut runs = self.0.lock().expect("nobody panics while holding it");
        let number = runs.values().map(|runs| runs.len() as u64).sum::<u64>() + 1;
        runs.entry(key.to_owned()).or_default().push(number);
        number
    }

    fn runs(&self) -> BTreeMap<String, Vec<u64>> {
        self.0
            .lock()
            .expect("nobody panics while holding it")
            .clone()
    }

    /// Holds what was kept of one execution against the runs of its functions; how many of them ran more than once.
    fn judge(&self, name: &str, kept: &BTreeMap<String, u64>) -> u64 {
        let runs = self.runs();
        let own = |key: &&String| key.starts_with(&format!("{name}/"));
        let ran: BTreeSet<&String> = runs.keys().filter(own).collect();
        assert_eq!(
            ran,
            kept.keys().collect(),
            "{name}: every effect has its outcome"
        );
        let mut again = 0;
        for (key, number) in kept {
            let runs = &runs[key];
            assert_eq!(
                runs.last(),
                Some(number),
                "{key} ran again after its outcome was kept"
            );
            again += runs.len() as u64 - 1;
        }
        again
    }
}

/// A Task with an effect; its key says the execution, the state, the attempt and what `suffix` gives.
fn effect(suffix: &str, more: &Value) -> Value {
    let context = "$states.context";
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "effect", "Payload": {
            "key": format!("{{% $join([{context}.Execution.Name, {context}.State.Name, {suffix}, $string({context}.State.RetryCount)], '/') %}}"),
            "attempt": format!("{{% {context}.State.RetryCount %}}"),
            "fails": 0,
        } },
        "Output": "{% $states.input %}",
        "TimeoutSeconds": 600,
    });
    for (name, value) in more.as_object().expect("fields") {
        if name == "fails" {
            task["Arguments"]["Payload"]["fails"] = value.clone();
        } else {
            task[name] = value.clone();
        }
    }
    task
}

fn end(suffix: &str) -> Value {
    effect(suffix, &json!({ "End": true }))
}

/// The machines, with what they have in common left out.
fn machines() -> Vec<(&'static str, Value)> {
    let one = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    let retry = json!([{ "ErrorEquals": ["FLAKY"], "IntervalSeconds": 5, "MaxAttempts": 3, "JitterStrategy": "FULL" }]);
    let child = "arn:aws:states:us-east-1:000000000000:stateMachine:child";
    let nested = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": { "StateMachineArn": child, "Input": { "n": 1 } },
        "Output": "{% $states.result.Output %}",
        "Next": "after",
    });
    vec![
        (
            "child",
            json!({ "first": { "Type": "Wait", "Seconds": 60, "Next": "work" }, "work": end("'c'") }),
        ),
        (
            "chain",
            json!({ "first": effect("'a'", &json!({ "Next": "second" })), "second": effect("'b'", &json!({ "Next": "third" })), "third": end("'c'") }),
        ),
        (
            "waits",
            json!({ "first": { "Type": "Wait", "Seconds": 86_400, "Next": "second" }, "second": effect("'a'", &json!({ "Next": "third" })), "third": { "Type": "Wait", "Seconds": 1, "Next": "last" }, "last": end("'b'") }),
        ),
        (
            "retries",
            json!({ "first": effect("'a'", &json!({ "fails": 2, "Retry": retry, "End": true })) }),
        ),
        (
            "catches",
            json!({
                "first": effect("'a'", &json!({ "fails": 9, "Retry": retry, "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": { "caught": "{% $states.errorOutput.Error %}" }, "Next": "last" }], "End": true })),
                "last": end("'b'"),
            }),
        ),
        (
            "cycles",
            json!({
                "first": { "Type": "Pass", "Output": { "n": 0 }, "Next": "more" },
                "more": { "Type": "Choice", "Choices": [{ "Condition": "{% $states.input.n < 4 %}", "Next": "work" }], "Default": "last" },
                "work": effect("$string($states.input.n)", &json!({ "Output": { "n": "{% $states.input.n + 1 %}" }, "Next": "more" })),
                "last": { "Type": "Succeed" },
            }),
        ),
        (
            "branches",
            json!({ "first": { "Type": "Parallel", "Branches": [one("a", end("'a'")), one("b", end("'b'")), one("c", effect("'c'", &json!({ "fails": 1, "Retry": retry, "End": true })))], "Next": "last" }, "last": end("'d'") }),
        ),
        (
            "items",
            json!({ "first": { "Type": "Map", "Items": [1, 2, 3, 4, 5], "MaxConcurrency": 2, "ItemProcessor": one("item", end("$string($states.input)")), "Next": "last" }, "last": end("'d'") }),
        ),
        (
            "starts",
            json!({ "first": { "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Arguments": { "StateMachineArn": child, "Input": {} }, "Next": "after" }, "after": end("'n'") }),
        ),
        ("nests", json!({ "first": nested, "after": end("'n'") })),
        (
            "fails",
            json!({ "first": effect("'a'", &json!({ "Assign": { "seen": "{% $states.result.Payload.key %}" }, "Next": "wait" })), "wait": { "Type": "Wait", "Seconds": 3, "Next": "last" }, "last": { "Type": "Fail", "Error": "DONE", "Cause": "{% $seen %}" } }),
        ),
    ]
}

/// One life of the process.
struct Life {
    local: Local,
    client: Client,
}

impl Life {
    async fn begin(folder: &tempfile::TempDir, clock: &Clock, oracle: &Oracle, seed: u64) -> Self {
        let options = Options {
            state: Some(folder.path().to_owned()),
            clock: clock.clone(),
            seed,
            ..Options::default()
        };
        let local = Local::open(options).await.expect("it opens");
        local.install(oracle.functions());
        let client = Client::new(&local.sdk_config());
        Self { local, client }
    }

    async fn create_all(&self) {
        for (name, states) in machines() {
            let request = self.client.create_state_machine().name(name);
            let request = request.role_arn("arn:aws:iam::000000000000:role/x");
            let created = request
                .definition(machine(&states).to_string())
                .send()
                .await;
            created.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        }
    }

    /// Starts an execution, once however often it is asked for. Whether anybody answered.
    async fn start(&self, machine: &str, name: &str) -> bool {
        let request = self.client.start_execution().name(name).input("{}");
        let arn = format!("arn:aws:states:us-east-1:000000000000:stateMachine:{machine}");
        let started = request.state_machine_arn(arn).send();
        tokio::select! {
            biased;
            _ = started => true,
            () = self.local.killed() => false,
        }
    }

    /// Waits until nothing happens any more, or the process is dead. Whether it lives.
    async fn settle(&self) -> bool {
        tokio::select! {
            biased;
            () = self.local.killed() => false,
            () = self.local.settled() => true,
        }
    }

    /// How an execution ended, and the number of the run that each outcome in its history comes from.
    async fn verdict(&self, machine: &str, name: &str) -> (ExecutionStatus, BTreeMap<String, u64>) {
        let arn = format!("arn:aws:states:us-east-1:000000000000:execution:{machine}:{name}");
        let described = self
            .client
            .describe_execution()
            .execution_arn(&arn)
            .send()
            .await;
        let described = described.unwrap_or_else(|error| panic!("{name} is lost: {error:?}"));
        let mut kept = BTreeMap::new();
        let history = self
            .client
            .get_execution_history()
            .execution_arn(&arn)
            .max_results(1000);
        let events = history.send().await.expect("it has a history").events;
        for (position, event) in (1_i64..).zip(&events) {
            assert_eq!(
                event.id, position,
                "{name}: events are numbered without a gap"
            );
            let output = event
                .task_succeeded_event_details
                .as_ref()
                .and_then(|details| details.output.as_deref());
            let cause = event
                .task_failed_event_details
                .as_ref()
                .and_then(|details| details.cause.as_deref());
            let said = output
                .map(|output| read(output)["Payload"].clone())
                .or_else(|| {
                    cause.map(|cause| read(read(cause)["errorMessage"].as_str().unwrap_or("null")))
                });
            if let Some(said) = said.filter(|said| said["key"].is_string()) {
                let key = said["key"].as_str().expect("a key").to_owned();
                let number = said["number"].as_u64().expect("a number");
                assert_eq!(
                    kept.insert(key, number),
                    None,
                    "{name}: an outcome is kept once"
                );
            }
        }
        (described.status, kept)
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn expected(machine: &str) -> ExecutionStatus {
    if machine == "fails" {
        ExecutionStatus::Failed
    } else {
        ExecutionStatus::Succeeded
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn ten_machines_are_killed_at_every_event() {
    let (mut kills, mut again) = (0, 0);
    for (name, _) in machines() {
        let clock = Clock::simulated(start_of_time());
        let calm = tempfile::tempdir().expect("a folder");
        let life = Life::begin(&calm, &clock, &Oracle::default(), 1).await;
        life.create_all().await;
        life.start(name, "run").await;
        life.local.settled().await;
        let (status, outcomes) = life.verdict(name, "run").await;
        assert_eq!(status, expected(name), "{name}");

        // What comes together is one transaction, so nobody knows how many there will be.
        for point in 0.. {
            let (folder, oracle) = (tempfile::tempdir().expect("a folder"), Oracle::default());
            let clock = Clock::simulated(start_of_time());
            let life = Life::begin(&folder, &clock, &oracle, 1).await;
            life.create_all().await;
            life.local.kill_after_commits(point);
            let is_alive = life.start(name, "run").await && life.settle().await;
            life.local.close().await;
            if is_alive {
                break;
            }
            kills += 1;

            let life = Life::begin(&folder, &clock, &oracle, 2).await;
            life.start(name, "run").await;
            life.local.go_on("").await.expect("it goes on");
            life.local.settled().await;
            let (status, kept) = life.verdict(name, "run").await;
            assert_eq!(
                status,
                expected(name),
                "{name} killed after {point} transactions"
            );
            assert!(
                kept.keys().eq(outcomes.keys()),
                "{name} killed after {point} transactions"
            );
            again += oracle.judge("run", &kept);
            life.local.close().await;
        }
    }
    println!(
        "{} machines: {kills} kills, 0 lost, 0 doubled, {again} effects begun again whose outcome was not kept",
        machines().len()
    );
}

/// How often the process dies under a mixed load.
const KILLS: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn a_mixed_load_survives_a_thousand_kills() {
    let (folder, oracle) = (tempfile::tempdir().expect("a folder"), Oracle::default());
    let clock = Clock::simulated(start_of_time());
    let life = Life::begin(&folder, &clock, &oracle, 1).await;
    life.create_all().await;
    life.local.close().await;
    let names: Vec<&str> = machines().iter().map(|(name, _)| *name).collect();
    let mut started = Vec::new();
    let mut chance = 7_u64;
    for kill in 1..=KILLS {
        let life = Life::begin(&folder, &clock, &oracle, kill).await;
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        life.local.kill_after_commits((chance >> 33) % 24);
        life.local.go_on("").await.expect("it goes on");
        // What the last life did not get to answer is asked for again.
        let machine = names[usize::try_from(kill).expect("a count") % names.len()];
        started.push((machine, format!("{machine}-{kill}")));
        for (machine, name) in started.iter().rev().take(3) {
            if !life.start(machine, name).await {
                break;
            }
        }
        life.settle().await;
        life.local.close().await;
    }
    let life = Life::begin(&folder, &clock, &oracle, 0).await;
    for (machine, name) in &started {
        life.start(machine, name).await;
    }
    life.local.go_on("").await.expect("it goes on");
    life.local.settled().await;
    let mut again = 0;
    for (machine, name) in &started {
        let (status, kept) = life.verdict(machine, name).await;
        assert_eq!(status, expected(machine), "{name}");
        again += oracle.judge(name, &kept);
    }
    println!(
        "{KILLS} kills of a mixed load: {} runs, 0 lost, 0 doubled, {again} effects begun again whose outcome was not kept",
        started.len()
    );
}
