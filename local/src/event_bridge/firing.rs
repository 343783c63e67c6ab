//! Rules that fire by themselves.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Aws;
use crate::delivery::whole_seconds;
use crate::jobs::Next;
use crate::random::derived;
use crate::step_functions::{ACCOUNT, REGION};

use super::put::rule_deliveries;

/// A rule that is to fire at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Firing {
    pub(super) rule_arn: String,
    /// The rule as it was; one that has changed since has its own firings.
    pub(super) revision: String,
    pub(super) due: Timestamp,
}

/// Sends the event of a firing on its way, and says when the rule fires next.
pub(crate) fn fire(aws: &Arc<Aws>, firing: &Firing) -> Next {
    let now = aws.clock.now();
    let state = aws.event_bridge.state();
    let kept = state.rules.get(&firing.rule_arn);
    let rule = kept.map(|kept| &kept.rule);
    let Some(rule) = rule.filter(|rule| rule.revision == firing.revision) else {
        return Next::Done;
    };
    let Some(timed) = rule.timed() else {
        return Next::Done;
    };
    // What was missed while nothing ran happens once, not again and again.
    let due = timed.latest(firing.due, now);
    let event = json!({
        "version": "0",
        "id": derived(&[&firing.rule_arn, &firing.revision, &due.to_string()]),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": whole_seconds(due),
        "region": REGION,
        "resources": [firing.rule_arn],
        "detail": {},
    });
    let mut jobs = rule_deliveries(rule, &event, now, false);
    jobs.extend(rule.next_firing(due));
    Next::Then(jobs)
}
