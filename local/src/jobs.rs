//! What happens by itself at a time, kept until it has happened: at least once.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::FunctionError;
use crate::engine::Shared;
use crate::journal::Write;

/// Something that is to happen at a time.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) due: Timestamp,
    pub(crate) work: JobWork,
}

/// What is to happen.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum JobWork {
    /// A function is invoked, and nobody waits for its answer.
    Invoke {
        function: String,
        payload: Value,
        /// How often it was tried again already.
        retries: u32,
    },
}

/// What comes after a job.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing.
    Done,
    /// The same job in another form or at another time.
    Again(Job),
}

impl Job {
    /// The job as it is kept.
    pub(crate) fn write(&self, number: u64) -> Write {
        Write::Job {
            number,
            due: self.due,
            work: serde_json::to_string(&self.work).expect("a job has only text keys"),
        }
    }
}

/// How often a function that nobody waits for is tried again, as Lambda does.
const RETRIES: u32 = 2;

/// Does what is due.
pub(crate) async fn perform(shared: &Arc<Shared>, work: JobWork) -> Next {
    match work {
        JobWork::Invoke {
            function,
            payload,
            retries,
        } => match shared.invoke(&function, payload.to_string().into()).await {
            // Without such a function there is nobody to tell.
            Ok(_) | Err(FunctionError::Missing) => Next::Done,
            Err(_) if retries < RETRIES => Next::Again(Job {
                due: shared.now(),
                work: JobWork::Invoke {
                    function,
                    payload,
                    retries: retries + 1,
                },
            }),
            Err(error) => {
                tracing::error!(function, %error, "the function failed and is not called again");
                Next::Done
            }
        },
    }
}
