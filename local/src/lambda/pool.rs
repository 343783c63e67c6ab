//! The processes of one version of a function: as many as invocations run at once, kept warm for the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::invocation::{Asked, Ending};
use super::log::FunctionLog;
use super::process::{Process, Program};

/// The most processes of one version; more invocations than that wait for each other.
const MOST: usize = 64;

/// How long a process without work is kept.
const WARM: Duration = Duration::from_mins(5);

/// The processes of one version.
#[derive(Debug)]
pub(super) struct Pool {
    program: Program,
    log: Arc<FunctionLog>,
    /// Those without work; the one that worked last is the last.
    idle: Mutex<Vec<Process>>,
    places: Semaphore,
}

impl Pool {
    /// A pool without a process yet.
    pub(super) fn new(program: Program, log: Arc<FunctionLog>) -> Self {
        Self {
            program,
            log,
            idle: Mutex::default(),
            places: Semaphore::new(MOST),
        }
    }

    /// Runs one invocation: how it ended, and what it wrote last.
    pub(super) async fn invoke(&self, asked: Asked) -> (Ending, String) {
        let _place = self.places.acquire().await;
        let warm = self.take();
        let mut process = match warm {
            Some(process) => process,
            None => match Process::start(&self.program, Arc::clone(&self.log)).await {
                Ok(process) => process,
                Err(ending) => return (ending, String::new()),
            },
        };
        let (ending, log, is_usable) = process.invoke(&self.program, asked).await;
        if is_usable {
            self.idle().push(process);
        }
        (ending, log)
    }

    /// Ends the processes that have been without work for long.
    pub(super) fn cool(&self) {
        self.idle().retain(|process| process.used.elapsed() < WARM);
    }

    /// A process that is warm.
    fn take(&self) -> Option<Process> {
        let mut idle = self.idle();
        while let Some(mut process) = idle.pop() {
            if process.is_alive() {
                return Some(process);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
