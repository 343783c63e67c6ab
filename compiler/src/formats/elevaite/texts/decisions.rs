//! What a rejection is called: `rejected`, as here, or `denied`. Whoever compares a decision with one of them means that one.

use std::collections::BTreeSet;

use super::Texts;
use crate::formats::elevaite::steps::Step;
use crate::source::{Node, given};

/// The fields in which conditions stand.
const CONDITIONS: [&str; 5] = ["conditions", "condition", "expression", "rules", "value"];

impl Texts<'_> {
    /// Reads something that may compare decisions, by the word that it compares them with.
    pub(in crate::formats::elevaite) fn deciding<T>(
        &self,
        node: &Node,
        read: impl FnOnce() -> T,
    ) -> T {
        let denies = denies(node).unwrap_or(self.denies.get());
        let before = self.denies.replace(denies);
        let found = read();
        self.denies.set(before);
        found
    }
}

/// Whether every condition that names a rejection calls it `denied`, and so what only prints decisions.
pub(super) fn all_deny(steps: &[Step<'_>]) -> bool {
    let blocks = steps.iter().flat_map(|step| {
        let blocks = ["parameters", "config"].map(|block| given(step.node, block));
        blocks.into_iter().flatten().chain([step.node])
    });
    let conditions = blocks.flat_map(|block| CONDITIONS.map(|field| given(block, field)));
    let said: BTreeSet<bool> = conditions.flatten().filter_map(denies).collect();
    said == BTreeSet::from([true])
}

/// Whether something that compares calls a rejection `denied`; none where it names none.
fn denies(node: &Node) -> Option<bool> {
    let (mut denied, mut rejected) = (false, false);
    node.each_string(&mut |_, text| {
        denied |= compares(text, "denied");
        rejected |= compares(text, "rejected");
    });
    (denied || rejected).then_some(denied)
}

/// Whether a text compares something with a word, or is what something is compared with.
fn compares(text: &str, word: &str) -> bool {
    let mut places = text.match_indices(word);
    places.any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let before = before.trim_end_matches(['\'', '"']).trim_end();
        let after = text.get(at + word.len()..).unwrap_or_default();
        let is_whole =
            !after.starts_with(|letter: char| letter.is_alphanumeric() || "_-.".contains(letter));
        is_whole && (before.is_empty() || before.ends_with(['=', '[', ',', '(']))
    })
}
