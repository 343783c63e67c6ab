//! The Lambda around a function: clients made once, and errors under our own names.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use pawl_contract::StepError;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{Function, Services, Settings, handle};

/// Serves a function until Lambda ends the process.
pub async fn serve(function: Function) -> Result<(), lambda_runtime::Error> {
    log();
    let services = &OnceCell::new();
    // Boxed: the compiler would rather not look through every layer at once.
    Box::pin(lambda_runtime::run(service_fn(
        |event: LambdaEvent<Value>| async move {
            let services = services.get_or_init(self::services).await;
            let left = left(event.context.deadline, SystemTime::now());
            let limited = left.map(|left| services.clone().with_time_left(left));
            let services = limited.as_ref().unwrap_or(services);
            let handled = handle(function, event.payload, services).await;
            handled.map_err(Raised)
        },
    )))
    .await
}

/// Logs from here on. Lambda's own log formatting applies; inputs and outputs are never logged.
pub fn log() {
    tracing_subscriber::fmt()
        .json()
        .with_ansi(false)
        .without_time()
        .init();
}

/// What the environment of a process on Lambda gives. It reads the certificates of authorities and more, so it is asked
/// for with the first event: a process that is there early, and waits, has cost nothing.
pub async fn services() -> Services {
    let sdk = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .load()
        .await;
    Services::new(&sdk, Settings::from_env(&|name| std::env::var(name).ok()))
        .with_environment(|name| std::env::var(name).ok())
}

/// How long a function takes at the most to say how it ended.
const LONGEST_WORD: Duration = Duration::from_secs(3);

/// What is left of an invocation's time, but for what it takes to say how it ended; `None` where nobody says.
fn left(deadline_ms: u64, now: SystemTime) -> Option<Duration> {
    if deadline_ms == 0 {
        return None;
    }
    let deadline = UNIX_EPOCH + Duration::from_millis(deadline_ms);
    let left = deadline.duration_since(now).unwrap_or_default();
    Some(left.saturating_sub(LONGEST_WORD.min(left / 4)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_moments_are_kept_for_saying_how_it_ended() {
        let rows = [
            // Milliseconds since 1970 of the deadline and now, and what is left.
            (1_870_000, 1_000_000, Some(867_000)),
            (1_008_000, 1_000_000, Some(6_000)),
            (999_000, 1_000_000, Some(0)),
            (0, 1_000_000, None),
        ];
        for (deadline, now, expected) in rows {
            let now = UNIX_EPOCH + Duration::from_millis(now);
            assert_eq!(left(deadline, now), expected.map(Duration::from_millis));
        }
    }
}
