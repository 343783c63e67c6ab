//! `pawl run`: runs a workflow on this machine.

pub(super) mod follow;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pawl_compiler::diagnostic::{Lines, to_json};
use pawl_compiler::{Format, Program, Severity, mocks};
use pawl_contract::{Kind, Mock, Start, StepError, code};
use pawl_functions::mocked_answer;
use serde_json::{Value, json};

use self::follow::{Follower, how_to_answer, outcome, show};
use super::{ClockChoice, MachineOptions, Outcome, print, runtime};
use crate::keys::{self, environment};
use crate::laptop::{Laptop, Options, fresh_seed, state_folder};
use crate::project::{Misuse, Project};
use crate::report::Report;

const EXAMPLES: &str = "Examples:
  pawl run workflows/examples/welcome-email
  pawl run order.json --input '{\"orderId\": \"o-1\"}' --mocks mocks.json
  pawl run order.json --input @order-1.json --json | jq .output
  pawl run workflows/examples/paging -O0 --clock simulated
  pawl run workflows/examples/auto-reply --resume 019f2c5e-...

A folder may hold `input.json`, `data.json` and `mocks.json` beside its definition.
The collections in `data.json` hold exactly its records when the run begins; others keep what runs left in them.
Mail goes to `outbox/` in the state folder unless PAWL_SMTP_URL is set.
Language models are asked where PAWL_LLM_URL, PAWL_LLM_API_KEY and PAWL_LLM_MODEL say; mock llm steps to do without.";

