//! Finds the states of a strand: the root's, those of a Parallel's branch or those of a Map's item processor.

use pawl_asl::{Branch, Machine, State, StateMap};
use serde::{Deserialize, Serialize};

/// One step inwards: the position of a Parallel or Map among its siblings, and which of its branches is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The position of the state in its block.
    pub state: usize,
    /// The position of the branch in the state; 0 for a Map.
    pub branch: usize,
}

/// A block of states and the name of the one to begin with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'m> {
    /// The state to begin with.
    pub(crate) start_at: &'m str,
    /// The states.
    pub(crate) states: &'m StateMap,
}

impl<'m> Block<'m> {
    /// The block at the end of a path, or `None` where the path leads nowhere.
    pub(crate) fn at(machine: &'m Machine, path: &[Hop]) -> Option<Self> {
        let root = Self {
            start_at: &machine.start_at,
            states: &machine.states,
        };
        path.iter().try_fold(root, |block, hop| block.inner(*hop))
    }

    fn inner(self, hop: Hop) -> Option<Self> {
        let (_, state) = self.states.get_index(hop.state)?;
        let branch: &Branch = match state {
            State::Parallel(parallel) => parallel.branches.get(hop.branch)?,
            State::Map(map) => map.item_processor.as_ref()?,
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => return None,
        };
        Some(Self {
            start_at: &branch.start_at,
            states: &branch.states,
        })
    }
}
