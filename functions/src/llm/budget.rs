//! How much a step and its run may spend on models.

use std::fmt;

use pawl_contract::{StepError, Usage, code};
use serde_json::{Map, Value, json};

use crate::question::Question;

/// The budgets that a step must keep.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// The step's own.
    pub step: Option<Limit>,
    /// Its workflow's, which all steps of a run share.
    pub run: Option<Limit>,
}

/// A budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    tokens: Option<u64>,
    usd: Option<f64>,
    exceeded: Exceeded,
}

/// A budget that is used up, and whose author would rather be asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Excess {
    pub whose: Whose,
    /// How much of it is used.
    pub used: String,
    /// How often as much again must be granted for something to be left.
    pub grants: u64,
}

/// Who has a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Step,
    Run,
}

impl Whose {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Run => "run",
        }
    }
}

/// Whether another turn may be asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It may; and what is to be noted.
    Fine(Option<String>),
    /// Only if somebody agrees.
    Ask(Excess),
}

impl Excess {
    /// Why the step cannot go on.
    pub(super) fn error(&self) -> StepError {
        StepError::new(code::BUDGET_EXCEEDED, self.to_string())
    }

    /// What is asked; `granted` is how much somebody has agreed to.
    pub(super) fn question(&self, step: &str, granted: u64) -> Question {
        Question {
            about: json!({ "budget": self.whose.name(), "granted": granted }),
            message: format!(
                "Step `{step}` cannot go on: {self}. Approve to let it go on with as much again; reject to stop it."
            ),
            form: None,
            facts: Some(json!({ "grants": self.grants })),
        }
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the {}'s budget is used up: {}",
            self.whose.name(),
            self.used
        )
    }
}

/// What happens when a budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exceeded {
    /// It is noted.
    Warn,
    /// No model is asked any more.
    Stop,
    /// Somebody decides.
    Ask,
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Spent {
    pub usage: Usage,
    /// Only what is known to have cost something.
    pub usd: f64,
    /// How often as much again as the budget allows was granted.
    pub granted: u64,
}

impl Spent {
    pub(super) fn add(&mut self, usage: Usage, usd: Option<f64>) {
        self.usage += usage;
        self.usd += usd.unwrap_or(0.0);
    }
}

impl Budget {
    /// The budgets that a configuration gives.
    pub(super) fn of(fields: &Map<String, Value>) -> Result<Self, StepError> {
        Ok(Self {
            step: limit(fields.get("budget"))?,
            run: limit(fields.get("runBudget"))?,
        })
    }

    /// Whether another turn may be asked for, or why not.
    pub(super) fn check(&self, step: Spent, run: Spent) -> Result<Verdict, StepError> {
        let mut note = None;
        let budgets = [(self.step, step, Whose::Step), (self.run, run, Whose::Run)];
        for (limit, spent, whose) in budgets {
            let used = limit.and_then(|limit| Some((limit, limit.used_up(spent)?)));
            let Some((limit, (used, grants))) = used else {
                continue;
            };
            let excess = Excess {
                whose,
                used,
                grants,
            };
            match limit.exceeded {
                Exceeded::Stop => return Err(excess.error()),
                Exceeded::Ask => return Ok(Verdict::Ask(excess)),
                Exceeded::Warn => note = Some(excess.to_string()),
            }
        }
        Ok(Verdict::Fine(note))
    }
}

impl Limit {
    /// What is used up, and how often as much again leaves something.
    fn used_up(self, spent: Spent) -> Option<(String, u64)> {
        let total = spent.usage.total();
        let times = spent.granted.saturating_add(1);
        let tokens = self.tokens.map(|most| most.saturating_mul(times));
        if let Some(most) = tokens.filter(|most| total >= *most) {
            let limit = self.tokens.unwrap_or(most).max(1);
            let grants = (total / limit).saturating_sub(spent.granted);
            return Some((format!("{total} of {most} tokens"), grants.max(1)));
        }
        let usd = self.usd.map(|most| {
            // Nobody agrees so often that it would matter.
            most * f64::from(u32::try_from(times).unwrap_or(u32::MAX))
        });
        let most = usd.filter(|most| spent.usd >= *most)?;
        let limit = self.usd.unwrap_or(most);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a quotient of what was spent and a limit, both from zero up"
        )]
        let times = (spent.usd / limit).floor() as u64;
        let grants = times.saturating_sub(spent.granted).max(1);
        Some((format!("{:.4} of {most} US dollars", spent.usd), grants))
    }
}

fn limit(given: Option<&Value>) -> Result<Option<Limit>, StepError> {
    let Some(given) = given.filter(|given| !given.is_null()) else {
        return Ok(None);
    };
    let invalid = |message: &str| StepError::new(code::VALIDATION_ERROR, message);
    let exceeded = match given.get("onExceeded").and_then(Value::as_str) {
        None | Some("stop") => Exceeded::Stop,
        Some("warn") => Exceeded::Warn,
        Some("ask") => Exceeded::Ask,
        Some(_) => {
            let message = "`onExceeded` of a budget is `warn`, `stop` or `ask`";
            return Err(invalid(message));
        }
    };
    Ok(Some(Limit {
        tokens: given.get("tokens").and_then(Value::as_u64),
        usd: given.get("usd").and_then(Value::as_f64),
        exceeded,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn budgets_stop_or_warn_when_they_are_used_up() {
        let spent = |tokens: u64, usd: f64| Spent {
            usage: Usage {
                input_tokens: tokens,
                output_tokens: 0,
            },
            usd,
            granted: 0,
        };
        let granted = |tokens: u64| Spent {
            granted: 2,
            ..spent(tokens, 0.0)
        };
        let fine = |note: Option<&str>| Ok(Verdict::Fine(note.map(str::to_owned)));
        let ask = |used: &str, grants: u64| {
            let (whose, used) = (Whose::Step, used.to_owned());
            Ok(Verdict::Ask(Excess {
                whose,
                used,
                grants,
            }))
        };
        let rows = [
            (
                json!({ "budget": { "tokens": 10 } }),
                spent(9, 1.0),
                fine(None),
            ),
            (
                json!({ "budget": { "tokens": 10 } }),
                spent(12, 0.0),
                Err("the step's budget is used up: 12 of 10 tokens"),
            ),
            (
                json!({ "runBudget": { "usd": 0.5, "onExceeded": "stop" } }),
                spent(1, 0.75),
                Err("the run's budget is used up: 0.7500 of 0.5 US dollars"),
            ),
            (
                json!({ "budget": { "tokens": 10, "onExceeded": "warn" } }),
                spent(10, 0.0),
                fine(Some("the step's budget is used up: 10 of 10 tokens")),
            ),
            (
                json!({ "budget": { "tokens": 10, "onExceeded": "ask" } }),
                spent(12, 0.0),
                ask("12 of 10 tokens", 1),
            ),
            (
                json!({ "budget": { "tokens": 10, "onExceeded": "ask" } }),
                granted(29),
                fine(None),
            ),
            (
                json!({ "budget": { "tokens": 10, "onExceeded": "ask" } }),
                granted(31),
                ask("31 of 30 tokens", 1),
            ),
            (
                json!({ "budget": { "tokens": 10, "onExceeded": "ask" } }),
                spent(57, 0.0),
                ask("57 of 10 tokens", 5),
            ),
            (json!({}), spent(1_000_000, 100.0), fine(None)),
        ];
        for (config, spent, expected) in rows {
            let fields = config.as_object().expect("an object");
            let budget = Budget::of(fields).expect("a budget");
            let found = budget.check(spent, spent).map_err(|error| error.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{config}");
        }
    }
}
