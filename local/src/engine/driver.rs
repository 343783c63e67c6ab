//! Does what executions wait for: runs functions and lets time pass.
//!
//! By the machine's clock, functions run side by side. In simulated time they run one after the other, in the order
//! in which they were asked for, and time jumps to the next timer when none is left: every repetition is the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pawl_interpreter::{Start, TaskId, TaskRequest};
use tokio::task::JoinSet;

use crate::jobs::{Job, JobWork, Next};
use crate::journal::Write;
use crate::lambda::{Manner, Named};
use crate::{Error, FunctionError, jobs};

use super::about::Parent;
use super::open::Open;
use super::report::Report;
use super::task::{self, Outcome};
use super::world::Begun;
use super::{Rest, Shared};

/// How long an execution waits for others that think, before it thinks beside them.
const PATIENCE: Duration = Duration::from_millis(20);

/// Something to do.
#[derive(Debug)]
pub(super) enum Work {
    /// A Task of an execution.
    Task {
        execution: u64,
        task: TaskId,
        request: Box<TaskRequest>,
    },
    /// A child execution for items of a distributed Map.
    Child {
        execution: u64,
        task: TaskId,
        start: Box<Start>,
    },
    /// A child that has ended badly goes on.
    ChildAgain {
        execution: u64,
        task: TaskId,
        start: Box<Start>,
    },
    /// An execution ended that a task waits for.
    Ended { parent: Parent, child: u64 },
    /// A task does not wait any more for the execution that it has begun.
    Abandoned { parent: Parent, child: u64 },
    /// An execution was brought back, and the task that waited for it may not.
    Orphan { parent: Parent, child: u64 },
    /// An execution goes on after a pause.
    GoOn { execution: u64 },
    /// An execution of an earlier process goes on.
    Load { execution: u64 },
    /// A timer of an execution is due.
    Wake { execution: u64 },
    /// Something that nobody waits for.
    Job { number: u64, work: JobWork },
}

/// What the driver does next.
enum Step {
    Work(Work),
    /// Nothing, until something new comes or this much time has passed.
    Wait(Option<Duration>),
}

/// Drives all executions, for ever.
pub(super) async fn drive(shared: Arc<Shared>) {
    let mut running = JoinSet::new();
    loop {
        match shared.next_step() {
            Step::Work(work) => {
                let in_turn = shared.clock.is_simulated();
                let shared = Arc::clone(&shared);
                // A task of its own: what one panics at does not end the others.
                running.spawn(async move { perform(&shared, work).await });
                if in_turn {
                    running.join_next().await;
                }
                while running.try_join_next().is_some() {}
            }
            Step::Wait(None) => shared.wake.notified().await,
            Step::Wait(Some(pause)) => {
                // Whether it was the time or something new, the next step shows.
                let _ = tokio::time::timeout(pause, shared.wake.notified()).await;
            }
        }
    }
}

impl Work {
    /// What an execution has asked for.
    pub(super) fn of(execution: u64, begun: Begun) -> Self {
        match begun {
            Begun::Task(task, request) => Self::Task {
                execution,
                task,
                request,
            },
            Begun::Child(task, start) => Self::Child {
                execution,
                task,
                start,
            },
            Begun::ChildAgain(task, start) => Self::ChildAgain {
                execution,
                task,
                start,
            },
        }
    }
}

/// Does one thing and reports what came of it.
async fn perform(shared: &Arc<Shared>, work: Work) {
    let _running = Running(shared);
    match work {
        Work::Task {
            execution,
            task,
            request,
        } => {
            let parent = Parent { execution, task };
            if let Some(outcome) = task::perform(shared, parent, &request).await {
                let report = move |shared: &Arc<Shared>| shared.report(execution, task, outcome);
                shared.think(execution, report).await;
            }
        }
        Work::Job { number, work } => {
            let next = jobs::perform(shared, work).await;
            shared.settle(number, next);
        }
        Work::Child { execution, .. }
        | Work::ChildAgain { execution, .. }
        | Work::GoOn { execution }
        | Work::Load { execution }
        | Work::Wake { execution }
        | Work::Ended {
            child: execution, ..
        }
        | Work::Abandoned {
            child: execution, ..
        }
        | Work::Orphan {
            child: execution, ..
        } => {
            let decide = move |shared: &Arc<Shared>| complain(execution, shared.decide(work));
            shared.think(execution, decide).await;
        }
    }
}

/// Counts a work among those that run, until it is over in whatever way.
struct Running<'shared>(&'shared Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
        self.0.wake.notify_one();
    }
}

impl Shared {
    /// Decides what to do next, and takes it up.
    fn next_step(&self) -> Step {
        let mut state = self.state();
        if (state.unwritten > 0 || state.holds > 0) && self.clock.is_simulated() {
            // What follows from it comes first, whatever else there is.
            return Step::Wait(None);
        }
        if let Some(work) = state.work.pop_front() {
            state.running += 1;
            return Step::Work(work);
        }
        let next_wake = state.wakes.first().map(|(due, _)| *due);
        let once = state.jobs.next_once();
        // What only follows the calendar would never let simulated time come to rest.
        let reach = next_wake.max(once).max(Some(state.horizon));
        let is_simulated = self.clock.is_simulated();
        let next_job = state
            .jobs
            .next()
            .filter(|due| !is_simulated || Some(*due) <= reach);
        let has_time = next_job.is_some() && is_simulated;
        let is_done = next_wake.is_none() && once.is_none() && !has_time;
        let rests = state.running + state.unwritten + state.holds == 0;
        if is_done && rests {
            self.idle.send_replace(Rest::Settled);
        }
        let Some(due) = [next_job, next_wake].into_iter().flatten().min() else {
            return Step::Wait(None);
        };
        if self.clock.is_simulated() {
            self.clock.advance_to(due);
        }
        let now = self.clock.now();
        if due > now {
            if !is_done && rests {
                self.idle.send_replace(Rest::Timed);
            }
            return Step::Wait(Some(due.duration_since(now).unsigned_abs()));
        }
        if next_job.is_some_and(|job| next_wake.is_none_or(|wake| job <= wake))
            && let Some((number, work)) = state.jobs.pop()
        {
            state.running += 1;
            return Step::Work(Work::Job { number, work });
        }
        let Some((_, execution)) = state.wakes.pop_first() else {
            return Step::Wait(None);
        };
        state.asleep.remove(&execution);
        if let Some(place) = state.open.get_mut(&execution) {
            place.wakes = None;
        }
        state.running += 1;
        Step::Work(Work::Wake { execution })
    }

