//! Names for new things: new every time, or always the same for the same reason.

use sha2::{Digest, Sha256};
use uuid::{NoContext, Timestamp, Uuid};

use crate::clock::Moment;

/// A new id: unique, and in the order of time.
pub(crate) fn new(now: Moment) -> String {
    let seconds = u64::try_from(now.0.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.0.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanoseconds)).to_string()
}

/// The id that these words mean, always the same: 32 hexadecimal digits.
pub(crate) fn of(words: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update(word.len().to_be_bytes());
        hasher.update(word);
    }
    let digest = hasher.finalize();
    let (half, _) = digest.split_at(16);
    hexadecimal(half)
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| {
        digits + &format!("{byte:02x}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_one_id_and_do_not_run_together() {
        assert_eq!(of(&["a", "bc"]), of(&["a", "bc"]));
        assert_ne!(of(&["a", "bc"]), of(&["ab", "c"]));
        assert_eq!(of(&[]).len(), 32);
    }
}
