//! What a rejection is called: `denied`, or `rejected` where that is all that conditions compare with.

use std::collections::BTreeSet;

use super::Texts;
use crate::formats::elevaite::steps::Step;
use crate::source::{Node, given};

/// The fields in which conditions stand.
const CONDITIONS: [&str; 5] = ["conditions", "condition", "expression", "rules", "value"];

impl Texts<'_> {
    /// Reads a condition, by the words that it compares decisions and endings with.
    pub(in crate::formats::elevaite) fn deciding<T>(
        &self,
        node: &Node,
        read: impl FnOnce() -> T,
    ) -> T {
        self.reads_rejected
            .set(self.denies && named(node) == Some(false));
        self.reads_ending.set(asks_ending(node));
        let found = read();
        self.reads_rejected.set(false);
        self.reads_ending.set(false);
        found
    }
}

/// Whether a rejection is called `denied`: not if every condition that names one calls it `rejected`.
pub(super) fn denies(steps: &[Step<'_>]) -> bool {
    let blocks = steps.iter().flat_map(|step| {
        let blocks = ["parameters", "config"].map(|block| given(step.node, block));
        blocks.into_iter().flatten().chain([step.node])
    });
    let conditions = blocks.flat_map(|block| CONDITIONS.map(|field| given(block, field)));
    let mut said: BTreeSet<bool> = conditions.flatten().filter_map(named).collect();
    // An expression anywhere may compare, too.
    for step in steps {
        step.node.each_string(&mut |_, text| {
            for (word, is_denial) in [("denied", true), ("rejected", false)] {
                if compares(text, word) && text.contains('=') {
                    said.insert(is_denial);
                }
            }
        });
    }
    said != BTreeSet::from([false])
}

/// Whether something is compared with a word for how a step ended that is no usual word for anything else.
fn asks_ending(node: &Node) -> bool {
    let mut asks = false;
    node.each_string(&mut |_, text| {
        asks |= ["completed", "failed", "skipped"]
            .iter()
            .any(|word| compares(text, word));
    });
    asks
}

/// Whether something that compares calls a rejection `denied`; none where it names none.
fn named(node: &Node) -> Option<bool> {
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
