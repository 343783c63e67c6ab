//! The Lambda functions: handlers given by the caller, reached only through serialised payloads.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::network::Invocation;

/// The functions of this AWS: given a name and a payload, the answer.
///
/// ```
/// use std::sync::Arc;
/// use pawl_local::{FunctionError, Functions};
///
/// let functions: Functions = Arc::new(|name, payload| {
///     let name = name.to_owned();
///     Box::pin(async move {
///         match name.as_str() {
///             "echo" => Ok(payload),
///             _ => Err(FunctionError::Missing),
///         }
///     })
/// });
/// ```
pub type Functions = Arc<dyn Fn(&str, Bytes) -> Handling + Send + Sync>;

/// A running invocation.
pub type Handling = Pin<Box<dyn Future<Output = Result<Bytes, FunctionError>> + Send>>;

/// A function that is a process of its own: a program that speaks Lambda's Runtime API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap {
    /// The function's name.
    pub name: String,
    /// The folder that holds the program, which is called `bootstrap`.
    pub folder: PathBuf,
    /// What stands in its environment besides what Lambda puts there.
    pub environment: BTreeMap<String, String>,
}

/// Why a function gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// There is no function of that name.
    #[error("there is no such function")]
    Missing,
    /// The function raised an error.
    #[error("{error_type}: {message}")]
    Raised {
        /// The error's name, on which a machine's Retry and Catch match.
        error_type: String,
        /// What it says.
        message: String,
    },
}

tokio::task_local! {
    static INVOCATION: Invocation;
}

/// The invocation that the running code belongs to.
pub(crate) fn current_invocation() -> Option<Invocation> {
    INVOCATION.try_with(Clone::clone).ok()
}

/// Does something that is no function of this AWS under the name of one, so that its requests can be told from others:
/// what serves HTTP beside it.
pub async fn acting_as<Done>(function: &str, acting: impl Future<Output = Done>) -> Done {
    let invocation = Invocation {
        function: function.to_owned(),
        number: 0,
    };
    INVOCATION.scope(invocation, acting).await
}

/// Runs a function under the name of an invocation, so that its requests can be told from others.
pub(crate) async fn invoke(
    functions: &Functions,
    invocation: Invocation,
    payload: Bytes,
) -> Result<Bytes, FunctionError> {
    let handling = functions(&invocation.function, payload);
    INVOCATION.scope(invocation, handling).await
}
