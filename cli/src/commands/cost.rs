//! `pawl cost`: what a run takes and costs, before there is one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pawl_compiler::Options;
use pawl_compiler::cost::{self, Assumptions, Largest, Load, Month, Range};

use super::{FormatChoice, Outcome, print, print_json, sound};
use crate::project::{Misuse, Project};
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl cost workflows/examples/auto-reply
  pawl cost order.json --items for_each_order=250 --runs 3000
  pawl cost order.json --json | jq .usd.total

The workflows that runs start are counted with them where their definitions stand beside it, as for `pawl run`.
A typical run fails nowhere; the worst one takes the longest way with every retry, turn and second that its steps may take.
A `budget` in the workflow's `config` makes an excess an error of `pawl check`.";

/// Say what a run takes and costs, before there is one.
///
/// Exits with 0, or with 1 when the definition was refused.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Cost {
    /// A definition, or a folder that holds a `workflow.json` or `workflow.yaml`
    path: PathBuf,
    /// Runs in a month, instead of those of the workflow's schedule
    #[arg(long, value_name = "N")]
    runs: Option<f64>,
    /// How many items a loop has, or how often a run comes to another step of a cycle; `WORKFLOW/STEP` for a subflow's
    #[arg(long, value_name = "STEP=N", value_parser = items)]
    items: Vec<(String, u64)>,
    /// The format of the definition, where its fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Print all figures as JSON
    #[arg(long)]
    json: bool,
}

/// Reads `loop=250`.
fn items(text: &str) -> Result<(String, u64), String> {
    let read = text.split_once('=');
    let read = read.and_then(|(step, count)| Some((step.to_owned(), count.parse().ok()?)));
    read.ok_or_else(|| "write a step and a whole number: `for_each_order=250`".to_owned())
}

impl Cost {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        if self
            .runs
            .is_some_and(|runs| !runs.is_finite() || runs < 0.0)
        {
            let misuse = Misuse::new("`--runs` is how many runs a month has, such as 3000");
            return Err(misuse.into());
        }
        let project = Project::open(&self.path)?;
        let Some(program) = sound(&project.definition, self.format) else {
            return Ok(Outcome::Refused);
        };
        let others = project.subflows(&program, Options::default())?;
        let own = program.checked.kinds().into_keys().map(str::to_owned);
        let started = others.iter().flat_map(|(name, other)| {
            let steps = other.checked.kinds().into_keys();
            steps.map(move |step| format!("{name}/{step}"))
        });
        let slugs: Vec<String> = own.chain(started).collect();
        for (step, _) in &self.items {
            if !slugs.contains(step) {
                let names = slugs.iter().map(String::as_str);
                let help = pawl_compiler::diagnostic::did_you_mean(step, names);
                let mut misuse = Misuse::new(format!("there is no step `{step}`"));
                misuse.help = help;
                return Err(misuse.into());
            }
        }
        let assumptions = Assumptions {
            items: self.items.into_iter().collect::<BTreeMap<_, _>>(),
            runs: self.runs,
        };
        let cost = cost::with(&program, &others, &assumptions);
        if self.json {
            print_json(&cost)?;
        } else {
            print(&text(&cost))?;
        }
        Ok(Outcome::Done)
    }
}

/// All figures for people.
fn text(cost: &cost::Cost) -> String {
    let mut paragraphs = vec![
        cost.workflow.clone(),
        figures(cost),
        sizes(cost),
        dollars(cost),
    ];
    paragraphs.extend((!cost.loops.is_empty()).then(|| loops(cost)));
    paragraphs.extend(cost.month.as_ref().map(month));
    paragraphs.extend(unpriced(cost));
    let assumed: Vec<String> = cost.assumed.iter().map(|one| format!("- {one}")).collect();
    paragraphs.push(format!("assumed:\n{}", assumed.join("\n")));
    paragraphs.join("\n\n") + "\n"
}

/// Whose tokens cost on top, since no price is known.
fn unpriced(cost: &cost::Cost) -> Option<String> {
    let mut unknown = Vec::new();
    if !cost.unpriced.is_empty() {
        unknown.push(cost.unpriced.join(", "));
    }
    if !cost.unnamed.is_empty() {
        let steps = cost.unnamed.join(", ");
        unknown.push(format!("the deployment's model, asked by {steps}"));
    }
    (!unknown.is_empty()).then(|| {
        format!(
            "price unknown: {}; only tokens are counted, and their cost comes on top",
            unknown.join("; ")
        )
    })
}

