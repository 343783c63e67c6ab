//! Which retrier is for an error, and how long to wait before the next attempt.

use jiff::SignedDuration;
use pawl_asl::limits::SECONDS;
use pawl_asl::{Jitter, Retrier};

use crate::fault::Fault;

/// The seconds before the first retry where a retrier names none.
const INTERVAL_SECONDS: u64 = 1;

/// The retries that a retrier allows where it names no number.
const MAX_ATTEMPTS: u64 = 3;

/// The factor by which the wait grows where a retrier names none.
const BACKOFF_RATE: f64 = 2.0;

/// The retrier to use for an error, by position; `None` where none is for it or the first that is has no retries left.
pub(crate) fn choose(retriers: &[Retrier], fault: &Fault, used: &[u64]) -> Option<usize> {
    let index = retriers
        .iter()
        .position(|retrier| fault.matches(&retrier.error_equals))?;
    let allowed = retriers.get(index)?.max_attempts.unwrap_or(MAX_ATTEMPTS);
    let used = used.get(index).copied().unwrap_or(0);
    (used < allowed).then_some(index)
}

/// How long to wait before a retry; `used` counts the retries that this retrier has made already.
pub(crate) fn delay(retrier: &Retrier, used: u64, random: impl FnOnce() -> f64) -> SignedDuration {
    let interval = seconds(retrier.interval_seconds.unwrap_or(INTERVAL_SECONDS));
    let rate = retrier.backoff_rate.unwrap_or(BACKOFF_RATE);
    let exponent = i32::try_from(used).unwrap_or(i32::MAX);
    let cap = seconds(retrier.max_delay_seconds.unwrap_or(SECONDS));
    // The jitter is drawn from the capped delay, so that it stays below the cap.
    let capped = (interval * rate.powi(exponent)).min(cap);
    let delay = match retrier.jitter_strategy {
        Some(Jitter::Full) => capped * random(),
        Some(Jitter::None) | None => capped,
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cap is far below the range, and the unit is milliseconds"
    )]
    let milliseconds = (delay * 1000.0).round() as i64;
    SignedDuration::from_millis(milliseconds)
}

#[expect(clippy::cast_precision_loss, reason = "seconds are below 2^53")]
fn seconds(seconds: u64) -> f64 {
    seconds.min(SECONDS) as f64
}
