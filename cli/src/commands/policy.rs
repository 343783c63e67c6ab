//! `pawl policy`: what a workflow may touch.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pawl_compiler::policy::{self, Effect};

use super::{FormatChoice, Outcome, print, print_json, sound};
use crate::project::Project;
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl policy workflows/examples/auto-reply
  pawl policy order.json --json | jq '.steps[].may[] | select(.effect == \"irreversible\")'

What a run computes, such as the host of a request, is shown as the template that it is.";

/// Say what a workflow may touch.
///
/// Step by step: records that it reads and changes, mail, hosts, models and their tools, secrets and where they go,
/// workflows that it runs, people whom it asks, events; and what that needs on AWS. Exits with 0, or with 1 when the
/// definition was refused.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Policy {
    /// A definition, or a folder that holds a `workflow.json` or `workflow.yaml`
    path: PathBuf,
    /// The format of the definition, where its fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Print the policy as JSON
    #[arg(long)]
    json: bool,
}

impl Policy {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let project = Project::open(&self.path)?;
        let Some(program) = sound(&project.definition, self.format) else {
            return Ok(Outcome::Refused);
        };
        let policy = policy::of(&program);
        if self.json {
            print_json(&policy)?;
        } else {
            print(&text(&policy))?;
        }
        Ok(Outcome::Done)
    }
}

fn text(policy: &policy::Policy) -> String {
    let rows: Vec<[String; 3]> = policy
        .steps
        .iter()
        .flat_map(|step| {
            step.may.iter().enumerate().map(|(place, may)| {
                let name = if place == 0 { step.step.as_str() } else { "" };
                [name.to_owned(), word(may.effect).to_owned(), may.phrase()]
            })
        })
        .collect();
    let headings = [
        ("step", Side::Left),
        ("effect", Side::Left),
        ("may", Side::Left),
    ];
    let steps = if rows.is_empty() {
        "Its steps only compute.\n".to_owned()
    } else {
        table(headings, &rows)
    };
    let mut resources: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for grant in &policy.aws {
        let actions = resources.entry((&grant.who, &grant.resource)).or_default();
        actions.push(&grant.action);
    }
    let rows: Vec<[String; 3]> = resources
        .into_iter()
        .map(|((who, resource), actions)| [who.to_owned(), resource.to_owned(), actions.join(", ")])
        .collect();
    let headings = [
        ("on AWS", Side::Left),
        ("to", Side::Left),
        ("needs", Side::Left),
    ];
    format!("{}\n\n{steps}\n{}", policy.workflow, table(headings, &rows))
}

/// An effect as it is called.
pub(super) fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Paid => "paid",
        Effect::Write => "write",
        Effect::Irreversible => "irreversible",
    }
}
