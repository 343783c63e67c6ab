//! The names of states: a step's slug where it has one state, the slug and a word in brackets where it needs more.

use pawl_contract::LoopMode;

use crate::definition::Definition;
use crate::graph::StepId;

/// A Task that the machine needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Task {
    /// A work step.
    Work(StepId),
    /// A pure step with nobody before it to ride along with; a loop head also says which way it is entered.
    Evaluate(StepId, Option<LoopMode>),
    /// A step that waited too long: what was decided in the last moment stands.
    Settle(StepId),
    /// Ends the run where no step's Lambda can.
    End,
    /// Fails the run where nothing catches a failure.
    Fail,
    /// Goes on in a new execution, which begins with the state named.
    HandOver(String),
}

/// Gives every state its name.
pub(super) struct Names<'a> {
    definition: &'a Definition,
    /// The names of the machine's own states that a step has too; looked up once, since they are asked for all the time.
    taken: Vec<Own>,
}

/// The machine's own states. A step may have one of these names too; then ours gives way.
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
    pub(super) fn new(definition: &'a Definition) -> Self {
        let mut taken = Own::ALL.to_vec();
        taken.retain(|own| definition.steps.iter().any(|step| step.slug == own.name()));
        Self { definition, taken }
    }

    /// The slug of a step.
    pub(super) fn slug(&self, step: StepId) -> &'a str {
        self.definition
            .steps
            .get(step)
            .map_or("", |step| &step.slug)
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
            Task::Settle(step) => format!("{} (settle)", self.slug(*step)),
            Task::End => self.own(Own::End),
            Task::Fail => self.own(Own::Fail),
            Task::HandOver(enter) => format!("hand over ({enter})"),
        }
    }

    /// The name of the state in which a delay lets time pass.
    pub(super) fn wait(&self, step: StepId) -> String {
        format!("{} (wait)", self.slug(step))
    }

    /// The name of one of the machine's own states.
    pub(super) fn own(&self, own: Own) -> String {
        let name = own.name();
        // Slugs hold no spaces, so the longer name is always free.
        if self.taken.contains(&own) {
            format!("{name} (run)")
        } else {
            name.to_owned()
        }
    }
}
