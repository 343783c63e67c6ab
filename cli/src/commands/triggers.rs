//! `pawl triggers`: what begins runs by itself, in the words of AWS, and when it next does.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::{Timestamp, Zoned};
use pawl_compiler::Program;
use pawl_compiler::triggers::{Schedule, Trigger};
use pawl_local::firings;
use serde_json::{Value, json};

use super::{FormatChoice, Outcome, complain, print, print_json, sound};
use crate::project::{DefinitionFile, Found, find};

/// How many moments are shown.
const MOMENTS: usize = 5;

const EXAMPLES: &str = "Examples:
  pawl triggers order.json
  pawl triggers workflows/ --json
  pawl triggers report.json --from 2027-03-27T12:00:00Z

Times are those of EventBridge Scheduler: it leaves out a local time that the clock skips in spring, and fires once, the
first time, where the clock shows a time twice in autumn. A rate counts from when it is published.";

/// Say what begins runs by itself, and when next.
///
/// Exits with 0, 1 when a definition does not compile, 2 when a path leads to no definition.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Triggers {
    /// Definitions, or folders with definitions
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Count from this moment instead of now
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// The format of the definitions, where their fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Print the triggers as a JSON list
    #[arg(long)]
    json: bool,
}

/// A trigger of a definition, with what comes next.
struct Shown {
    workflow: String,
    file: String,
    trigger: Trigger,
    next: Vec<Zoned>,
}

impl Triggers {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let from = self.from.unwrap_or_else(Timestamp::now);
        let Found { files, mut wrong } = find(&self.paths);
        let (mut shown, mut disabled) = (Vec::new(), Vec::new());
        let mut is_refused = false;
        for path in &files {
            match DefinitionFile::read(path) {
                Ok(file) => match sound(&file, self.format) {
                    Some(program) => {
                        let definition = &program.checked.definition;
                        if !definition.is_enabled {
                            disabled.push(format!("{} ({})", definition.name, file.name()));
                        }
                        shown.extend(of(&file, program, from));
                    }
                    None => is_refused = true,
                },
                Err(misuse) => wrong.push(misuse),
            }
        }
        wrong.iter().for_each(complain);
        if self.json {
            print_json(&shown.iter().map(Shown::to_json).collect::<Vec<_>>())?;
        } else if !shown.is_empty() || !disabled.is_empty() || (!is_refused && wrong.is_empty()) {
            // Of what does not compile nobody knows what begins it.
            print(&text(&shown, &disabled))?;
        }
        Ok(match (wrong.as_slice(), is_refused) {
            ([_, ..], _) => Outcome::Misused,
            ([], true) => Outcome::Refused,
            ([], false) => Outcome::Done,
        })
    }
}

/// The triggers of a definition.
fn of(file: &DefinitionFile, program: Program, from: Timestamp) -> impl Iterator<Item = Shown> {
    let workflow = program.checked.definition.name;
    let file = file.name();
    program.triggers.into_iter().map(move |trigger| Shown {
        workflow: workflow.clone(),
        file: file.clone(),
        next: match &trigger {
            Trigger::Schedule(schedule) => next(schedule, from),
            Trigger::Webhook(_) | Trigger::Event(_) => Vec::new(),
        },
        trigger,
    })
}

/// The next moments of a schedule, with their offsets; what several of its expressions name is one of them.
fn next(schedule: &Schedule, from: Timestamp) -> Vec<Zoned> {
    let moments: BTreeSet<Zoned> = schedule
        .expressions
        .iter()
        .filter_map(|expression| firings(expression, &schedule.timezone, from))
        .flat_map(|firings| firings.take(MOMENTS))
        .collect();
    moments.into_iter().take(MOMENTS).collect()
}

/// A moment with its offset.
fn spell(moment: &Zoned) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Shown {
    fn to_json(&self) -> Value {
        let mut value = json!({ "workflow": self.workflow, "file": self.file });
        if let (Some(value), Ok(Value::Object(trigger))) =
            (value.as_object_mut(), serde_json::to_value(&self.trigger))
        {
            value.extend(trigger);
            if matches!(self.trigger, Trigger::Schedule(_)) {
                let next: Vec<String> = self.next.iter().map(spell).collect();
                value.insert("next".to_owned(), json!(next));
            }
        }
        value
    }
}

/// The triggers for people, each under its workflow, and the workflows whose triggers are off.
fn text(shown: &[Shown], disabled: &[String]) -> String {
    let off = |workflow: &String| format!("{workflow}\n  off       by `enabled: false`\n");
    let paragraphs: Vec<String> = shown
        .iter()
        .map(Shown::text)
        .chain(disabled.iter().map(off))
        .collect();
    if paragraphs.is_empty() {
        return "Nothing begins runs by itself.\n".to_owned();
    }
    paragraphs.join("\n")
}

impl Shown {
    fn text(&self) -> String {
        let mut lines = vec![format!("{} ({})", self.workflow, self.file)];
        match &self.trigger {
            Trigger::Schedule(schedule) => {
                let Schedule {
                    written,
                    expressions,
                    timezone,
                    ..
                } = schedule;
                lines.push(format!("  schedule  {written}, {timezone}"));
                let on_aws = expressions.iter();
                lines.extend(on_aws.map(|expression| format!("  on AWS    {expression}")));
                lines.extend(self.next.iter().map(|moment| {
                    let weekday = moment.strftime("%a");
                    format!("  next      {}  {weekday}", spell(moment))
                }));
            }
            Trigger::Webhook(webhook) => {
                lines.push(format!("  webhook   POST /webhooks{}", webhook.address()));
                if let Some(verify) = &webhook.verify {
                    let provider = verify.provider.name();
                    lines.push(format!("  verify    {provider}"));
                }
            }
            Trigger::Event(event) => {
                lines.push(format!("  event     {}", event.event_type));
                lines.push(format!("  on AWS    {}", event.pattern));
            }
        }
        lines.join("\n") + "\n"
    }
}
