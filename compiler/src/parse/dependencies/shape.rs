//! The shape of a graph of dependencies: what follows each other, and what runs side by side.
//!
//! Where all of some steps come before all of others, the ones follow the others; where none of some comes before or
//! after any of others, they run side by side. What is neither is levelled: steps equally far from its beginning run side
//! by side, and the next level begins when all of them are done.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use crate::definition::{Crossing, Origin};

/// Which steps come before which, near or far.
#[derive(Debug, Default)]
pub(super) struct Precedence {
    after: BTreeMap<usize, FixedBitSet>,
}

impl Precedence {
    /// What follows from edges, each from a step to one that waits for it. Of cycles it makes nothing good.
    pub(super) fn of(edges: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut most = 0;
        for (before, after) in edges {
            next.entry(before).or_default().push(after);
            most = most.max(before + 1).max(after + 1);
        }
        let reached = |start: usize| {
            let mut found = FixedBitSet::with_capacity(most);
            let mut open = vec![start];
            while let Some(step) = open.pop() {
                for next in next.get(&step).into_iter().flatten() {
                    if !found.put(*next) {
                        open.push(*next);
                    }
                }
            }
            found
        };
        Self {
            after: next.keys().map(|step| (*step, reached(*step))).collect(),
        }
    }

    /// Whether a step comes before another one.
    pub(super) fn is_before(&self, one: usize, other: usize) -> bool {
        self.after
            .get(&one)
            .is_some_and(|after| after.contains(other))
    }

    /// Whether one of two steps comes before the other.
    pub(super) fn are_ordered(&self, one: usize, other: usize) -> bool {
        self.is_before(one, other) || self.is_before(other, one)
    }
}

/// A part of a line of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Step(usize),
    /// Lines that run side by side.
    Together(Vec<Vec<Item>>, Why),
}

/// Why steps run side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Why {
    /// None of them waits for another.
    Apart,
    /// They are a level of what cannot be put into lines.
    Level {
        /// Which, from 1.
        number: usize,
        /// Of how many.
        of: usize,
        /// What makes it so: `late` waits for `shared` alone, `both` for `shared` and `other`.
        crossing: [usize; 4],
    },
}

impl Why {
    /// The same, by the slugs of steps.
    pub(super) fn origin(&self, members: &[String], slug: &dyn Fn(usize) -> String) -> Origin {
        match self {
            Self::Apart => Origin::Together(members.to_vec()),
            Self::Level {
                number,
                of,
                crossing: [other, shared, both, late],
            } => Origin::Level {
                members: members.to_vec(),
                number: *number,
                of: *of,
                crossing: Crossing {
                    other: slug(*other),
                    shared: slug(*shared),
                    both: slug(*both),
                    late: slug(*late),
                },
            },
        }
    }
}

/// The step with which the first of some lines begins.
pub(super) fn first(branches: &[Vec<Item>]) -> Option<usize> {
    match branches.first()?.first()? {
        Item::Step(id) => Some(*id),
        Item::Together(branches, _) => first(branches),
    }
}

/// Puts steps into a line.
pub(super) fn arrange(nodes: &[usize], precedence: &Precedence) -> Vec<Item> {
    if let [step] = nodes {
        return vec![Item::Step(*step)];
    }
    let apart = components(nodes, |one, other| precedence.are_ordered(one, other));
    if apart.len() > 1 {
        let branches = apart.iter().map(|nodes| arrange(nodes, precedence));
        return vec![Item::Together(branches.collect(), Why::Apart)];
    }
    let mut parts = components(nodes, |one, other| !precedence.are_ordered(one, other));
    if parts.len() > 1 {
        // Every step of one part comes before every step of another.
        parts.sort_by(|one, other| {
            let is_before = one
                .first()
                .zip(other.first())
                .is_some_and(|(one, other)| precedence.is_before(*one, *other));
            if is_before {
                std::cmp::Ordering::Less
            } else {
                std::cmp::Ordering::Greater
            }
        });
        return parts
            .iter()
            .flat_map(|nodes| arrange(nodes, precedence))
            .collect();
    }
    levels(nodes, precedence)
}

