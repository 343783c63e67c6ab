//! The commands: one file each.

mod actions;
mod answer;
mod approvals;
mod build;
mod cancel;
mod check;
mod compile;
mod convert;
mod cost;
mod dev;
mod diff;
mod eval;
mod execute;
mod explain;
mod fmt;
mod gc;
mod graph;
mod history;
mod login;
mod logout;
mod logs;
mod open;
mod policy;
mod publish;
mod resume;
mod run;
mod runs;
mod secrets;
mod show;
mod test;
mod threads;
mod triggers;
mod watching;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand, ValueEnum};
use pawl_compiler::{Diagnostic, Program};
use pawl_local::Clock;
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::aws;
use crate::deployment::Deployment;
use crate::place::{Place, Which};
use crate::project::{DefinitionFile, Misuse};
use crate::source::Source;

/// Workflows as AWS Step Functions machines, on this machine and in the cloud.
#[derive(Parser)]
#[command(name = "pawl", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Pawl {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = r#"Examples:
  pawl run workflows/examples/welcome-email
  pawl dev --port 4566
  pawl publish workflows/examples/welcome-email
  pawl execute "Welcome Email" --follow
  pawl runs
  pawl show latest
  pawl open latest
  pawl gc
  pawl approvals
  pawl threads
  pawl graph workflows/examples/auto-reply -o auto-reply.svg
  pawl check workflows/examples
  pawl convert support.json --to native
  pawl fmt workflows/examples --check
  pawl secrets set shopKey workflows/examples/sync-orders
  pawl eval 'Hello {{name}}' --data '{"name": "Ada"}'
  pawl explain unknown-step
  pawl actions customer.query
  pawl triggers workflows/examples
  pawl cost workflows/examples/auto-reply --runs 3000
  pawl policy workflows/examples/auto-reply
  pawl test workflows/examples
  pawl diff old.json new.json
  pawl compile workflows/examples/welcome-email -o welcome-email.asl.json
  pawl build workflows/ -o infra/workflows.yaml

What publishes, starts, shows or answers runs asks the first of these that is there: `--url`, `--state` or `--endpoint`;
PAWL_URL, with the key in PAWL_KEY; what `pawl login` remembers; the folder .pawl here and the `pawl dev` that serves it."#;

#[derive(Subcommand)]
enum Command {
    /// Say what is wrong with definitions
    Check(check::Check),
    /// Translate a definition into the native format
    Convert(convert::Convert),
    /// Print the machine that a definition becomes
    Compile(compile::Compile),
    /// Write workflows as a template, for review in a pull request
    Build(build::Build),
    /// Say what begins runs by itself, and when next
    Triggers(triggers::Triggers),
    /// Say what a run takes and costs, before there is one
    Cost(cost::Cost),
    /// Say what a workflow may touch
    Policy(policy::Policy),
    /// Say what is different between two definitions
    Diff(diff::Diff),
    /// Run the tests beside workflows
    Test(test::Test),
    /// Run a workflow on this machine
    Run(run::Run),
    /// Serve AWS on this machine, for every tool that speaks to it
    Dev(dev::Dev),
    /// Remember a deployment, and a key for it
    Login(login::Login),
    /// Forget the deployment that is remembered
    Logout(logout::Logout),
    /// Publish workflows to a deployment
    Publish(publish::Publish),
    /// Start a run in a deployment
    Execute(execute::Execute),
    /// Remove versions of a deployment's machines and functions that nothing needs
    Gc(gc::Gc),
    /// Cancel a run of a deployment
    Cancel(cancel::Cancel),
    /// Go on with a failed run of a deployment
    Resume(resume::Resume),
    /// List runs
    Runs(runs::Runs),
    /// Show a run with its steps
    Show(show::Show),
    /// Print where AWS's console shows a run
    Open(open::Open),
    /// List what runs wait for
    Approvals(approvals::Approvals),
    /// Say yes to what a run asks
    Approve(answer::Approve),
    /// Say no to what a run asks
    Reject(answer::Reject),
    /// Send a message to a run
    Signal(answer::Signal),
    /// Show what happened in a run, in order of time
    Logs(logs::Logs),
    /// List what was said to language models, or print one thread
    Threads(threads::Threads),
    /// Show the Step Functions history of a run
    History(history::History),
    /// Draw a definition, a machine, or a run
    Graph(graph::Graphed),
    /// Write definitions in one layout
    Fmt(fmt::Fmt),
    /// Keep secrets, encrypted: in definitions, or in a deployment
    Secrets(secrets::Secrets),
    /// Evaluate an expression or a template
    Eval(eval::Eval),
    /// Say what a diagnostic's code means
    Explain(explain::Explain),
    /// Say what an action step can do
    Actions(actions::Actions),
}

