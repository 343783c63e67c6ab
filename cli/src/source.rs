//! Where runs are looked into: an AWS, or the API of a deployment. What is seen is the same, but for what only Step
//! Functions knows: executions, their histories, and the state that a run is in right now.

mod named;

use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_contract::{At, Message};
use pawl_store::{Batch, Record, RecordStatus, Run, RunStatus, Thread, Waiting};
use serde::Serialize;
use serde_json::Value;

use crate::aws::{self, Aws, Event, Execution, Other};
use crate::deployment::Deployment;
use crate::laptop::ORG;
use crate::place::{Found, Place, only_aws};

/// Where runs are looked into.
pub enum Source {
    /// An AWS.
    Aws(Box<Aws>),
    /// A deployment, by its API.
    Deployment(Deployment),
}

/// Which runs are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those that stand so.
    pub status: Option<RunStatus>,
    /// Those of this workflow: its name, or its name as an identifier.
    pub workflow: Option<String>,
}

/// A message of a thread, and where it was said.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spoken {
    /// The run.
    pub run: String,
    /// The visit in the run.
    pub at: At,
    /// The step.
    pub step: String,
    /// When it was said.
    pub said_at: String,
    /// What was said.
    pub message: Message,
}

impl Wanted {
    /// Whether a run is one of them.
    pub fn is_met_by(&self, run: &Run) -> bool {
        let is_of = |workflow: &String| [&run.name, &run.workflow].contains(&workflow);
        self.status.is_none_or(|status| status == run.status)
            && self.workflow.as_ref().is_none_or(is_of)
    }
}

impl Source {
    /// Finds it. Nothing runs because somebody looks.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        Ok(match place.find()? {
            Found::Deployment(deployment) => Self::Deployment(*deployment),
            Found::Aws(place) => Self::Aws(Box::new(Aws::open(&place).await?)),
        })
    }

    /// The same for who changes something: in this process, open runs go on.
    pub async fn open_running(place: &aws::Place) -> anyhow::Result<Self> {
        Ok(Self::Aws(Box::new(Aws::open_running(place.find()?).await?)))
    }

    /// The latest runs that are wanted, newest first.
    pub async fn runs(&self, most: usize, wanted: &Wanted) -> anyhow::Result<Vec<Run>> {
        match self {
            Self::Aws(aws) => aws.runs(most, |run| wanted.is_met_by(run)).await,
            Self::Deployment(deployment) => deployment.runs(most, wanted).await,
        }
    }

    /// Every record of a run, in order.
    pub async fn records(&self, run: &Run) -> anyhow::Result<Vec<Record>> {
        match self {
            Self::Aws(aws) => Ok(aws.store.records(&run.org, &run.run).await?),
            Self::Deployment(deployment) => deployment.records(&run.run).await,
        }
    }

    /// What a run gave; null unless it completed.
    pub async fn output(&self, run: &Run) -> anyhow::Result<Value> {
        match self {
            Self::Aws(aws) => Ok(aws.store.output(run).await?),
            Self::Deployment(deployment) => deployment.output(&run.run).await,
        }
    }

    /// What the language models of a run have said and done.
    pub async fn events(&self, run: &Run) -> anyhow::Result<Vec<Batch>> {
        match self {
            Self::Aws(aws) => Ok(aws.store.events(&run.org, &run.run).await?),
            Self::Deployment(deployment) => deployment.events(&run.run).await,
        }
    }

    /// The step that a run is at, and since when; none where it is over or nobody knows.
    pub async fn current(&self, run: &Run) -> anyhow::Result<Option<(String, Timestamp)>> {
        match self {
            Self::Aws(aws) => aws.current(run).await,
            Self::Deployment(_) if !run.is_open() => Ok(None),
            Self::Deployment(_) => {
                let records = self.records(run).await?;
                let mut latest = records.into_iter().rev();
                let stands = [RecordStatus::Claimed, RecordStatus::Waiting];
                let found = latest.find(|record| stands.contains(&record.status));
                Ok(found.and_then(|record| Some((record.step, record.started_at.parse().ok()?))))
            }
        }
    }

    /// The AWS that it is.
    pub fn aws(&self) -> anyhow::Result<&Aws> {
        match self {
            Self::Aws(aws) => Ok(aws),
            Self::Deployment(deployment) => Err(only_aws(deployment.login())),
        }
    }

    /// The executions of a run in the order in which they began.
    pub async fn executions(&self, run: &Run) -> anyhow::Result<Vec<Execution>> {
        match self {
            Self::Aws(aws) => aws.executions(run).await,
            Self::Deployment(deployment) => deployment.executions(&run.run).await,
        }
    }

    /// The machine that a run executes.
    pub async fn machine(&self, run: &Run) -> anyhow::Result<Machine> {
        match self {
            Self::Aws(aws) => aws.machine(run).await,
            Self::Deployment(deployment) => deployment.machine(&run.run).await,
        }
    }

    /// The history of an execution: of a run, or of a machine that is no workflow's.
    pub async fn history(
        &self,
        run: Option<&Run>,
        execution: &Execution,
    ) -> anyhow::Result<Vec<Event>> {
        match (self, run) {
            (Self::Aws(aws), _) => aws.history(&execution.execution_arn).await,
            (Self::Deployment(deployment), Some(run)) => {
                deployment.history(&run.run, &execution.name).await
            }
            // No API tells of machines that are no workflow's.
            (Self::Deployment(_), None) => Ok(Vec::new()),
        }
    }

    /// The executions of machines that are no workflow's, newest first.
    pub async fn others(&self) -> anyhow::Result<Vec<Other>> {
        match self {
            Self::Aws(aws) => aws.others().await,
            Self::Deployment(_) => Ok(Vec::new()),
        }
    }

    /// What runs wait for, longest waiting first.
    pub async fn waits(&self) -> anyhow::Result<Vec<Waiting>> {
        match self {
            Self::Aws(aws) => Ok(aws.store.waits(ORG).await?),
            Self::Deployment(deployment) => deployment.waits().await,
        }
    }

    /// The latest threads.
    pub async fn threads(&self, most: usize) -> anyhow::Result<Vec<Thread>> {
        match self {
            Self::Aws(aws) => Ok(aws.store.threads(ORG, most).await?),
            Self::Deployment(deployment) => deployment.threads(most).await,
        }
    }

    /// What was said in a thread, in order.
    pub async fn thread(&self, thread: &str) -> anyhow::Result<Vec<Spoken>> {
        match self {
            Self::Aws(aws) => {
                let said = aws.store.thread(ORG, thread).await?.into_iter();
                let spoken = said.map(|said| Spoken {
                    run: said.run,
                    at: said.at,
                    step: said.step,
                    said_at: said.said_at,
                    message: said.message,
                });
                Ok(spoken.collect())
            }
            Self::Deployment(deployment) => deployment.thread(thread).await,
        }
    }

    /// Whether runs go on while somebody looks.
    pub fn is_running(&self) -> bool {
        match self {
            Self::Aws(aws) => aws.is_running(),
            Self::Deployment(_) => true,
        }
    }

    /// Frees what was opened.
    pub async fn close(self) {
        match self {
            Self::Aws(aws) => aws.close().await,
            Self::Deployment(_) => {}
        }
    }
}
