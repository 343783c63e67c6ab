//! `pawl actions`: what an action step can do.

mod page;

use pawl_compiler::diagnostic::did_you_mean;
use pawl_contract::catalogue::{self, Action, Effect, Operation, Readiness, similar};

use super::{Outcome, print, print_json};
use crate::project::Misuse;
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl actions
  pawl actions customer
  pawl actions customer.query
  pawl actions email_send --json | jq .input
  pawl actions --pages > docs/actions.md";

/// Say what an action step can do.
///
/// Without a name, lists all operations. With the name of an action or of an operation, by any spelling that a
/// definition may use, shows its parameters, its answer, what it needs, and examples that are run as tests.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Actions {
    /// An action or an operation, such as `customer` or `customer.get_by_id`
    name: Option<String>,
    /// Print every page, as Markdown
    #[arg(long, conflicts_with_all = ["name", "json"])]
    pages: bool,
    /// Print all that is known as JSON, with JSON Schemas
    #[arg(long)]
    json: bool,
}

impl Actions {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        if self.pages {
            print(&page::book())?;
            return Ok(Outcome::Done);
        }
        let Some(name) = &self.name else {
            if self.json {
                print_json(&all().map(Operation::to_json).collect::<Vec<_>>())?;
            } else {
                print(&list(all()))?;
            }
            return Ok(Outcome::Done);
        };
        if let Some(operation) = catalogue::find(name, None) {
            if self.json {
                print_json(&operation.to_json())?;
            } else {
                print(&page::operation(operation))?;
            }
            return Ok(Outcome::Done);
        }
        let action = action(name).ok_or_else(|| unknown(name))?;
        if self.json {
            let operations = action.operations.iter().map(Operation::to_json);
            print_json(&operations.collect::<Vec<_>>())?;
        } else {
            print(&page::action(action))?;
        }
        Ok(Outcome::Done)
    }
}

fn all() -> impl Iterator<Item = &'static Operation> {
    catalogue::operations()
}

fn action(name: &str) -> Option<&'static Action> {
    catalogue::actions().find(|action| action.name == name)
}

/// A line for each operation.
fn list(operations: impl Iterator<Item = &'static Operation>) -> String {
    let rows: Vec<_> = operations
        .map(|operation| {
            [
                operation.name(),
                effect(operation).to_owned(),
                operation.permissions.join(" "),
                operation.about.to_owned(),
            ]
        })
        .collect();
    let headings = ["OPERATION", "EFFECT", "NEEDS", "WHAT IT DOES"];
    table(headings.map(|heading| (heading, Side::Left)), &rows)
}

/// What an operation does to the world, in a word.
fn effect(operation: &Operation) -> &'static str {
    match (operation.readiness, operation.effect) {
        (Readiness::Later, _) => "not yet",
        (Readiness::Ready, Effect::Read) => "reads",
        (Readiness::Ready, Effect::Write) => "writes",
        (Readiness::Ready, Effect::Irreversible) => "acts",
    }
}

fn unknown(name: &str) -> Misuse {
    let misuse = Misuse::new(format!("there is no action `{name}`"));
    let near = similar(name).map(|near| format!("did you mean `{near}`?"));
    let spellings: Vec<String> = catalogue::spellings().collect();
    let actions = catalogue::actions().map(|action| action.name);
    let names = actions.chain(spellings.iter().map(String::as_str));
    let help = near.or_else(|| did_you_mean(name, names));
    misuse.help(help.unwrap_or_else(|| "`pawl actions` lists all of them".to_owned()))
}
