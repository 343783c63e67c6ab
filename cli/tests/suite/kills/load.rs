//! Whoever asks the server for runs and answers its questions while it is killed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::Chance;
use super::machines::{arn, states};
use super::server::Server;
use super::verdict::string;

/// So many runs are asked for in one life at most.
const RUNS: u64 = 24;

/// Runs that were asked for, and what is known of them.
pub(super) struct Load {
    workflow: String,
    /// By name, the machine; each is started until somebody has confirmed it.
    pub(super) started: BTreeMap<String, &'static str>,
    unconfirmed: Vec<String>,
}

impl Load {
    pub(super) fn new(workflow: String) -> Self {
        Self {
            workflow,
            started: BTreeMap::new(),
            unconfirmed: Vec::new(),
        }
    }

    /// How many runs were started.
    pub(super) fn runs(&self) -> usize {
        self.started.len()
    }

    /// Asks for runs and answers what is asked, until it is killed.
    pub(super) async fn put_on(&mut self, server: &Server, chance: &mut Chance) {
        let machines: Vec<&str> = states().iter().map(|(name, _)| *name).collect();
        for _ in 0..RUNS {
            let kinds = machines.len() as u64 + 1;
            let kind = usize::try_from(chance.below(kinds)).expect("few");
            let machine = machines.get(kind).copied().unwrap_or("workflow");
            let name = format!("{machine}-{}", self.started.len());
            self.started.insert(name.clone(), machine);
            self.unconfirmed.push(name);
            self.start(server).await;
            self.answer(server).await;
        }
        loop {
            self.answer(server).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts what nobody has confirmed, under the same names.
    async fn start(&mut self, server: &Server) {
        while let Some(name) = self.unconfirmed.last() {
            let machine = match self.started.get(name) {
                Some(&"workflow") | None => self.workflow.clone(),
                Some(machine) => arn("stateMachine", machine),
            };
            let start = json!({ "stateMachineArn": machine, "name": name, "input": "{}" });
            let answer = server.ask("AWSStepFunctions.StartExecution", &start).await;
            let Some((status, answer)) = answer else {
                return;
            };
            // One that has ended meanwhile keeps its name.
            let is_there = answer.to_string().contains("ExecutionAlreadyExists");
            assert!(status == 200 || is_there, "{answer}");
            self.unconfirmed.pop();
        }
    }

    /// Answers the questions that are in the queue.
    async fn answer(&self, server: &Server) {
        let queue = "http://127.0.0.1/000000000000/questions";
        let receive = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let Some((_, received)) = server.ask("AmazonSQS.ReceiveMessage", &receive).await else {
            return;
        };
        let messages = received.get("Messages").and_then(Value::as_array);
        for message in messages.into_iter().flatten() {
            let body: Value = serde_json::from_str(string(message, "/Body")).expect("JSON");
            let answer = json!({ "taskToken": string(&body, "/token"), "output": "{}" });
            let answered = server
                .ask("AWSStepFunctions.SendTaskSuccess", &answer)
                .await;
            let Some((status, said)) = answered else {
                return;
            };
            // The last life may have kept the answer, and not the end of the question.
            assert!(
                status == 200 || said.to_string().contains("TaskTimedOut"),
                "{said}"
            );
            let delete =
                json!({ "QueueUrl": queue, "ReceiptHandle": string(message, "/ReceiptHandle") });
            let _ = server.ask("AmazonSQS.DeleteMessage", &delete).await;
        }
    }

    /// Waits until every run has ended.
    pub(super) async fn end(&mut self, server: &Server) {
        self.start(server).await;
        for name in self.started.keys() {
            while self.status(server, name).await == "RUNNING" {
                self.answer(server).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    pub(super) fn execution(&self, name: &str) -> String {
        let machine = match self.started.get(name) {
            Some(&"workflow") | None => {
                let parts: Vec<&str> = self.workflow.split(':').take(7).collect();
                return parts.join(":").replace(":stateMachine:", ":execution:") + ":" + name;
            }
            Some(machine) => machine,
        };
        arn("execution", &format!("{machine}:{name}"))
    }

    pub(super) async fn status(&self, server: &Server, name: &str) -> String {
        let describe = json!({ "executionArn": self.execution(name) });
        let described = server
            .get("AWSStepFunctions.DescribeExecution", &describe)
            .await;
        string(&described, "/status").to_owned()
    }
}
