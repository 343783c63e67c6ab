//! A table with one run in it, and a way to invoke Tasks without a machine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pawl_contract::{At, Kind, Mock, Position, StepError};
use pawl_functions::{Function, Mail, Services, Settings, handle};
use pawl_local::{Clock, Faults, Local, Options, acting_as};
use pawl_store::{Record, Run, RunStatus, Store, Told, Transaction};
use serde_json::{Value, json};

pub(crate) const ORG: &str = "acme";
pub(crate) const RUN: &str = "run-1";
pub(crate) const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:test:1";

pub(crate) struct Bench {
    pub(crate) local: Local,
    pub(crate) services: Services,
    outbox: tempfile::TempDir,
}

impl Bench {
    /// A bench on which nothing goes wrong.
    pub(crate) async fn open() -> Self {
        Self::with(Faults::none()).await
    }

    pub(crate) async fn with(faults: Faults) -> Self {
        Self::set(faults, |_| {}).await
    }

    /// A bench with other settings.
    pub(crate) async fn set(faults: Faults, change: impl FnOnce(&mut Settings)) -> Self {
        let start = "2026-03-01T12:00:00Z".parse().expect("a moment");
        let options = Options {
            clock: Clock::simulated(start),
            faults,
            ..Options::default()
        };
        let local = Local::open(options).await.expect("it opens in memory");
        let outbox = tempfile::tempdir().expect("a folder");
        let mut settings = Settings::from_env(&|_| None);
        ORG.clone_into(&mut settings.org);
        settings.mail = Mail::Outbox(outbox.path().to_owned());
        change(&mut settings);
        let services = Services::new(&local.sdk_config(), settings);
        services
            .store()
            .create()
            .await
            .expect("a table and a bucket");
        Self {
            local,
            services,
            outbox,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        self.services.store()
    }

    /// Begins the run, with these mocks, and answers with its first position.
    pub(crate) async fn begin(&self, input: Value, mocks: Value) -> Position {
        self.begin_until(input, mocks, None).await
    }

    pub(crate) async fn begin_until(
        &self,
        input: Value,
        mocks: Value,
        deadline: Option<&str>,
    ) -> Position {
        let mocks: BTreeMap<String, Mock> = serde_json::from_value(mocks).expect("mocks");
        let run = Run {
            org: ORG.to_owned(),
            run: RUN.to_owned(),
            workflow: "test".to_owned(),
            name: "Test".to_owned(),
            version: None,
            machine: MACHINE.to_owned(),
            status: RunStatus::Running,
            trigger: json!({ "type": "manual" }),
            input,
            mocks,
            parent: None,
            draft: false,
            executing_since: None,
            follow_ups: pawl_contract::FollowUps::default(),
            after: None,
            thread_id: None,
            started_at: "2026-03-01T12:00:00.000Z".to_owned(),
            timeout_ms: None,
            deadline: deadline.map(str::to_owned),
            execution: RUN.to_owned(),
            base: At::intake(),
            generation: 0,
            completed_at: None,
            error: None,
            closed_by: None,
            number: None,
            stretches: Vec::new(),
        };
        // Where faults are on, a first try may not do.
        while self.write(&run).await.is_err() {}
        Position {
            org: ORG.to_owned(),
            run: RUN.to_owned(),
            machine: MACHINE.to_owned(),
            at: At::first(),
            base: At::intake(),
            routes: BTreeMap::new(),
            values: BTreeMap::new(),
            caught: None,
            enter: None,
        }
    }

    /// Begins another run, in a thread, and answers with its first position.
    pub(crate) async fn begin_in_thread(&self, run: &str, thread: &str) -> Position {
        let first = self.begin(Value::Null, json!({})).await;
        let begun = Run {
            run: run.to_owned(),
            thread_id: Some(thread.to_owned()),
            ..self.run().await
        };
        let mut transaction = Transaction::new(ORG, run);
        transaction
            .begin(self.store(), &begun)
            .await
            .expect("it begins");
        transaction.commit(self.store()).await.expect("it commits");
        Position {
            run: run.to_owned(),
            ..first
        }
    }

    async fn write(&self, run: &Run) -> Result<(), pawl_store::Error> {
        let mut transaction = Transaction::new(ORG, RUN);
        transaction.begin(self.store(), run).await?;
        transaction.commit(self.store()).await.map(|_| ())
    }

    /// Invokes a Task, as Step Functions does.
    pub(crate) async fn task(
        &self,
        plan: &Value,
        position: &Position,
    ) -> Result<Position, StepError> {
        self.attempt(plan, position, 0).await
    }

    pub(crate) async fn attempt(
        &self,
        plan: &Value,
        position: &Position,
        attempt: u32,
    ) -> Result<Position, StepError> {
        let kind: Kind =
            serde_json::from_value(plan.get("kind").expect("a kind").clone()).expect("a kind");
        let mut plan = plan.clone();
        plan.as_object_mut()
            .expect("a plan")
            .entry("workflow")
            .or_insert_with(|| "test".into());
        let payload = json!({ "position": position, "attempt": attempt, "plan": plan.to_string() });
        let acting = handle(Function::Step(kind), payload, &self.services);
        let answer = acting_as(kind.name(), acting).await?;
        Ok(serde_json::from_value(answer).expect("a position"))
    }

    /// The code with which a Task fails; empty where it does not.
    pub(crate) async fn code(&self, plan: &Value, position: &Position) -> String {
        self.task(plan, position)
            .await
            .err()
            .map(|error| error.code)
            .unwrap_or_default()
    }

    pub(crate) async fn run(&self) -> Run {
        self.store()
            .run(ORG, RUN)
            .await
            .expect("an answer")
            .expect("the run")
    }

    pub(crate) async fn records(&self) -> Vec<Record> {
        self.store().records(ORG, RUN).await.expect("records")
    }

    /// Each record in a line: `000001 step status port`.
    pub(crate) async fn lines(&self) -> Vec<String> {
        let line = |record: Record| {
            let Value::String(status) = json!(record.status) else {
                return String::new();
            };
            let port = record.port.unwrap_or_else(|| "-".to_owned());
            let error = record
                .error
                .map(|error| format!(" {}", error.code))
                .unwrap_or_default();
            format!("{} {} {status} {port}{error}", record.at, record.step)
        };
        self.records().await.into_iter().map(line).collect()
    }

    /// The output of the record at a place.
    pub(crate) async fn output(&self, at: &str) -> Value {
        let mut records = self.records().await.into_iter();
        records
            .find(|record| record.at.as_str() == at)
            .expect("a record")
            .output
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, time: std::time::Duration) {
        let now = self.local.clock().now();
        let then = now.checked_add(time).expect("a moment");
        self.local.pass_until(then).await;
    }

    /// The folder that mails are sent to.
    pub(crate) fn outbox(&self) -> &std::path::Path {
        self.outbox.path()
    }

    /// The time, as everything here sees it.
    pub(crate) fn services_now(&self) -> jiff::Timestamp {
        self.local.clock().now()
    }

    /// What watchers see of the models, in lines: the step, the turn, and what was said or done.
    pub(crate) async fn shown(&self) -> Vec<String> {
        let batches = self.store().events(ORG, RUN).await.expect("events");
        let mut lines: Vec<String> = Vec::new();
        for batch in batches {
            for event in batch.events {
                let head = format!("{} {}:", batch.step, batch.turn);
                match event {
                    Told::Delta { text } => match lines.last_mut() {
                        Some(line) if line.starts_with(&format!("{head} says")) => {
                            line.push_str(&text);
                        }
                        _ => lines.push(format!("{head} says {text}")),
                    },
                    Told::ToolCall { tool, arguments } => {
                        lines.push(format!("{head} calls {tool} with {arguments}"));
                    }
                    Told::ToolResult {
                        tool,
                        failed,
                        preview,
                    } => {
                        let how = if failed { "fails" } else { "gives" };
                        lines.push(format!("{head} {tool} {how} {preview}"));
                    }
                }
            }
        }
        lines
    }

    /// The mails that were sent.
    pub(crate) fn mails(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.outbox.path()).expect("the outbox");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    }
}

/// The plan of an action that leads to a state.
pub(crate) fn action(step: &str, config: Value) -> Value {
    json!({ "step": step, "kind": "action", "config": config, "then": { "success": { "state": "next" } } })
}