    /// Has executions think: their expressions may take seconds, and nobody else has to wait for that.
    ///
    /// In simulated time one thinks after the other, in their turn.
    pub(super) async fn think(
        self: &Arc<Self>,
        execution: u64,
        thought: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) {
        if self.clock.is_simulated() {
            return thought(self);
        }
        // As many think at once as there are processors, and a few more only while some of them take long.
        let soon = tokio::time::timeout(PATIENCE, self.thinkers.acquire()).await;
        let permit = if let Ok(permit) = soon {
            permit
        } else {
            tokio::select! {
                permit = self.thinkers.acquire() => permit,
                permit = self.impatient.acquire() => permit,
            }
        };
        let shared = Arc::clone(self);
        let thinking = tokio::task::spawn_blocking(move || thought(&shared));
        if let Err(error) = thinking.await {
            tracing::error!(execution, %error, "an execution cannot go on");
        }
        drop(permit);
    }

    /// Does what an execution has to decide about.
    fn decide(self: &Arc<Self>, work: Work) -> Result<(), Error> {
        match work {
            Work::Child {
                execution,
                task,
                start,
            } => self.begin_child(Parent { execution, task }, *start)?,
            Work::ChildAgain {
                execution,
                task,
                start,
            } => self.redrive_child(Parent { execution, task }, *start)?,
            Work::Abandoned { parent, child } => self.abandon(parent, child),
            Work::Orphan { parent, child } => self.adopt(parent, child),
            Work::Ended { parent, child } => self.child_ended(parent, child),
            Work::GoOn { execution } => self.hear(execution, Report::GoOn),
            Work::Load { execution } => drop(self.look(execution, |_| ())?),
            Work::Wake { execution } => self.wake_up(execution)?,
            // Those wait for others, and report what came of it.
            Work::Task { .. } | Work::Job { .. } => {}
        }
        Ok(())
    }

    /// Reports the next timer of an execution.
    fn wake_up(self: &Arc<Self>, number: u64) -> Result<(), Error> {
        let now = self.clock.now();
        let told = self.tell(
            number,
            |open| {
                // The timer that was due may have been given up meanwhile, and the next one may not be due.
                let due = open.waits.next().filter(|(due, _)| *due <= now);
                if due.is_none() {
                    self.state().place(open);
                }
                due.map(|(_, timer)| Report::Timer { timer })
            },
            |_| {},
        );
        told.map(|_| ())
    }

    /// Reports what became of a task.
    pub(super) fn report(self: &Arc<Self>, execution: u64, task: TaskId, outcome: Outcome) {
        let report = |open: &Open| {
            Some(match outcome {
                // A task of an earlier process that was found again.
                Outcome::Submitted(_) if open.waits.is_taken(task) => return None,
                Outcome::Succeeded(output) => Report::Succeeded { task, output },
                Outcome::Submitted(output) => Report::Submitted { task, output },
                Outcome::Failed(failure) => Report::Failed { task, failure },
            })
        };
        let told = self.tell(execution, report, |_| {});
        complain(execution, told.map(|_| ()));
    }

    /// Tells an execution something that nobody waits to have told.
    pub(super) fn hear(self: &Arc<Self>, execution: u64, report: Report) {
        let told = self.tell(execution, |_| Some(report), |_| {});
        complain(execution, told.map(|_| ()));
    }

    /// Takes note that a job is done, or when it is to be done again.
    fn settle(self: &Arc<Self>, number: u64, next: Next) {
        let mut state = self.state();
        let writes = match next {
            Next::Done => vec![Write::JobDone { number }],
            Next::Told => {
                return self.journal.write_later(vec![Write::JobDone { number }]);
            }
            Next::Then(jobs) => {
                let mut writes = vec![Write::JobDone { number }];
                for job in jobs {
                    let number = state.next_job();
                    writes.push(job.write(number));
                    state.jobs.add(job.due, number, job.work);
                }
                writes
            }
            Next::Again(job) => {
                let write = job.write(number);
                let Job { due, work } = job;
                state.jobs.add(due, number, work);
                vec![write]
            }
        };
        // What was not kept is done once more after a restart, which is what a job is made for.
        self.journal.write(writes, |_| {});
    }

    /// Runs a function to its end, whatever that is.
    pub(crate) async fn invoke(
        &self,
        function: &str,
        payload: Bytes,
    ) -> Result<Bytes, FunctionError> {
        let named = Named::read(function, None);
        let invoked = self.lambda.invoke(&named, payload, Manner::default());
        invoked.await?.ending.result()
    }
}

/// There is nobody to answer to: the log has to do.
pub(super) fn complain(execution: u64, outcome: Result<(), Error>) {
    if let Err(error) = outcome {
        tracing::error!(execution, %error, "an execution cannot go on");
    }
}
