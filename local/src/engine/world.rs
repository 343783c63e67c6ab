//! What an execution sees of its surroundings while it is told something.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use pawl_interpreter::{HistoryEvent, Start, TaskId, TaskRequest, TimerId, World};
use tokio::sync::mpsc::UnboundedSender;

use crate::Clock;
use crate::random::Random;

use super::driver::Work;
use super::task::Task;
use super::timers::Timers;

/// The surroundings of one execution.
pub(super) struct Surroundings<'state> {
    pub(super) number: u64,
    pub(super) arn: &'state str,
    pub(super) clock: &'state Clock,
    pub(super) timers: &'state mut Timers,
    pub(super) tokens: &'state mut BTreeMap<String, (u64, TaskId)>,
    pub(super) work: &'state mut VecDeque<Work>,
    pub(super) random: &'state mut Random,
    pub(super) listeners: &'state mut Vec<UnboundedSender<(String, HistoryEvent)>>,
    pub(super) history: &'state mut Vec<HistoryEvent>,
}

impl World for Surroundings<'_> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn random(&mut self) -> f64 {
        self.random.fraction()
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        if let Some(token) = &request.token {
            self.tokens.insert(token.clone(), (self.number, task));
        }
        self.work.push_back(Work::Task {
            execution: self.number,
            task,
            request: Task::read(&request),
        });
    }

    /// The function goes on to its end, as it does on AWS; only nobody waits for it any more.
    fn cancel_task(&mut self, task: TaskId) {
        let number = self.number;
        self.tokens.retain(|_, waiting| *waiting != (number, task));
    }

    fn set_timer(&mut self, timer: TimerId, due: Timestamp) {
        self.timers.set(self.number, timer, due);
    }

    fn cancel_timer(&mut self, timer: TimerId) {
        self.timers.cancel(self.number, timer);
    }

    fn start_child(&mut self, _: TaskId, _: Start) {
        // Machines with a distributed Map are refused when they are made.
    }

    fn append(&mut self, event: HistoryEvent) {
        // Who has stopped listening is forgotten.
        self.listeners
            .retain(|listener| listener.send((self.arn.to_owned(), event.clone())).is_ok());
        self.history.push(event);
    }
}
