//! How strands are found: where branches come together, and what crosses between them.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use super::{BRANCHES, Division, Fault, Strand, Strands};
use crate::graph::{Graph, StepId, Target};

impl Strands {
    /// Finds the strands of a graph, given which steps divide it.
    pub fn find(graph: &Graph, owners: &BTreeMap<StepId, Division>) -> Result<Self, Vec<Fault>> {
        let incoming = graph.incoming();
        let reachable = graph.reachable();
        let mut strands = Self {
            homes: vec![None; graph.ports.len()],
            ..Self::default()
        };
        let mut faults = Vec::new();
        let mut regions: Vec<(Strand, FixedBitSet)> = Vec::new();
        for (owner, division) in owners
            .iter()
            .filter(|(owner, _)| reachable.contains(**owner))
        {
            let ports: Vec<(&str, Target)> = match division {
                Division::Branches => branches(graph, *owner).collect(),
                Division::Items => {
                    let next = graph.ports_of(*owner).filter(|(port, _)| *port == "next");
                    next.collect()
                }
            };
            let join = match division {
                Division::Items => Target::End,
                Division::Branches => match join(graph, *owner, &ports) {
                    Ok(join) => {
                        strands.joins.insert(*owner, join);
                        join
                    }
                    Err(fault) => {
                        faults.push(fault);
                        continue;
                    }
                },
            };
            let barred = |step: StepId| step == *owner || Target::Step(step) == join;
            for (number, (port, entry)) in ports.iter().enumerate() {
                let region = graph.reach(step_of(*entry), barred);
                let found = faults_of(
                    graph, &incoming, &reachable, *owner, *division, port, &region,
                );
                faults.extend(found);
                let strand = Strand {
                    owner: *owner,
                    number: number + 1,
                    iterates: *division == Division::Items,
                    entry: *entry,
                    around: None,
                };
                regions.push((strand, region));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        // The smallest strand that holds a step is its home: strands lie in each other or apart.
        regions.sort_by_key(|(_, region)| std::cmp::Reverse(region.count_ones(..)));
        for (id, (_, region)) in regions.iter().enumerate() {
            for step in region.ones() {
                if let Some(home) = strands.homes.get_mut(step) {
                    *home = Some(id);
                }
            }
        }
        strands.all = regions
            .into_iter()
            .map(|(strand, _)| Strand {
                around: strands.home(strand.owner),
                ..strand
            })
            .collect();
        Ok(strands)
    }
}

/// The branches of a parallel step.
fn branches(graph: &Graph, owner: StepId) -> impl Iterator<Item = (&'static str, Target)> {
    let ports = graph.ports_of(owner);
    ports.filter(|(port, _)| BRANCHES.contains(port))
}

pub(super) fn step_of(target: Target) -> Option<StepId> {
    match target {
        Target::Step(step) => Some(step),
        Target::End => None,
    }
}

/// Where the branches of a parallel step come together: where its author says, or at the first step to which all that
/// meet come.
fn join(graph: &Graph, owner: StepId, ports: &[(&str, Target)]) -> Result<Target, Fault> {
    let regions = |join: Option<StepId>| -> Vec<FixedBitSet> {
        let barred = |step: StepId| step == owner || Some(step) == join;
        ports
            .iter()
            .map(|(_, entry)| graph.reach(step_of(*entry), barred))
            .collect()
    };
    if let Some(target) = graph
        .ports
        .get(owner)
        .and_then(|ports| ports.get("success"))
    {
        return match meeting(&regions(step_of(*target))).ones().next() {
            Some(step) => Err(Fault::Met { owner, step }),
            None => Ok(*target),
        };
    }
    let met = meeting(&regions(None));
    let Some(first) = met.ones().next() else {
        return Ok(Target::End);
    };
    let mut candidates = met.ones();
    candidates
        .find(|step| meeting(&regions(Some(*step))).is_clear())
        .map(Target::Step)
        .ok_or(Fault::Met { owner, step: first })
}

/// The steps that stand in more than one region.
fn meeting(regions: &[FixedBitSet]) -> FixedBitSet {
    let mut met = FixedBitSet::new();
    let mut seen = FixedBitSet::new();
    for region in regions {
        let mut again = seen.clone();
        again.intersect_with(region);
        met.union_with(&again);
        seen.union_with(region);
    }
    met
}

/// What keeps a region from being a strand of its own.
fn faults_of(
    graph: &Graph,
    incoming: &[Vec<(StepId, &'static str)>],
    reachable: &FixedBitSet,
    owner: StepId,
    division: Division,
    begins_by: &str,
    region: &FixedBitSet,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for step in region.ones() {
        if graph.entry_step() == Some(step) {
            let source = None;
            faults.push(Fault::Shared {
                owner,
                step,
                source,
            });
        }
        let sources = incoming.get(step).into_iter().flatten();
        let outside = sources.filter(|(source, port)| {
            reachable.contains(*source)
                && !region.contains(*source)
                && !(*source == owner && *port == begins_by)
        });
        faults.extend(outside.map(|(source, _)| Fault::Shared {
            owner,
            step,
            source: Some(*source),
        }));
        let is_back = graph.edges_of(step).any(|(_, target)| target == owner);
        if is_back && division == Division::Branches {
            faults.push(Fault::Back { owner, step });
        }
    }
    // One is enough to say what is wrong.
    faults.truncate(1);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tests::graph;
    use crate::graph::{Apart, Event, Order};

    #[test]
    fn branches_come_together_at_the_first_common_step() {
        // 0 divides into 1 and 2; 2 goes on to 3; both come to 4, and 5 is behind.
        let edges = [
            (0, BRANCHES[0], 1),
            (0, BRANCHES[1], 2),
            (1, "success", 4),
            (2, "success", 3),
            (3, "success", 4),
            (4, "success", 5),
            (5, "success", -1),
        ];
        let graph = graph(6, &edges);
        let owners = BTreeMap::from([(0, Division::Branches)]);
        let strands = Strands::find(&graph, &owners).expect("sound branches");
        assert_eq!(strands.joins().collect::<Vec<_>>(), [(0, Target::Step(4))]);
        assert_eq!(strands.home(2), strands.home(3));
        assert_ne!(strands.home(1), strands.home(2));
        assert_eq!(strands.home(4), None);
        assert_eq!(strands.within(3, Target::Step(4)), Target::End);
        assert_eq!(strands.apart(1, 3), Some(Apart::Branches(0)));
        assert_eq!(strands.apart(1, 5), None);
        let sequence = strands.in_sequence(&graph);
        let order = Order::find(&sequence);
        for step in [1, 2, 3] {
            assert!(order.always(step, Event::Ran, 5), "{step}");
        }
    }

    #[test]
    fn what_leads_into_a_branch_or_out_of_it_is_a_fault() {
        let owners = BTreeMap::from([(1, Division::Branches)]);
        let shared = graph(
            4,
            &[
                (0, "true", 1),
                (0, "false", 3),
                (1, BRANCHES[0], 2),
                (1, BRANCHES[1], 3),
                (2, "success", -1),
                (3, "success", -1),
            ],
        );
        let back = graph(
            4,
            &[
                (0, "success", 1),
                (1, BRANCHES[0], 2),
                (1, BRANCHES[1], 3),
                (2, "success", 1),
                (3, "success", -1),
            ],
        );
        // Both come to 4 and to 5, by ways of their own.
        let met = graph(
            6,
            &[
                (0, "success", 1),
                (1, BRANCHES[0], 2),
                (1, BRANCHES[1], 3),
                (2, "true", 4),
                (2, "false", 5),
                (3, "true", 4),
                (3, "false", 5),
                (4, "success", -1),
                (5, "success", -1),
            ],
        );
        let rows = [
            (
                shared,
                Fault::Shared {
                    owner: 1,
                    step: 3,
                    source: Some(0),
                },
            ),
            (back, Fault::Back { owner: 1, step: 2 }),
            (met, Fault::Met { owner: 1, step: 4 }),
        ];
        for (graph, fault) in rows {
            assert_eq!(
                Strands::find(&graph, &owners).expect_err("a fault"),
                [fault]
            );
        }
    }

    #[test]
    fn the_body_of_a_loop_over_independent_items_is_a_strand() {
        // 0 goes through a list; 1 and 2 are its body, in which 3 divides into 4 and 5; 6 comes after.
        let edges = [
            (0, "next", 1),
            (0, "done", 6),
            (1, "success", 3),
            (3, BRANCHES[0], 4),
            (3, BRANCHES[1], 5),
            (4, "success", 2),
            (5, "success", 2),
            (2, "success", 0),
            (6, "success", -1),
        ];
        let graph = graph(7, &edges);
        let owners = BTreeMap::from([(0, Division::Items), (3, Division::Branches)]);
        let strands = Strands::find(&graph, &owners).expect("sound strands");
        let around: Vec<StepId> = strands
            .outwards(strands.home(4))
            .map(|(_, strand)| strand.owner)
            .collect();
        assert_eq!(around, [3, 0]);
        assert_eq!(strands.home(2), strands.home(1));
        assert_eq!(strands.within(2, Target::Step(0)), Target::End);
        assert_eq!(strands.apart(4, 6), Some(Apart::Items(0)));
        assert_eq!(strands.apart(6, 4), None);
    }
}
