//! A workflow's budget: what a run may take is compared with it before there is one.

use super::{Assumptions, Cost, of};
use crate::Program;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::source::{Data, Node};

/// What a budget bounds before a run; `tokens` and `usd` bound the run itself, too.
pub(crate) const FIELDS: [Field; 4] = [
    ("costPerRun", Shape::FromZero),
    ("costPerMonth", Shape::FromZero),
    ("transitions", Shape::Count),
    ("events", Shape::Count),
];

/// Refuses a workflow whose runs may take more than its budget.
pub(crate) fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let Some(budget) = &program.checked.definition.settings.budget else {
        return;
    };
    let cost = of(program, &Assumptions::default());
    for entry in budget.entries() {
        let Data::Number(number) = &entry.node.data else {
            continue;
        };
        let Some(limit) = number.as_f64() else {
            continue;
        };
        diagnostics.extend(exceeded(&entry.key, &entry.node, limit, budget, &cost));
    }
}

fn exceeded(
    field: &str,
    node: &Node,
    limit: f64,
    budget: &Node,
    cost: &Cost,
) -> Option<Diagnostic> {
    let usd = |amount: f64| format!("{} US dollars", round(amount));
    let whole = |amount: f64| format!("{amount:.0}");
    let worst = cost.worst.as_ref();
    let (what, most, spell): (_, _, &dyn Fn(f64) -> String) = match field {
        "transitions" => (
            "state transitions",
            worst.map(|load| load.transitions),
            &whole,
        ),
        "events" => ("history events", worst.map(|load| load.events), &whole),
        "costPerRun" => ("US dollars", cost.usd.total.worst, &usd),
        "costPerMonth" => {
            let Some(month) = &cost.month else {
                let message = "nothing says how many runs a month has";
                return Some(
                    Diagnostic::warning(codes::OVER_BUDGET, message)
                        .on(node)
                        .help("give the workflow a schedule, or ask `pawl cost --runs N`"),
                );
            };
            return over(node, "a month may cost", month.usd.worst, limit, &usd)
                .or_else(|| unknown(node, cost));
        }
        "tokens" | "usd" => return stopped(field, node, limit, budget, cost),
        _ => return None,
    };
    let verb = if field == "costPerRun" {
        "may cost"
    } else {
        "may take"
    };
    let noun = if field == "costPerRun" {
        String::new()
    } else {
        format!(" {what}")
    };
    let said = |amount: f64| spell(amount) + &noun;
    let found = over(node, &format!("a run {verb}"), most, limit, &said);
    found.or_else(|| {
        (field == "costPerRun")
            .then(|| unknown(node, cost))
            .flatten()
    })
}

/// Says that a figure is above its limit, or that nothing bounds it.
fn over(
    node: &Node,
    what: &str,
    most: Option<f64>,
    limit: f64,
    spell: &dyn Fn(f64) -> String,
) -> Option<Diagnostic> {
    let Some(most) = most else {
        let message = format!("{what} any amount; the budget has {}", spell(limit));
        return Some(
            Diagnostic::error(codes::OVER_BUDGET, message)
                .on(node)
                .help("bound the loops by `maxIterations`, and put cycles that a condition leaves into loops"),
        );
    };
    (most > limit).then(|| {
        let message = format!("{what} {}; the budget has {}", spell(most), spell(limit));
        Diagnostic::error(codes::OVER_BUDGET, message)
            .on(node)
            .help("`pawl cost` shows what takes how much: fewer items, retries or turns take less")
    })
}

/// Warns where a model's price is not known, so that no cost can be held.
fn unknown(node: &Node, cost: &Cost) -> Option<Diagnostic> {
    let listed = |names: &[String]| names.join("` and `");
    let message = match (cost.unpriced.as_slice(), cost.unnamed.as_slice()) {
        ([], []) => return None,
        ([], [step]) => format!(
            "step `{step}` names no model, and the price of the deployment's is not known here"
        ),
        ([], steps) => format!(
            "steps `{}` name no model, and the price of the deployment's is not known here",
            listed(steps)
        ),
        (models, _) => format!("nobody knows the price of the model `{}`", listed(models)),
    };
    let message = format!("{message}, so the budget bounds only the rest");
    Some(
        Diagnostic::warning(codes::OVER_BUDGET, message)
            .on(node)
            .help(
                "bound `tokens` as well, or name a model whose price contract/src/prices.json has",
            ),
    )
}

/// What is bounded while a run goes on is wrong only where already a typical run would be stopped.
fn stopped(field: &str, node: &Node, limit: f64, budget: &Node, cost: &Cost) -> Option<Diagnostic> {
    let (typical, unit) = if field == "tokens" {
        (cost.typical.tokens(), "tokens")
    } else {
        (cost.typical.models_usd, "US dollars")
    };
    if typical <= limit {
        return None;
    }
    let exceeds = budget.get("onExceeded").and_then(Node::as_str);
    let message = format!(
        "a typical run takes about {} {unit}; the budget has {}",
        round(typical),
        round(limit)
    );
    let found = match exceeds {
        None | Some("stop") => Diagnostic::error(codes::OVER_BUDGET, message),
        Some(_) => Diagnostic::warning(codes::OVER_BUDGET, message),
    };
    Some(
        found
            .on(node)
            .help("raise the budget, or ask for shorter answers by `maxTokens`"),
    )
}

/// Four digits at the most.
fn round(amount: f64) -> String {
    let digits = match amount {
        _ if amount >= 100.0 => 0,
        _ if amount >= 1.0 => 2,
        _ if amount >= 0.01 => 4,
        _ => 6,
    };
    let text = format!("{amount:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
