//! The names of states: a step's slug where it has one state, the slug and a word in brackets where it needs more.

use pawl_contract::LoopMode;

use crate::check::Checked;
use crate::definition::Step;
use crate::graph::{Division, StepId, StrandId};
use crate::steps;

/// A Task that the machine needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Task {
    /// A work step.
    Work(StepId),
    /// A pure step with nobody before it to ride along with; a loop head also says which way it is entered.
    Evaluate(StepId, Option<LoopMode>),
    /// A step that waited too long: what was decided in the last moment stands.
    Settle(StepId),
    /// Asks somebody on behalf of a step that cannot go on without an answer.
    Ask(StepId),
    /// Ends a strand where no step's Lambda can; the root's end is the run's.
    End(Option<StrandId>),
    /// Fails a strand where nothing catches a failure.
    Fail(Option<StrandId>),
    /// Goes on in a new execution, which begins with the state named.
    HandOver(String),
}

impl Task {
    /// The step that it is for, where it does the step's work.
    pub(super) fn work(&self) -> Option<StepId> {
        if let Self::Work(step) = self {
            Some(*step)
        } else {
            None
        }
    }

    /// The strand that it stands in.
    pub(super) fn home(&self, checked: &Checked) -> Option<StrandId> {
        match self {
            Self::Work(step) | Self::Settle(step) | Self::Ask(step) | Self::Evaluate(step, _) => {
                checked.strands.home(*step)
            }
            Self::End(home) | Self::Fail(home) => *home,
            Self::HandOver(_) => None,
        }
    }
}

/// Gives every state its name.
pub(super) struct Names<'a> {
    checked: &'a Checked,
    /// The names of the machine's own states that a step has too; looked up once, since they are asked for all the time.
    taken: Vec<Own>,
}

/// The machine's own states, of which each strand has its own. A step may have one of these names too; then ours gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// The Task that ends a run.
    End,
    /// The Task that fails a run.
    Fail,
    /// The native Succeed that a Choice leads to where a run has ended.
    Finished,
    /// The native Fail that every failure leads to.
    Failed,
    /// The Choice with which a machine begins that may be handed over.
    Enter,
}

impl Own {
    const ALL: [Self; 5] = [
        Self::End,
        Self::Fail,
        Self::Finished,
        Self::Failed,
        Self::Enter,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Fail => "fail",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Enter => "enter",
        }
    }
}

impl<'a> Names<'a> {
    pub(super) fn new(checked: &'a Checked) -> Self {
        let steps = &checked.definition.steps;
        let mut taken = Own::ALL.to_vec();
        taken.retain(|own| steps.iter().any(|step| step.slug == own.name()));
        Self { checked, taken }
    }

    /// The slug of a step.
    pub(super) fn slug(&self, step: StepId) -> &'a str {
        let step: Option<&'a Step> = self.checked.definition.steps.get(step);
        step.map_or("", |step| &step.slug)
    }

    /// The name of a Task.
    pub(super) fn task(&self, task: &Task) -> String {
        match task {
            Task::Work(step) => self.slug(*step).to_owned(),
            Task::Evaluate(step, None) => format!("{} (evaluate)", self.slug(*step)),
            Task::Evaluate(step, Some(LoopMode::Start)) => format!("{} (start)", self.slug(*step)),
            Task::Evaluate(step, Some(LoopMode::Advance)) => {
                format!("{} (advance)", self.slug(*step))
            }
            Task::Evaluate(step, Some(LoopMode::Collect)) => {
                format!("{} (collect)", self.slug(*step))
            }
            Task::Settle(step) => format!("{} (settle)", self.slug(*step)),
            Task::Ask(step) => format!("{} (ask)", self.slug(*step)),
            Task::End(strand) => self.own(Own::End, *strand),
            Task::Fail(strand) => self.own(Own::Fail, *strand),
            Task::HandOver(enter) => format!("hand over ({enter})"),
        }
    }

    /// The name of the state that does what a step was evaluated for: lets time pass, or begins its strands.
    pub(super) fn native(&self, step: StepId) -> String {
        let what = match steps::division(self.checked.step(step)) {
            Some(Division::Branches) => "branches",
            Some(Division::Items) => "items",
            None => "wait",
        };
        format!("{} ({what})", self.slug(step))
    }

    /// The name of the state with which a branch begins, counted from 1.
    pub(super) fn branch(&self, step: StepId, number: usize) -> String {
        format!("{} (branch {number})", self.slug(step))
    }

    /// The name of one of the machine's own states, in a strand.
    pub(super) fn own(&self, own: Own, strand: Option<StrandId>) -> String {
        let name = own.name();
        if let Some(strand) = strand.and_then(|strand| self.checked.strands.strand(strand)) {
            let slug = self.slug(strand.owner);
            return if strand.iterates {
                format!("{name} ({slug})")
            } else {
                format!("{name} ({slug} {})", strand.number)
            };
        }
        // Slugs hold no spaces, so the longer name is always free.
        if self.taken.contains(&own) {
            format!("{name} (run)")
        } else {
            name.to_owned()
        }
    }
}
