//! Figures that shape a machine: timeouts, writes in a transaction, events in an execution.

use pawl_contract::Kind;

use super::names::Task;
use crate::check::Checked;
use crate::definition::Step;
use crate::steps;

/// A transaction holds 100 items; the rest is left for the host's own records, the close of the run and a caught failure.
pub(super) const MOST_WRITES: usize = 85;

/// The events of an execution that may be planned with: AWS ends an execution at 25,000, a few are left to end it well.
pub(super) const MOST_EVENTS: u64 = 24_900;

/// How much longer than the run's own deadline its execution may take.
const GRACE_SECONDS: u64 = 60;

/// The items that a step may write: its record, its last value, and what its kind keeps.
pub(crate) fn writes(step: &Step) -> usize {
    let own = match step.kind {
        Kind::Transform => steps::variables_set(step).len(),
        // A loop writes its cursor and its list; a signal says that it listens, and looks at the run.
        Kind::Loop | Kind::Approval | Kind::Signal | Kind::Subflow => 2,
        // One that skips a step says so.
        Kind::Condition => usize::from(step.origin.is_some()),
        Kind::Trigger
        | Kind::Llm
        | Kind::Action
        | Kind::Request
        | Kind::Switch
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => 0,
    };
    2 + own
}

/// Seconds after which a work step gives up.
pub(crate) fn step_timeout(step: &Step) -> u64 {
    let default = match step.kind {
        Kind::Llm => 300,
        // What a step waits for takes its own time; asking is quick.
        Kind::Approval | Kind::Signal | Kind::Subflow => return 60,
        Kind::Trigger
        | Kind::Action
        | Kind::Request
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => 60,
    };
    step.timeout_seconds.unwrap_or(default)
}

/// Seconds that a step waits for its answer, where it does not wait for ever.
pub(super) fn patience(step: &Step) -> Option<u64> {
    step.timeout_seconds.filter(|_| step.kind.waits())
}

/// Seconds after which Step Functions gives up on a Task: more than its function's timeout in `template.yaml` (870 for
/// work, 90 for the rest), so that two attempts never overlap. The step's own deadline is kept inside of the function.
///
/// A Task that waits takes as long as its author lets it, for ever if need be.
pub(super) fn task_timeout(checked: &Checked, task: &Task) -> Option<u64> {
    match task {
        Task::Work(id) if checked.step(*id).kind.waits() => patience(checked.step(*id)),
        // A person may take as long as the run may.
        Task::Ask(_) => None,
        Task::Work(_) => Some(900),
        Task::Evaluate(..) | Task::Settle(_) | Task::End(_) | Task::Fail(_) | Task::HandOver(_) => {
            Some(120)
        }
    }
}

/// The execution's own timeout, a backstop behind the run's deadline, which each Task checks.
pub(super) fn execution_timeout(checked: &Checked) -> Option<u64> {
    let timeout = checked.definition.settings.timeout_ms?;
    Some(timeout.div_ceil(1000) + GRACE_SECONDS)
}
