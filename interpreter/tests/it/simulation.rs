//! A world without waiting: tasks are answered by a function, and time jumps from timer to timer.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pawl_asl::Machine;
use pawl_interpreter::{
    Execution, Failure, HistoryEvent, Start, Status, TaskId, TaskRequest, TimerId, World,
};
use serde_json::Value;

/// What becomes of a task.
pub(crate) enum Outcome {
    /// It ends well at once.
    Succeeds(Value),
    /// It fails at once.
    Fails(Failure),
    /// It is taken on first, then ends.
    Submitted(Value, Box<Outcome>),
    /// It never ends.
    Hangs,
}

/// A world in which nothing takes time but timers.
pub(crate) struct Simulation<'a> {
    now: Timestamp,
    random: f64,
    answer: Box<dyn FnMut(&TaskRequest) -> Outcome + 'a>,
    started: VecDeque<(TaskId, TaskRequest)>,
    timers: BTreeSet<(Timestamp, TimerId)>,
    events: Vec<HistoryEvent>,
}

impl World for Simulation<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&mut self) -> f64 {
        self.random
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        self.started.push_back((task, request));
    }

    fn cancel_task(&mut self, task: TaskId) {
        self.started.retain(|(started, _)| *started != task);
    }

    fn set_timer(&mut self, timer: TimerId, due: Timestamp) {
        self.timers.insert((due, timer));
    }

    fn cancel_timer(&mut self, timer: TimerId) {
        self.timers.retain(|(_, set)| *set != timer);
    }

    fn append(&mut self, event: HistoryEvent) {
        self.events.push(event);
    }

    fn start_child(&mut self, _: TaskId, child: Start) {
        panic!("no test has children yet: {child:?}");
    }
}

impl<'a> Simulation<'a> {
    /// A world that answers tasks with a function.
    pub(crate) fn new(answer: impl FnMut(&TaskRequest) -> Outcome + 'a) -> Self {
        Self {
            now: "2026-01-01T00:00:00Z".parse().expect("a moment"),
            random: 0.5,
            answer: Box::new(answer),
            started: VecDeque::new(),
            timers: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// The same world with another number for chance.
    pub(crate) fn with_random(mut self, random: f64) -> Self {
        self.random = random;
        self
    }

    /// How many tasks and timers are open.
    pub(crate) fn at_work(&self) -> (usize, usize) {
        (self.started.len(), self.timers.len())
    }

    /// The task that was started first, out of those that are open.
    pub(crate) fn first_task(&mut self) -> (TaskId, TaskRequest) {
        self.started.pop_front().expect("a task is open")
    }

    /// Every event so far.
    pub(crate) fn history(&self) -> &[HistoryEvent] {
        &self.events
    }

    /// How long the world has existed.
    pub(crate) fn elapsed(&self) -> SignedDuration {
        self.now
            .duration_since("2026-01-01T00:00:00Z".parse().expect("a moment"))
    }

    /// Runs a machine until it ends or nothing can happen any more.
    pub(crate) fn run(&mut self, machine: Machine, start: Start) -> Execution {
        let mut execution = Execution::start(Arc::new(machine), start, self);
        self.settle(&mut execution);
        let count = u64::try_from(self.events.len()).expect("a count");
        assert_eq!(execution.events(), count, "the log has every event");
        let ended = *execution.status() != Status::Running;
        assert!(
            !ended || self.timers.is_empty(),
            "an execution that has ended leaves no timer behind"
        );
        execution
    }

    /// Redrives an execution and runs it until it ends or nothing can happen any more.
    pub(crate) fn redrive(&mut self, execution: &mut Execution) -> Result<(), &'static str> {
        execution.redrive(self)?;
        self.settle(execution);
        Ok(())
    }

    fn settle(&mut self, execution: &mut Execution) {
        loop {
            if execution.is_ready() {
                execution.go_on(self);
            } else if let Some((task, request)) = self.started.pop_front() {
                let outcome = (self.answer)(&request);
                self.report(execution, task, outcome);
            } else if let Some((due, timer)) = self.timers.pop_first() {
                self.now = self.now.max(due);
                execution.timer_fired(timer, self);
            } else {
                return;
            }
        }
    }

    fn report(&mut self, execution: &mut Execution, task: TaskId, outcome: Outcome) {
        match outcome {
            Outcome::Succeeds(output) => execution.task_succeeded(task, output, self),
            Outcome::Fails(failure) => execution.task_failed(task, failure, self),
            Outcome::Submitted(output, then) => {
                execution.task_submitted(task, output, self);
                self.report(execution, task, *then);
            }
            Outcome::Hangs => {}
        }
    }
}

/// The types of an execution's events.
pub(crate) fn event_types(events: &[HistoryEvent]) -> Vec<String> {
    events.iter().map(HistoryEvent::event_type).collect()
}
