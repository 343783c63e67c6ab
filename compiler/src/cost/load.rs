//! What a state, or a way through many of them, takes.

use serde::Serialize;

/// Quantities that add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// States entered, and retries, as AWS bills them.
    pub transitions: f64,
    /// Events in the history of the run's own execution.
    pub events: f64,
    /// Executions, whose start AWS bills like a transition.
    pub executions: f64,
    /// Invocations of functions.
    pub invocations: f64,
    /// Milliseconds of functions.
    pub milliseconds: f64,
    /// Read request units of DynamoDB.
    pub reads: f64,
    /// Write request units of DynamoDB.
    pub writes: f64,
    /// Tokens that models are given.
    pub input_tokens: f64,
    /// Tokens that models give.
    pub output_tokens: f64,
    /// US dollars for models whose price is known.
    pub models_usd: f64,
    /// Visits of steps in the run's own strand, after so many of which it goes on in a new execution.
    #[serde(skip)]
    pub(super) visits: f64,
}

/// One of the quantities.
pub(super) type Quantity = fn(&mut Load) -> &mut f64;

/// Every quantity.
pub(super) const QUANTITIES: [Quantity; 11] = [
    |load| &mut load.transitions,
    |load| &mut load.events,
    |load| &mut load.executions,
    |load| &mut load.invocations,
    |load| &mut load.milliseconds,
    |load| &mut load.reads,
    |load| &mut load.writes,
    |load| &mut load.input_tokens,
    |load| &mut load.output_tokens,
    |load| &mut load.models_usd,
    |load| &mut load.visits,
];

impl Load {
    /// Both together.
    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        self.plus_times(other, 1.0)
    }

    /// This, and so many times another.
    #[must_use]
    pub(super) fn plus_times(mut self, mut other: Self, times: f64) -> Self {
        for quantity in QUANTITIES {
            *quantity(&mut self) += *quantity(&mut other) * times;
        }
        self
    }

    /// Of each quantity the greater one.
    #[must_use]
    pub(super) fn most(mut self, mut other: Self) -> Self {
        for quantity in QUANTITIES {
            *quantity(&mut self) = quantity(&mut self).max(*quantity(&mut other));
        }
        self
    }

    /// What is counted where the run is started: its events and visits are its own.
    #[must_use]
    pub(super) fn of_another(mut self) -> Self {
        self.events = 0.0;
        self.visits = 0.0;
        self
    }

    /// Without what dividing and adding up leaves behind.
    #[must_use]
    pub(super) fn rounded(mut self) -> Self {
        for quantity in QUANTITIES {
            let amount = quantity(&mut self);
            *amount = (*amount * 1e9).round() / 1e9;
        }
        self
    }

    /// Tokens in both directions.
    pub fn tokens(&self) -> f64 {
        self.input_tokens + self.output_tokens
    }
}
