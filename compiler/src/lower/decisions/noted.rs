//! What the stages of lowering note where they decide it.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::StepId;

/// What the stages of lowering noted.
#[derive(Debug, Default)]
pub(in crate::lower) struct Notes {
    /// For each pure step: those in whose invocations it is evaluated.
    pub(in crate::lower) riders: BTreeMap<StepId, BTreeSet<StepId>>,
    /// For each pure step that has a Task of its own: why.
    pub(in crate::lower) alone: BTreeMap<StepId, BTreeSet<Alone>>,
    /// For each step that decides without a Choice of its own: the steps whose Choice speaks for it.
    pub(in crate::lower) merged: BTreeMap<StepId, BTreeSet<StepId>>,
    /// What the iterations of each loop that runs side by side are.
    pub(in crate::lower) iterations: BTreeMap<StepId, Iterations>,
    /// The cycles that are handed over.
    pub(in crate::lower) hand_overs: Vec<HandOver>,
}

/// Why a pure step has a Task of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lower) enum Alone {
    /// Nothing comes before it in its line.
    First,
    /// Every step has one.
    Level,
    /// A step before it waits for somebody.
    Answer(StepId),
    /// The machine does something between a step and it.
    Native(StepId),
    /// A failure of a step's own Task leads to it.
    Failure(StepId),
    /// An invocation has met it already.
    Again(StepId),
    /// An invocation holds as much as it can.
    Full(StepId),
}

impl Alone {
    /// The reason in words: what stands before and behind the step that it is of.
    pub(super) fn words(self) -> (&'static str, &'static str, Option<StepId>) {
        match self {
            Self::First => ("nothing comes before it in its line", "", None),
            Self::Level => ("every step has one at -O0", "", None),
            Self::Answer(step) => ("", " is answered from outside", Some(step)),
            Self::Native(step) => (
                "what ",
                " was evaluated for is done by the machine first",
                Some(step),
            ),
            Self::Failure(step) => ("a failure of ", " is caught by the machine", Some(step)),
            Self::Again(step) => ("the invocation of ", " has met it already", Some(step)),
            Self::Full(step) => ("the invocation of ", " holds no more", Some(step)),
        }
    }
}

/// What the iterations of a loop are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Iterations {
    /// Parts of the execution.
    Inline,
    /// Executions, since more run at once than an inline Map takes.
    Many(u64),
    /// Executions, since a step in them waits.
    Waits(StepId),
    /// Executions, since nobody knows how many there are, or what each takes.
    Unbounded,
    /// Executions, since so many events would not leave enough for the rest.
    Events(u64),
}

/// A cycle that goes on in a new execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::lower) struct HandOver {
    /// The states in it that decide.
    pub(in crate::lower) choices: Vec<String>,
    /// The events that it may take, where that is known.
    pub(in crate::lower) events: Option<u64>,
    /// After how many visits.
    pub(in crate::lower) visits: u64,
    /// Whether whoever compiles said so.
    pub(in crate::lower) is_asked: bool,
}
