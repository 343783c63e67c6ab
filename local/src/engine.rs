//! Runs executions: the interpreter decides, this gives it time, chance and functions, and keeps what it decided.
//!
//! An execution is kept as its start and what it was told, in order; told the same again it comes to the same place.
//! So it can be left out of memory and brought back, by this process or a later one.
//!
//! ```text
//! report ──> Open::tell ──> Journal (one transaction for many) ──> Work ──> a function ──> report ...
//! ```

mod about;
mod activity;
mod agenda;
mod children;
mod driver;
mod keep;
mod later;
mod load;
mod notice;
mod open;
mod report;
mod run;
mod slot;
mod task;
mod tell;
mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::available_parallelism;

use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_interpreter::{Failure, HistoryEvent, UpdateMapRun};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::task::AbortHandle;

use crate::audience::Audience;
use crate::jobs::Job;
use crate::journal::{Broken, Filter, Journal, deep};
use crate::lambda::Lambda;
use crate::random::Random;
use crate::{Aws, Clock, Error};

use about::MAP_RUNS;
pub(crate) use about::{About, Definition, KeptMapRun, Parent, Snapshot};
use activity::Offers;
use agenda::Agenda;
use driver::Work;
use report::Report;
pub(crate) use run::Naming;
pub use run::{Ended, Ending};
use slot::Place;
pub(crate) use task::{is_invocable, wrong_arguments};

/// Runs executions until it is dropped.
pub(crate) struct Engine {
    shared: Arc<Shared>,
    driver: AbortHandle,
}

/// What is left that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Something runs, or is about to.
    Busy,
    /// Nothing runs until some time has passed.
    Timed,
    /// Nothing: executions have ended, or wait for a token.
    Settled,
}

/// What the driver and the callers have in common.
pub(crate) struct Shared {
    clock: Clock,
    journal: Arc<Journal>,
    pub(crate) lambda: Arc<Lambda>,
    audience: Arc<Audience>,
    state: Mutex<State>,
    /// Tells the driver that there is something new to do.
    wake: Notify,
    /// What is left that happens by itself.
    idle: watch::Sender<Rest>,
    /// Lets as many executions think at once as there are processors.
    thinkers: Semaphore,
    /// Lets a few more think beside those who take long.
    impatient: Semaphore,
    /// The services around, for tasks that call them.
    services: OnceLock<Weak<Aws>>,
}

/// Everything that changes.
struct State {
    /// The executions in memory, by number, in the order in which they were started.
    open: BTreeMap<u64, Place>,
    /// Their numbers by ARN.
    numbers: BTreeMap<String, u64>,
    /// Those that a task waits for.
    children: BTreeMap<Parent, u64>,
    /// The tasks of activities that no worker has asked for yet.
    activities: BTreeMap<String, Offers>,
    /// Those who wait for the end of an execution, by its ARN.
    ends: BTreeMap<String, Vec<oneshot::Sender<()>>>,
    /// How many executions were ever started.
    started: u64,
    /// When executions are to be woken.
    wakes: BTreeSet<(Timestamp, u64)>,
    /// Those of them that are not in memory.
    asleep: BTreeMap<u64, Timestamp>,
    /// The machines of definitions that somebody runs, by hash.
    machines: BTreeMap<String, Weak<Machine>>,
    work: VecDeque<Work>,
    /// What is to happen at a time.
    jobs: Agenda,
    /// How far simulated time may go for jobs that only follow the calendar.
    horizon: Timestamp,
    /// The last job of an earlier process, until its jobs go on.
    inherited_jobs: Option<u64>,
    /// How many jobs there ever were.
    counted_jobs: u64,
    /// How many functions are running.
    running: usize,
    /// How many reports are on their way to the disk.
    unwritten: usize,
    /// How many have an execution, or wait for one.
    holds: usize,
    random: Random,
    listeners: Vec<UnboundedSender<(String, HistoryEvent)>>,
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

/// Why an execution could not be started or told something.
#[derive(Debug)]
pub(crate) enum Unable<Refusal> {
    /// The caller's own reason.
    Refused(Refusal),
    /// It could not be kept.
    Broken(Broken),
    /// What was kept could not be read.
    Unreadable(Error),
}

impl<Refusal> From<Error> for Unable<Refusal> {
    fn from(error: Error) -> Self {
        Self::Unreadable(error)
    }
}

impl<Refusal> From<Broken> for Unable<Refusal> {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Engine {
    /// Begins to drive executions; those of an earlier process rest until they are asked to go on.
    pub(crate) fn new(
        clock: Clock,
        journal: Arc<Journal>,
        lambda: Arc<Lambda>,
        audience: Arc<Audience>,
        seed: u64,
    ) -> Result<Self, Error> {
        let (started, counted_jobs) = journal.counts()?;
        let state = State {
            open: BTreeMap::new(),
            numbers: BTreeMap::new(),
            children: BTreeMap::new(),
            activities: BTreeMap::new(),
            ends: BTreeMap::new(),
            started,
            wakes: BTreeSet::new(),
            asleep: BTreeMap::new(),
            machines: BTreeMap::new(),
            work: VecDeque::new(),
            jobs: Agenda::default(),
            horizon: Timestamp::MIN,
            inherited_jobs: Some(counted_jobs),
            counted_jobs,
            running: 0,
            unwritten: 0,
            holds: 0,
            // An earlier process with the same seed has used the names that would come first.
            random: Random::new(seed.wrapping_add(started.wrapping_mul(0x9E37_79B9))),
            listeners: Vec::new(),
        };
        let processors = available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            clock,
            journal,
            lambda,
            audience,
            state: Mutex::new(state),
            wake: Notify::new(),
            idle: watch::Sender::new(Rest::Settled),
            thinkers: Semaphore::new(processors),
            impatient: Semaphore::new(2 * processors),
            services: OnceLock::new(),
        });
        let driver = tokio::spawn(driver::drive(Arc::clone(&shared))).abort_handle();
        Ok(Self { shared, driver })
    }