impl Pawl {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Check(command) => command.run(),
            Command::Convert(command) => command.run(),
            Command::Compile(command) => command.run(),
            Command::Build(command) => command.run(),
            Command::Triggers(command) => command.run(),
            Command::Cost(command) => command.run(),
            Command::Policy(command) => command.run(),
            Command::Diff(command) => command.run(),
            Command::Test(command) => command.run(),
            Command::Run(command) => command.run(),
            Command::Dev(command) => command.run(),
            Command::Login(command) => command.run(),
            Command::Logout(command) => command.run(),
            Command::Publish(command) => command.run(),
            Command::Execute(command) => command.run(),
            Command::Gc(command) => command.run(),
            Command::Cancel(command) => command.run(),
            Command::Resume(command) => command.run(),
            Command::Runs(command) => command.run(),
            Command::Show(command) => command.run(),
            Command::Open(command) => command.run(),
            Command::Approvals(command) => command.run(),
            Command::Approve(command) => command.run(),
            Command::Reject(command) => command.run(),
            Command::Signal(command) => command.run(),
            Command::Logs(command) => command.run(),
            Command::Threads(command) => command.run(),
            Command::History(command) => command.run(),
            Command::Graph(command) => command.run(),
            Command::Fmt(command) => command.run(),
            Command::Secrets(command) => command.run(),
            Command::Eval(command) => command.run(),
            Command::Explain(command) => command.run(),
            Command::Actions(command) => command.run(),
        }
    }
}

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Done,
    /// A definition was refused, or a run did not complete.
    Refused,
    /// Part of the call could not be carried out as it was written, and that has been said.
    Misused,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Refused => Self::from(1),
            Outcome::Misused => Self::from(2),
        }
    }
}

/// Prints what was asked for. A reader that closes the pipe has read enough.
pub fn print(text: &str) -> std::io::Result<()> {
    prints(text).map(|_| ())
}

/// Prints what was asked for, and says whether anybody still reads.
fn prints(text: &str) -> std::io::Result<bool> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Prints a value for scripts.
fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print(&(serde_json::to_string_pretty(value)? + "\n"))?)
}

/// Compiles a definition; `None` where it is refused, which is then said.
fn sound(file: &DefinitionFile, format: Option<FormatChoice>) -> Option<Program> {
    let compiled = file.compile(pawl_compiler::Options {
        format: format.map(Into::into),
        budgets: pawl_compiler::Budgets::Shown,
        ..pawl_compiler::Options::default()
    });
    let mut errors = compiled.diagnostics;
    errors.retain(Diagnostic::is_error);
    if !errors.is_empty() {
        say(&format!("{}\n", file.render(&errors)));
    }
    compiled.program
}

/// Asks a deployment.
fn asking(
    which: &Which,
    ask: impl AsyncFnOnce(&Deployment) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    let deployment = which.find()?;
    runtime()?.block_on(ask(&deployment))
}

/// Looks into runs, and leaves them as they were.
fn looking(
    place: &Place,
    look: impl AsyncFnOnce(&Source) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    with(async || Source::open(place).await, look)
}

/// Changes something in an AWS.
fn changing(
    place: &aws::Place,
    change: impl AsyncFnOnce(&Source) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    with(async || Source::open_running(place).await, change)
}

fn with(
    open: impl AsyncFnOnce() -> anyhow::Result<Source>,
    act: impl AsyncFnOnce(&Source) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Outcome> {
    runtime()?.block_on(async {
        let source = open().await?;
        let outcome = act(&source).await;
        source.close().await;
        outcome
    })
}

/// What a command waits with.
fn runtime() -> anyhow::Result<Runtime> {
    Runtime::new().context("cannot start")
}

/// Writes a line for people to standard error.
#[expect(clippy::print_stderr, reason = "the command line's own output")]
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// Says what is wrong with part of a call while the rest goes on.
pub fn complain(misuse: &Misuse) {
    say(&format!("error: {misuse}"));
    if let Some(help) = &misuse.help {
        say(&format!("  = help: {help}"));
    }
}

/// How much is evaluated in one invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Every step is a task of its own
    #[value(name = "0")]
    O0,
    /// Conditions, loops and transforms ride along with the step before them
    #[value(name = "1")]
    O1,
    /// And what they decide one after the other is one choice
    #[value(name = "2")]
    O2,
}

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClockChoice {
    /// Time passes
    Real,
    /// Time jumps to whatever comes next
    Simulated,
}

impl From<ClockChoice> for Clock {
    fn from(choice: ClockChoice) -> Self {
        match choice {
            ClockChoice::Real => Self::real(),
            ClockChoice::Simulated => Self::simulated(jiff::Timestamp::now()),
        }
    }
}

/// The options that shape a machine.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct MachineOptions {
    /// How much is evaluated in one invocation, and decided at once: 0, 1 or 2
    #[arg(short = 'O', value_name = "LEVEL", default_value = "1")]
    level: Level,
    /// Hand a cycle over to a new execution after so many visits, instead of when the event limit asks for it
    #[arg(long, value_name = "VISITS")]
    hand_over_after: Option<u32>,
    /// The format of the definition, where its fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
}

/// The format of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatChoice {
    /// Steps with `stepSlug`, `stepType` and `nextSteps`
    Native,
    /// Steps with `step_id`, `step_type` and `next_steps` or `dependencies`
    Elevaite,
    /// Assistants, tools and states
    Codemie,
}

impl From<FormatChoice> for pawl_compiler::Format {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Native => Self::Native,
            FormatChoice::Elevaite => Self::Elevaite,
            FormatChoice::Codemie => Self::Codemie,
        }
    }
}

impl From<MachineOptions> for pawl_compiler::Options {
    fn from(options: MachineOptions) -> Self {
        let level = match options.level {
            Level::O0 => pawl_compiler::Level::O0,
            Level::O1 => pawl_compiler::Level::O1,
            Level::O2 => pawl_compiler::Level::O2,
        };
        Self {
            level,
            format: options.format.map(Into::into),
            budgets: pawl_compiler::Budgets::Held,
            hand_over_after: options.hand_over_after,
        }
    }
}
