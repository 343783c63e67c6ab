//! What becomes of a step of which nobody knows whether it has acted: `onUnknown` in its configuration.
//!
//! An effect that takes no idempotency key is claimed before it happens. A claim without a record is an unknown
//! outcome, and so is a connection that breaks before the answer. The target is asked first, where it can be.

use serde_json::{Value, json};

use crate::work::Acted;

/// What the author wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnUnknown {
    /// The step fails with `OUTCOME_UNKNOWN`.
    Fail,
    /// The step acts again, at the risk of acting twice.
    Retry,
    /// The step completes, at the risk of not having acted.
    Skip,
    /// Somebody decides.
    Ask,
}

impl OnUnknown {
    /// What a step's configuration says.
    pub(crate) fn of(config: &Value) -> Self {
        match config.get("onUnknown").and_then(Value::as_str) {
            Some("retry") => Self::Retry,
            Some("skip") => Self::Skip,
            Some("ask") => Self::Ask,
            Some(_) | None => Self::Fail,
        }
    }

    /// What a failure says besides.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Ask => "; nobody can be asked yet: look at the target, then run again",
            Self::Fail | Self::Retry | Self::Skip => "",
        }
    }
}

/// What a step gives that is left as it is.
pub(crate) fn skipped() -> Acted {
    Acted {
        meta: Some(json!({ "outcome": "unknown" })),
        ..json!({ "skipped": true, "outcome": "unknown" }).into()
    }
}
