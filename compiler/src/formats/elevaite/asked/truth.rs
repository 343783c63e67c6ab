//! Where choices that lead would let a step run that they did not lead to: lines that are gone side by side come together
//! whatever was chosen in them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::edges::Edges;
use super::super::steps::Step;
use super::super::words::What;
use super::{Term, Ways, found, is_choice, is_rejected_on, leads, order, repeated};

/// Where choices can come out in more ways together, not all of them are tried out: they are asked.
const MOST_WAYS: usize = 4096;

/// How a choice comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    On,
    Otherwise,
    Failed,
}

/// The steps that choose what follows them, and how each may come out.
struct Choices(Vec<(usize, Vec<Outcome>)>);

/// How each choice came out.
type Chosen = BTreeMap<usize, Outcome>;

impl Choices {
    fn of(steps: &[Step<'_>], edges: &Edges, order: &[usize]) -> Self {
        let choice = |at: &usize| {
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
        Self(order.iter().filter_map(choice).collect())
    }

    /// In how many ways all of them may come out.
    fn count(&self) -> usize {
        let counts = self.0.iter().map(|(_, outcomes)| outcomes.len());
        counts.fold(1, usize::saturating_mul)
    }

    /// One of the ways in which all of them may come out.
    fn chosen(&self, mut number: usize) -> Chosen {
        let choose = |(at, outcomes): &(usize, Vec<Outcome>)| {
            let chosen = outcomes.get(number % outcomes.len()).copied();
            number /= outcomes.len();
            Some((*at, chosen?))
        };
        self.0.iter().filter_map(choose).collect()
    }
}

/// Whether some step would run, if choices led, without what it depends on.
pub(in super::super) fn cross(steps: &[Step<'_>], edges: &Edges) -> bool {
    let Some(order) = order(steps, edges) else {
        return false;
    };
    let meetings = meetings(steps, edges);
    if meetings.is_empty() {
        return false;
    }
    let choices = Choices::of(steps, edges, &order);
    if choices.count() > MOST_WAYS {
        return true;
    }
    let ways = found(steps, edges);
    (0..choices.count()).any(|number| {
        let chosen = choices.chosen(number);
        let runs = runs(&order, &ways, &chosen);
        meetings.iter().any(|(step, begins)| {
            let is_led = begins.iter().any(|(from, port)| {
                let Some(from) = from else { return true };
                let by = match *port {
                    "false" | "rejected" => Outcome::Otherwise,
                    "error" => Outcome::Failed,
                    _ => Outcome::On,
                };
                runs.contains(from) && chosen.get(from).is_none_or(|outcome| *outcome == by)
            });
            is_led && !runs.contains(step)
        })
    })
}

/// Whether no two of some steps run, whatever is chosen.
pub(in super::super) fn exclude(steps: &[Step<'_>], edges: &Edges, some: &[usize]) -> bool {
    let order = order(steps, edges).unwrap_or_default();
    let choices = Choices::of(steps, edges, &order);
    let ways = found(steps, edges);
    choices.count() <= MOST_WAYS
        && (0..choices.count()).all(|number| {
            let runs = runs(&order, &ways, &choices.chosen(number));
            some.iter().filter(|step| runs.contains(step)).count() < 2
        })
}

/// Where lines begin side by side: a step and its port, or with the run.
type Begins<'edges> = Vec<(Option<usize>, &'edges str)>;

/// The steps that run, as choices came out.
fn runs(order: &[usize], ways: &BTreeMap<usize, Ways>, chosen: &Chosen) -> BTreeSet<usize> {
    let mut runs = BTreeSet::new();
    for at in order {
        let came = |step: &usize, outcome: Outcome| {
            runs.contains(step) && chosen.get(step).is_none_or(|chosen| *chosen == outcome)
        };
        let holds = |term: &Term| match term {
            Term::Ran(step) => runs.contains(step),
            Term::On(step) => came(step, Outcome::On),
            Term::OnOrSkipped(step) => !runs.contains(step) || came(step, Outcome::On),
            Term::Otherwise(step) => came(step, Outcome::Otherwise),
            Term::Failed(step) => came(step, Outcome::Failed),
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
