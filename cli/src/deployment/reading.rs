//! What the API tells of runs, as the store would: whoever shows it need not know where it comes from.

mod answers;

use anyhow::Context;
use pawl_asl::Machine;
use pawl_store::{Batch, Record, Run, Thread, Waiting};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::answers::{
    BatchAnswer, Execution, MessageAnswer, Page, StepAnswer, ThreadAnswer, WaitAnswer,
    WorkflowAnswer,
};
use super::{Deployment, segment};
use crate::aws;
use crate::source::{Spoken, Wanted};

/// So many are read at once.
const PAGE: usize = 100;

impl Deployment {
    /// A run.
    pub async fn run(&self, id: &str) -> anyhow::Result<Option<Run>> {
        let found: Option<Execution> = self.read(&execution(id)).await?;
        Ok(found.map(Run::from))
    }

    /// What a run gave; null unless it completed.
    pub async fn output(&self, id: &str) -> anyhow::Result<Value> {
        let found: Option<Execution> = self.read(&execution(id)).await?;
        Ok(found.map(|found| found.result).unwrap_or_default())
    }

    /// The ids of every workflow, those that were put away included.
    pub async fn workflows(&self) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::new();
        // One list has those that run, the other those that were put away.
        for path in ["/api/workflows", "/api/workflows?status=archived"] {
            let found: Vec<WorkflowAnswer> = self.items(path, usize::MAX).await?;
            ids.extend(found.into_iter().map(|workflow| workflow.id));
        }
        Ok(ids)
    }

    /// The latest runs that are wanted, newest first.
    pub async fn runs(&self, most: usize, wanted: &Wanted) -> anyhow::Result<Vec<Run>> {
        let mut query = Vec::new();
        query.extend(
            wanted
                .status
                .map(|status| format!("status={}", status.name())),
        );
        if let Some(workflow) = &wanted.workflow {
            let id = pawl_contract::identifier(workflow);
            query.push(format!("workflow_id={}", segment(&id)));
        }
        let mut path = "/api/executions".to_owned();
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let runs: Vec<Execution> = self.items(&path, most).await?;
        Ok(runs.into_iter().map(Run::from).collect())
    }

    /// The first items of a list, page by page.
    async fn items<T: DeserializeOwned>(&self, path: &str, most: usize) -> anyhow::Result<Vec<T>> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut place) = (Vec::new(), String::new());
        while items.len() < most {
            let limit = PAGE.min(most - items.len());
            let path = format!("{path}{mark}limit={limit}{place}");
            let page: Option<Page<T>> = self.read(&path).await?;
            let Some(page) = page else { break };
            items.extend(page.items);
            match page.next_cursor {
                Some(cursor) => place = format!("&cursor={}", segment(&cursor)),
                None => break,
            }
        }
        Ok(items)
    }

    /// Every record of a run, in order.
    pub async fn records(&self, id: &str) -> anyhow::Result<Vec<Record>> {
        let path = format!("{}/steps", execution(id));
        self.list::<StepAnswer, _>(&path).await
    }

    /// What the language models of a run have said and done.
    pub async fn events(&self, id: &str) -> anyhow::Result<Vec<Batch>> {
        let path = format!("{}/logs", execution(id));
        self.list::<BatchAnswer, _>(&path).await
    }

    /// The machine that a run executes.
    pub async fn machine(&self, id: &str) -> anyhow::Result<Machine> {
        let path = format!("{}/machine", execution(id));
        let machine = self.want(Method::GET, &path, None).await?;
        serde_json::from_value(machine).context("cannot understand the machine")
    }

    /// The executions of a run in Step Functions, in the order in which they began.
    pub async fn executions(&self, id: &str) -> anyhow::Result<Vec<aws::Execution>> {
        let path = format!("{}/history", execution(id));
        self.list::<aws::Execution, _>(&path).await
    }

    /// The history of one of them.
    pub async fn history(&self, id: &str, name: &str) -> anyhow::Result<Vec<aws::Event>> {
        let history = format!("{}/history/{}", execution(id), segment(name));
        let events: Vec<Map<String, Value>> = self.items(&history, usize::MAX).await?;
        Ok(events.into_iter().filter_map(aws::Event::read).collect())
    }

    /// What runs wait for, longest waiting first.
    pub async fn waits(&self) -> anyhow::Result<Vec<Waiting>> {
        self.list::<WaitAnswer, _>("/api/waits").await
    }

    /// The latest threads.
    pub async fn threads(&self, most: usize) -> anyhow::Result<Vec<Thread>> {
        let path = format!("/api/threads?limit={}", most.clamp(1, PAGE));
        self.list::<ThreadAnswer, _>(&path).await
    }

    /// What was said in a thread, in order.
    pub async fn thread(&self, id: &str) -> anyhow::Result<Vec<Spoken>> {
        let path = format!("/api/threads/{}", segment(id));
        self.list::<MessageAnswer, _>(&path).await
    }

    /// A list; empty where what it is of is not there.
    async fn list<From: DeserializeOwned, Into>(&self, path: &str) -> anyhow::Result<Vec<Into>>
    where
        Into: std::convert::From<From>,
    {
        let found: Option<Vec<From>> = self.read(path).await?;
        let found = found.unwrap_or_default().into_iter();
        Ok(found.map(Into::from).collect())
    }

    /// Reads something; `None` where it is not there.
    async fn read<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Option<T>> {
        match self.ask(Method::GET, path, None).await? {
            Ok(value) => serde_json::from_value(value)
                .map(Some)
                .with_context(|| format!("cannot understand the answer to {path}")),
            Err((StatusCode::NOT_FOUND, _)) => Ok(None),
            Err((_, refusal)) => Err(refusal.into()),
        }
    }
}

/// The path of a run.
pub fn execution(id: &str) -> String {
    format!("/api/executions/{}", segment(id))
}
