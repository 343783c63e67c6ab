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
use super::report::Report;
use super::task::{self, Outcome};
use super::world::{Begun, Progress};
use super::{Shared, State};

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
    /// Something that nobody waits for.
    Job { number: u64, work: JobWork },
}

/// What the driver does next.
enum Step {
    Work(Work),
    /// A timer of an execution is due.
    Wake(u64),
    /// Nothing, until something new comes or this much time has passed.
    Wait(Option<Duration>),
}

/// Drives all executions, for ever.
pub(super) async fn drive(shared: Arc<Shared>) {
    let mut running = JoinSet::new();
    loop {
        match shared.next_step() {
            Step::Wake(execution) => shared.wake_up(execution),
            Step::Work(work) => {
                let is_next = shared.clock.is_simulated() || work.is_brief();
                let shared = Arc::clone(&shared);
                // A task of its own: what one panics at does not end the others.
                running.spawn(async move { perform(&shared, work).await });
                if is_next {
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

    /// Whether it is done at once, without waiting for anybody.
    fn is_brief(&self) -> bool {
        match self {
            Self::Child { .. }
            | Self::GoOn { .. }
            | Self::Load { .. }
            | Self::Ended { .. }
            | Self::Abandoned { .. }
            | Self::Orphan { .. } => true,
            Self::Task { .. } | Self::ChildAgain { .. } | Self::Job { .. } => false,
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
            if let Some(outcome) = task::perform(shared, Parent { execution, task }, &request).await
            {
                shared.report(execution, task, outcome);
            }
        }
        Work::Child {
            execution,
            task,
            start,
        } => {
            let begun = shared.begin_child(Parent { execution, task }, *start);
            complain(execution, begun);
        }
        Work::ChildAgain {
            execution,
            task,
            start,
        } => {
            let begun = shared.redrive_child(Parent { execution, task }, *start);
            complain(execution, begun);
        }
        Work::Abandoned { parent, child } => shared.abandon(parent, child),
        Work::Orphan { parent, child } => shared.adopt(parent, child),
        Work::Ended { parent, child } => shared.child_ended(parent, child),
        Work::GoOn { execution } => shared.hear(execution, Report::GoOn),
        Work::Load { execution } => {
            let loaded = shared.load(&mut shared.state(), execution).map(|_| ());
            complain(execution, loaded);
        }
        Work::Job { number, work } => {
            let next = jobs::perform(shared, work).await;
            shared.settle(number, next);
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
        if state.unwritten > 0 && self.clock.is_simulated() {
            // What follows from it comes first, whatever else there is.
            return Step::Wait(None);
        }
        if let Some(work) = state.work.pop_front() {
            state.running += 1;
            return Step::Work(work);
        }
        let next_wake = state.wakes.first().map(|(due, _)| *due);
        let once = state.next_job_once();
        // What only follows the calendar would never let simulated time come to rest.
        let reach = next_wake.max(once).max(Some(state.horizon));
        let is_simulated = self.clock.is_simulated();
        let next_job = state.jobs.first_key_value().map(|((due, _), _)| *due);
        let next_job = next_job.filter(|due| !is_simulated || Some(*due) <= reach);
        let has_time = next_job.is_some() && is_simulated;
        let is_done = next_wake.is_none() && once.is_none() && !has_time;
        if is_done && state.running == 0 && state.unwritten == 0 {
            self.idle.send_replace(true);
        }
        let Some(due) = [next_job, next_wake].into_iter().flatten().min() else {
            return Step::Wait(None);
        };
        if self.clock.is_simulated() {
            self.clock.advance_to(due);
        }
        let now = self.clock.now();
        if due > now {
            return Step::Wait(Some(due.duration_since(now).unsigned_abs()));
        }
        if next_job.is_some_and(|job| next_wake.is_none_or(|wake| job <= wake))
            && let Some(((_, number), work)) = state.jobs.pop_first()
        {
            state.running += 1;
            return Step::Work(Work::Job { number, work });
        }
        let State { wakes, asleep, .. } = &mut *state;
        match wakes.pop_first() {
            Some((_, execution)) => {
                asleep.remove(&execution);
                Step::Wake(execution)
            }
            None => Step::Wait(None),
        }
    }

    /// Reports the next timer of an execution.
    fn wake_up(self: &Arc<Self>, number: u64) {
        let timer = {
            let mut state = self.state();
            let now = self.clock.now();
            match self.load(&mut state, number) {
                Ok(Some(open)) => {
                    let next = open.waits.next();
                    // The timer that was due may have been given up meanwhile, and the next one may not be due.
                    let (due, later) = match next {
                        Some((due, timer)) if due <= now => (Some(timer), None),
                        Some((due, _)) => (None, Some(due)),
                        None => (None, None),
                    };
                    let before = std::mem::replace(&mut open.wakes, later);
                    before.map(|due| state.wakes.remove(&(due, number)));
                    later.map(|due| state.wakes.insert((due, number)));
                    due
                }
                Ok(None) => None,
                Err(error) => {
                    drop(state);
                    return complain(number, Err(error));
                }
            }
        };
        if let Some(timer) = timer {
            self.hear(number, Report::Timer { timer });
        }
    }

    /// Reports what became of a task.
    pub(super) fn report(self: &Arc<Self>, execution: u64, task: TaskId, outcome: Outcome) {
        let is_taken = |state: &State| {
            let open = state.open.get(&execution);
            open.is_some_and(|open| open.waits.tasks.get(&task) == Some(&Progress::Taken))
        };
        let report = match outcome {
            // A task of an earlier process that was found again.
            Outcome::Submitted(_) if is_taken(&self.state()) => return,
            Outcome::Succeeded(output) => Report::Succeeded { task, output },
            Outcome::Submitted(output) => Report::Submitted { task, output },
            Outcome::Failed(failure) => Report::Failed { task, failure },
        };
        self.hear(execution, report);
    }

    /// Tells an execution something that nobody waits to have told.
    pub(super) fn hear(self: &Arc<Self>, execution: u64, report: Report) {
        let told = self.tell(execution, report).map(|_| ());
        complain(execution, told);
    }

    /// Takes note that a job is done, or when it is to be done again.
    fn settle(self: &Arc<Self>, number: u64, next: Next) {
        let mut state = self.state();
        let writes = match next {
            Next::Done => {
                state.known_jobs.remove(&number);
                vec![Write::JobDone { number }]
            }
            Next::Told => {
                state.known_jobs.remove(&number);
                return self.journal.write_later(vec![Write::JobDone { number }]);
            }
            Next::Then(jobs) => {
                state.known_jobs.remove(&number);
                let mut writes = vec![Write::JobDone { number }];
                for job in jobs {
                    let number = state.next_job();
                    writes.push(job.write(number));
                    state.jobs.insert((job.due, number), job.work);
                }
                writes
            }
            Next::Again(job) => {
                let write = job.write(number);
                let Job { due, work } = job;
                state.jobs.insert((due, number), work);
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
