//! Does what executions wait for: runs functions and lets time pass.
//!
//! By the machine's clock, functions run side by side. In simulated time they run one after the other, in the order
//! in which they were asked for, and time jumps to the next timer when none is left: every repetition is the same.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use pawl_interpreter::{Failure, TaskId};
use tokio::task::JoinSet;

use crate::FunctionError;
use crate::functions::invoke;
use crate::network::Invocation;

use super::notice::{RECORDER, RETRIES};
use super::task::{Outcome, Task};
use super::{Shared, State};

/// The longest that a function may run, as on AWS.
const LONGEST: Duration = Duration::from_mins(15);

/// A function to run, for an execution or for the recorder.
#[derive(Debug)]
pub(super) enum Work {
    /// A Task of an execution; a failure if it invokes nothing that is here.
    Task {
        execution: u64,
        task: TaskId,
        request: Result<Task, Failure>,
    },
    /// An announcement for the recorder.
    Notice { payload: Bytes, retries: u32 },
}

/// What the driver does next.
enum Step {
    Work(Work),
    /// A timer has just been reported.
    Timer,
    /// Nothing, until something new comes or this much time has passed.
    Wait(Option<Duration>),
}

/// Drives all executions, for ever.
pub(super) async fn drive(shared: Arc<Shared>) {
    let mut running = JoinSet::new();
    loop {
        match shared.next_step() {
            Step::Timer => {}
            Step::Work(work) if shared.clock.is_simulated() => perform(&shared, work).await,
            Step::Work(work) => {
                let shared = Arc::clone(&shared);
                running.spawn(async move { perform(&shared, work).await });
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

/// Runs one function and reports what came of it.
async fn perform(shared: &Arc<Shared>, work: Work) {
    match work {
        Work::Task {
            execution,
            task,
            request: Err(failure),
        } => {
            shared.tell(execution, |execution, world| {
                execution.task_failed(task, failure, world);
            });
        }
        Work::Task {
            execution,
            task,
            request: Ok(request),
        } => {
            let answer = shared
                .invoke(&request.function, request.payload.clone())
                .await;
            let outcome = request.outcome(answer);
            if let Outcome::Failed(_) = outcome {
                shared
                    .state()
                    .tokens
                    .retain(|_, waiting| *waiting != (execution, task));
            }
            shared.tell(execution, |execution, world| match outcome {
                Outcome::Succeeded(output) => execution.task_succeeded(task, output, world),
                Outcome::Submitted(output) => execution.task_submitted(task, output, world),
                Outcome::Failed(failure) => execution.task_failed(task, failure, world),
            });
        }
        Work::Notice { payload, retries } => match shared.invoke(RECORDER, payload.clone()).await {
            // Without a recorder there is nobody to tell.
            Ok(_) | Err(FunctionError::Missing) => {}
            Err(_) if retries < RETRIES => {
                shared.state().work.push_back(Work::Notice {
                    payload,
                    retries: retries + 1,
                });
            }
            Err(error) => tracing::error!(%error, "the recorder failed and was not called again"),
        },
    }
    let mut state = shared.state();
    state.running -= 1;
    shared.wake.notify_one();
}

impl Shared {
    /// Decides what to do next, and takes it up.
    fn next_step(&self) -> Step {
        let mut state = self.state();
        if let Some(work) = state.work.pop_front() {
            state.running += 1;
            return Step::Work(work);
        }
        let Some(due) = state.timers.next_due() else {
            if state.running == 0 {
                self.idle.send_replace(true);
            }
            return Step::Wait(None);
        };
        if self.clock.is_simulated() {
            self.clock.advance_to(due);
        }
        let now = self.clock.now();
        if due > now {
            return Step::Wait(Some(due.duration_since(now).unsigned_abs()));
        }
        let State { timers, .. } = &mut *state;
        let next = timers.take_next();
        drop(state);
        if let Some((execution, timer)) = next {
            self.tell(execution, |execution, world| {
                execution.timer_fired(timer, world);
            });
        }
        Step::Timer
    }

    /// Runs a function to its end, whatever that is.
    pub(crate) async fn invoke(
        &self,
        function: &str,
        payload: Bytes,
    ) -> Result<Bytes, FunctionError> {
        let functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let functions = functions.ok_or(FunctionError::Missing)?;
        let number = {
            let mut state = self.state();
            state.invocations += 1;
            state.invocations
        };
        let invocation = Invocation {
            function: function.to_owned(),
            number,
        };
        // A task of its own, so that a panic stays in it; it ends with the set if the driver ends.
        let mut alone = JoinSet::new();
        alone.spawn(async move { invoke(&functions, invocation, payload).await });
        let crashed = |error_type: &str, message: String| {
            Err(FunctionError::Raised {
                error_type: error_type.to_owned(),
                message,
            })
        };
        match tokio::time::timeout(LONGEST, alone.join_next()).await {
            Ok(Some(Ok(answer))) => answer,
            Ok(Some(Err(panic))) => crashed(
                "Runtime.ExitError",
                format!("the function crashed: {panic}"),
            ),
            Ok(None) => crashed("Runtime.ExitError", "the function did not run".to_owned()),
            Err(_) => crashed(
                "Sandbox.Timedout",
                format!("Task timed out after {}.00 seconds", LONGEST.as_secs()),
            ),
        }
    }
}
