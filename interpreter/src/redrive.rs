//! Redrives an execution that ended badly: it goes on at its unsuccessful states, and keeps what ended well.

use jiff::{SignedDuration, Timestamp};
use pawl_asl::State;
use pawl_asl::limits::HISTORY_EVENTS;

use crate::execution::Engine;
use crate::states::current;
use crate::strand::{StrandId, WaitsFor};
use crate::{EventDetails, Execution, Status, World};

/// How long after its end an execution can be redriven.
const PERIOD: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long after its start an execution can be redriven: no execution is open for longer than a year.
const LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How often an execution was redriven.
#[derive(Debug, Default)]
pub(crate) struct Redrives {
    /// How often.
    pub(crate) count: u64,
    /// When last.
    pub(crate) last: Option<Timestamp>,
}

impl Execution {
    /// Whether the execution could be redriven at a moment; the error is AWS's `redriveStatusReason`.
    pub fn redrivable(&self, now: Timestamp) -> Result<(), &'static str> {
        match self.status {
            Status::Running => return Err("Execution is RUNNING and cannot be redriven"),
            Status::Succeeded { .. } => {
                return Err("Execution is SUCCEEDED and cannot be redriven");
            }
            Status::Failed { .. } | Status::TimedOut { .. } | Status::Aborted { .. } => {}
        }
        // There has to be room for the redrive itself and for what comes of it.
        if self.events + 1 >= HISTORY_EVENTS {
            return Err("Execution history event limit exceeded");
        }
        if now.duration_since(self.started_at) > LIFETIME {
            return Err("Execution has exceeded the max execution time");
        }
        if self
            .ended_at
            .is_some_and(|ended_at| now.duration_since(ended_at) > PERIOD)
        {
            return Err("Execution redrivable period exceeded");
        }
        Ok(())
    }

    /// Redrives the execution, and runs it as far as it goes by itself.
    ///
    /// States that were left are not entered again. In a Parallel or an inline Map only the branches and iterations
    /// that did not end well go on. Retries count anew, and so does the execution's timeout.
    pub fn redrive(&mut self, world: &mut dyn World) -> Result<(), &'static str> {
        let now = world.now();
        self.redrivable(now)?;
        self.status = Status::Running;
        self.ended_at = None;
        self.redrives.count += 1;
        self.redrives.last = Some(now);
        self.strands = std::mem::take(&mut self.stopped);
        // The root was added first.
        let root = self.strands.keys().next().copied();
        let (last, count) = (self.events, self.redrives.count);
        let mut engine = Engine {
            execution: self,
            world,
        };
        let redriven = engine.append(last, EventDetails::ExecutionRedriven { count });
        engine.limit(now);
        if let Some(root) = root {
            engine.restart(root, redriven);
        }
        engine.run();
        Ok(())
    }

    /// How often the execution was redriven, and when last.
    pub fn redrives(&self) -> (u64, Option<Timestamp>) {
        (self.redrives.count, self.redrives.last)
    }
}

impl Engine<'_> {
    /// Queues a strand that was stopped, or those inside its state. It takes up its state where it entered it.
    fn restart(&mut self, id: StrandId, redriven: u64) {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return;
        };
        // One that had not entered its state yet still follows what it came from.
        if strand.visit.entered_event != 0 {
            strand.previous_event = match current(&machine, strand) {
                // A Fail that fails again says so after the redrive, as AWS records it.
                Some((_, State::Fail(_))) => redriven,
                Some(_) | None => strand.visit.entered_event,
            };
        }
        strand.visit.retries = 0;
        strand.visit.retries_by_retrier.fill(0);
        let inside: Vec<StrandId> = match &mut strand.visit.waits_for {
            WaitsFor::Children(children) => {
                children.stopped = false;
                children.active.iter().copied().collect()
            }
            // What it waited for was given up when the execution ended.
            waits_for @ (WaitsFor::Timer(_) | WaitsFor::Task(_)) => {
                *waits_for = WaitsFor::Nothing;
                Vec::new()
            }
            WaitsFor::Nothing | WaitsFor::MapRun(_) => Vec::new(),
        };
        // Those inside let it go on when they end.
        if inside.is_empty() {
            self.execution.queue.push_back(id);
        }
        for child in inside {
            self.restart(child, redriven);
        }
    }
}
