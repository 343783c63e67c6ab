//! What an execution sees of its surroundings while it is told something, and what it asks of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use pawl_interpreter::{
    HistoryEvent, Patience, Refusal, Start, TaskId, TaskRequest, TimerId, World,
};

use crate::random::Random;

use super::task::{activity_of, wrong_arguments};

/// What an execution waits for.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// The tasks that are at work.
    pub(super) tasks: BTreeMap<TaskId, Progress>,
    /// The tokens of tasks.
    pub(super) tokens: BTreeMap<TaskId, String>,
    /// Whether there was ever one.
    pub(super) has_had_tokens: bool,
    /// The inputs of tasks that a worker has to ask for.
    pub(super) inputs: BTreeMap<TaskId, String>,
    timers: BTreeMap<TimerId, Timestamp>,
    due: BTreeSet<(Timestamp, TimerId)>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has to be begun again after a restart.
    Begun,
    /// It was taken on by something here, which has to be found again after a restart.
    Taken,
    /// It was taken on, and its answer comes from elsewhere.
    Elsewhere,
}

/// Something that an execution wants done.
#[derive(Debug)]
pub(super) enum Begun {
    Task(TaskId, Box<TaskRequest>),
    Child(TaskId, Box<Start>),
    /// A child that has ended badly goes on.
    ChildAgain(TaskId, Box<Start>),
}

impl Begun {
    pub(super) fn task(&self) -> TaskId {
        match self {
            Self::Task(task, _) | Self::Child(task, _) | Self::ChildAgain(task, _) => *task,
        }
    }
}

/// The surroundings for the time of one report.
pub(super) struct Surroundings<'open> {
    pub(super) now: Timestamp,
    pub(super) random: &'open mut Random,
    pub(super) waits: &'open mut Waits,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) begun: Vec<Begun>,
    pub(super) cancelled: Vec<TaskId>,
    pub(super) expressions: Expressions,
}

/// The expressions that are evaluated in the time of one report.
#[derive(Debug)]
pub(super) struct Expressions {
    /// How many there were so far.
    count: u32,
    /// Those that took too long, by their places.
    pub(super) too_long: Vec<u32>,
    /// How long the others may take.
    patience: Patience,
}

impl Expressions {
    /// Those of a report that is told for the first time.
    pub(super) fn first() -> Self {
        Self {
            count: 0,
            too_long: Vec::new(),
            patience: Patience::Seconds,
        }
    }

    /// The same, where others wait for it: one that takes longer than a moment is evaluated again elsewhere.
    pub(super) fn at_once() -> Self {
        Self {
            patience: Patience::Moment,
            ..Self::first()
        }
    }

    /// Those of a report that was told before.
    pub(super) fn again(too_long: Vec<u32>) -> Self {
        Self {
            count: 0,
            too_long,
            patience: Patience::Again,
        }
    }
}

impl<'open> Surroundings<'open> {
    pub(super) fn new(
        now: Timestamp,
        random: &'open mut Random,
        waits: &'open mut Waits,
        expressions: Expressions,
    ) -> Self {
        Self {
            expressions,
            now,
            random,
            waits,
            events: Vec::new(),
            begun: Vec::new(),
            cancelled: Vec::new(),
        }
    }
}

impl Waits {
    /// The next timer and when it is due.
    pub(super) fn next(&self) -> Option<(Timestamp, TimerId)> {
        self.due.first().copied()
    }

    /// Whether there is work that would have to be begun again after a restart.
    pub(super) fn is_busy(&self) -> bool {
        self.tasks
            .values()
            .any(|progress| *progress != Progress::Elsewhere)
    }

    /// Whether a task would have to be begun again after a restart.
    pub(super) fn has_to_begin(&self, task: TaskId) -> bool {
        self.tasks
            .get(&task)
            .is_some_and(|progress| *progress != Progress::Elsewhere)
    }

    /// Whether something here has taken a task on.
    pub(super) fn is_taken(&self, task: TaskId) -> bool {
        self.tasks.get(&task) == Some(&Progress::Taken)
    }

    /// Takes note that somebody has taken a task on.
    pub(super) fn take_on(&mut self, task: TaskId) {
        let taken = if self.tokens.contains_key(&task) {
            Progress::Elsewhere
        } else {
            Progress::Taken
        };
        if let Some(progress) = self.tasks.get_mut(&task) {
            *progress = taken;
        }
    }

    /// Takes a task out: its outcome is known, or nobody waits for it any more.
    pub(super) fn finish(&mut self, task: TaskId) {
        self.tasks.remove(&task);
        self.tokens.remove(&task);
        self.inputs.remove(&task);
    }

    /// Takes a timer out.
    pub(super) fn take(&mut self, timer: TimerId) {
        if let Some(due) = self.timers.remove(&timer) {
            self.due.remove(&(due, timer));
        }
    }
}

impl World for Surroundings<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&mut self) -> f64 {
        self.random.fraction()
    }

    fn refuses(&self, request: &TaskRequest) -> Option<Refusal> {
        wrong_arguments(request).map(Refusal::Missing)
    }

    fn patience(&mut self) -> Patience {
        let Expressions {
            count,
            too_long,
            patience,
        } = &mut self.expressions;
        *count += 1;
        if too_long.contains(count) {
            // It was evaluated before.
            Patience::None
        } else {
            *patience
        }
    }

    fn processor_time(&self) -> Option<Duration> {
        crate::clock::processor_time()
    }

    fn took_too_long(&mut self) {
        let Expressions {
            count, too_long, ..
        } = &mut self.expressions;
        too_long.push(*count);
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        self.waits.tasks.insert(task, Progress::Begun);
        if let Some(token) = &request.token {
            self.waits.tokens.insert(task, token.clone());
            self.waits.has_had_tokens = true;
        }
        if activity_of(&request.resource).is_some() {
            let input = request.arguments.to_string();
            self.waits.inputs.insert(task, input);
        }
        self.begun.push(Begun::Task(task, Box::new(request)));
    }

    fn start_child(&mut self, task: TaskId, child: Start) {
        self.waits.tasks.insert(task, Progress::Begun);
        self.begun.push(Begun::Child(task, Box::new(child)));
    }

    fn redrive_child(&mut self, task: TaskId, child: Start) {
        self.waits.tasks.insert(task, Progress::Begun);
        self.begun.push(Begun::ChildAgain(task, Box::new(child)));
    }

    /// The function goes on to its end, as it does on AWS; only nobody waits for it any more.
    fn cancel_task(&mut self, task: TaskId) {
        self.waits.finish(task);
        self.begun.retain(|begun| begun.task() != task);
        self.cancelled.push(task);
    }

    fn set_timer(&mut self, timer: TimerId, due: Timestamp) {
        self.waits.timers.insert(timer, due);
        self.waits.due.insert((due, timer));
    }

    fn cancel_timer(&mut self, timer: TimerId) {
        self.waits.take(timer);
    }

    fn append(&mut self, event: HistoryEvent) {
        self.events.push(event);
    }
}
