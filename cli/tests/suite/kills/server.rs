//! A `pawl dev` that does not get to end by itself.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::command_line::command;

static KILLS: AtomicU64 = AtomicU64::new(0);

/// A running server, or one that was killed.
pub(super) struct Server {
    child: Child,
    endpoint: String,
    client: reqwest::Client,
}

impl Server {
    /// Starts it on a folder and waits until it says where it answers.
    pub(super) fn start(folder: &Path, durability: &str) -> Self {
        let mut child = spawn(folder, durability);
        let mut said = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).expect("a line");
        let said: Value = serde_json::from_str(&said).expect("it says where it answers");
        let endpoint = said.get("endpoint").and_then(Value::as_str);
        Self {
            endpoint: endpoint.expect("an endpoint").to_owned(),
            child,
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
        }
    }

    /// Starts one and kills it before it answers anybody.
    pub(super) async fn kill_at_birth(folder: &Path, durability: &str, pause: Duration) {
        let mut child = spawn(folder, durability);
        tokio::time::sleep(pause).await;
        kill(&mut child);
    }

    /// Kills it: the system takes it away, wherever it is.
    pub(super) fn kill(mut self) {
        kill(&mut self.child);
    }

    /// How many were killed.
    pub(super) fn kills() -> u64 {
        KILLS.swap(0, Ordering::SeqCst)
    }

    /// Asks for an operation of the JSON protocols: its status and its answer, or nothing where nobody answers.
    pub(super) async fn ask(&self, target: &str, body: &Value) -> Option<(u16, Value)> {
        let request = self.client.post(&self.endpoint);
        let request = request.header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.0");
        let answer = request.body(body.to_string()).send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.json().await.ok()?))
    }

    /// Asks one that nobody kills meanwhile, and expects an answer without an error.
    pub(super) async fn get(&self, target: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(target, body).await.expect("an answer");
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }
}

fn spawn(folder: &Path, durability: &str) -> Child {
    command(
        folder,
        &["dev", "--port", "0", "--json", "--durability", durability],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::null())
    .spawn()
    .expect("pawl runs")
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that fails leaves nothing behind.
        let _ = self.child.kill();
    }
}

fn kill(child: &mut Child) {
    child.kill().expect("a signal");
    child.wait().expect("an end");
    KILLS.fetch_add(1, Ordering::SeqCst);
}
