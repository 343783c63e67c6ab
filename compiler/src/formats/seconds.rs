//! Times: other formats count in seconds, the native one in milliseconds.

use crate::source::{Data, Node};

/// Seconds as milliseconds.
pub(crate) fn milliseconds(seconds: &Node) -> Option<u64> {
    let Data::Number(number) = &seconds.data else {
        return None;
    };
    let milliseconds = (number.as_f64()? * 1000.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time is not negative, and one that is too long is cut"
    )]
    (milliseconds >= 0.0).then_some(milliseconds as u64)
}
