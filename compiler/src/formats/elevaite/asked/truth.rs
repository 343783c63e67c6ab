//! Where choices that lead would let a step run that they did not lead to: lines that are gone side by side come together
//! whatever was chosen in them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::edges::Edges;
use super::super::steps::Step;
use super::{Term, Ways, found, is_choice, order, repeated};

/// More choices than these are not tried out: they are asked.
const MOST_CHOICES: usize = 10;

/// Whether some step would run, if choices led, without what it depends on.
pub(in super::super) fn cross(steps: &[Step<'_>], edges: &Edges) -> bool {
    let Some(order) = order(steps, edges) else {
        return false;
    };
    let meetings = meetings(steps, edges);
    if meetings.is_empty() {
        return false;
    }
    let choices = choices(steps, edges, &order);
    if choices.len() > MOST_CHOICES {
        return true;
    }
    let ways = found(steps, edges);
    (0..1_u32 << choices.len()).any(|outcomes| {
        let goes_on = |at: usize| {
            let number = choices.iter().position(|choice| *choice == at);
            number.is_none_or(|number| outcomes & (1 << number) != 0)
        };
        let runs = runs(&order, &ways, goes_on);
        meetings.iter().any(|(step, begins)| {
            let is_led = begins.iter().any(|(from, port)| {
                let Some(from) = from else { return true };
                let is_on = !["false", "rejected", "error"].contains(port);
                let is_chosen = choices.contains(from);
                runs.contains(from) && (!is_chosen || goes_on(*from) == is_on)
            });
            is_led && !runs.contains(step)
        })
    })
}

/// Whether no two of some steps run, whatever is chosen.
pub(in super::super) fn exclude(steps: &[Step<'_>], edges: &Edges, some: &[usize]) -> bool {
    let order = order(steps, edges).unwrap_or_default();
    let choices = choices(steps, edges, &order);
    let ways = found(steps, edges);
    choices.len() <= MOST_CHOICES
        && (0..1_u32 << choices.len()).all(|outcomes| {
            let goes_on = |at: usize| {
                let number = choices.iter().position(|choice| *choice == at);
                number.is_none_or(|number| outcomes & (1 << number) != 0)
            };
            let runs = runs(&order, &ways, goes_on);
            some.iter().filter(|step| runs.contains(step)).count() < 2
        })
}

/// The steps that choose what follows them.
fn choices(steps: &[Step<'_>], edges: &Edges, order: &[usize]) -> Vec<usize> {
    let chooses = |at: &usize| {
        let step = steps.get(*at);
        step.is_some_and(|step| is_choice(step, *at, edges))
    };
    order.iter().copied().filter(chooses).collect()
}

/// Where lines begin side by side: a step and its port, or with the run.
type Begins<'edges> = Vec<(Option<usize>, &'edges str)>;

/// The steps that run, where choices go on or not.
fn runs(
    order: &[usize],
    ways: &BTreeMap<usize, Ways>,
    goes_on: impl Fn(usize) -> bool,
) -> BTreeSet<usize> {
    let mut runs = BTreeSet::new();
    for at in order {
        let holds = |term: &Term| match term {
            Term::Ran(step) => runs.contains(step),
            Term::On(step) => runs.contains(step) && goes_on(*step),
            Term::Otherwise(step) => runs.contains(step) && !goes_on(*step),
        };
        let ways = ways.get(at).map(Vec::as_slice).unwrap_or_default();
        if ways.iter().all(|any| any.terms.iter().any(holds)) {
            runs.insert(*at);
        }
    }
    runs
}

/// The steps at which lines come together that began side by side, and where those began.
fn meetings<'edges>(steps: &[Step<'_>], edges: &'edges Edges) -> Vec<(usize, Begins<'edges>)> {
    let repeated = repeated(steps, edges);
    let before = |at: usize| {
        let leads = move |step: &usize| edges.after(*step).any(|target| target == at);
        (0..steps.len()).filter(leads).collect::<Vec<usize>>()
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
                    before.iter().any(|step| way.contains(step))
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
