//! An execution of a machine, and the ways to tell it what happened.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pawl_asl::Machine;
use pawl_asl::limits::{HISTORY_EVENTS, SECONDS};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::Data;
use crate::fault::name;
use crate::program::Hop;
use crate::redrive::Redrives;
use crate::states::{MapTask, Run};
use crate::strand::{Alarm, RunningTask, Strand, StrandId};
use crate::{EventDetails, Failure, HistoryEvent, TaskId, TimerId, World};

/// The longest that an execution of an Express machine may take.
const EXPRESS_SECONDS: u64 = 300;

/// More events than AWS comes to in that time. A cycle in simulated time would go on for ever.
const EXPRESS_EVENTS: u64 = 1_000_000;

/// How many events an execution writes before it pauses.
const EVENTS_AT_ONCE: u64 = 500;

/// What an execution is started with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The execution's ARN, `$states.context.Execution.Id`.
    pub execution_arn: String,
    /// The execution's name.
    pub execution_name: String,
    /// The machine's ARN, `$states.context.StateMachine.Id`.
    pub machine_arn: String,
    /// The machine's name.
    pub machine_name: String,
    /// The ARN of the role that it runs under.
    pub role_arn: String,
    /// The input.
    pub input: Value,
    /// The input as it was sent, which the history shows; where there is none, it shows the input's own text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_text: Option<Arc<str>>,
    /// Where in the machine the execution runs: nowhere deeper for a whole machine, the item processor of a
    /// distributed Map for one of its children.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub block: Vec<Hop>,
    /// The Map Run whose child the execution is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_run_arn: Option<String>,
    /// Whether it is one of an Express machine: it has minutes instead of a year, and any number of events.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_express: bool,
}

/// What a state that is tried out finds as if it had been there before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rehearsal {
    /// The state's name; it stands in no branch.
    pub state: String,
    /// How often it was tried again already, by each of its retriers.
    pub retries: u64,
    /// What stands for the context object.
    pub context: Option<Value>,
}

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// It has not ended.
    Running,
    /// It ended well.
    Succeeded {
        /// Its output.
        output: Value,
    },
    /// It failed.
    Failed {
        /// The error's name; a Fail state may give none.
        error: Option<String>,
        /// What went wrong.
        cause: Option<String>,
    },
    /// It took longer than the machine allows. AWS gives no error here, only in the last event.
    TimedOut {
        /// The error's name.
        error: Option<String>,
        /// What went wrong.
        cause: Option<String>,
    },
    /// It was stopped.
    Aborted {
        /// What whoever stopped it gave as the error.
        error: Option<String>,
        /// What whoever stopped it gave as the cause.
        cause: Option<String>,
    },
}

/// An execution: told what happens, it goes on until it needs something from its world.
#[derive(Debug)]
pub struct Execution {
    pub(crate) machine: Arc<Machine>,
    pub(crate) start: Start,
    pub(crate) started_at: Timestamp,
    pub(crate) status: Status,
    /// When it ended, if it has.
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) redrives: Redrives,
    /// Where the strands of an execution that ended badly were.
    pub(crate) stopped: BTreeMap<StrandId, Strand>,
    /// How many events there are.
    pub(crate) events: u64,
    pub(crate) strands: BTreeMap<StrandId, Strand>,
    pub(crate) tasks: BTreeMap<TaskId, RunningTask>,
    pub(crate) timers: BTreeMap<TimerId, Alarm>,
    /// The Map Runs of distributed Maps, in the order in which they began.
    pub(crate) map_runs: Vec<Run>,
    /// What the tasks of Map Runs are for: reading, a child execution, writing.
    pub(crate) map_tasks: BTreeMap<TaskId, MapTask>,
    /// The strands that are about to enter a state, or to go on in the one where they were stopped.
    pub(crate) queue: VecDeque<StrandId>,
    /// Counts strands, tasks and timers.
    pub(crate) counter: u64,
    /// The most bytes that the variables can have.
    pub(crate) variable_bytes: usize,
    /// The state that is tried out.
    pub(crate) rehearsal: Option<Rehearsal>,
}

impl Execution {
    /// Starts an execution and runs it as far as it goes by itself.
    pub fn start(machine: Arc<Machine>, start: Start, world: &mut dyn World) -> Self {
        Self::begin(machine, start, None, world)
    }

    /// Starts an execution that tries one state out.
    pub fn rehearse(
        machine: Arc<Machine>,
        start: Start,
        rehearsal: Rehearsal,
        world: &mut dyn World,
    ) -> Self {
        Self::begin(machine, start, Some(rehearsal), world)
    }

