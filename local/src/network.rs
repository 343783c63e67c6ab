//! The way to every service: it counts requests, lets some of them go wrong, and can fall silent for good.

mod call;
mod exchange;
mod fault;
mod noted;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

pub use call::{Call, Invocation, Service};
pub(crate) use exchange::Unanswered;
pub use fault::{Fault, Faults};

/// How many calls are remembered; more than any test makes, and no burden for a server that runs for weeks.
const REMEMBERED: usize = 100_000;

/// Counts requests and decides what becomes of them.
#[derive(Debug)]
pub(crate) struct Network {
    faults: Faults,
    log: Mutex<Log>,
    killed: watch::Sender<bool>,
}

/// Nobody answers any more.
#[derive(Debug)]
pub(crate) struct Silence;

#[derive(Debug, Default)]
struct Log {
    calls: VecDeque<Call>,
    count: u64,
    /// The number of the last request that is answered.
    last: Option<u64>,
}

impl Network {
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            faults,
            log: Mutex::default(),
            killed: watch::Sender::new(false),
        }
    }

    /// Lets a request in: what shall go wrong with it, if anything.
    pub(crate) fn admit(
        &self,
        service: Service,
        operation: &str,
        invocation: Option<Invocation>,
    ) -> Result<Option<Fault>, Silence> {
        let mut log = self.log();
        if log.last.is_some_and(|last| log.count >= last) {
            self.killed.send_replace(true);
            return Err(Silence);
        }
        log.count += 1;
        let mut call = Call {
            number: log.count,
            service,
            operation: operation.to_owned(),
            invocation,
            fault: None,
        };
        call.fault = self.faults.draw(&call);
        let fault = call.fault;
        if log.calls.len() == REMEMBERED {
            log.calls.pop_front();
        }
        log.calls.push_back(call);
        Ok(fault)
    }

    /// Whether requests go wrong on purpose at all.
    pub(crate) fn has_faults(&self) -> bool {
        self.faults.are_any()
    }

    /// Every request so far, in order; of very many, the latest.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.log().calls.iter().cloned().collect()
    }

    /// Answers `requests` more, then none.
    pub(crate) fn kill_after(&self, requests: u64) {
        let mut log = self.log();
        log.last = Some(log.count.saturating_add(requests));
    }

    /// Waits until a request has been left without an answer.
    pub(crate) fn killed(&self) -> watch::Receiver<bool> {
        self.killed.subscribe()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
