//! What becomes of a step of which nobody knows whether it has acted: `onUnknown` in its configuration.
//!
//! An effect that takes no idempotency key is claimed before it happens. A claim without a record is an unknown
//! outcome, and so is a connection that breaks before the answer. The target is asked first, where it can be.

use pawl_contract::code;
use serde_json::{Value, json};

use crate::Error;
use crate::question::{Answer, Question};
use crate::work::Acted;

/// The step acts again.
const RETRY: &str = "retry";
/// The step is left as it is.
const SKIP: &str = "skip";

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
            Some(RETRY) => Self::Retry,
            Some(SKIP) => Self::Skip,
            Some("ask") => Self::Ask,
            Some(_) | None => Self::Fail,
        }
    }
}

/// What is asked where nobody knows whether the invocation with this claim has acted.
pub(crate) fn question(step: &str, claim: Option<&str>, why: &str) -> Question {
    let message = format!(
        "Nobody knows whether step `{step}` has acted: {why}. Approve to let it act again, or with the choice `skip` to \
         go on without; reject to let it fail."
    );
    let choice = json!({
        "type": "string", "enum": [RETRY, SKIP], "default": RETRY,
        "description": "What becomes of the step",
    });
    Question {
        about: json!({ "unknown": claim }),
        message,
        form: Some(json!({ "type": "object", "properties": { "choice": choice } })),
        facts: None,
    }
}

/// What an answer amounts to.
pub(crate) fn decided(answer: Answer) -> Result<OnUnknown, Error> {
    match answer {
        Answer::Yes { choice, .. } if choice.as_deref() == Some(SKIP) => Ok(OnUnknown::Skip),
        Answer::Yes { .. } => Ok(OnUnknown::Retry),
        Answer::No { said } => {
            let message = format!("the step may or may not have acted, and {said}");
            Err(Error::step(code::OUTCOME_UNKNOWN, message))
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
