//! Runs a state machine: the Amazon States Language in, history out.
//!
//! An [`Execution`] does no IO and reads no clock. It asks its [`World`] for the time, for chance, for tasks and for
//! timers, and is told what became of them. The same calls in the same order give the same history, event for event.
//!
//! ```text
//! Execution::start ──> World::start_task ──> (somebody works) ──> Execution::task_succeeded ──> ...
//!                  ├─> World::set_timer  ──> (time passes)    ──> Execution::timer_fired    ──> ...
//!                  └─> World::start_child ─> (an execution)   ──> Execution::child_ended    ──> ...
//! ```
//!
//! JSONata mode is exact; states in JSONPath mode run as far as they use no field of that mode, and
//! [`unsupported`] names what cannot run.

mod context;
mod data;
mod execution;
mod fault;
mod history;
mod jsonata;
mod program;
mod query;
mod redrive;
mod resource;
mod retry;
mod states;
mod strand;
mod unsupported;
mod world;

pub use execution::{Execution, Rehearsal, Start, Status};
pub use history::{EventDetails, HistoryEvent, MapRunPhase, TaskEvent, TaskPhase, Worker};
pub use program::Hop;
pub use states::{MapRun, MapRunCounts, MapRunStatus, UpdateMapRun};
pub use unsupported::unsupported;
pub use world::{Failure, Patience, Refusal, TaskId, TaskRequest, TimerId, World};

/// Looks through a JSONata expression without evaluating it: what AWS would refuse in it, and what it reads.
pub fn survey(source: &str) -> pawl_asl::Survey {
    jsonata::survey(source)
}
