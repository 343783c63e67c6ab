//! The tasks of activities, which wait for a worker to ask for them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;

use tokio::sync::Notify;

use super::about::Parent;
use super::open::Open;
use super::report::Report;
use super::{Shared, Unable};

/// The tasks of one activity that no worker has asked for yet.
#[derive(Debug, Default)]
pub(super) struct Offers {
    tasks: VecDeque<Parent>,
    /// Tells one of those who wait that there is a task.
    news: Arc<Notify>,
}

impl Shared {
    /// Puts a task where workers find it.
    pub(super) fn offer(&self, activity: &str, parent: Parent) {
        let mut state = self.state();
        let offers = state.activities.entry(activity.to_owned()).or_default();
        offers.tasks.push_back(parent);
        offers.news.notify_one();
    }

    /// What tells a worker that there may be a task of an activity, and whether there may be one now.
    pub(super) fn offers(&self, activity: &str) -> (Arc<Notify>, bool) {
        let mut state = self.state();
        let offers = state.activities.entry(activity.to_owned()).or_default();
        (Arc::clone(&offers.news), !offers.tasks.is_empty())
    }

    /// Gives a worker the next task of an activity: its token and its input. For a worker that has gone the task stays
    /// where it is.
    pub(super) fn next_activity_task(
        self: &Arc<Self>,
        activity: &str,
        worker: Option<&str>,
        has_gone: impl Fn() -> bool,
    ) -> Result<Option<(String, String)>, Unable<Infallible>> {
        self.journal.check()?;
        loop {
            let next = {
                let mut state = self.state();
                let offers = state.activities.get_mut(activity);
                offers.and_then(|offers| offers.tasks.pop_front())
            };
            let Some(parent) = next else {
                return Ok(None);
            };
            let Parent { execution, task } = parent;
            let mut given = None;
            let mut is_left = false;
            let (sender, kept) = channel();
            let report = |open: &Open| {
                if has_gone() {
                    is_left = true;
                    return None;
                }
                // It may have been given up while it waited.
                let token = open.waits.tokens.get(&task)?;
                let input = open.waits.inputs.get(&task)?;
                given = Some((token.clone(), input.clone()));
                let worker = worker.map(str::to_owned);
                Some(Report::Started { task, worker })
            };
            let told = self.tell(execution, report, move |written| {
                // Whoever asked may have gone.
                let _ = sender.send(written);
            });
            if is_left || told.is_err() {
                let mut state = self.state();
                let offers = state.activities.entry(activity.to_owned()).or_default();
                offers.tasks.push_front(parent);
                // Others may have looked meanwhile, and found nothing.
                offers.news.notify_one();
            }
            if !told? {
                if is_left {
                    return Ok(None);
                }
                continue;
            }
            let kept = self.journal.wait(&kept);
            // It is decided who has the task: a disk that takes nothing keeps that later.
            if kept.is_err() && self.journal.check().is_ok() {
                kept?;
            }
            return Ok(given);
        }
    }
}
