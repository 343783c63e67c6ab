//! What is said about a text that is not an expression, and the change that would make it one.

use super::Parser;
use crate::error::SyntaxError;
use crate::transforms;
use crate::tree::Operator;

impl Parser<'_> {
    /// `===` and `!==`, which JavaScript has.
    pub(super) fn refuse_triple_equals(&self, operator: Operator) -> Result<(), SyntaxError> {
        let symbol = operator.symbol();
        let is_triple = matches!(operator, Operator::Equal | Operator::NotEqual)
            && self
                .lexer
                .rest()
                .strip_prefix(symbol)
                .is_some_and(|rest| rest.starts_with('='));
        if is_triple {
            let span = self.lexer.position..self.lexer.position + symbol.len() + 1;
            return Err(
                SyntaxError::new(format!("`{symbol}=` is not an operator"), span.clone())
                    .help(format!("write `{symbol}`"))
                    .fix(span, symbol),
            );
        }
        Ok(())
    }

    /// `not x` and `not (x)`, which Python has. A root may still be called so: `not == 1`.
    pub(super) fn refuse_not(&mut self, start: usize) -> Result<(), SyntaxError> {
        let span = self.span(start);
        let mut ahead = Parser {
            nesting: self.nesting,
            ..Parser::new(self.lexer.text, self.lexer.position, self.relatives)
        };
        let operand = ahead.start();
        let is_bracketed = ahead.lexer.rest().starts_with('(');
        let is_value = is_bracketed
            || ahead.lexer.operator().is_none()
                && ahead.lexer.name().is_some_and(|name| !is_word(name))
            || ahead.lexer.rest().starts_with(['\'', '"']);
        if !is_value {
            return Ok(());
        }
        ahead.lexer.position = operand;
        let error = SyntaxError::new("`not` is not an operator", span).help("write `!`");
        // `!a == b` would be `(!a) == b`, so the change is safe only where nothing tighter follows.
        let is_alone = ahead.nested(Self::unary).is_ok() && ahead.ends_operand();
        Err(if is_alone {
            error.fix(start..operand, "!")
        } else {
            error
        })
    }

    /// Whether what comes next binds looser than any comparison.
    fn ends_operand(&mut self) -> bool {
        match self.lexer.peek() {
            None | Some(')' | ']' | '}' | ',' | '?' | ':' | '&' | '|') => true,
            Some(_) => self
                .lexer
                .name()
                .is_some_and(|name| name == "and" || name == "or"),
        }
    }

    pub(super) fn unknown_transform(&self, name: &str, start: usize) -> SyntaxError {
        let span = self.span(start);
        let error = SyntaxError::new(format!("there is no transform `{name}`"), span.clone());
        match transforms::meant(name).as_slice() {
            [] => error,
            [near] => error
                .help(format!("did you mean `{near}`?"))
                .fix(span, *near),
            [near, ..] => error.help(format!("did you mean `{near}`?")),
        }
    }

    pub(super) fn expected(&mut self, what: &str) -> SyntaxError {
        let span = self.lexer.next_span();
        match self.lexer.slice(span.clone()) {
            "" => SyntaxError::new(format!("expected {what}, but the text ends"), span),
            found => {
                let error = SyntaxError::new(format!("expected {what}, found `{found}`"), span);
                if found.contains(TYPESET) {
                    return error.help("write straight quotes: `'` or `\"`");
                }
                error
            }
        }
    }

    /// What to write instead of a call, as other languages have them: `name.trim()` is `name|trim`.
    fn called(&self, opening: usize) -> Option<String> {
        let before = self.lexer.slice(0..opening);
        let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let start = before.trim_end_matches(is_of_name).len();
        let name = before.get(start..).filter(|name| !name.is_empty())?;
        let meant = || transforms::find(transforms::meant(name).first()?);
        let Some(transform) = transforms::find(name).or_else(meant) else {
            return Some(
                "there are no calls: a transform is applied with `|`, as in `name|trim`".to_owned(),
            );
        };
        let arguments = if *transform.arguments.end() > 0 {
            "(...)"
        } else {
            ""
        };
        Some(format!(
            "there are no calls: write `value|{}{arguments}`",
            transform.info.name
        ))
    }

    /// What to say about something after a complete expression.
    pub(crate) fn unexpected(&mut self) -> SyntaxError {
        /// The word, the help, and what to write instead where that is all there is to change.
        const WORDS: [(&str, &str, Option<&str>); 8] = [
            ("and", "write `&&`", Some("&&")),
            ("AND", "write `&&`", Some("&&")),
            ("or", "write `||`", Some("||")),
            ("OR", "write `||`", Some("||")),
            ("&", "write `&&`", Some("&&")),
            ("=", "write `==` to compare", Some("==")),
            ("is", "write `==`", None),
            ("not", "write `!(a in b)`", None),
        ];
        let span = self.lexer.next_span();
        let found = self.lexer.slice(span.clone());
        let error = SyntaxError::new(
            format!("expected an operator, found `{found}`"),
            span.clone(),
        );
        if found == "(" {
            let help = self.called(span.start);
            return help.into_iter().fold(error, SyntaxError::help);
        }
        let behind = self.lexer.slice(span.end..self.lexer.text.len());
        let turned = match (found, behind.chars().next()) {
            ("=", Some('>')) => Some(">="),
            ("=", Some('<')) => Some("<="),
            _ => None,
        };
        if let Some(operator) = turned {
            let both = span.start..span.end + 1;
            return error
                .help(format!("write `{operator}`"))
                .fix(both, operator);
        }
        if found == "is" && behind.trim_start().starts_with("not ") {
            return error.help("write `!=`");
        }
        let is_cut = found == "=" && behind.starts_with('=');
        match WORDS.iter().find(|(word, ..)| *word == found && !is_cut) {
            Some((_, help, Some(text))) => error.help(*help).fix(span, *text),
            Some((_, help, None)) => error.help(*help),
            None => error,
        }
    }
}

/// Quotes as they are set in print.
const TYPESET: [char; 4] = ['‘', '’', '“', '”'];

/// Whether a word would stand between two values, so that what is before it is one.
fn is_word(name: &str) -> bool {
    matches!(name, "and" | "or" | "is")
}
