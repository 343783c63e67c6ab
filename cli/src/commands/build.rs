//! `pawl build`: writes workflows as a template of CloudFormation, for review in a pull request.

mod files;
mod template;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pawl_api::resources::{self, Machine};
use pawl_compiler::diagnostic::Diagnostic;
use pawl_compiler::triggers::{Trigger, claim};
use pawl_compiler::{Program, Severity};
use serde_json::{Value, json};

use self::files::{File, Standing};
use super::{MachineOptions, Outcome, complain, print, print_json, say};
use crate::laptop::ORG;
use crate::project::{DefinitionFile, Misuse, find};

const EXAMPLES: &str = "Examples:
  pawl build workflows/ -o infra/workflows.yaml
  pawl build workflows/ -o infra/workflows.yaml --check
  pawl build workflows/order.json --org acme --json

The template is a nested stack: `template.yaml` takes it as it is, and `sam deploy` makes what is in it. The machines lie
beside it, in `machines/`, laid out for review. They are those that `pawl publish` makes, byte for byte, and so are
schedules and rules; `pawl publish` of the same definitions after the deploy finds all of it there, and makes it what runs.";

/// Write workflows as a template, for review in a pull request.
///
/// Exits with 0, 1 when a definition does not compile or a file is not what --check expects, 2 for misuse. Nothing is
/// written then.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Build {
    /// Definitions, or folders with definitions
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The template's file; the machines lie in the folder `machines` beside it
    #[arg(
        short,
        long,
        value_name = "OUT",
        default_value = "infra/workflows.yaml"
    )]
    output: PathBuf,
    /// The organisation whose workflows they are
    #[arg(long, value_name = "NAME", default_value = ORG, value_parser = organisation)]
    org: String,
    #[command(flatten)]
    machine: MachineOptions,
    /// Write nothing, and exit with 1 where a file is not what would be written
    #[arg(long)]
    check: bool,
    /// Print the workflows, the files and the template as JSON
    #[arg(long)]
    json: bool,
}

/// A workflow and what AWS is to have for it.
struct Workflow {
    id: String,
    name: String,
    /// The file that defines it.
    definition: String,
    machine: Machine,
    triggers: Vec<resources::Trigger>,
    /// Where requests reach it.
    webhook: Option<String>,
}

impl Build {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let mut gathering = Gathering::default();
        let found = find(&self.paths);
        gathering.wrong = found.wrong;
        for path in &found.files {
            match DefinitionFile::read(path) {
                Ok(file) => gathering.take(&file, &self)?,
                Err(misuse) => gathering.wrong.push(misuse),
            }
        }
        gathering
            .wrong
            .extend(template::too_large(&gathering.workflows));
        gathering.wrong.iter().for_each(complain);
        if !gathering.wrong.is_empty() {
            return Ok(Outcome::Misused);
        }
        if gathering.is_refused {
            return Ok(Outcome::Refused);
        }
        let mut workflows = gathering.workflows;
        workflows.sort_by(|one, other| one.id.cmp(&other.id));
        self.finish(&workflows)
    }

    /// Writes the files, or says which are not what would be written.
    fn finish(&self, workflows: &[Workflow]) -> anyhow::Result<Outcome> {
        let template = template::of(workflows);
        let files = files::of(&self.output, workflows, yaml::text(&template))?;
        let is_old = |file: &&File| file.standing() != Standing::Same;
        let old: Vec<&File> = files.iter().filter(is_old).collect();
        if !self.check {
            for file in &old {
                file.write()?;
            }
        }
        if self.json {
            print_json(&json!({
                "workflows": workflows.iter().map(Workflow::to_json).collect::<Vec<_>>(),
                "files": files.iter().map(File::to_json).collect::<Vec<_>>(),
                "template": template,
            }))?;
        } else if self.check {
            for file in &old {
                print(&(file.difference() + "\n"))?;
            }
        }
        let (count, verb) = (
            old.len(),
            if self.check {
                "would change"
            } else {
                "changed"
            },
        );
        say(&format!(
            "{}, {count} of {} {verb}",
            counted(workflows.len(), "workflow"),
            counted(files.len(), "file")
        ));
        if self.check && count > 0 {
            say(
                "  = help: write them with `pawl build`, with the same paths and options, and commit what it writes",
            );
            return Ok(Outcome::Refused);
        }
        if !self.check {
            self.say_what_is_left(workflows);
        }
        Ok(Outcome::Done)
    }

    /// What the template does not do.
    fn say_what_is_left(&self, workflows: &[Workflow]) {
        for workflow in workflows {
            if let Some(path) = &workflow.webhook {
                let id = &workflow.id;
                say(&format!(
                    "note: the webhook `{path}` of `{id}` is for the API to know"
                ));
            }
        }
        let paths = self.paths.iter().map(|path| path.display().to_string());
        let paths = paths.collect::<Vec<_>>().join(" ");
        say(&format!(
            "  = help: `pawl publish {paths}` after the deploy makes them what runs, and webhooks known"
        ));
    }
}

