//! The tasks of activities, which wait for a worker to ask for them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use super::about::Parent;
use super::report::Report;
use super::{Shared, Unable};

impl Shared {
    /// Puts a task where workers find it.
    pub(super) fn offer(&self, activity: &str, parent: Parent) {
        let mut state = self.state();
        let tasks = state.activities.entry(activity.to_owned()).or_default();
        tasks.push_back(parent);
    }

    /// Gives a worker the next task of an activity: its token and its input.
    pub(super) fn next_activity_task(
        self: &Arc<Self>,
        activity: &str,
        worker: Option<&str>,
    ) -> Result<Option<(String, String)>, Unable<Infallible>> {
        loop {
            let (parent, token, input) = {
                let mut state = self.state();
                let next = state
                    .activities
                    .get_mut(activity)
                    .and_then(VecDeque::pop_front);
                let Some(parent) = next else {
                    return Ok(None);
                };
                let open = state.open.get(&parent.execution);
                // It may have been given up while it waited.
                let Some((token, input)) = open.and_then(|open| {
                    let token = open.waits.tokens.get(&parent.task)?;
                    let input = open.waits.inputs.get(&parent.task)?;
                    Some((token.clone(), input.clone()))
                }) else {
                    continue;
                };
                (parent, token, input)
            };
            let worker = worker.map(str::to_owned);
            let task = parent.task;
            self.tell_and_wait(parent.execution, Report::Started { task, worker })?;
            return Ok(Some((token, input)));
        }
    }
}
