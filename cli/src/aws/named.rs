//! The run that RUN on the command line means: an id, or as much of it as only one run has.

use pawl_compiler::diagnostic::near;
use pawl_store::Run;
use pawl_store::key::is_collection;

use super::Aws;
use crate::laptop::ORG;
use crate::project::Misuse;

/// Among so many of the latest runs a part of an id is looked for.
const SEARCHED: usize = 1000;

/// The fewest letters that can stand for an id.
pub(super) const SHORTEST_PART: usize = 4;

/// So many runs are named where there was none of the name.
const SUGGESTED: usize = 3;

/// There is no such run, or more than one.
pub(super) struct Missing {
    pub(super) misuse: Misuse,
    pub(super) is_several: bool,
}

impl Aws {
    /// Finds a run by what a person calls it.
    pub(super) async fn run_named(&self, given: &str) -> anyhow::Result<Result<Run, Missing>> {
        // A collection of records lies under its name as a run does.
        if !is_collection(given)
            && let Some(run) = self.store.run(ORG, given).await?
        {
            return Ok(Ok(run));
        }
        let mut runs = self.runs(SEARCHED, |_| true).await?;
        if given == "latest" && !runs.is_empty() {
            return Ok(Ok(runs.swap_remove(0)));
        }
        let is_part = given.len() >= SHORTEST_PART;
        let matching = runs.iter().filter(|run| is_part && run.run.contains(given));
        let matching: Vec<&Run> = matching.collect();
        Ok(match matching.as_slice() {
            [run] => Ok((*run).clone()),
            [] => Err(Missing {
                misuse: missing(given, &runs),
                is_several: false,
            }),
            several => {
                let message = format!("`{given}` is a part of the ids of {} runs", several.len());
                Err(Missing {
                    misuse: Misuse::new(message).help(format!("it may be {}", list(several))),
                    is_several: true,
                })
            }
        })
    }
}

fn missing(given: &str, runs: &[Run]) -> Misuse {
    let misuse = Misuse::new(format!("there is no run `{given}`"));
    if runs.is_empty() {
        return misuse
            .help("there are no runs yet; start one: `pawl run workflows/examples/welcome-email`, or see `pawl runs --all` for executions of other machines");
    }
    let ids = runs.iter().map(|run| run.run.as_str());
    if let Some(near) = near(given, ids) {
        return misuse.help(format!("did you mean `{near}`? `pawl runs` lists all"));
    }
    let latest: Vec<&Run> = runs.iter().collect();
    misuse.help(format!(
        "the latest runs are {}; `pawl runs` lists all",
        list(&latest)
    ))
}

/// A few runs with what they are of.
fn list(runs: &[&Run]) -> String {
    let few = runs.iter().take(SUGGESTED);
    let few: Vec<String> = few
        .map(|run| format!("`{}` ({})", run.run, run.name))
        .collect();
    let more = if runs.len() > SUGGESTED { " ..." } else { "" };
    few.join(", ") + more
}
