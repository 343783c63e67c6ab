//! The ways in which the choices of a definition can come out together.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use super::super::edges::Edges;
use super::super::steps::Step;
use super::super::words::What;
use super::{is_choice, is_rejected_on, leads};

/// Where choices can come out in more ways together, so many of them are looked at, spread evenly.
const MOST: usize = 1 << 14;

/// How a choice comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    On,
    Otherwise,
    Failed,
}

/// Each way in which all choices come out, by a number.
pub(super) struct Worlds {
    count: usize,
    came: BTreeMap<(usize, Outcome), FixedBitSet>,
}

impl Worlds {
    pub(super) fn of(steps: &[Step<'_>], edges: &Edges, order: &[usize]) -> Self {
        let outcomes = |at: &usize| {
            let step = steps.get(*at).filter(|step| is_choice(step, *at, edges))?;
            let mut outcomes = vec![Outcome::On];
            let is_condition = matches!(step.what, What::Condition | What::Verdict);
            if is_condition || is_rejected_on(step, *at, edges) {
                outcomes.push(Outcome::Otherwise);
            }
            if leads(edges, *at, "error") {
                outcomes.push(Outcome::Failed);
            }
            Some((*at, outcomes))
        };
        let choices: Vec<(usize, Vec<Outcome>)> = order.iter().filter_map(outcomes).collect();
        let counts = choices.iter().map(|(_, outcomes)| outcomes.len());
        let all = counts.fold(1, usize::saturating_mul);
        let count = all.min(MOST);
        let mut came = BTreeMap::new();
        let mut stride = 1_usize;
        for (place, (at, outcomes)) in choices.iter().enumerate() {
            for world in 0..count {
                let number = if all > MOST {
                    spread(world, place)
                } else {
                    world / stride
                };
                if let Some(outcome) = outcomes.get(number % outcomes.len()) {
                    let worlds = came.entry((*at, *outcome));
                    let worlds = worlds.or_insert_with(|| FixedBitSet::with_capacity(count));
                    worlds.insert(world);
                }
            }
            stride = stride.saturating_mul(outcomes.len());
        }
        Self { count, came }
    }

    /// All of them.
    pub(super) fn all(&self) -> FixedBitSet {
        let mut all = self.none();
        all.insert_range(..);
        all
    }

    /// None of them.
    pub(super) fn none(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.count)
    }

    /// Those in which a step comes out in a way, if it runs: all of them for one that does not choose.
    pub(super) fn came(&self, at: usize, outcome: Outcome) -> FixedBitSet {
        let is_choice = self.came.keys().any(|(choice, _)| *choice == at);
        match self.came.get(&(at, outcome)) {
            Some(worlds) => worlds.clone(),
            None if is_choice => self.none(),
            None => self.all(),
        }
    }
}

/// A number that looks drawn, and is always the same.
fn spread(world: usize, place: usize) -> usize {
    let mixed = (world as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (place as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 33) as usize
}