/// Run a workflow on this machine.
///
/// Exits with 0 only when the run completed, 1 when the definition was refused or the run failed, 2 for misuse.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Run {
    /// A definition, or a folder that holds a `workflow.json` or `workflow.yaml`
    path: PathBuf,
    /// The run's input, as JSON or `@FILE`
    #[arg(long, value_name = "JSON|@FILE")]
    input: Option<String>,
    /// Records to load first: `{"customers": [...], ...}`
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Results that stand in for steps: `{"<step>": ...}`
    #[arg(long, value_name = "FILE")]
    mocks: Option<PathBuf>,
    #[command(flatten)]
    machine: MachineOptions,
    /// The thread that the run's llm steps share, with what earlier runs said in it
    #[arg(long, value_name = "THREAD")]
    thread: Option<String>,
    /// Whether to wait for time to pass, or to let it jump
    #[arg(long, value_name = "CLOCK", default_value = "real")]
    clock: ClockChoice,
    /// The folder that keeps runs and records [default: .pawl]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Go on with a run that was interrupted or failed
    #[arg(long, value_name = "RUN", conflicts_with_all = ["input", "data", "mocks", "thread"])]
    resume: Option<String>,
    /// Print the run as JSON
    #[arg(long)]
    json: bool,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let project = Project::open(&self.path)?;
        let mocks = if self.resume.is_some() {
            BTreeMap::new()
        } else {
            project.mocks(self.mocks.as_deref())?
        };
        let Some((program, format)) = self.compile(&project, &mocks)? else {
            return Ok(Outcome::Refused);
        };
        let subflows = project.subflows(&program, self.machine.into())?;
        let mut wrong = mocks::check(&program, &subflows, &mocks, mocked_answer).into_iter();
        if let Some(wrong) = wrong.next() {
            return Err(Misuse::from(wrong).into());
        }
        let input = project.input(self.input.as_deref())?;
        // What a chat, say, sends to the API begins the same run here.
        let asked = match format {
            Format::Elevaite => pawl_api::requested(&input),
            Format::Native | Format::Codemie => None,
        };
        let asked = asked.unwrap_or_else(|| Start {
            input,
            ..Start::default()
        });
        let data = project.data(self.data.as_deref())?;
        let workflows = (&program, &subflows);
        runtime()?.block_on(self.follow(&project, workflows, asked, &data, mocks))
    }

    /// Compiles, and says what there is to say; a step that cannot act yet must be mocked.
    #[expect(clippy::print_stderr, reason = "the command line's own output")]
    fn compile(
        &self,
        project: &Project,
        mocked: &BTreeMap<String, Mock>,
    ) -> anyhow::Result<Option<(Program, Format)>> {
        let mut compiled = project.compile(self.machine.into());
        // A resumed run brings its mocks with it.
        if self.resume.is_none() {
            mocks::settle(&mut compiled.diagnostics, mocked);
        }
        // What could be better is for `pawl check` to say.
        compiled
            .diagnostics
            .retain(|diagnostic| diagnostic.severity != Severity::Note);
        if !compiled.diagnostics.is_empty() {
            eprintln!("{}\n", project.render(&compiled.diagnostics));
        }
        let is_sound = !compiled
            .diagnostics
            .iter()
            .any(pawl_compiler::Diagnostic::is_error);
        if self.json && !is_sound {
            let definition = &project.definition;
            let path = definition.name();
            let lines = Lines::of(&definition.text);
            let found = compiled.diagnostics.iter();
            let found: Vec<Value> = found
                .map(|diagnostic| to_json(diagnostic, &lines, &path))
                .collect();
            let refused = json!({ "status": "refused", "diagnostics": found });
            print(&(serde_json::to_string_pretty(&refused)? + "\n"))?;
        }
        let format = compiled.format;
        let program = compiled.program.filter(|_| is_sound);
        Ok(program.map(|program| (program, format)))
    }

    async fn follow(
        &self,
        project: &Project,
        (program, subflows): (&Program, &BTreeMap<String, Program>),
        asked: Start,
        data: &BTreeMap<String, Vec<Value>>,
        mocks: BTreeMap<String, Mock>,
    ) -> anyhow::Result<Outcome> {
        let laptop = Laptop::open(self.options()).await?;
        let states = program.lowered.machine.states.len();
        let mut follower = Follower::new(&laptop, states, self.json);
        let mut steps = program.checked.definition.steps.iter();
        if steps.any(|step| step.kind == Kind::Llm) {
            follower.hear_models();
        }
        let started = if let Some(run) = &self.resume {
            laptop.resume(run).await.map_err(misuse)?
        } else {
            laptop.load(data).await?;
            let machine = &program.lowered.machine;
            for (name, subflow) in subflows {
                laptop.publish(name, &subflow.lowered.machine).await?;
            }
            let version = laptop
                .publish(&program.checked.definition.identifier(), machine)
                .await?;
            laptop
                .start_with(Start {
                    machine: version,
                    mocks,
                    thread_id: self.thread.clone().or(asked.thread_id),
                    ..asked
                })
                .await
                .map_err(misuse)?
        };
        let end = follower.follow(&started.run).await?;
        let report = laptop.report(&started.run, end.figures.clone()).await?;
        show(&report, Some(&program.authored), self.json)?;
        let state = self.state.as_deref();
        if !end.waits.is_empty() {
            how_to_answer(&end, state);
        } else if end.is_interrupted || report.status.is_open() {
            self.how_to_resume(project, &report);
        }
        Ok(outcome(&report))
    }

    fn options(&self) -> Options {
        Options {
            state: Some(state_folder(self.state.as_deref())),
            clock: self.clock.into(),
            settings: keys::settings(environment),
            environment,
            seed: match self.clock {
                ClockChoice::Real => fresh_seed(),
                ClockChoice::Simulated => 0,
            },
            ..Options::default()
        }
    }

    #[expect(clippy::print_stderr, reason = "the command line's own output")]
    fn how_to_resume(&self, project: &Project, report: &Report) {
        let state = self
            .state
            .as_ref()
            .map(|state| format!(" --state {}", state.display()))
            .unwrap_or_default();
        eprintln!("\nThe run was interrupted. Go on with it:");
        eprintln!(
            "  pawl run {} --resume {}{state}",
            project.given.display(),
            report.run
        );
    }
}

/// A run that cannot be started as it was asked for: its input, or the run to go on with, is not what it must be.
fn misuse(error: StepError) -> anyhow::Error {
    if error.code == code::VALIDATION_ERROR {
        Misuse::new(error.message).into()
    } else {
        error.into()
    }
}
