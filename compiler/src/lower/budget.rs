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
pub(super) fn writes(step: &Step) -> usize {
    let own = match step.kind {
        Kind::Loop => 2,
        Kind::Transform => steps::variables_set(step).len(),
        Kind::Trigger | Kind::Llm | Kind::Action | Kind::Request | Kind::Condition => 0,
    };
    2 + own
}

/// Seconds after which a work step gives up.
pub(crate) fn step_timeout(step: &Step) -> u64 {
    let default = match step.kind {
        Kind::Llm => 300,
        Kind::Trigger
        | Kind::Action
        | Kind::Request
        | Kind::Condition
        | Kind::Loop
        | Kind::Transform => 60,
    };
    step.timeout_seconds.unwrap_or(default)
}

/// Seconds after which Step Functions gives up on a Task: more than its function's timeout in `template.yaml` (870 for
/// work, 90 for the rest), so that two attempts never overlap. The step's own deadline is kept inside of the function.
pub(super) fn task_timeout(task: &Task) -> u64 {
    match task {
        Task::Work(_) => 900,
        Task::Evaluate(..) | Task::End | Task::Fail | Task::HandOver(_) => 120,
    }
}

/// The execution's own timeout, a backstop behind the run's deadline, which each Task checks.
pub(super) fn execution_timeout(checked: &Checked) -> Option<u64> {
    let timeout = checked.definition.settings.timeout_ms?;
    Some(timeout.div_ceil(1000) + GRACE_SECONDS)
}
