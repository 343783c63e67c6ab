//! How an invocation ends when it does not end well.

use std::error::Error as _;

use pawl_contract::{StepError, code};

/// What stops an invocation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step failed, by its own fault or its author's.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The table or the bucket did not answer.
    #[error("the store did not answer")]
    Store(#[from] pawl_store::Error),
}

impl Error {
    /// A failure with a code and a message.
    pub fn step(code: &str, message: impl Into<String>) -> Self {
        Self::Step(StepError::new(code, message))
    }

    /// The failure as a step's. The chain of causes goes to the log here, and nowhere else.
    pub fn into_step(self) -> StepError {
        match self {
            Self::Step(error) => error,
            Self::Store(error @ pawl_store::Error::TooManyItems { .. }) => {
                StepError::new(code::VALIDATION_ERROR, error.to_string())
            }
            Self::Store(error) => {
                let mut causes = Vec::new();
                let mut source = error.source();
                while let Some(cause) = source {
                    causes.push(cause.to_string());
                    source = cause.source();
                }
                tracing::error!(causes = causes.join(": "), "{error}");
                StepError::new(code::STORE_ERROR, error.to_string())
            }
        }
    }
}
