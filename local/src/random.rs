//! Random numbers that a seed repeats (SplitMix64), and names made of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::Clock;

/// A sequence of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next number as a fraction: at least 0, below 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a float holds 53 bits, and has them all"
        )]
        let fraction = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    }

    /// The next numbers as a name that nobody else has, in the shape of a UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        shape(high, low)
    }
}

/// Two numbers in the shape of a UUID.
fn shape(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff,
    )
}

/// A name that nothing else has. It decides nothing, so that no seed needs to repeat it.
pub(crate) fn fresh_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low bits of the time are the ones that differ"
    )]
    let seed = (now as u64) ^ count.rotate_left(32) ^ u64::from(std::process::id());
    Random::new(seed).uuid()
}

/// A source of random names and numbers that services share.
#[derive(Debug, Clone)]
pub(crate) struct Names(Arc<Mutex<Random>>);

impl Names {
    /// A source that goes by seed and time, so that a later process does not repeat the names of an earlier one.
    pub(crate) fn new(seed: u64, clock: &Clock) -> Self {
        let now = u64::try_from(clock.now().as_microsecond()).unwrap_or_default();
        Self(Arc::new(Mutex::new(Random::new(
            seed ^ Random::new(now).next(),
        ))))
    }

    /// A new name in the shape of a UUID.
    pub(crate) fn uuid(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).uuid()
    }

    /// A random number from 0 to `limit`, without `limit`; 0 if that is 0.
    pub(crate) fn below(&self, limit: u64) -> u64 {
        let number = self.0.lock().unwrap_or_else(PoisonError::into_inner).next();
        number.checked_rem(limit).unwrap_or_default()
    }
}

/// A name in the shape of a UUID that follows from what it is made of: done twice, it is the same one.
pub(crate) fn derived(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let bytes = hash.finalize();
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let (high, low) = bytes.split_at(8);
    let low: Vec<u8> = low.iter().copied().take(8).collect();
    shape(number(high), number(&low))
}
