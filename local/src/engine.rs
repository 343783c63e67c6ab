//! Runs executions: the interpreter decides, this gives it time, chance and functions.
//!
//! Executions live in memory. The place where they become durable is [`State`]: an execution goes on from its
//! machine, its input and the outcomes that it was told, in their order.

mod driver;
mod notice;
mod task;
mod timers;
mod world;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_interpreter::{Execution, Failure, HistoryEvent, Start, Status, TaskId, World};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use crate::random::Random;
use crate::{Clock, Functions};

use driver::Work;
pub(crate) use notice::status_name;
pub(crate) use task::is_invocable;
use timers::Timers;
use world::Surroundings;

/// Runs executions until it is dropped.
pub(crate) struct Engine {
    shared: Arc<Shared>,
    driver: AbortHandle,
}

/// What the driver and the callers have in common.
pub(crate) struct Shared {
    clock: Clock,
    functions: Mutex<Option<Functions>>,
    state: Mutex<State>,
    /// Tells the driver that there is something new to do.
    wake: Notify,
    /// Whether nothing is left that happens by itself.
    idle: watch::Sender<bool>,
}

/// Everything that changes.
struct State {
    /// Executions by number, in the order in which they were started.
    executions: BTreeMap<u64, Kept>,
    /// The numbers of executions by ARN.
    numbers: BTreeMap<String, u64>,
    timers: Timers,
    /// The tasks that wait for a token.
    tokens: BTreeMap<String, (u64, TaskId)>,
    work: VecDeque<Work>,
    /// How many functions are running.
    running: usize,
    invocations: u64,
    random: Random,
    listeners: Vec<UnboundedSender<(String, HistoryEvent)>>,
}

/// What is known of an execution from its start on.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) machine_arn: String,
    pub(crate) version_arn: Option<String>,
    /// The input, as its author wrote it.
    pub(crate) input: String,
    pub(crate) started: Timestamp,
}

/// An execution and what we know of it.
struct Kept {
    about: About,
    execution: Execution,
    history: Vec<HistoryEvent>,
    stopped: Option<Timestamp>,
}

/// Where an execution stands, for whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) about: About,
    pub(crate) status: Status,
    pub(crate) stopped: Option<Timestamp>,
}

impl Engine {
    /// Begins to drive executions; none is there yet.
    pub(crate) fn new(clock: Clock, seed: u64) -> Self {
        let state = State {
            executions: BTreeMap::new(),
            numbers: BTreeMap::new(),
            timers: Timers::default(),
            tokens: BTreeMap::new(),
            work: VecDeque::new(),
            running: 0,
            invocations: 0,
            random: Random::new(seed),
            listeners: Vec::new(),
        };
        let shared = Arc::new(Shared {
            clock,
            functions: Mutex::default(),
            state: Mutex::new(state),
            wake: Notify::new(),
            idle: watch::Sender::new(true),
        });
        let driver = tokio::spawn(driver::drive(Arc::clone(&shared))).abort_handle();
        Self { shared, driver }
    }

    /// Sets the functions.
    pub(crate) fn install(&self, functions: Functions) {
        *self
            .shared
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(functions);
    }

    /// Every event of every execution from now on.
    pub(crate) fn events(&self) -> UnboundedReceiver<(String, HistoryEvent)> {
        let (sender, receiver) = unbounded_channel();
        self.shared.state().listeners.push(sender);
        receiver
    }

    /// Tells when nothing is left that happens by itself.
    pub(crate) fn idle(&self) -> watch::Receiver<bool> {
        self.shared.idle.subscribe()
    }

    /// The functions' own entry, for those who call one directly.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Starts an execution, unless `existing` finds that there is one of that ARN already.
    pub(crate) fn start<Refusal>(
        &self,
        machine: Machine,
        start: Start,
        about: impl FnOnce(Timestamp) -> About,
        existing: impl FnOnce(&Snapshot) -> Result<About, Refusal>,
    ) -> Result<About, Refusal> {
        let mut state = self.shared.state();
        if let Some(kept) = state
            .numbers
            .get(&start.execution_arn)
            .and_then(|number| state.executions.get(number))
        {
            return existing(&kept.snapshot());
        }
        let about = about(self.shared.clock.now());
        let number = state
            .executions
            .last_key_value()
            .map_or(1, |(number, _)| number + 1);
        state.numbers.insert(about.arn.clone(), number);
        state
            .work
            .push_back(Work::notice(&about, &Status::Running, None));
        let State {
            timers,
            tokens,
            work,
            random,
            listeners,
            ..
        } = &mut *state;
        let clock = &self.shared.clock;
        let mut history = Vec::new();
        let mut world = Surroundings {
            number,
            arn: &about.arn,
            clock,
            timers,
            tokens,
            work,
            random,
            listeners,
            history: &mut history,
        };
        let mut execution = Execution::start(Arc::new(machine), start, &mut world);
        while execution.is_ready() {
            execution.go_on(&mut world);
        }
        let mut kept = Kept {
            about: about.clone(),
            execution,
            history,
            stopped: None,
        };
        kept.note_end(clock, work);
        state.executions.insert(number, kept);
        self.shared.stir();
        Ok(about)
    }

