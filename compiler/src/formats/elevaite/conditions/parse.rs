//! The text form: `step1.output.status == 'success' and not (input.items is_empty)`.

use super::super::super::literal::quoted;
use super::super::texts::{Names, Texts, alone, as_part, has_template, is_path};
use super::words::{Part, part};
use super::{operator, written};

/// A piece of a condition.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    And,
    Or,
    Not,
    Open,
    Close,
    Operator(&'static str),
    /// An operand, as an expression.
    Operand(String),
}

/// The condition as an expression. What is none of the format's is taken for an expression of ours.
pub(super) fn expression(condition: &str, names: &Names, texts: &Texts<'_>) -> String {
    let condition = &*texts.readable(condition, names);
    let tokens = tokens(condition, names, texts);
    let parsed = tokens.and_then(|tokens| {
        let mut parser = Parser { tokens, at: 0 };
        let found = parser.either()?;
        (parser.at == parser.tokens.len()).then_some(found)
    });
    parsed.unwrap_or_else(|| ours(condition, names, texts))
}

/// A condition that is an expression of ours, whose parts may be joined by the format's words.
fn ours(condition: &str, names: &Names, texts: &Texts<'_>) -> String {
    let inner = |condition: &str| expression(condition, names, texts);
    match part(condition.trim()) {
        Part::Joined(symbol, parts) => {
            let parts: Vec<String> = parts
                .into_iter()
                .map(|part| format!("({})", inner(part)))
                .collect();
            parts.join(&format!(" {symbol} "))
        }
        Part::Not(rest) => format!("!({})", inner(rest)),
        Part::Bracketed(rest) => format!("({})", inner(rest)),
        Part::Whole(whole) => texts.expression(whole, names),
    }
}

/// One side of a comparison: a path with or without braces.
pub(super) fn operand(text: &str, names: &Names, texts: &Texts<'_>) -> String {
    let inner = texts.readable(alone(text).unwrap_or(text.trim()), names);
    if is_path(&inner) {
        covered(texts.path(&inner, names))
    } else {
        format!("({})", ours(&inner, names, texts))
    }
}

/// What a step that was skipped would have given is null.
pub(super) fn covered(path: String) -> String {
    if path.starts_with("steps.") {
        format!("({path} ?? null)")
    } else {
        as_part(path)
    }
}

fn tokens(condition: &str, names: &Names, texts: &Texts<'_>) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = condition.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => literal(rest, first, names, texts)?,
            '[' => list(rest, names, texts)?,
            '{' if rest.starts_with("{{") => {
                let end = rest.find("}}")? + 2;
                (Token::Operand(operand(rest.get(..end)?, names, texts)), end)
            }
            first if "=!<>&|".contains(first) => symbol(rest)?,
            first if first.is_ascii_digit() || first == '-' => number(rest)?,
            first if first.is_alphabetic() || first == '_' => {
                word(rest, tokens.last(), names, texts)?
            }
            _ => return None,
        };
        tokens.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn literal(rest: &str, quote: char, names: &Names, texts: &Texts<'_>) -> Option<(Token, usize)> {
    let inner = rest.get(1..)?;
    let mut text = String::new();
    let mut characters = inner.char_indices().peekable();
    // Only a quote needs a backslash; others belong to what is written, such as a pattern.
    let end = loop {
        let (at, character) = characters.next()?;
        let next = characters.peek().map(|(_, next)| *next);
        if character == '\\' && next == Some(quote) {
            text.push(quote);
            characters.next();
        } else if character == quote {
            break at;
        } else {
            text.push(character);
        }
    };
    // A value may be spliced between quotes, as it was where texts were put together.
    if has_template(&text) {
        return Some((
            Token::Operand(covered(texts.spliced(&text, names))),
            end + 2,
        ));
    }
    Some((Token::Operand(quoted(&text)), end + 2))
}

fn list(rest: &str, names: &Names, texts: &Texts<'_>) -> Option<(Token, usize)> {
    let end = rest.find(']')? + 1;
    let list = rest.get(..end)?;
    Some((Token::Operand(texts.expression(list, names)), end))
}

fn symbol(rest: &str) -> Option<(Token, usize)> {
    for (text, token) in [("&&", Token::And), ("||", Token::Or)] {
        if rest.starts_with(text) {
            return Some((token, text.len()));
        }
    }
    let longest = ["===", "!==", "==", "!=", ">=", "<=", ">", "<"];
    let found = longest.into_iter().find(|symbol| rest.starts_with(symbol));
    match found {
        Some(symbol) => Some((Token::Operator(operator(symbol)?), symbol.len())),
        None if rest.starts_with('!') => Some((Token::Not, 1)),
        None => None,
    }
}

