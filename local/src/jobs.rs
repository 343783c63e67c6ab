//! What happens by itself at a time, kept until it has happened: at least once.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audience::RECORDER;
use crate::delivery::{self, Delivery};
use crate::engine::Shared;
use crate::event_bridge::DEFAULT_BUS;
use crate::journal::Write;
use crate::{Aws, FunctionError, event_bridge, scheduler};

/// Something that is to happen at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    pub(crate) due: Timestamp,
    pub(crate) work: JobWork,
}

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum JobWork {
    /// A function is invoked, and nobody waits for its answer.
    Invoke {
        function: String,
        payload: Value,
        /// How often it was tried again already.
        retries: u32,
    },
    /// An execution has begun or ended: the recorder and the default bus hear of it.
    Announce { event: Value },
    /// An event or a schedule reaches its target.
    Deliver(Box<Delivery>),
    /// A rule with a schedule fires.
    Rule(event_bridge::Firing),
    /// A schedule of Scheduler fires.
    Schedule(scheduler::Firing),
}

impl JobWork {
    /// Whether the job only follows the calendar. Simulated time is not in a hurry to get there.
    pub(crate) fn is_recurring(&self) -> bool {
        match self {
            Self::Rule(_) => true,
            Self::Schedule(firing) => firing.is_recurring(),
            Self::Invoke { .. } | Self::Announce { .. } | Self::Deliver(_) => false,
        }
    }
}

/// What comes after a job.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing.
    Done,
    /// Nothing: somebody was told, who does not mind to be told again after a restart.
    Told,
    /// The same job in another form or at another time.
    Again(Job),
    /// Other jobs. They are kept in the same moment in which the one before them is forgotten.
    Then(Vec<Job>),
}

impl Job {
    /// The job as it is kept.
    pub(crate) fn write(&self, number: u64) -> Write {
        Write::Job {
            number,
            due: self.due,
            work: serde_json::to_string(&self.work).expect("a job has only text keys"),
        }
    }
}

/// After how many minutes a function that nobody waits for is invoked again, as Lambda does.
const PAUSES: [i64; 2] = [1, 2];

/// Does what is due.
pub(crate) async fn perform(shared: &Arc<Shared>, work: JobWork) -> Next {
    match work {
        JobWork::Deliver(delivery) => delivery::perform(&services(shared).await, *delivery).await,
        JobWork::Rule(firing) => event_bridge::fire(&services(shared).await, &firing),
        JobWork::Schedule(firing) => scheduler::fire(&services(shared).await, firing).await,
        JobWork::Announce { event } => {
            let aws = services(shared).await;
            let mut jobs = aws.event_bridge.deliveries(DEFAULT_BUS, &event);
            if let Next::Again(again) = invoke(shared, RECORDER.to_owned(), event, 0).await {
                jobs.push(again);
            }
            if jobs.is_empty() {
                Next::Told
            } else {
                Next::Then(jobs)
            }
        }
        JobWork::Invoke {
            function,
            payload,
            retries,
        } => invoke(shared, function, payload, retries).await,
    }
}

/// Invokes a function that nobody waits for.
async fn invoke(shared: &Arc<Shared>, function: String, payload: Value, retries: u32) -> Next {
    match shared.invoke(&function, payload.to_string().into()).await {
        // Without such a function there is nobody to tell.
        Ok(_) | Err(FunctionError::Missing) => Next::Done,
        Err(error) => {
            tracing::warn!(function, retries, %error, "a function failed that nobody waits for");
            again(function, payload, retries, shared.now()).map_or(Next::Done, Next::Again)
        }
    }
}

/// The services. Without them nothing happens any more, and the job is kept for the next process.
async fn services(shared: &Shared) -> Arc<Aws> {
    match shared.services() {
        Some(aws) => aws,
        None => std::future::pending().await,
    }
}

/// The invocation of a function after one that failed; there are two of them.
pub(crate) fn again(function: String, payload: Value, retries: u32, now: Timestamp) -> Option<Job> {
    let minutes = PAUSES.get(usize::try_from(retries).ok()?)?;
    let due = now
        .saturating_add(SignedDuration::from_mins(*minutes))
        .ok()?;
    let work = JobWork::Invoke {
        function,
        payload,
        retries: retries + 1,
    };
    Some(Job { due, work })
}
