//! Who says what while a run goes on: decisions and messages, given as soon as somebody is asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;
use jiff::{SignedDuration, Timestamp};
use pawl_compiler::Authored;
use pawl_contract::Kind;
use pawl_functions::Decision;
use pawl_store::Waiting;
use serde_json::Value;

use super::spec::{After, Approval, Signal, Verdict};
use crate::laptop::{Laptop, ORG};

/// What is still to be said.
pub(super) struct Script {
    approvals: Mutex<Vec<Approval>>,
    signals: Mutex<Vec<Signal>>,
    /// Whose the steps are that ask.
    authored: Authored,
    /// What was said and not taken.
    trouble: Mutex<Vec<String>>,
}

/// What somebody says.
enum Said {
    Decides(Decision, Option<After>),
    Sends(Signal),
}

impl Script {
    pub(super) fn new(
        approvals: &[Approval],
        signals: &[Signal],
        authored: &Authored,
    ) -> Arc<Self> {
        Arc::new(Self {
            approvals: Mutex::new(approvals.to_vec()),
            signals: Mutex::new(signals.to_vec()),
            authored: authored.clone(),
            trouble: Mutex::new(Vec::new()),
        })
    }

    /// What was said and not taken, and what nobody asked for.
    pub(super) fn left_over(&self) -> Vec<String> {
        let mut left = lock(&self.trouble).clone();
        for approval in &*lock(&self.approvals) {
            left.push(format!(
                "approvals: step `{}` did not ask for this one",
                approval.step
            ));
        }
        for signal in &*lock(&self.signals) {
            left.push(format!("signals: nothing waited for `{}`", signal.name));
        }
        left
    }

    /// Answers whatever waits and has an answer.
    pub(super) async fn act(&self, laptop: &Laptop) {
        if lock(&self.approvals).is_empty() && lock(&self.signals).is_empty() {
            return;
        }
        let Ok(waits) = laptop.services.store().waits(ORG).await else {
            return;
        };
        for waiting in waits {
            if let Some(said) = self.next(&waiting) {
                self.say(laptop, &waiting, said).await;
            }
        }
    }

    /// What is said next to a step that waits.
    fn next(&self, waiting: &Waiting) -> Option<Said> {
        if waiting.record.kind == Some(Kind::Signal) {
            let name = waiting.record.input.get("signal").and_then(Value::as_str)?;
            let mut signals = lock(&self.signals);
            let place = signals.iter().position(|signal| signal.name == name)?;
            return Some(Said::Sends(signals.remove(place)));
        }
        let mut approvals = lock(&self.approvals);
        let asks = &waiting.record.step;
        // Who decides for a step also decides what is asked before it, as far as its author knows only the step.
        let is_for = |approval: &Approval| {
            approval.step == *asks || Some(approval.step.as_str()) == self.authored.owner(asks)
        };
        let place = approvals.iter().position(is_for)?;
        let approval = approvals.remove(place);
        let decision = Decision {
            approved: approval.decision == Verdict::Approved,
            by: approval.by,
            comment: approval.comment,
            form: approval.form,
            payload: approval.payload,
        };
        Some(Said::Decides(decision, approval.after))
    }

    async fn say(&self, laptop: &Laptop, waiting: &Waiting, said: Said) {
        let services = &laptop.services;
        let place = waiting.record.at.to_string();
        let (after, what) = match &said {
            Said::Decides(_, after) => {
                let step = &waiting.record.step;
                let step = self.authored.owner(step).unwrap_or(step);
                (*after, format!("the decision of `{step}`"))
            }
            Said::Sends(signal) => (signal.after, format!("the signal `{}`", signal.name)),
        };
        let After(seconds) = after.unwrap_or(After(0));
        let clock = laptop.local.clock().clone();
        let due = i64::try_from(seconds).ok().and_then(|seconds| {
            clock
                .now()
                .checked_add(SignedDuration::from_secs(seconds))
                .ok()
        });
        let expires = waiting.expires_at.as_ref();
        let expires: Option<Timestamp> = expires.and_then(|moment| moment.parse().ok());
        // Who is too late says nothing: the step's time is over first.
        if due
            .zip(expires)
            .is_some_and(|(due, expires)| due >= expires)
        {
            return;
        }
        if seconds > 0 {
            clock.sleep(Duration::from_secs(seconds)).await;
        }
        let taken = match &said {
            Said::Decides(decision, _) => {
                pawl_functions::decide(services, ORG, &waiting.run, Some(&place), decision)
                    .await
                    .map(|_| ())
            }
            Said::Sends(signal) => pawl_functions::send(
                services,
                ORG,
                &waiting.run,
                &signal.name,
                &signal.payload,
                None,
            )
            .await
            .map(|_| ()),
        };
        if let Err(error) = taken {
            lock(&self.trouble).push(format!("{what} was not taken: {}", error.message));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
