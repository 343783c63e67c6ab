//! The fields of a record: written as JSON, and read by name.

use serde_json::{Map, Value};

/// The fields of a record.
pub(super) type Fields = Map<String, Value>;

/// Fields that are written as an object; nothing where they are not.
pub(super) fn fields(value: Value) -> Fields {
    if let Value::Object(fields) = value {
        fields
    } else {
        Fields::new()
    }
}

/// A field that is text.
pub(super) fn text<'record>(record: &'record Fields, name: &str) -> Option<&'record str> {
    record.get(name)?.as_str()
}

/// Whether a field is this word.
pub(super) fn has(record: &Fields, name: &str, word: &str) -> bool {
    text(record, name) == Some(word)
}

/// An id of several words, none of which can reach into another.
pub(super) fn key(words: &[&str]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.replace('%', "%25").replace('/', "%2F"))
        .collect();
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_key_do_not_run_together() {
        assert_ne!(key(&["a/b", "c"]), key(&["a", "b/c"]));
        assert_ne!(key(&["a%2Fb", "c"]), key(&["a/b", "c"]));
        assert_eq!(key(&["a", "b", ""]), "a/b/");
    }
}
