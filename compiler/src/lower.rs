//! Checked definition to machine. Total: what can be checked can be lowered.
//!
//! First the plans: one for every Task, found from the machine's first Task on. Then the states: each plan becomes a
//! Task, and each step that was evaluated in a plan's tree and can be left by several ports becomes a Choice.

mod budget;
mod counted;
mod decisions;
mod events;
mod hand_over;
mod names;
mod natives;
mod plan;
mod reads;
mod retry;
mod states;

pub(crate) use budget::{step_timeout, writes};
use indexmap::IndexMap;
use pawl_asl::{Machine, QueryLanguage};
use pawl_contract::{LoopMode, Plan};

use crate::check::Checked;
use crate::formats::Format;
use crate::graph::{StepId, Target};
pub use decisions::Decision;
use decisions::Notes;
use events::Events;
pub use names::Task;

/// How much is evaluated in one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Every step is a Task of its own.
    O0,
    /// Pure steps ride along with the step before them.
    #[default]
    O1,
    /// And what several of them decide one after the other is one Choice.
    O2,
}

/// What becomes of a workflow that may take more than its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Budgets {
    /// It is refused.
    #[default]
    Held,
    /// That is said, and it is compiled all the same: somebody wants to look at it.
    Shown,
}

/// What the caller decides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// How much is evaluated in one invocation.
    pub level: Level,
    /// The format that the definition is written in; by default what its fields say.
    pub format: Option<Format>,
    /// Whether a workflow that may take more than its budget is refused.
    pub budgets: Budgets,
    /// Visits after which a cycle is handed over to a new execution; by default what the event limit allows.
    pub hand_over_after: Option<u32>,
}

/// A machine, and what was decided on the way.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The machine.
    pub machine: Machine,
    /// The machine as text, as a deployment takes it.
    pub text: String,
    /// For each Task, by state name, its plan.
    pub plans: IndexMap<String, Plan>,
    /// Visits after which a run goes on in a new execution, where it may have to.
    pub hand_over_after: Option<u64>,
    /// The steps inside of whose strands a cycle may take more events than an execution has.
    pub unbounded: Vec<StepId>,
    /// What was chosen on the way, and why.
    pub decisions: Vec<Decision>,
}

/// Lowers a definition.
pub fn lower(checked: &Checked, options: Options) -> Lowered {
    lower_with(checked, options, None)
}

/// Lowers a definition to a machine that an execution may also begin with at a step of the root strand, and names the
/// state to begin with: what a position has as its `enter`.
///
/// The step has a Task of its own there, even where it rides along otherwise.
pub(crate) fn lower_entered(
    checked: &Checked,
    options: Options,
    step: StepId,
    mode: LoopMode,
) -> (Lowered, String) {
    let task = plan::entering(checked, None, Target::Step(step), |_| mode);
    let state = names::Names::new(checked).task(&task);
    (lower_with(checked, options, Some(&task)), state)
}

fn lower_with(checked: &Checked, options: Options, entered: Option<&Task>) -> Lowered {
    let names = names::Names::new(checked);
    let mut notes = Notes::default();
    let mut planned = plan::plan(checked, options.level, &names, entered, &mut notes);
    let mut strands = states::states(checked, &planned, &names);
    let mut events = Events::new(checked, &planned, &names, &strands);
    natives::insert(
        checked,
        &names,
        &planned.natives,
        &mut strands,
        &mut events,
        &mut notes,
    );
    let natives = planned.natives.iter();
    let natives = natives.filter(|(name, _)| events.is_unbounded(name));
    let unbounded = natives.map(|(_, native)| native.step).collect();
    let mut states = strands.shift_remove(&None).unwrap_or_default();
    let start = hand_over::insert(
        checked,
        &mut planned,
        &names,
        hand_over::Asked {
            after: options.hand_over_after,
            entered: entered.map(|task| names.task(task)),
        },
        &events,
        &mut states,
        &mut notes,
    );
    let machine = Machine {
        comment: Some(states::comment(&checked.definition.name)),
        query_language: Some(QueryLanguage::Jsonata),
        start_at: start,
        timeout_seconds: budget::execution_timeout(checked),
        states,
        ..Machine::default()
    };
    let hand_over_after = notes.hand_overs.first().map(|hand_over| hand_over.visits);
    let decisions = decisions::decisions(checked, &planned, &notes, options);
    Lowered {
        text: serde_json::to_string(&machine)
            .expect("a machine has string keys and finite numbers"),
        machine,
        decisions,
        plans: planned.plans,
        hand_over_after,
        unbounded,
    }
}