    /// Stops an execution; `None` if there is none of that ARN.
    pub(crate) fn stop(
        &self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Option<Snapshot> {
        let number = *self.shared.state().numbers.get(arn)?;
        self.shared.tell(number, |execution, world| {
            execution.stop(error, cause, world);
        });
        self.snapshot(arn)
    }

    /// Reports the outcome of a task that waits for its token; `None` if nothing waits for that token.
    pub(crate) fn answer_token(&self, token: &str, outcome: TokenOutcome) -> Option<()> {
        let (number, task) = match outcome {
            TokenOutcome::Heartbeat => *self.shared.state().tokens.get(token)?,
            // An answer is given once.
            TokenOutcome::Succeeded(_) | TokenOutcome::Failed(_) => {
                self.shared.state().tokens.remove(token)?
            }
        };
        self.shared.tell(number, |execution, world| match outcome {
            TokenOutcome::Succeeded(output) => execution.task_succeeded(task, output, world),
            TokenOutcome::Failed(failure) => execution.task_failed(task, failure, world),
            TokenOutcome::Heartbeat => execution.task_heartbeat(task, world),
        });
        Some(())
    }

    /// Where an execution stands.
    pub(crate) fn snapshot(&self, arn: &str) -> Option<Snapshot> {
        let state = self.shared.state();
        Some(state.executions.get(state.numbers.get(arn)?)?.snapshot())
    }

    /// Where every execution stands, the latest first.
    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        self.shared
            .state()
            .executions
            .values()
            .rev()
            .map(Kept::snapshot)
            .collect()
    }

    /// The history of an execution so far.
    pub(crate) fn history(&self, arn: &str) -> Option<Vec<HistoryEvent>> {
        let state = self.shared.state();
        Some(
            state
                .executions
                .get(state.numbers.get(arn)?)?
                .history
                .clone(),
        )
    }

    /// A new random name.
    pub(crate) fn random_name(&self) -> String {
        self.shared.state().random.uuid()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What was reported for a token.
#[derive(Debug)]
pub(crate) enum TokenOutcome {
    /// The task is done.
    Succeeded(Value),
    /// The task has failed.
    Failed(Failure),
    /// Somebody still works on it.
    Heartbeat,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells an execution what happened, and lets it go on.
    fn tell(&self, number: u64, report: impl FnOnce(&mut Execution, &mut dyn World)) {
        let mut state = self.state();
        let State {
            executions,
            timers,
            tokens,
            work,
            random,
            listeners,
            ..
        } = &mut *state;
        if let Some(kept) = executions.get_mut(&number) {
            let arn = kept.about.arn.as_str();
            let clock = &self.clock;
            let mut world = Surroundings {
                number,
                arn,
                clock,
                timers,
                tokens,
                work,
                random,
                listeners,
                history: &mut kept.history,
            };
            report(&mut kept.execution, &mut world);
            while kept.execution.is_ready() {
                kept.execution.go_on(&mut world);
            }
            kept.note_end(clock, work);
        }
        self.stir();
    }

    /// Wakes the driver. The caller holds the state, so that nobody sees the engine idle in between.
    fn stir(&self) {
        self.idle.send_replace(false);
        self.wake.notify_one();
    }
}

impl Kept {
    fn snapshot(&self) -> Snapshot {
        let status = self.execution.status().clone();
        Snapshot {
            about: self.about.clone(),
            status,
            stopped: self.stopped,
        }
    }

    /// Takes note of the end, once, and has it announced.
    fn note_end(&mut self, clock: &Clock, work: &mut VecDeque<Work>) {
        let status = self.execution.status();
        if *status != Status::Running && self.stopped.is_none() {
            let stopped = clock.now();
            self.stopped = Some(stopped);
            work.push_back(Work::notice(&self.about, status, Some(stopped)));
        }
    }
}
