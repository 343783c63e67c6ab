//! Where choices that lead would let a step run that they did not lead to: lines that are gone side by side come together
//! whatever was chosen in them.

use super::super::edges::Edges;
use super::super::steps::Step;
use super::ways::found;
use super::worlds::{Outcome, Worlds};
use super::{order, repeated};

/// The steps that would run, if choices led, without what they depend on.
pub(in super::super) fn crossing(steps: &[Step<'_>], edges: &Edges) -> Vec<usize> {
    let Some(order) = order(steps, edges) else {
        return Vec::new();
    };
    let meetings = meetings(steps, edges);
    if meetings.is_empty() {
        return Vec::new();
    }
    let worlds = Worlds::of(steps, edges, &order);
    let found = found(steps, edges, &order, &worlds);
    let runs = |step: &usize| {
        found
            .get(step)
            .map_or_else(|| worlds.all(), |when| when.worlds.clone())
    };
    let crosses = |(step, begins): &(usize, Begins<'_>)| {
        begins.iter().any(|(from, port)| {
            let mut led = match from {
                None => worlds.all(),
                Some(from) => {
                    let by = match *port {
                        "false" | "rejected" => Outcome::Otherwise,
                        "error" => Outcome::Failed,
                        _ => Outcome::On,
                    };
                    let mut led = runs(from);
                    led.intersect_with(&worlds.came(*from, by));
                    led
                }
            };
            led.difference_with(&runs(step));
            !led.is_clear()
        })
    };
    let found = meetings.iter().filter(|meeting| crosses(meeting));
    found.map(|(step, _)| *step).collect()
}

/// Whether no two of some steps run, whatever is chosen.
pub(in super::super) fn exclude(steps: &[Step<'_>], edges: &Edges, some: &[usize]) -> bool {
    let order = order(steps, edges).unwrap_or_default();
    let worlds = Worlds::of(steps, edges, &order);
    let found = found(steps, edges, &order, &worlds);
    let mut before = worlds.none();
    some.iter().filter_map(|step| found.get(step)).all(|when| {
        let is_apart = when.worlds.is_disjoint(&before);
        before.union_with(&when.worlds);
        is_apart
    })
}

/// Where lines begin side by side: a step and its port, or with the run.
type Begins<'edges> = Vec<(Option<usize>, &'edges str)>;

/// The steps at which lines come together that began side by side, and where those began.
fn meetings<'edges>(steps: &[Step<'_>], edges: &'edges Edges) -> Vec<(usize, Begins<'edges>)> {
    let repeated = repeated(steps, edges);
    let before = |at: usize| {
        let leads = move |step: &usize| edges.after(*step).any(|target| target == at);
        // What is inside of a loop leads back to it.
        let outside = (0..steps.len()).filter(|step| !repeated.contains(step));
        outside.filter(leads).collect::<Vec<usize>>()
    };
    let mut found = Vec::new();
    for at in (0..steps.len()).filter(|at| !repeated.contains(at)) {
        let before = before(at);
        if before.len() < 2 {
            continue;
        }
        let mut begins = Vec::new();
        for (from, ports) in edges.out.iter().enumerate() {
            for (port, targets) in ports.iter().filter(|(_, targets)| targets.len() > 1) {
                let behind = targets.iter().filter(|target| {
                    let way = edges.reach(&[**target], at);
                    **target == at || before.iter().any(|step| way.contains(step))
                });
                if behind.count() > 1 {
                    begins.push((Some(from), *port));
                }
            }
        }
        // What nothing comes before begins with the run.
        if edges.entries.len() > 1 {
            begins.push((None, "success"));
        }
        if !begins.is_empty() {
            found.push((at, begins));
        }
    }
    found
}
