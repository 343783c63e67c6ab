//! The words `and`, `or` and `not` around what is not of the format's own form, such as `a.n + 1 > 3`.

/// What a condition is, seen from outside.
#[derive(Debug, PartialEq)]
pub(super) enum Part<'a> {
    /// Parts, and the symbol that stands between them.
    Joined(&'static str, Vec<&'a str>),
    Not(&'a str),
    Bracketed(&'a str),
    Whole(&'a str),
}

/// The words and symbols between parts, those that bind less first.
const JOINED_BY: [(&str, &str); 2] = [("or", "||"), ("and", "&&")];

/// Takes the outermost words off a condition.
pub(super) fn part(condition: &str) -> Part<'_> {
    let condition = condition.trim();
    let words = words(condition);
    // Where a value is chosen, the words belong to what it is chosen by.
    if words.iter().any(|(_, word)| *word == "?") {
        return Part::Whole(condition);
    }
    for (name, symbol) in JOINED_BY {
        let parts = divided(condition, &words, name, symbol);
        if parts.len() > 1 && parts.iter().all(|part| !part.is_empty()) {
            return Part::Joined(symbol, parts);
        }
    }
    match words.as_slice() {
        [(_, first), (second, _), ..] if first.eq_ignore_ascii_case("not") => {
            Part::Not(condition.get(*second..).unwrap_or_default())
        }
        [(_, only)] => {
            let inner = only
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'));
            inner.map_or(Part::Whole(condition), Part::Bracketed)
        }
        _ => Part::Whole(condition),
    }
}

/// What stands between a word, or the symbol that means the same.
fn divided<'a>(
    condition: &'a str,
    words: &[(usize, &str)],
    name: &str,
    symbol: &str,
) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut begins = 0;
    for (at, word) in words {
        if word.eq_ignore_ascii_case(name) || *word == symbol {
            parts.extend(condition.get(begins..*at).map(str::trim));
            begins = at + word.len();
        }
    }
    parts.extend(condition.get(begins..).map(str::trim));
    parts
}

/// The words and symbols of a text, and where each begins; what stands in quotes or brackets is one.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((rest, first)) = text
        .get(at..)
        .and_then(|rest| Some((rest, rest.chars().next()?)))
    {
        let length = match first {
            '\'' | '"' | '(' | '[' | '{' => closed(rest),
            first if is_of_word(first) => rest
                .find(|character| !is_of_word(character))
                .unwrap_or(rest.len()),
            _ if ["||", "&&", "??"].iter().any(|two| rest.starts_with(two)) => 2,
            first => first.len_utf8(),
        };
        if !first.is_whitespace() {
            found.extend(rest.get(..length).map(|word| (at, word)));
        }
        at += length;
    }
    found
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || "_.-".contains(character)
}

/// How much of a text that begins with a quote or a bracket there is up to what closes it.
fn closed(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if character == open => {
                quote = None;
                if depth == 0 {
                    return at + 1;
                }
            }
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Part, part};

    #[test]
    fn the_outermost_words_are_taken_off() {
        let rows = [
            (
                "a + 1 > 3 and b",
                Part::Joined("&&", vec!["a + 1 > 3", "b"]),
            ),
            (
                "a and b OR c && d",
                Part::Joined("||", vec!["a and b", "c && d"]),
            ),
            ("not a + 1 > 3", Part::Not("a + 1 > 3")),
            ("(a or b)", Part::Bracketed("a or b")),
            (
                "(a or b) and (c)",
                Part::Joined("&&", vec!["(a or b)", "(c)"]),
            ),
            (
                "a == 'x and \\' or y' + 1",
                Part::Whole("a == 'x and \\' or y' + 1"),
            ),
            ("a.and + b-or", Part::Whole("a.and + b-or")),
            ("a and b ? 1 : 2", Part::Whole("a and b ? 1 : 2")),
            (
                "a ?? 0 > 1 and b",
                Part::Joined("&&", vec!["a ?? 0 > 1", "b"]),
            ),
            ("and b", Part::Whole("and b")),
        ];
        for (condition, expected) in rows {
            assert_eq!(part(condition), expected, "{condition}");
        }
    }
}
