//! Where a Task reads and writes: the scope of its Map iteration, and those around it.

use pawl_contract::{At, MapRef, Plan};
use pawl_store::key::ROOT;
use pawl_store::{Cursor, Items, Store};

use crate::Error;

/// The scopes of a Task, its own first; the run's is the last.
#[derive(Debug, Clone)]
pub(crate) struct Scopes {
    names: Vec<String>,
    /// The iterations that the Task stands in, outermost first.
    iterations: Vec<Iteration>,
}

/// An iteration of a Map.
#[derive(Debug, Clone)]
struct Iteration {
    /// The loop step's slug.
    step: String,
    /// The scope in which the loop itself stands.
    around: String,
    /// The first visit in it.
    first: At,
    /// The item's index.
    index: u64,
}

impl Scopes {
    /// The scopes of a plan's Task at a place.
    pub(crate) fn of(plan: &Plan, at: &At) -> Self {
        let mut names = vec![ROOT.to_owned()];
        let mut iterations = Vec::new();
        for map in &plan.maps {
            let Some(iteration) = iteration(map, at, names.last()) else {
                continue;
            };
            names.extend(at.strand(map.depth).map(str::to_owned));
            iterations.push(iteration);
        }
        names.reverse();
        Self { names, iterations }
    }

    /// The scopes of what stands outside of any run.
    pub(crate) fn none() -> Self {
        Self {
            names: Vec::new(),
            iterations: Vec::new(),
        }
    }

    /// The scope that a Task writes to.
    pub(crate) fn own(&self) -> &str {
        self.names.first().map_or(ROOT, String::as_str)
    }

    /// The index of the item of the innermost iteration that the Task stands in.
    pub(crate) fn iteration(&self) -> Option<u64> {
        self.iterations.last().map(|iteration| iteration.index)
    }

    /// Every scope, the Task's own first: what is found in the first that has it counts.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The lists from which iterations take their items: scope and loop.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (&str, &str)> {
        let iterations = self.iterations.iter();
        iterations.map(|iteration| (iteration.around.as_str(), iteration.step.as_str()))
    }

    /// Where each Map around the Task stands, with the loop's slug.
    pub(crate) async fn cursors(
        &self,
        store: &Store,
        items: &Items,
    ) -> Result<Vec<(&str, Cursor)>, Error> {
        let mut cursors = Vec::new();
        for iteration in &self.iterations {
            let (around, step) = (&iteration.around, &iteration.step);
            let (Some(list), Some(map)) = (
                items.list(around, step)?,
                store.cursor(items, around, step).await?,
            ) else {
                continue;
            };
            let item = store.nth(&list, iteration.index).await?;
            let cursor = Cursor {
                at: iteration.first.clone(),
                index: iteration.index,
                count: map.count,
                item: item.unwrap_or_default(),
                done: false,
            };
            cursors.push((iteration.step.as_str(), cursor));
        }
        Ok(cursors)
    }
}

fn iteration(map: &MapRef, at: &At, around: Option<&String>) -> Option<Iteration> {
    let strand = at.strand(map.depth)?;
    let (_, index) = strand.rsplit_once('/')?;
    Some(Iteration {
        step: map.step.clone(),
        around: around?.clone(),
        first: At::try_from(format!("{strand}/000000")).ok()?,
        index: index.parse().ok()?,
    })
}
