//! How much a step and its run may spend on models.

use pawl_contract::{StepError, Usage, code};
use serde_json::{Map, Value};

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

/// What happens when a budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exceeded {
    /// It is noted.
    Warn,
    /// No model is asked any more.
    Stop,
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Spent {
    pub usage: Usage,
    /// Only what is known to have cost something.
    pub usd: f64,
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

    /// Whether another turn may be asked for: what to note, or why not.
    pub(super) fn check(&self, step: Spent, run: Spent) -> Result<Option<String>, StepError> {
        let mut note = None;
        for (limit, spent, whose) in [(self.step, step, "step"), (self.run, run, "run")] {
            let Some((limit, used)) = limit.and_then(|limit| Some((limit, limit.used_up(spent)?)))
            else {
                continue;
            };
            let message = format!("the {whose}'s budget is used up: {used}");
            match limit.exceeded {
                Exceeded::Stop => return Err(StepError::new(code::BUDGET_EXCEEDED, message)),
                Exceeded::Warn => note = Some(message),
            }
        }
        Ok(note)
    }
}

impl Limit {
    /// What is used up.
    fn used_up(self, spent: Spent) -> Option<String> {
        let total = spent.usage.total();
        if let Some(most) = self.tokens.filter(|most| total >= *most) {
            return Some(format!("{total} of {most} tokens"));
        }
        let most = self.usd.filter(|most| spent.usd >= *most)?;
        Some(format!("{:.4} of {most} US dollars", spent.usd))
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
        Some("ask") => {
            return Err(invalid(
                "a budget cannot ask for approvals yet: let it `warn` or `stop`",
            ));
        }
        Some(_) => return Err(invalid("`onExceeded` of a budget is `warn` or `stop`")),
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
        };
        let rows = [
            (
                json!({ "budget": { "tokens": 10 } }),
                spent(9, 1.0),
                Ok(None),
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
                Ok(Some("the step's budget is used up: 10 of 10 tokens")),
            ),
            (json!({}), spent(1_000_000, 100.0), Ok(None)),
        ];
        for (config, spent, expected) in rows {
            let fields = config.as_object().expect("an object");
            let budget = Budget::of(fields).expect("a budget");
            let found = budget.check(spent, spent).map_err(|error| error.message);
            let expected = expected.map(|note| note.map(str::to_owned));
            assert_eq!(found, expected.map_err(str::to_owned), "{config}");
        }
    }
}