    /// Says which services are around.
    pub(crate) fn attach(&self, services: Weak<Aws>) {
        // It is said once, when they are opened.
        let _ = self.shared.services.set(services);
    }

    /// Goes on with the open executions whose names begin with `prefix`, and with what is to be delivered. How many
    /// executions rested until now.
    pub(crate) fn go_on(&self, prefix: &str) -> Result<usize, Error> {
        self.shared.go_on(prefix)
    }

    /// Has something happen at a time. It blocks until that is kept.
    pub(crate) fn add_jobs(&self, jobs: Vec<Job>) -> Result<(), Broken> {
        self.shared.add_jobs(jobs)
    }

    /// Lets simulated time go on to a moment, for what only follows the calendar.
    pub(crate) fn reach(&self, horizon: Timestamp) {
        let mut state = self.shared.state();
        state.horizon = horizon.max(state.horizon);
        self.shared.stir();
    }

    /// Every event of every execution from now on.
    pub(crate) fn events(&self) -> UnboundedReceiver<(String, HistoryEvent)> {
        let (sender, receiver) = unbounded_channel();
        self.shared.state().listeners.push(sender);
        receiver
    }

    /// Tells what is left that happens by itself.
    pub(crate) fn idle(&self) -> watch::Receiver<Rest> {
        let idle = self.shared.idle.subscribe();
        // While nobody asked, nobody may have looked.
        self.shared.wake.notify_one();
        idle
    }

    /// The functions' own entry, for those who call one directly.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Starts an execution, unless `existing` finds that there is one of that ARN already. It blocks on the disk.
    pub(crate) fn start<Refusal>(
        &self,
        definition: &Definition,
        about: About,
        existing: impl FnOnce(&Snapshot) -> Result<About, Refusal>,
    ) -> Result<About, Unable<Refusal>> {
        self.shared.start(definition, about, existing)
    }

    /// Stops an execution; `None` if there is none of that ARN. It blocks on the disk.
    pub(crate) fn stop(
        &self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<Option<Snapshot>, Unable<Infallible>> {
        let Some(snapshot) = self.snapshot(arn)? else {
            return Ok(None);
        };
        if snapshot.is_running() {
            let stop = Report::Stop { error, cause };
            self.shared.tell_and_wait(snapshot.number, |_| Some(stop))?;
        }
        Ok(self.snapshot(arn)?)
    }

    /// Reports the outcome of a task that waits for its token; `None` if nothing waits for that token.
    pub(crate) fn answer_token(
        &self,
        token: &str,
        outcome: TokenOutcome,
    ) -> Result<Option<()>, Unable<Infallible>> {
        let Some(number) = self.shared.journal.token(token)? else {
            return Ok(None);
        };
        let told = self.shared.tell_and_wait(number, |open| {
            let mut tokens = open.waits.tokens.iter();
            let (task, _) = tokens.find(|(_, known)| *known == token)?;
            let task = *task;
            Some(match outcome {
                TokenOutcome::Succeeded(output) => Report::Succeeded { task, output },
                TokenOutcome::Failed(failure) => Report::Failed { task, failure },
                TokenOutcome::Heartbeat => Report::Heartbeat { task },
            })
        })?;
        Ok(told.then_some(()))
    }

    /// Has an execution that ended badly go on: when it did; `Ok(Err)` says why it cannot. It blocks on the disk.
    pub(crate) fn redrive(
        &self,
        snapshot: Snapshot,
        client_token: Option<String>,
    ) -> Result<Result<Timestamp, &'static str>, Unable<Infallible>> {
        self.shared.redrive(snapshot, client_token)
    }

    /// When an execution was redriven by a request that has come before, a while ago at most. It blocks on the disk.
    pub(crate) fn redriven_by(
        &self,
        snapshot: &Snapshot,
        client_token: &str,
    ) -> Result<Option<Timestamp>, Unable<Infallible>> {
        self.shared.redriven_by(snapshot, client_token)
    }

    /// The Map Run of an ARN.
    pub(crate) fn map_run(&self, arn: &str) -> Result<Option<KeptMapRun>, Error> {
        self.shared.journal.document(MAP_RUNS, arn)
    }

