//! Runs machines in this process, for `infra/engines/performance.py`.
//!
//! ```text
//! cargo run --release -p pawl-local --example engine -- memory|relaxed|fsync
//! {"definition": {...}, "input": {...}, "executions": 200}
//! {"seconds": 0.0123}
//! ```
//!
//! What is counted is what a caller waits for: a call of `Local::run` for each execution, all at once, until each has
//! given its output. A definition becomes a machine when it is first seen, before the time is taken, as libraries are
//! given a machine that they have read. With `relaxed` and `fsync` every event is kept in a folder of its own, as
//! `pawl dev` keeps it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_sfn::Client;
use pawl_local::{Durability, Ended, Ending, Local, Options};
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
        let begun = Instant::now();
        if question.executions == 1 {
            is_right(&self.local.run(&machine, &question.input).await?)?;
            return Ok(begun.elapsed().as_secs_f64());
        }
        let mut running = JoinSet::new();
        let input = Arc::new(question.input);
        for _ in 0..question.executions {
            let (local, machine) = (self.local.clone(), machine.clone());
            let input = Arc::clone(&input);
            running.spawn(async move { local.run(&machine, &input).await });
        }
        while let Some(ended) = running.join_next().await {
            is_right(&ended??)?;
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

/// Whether an execution has given its output.
fn is_right(ended: &Ended) -> Result<(), String> {
    if ended.status == Ending::Succeeded && ended.output.is_some() {
        return Ok(());
    }
    Err(format!("{} ended as {}", ended.execution_arn, ended.status))
}
