//! What an invocation must fetch: gathered over a Task's whole tree.

use std::collections::BTreeSet;

use pawl_contract::{Kind, Reads, StepRead};

use crate::check::Checked;
use crate::definition::Origin;
use crate::graph::StepId;

/// What the steps of one tree read, each once.
#[derive(Default)]
pub(super) struct ReadSet {
    steps: BTreeSet<String>,
    variables: BTreeSet<String>,
    loops: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl ReadSet {
    /// Adds what a step reads, standing in the loops `around` it.
    pub(super) fn add(&mut self, checked: &Checked, id: StepId, around: &[StepId]) {
        let step = checked.step(id);
        if let Some(reads) = checked.reads.get(id) {
            self.steps.extend(reads.steps.iter().cloned());
            self.variables.extend(reads.variables.iter().cloned());
            if reads.lists {
                self.lists
                    .extend(around.iter().map(|head| checked.step(*head).slug.clone()));
            }
        }
        self.stand(checked, around);
        // How often it was visited is kept when it is skipped.
        if let Some(Origin::RunIf(slug)) = &step.origin {
            self.steps.insert(slug.clone());
        }
        if step.kind == Kind::Loop {
            self.loops.insert(step.slug.clone());
        }
    }

    /// Adds what says where a visit stands: which iteration it belongs to is known by the cursors of the loops around.
    pub(super) fn stand(&mut self, checked: &Checked, around: &[StepId]) {
        self.loops
            .extend(around.iter().map(|head| checked.step(*head).slug.clone()));
    }

    /// In the form of the plan.
    pub(super) fn into_reads(self) -> Reads {
        Reads {
            steps: self
                .steps
                .into_iter()
                .map(|slug| StepRead { slug, up: 0 })
                .collect(),
            variables: self.variables.into_iter().collect(),
            loops: self.loops.into_iter().collect(),
            lists: self.lists.into_iter().collect(),
        }
    }
}
