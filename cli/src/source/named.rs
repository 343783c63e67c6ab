//! The run that RUN on the command line means: an id, or as much of it as only one run has.

use pawl_compiler::diagnostic::near;
use pawl_store::Run;
use pawl_store::key::is_collection;

use super::{Source, Wanted};
use crate::aws::{Other, SHORTEST_PART, Subject};
use crate::laptop::ORG;
use crate::project::Misuse;

/// Among so many of the latest runs a part of an id is looked for.
const SEARCHED: usize = 1000;

/// So many runs are named where there was none of the name.
const SUGGESTED: usize = 3;

/// There is no such run, or more than one.
struct Missing {
    misuse: Misuse,
    is_several: bool,
}

impl Source {
    /// Finds the run or the execution that a person means.
    pub async fn subject(&self, given: &str) -> anyhow::Result<Subject> {
        let missing = match self.named(given).await? {
            Ok(run) => return Ok(Subject::Run(Box::new(run))),
            Err(missing) => missing,
        };
        match self.other(given).await? {
            Some(other) if !missing.is_several => Ok(Subject::Other(Box::new(other))),
            _ => Err(missing.misuse.into()),
        }
    }

    /// Finds the run that a person means.
    pub async fn run(&self, given: &str) -> anyhow::Result<Run> {
        let Missing { misuse, is_several } = match self.named(given).await? {
            Ok(run) => return Ok(run),
            Err(missing) => missing,
        };
        if is_several {
            return Err(misuse.into());
        }
        Err(match self.other(given).await? {
            Some(Other { execution, machine }) => Misuse::new(format!(
                "`{}` is an execution of the machine `{machine}`, which is no workflow",
                execution.name
            ))
            .help(format!(
                "`pawl show {0}` and `pawl history {0}` show it",
                execution.name
            ))
            .into(),
            None => misuse.into(),
        })
    }

    /// Finds a run by what a person calls it.
    async fn named(&self, given: &str) -> anyhow::Result<Result<Run, Missing>> {
        if let Some(run) = self.run_of_id(given).await? {
            return Ok(Ok(run));
        }
        let runs = self.runs(SEARCHED, &Wanted::default()).await?;
        let is_part = given.len() >= SHORTEST_PART;
        let matching: Vec<&Run> = match runs.first() {
            Some(latest) if given == "latest" => vec![latest],
            _ => runs
                .iter()
                .filter(|run| is_part && run.run.contains(given))
                .collect(),
        };
        Ok(match matching.as_slice() {
            // What is listed may lack what the run itself has.
            [run] => match self.run_of_id(&run.run).await? {
                Some(run) => Ok(run),
                None => Ok((*run).clone()),
            },
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

    async fn run_of_id(&self, id: &str) -> anyhow::Result<Option<Run>> {
        match self {
            // A collection of records lies under its name as a run does.
            Self::Aws(_) if is_collection(id) => Ok(None),
            Self::Aws(aws) => Ok(aws.store.run(ORG, id).await?),
            Self::Deployment(deployment) => deployment.run(id).await,
        }
    }

    async fn other(&self, given: &str) -> anyhow::Result<Option<Other>> {
        match self {
            Self::Aws(aws) => aws.other(given).await,
            Self::Deployment(_) => Ok(None),
        }
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
