//! Numbers that look random and are the same for the same seed.

/// SplitMix64: one addition and three mixes for each number.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A generator for one case of one run.
    pub(crate) fn new(seed: u64, case: usize) -> Self {
        let case = u64::try_from(case).unwrap_or(u64::MAX);
        let mut random = Self(
            seed.wrapping_mul(0xd134_2543_de82_ef95) ^ case.wrapping_mul(0x2545_f491_4f6c_dd1d),
        );
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// A number from `start` up to and with `end`.
    pub(crate) fn between(&mut self, start: i64, end: i64) -> i64 {
        let width = usize::try_from(end - start + 1).unwrap_or(1);
        start + i64::try_from(self.below(width)).unwrap_or(0)
    }

    /// True so many times in a thousand.
    pub(crate) fn permille(&mut self, times: usize) -> bool {
        self.below(1000) < times
    }

    /// One of some things.
    pub(crate) fn pick<T: Clone>(&mut self, things: &[T]) -> T {
        let at = self.below(things.len());
        things
            .get(at)
            .expect("there is something to pick from")
            .clone()
    }
}
