//! Runs machines in this process, for `infra/engines/performance.py`.
//!
//! ```text
//! cargo run --release -p pawl-local --example engine -- memory|relaxed|fsync
//! {"definition": {...}, "input": {...}, "executions": 200}
//! {"seconds": 0.0123}
//! ```
//!
//! What is counted is what a caller waits for: `StartExecution` through an SDK client for each execution, all at once,
//! until nothing runs any more, and `DescribeExecution` for the output of each. A definition becomes a machine when it is
//! first seen, before the time is taken, as libraries are given a machine that they have read. With `relaxed` and
//! `fsync` every event is kept in a folder of its own, as `pawl dev` keeps it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::time::Instant;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_local::{Durability, Local, Options};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// What is to be measured.
#[derive(Deserialize)]
struct Question {
    definition: Value,
    input: Value,
    executions: usize,
}

/// The engine, and the machines that it has been given.
struct Bench {
    local: Local,
    client: Client,
    machines: BTreeMap<String, String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let kept = |durability| Options {
        state: Some(folder.path().to_owned()),
        durability,
        ..Options::default()
    };
    let options = match std::env::args().nth(1).as_deref() {
        Some("memory") | None => Options::default(),
        Some("relaxed") => kept(Durability::Relaxed),
        Some("fsync") => kept(Durability::Fsync),
        Some(other) => return Err(format!("`{other}` is none of memory, relaxed, fsync").into()),
    };
    let local = Local::open(options).await?;
    let client = Client::new(&local.sdk_config());
    let mut bench = Bench {
        local,
        client,
        machines: BTreeMap::new(),
    };
    for line in stdin().lock().lines() {
        let seconds = bench.measure(serde_json::from_str(&line?)?).await?;
        let mut answer = stdout().lock();
        writeln!(answer, "{}", json!({ "seconds": seconds }))?;
        answer.flush()?;
    }
    Ok(())
}

impl Bench {
    /// Runs so many executions at once: the seconds until all have given their output.
    async fn measure(&mut self, question: Question) -> Result<f64, Box<dyn Error>> {
        let machine = self.machine(question.definition.to_string()).await?;
        let input = question.input.to_string();
        let begun = Instant::now();
        let mut starting = JoinSet::new();
        for _ in 0..question.executions {
            let start = self.client.start_execution();
            starting.spawn(start.state_machine_arn(&machine).input(&input).send());
        }
        let mut started = Vec::new();
        while let Some(answered) = starting.join_next().await {
            started.push(answered??.execution_arn);
        }
        self.local.settled().await;
        let mut asked = JoinSet::new();
        for execution in started {
            asked.spawn(
                self.client
                    .describe_execution()
                    .execution_arn(execution)
                    .send(),
            );
        }
        while let Some(answered) = asked.join_next().await {
            let ended = answered??;
            if ended.status != ExecutionStatus::Succeeded || ended.output.is_none() {
                return Err(format!("{} ended as {}", ended.execution_arn, ended.status).into());
            }
        }
        Ok(begun.elapsed().as_secs_f64())
    }

    /// The machine of a definition.
    async fn machine(&mut self, definition: String) -> Result<String, Box<dyn Error>> {
        if let Some(machine) = self.machines.get(&definition) {
            return Ok(machine.clone());
        }
        let create = self.client.create_state_machine();
        let created = create
            .name(format!("bench-{}", self.machines.len()))
            .role_arn("arn:aws:iam::000000000000:role/bench")
            .definition(&definition)
            .send()
            .await?;
        let machine = created.state_machine_arn;
        self.machines.insert(definition, machine.clone());
        Ok(machine)
    }
}