/// What a run takes, typically and at the most.
fn figures(cost: &cost::Cost) -> String {
    let row = |what: &str, pick: fn(&Load) -> f64| {
        [
            what.to_owned(),
            whole(pick(&cost.typical)),
            cost.worst
                .as_ref()
                .map_or_else(unbounded, |worst| whole(pick(worst))),
        ]
    };
    let mut rows = vec![
        row("state transitions", |load| load.transitions),
        row("history events", |load| load.events),
        row("executions", |load| load.executions),
        row("invocations", |load| load.invocations),
        row("Lambda milliseconds", |load| load.milliseconds),
        row("DynamoDB read units", |load| load.reads),
        row("DynamoDB write units", |load| load.writes),
    ];
    let has_models = cost.typical.tokens() > 0.0;
    if has_models {
        rows.push(row("tokens read", |load| load.input_tokens));
        rows.push(row("tokens written", |load| load.output_tokens));
    }
    let headings = [
        ("a run takes", Side::Left),
        ("typical", Side::Right),
        ("worst", Side::Right),
    ];
    let text = table(headings, &rows);
    let goes_on = format!(
        "A run goes on in a new execution before it has {} events.",
        whole_number(cost.event_limit)
    );
    if cost.hands_over {
        text + &goes_on
    } else {
        text.trim_end().to_owned()
    }
}

/// What the machine has a limit of.
fn sizes(cost: &cost::Cost) -> String {
    let row = |what: &str, size: &Largest| {
        [
            what.to_owned(),
            whole_number(size.most),
            whole_number(size.limit),
            size.state.clone().unwrap_or_default(),
        ]
    };
    let rows = [
        row("bytes of the definition", &cost.definition),
        row("bytes of a payload", &cost.payload),
        row("items of a transaction", &cost.transaction),
    ];
    let headings = [
        ("the machine has", Side::Left),
        ("most", Side::Right),
        ("of", Side::Right),
        ("in", Side::Left),
    ];
    table(headings, &rows).trim_end().to_owned()
}

fn dollars(cost: &cost::Cost) -> String {
    let row = |what: &str, range: Range| {
        [
            what.to_owned(),
            amount(range.typical),
            range.worst.map_or_else(unbounded, amount),
        ]
    };
    let usd = &cost.usd;
    let mut rows = vec![
        row("Step Functions", usd.step_functions),
        row("Lambda", usd.lambda),
        row("DynamoDB", usd.dynamodb),
    ];
    if cost.typical.tokens() > 0.0 {
        rows.push(row("models", usd.models));
    }
    rows.push(row("together", usd.total));
    let headings = [
        ("a run costs, in US dollars", Side::Left),
        ("typical", Side::Right),
        ("worst", Side::Right),
    ];
    table(headings, &rows).trim_end().to_owned()
}

/// What each item of a loop takes.
fn loops(cost: &cost::Cost) -> String {
    let rows: Vec<_> = cost
        .loops
        .iter()
        .map(|one| {
            [
                one.step.clone(),
                whole_number(one.items) + if one.assumed { " (assumed)" } else { "" },
                one.most.map_or_else(unbounded, whole_number),
                whole(one.each.transitions),
                amount(one.each_usd),
            ]
        })
        .collect();
    let headings = [
        ("a loop", Side::Left),
        ("items", Side::Right),
        ("at most", Side::Right),
        ("transitions of one", Side::Right),
        ("US dollars of one", Side::Right),
    ];
    table(headings, &rows).trim_end().to_owned()
}

fn month(month: &Month) -> String {
    let worst = month.usd.worst.map_or_else(unbounded, amount);
    format!(
        "a month with {} runs, {}: {} US dollars, {worst} at the worst",
        whole(month.runs),
        month.why,
        amount(month.usd.typical)
    )
}

fn unbounded() -> String {
    "unbounded".to_owned()
}

/// A figure without a fraction, unless it is small; thousands apart.
fn whole(figure: f64) -> String {
    if figure < 100.0 && (figure - figure.round()).abs() > 0.05 {
        return format!("{figure:.1}");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "figures are never negative, and large ones are estimates"
    )]
    let number = figure.round() as u64;
    whole_number(number)
}

fn whole_number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of money with as many digits as say something.
fn amount(usd: f64) -> String {
    let decimals = match usd {
        _ if usd == 0.0 => return "0".to_owned(),
        _ if usd >= 1.0 => 2,
        _ if usd >= 0.01 => 4,
        _ => 6,
    };
    format!("{usd:.decimals$}")
}
