//! Schedules that fire.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::spawn_blocking;

use crate::Aws;
use crate::delivery::{Delivery, Origin};
use crate::jobs::{Job, JobWork, Next};
use crate::random::derived;
use crate::step_functions::{ACCOUNT, REGION};

use super::schedule::Schedule;

/// A schedule that is to fire at a time, or has fired for the last time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Firing {
    pub(super) schedule_arn: String,
    /// The schedule as it was; one that has changed since has its own firings.
    pub(super) revision: String,
    pub(super) stage: Stage,
}

/// What is to happen with a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// It fires.
    Fire {
        /// When it is planned to.
        due: Timestamp,
    },
    /// It has fired for the last time, and what it fired is kept: it can be deleted.
    Complete,
}

impl Firing {
    /// Whether it only follows the calendar.
    pub(crate) fn is_recurring(&self) -> bool {
        matches!(self.stage, Stage::Fire { .. })
    }
}

/// Sends what a firing does on its way, and says when the schedule fires next.
pub(crate) async fn fire(aws: &Arc<Aws>, firing: Firing) -> Next {
    let now = aws.clock.now();
    let Stage::Fire { due } = firing.stage else {
        let aws = Arc::clone(aws);
        let completed = spawn_blocking(move || {
            aws.scheduler
                .complete(&firing.schedule_arn, &firing.revision)
        });
        if let Ok(Err(refusal)) = completed.await {
            tracing::error!(?refusal, "a completed schedule could not be deleted");
        }
        return Next::Done;
    };
    let state = aws.scheduler.state();
    let schedule = state.schedules.get(&firing.schedule_arn);
    let Some(schedule) = schedule.filter(|schedule| schedule.revision == firing.revision) else {
        return Next::Done;
    };
    let Some(timed) = schedule.timed() else {
        return Next::Done;
    };
    // What was missed while nothing ran happens once, not again and again.
    let scheduled = timed.latest(due, schedule.until(now));
    let window = &schedule.put.flexible_time_window;
    let seconds = window.maximum_window_in_minutes.unwrap_or_default() * 60;
    let offset = i64::try_from(aws.scheduler.names.below(seconds)).unwrap_or_default();
    let begun = now
        .saturating_add(SignedDuration::from_secs(offset))
        .unwrap_or(now);
    let mut jobs = vec![Job {
        due: begun,
        work: JobWork::Deliver(Box::new(delivery(schedule, scheduled, begun))),
    }];
    match schedule.next_firing(scheduled) {
        Some(next) => jobs.push(next),
        None if schedule.is_deleted_after() => jobs.push(Job {
            due: begun,
            work: JobWork::Schedule(Firing {
                stage: Stage::Complete,
                ..firing
            }),
        }),
        None => {}
    }
    Next::Then(jobs)
}

fn delivery(schedule: &Schedule, scheduled: Timestamp, begun: Timestamp) -> Delivery {
    let arn = schedule.arn();
    let target = &schedule.put.target;
    let group = target.sqs_parameters.as_ref();
    let dead_letters = target.dead_letter_config.as_ref();
    let event = target.event_bridge_parameters.as_ref();
    Delivery {
        name: derived(&[&arn, &schedule.revision, &scheduled.to_string()]),
        target_arn: target.arn.clone(),
        input: target.input.clone().unwrap_or_else(|| notice(&arn)),
        group: group.and_then(|group| group.message_group_id.clone()),
        begun,
        attempts: 0,
        policy: target.retry_policy,
        dead_letters: dead_letters.and_then(|config| config.arn.clone()),
        origin: Origin::Schedule {
            schedule_arn: arn,
            scheduled,
            event: event.map(|event| (event.source.clone(), event.detail_type.clone())),
        },
    }
}

/// What a target is given that was to be given nothing in particular.
fn notice(schedule_arn: &str) -> String {
    json!({
        "version": "0",
        "id": "<aws.scheduler.execution-id>",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": "<aws.scheduler.scheduled-time>",
        "region": REGION,
        "resources": [schedule_arn],
        "detail": "{}",
    })
    .to_string()
}
