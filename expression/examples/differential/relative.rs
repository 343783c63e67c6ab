//! Whether JEXL would see that a bracket is a filter.

/// Whether some `[...]` looks at its elements only inside of brackets, arguments, lists or branches of its own, where
/// JEXL does not notice.
pub(crate) fn hides_relative(text: &str) -> bool {
    let characters = text.chars().collect::<Vec<_>>();
    let mut open: Vec<Bracket> = Vec::new();
    let mut quote = None;
    let mut before = '(';
    for (at, character) in characters.iter().copied().enumerate() {
        if let Some(end) = quote {
            if character == end && characters.get(at.wrapping_sub(1)) != Some(&'\\') {
                quote = None;
            }
            before = character;
            continue;
        }
        // `in .name`: what belongs to a value stands right after it.
        let is_apart = at > 0
            && characters
                .get(at - 1)
                .is_some_and(|character| character.is_whitespace());
        match character {
            '\'' | '"' => quote = Some(character),
            '(' | '{' => open.push(Bracket::new(false)),
            '[' => open.push(Bracket::new(!begins_value(before))),
            ')' | '}' | ']' => {
                if let Some(closed) = open.pop()
                    && closed.may_filter
                    && closed.hidden
                    && !closed.seen
                {
                    return true;
                }
            }
            '?' => {
                if let Some(innermost) = open.last_mut() {
                    innermost.in_branch = true;
                }
            }
            '.' if (begins_value(before) || is_apart)
                && !characters.get(at + 1).is_some_and(char::is_ascii_digit) =>
            {
                meet(&mut open);
            }
            _ => {}
        }
        if !character.is_whitespace() {
            before = character;
        }
    }
    false
}

/// A bracket that is open.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about one bracket"
)]
struct Bracket {
    /// It follows a value, so it is an index or a filter.
    may_filter: bool,
    /// JEXL notices what is relative.
    seen: bool,
    /// JEXL does not.
    hidden: bool,
    in_branch: bool,
}

impl Bracket {
    fn new(may_filter: bool) -> Self {
        Self {
            may_filter,
            seen: false,
            hidden: false,
            in_branch: false,
        }
    }
}

/// Something relative belongs to the innermost bracket that may be a filter.
fn meet(open: &mut [Bracket]) {
    let is_direct = open
        .last()
        .is_some_and(|innermost| innermost.may_filter && !innermost.in_branch);
    if let Some(filter) = open.iter_mut().rev().find(|bracket| bracket.may_filter) {
        if is_direct {
            filter.seen = true;
        } else {
            filter.hidden = true;
        }
    }
}

/// Whether a value, and not something that belongs to one, comes after a character.
fn begins_value(before: char) -> bool {
    "([{,:?!=<>+-*/%^&|".contains(before)
}
