//! Activities: work that is fetched by whoever does it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::journal::Journal;
use crate::{Aws, Error};

use super::names::{activity_arn, activity_name, check_name};
use super::paging::{Order, Paging, Position};
use super::seconds;
use crate::refusal::Refusal;

/// All activities.
pub(super) struct Activities {
    journal: Arc<Journal>,
    kept: Mutex<BTreeMap<String, Activity>>,
}

/// An activity, as it is kept under its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Activity {
    created: Timestamp,
}

/// The collection of documents.
const ACTIVITIES: &str = "activities";

/// `CreateActivity`.
#[derive(Debug, Deserialize)]
pub(super) struct Create {
    name: String,
}

/// `DescribeActivity` and `DeleteActivity`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    activity_arn: String,
}

/// `GetActivityTask`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fetch {
    activity_arn: String,
    #[serde(default)]
    worker_name: Option<String>,
}

/// How long a worker is kept waiting. AWS says a minute at most; who gets nothing asks again in any case, and a
/// process that is to end need not wait as long.
const PATIENCE: Duration = Duration::from_secs(10);

impl Activities {
    /// Opens the activities of a journal.
    pub(super) fn open(journal: Arc<Journal>) -> Result<Self, Error> {
        let kept = Mutex::new(journal.documents(ACTIVITIES)?);
        Ok(Self { journal, kept })
    }

    /// Makes an activity. Made again, it is the one that is there.
    pub(super) fn create(&self, request: &Create, now: Timestamp) -> Result<Value, Refusal> {
        check_name(&request.name)?;
        let mut kept = self.kept();
        let created = if let Some(activity) = kept.get(&request.name) {
            activity.created
        } else {
            let activity = Activity { created: now };
            self.journal.put(ACTIVITIES, &request.name, &activity)?;
            kept.insert(request.name.clone(), activity);
            now
        };
        let arn = activity_arn(&request.name);
        Ok(json!({ "activityArn": arn, "creationDate": seconds(created) }))
    }

    /// Whether there is an activity of this ARN.
    pub(super) fn has(&self, arn: &str) -> bool {
        activity_name(arn).is_ok_and(|name| self.kept().contains_key(name))
    }

    /// Describes an activity.
    pub(super) fn describe(&self, request: &Named) -> Result<Value, Refusal> {
        let name = activity_name(&request.activity_arn)?;
        let kept = self.kept();
        let activity = kept
            .get(name)
            .ok_or_else(|| missing(&request.activity_arn))?;
        Ok(json!({
            "activityArn": request.activity_arn,
            "name": name,
            "creationDate": seconds(activity.created),
            "encryptionConfiguration": { "type": "AWS_OWNED_KEY" },
        }))
    }

    /// Lists the activities by name.
    pub(super) fn list(&self, paging: &Paging, now: Timestamp) -> Result<Value, Refusal> {
        let kept = self.kept();
        paging.answer(
            ("activities", "activities"),
            (kept.iter(), Order::Up),
            |(name, _)| Position::Name((*name).clone()),
            now,
            |(name, activity)| {
                json!({
                    "activityArn": activity_arn(name),
                    "name": name,
                    "creationDate": seconds(activity.created),
                })
            },
        )
    }

    /// Deletes an activity. One that is not there is as good as deleted.
    pub(super) fn delete(&self, request: &Named) -> Result<Value, Refusal> {
        let name = activity_name(&request.activity_arn)?;
        let mut kept = self.kept();
        if kept.contains_key(name) {
            self.journal.remove(ACTIVITIES, name)?;
            kept.remove(name);
        }
        Ok(json!({}))
    }

    fn check(&self, arn: &str) -> Result<(), Refusal> {
        if self.kept().contains_key(activity_name(arn)?) {
            return Ok(());
        }
        Err(missing(arn))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Activity>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a worker the next task, and waits for a while if there is none. In simulated time nobody waits.
pub(super) async fn fetch(aws: &Arc<Aws>, request: Fetch) -> Result<Value, Refusal> {
    let services = &aws.step_functions;
    let deadline = Instant::now() + PATIENCE;
    let request = Arc::new(request);
    loop {
        services.activities.check(&request.activity_arn)?;
        let (news, has_offer) = services.engine.offers(&request.activity_arn);
        if has_offer {
            // Another worker may be the first, and there may be more than one task.
            let _others = Others(Arc::clone(&news));
            if let Some((token, input)) = take(aws, &request).await? {
                return Ok(json!({ "taskToken": token, "input": input }));
            }
        }
        if aws.clock.is_simulated() {
            return Ok(json!({}));
        }
        if timeout_at(deadline, news.notified()).await.is_err() {
            return Ok(json!({}));
        }
    }
}

/// Takes the next task for a worker, unless it goes before that.
async fn take(aws: &Arc<Aws>, request: &Arc<Fetch>) -> Result<Option<(String, String)>, Refusal> {
    let (worker, taken) = oneshot::channel();
    let (aws, request) = (Arc::clone(aws), Arc::clone(request));
    spawn_blocking(move || {
        let Fetch {
            activity_arn,
            worker_name,
        } = &*request;
        let has_gone = || worker.is_closed();
        let engine = &aws.step_functions.engine;
        let taken = engine.next_activity_task(activity_arn, worker_name.as_deref(), has_gone);
        // One that goes in this moment has the task, as on AWS, until its time is over.
        let _ = worker.send(taken);
    });
    let closed = |_| Refusal::internal("this AWS is closing");
    Ok(taken.await.map_err(closed)??)
}

/// Tells another worker to look for a task, however a look has ended.
struct Others(Arc<Notify>);

impl Drop for Others {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn missing(arn: &str) -> Refusal {
    Refusal::new(
        "ActivityDoesNotExist",
        format!("Activity Does Not Exist: '{arn}'"),
    )
}
