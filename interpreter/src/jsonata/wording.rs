//! The engine's messages about what cannot be read, as AWS words them.

use super::complaint;

/// What is wrong with an expression that cannot be read: without a code, and with symbols in quotes.
pub(super) fn readable(message: &str) -> String {
    in_symbols(without_code(message))
}

/// A message without the code that it begins with: `S0202: Expected ...`.
fn without_code(message: &str) -> &str {
    let message = message.strip_prefix("Parse error: ").unwrap_or(message);
    let coded =
        complaint::code(message).and_then(|code| message.strip_prefix(code)?.strip_prefix(": "));
    coded.unwrap_or(message)
}

/// The engine names the symbols of the language; AWS shows them in quotes.
fn in_symbols(message: &str) -> String {
    let words: Vec<String> = message.split(' ').map(symbol).collect();
    words.join(" ")
}

fn symbol(word: &str) -> String {
    let (name, comma) = match word.strip_suffix(',') {
        Some(name) => (name, ","),
        None => (word, ""),
    };
    match SYMBOLS.iter().find(|(known, _)| *known == name) {
        Some((_, symbol)) => format!("\"{symbol}\"{comma}"),
        None => word.to_owned(),
    }
}

/// The engine's names of symbols.
const SYMBOLS: [(&str, &str); 37] = [
    ("Plus", "+"),
    ("Minus", "-"),
    ("Star", "*"),
    ("StarStar", "**"),
    ("Slash", "/"),
    ("Percent", "%"),
    ("Equal", "="),
    ("NotEqual", "!="),
    ("LessThan", "<"),
    ("LessThanOrEqual", "<="),
    ("GreaterThan", ">"),
    ("GreaterThanOrEqual", ">="),
    ("And", "and"),
    ("Or", "or"),
    ("In", "in"),
    ("Ampersand", "&"),
    ("Dot", "."),
    ("DotDot", ".."),
    ("Question", "?"),
    ("QuestionQuestion", "??"),
    ("QuestionColon", "?:"),
    ("Colon", ":"),
    ("ColonEqual", ":="),
    ("TildeArrow", "~>"),
    ("LeftParen", "("),
    ("RightParen", ")"),
    ("LeftBracket", "["),
    ("RightBracket", "]"),
    ("LeftBrace", "{"),
    ("RightBrace", "}"),
    ("Comma", ","),
    ("Semicolon", ";"),
    ("Caret", "^"),
    ("Pipe", "|"),
    ("Hash", "#"),
    ("At", "@"),
    ("Eof", "(end)"),
];
