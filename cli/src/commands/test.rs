//! `pawl test`: runs the tests beside workflows, and says which ways through them no test takes.

mod coverage;
mod files;
mod located;
mod play;
mod script;
mod spec;
mod text;
mod verdict;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{FormatChoice, Outcome, complain, print, print_json, runtime, sound};
use crate::project::{self, Misuse, Project, find};
use coverage::Coverage;
use files::{Written, cases};
use verdict::Found;

const EXAMPLES: &str = "Examples:
  pawl test workflows/examples/discount-approval
  pawl test workflows/ --filter rejected
  pawl test order.json --coverage 90 --json

The tests of a workflow stand in `tests/` beside it, each as `tests/<name>.json`, `tests/<name>.yaml` or a folder `tests/<name>/`;
those of `order.json` may stand in `order.tests/`. docs/testing.md says what a test may hold.
Everything happens in memory and in simulated time: no mail leaves, no model is asked and no host is called.";

/// Run the tests beside workflows.
///
/// Exits with 0 when every test passes and enough is covered, 1 when not, 2 when there is no test.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Test {
    /// Definitions, or folders with definitions
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run only tests whose name holds this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Fail where the tests of a workflow take less than so many percent of its ports
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(0..=100))]
    coverage: Option<u64>,
    /// The format of the definitions, where their fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// How the tests of a workflow went.
#[derive(Serialize)]
struct Tested {
    workflow: String,
    file: String,
    tests: Vec<Result>,
    coverage: Coverage,
}

/// How one test went.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result {
    name: String,
    passed: bool,
    /// What is otherwise than expected.
    differences: Vec<String>,
    /// The steps that the run came to, in order.
    route: Vec<String>,
}

/// Why a test could not be run.
fn in_words(error: &anyhow::Error) -> String {
    let help = error.downcast_ref::<Misuse>();
    let help = help.and_then(|misuse| misuse.help.as_deref());
    located::said(&format!("{error:#}"), help)
}

/// The folder of a definition that is named as a folder's own is, so that what stands beside it belongs to it.
fn whole(file: &Path) -> &Path {
    let is_own = file.file_stem().is_some_and(|stem| stem == "workflow");
    match file.parent().filter(|_| is_own) {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => file,
    }
}

impl Test {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let project::Found { files, wrong } = find(&self.paths);
        wrong.iter().for_each(complain);
        let runtime = runtime()?;
        let mut all = Vec::new();
        let mut is_refused = false;
        for file in &files {
            let is_wanted = |case: &Written| {
                let filter = self.filter.as_ref();
                filter.is_none_or(|filter| case.name.contains(filter.as_str()))
            };
            let cases: Vec<Written> = cases(file).into_iter().filter(is_wanted).collect();
            if cases.is_empty() {
                continue;
            }
            let project = Project::open(whole(file))?;
            let Some(program) = sound(&project.definition, self.format) else {
                is_refused = true;
                continue;
            };
            let mut coverage = Coverage::of(&program);
            let mut tests = Vec::new();
            for Written { name, case } in cases {
                // What is wrong with one test is no reason not to run the others.
                let (differences, route) = match case {
                    Err(wrong) => (vec![wrong], Vec::new()),
                    Ok(case) => match runtime.block_on(play::play(&project, &program, &case)) {
                        Err(error) => (vec![in_words(&error)], Vec::new()),
                        Ok(played) => {
                            coverage.take(&played.report);
                            let found = Found::new(&case.expect, &played, &program.authored);
                            (found.differences(), found.route)
                        }
                    },
                };
                tests.push(Result {
                    name,
                    passed: differences.is_empty(),
                    differences,
                    route,
                });
            }
            coverage.settle();
            all.push(Tested {
                workflow: program.checked.definition.name.clone(),
                file: file.display().to_string(),
                tests,
                coverage,
            });
        }
        if all.is_empty() && wrong.is_empty() && !is_refused {
            let misuse = Misuse::new("there is no test");
            return Err(misuse
                .help("write one into `tests/` beside the workflow; docs/testing.md says how")
                .into());
        }
        if self.json {
            print_json(&all)?;
        } else {
            print(&text::text(&all, self.coverage))?;
        }
        let passed = |tested: &Tested| {
            tested.tests.iter().all(|test| test.passed) && tested.coverage.is_enough(self.coverage)
        };
        Ok(if !wrong.is_empty() {
            Outcome::Misused
        } else if is_refused || !all.iter().all(passed) {
            Outcome::Refused
        } else {
            Outcome::Done
        })
    }
}