/// Steps by how far each is from the beginning.
fn levels(nodes: &[usize], precedence: &Precedence) -> Vec<Item> {
    let before = |step: usize| {
        let nodes = nodes.iter().copied();
        nodes.filter(move |other| precedence.is_before(*other, step))
    };
    let mut order: Vec<usize> = nodes.to_vec();
    // Whatever comes before a step has less before it.
    order.sort_by_key(|step| (before(*step).count(), *step));
    let mut distance: BTreeMap<usize, usize> = BTreeMap::new();
    for step in order {
        let farthest = before(step).filter_map(|other| distance.get(&other).copied());
        let farthest = farthest.max().map_or(0, |farthest| farthest + 1);
        distance.insert(step, farthest);
    }
    let of = distance.values().max().map_or(0, |last| last + 1);
    let crossing = crossing(nodes, precedence);
    (0..of)
        .map(|level| {
            let mut members = nodes.to_vec();
            members.retain(|step| distance.get(step) == Some(&level));
            match members.as_slice() {
                [step] => Item::Step(*step),
                members => Item::Together(
                    members.iter().map(|step| vec![Item::Step(*step)]).collect(),
                    Why::Level {
                        number: level + 1,
                        of,
                        crossing,
                    },
                ),
            }
        })
        .collect()
}

/// Four steps that cannot be put into lines: the first and the second come before the third, the second alone before the
/// fourth. Where there are none, there is nothing to level.
fn crossing(nodes: &[usize], precedence: &Precedence) -> [usize; 4] {
    for both in nodes {
        let before: Vec<usize> = nodes
            .iter()
            .copied()
            .filter(|step| precedence.is_before(*step, *both))
            .collect();
        for shared in &before {
            let is_late = |step: &&usize| {
                precedence.is_before(*shared, **step)
                    && **step != *both
                    && !precedence.are_ordered(**step, *both)
            };
            for late in nodes.iter().filter(is_late) {
                let other = before.iter().find(|other| {
                    **other != *shared
                        && !precedence.are_ordered(**other, *shared)
                        && !precedence.are_ordered(**other, *late)
                });
                if let Some(other) = other {
                    return [*other, *shared, *both, *late];
                }
            }
        }
    }
    unreachable!("a graph without such steps is put into lines")
}

/// The groups of steps that are related, near or far, in the order of their first.
pub(super) fn components(
    nodes: &[usize],
    are_related: impl Fn(usize, usize) -> bool,
) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = nodes.to_vec();
    let mut found = Vec::new();
    while let Some(first) = left.first().copied() {
        let mut group = vec![first];
        left.retain(|step| *step != first);
        let mut looked = 0;
        while let Some(step) = group.get(looked).copied() {
            looked += 1;
            let (related, others): (Vec<usize>, Vec<usize>) = left
                .into_iter()
                .partition(|other| are_related(step, *other));
            group.extend(related);
            left = others;
        }
        group.sort_unstable();
        found.push(group);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1 (2 | 3) 4`: steps that follow each other, and lines side by side; a level is in square brackets.
    fn text(items: &[Item]) -> String {
        let words = items.iter().map(|item| match item {
            Item::Step(step) => step.to_string(),
            Item::Together(branches, why) => {
                let branches: Vec<String> = branches.iter().map(|branch| text(branch)).collect();
                let branches = branches.join(" | ");
                match why {
                    Why::Apart => format!("({branches})"),
                    Why::Level { .. } => format!("[{branches}]"),
                }
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn steps_are_put_into_lines_where_that_is_possible() {
        let rows: [(&[(usize, usize)], &str); 10] = [
            (&[(0, 1), (1, 2)], "0 1 2"),
            (&[(0, 1), (0, 2), (1, 3), (2, 3)], "0 (1 | 2) 3"),
            // What waits for a far one, too, waits no longer.
            (&[(0, 1), (1, 2), (0, 2)], "0 1 2"),
            (&[(0, 1), (2, 3)], "(0 1 | 2 3)"),
            (&[(0, 2), (1, 2)], "(0 | 1) 2"),
            (&[(0, 2), (1, 2), (0, 3), (1, 3)], "(0 | 1) (2 | 3)"),
            (
                &[(0, 1), (1, 2), (0, 3), (3, 4), (2, 5), (4, 5)],
                "0 (1 2 | 3 4) 5",
            ),
            // The N, alone and in a branch.
            (&[(0, 2), (1, 2), (1, 3)], "[0 | 1] [2 | 3]"),
            (
                &[
                    (9, 0),
                    (9, 1),
                    (0, 2),
                    (1, 2),
                    (1, 3),
                    (2, 8),
                    (3, 8),
                    (9, 5),
                    (5, 8),
                ],
                "9 ([0 | 1] [2 | 3] | 5) 8",
            ),
            // A short way beside a long one that crosses it.
            (
                &[(0, 1), (1, 2), (2, 3), (0, 4), (4, 3), (5, 4)],
                "[0 | 5] [1 | 4] 2 3",
            ),
        ];
        for (edges, expected) in rows {
            let precedence = Precedence::of(edges.iter().copied());
            let mut nodes: Vec<usize> = edges.iter().flat_map(|(a, b)| [*a, *b]).collect();
            nodes.sort_unstable();
            nodes.dedup();
            assert_eq!(text(&arrange(&nodes, &precedence)), expected, "{edges:?}");
        }
    }
}
