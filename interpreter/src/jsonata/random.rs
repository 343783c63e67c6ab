//! Numbers by chance that are the same in every repetition.

use super::functions::hexadecimal;

/// Spreads one number of the world's over as many as an expression needs (SplitMix64).
pub(super) struct Mixer(u64);

impl Mixer {
    /// Begins with a number from 0 to 1.
    pub(super) fn new(random: f64) -> Self {
        Self(random.to_bits())
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, 1.
    pub(super) fn number(&mut self) -> f64 {
        fraction(self.bits() >> 11)
    }

    /// A whole number below a bound.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.bits() % bound).unwrap_or(0)
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let high = self.bits() & !0xf000 | 0x4000;
        let low = self.bits() >> 2 | 1 << 63;
        let mut text = hexadecimal(&[high.to_be_bytes(), low.to_be_bytes()].concat());
        for place in [20, 16, 12, 8] {
            text.insert(place, '-');
        }
        text
    }
}

/// The generator behind `$random(seed)` on AWS: that of Java's `java.util.Random`, as its documentation defines it.
pub(super) struct JavaRandom(u64);

impl JavaRandom {
    const MULTIPLIER: u64 = 0x0005_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;

    pub(super) fn new(seed: i64) -> Self {
        Self((seed.cast_unsigned() ^ Self::MULTIPLIER) & Self::MASK)
    }

    fn next(&mut self, bits: u32) -> u64 {
        self.0 = self.0.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xB) & Self::MASK;
        self.0 >> (48 - bits)
    }

    /// What `nextDouble` gives.
    pub(super) fn number(&mut self) -> f64 {
        let high = self.next(26) << 27;
        fraction(high + self.next(27))
    }
}

/// 53 bits as a number from 0 up to, but not including, 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit exactly")]
fn fraction(bits: u64) -> f64 {
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_javas_number() {
        // The first `nextDouble` of `new Random(seed)`, as published in Java's own examples.
        let rows = [(0, 0.730_967_787_376_657), (42, 0.727_563_680_032_868_1)];
        for (seed, expected) in rows {
            assert!(
                (JavaRandom::new(seed).number() - expected).abs() < 1e-15,
                "seed {seed}"
            );
        }
    }

    #[test]
    fn a_uuid_says_its_version() {
        let uuid = Mixer::new(0.5).uuid();
        let parts: Vec<&str> = uuid.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12],
            "{uuid}"
        );
        assert!(
            parts.get(2).is_some_and(|part| part.starts_with('4')),
            "{uuid}"
        );
        assert!(
            parts
                .get(3)
                .is_some_and(|part| part.starts_with(['8', '9', 'a', 'b'])),
            "{uuid}"
        );
    }
}
