//! A stage in memory: one workflow published, with servers on this machine around it.

use std::collections::BTreeMap;

use pawl::laptop::{Laptop, ORG, Options, Started};
use pawl::report::{Figures, Report};
use pawl_compiler::{Level, Notation, compile};
use pawl_functions::{Decision, LlmSettings, Settings};
use pawl_local::Faults;
use pawl_store::Waiting;
use serde_json::{Value, json};

use crate::corpus::in_memory;
use crate::web::{Web, json as in_json};

/// A laptop with a workflow.
pub(crate) struct Stage {
    pub(crate) laptop: Laptop,
    pub(crate) machine: String,
    /// Where its mail goes.
    _outbox: tempfile::TempDir,
}

impl Stage {
    /// Publishes a workflow.
    pub(crate) async fn set(
        workflow: &Value,
        level: Level,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let outbox = tempfile::tempdir().expect("a folder");
        let mut options = in_memory(outbox.path(), Faults::none());
        options.settings.http_allow = vec!["127.0.0.1".to_owned()];
        change(&mut options.settings);
        let laptop = open(options).await;
        let machine = publish(&laptop, workflow, level).await;
        Self {
            laptop,
            machine,
            _outbox: outbox,
        }
    }

    /// Starts a run.
    pub(crate) async fn start(&self, input: Value) -> Started {
        let machine = self.machine.clone();
        let started = self.laptop.start(machine, input, BTreeMap::new(), None);
        started.await.expect("a run")
    }

    /// Waits until a run ends or waits, and reports.
    pub(crate) async fn report(&self, run: &Started) -> Report {
        self.laptop.local.settled().await;
        let report = self.laptop.report(&run.run, Figures::default());
        report.await.expect("a report")
    }

    /// What waits for somebody.
    pub(crate) async fn waits(&self) -> Vec<Waiting> {
        self.laptop.local.settled().await;
        let waits = self.laptop.services.store().waits(ORG).await;
        waits.expect("an answer")
    }

    /// Decides what a run waits for.
    pub(crate) async fn decide(&self, run: &Started, decision: Value) {
        self.decide_at(run, None, decision).await;
    }

    /// Decides what a run waits for at a place.
    pub(crate) async fn decide_at(&self, run: &Started, at: Option<&str>, decision: Value) {
        self.laptop.local.settled().await;
        let decision: Decision = serde_json::from_value(decision).expect("a decision");
        let services = &self.laptop.services;
        let decided = pawl_functions::decide(services, ORG, &run.run, at, &decision).await;
        decided.expect("a decision that is taken");
    }
}

pub(crate) async fn open(options: Options) -> Laptop {
    Laptop::open(options).await.expect("a laptop")
}

/// Publishes a workflow, which has no mistakes.
pub(crate) async fn publish(laptop: &Laptop, workflow: &Value, level: Level) -> String {
    let options = pawl_compiler::Options {
        level,
        hand_over_after: None,
        ..pawl_compiler::Options::default()
    };
    let compiled = compile(&workflow.to_string(), Notation::Json, options);
    let mut problems = compiled.diagnostics;
    // A budget may be there to be exceeded.
    problems.retain(|found| {
        found.severity != pawl_compiler::Severity::Note && found.code != "over-budget"
    });
    assert!(problems.is_empty(), "{problems:?}");
    let machine = compiled.program.expect("a program").lowered.machine;
    let published = laptop.publish("stage", &machine).await;
    published.expect("a version")
}

/// Lets a model be asked at a server.
pub(crate) fn with_model(settings: &mut Settings, server: &Web) {
    settings.llm = Some(LlmSettings {
        base_url: server.url.clone(),
        api_key: None,
    });
    settings.model = Some("m".to_owned());
}

/// What a provider answers that says a text: 15 tokens.
pub(crate) fn says(text: &str) -> String {
    in_json(
        200,
        &json!({
            "choices": [{ "message": { "content": text }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
        }),
    )
}

/// What a provider answers that asks for a tool: 27 tokens.
pub(crate) fn calls(tool: &str, arguments: &Value) -> String {
    let function = json!({ "name": tool, "arguments": arguments.to_string() });
    let calls = json!([{ "id": "call", "type": "function", "function": function }]);
    in_json(
        200,
        &json!({
            "choices": [{ "message": { "content": null, "tool_calls": calls }, "finish_reason": "tool_calls" }],
            "usage": { "prompt_tokens": 20, "completion_tokens": 7 },
        }),
    )
}