    fn begin(
        machine: Arc<Machine>,
        mut start: Start,
        rehearsal: Option<Rehearsal>,
        world: &mut dyn World,
    ) -> Self {
        let input = Data::new(start.input.clone());
        let sent = start.input_text.take();
        let mut execution = Self {
            machine,
            started_at: world.now(),
            status: Status::Running,
            ended_at: None,
            redrives: Redrives::default(),
            stopped: BTreeMap::new(),
            events: 0,
            strands: BTreeMap::new(),
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            map_runs: Vec::new(),
            map_tasks: BTreeMap::new(),
            queue: VecDeque::new(),
            counter: 0,
            variable_bytes: 0,
            rehearsal,
            start,
        };
        let mut engine = Engine {
            execution: &mut execution,
            world,
        };
        engine.begin(input, sent);
        engine.run();
        execution
    }

    /// Reports that a task has done its work. For a task that waits for its token, this is the token's answer.
    pub fn task_succeeded(&mut self, task: TaskId, output: Value, world: &mut dyn World) {
        self.told(world, |engine| engine.task_succeeded(task, output));
    }

    /// Reports that a task has failed.
    pub fn task_failed(&mut self, task: TaskId, failure: Failure, world: &mut dyn World) {
        self.told(world, |engine| engine.task_failed(task, failure));
    }

    /// Reports that a worker has asked for the work of an activity; other tasks begin by themselves.
    pub fn task_started(&mut self, task: TaskId, worker: Option<String>, world: &mut dyn World) {
        self.told(world, |engine| engine.task_started(task, worker));
    }

    /// Reports how a child execution of a distributed Map has ended, whichever way that was.
    pub fn child_ended(&mut self, task: TaskId, status: Status, world: &mut dyn World) {
        self.told(world, |engine| engine.child_ended(task, status));
    }

    /// Reports that a service has not taken on a task that would have ended later: `TaskSubmitFailed`.
    pub fn task_not_submitted(&mut self, task: TaskId, failure: Failure, world: &mut dyn World) {
        self.told(world, |engine| engine.task_not_submitted(task, failure));
    }

    /// Reports that a service has taken on a task that ends later: by its token, or with the job it began.
    pub fn task_submitted(&mut self, task: TaskId, output: Value, world: &mut dyn World) {
        self.told(world, |engine| engine.task_submitted(task, output));
    }

    /// Reports that whoever works on a task still does.
    pub fn task_heartbeat(&mut self, task: TaskId, world: &mut dyn World) {
        self.told(world, |engine| engine.task_heartbeat(task));
    }

    /// Reports that a timer is due.
    pub fn timer_fired(&mut self, timer: TimerId, world: &mut dyn World) {
        self.told(world, |engine| engine.timer_fired(timer));
    }

    /// Stops the execution.
    pub fn stop(&mut self, error: Option<String>, cause: Option<String>, world: &mut dyn World) {
        self.told(world, |engine| {
            let failure = Failure {
                error: error.clone(),
                cause: cause.clone(),
            };
            engine.end(
                0,
                EventDetails::ExecutionAborted(failure),
                Status::Aborted { error, cause },
            );
        });
    }

    /// Where the execution stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// How many events there are so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the execution can go on by itself: it pauses after many events, so that others get their turn and time
    /// passes.
    pub fn is_ready(&self) -> bool {
        self.status == Status::Running && !self.queue.is_empty()
    }

    /// Goes on after a pause.
    pub fn go_on(&mut self, world: &mut dyn World) {
        self.told(world, |_| {});
    }

    /// When the execution was started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// An execution that has ended hears nothing any more.
    pub(crate) fn told(&mut self, world: &mut dyn World, report: impl FnOnce(&mut Engine)) {
        if self.status == Status::Running {
            let mut engine = Engine {
                execution: self,
                world,
            };
            report(&mut engine);
            engine.run();
        }
    }
}

/// An execution at work, with its world at hand. What each kind of state does is in `states`.
pub(crate) struct Engine<'a> {
    pub(crate) execution: &'a mut Execution,
    pub(crate) world: &'a mut dyn World,
}

