//! Edges that follow from others: the line of steps without edges, the way back to a loop, where a run begins; and
//! circles of steps that wait for each other.

use std::collections::BTreeSet;

use super::super::given;
use super::super::words::What;
use super::Finder;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

impl Finder<'_, '_, '_> {
    /// Steps that wait for each other: none of them would ever begin.
    pub(super) fn circular(&mut self) {
        let mut told = BTreeSet::new();
        for at in 0..self.steps.len() {
            let Some(waits) = self.circle(at) else {
                continue;
            };
            // A loop goes on with what depends on it, and so does whoever chooses.
            let chooses = |step: &usize| matches!(self.what(*step), What::Condition | What::Loop);
            let is_told = waits.iter().skip(1).any(|step| !told.insert(*step));
            if is_told || waits.len() < 3 || waits.iter().any(chooses) {
                continue;
            }
            let names = waits.iter().filter_map(|step| self.steps.get(*step));
            let names: Vec<String> = names.map(|step| format!("`{}`", step.id)).collect();
            let Some((first, rest)) = names.split_first() else {
                continue;
            };
            let message = format!("step {first} waits for {}", rest.join(", which waits for "));
            let node = self.steps.get(at).map(|step| step.node);
            let fields = ["dependencies", "depends_on"];
            let place = node.and_then(|node| fields.iter().find_map(|field| given(node, field)));
            if let Some(place) = place {
                self.translation.say(
                    Diagnostic::error(codes::DEPENDENCY_CYCLE, message)
                        .on(place)
                        .help("take one of them out of the `dependencies` of another"),
                );
            }
        }
    }

    /// What a step waits for, up to itself, the shortest way.
    fn circle(&self, step: usize) -> Option<Vec<usize>> {
        let mut ways = vec![vec![step]];
        let mut seen = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                let last = *way.last()?;
                for before in (0..self.steps.len()).filter(|before| self.edges.has(*before, last)) {
                    let mut way = way.clone();
                    way.push(before);
                    if before == step {
                        return Some(way);
                    }
                    if seen.insert(before) {
                        longer.push(way);
                    }
                }
            }
            ways = longer;
        }
        None
    }

    /// Steps that follow each other as they stand.
    pub(super) fn sequence(&mut self, root: &Node) {
        let led: BTreeSet<usize> = (0..self.steps.len())
            .flat_map(|step| self.edges.after(step))
            .collect();
        let line: Vec<usize> = (0..self.steps.len())
            .filter(|step| !led.contains(step))
            .filter(|step| {
                self.steps
                    .get(*step)
                    .is_some_and(|step| step.inside.is_none())
            })
            .collect();
        if line.len() < 2 {
            return;
        }
        // With its steps inside of parameters, a loop or a parallel step is one of the line.
        for pair in line.windows(2) {
            if let [from, to] = pair {
                self.lead(*from, &[*to]);
            }
        }
        self.translation.differs(
            "steps-without-edges",
            root.get("steps").unwrap_or(root),
            "no step says what follows it, so they follow each other as they stand",
        );
    }

    /// The last steps of a loop's body lead back to it.
    pub(super) fn returns(&mut self) {
        let heads = (0..self.steps.len()).filter(|step| self.what(*step) == What::Loop);
        let mut heads: Vec<usize> = heads.collect();
        // Inner loops first: there is less in them.
        heads.sort_by_key(|head| self.edges.inside(*head).len());
        for head in heads {
            let inside = self.edges.inside(head);
            for step in inside {
                let what = self.what(step);
                // An inner loop leads on when it is done; where it leads to next is its own body.
                let ports = what.ways_on().iter();
                let ports = ports.filter(|port| what != What::Loop || **port == "done");
                let empty: Vec<&str> = self.edges.empty_of(step).collect();
                for port in ports.copied().chain(empty) {
                    let leads = self
                        .edges
                        .out
                        .get(step)
                        .is_some_and(|out| out.contains_key(port));
                    // What ends the run within the body does not go on with the next item.
                    if !leads && !self.edges.ends.contains(&(step, port)) {
                        self.edges.add(step, port, head);
                    }
                }
            }
        }
    }

    /// The steps that nothing leads to: where steps depend on others, those begin at once.
    pub(super) fn roots(&mut self) {
        let reached: BTreeSet<usize> = (0..self.steps.len())
            .flat_map(|step| self.edges.after(step).collect::<Vec<_>>())
            .collect();
        let is_root = |step: &usize| !reached.contains(step);
        let first = (0..self.steps.len()).find(|step| self.what(*step).begins());
        let roots: Vec<usize> = (0..self.steps.len())
            .filter(is_root)
            .filter(|step| Some(*step) != first)
            .filter(|step| {
                self.steps
                    .get(*step)
                    .is_some_and(|step| step.inside.is_none())
            })
            .collect();
        let inputs = roots
            .iter()
            .copied()
            .filter(|step| self.what(*step).begins());
        self.edges.entries = if self.edges.are_dependencies || first.is_none() {
            roots
        } else {
            inputs.collect()
        };
        if first.is_none() && !self.edges.are_dependencies {
            // A definition without a trigger begins with its first step.
            self.edges.entries.truncate(1);
        }
    }
}
