//! The Lambda around a function: clients made once, and errors under our own names.

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use pawl_contract::StepError;
use serde_json::Value;

use crate::{Function, Services, Settings, handle};

/// Serves a function until Lambda ends the process.
pub async fn serve(function: Function) -> Result<(), lambda_runtime::Error> {
    // Lambda's own log formatting applies; inputs and outputs are never logged.
    tracing_subscriber::fmt()
        .json()
        .with_ansi(false)
        .without_time()
        .init();
    let sdk = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .load()
        .await;
    let services = Services::new(&sdk, Settings::from_env(&|name| std::env::var(name).ok()))
        .with_environment(|name| std::env::var(name).ok());
    let services = &services;
    // Boxed: the compiler would rather not look through every layer at once.
    Box::pin(lambda_runtime::run(service_fn(
        |event: LambdaEvent<Value>| async move {
            let handled = handle(function, event.payload, services).await;
            handled.map_err(Raised)
        },
    )))
    .await
}

/// A failure as Step Functions sees it: its `errorType` is our code, so that Retry and Catch match on it.
#[derive(Debug)]
struct Raised(StepError);

impl From<Raised> for Diagnostic {
    fn from(Raised(error): Raised) -> Self {
        Self {
            error_type: error.code,
            error_message: error.message,
        }
    }
}
