//! What is wrong with a text that is no JSON, in the words of the parser that AWS reads it with.

/// A mistake, and where it is.
pub(super) struct Mistake {
    pub(super) message: String,
    /// The line and the column after what was read, both from 1.
    line: usize,
    column: usize,
}

impl Mistake {
    /// The place, as AWS shows it with the text.
    pub(super) fn location(&self, text: &str) -> String {
        // Long texts are cut where AWS cuts them.
        const SHOWN: usize = 500;
        let count = text.chars().count();
        let shown: String = text.chars().take(SHOWN).collect();
        let rest = if count > SHOWN {
            format!("[truncated {} chars]", count - SHOWN)
        } else {
            String::new()
        };
        let Self { line, column, .. } = self;
        format!("[Source: (String)\"{shown}\"{rest}; line: {line}, column: {column}]")
    }
}

/// Describes why a text could not be read.
pub(super) fn describe(text: &str, error: &serde_json::Error) -> Mistake {
    // The parser counts from 1, and stands on what it does not want.
    let line = text.lines().nth(error.line().saturating_sub(1));
    let rest = line.and_then(|line| line.get(error.column().saturating_sub(1)..));
    let rest = rest.unwrap_or_default();
    // Inside a bare word it stands on the first letter that made it one.
    let begin = line.map_or(0, |line| word_begin(line, error.column().saturating_sub(1)));
    let word: String = line
        .and_then(|line| line.get(begin..))
        .unwrap_or_default()
        .chars()
        .take_while(|character| is_word(*character))
        .collect();
    let (message, column) = if error.is_eof() {
        (
            "Unexpected end-of-input".to_owned(),
            error.column().saturating_add(1),
        )
    } else if word.starts_with(char::is_alphabetic) && !error.to_string().starts_with("key must") {
        (
            format!(
                "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            ),
            begin + word.chars().count() + 1,
        )
    } else if let Some(character) = rest.chars().next() {
        let expected = if error.to_string().starts_with("key must") {
            "was expecting double-quote to start field name"
        } else {
            "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        };
        let code = u32::from(character);
        (
            format!("Unexpected character ('{character}' (code {code})): {expected}"),
            error.column().saturating_add(1),
        )
    } else {
        (error.to_string(), error.column())
    };
    Mistake {
        message,
        line: error.line(),
        column,
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Where the word around a place of a line begins.
fn word_begin(line: &str, at: usize) -> usize {
    let before = line.get(..at).unwrap_or(line);
    before
        .char_indices()
        .rev()
        .take_while(|(_, character)| is_word(*character))
        .last()
        .map_or(before.len(), |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::describe;

    #[test]
    fn a_mistake_is_described_as_aws_does() {
        let token = |word: &str| {
            format!(
                "Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
            )
        };
        let rows = [
            ("not a definition", token("not"), "line: 1, column: 4"),
            ("notjson", token("notjson"), "line: 1, column: 8"),
            (
                "{'a': 1}",
                "Unexpected character (''' (code 39)): was expecting double-quote to start field name".to_owned(),
                "line: 1, column: 3",
            ),
            ("{\"a\": ", "Unexpected end-of-input".to_owned(), "line: 1"),
        ];
        for (text, message, place) in rows {
            let error = serde_json::from_str::<Value>(text).expect_err("no JSON");
            let mistake = describe(text, &error);
            assert_eq!(mistake.message, message, "{text}");
            let location = mistake.location(text);
            assert!(location.contains(place), "{text}: {location}");
        }
    }
}