    /// The Map Runs of an execution, in the order in which they began.
    pub(crate) fn map_runs(&self, execution_arn: &str) -> Result<Vec<KeptMapRun>, Error> {
        let mut runs: Vec<KeptMapRun> = self.shared.journal.map_runs(execution_arn)?;
        runs.sort_by_key(|run| run.map_run.started_at);
        Ok(runs)
    }

    /// Changes how a Map Run goes on. It blocks on the disk.
    pub(crate) fn update_map_run(
        &self,
        run: &KeptMapRun,
        update: UpdateMapRun,
    ) -> Result<(), Unable<Infallible>> {
        if let Some(parent) = self.snapshot(&run.execution_arn)? {
            let arn = run.map_run.map_run_arn.clone();
            let report = Report::UpdateMapRun { arn, update };
            self.shared.tell_and_wait(parent.number, |_| Some(report))?;
        }
        Ok(())
    }

    /// Gives a worker the next task of an activity, unless the worker has gone: its token and its input. It blocks on
    /// the disk.
    pub(crate) fn next_activity_task(
        &self,
        arn: &str,
        worker: Option<&str>,
        has_gone: impl Fn() -> bool,
    ) -> Result<Option<(String, String)>, Unable<Infallible>> {
        self.shared.next_activity_task(arn, worker, has_gone)
    }

    /// What tells a worker that there may be a task of an activity, and whether there may be one now.
    pub(crate) fn offers(&self, arn: &str) -> (Arc<Notify>, bool) {
        self.shared.offers(arn)
    }

    /// Where an execution stands once it has ended; `None` if there is none of that ARN.
    pub(crate) async fn ended(&self, arn: &str) -> Result<Option<Snapshot>, Error> {
        // From before the look, so that no end is missed.
        let (sender, end) = oneshot::channel();
        let waiting = |state: &mut State| {
            let waiting = state.ends.entry(arn.to_owned()).or_default();
            // Those who have gone meanwhile leave nothing behind.
            waiting.retain(|other| !other.is_closed());
            waiting.push(sender);
        };
        waiting(&mut self.shared.state());
        let snapshot = self.snapshot(arn)?;
        if !snapshot.as_ref().is_some_and(Snapshot::is_running) {
            return Ok(snapshot);
        }
        // It is told when the end is kept, or dropped with the engine.
        let _ = end.await;
        self.snapshot(arn)
    }

    /// Where an execution stands.
    pub(crate) fn snapshot(&self, arn: &str) -> Result<Option<Snapshot>, Error> {
        self.shared
            .journal
            .execution(arn)?
            .map(Snapshot::read)
            .transpose()
    }

    /// Where executions stand, the latest first.
    pub(crate) fn snapshots(&self, filter: &Filter, limit: usize) -> Result<Vec<Snapshot>, Error> {
        let found = self.shared.journal.executions(filter, limit)?;
        found.into_iter().map(Snapshot::read).collect()
    }

    /// Events of an execution from one number to another, as JSON.
    pub(crate) fn history(
        &self,
        snapshot: &Snapshot,
        first: u64,
        last: u64,
    ) -> Result<Vec<Value>, Error> {
        let lines = self.shared.journal.events(snapshot.number, first, last)?;
        lines
            .iter()
            .map(|line| {
                deep(line).map_err(|error| Error::Unreadable {
                    path: snapshot.about.arn.clone().into(),
                    reason: error.to_string(),
                })
            })
            .collect()
    }

    /// A new random name.
    pub(crate) fn random_name(&self) -> String {
        self.shared.state().random.uuid()
    }

    /// The time here.
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// A number for the chance of something new.
    pub(crate) fn seed(&self) -> u64 {
        self.shared.state().random.next()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Shared {
    /// The time here.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The services around, unless they are closing.
    pub(crate) fn services(&self) -> Option<Arc<Aws>> {
        self.services.get()?.upgrade()
    }

    /// What is known of an execution that is in memory.
    fn about(&self, execution: u64) -> Option<Arc<About>> {
        self.state().open.get(&execution)?.about.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the driver find that nothing is left to do, where it has something to find or somebody waits for that.
    fn rest(&self) {
        if self.clock.is_simulated() || self.idle.receiver_count() > 0 {
            self.wake.notify_one();
        }
    }

    /// Wakes the driver. The caller holds the state, so that nobody sees the engine idle in between.
    fn stir(&self) {
        self.note_work();
        self.wake.notify_one();
    }

    /// Takes note that something is to be done.
    fn note_work(&self) {
        self.idle
            .send_if_modified(|rest| std::mem::replace(rest, Rest::Busy) != Rest::Busy);
    }
}

impl State {
    /// The number of a new job.
    fn next_job(&mut self) -> u64 {
        self.counted_jobs += 1;
        self.counted_jobs
    }

    /// Whether something can still happen to an execution that is in memory.
    fn is_open(&self, number: u64) -> bool {
        self.open.get(&number).is_some_and(|place| place.is_open)
    }
}
