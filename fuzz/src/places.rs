//! Every place that is named lies in the text that it speaks of.

use std::ops::Range;

/// Panics where a place is outside of a text, or begins or ends inside of a character.
pub fn assert_inside(text: &str, span: &Range<usize>, what: &str) {
    assert!(
        text.get(span.clone()).is_some(),
        "{what}: {span:?} is no place in a text of {} bytes",
        text.len()
    );
}
