//! A strand: one line of states, the root or one branch or iteration, and where it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::data::Data;
use crate::program::Hop;
use crate::resource::Resource;
use crate::{TaskId, TimerId};

/// Names a strand within its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StrandId(pub(crate) u64);

/// The variables of one scope.
pub(crate) type Variables = BTreeMap<String, Arc<Value>>;

/// One line of states.
#[derive(Debug)]
pub(crate) struct Strand {
    /// The strand that waits for this one, and this one's place among its siblings; `None` for the root.
    pub(crate) parent: Option<(StrandId, usize)>,
    /// Where the strand's states stand in the machine.
    pub(crate) path: Vec<Hop>,
    /// The item, for an iteration of a Map.
    pub(crate) item: Option<Arc<Value>>,
    /// The variables set in this strand.
    pub(crate) variables: Variables,
    /// The strand's last event.
    pub(crate) previous_event: u64,
    /// The state that the strand is in.
    pub(crate) visit: Visit,
}

/// One passage through a state.
#[derive(Debug)]
pub(crate) struct Visit {
    /// The state's position in its block.
    pub(crate) state: usize,
    /// Its input.
    pub(crate) input: Data,
    /// When it was entered.
    pub(crate) entered_at: Timestamp,
    /// The event of its entry; 0 before.
    pub(crate) entered_event: u64,
    /// How often it was tried again.
    pub(crate) retries: u64,
    /// How often each retrier tried it again.
    pub(crate) retries_by_retrier: Vec<u64>,
    /// What it waits for.
    pub(crate) waits_for: WaitsFor,
}

/// What keeps a strand from going on.
#[derive(Debug)]
pub(crate) enum WaitsFor {
    /// Nothing: it is in the queue or at work.
    Nothing,
    /// A moment: the end of a Wait or of a retry's delay.
    Timer(TimerId),
    /// The outcome of a task.
    Task(TaskId),
    /// Its branches or iterations.
    Children(Children),
    /// Its Map Run, by its place in the execution's list.
    MapRun(usize),
}

/// The branches of a Parallel or the iterations of a Map.
#[derive(Debug)]
pub(crate) struct Children {
    /// The inputs of those not begun, in reverse order; each with its place.
    pub(crate) waiting: Vec<(usize, Arc<Value>)>,
    /// Those begun that have not ended well: at work, or stopped.
    pub(crate) active: BTreeSet<StrandId>,
    /// Whether they are stopped, because one of them failed or none may go on. They keep their places.
    pub(crate) stopped: bool,
    /// The results so far, by place.
    pub(crate) results: Vec<Value>,
    /// How many may be at work at once.
    pub(crate) concurrency: usize,
    /// The event that the state's own end comes after.
    pub(crate) last_event: u64,
}

impl Visit {
    /// A visit that has not begun yet.
    pub(crate) fn new(state: usize, input: Data) -> Self {
        Self {
            state,
            input,
            entered_at: Timestamp::UNIX_EPOCH,
            entered_event: 0,
            retries: 0,
            retries_by_retrier: Vec::new(),
            waits_for: WaitsFor::Nothing,
        }
    }
}

/// A task at work.
#[derive(Debug)]
pub(crate) struct RunningTask {
    /// The strand that waits for it.
    pub(crate) strand: StrandId,
    /// What does it.
    pub(crate) resource: Resource,
    /// The longest that it may take, in seconds.
    pub(crate) timeout_seconds: Option<u64>,
    /// The longest that it may be silent, in seconds.
    pub(crate) heartbeat_seconds: Option<u64>,
    /// The timer of its timeout, once that counts.
    pub(crate) timeout: Option<TimerId>,
    /// The timer of its next heartbeat, once that counts.
    pub(crate) heartbeat: Option<TimerId>,
    /// Whether it has begun; an activity begins when a worker asks for it.
    pub(crate) has_begun: bool,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The execution has taken too long.
    ExecutionTimeout,
    /// A Wait is over.
    Wait(StrandId),
    /// A state is tried again.
    Retry(StrandId),
    /// A task has taken too long.
    TaskTimeout(TaskId),
    /// A task was silent for too long.
    Heartbeat(TaskId),
}