/// What was read so far.
#[derive(Default)]
struct Gathering {
    workflows: Vec<Workflow>,
    /// The ids of workflows, and whose they are.
    taken: BTreeMap<String, String>,
    webhooks: BTreeMap<String, String>,
    wrong: Vec<Misuse>,
    is_refused: bool,
}

impl Gathering {
    /// Compiles a definition, and says what is wrong with it.
    fn take(&mut self, file: &DefinitionFile, build: &Build) -> anyhow::Result<()> {
        let compiled = file.compile(build.machine.into());
        let mut diagnostics = compiled.diagnostics;
        if let Some(program) = &compiled.program {
            diagnostics.extend(claim(&program.triggers, &file.name(), &mut self.webhooks));
        }
        // What could be better is for `pawl check` to say.
        diagnostics.retain(|diagnostic| diagnostic.severity != Severity::Note);
        if !diagnostics.is_empty() {
            say(&format!("{}\n", file.render(&diagnostics)));
        }
        self.is_refused |= diagnostics.iter().any(Diagnostic::is_error);
        let Some(program) = compiled.program else {
            return Ok(());
        };
        let id = program.checked.definition.identifier();
        self.add(id, &program, file, build)?;
        // Steps that follow a run are workflows of their own.
        for (id, chain) in &program.chains {
            self.add(id.clone(), chain, file, build)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        id: String,
        program: &Program,
        file: &DefinitionFile,
        build: &Build,
    ) -> anyhow::Result<()> {
        if let Some(owner) = self.taken.insert(id.clone(), file.name()) {
            let message = format!(
                "`{}` and `{owner}` both are the workflow `{id}`",
                file.name()
            );
            let misuse = Misuse::new(message).help("give one of them another `name`");
            self.wrong.push(misuse);
            return Ok(());
        }
        let webhook = program.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Webhook(webhook) => Some(webhook.path.clone()),
            Trigger::Schedule(_) | Trigger::Event(_) => None,
        });
        self.workflows.push(Workflow {
            name: program.checked.definition.name.clone(),
            definition: file.name(),
            machine: resources::machine(&build.org, &id, program)?,
            triggers: resources::triggers(&build.org, &id, &program.triggers),
            webhook,
            id,
        });
        Ok(())
    }
}

fn organisation(name: &str) -> Result<String, String> {
    if pawl_store::key::is_organisation(name) {
        Ok(name.to_owned())
    } else {
        Err("use letters, digits, `-`, `_` and `.`".to_owned())
    }
}

/// So many bytes of an id are a file's name; file systems take 255.
const LONGEST_FILE: usize = 200;

impl Workflow {
    /// The name of its machine's file; the machine's own, which is never long, for an id that is longer than a file's may be.
    fn file(&self) -> String {
        let name = if self.id.len() > LONGEST_FILE {
            self.machine.name.clone()
        } else {
            self.id.replace('_', "-")
        };
        format!("{name}.asl.json")
    }

    /// The functions that its machine names, by their placeholders.
    fn functions(&self) -> BTreeSet<&'static str> {
        let placeholders =
            pawl_contract::Kind::with_functions().map(pawl_contract::Kind::placeholder);
        placeholders
            .filter(|placeholder| self.machine.text.contains(&format!("${{{placeholder}}}")))
            .collect()
    }

    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "definition": self.definition,
            "resource": template::logical(&self.id),
            "machine": self.machine.name,
            "file": Path::new(files::MACHINES).join(self.file()),
            "triggers": self.triggers.iter().map(|trigger| trigger.name.as_str()).collect::<Vec<_>>(),
            "webhook": self.webhook,
        })
    }
}

/// `1 file`, `2 files`.
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