fn number(rest: &str) -> Option<(Token, usize)> {
    let length = rest
        .char_indices()
        .find(|(at, character)| {
            !(character.is_ascii_digit()
                || ".eE".contains(*character)
                || (*at == 0 && *character == '-'))
        })
        .map_or(rest.len(), |(at, _)| at);
    let text = rest.get(..length)?;
    text.parse::<f64>().ok()?;
    Some((Token::Operand(text.to_owned()), length))
}

fn word(
    rest: &str,
    before: Option<&Token>,
    names: &Names,
    texts: &Texts<'_>,
) -> Option<(Token, usize)> {
    let length = path_length(rest);
    let written = rest.get(..length)?;
    let lower = written.to_lowercase();
    let follows_value = matches!(before, Some(Token::Operand(_) | Token::Close));
    // `not in` is one operator of two words.
    let behind = rest.get(length..)?.trim_start();
    let is_not_in = lower == "not" && follows_value && behind.starts_with("in ");
    let token = match lower.as_str() {
        "not" if is_not_in => {
            let blanks = rest.len() - length - behind.len();
            return Some((Token::Operator("not_in"), length + blanks + 2));
        }
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        "true" | "false" => Token::Operand(lower),
        "none" | "null" => Token::Operand("null".to_owned()),
        _ => {
            let found = operator(&lower).filter(|_| follows_value);
            // A call, or anything else that is more than a path, is not of this form.
            if found.is_none() && behind.starts_with('(') {
                return None;
            }
            found.map_or_else(
                || Token::Operand(operand(written, names, texts)),
                Token::Operator,
            )
        }
    };
    Some((token, length))
}

/// How much of a text is a path, whose members may stand in brackets: `verdict['score']`.
fn path_length(text: &str) -> usize {
    let fits = |character: char| character.is_alphanumeric() || "_.-[]".contains(character);
    let end = text
        .find(|character| !fits(character))
        .unwrap_or(text.len());
    let quoted = || {
        let (path, rest) = text.split_at_checked(end)?;
        let quote = rest.chars().next().filter(|quote| "'\"".contains(*quote))?;
        let (_, behind) = rest.get(1..)?.split_once(quote)?;
        let is_member = path.ends_with('[') && behind.starts_with(']');
        is_member.then(|| text.len() - behind.len())
    };
    quoted().map_or(end, |end| {
        end + text.get(end..).map(path_length).unwrap_or_default()
    })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn eat(&mut self, token: &Token) -> bool {
        let is_next = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    fn either(&mut self) -> Option<String> {
        self.joined(&Token::Or, "||", Self::both)
    }

    fn both(&mut self) -> Option<String> {
        self.joined(&Token::And, "&&", Self::negated)
    }

    /// Parts with a word between them; each stands in brackets, since the operators here have one level.
    fn joined(
        &mut self,
        word: &Token,
        symbol: &str,
        part: impl Fn(&mut Self) -> Option<String>,
    ) -> Option<String> {
        let mut parts = vec![part(self)?];
        while self.eat(word) {
            parts.push(part(self)?);
        }
        if parts.len() == 1 {
            return parts.pop();
        }
        let parts: Vec<String> = parts.into_iter().map(|part| format!("({part})")).collect();
        Some(parts.join(&format!(" {symbol} ")))
    }

    fn negated(&mut self) -> Option<String> {
        if self.eat(&Token::Not) {
            return Some(format!("!({})", self.negated()?));
        }
        self.compared()
    }

    fn compared(&mut self) -> Option<String> {
        let left = self.value()?;
        let Some(Token::Operator(operator)) = self.tokens.get(self.at) else {
            return Some(left);
        };
        let operator = *operator;
        self.at += 1;
        let is_alone = operator.starts_with("is_");
        let right = if is_alone {
            String::new()
        } else {
            self.value()?
        };
        Some(written(operator, &left, &right))
    }

    fn value(&mut self) -> Option<String> {
        if self.eat(&Token::Open) {
            let inner = self.either()?;
            return self.eat(&Token::Close).then(|| format!("({inner})"));
        }
        let Some(Token::Operand(operand)) = self.tokens.get(self.at) else {
            return None;
        };
        let operand = operand.clone();
        self.at += 1;
        Some(operand)
    }
}
