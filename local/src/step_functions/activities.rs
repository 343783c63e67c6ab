//! Activities: work that is fetched by whoever does it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::journal::Journal;
use crate::{Clock, Error};

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

/// How often it is looked whether there is work.
const PAUSE: Duration = Duration::from_millis(20);

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

    /// Gives a worker the next task, and waits for a while if there is none. In simulated time nobody waits.
    pub(super) fn fetch(
        &self,
        engine: &Engine,
        clock: &Clock,
        request: &Fetch,
    ) -> Result<Value, Refusal> {
        let asked = Instant::now();
        loop {
            let name = activity_name(&request.activity_arn)?;
            if !self.kept().contains_key(name) {
                return Err(missing(&request.activity_arn));
            }
            let worker = request.worker_name.as_deref();
            if let Some((token, input)) =
                engine.next_activity_task(&request.activity_arn, worker)?
            {
                return Ok(json!({ "taskToken": token, "input": input }));
            }
            if clock.is_simulated() || asked.elapsed() >= PATIENCE {
                return Ok(json!({}));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Activity>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn missing(arn: &str) -> Refusal {
    Refusal::new(
        "ActivityDoesNotExist",
        format!("Activity Does Not Exist: '{arn}'"),
    )
}