impl Engine<'_> {
    fn begin(&mut self, input: Data, sent: Option<Arc<str>>) {
        let role_arn = self.execution.start.role_arn.clone();
        self.append(
            0,
            EventDetails::ExecutionStarted {
                input: sent.unwrap_or_else(|| Arc::clone(&input.text)),
                role_arn,
            },
        );
        self.limit(self.execution.started_at);
        let block = self.execution.start.block.clone();
        self.add_strand(None, block, None, input, 0);
    }

    /// Sets the timer of the execution's own timeout, where it has one.
    pub(crate) fn limit(&mut self, start: Timestamp) {
        // The limit is the machine's; a child execution of a distributed Map has none.
        let is_child = !self.execution.start.block.is_empty();
        let limit = self.execution.machine.timeout_seconds;
        let limit = limit.filter(|_| !is_child);
        let limit = if self.execution.start.is_express {
            Some(limit.map_or(EXPRESS_SECONDS, |seconds| seconds.min(EXPRESS_SECONDS)))
        } else {
            limit
        };
        if let Some(seconds) = limit {
            self.set_timer(later(start, seconds), Alarm::ExecutionTimeout);
        }
    }

    /// Lets strands enter states until all of them wait for something, or it is time for a pause.
    pub(crate) fn run(&mut self) {
        let pause = self.execution.events.saturating_add(EVENTS_AT_ONCE);
        while self.execution.events < pause
            && let Some(strand) = self.execution.queue.pop_front()
        {
            self.proceed(strand);
        }
    }

    /// Adds an event after another; returns its number.
    ///
    /// The last event that fits is the one that says so.
    pub(crate) fn append(&mut self, previous_id: u64, details: EventDetails) -> u64 {
        let id = self.execution.events + 1;
        let event = HistoryEvent {
            id,
            previous_id,
            timestamp: self.world.now(),
            details,
        };
        if self.execution.status != Status::Running {
            return previous_id;
        }
        let most = if self.execution.start.is_express {
            EXPRESS_EVENTS
        } else {
            HISTORY_EVENTS
        };
        if id >= most && !event.is_terminal() {
            if self.execution.start.is_express {
                self.execution_timed_out();
                return previous_id;
            }
            let cause = format!(
                "The execution reached the maximum number of history events ({HISTORY_EVENTS})."
            );
            self.fail(id - 1, Failure::new(name::RUNTIME, cause));
            return previous_id;
        }
        self.execution.events = id;
        self.world.append(event);
        id
    }

    /// Adds an event to a strand's line.
    pub(crate) fn record(&mut self, id: StrandId, details: EventDetails) {
        let Some(previous) = self
            .execution
            .strands
            .get(&id)
            .map(|strand| strand.previous_event)
        else {
            return;
        };
        let event = self.append(previous, details);
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.previous_event = event;
        }
    }

    /// Ends the execution with an error.
    pub(crate) fn fail(&mut self, previous_id: u64, failure: Failure) {
        let status = Status::Failed {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
        };
        self.end(previous_id, EventDetails::ExecutionFailed(failure), status);
    }

    /// Ends the execution: one last event, and everything still at work is given up. One that ends badly keeps its
    /// place, so that it can be redriven.
    pub(crate) fn end(&mut self, previous_id: u64, details: EventDetails, status: Status) {
        if self.execution.status != Status::Running {
            return;
        }
        self.append(previous_id, details);
        let strands = std::mem::take(&mut self.execution.strands);
        if !matches!(status, Status::Succeeded { .. }) {
            self.execution.stopped = strands;
        }
        self.execution.status = status;
        self.execution.ended_at = Some(self.world.now());
        self.execution.queue.clear();
        for timer in std::mem::take(&mut self.execution.timers).into_keys() {
            self.world.cancel_timer(timer);
        }
        for task in std::mem::take(&mut self.execution.tasks).into_keys() {
            self.world.cancel_task(task);
        }
        self.stop_map_runs();
    }

    /// The execution itself has taken too long. Only the event names the error, or the answer of an Express one, which
    /// has no events to look at.
    pub(crate) fn execution_timed_out(&mut self) {
        let is_express = self.execution.start.is_express;
        let failure = Failure {
            error: Some(name::TIMEOUT.to_owned()),
            cause: None,
        };
        self.end(
            0,
            EventDetails::ExecutionTimedOut(failure),
            Status::TimedOut {
                error: is_express.then(|| name::TIMEOUT.to_owned()),
                cause: None,
            },
        );
    }

    /// Counts on: strands, tasks and timers share one counter.
    pub(crate) fn count(&mut self) -> u64 {
        self.execution.counter += 1;
        self.execution.counter
    }

    pub(crate) fn set_timer(&mut self, due: Timestamp, alarm: Alarm) -> TimerId {
        let timer = TimerId(self.count());
        self.execution.timers.insert(timer, alarm);
        self.world.set_timer(timer, due);
        timer
    }

    pub(crate) fn cancel_timer(&mut self, timer: TimerId) {
        if self.execution.timers.remove(&timer).is_some() {
            self.world.cancel_timer(timer);
        }
    }

    fn timer_fired(&mut self, timer: TimerId) {
        match self.execution.timers.remove(&timer) {
            Some(Alarm::ExecutionTimeout) => self.execution_timed_out(),
            Some(Alarm::Wait(strand)) => self.waited(strand),
            Some(Alarm::Retry(strand)) => self.attempt(strand),
            Some(Alarm::TaskTimeout(task)) => self.task_timed_out(task),
            Some(Alarm::Heartbeat(task)) => self.heartbeat_missed(task),
            // A timer that was given up while it was on its way.
            None => {}
        }
    }
}

/// A moment some seconds later, as far as the calendar reaches.
pub(crate) fn later(moment: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds.min(SECONDS)).unwrap_or(i64::MAX);
    moment
        .saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
