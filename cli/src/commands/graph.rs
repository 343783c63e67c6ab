//! `pawl graph`: draws a definition, a machine, or a run.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use pawl_asl::Machine;
use pawl_compiler::{Options, Severity};
use serde_json::Value;

use super::runs::readable;
use super::{Outcome, looking, print, say};
use crate::duration::between;
use crate::graph::{Graph, from_definition, from_machine, from_states, mermaid, svg};
use crate::place::Place;
use crate::project::{Misuse, Project};
use crate::report::sign;
use crate::source::Source;

const EXAMPLES: &str = "Examples:
  pawl graph workflows/examples/auto-reply -o auto-reply.svg
  pawl graph order.json
  pawl graph order.asl.json -o machine.svg
  pawl graph latest -o run.svg
  pawl graph 8f2a9c10 -o - --format svg > run.svg

A machine is drawn with its states, as Step Functions shows it: what `pawl compile` writes, or anybody.
Without -o the graph is printed as Mermaid, which many wikis and code hosts draw.
RUN is a run's id, a part of it that no other run has, or `latest`.";

/// Draw a definition, a machine, or a run coloured by what it did.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Graphed {
    /// A definition, a folder that holds one, a machine, or a run
    #[arg(value_name = "PATH|RUN")]
    what: String,
    /// Write to a file; `-` prints
    #[arg(short, long, value_name = "OUT", default_value = "-")]
    output: PathBuf,
    /// What to write; by default what the file's name says, else Mermaid
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    #[command(flatten)]
    place: Place,
}

/// What a graph is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture
    Svg,
    /// Mermaid text
    Mermaid,
}

impl Graphed {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let format = self.format()?;
        let path = Path::new(&self.what);
        if let Some(graph) = machine(path)? {
            return self.write(&graph, format);
        }
        if path.exists() {
            let Some(graph) = definition(path)? else {
                return Ok(Outcome::Refused);
            };
            return self.write(&graph, format);
        }
        // Neither there nor an id: who writes a path means one.
        let is_path = self.what.contains(['/', '\\']) || path.extension().is_some();
        if is_path {
            return Err(Misuse::new(format!("`{}` does not exist", self.what))
                .help("name a definition, or a run that `pawl runs` lists")
                .into());
        }
        looking(&self.place, async |source| {
            let graph = run(source, &self.what).await?;
            self.write(&graph, format)
        })
    }

    fn format(&self) -> anyhow::Result<Format> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        if self.output == Path::new("-") {
            return Ok(Format::Mermaid);
        }
        let extension = self.output.extension().and_then(|text| text.to_str());
        match extension {
            Some("svg") => Ok(Format::Svg),
            Some("mmd" | "mermaid") => Ok(Format::Mermaid),
            _ => {
                let message = format!("`{}` does not say what to write", self.output.display());
                let help = "let its name end in `.svg` or `.mmd`, or give `--format`";
                Err(Misuse::new(message).help(help).into())
            }
        }
    }

    fn write(&self, graph: &Graph, format: Format) -> anyhow::Result<Outcome> {
        let text = match format {
            Format::Svg => svg(graph),
            Format::Mermaid => mermaid(graph),
        };
        if self.output == Path::new("-") {
            print(&text)?;
        } else {
            std::fs::write(&self.output, text)
                .with_context(|| format!("cannot write `{}`", self.output.display()))?;
        }
        Ok(Outcome::Done)
    }
}

/// The graph of a machine; none where the file holds none.
fn machine(path: &Path) -> anyhow::Result<Option<Graph>> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let written: Option<Value> = serde_json::from_str(&text).ok();
    let is_machine = |written: &Value| {
        let has = |field| written.get(field).is_some();
        has("StartAt") && has("States")
    };
    let Some(written) = written.filter(is_machine) else {
        return Ok(None);
    };
    let help = "`pawl compile` writes machines that Step Functions takes";
    let unfit = |why: String| {
        let message = format!("`{}` is no machine: {why}", path.display());
        Misuse::new(message).help(help)
    };
    let machine: Machine =
        serde_json::from_value(written).map_err(|error| unfit(error.to_string()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split('.').next().unwrap_or_default();
    let graph = from_states(name, &machine).map_err(|error| unfit(error.to_string()))?;
    Ok(Some(graph))
}

/// The graph of a definition; none where it was refused, and that has been said.
fn definition(path: &Path) -> anyhow::Result<Option<Graph>> {
    let project = Project::open(path)?;
    let mut compiled = project.compile(Options::default());
    compiled
        .diagnostics
        .retain(|diagnostic| diagnostic.severity == Severity::Error);
    if !compiled.diagnostics.is_empty() {
        say(&project.render(&compiled.diagnostics));
    }
    let program = compiled.program;
    Ok(program.map(|program| from_definition(&program.checked)))
}

/// The graph of a run.
async fn run(source: &Source, given: &str) -> anyhow::Result<Graph> {
    let run = source.run(given).await?;
    let machine = source.machine(&run).await?;
    let graph = from_machine(&machine).with_context(|| {
        format!(
            "the machine of run `{}` was not compiled from a workflow",
            run.run
        )
    })?;
    let records = source.records(&run).await?;
    let current = source.current(&run).await?.map(|(step, _)| step);
    let took = run.completed_at.as_ref();
    let took = took.map_or_else(String::new, |end| {
        format!(" after {}", between(&run.started_at, end))
    });
    let started = readable(&run.started_at);
    let words = format!(
        "{} run {} {}{took}, started {started} UTC",
        sign(run.status),
        run.run,
        run.status.name()
    );
    Ok(graph.passed(words, &records, current.as_deref()))
}
