//! Drops what stands around section tags and comments on lines that hold nothing else.

use super::scan::Token;
use crate::coerce::is_space;

/// The tokens without the white space and the end of lines on which only tags without a value stand.
pub(super) fn drop_lines_of_tags(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    let mut kept = Vec::new();
    let mut line = Vec::new();
    for token in tokens {
        let Token::Text(text) = token else {
            line.push(token);
            continue;
        };
        for piece in text.split_inclusive('\n') {
            line.push(Token::Text(piece));
            if piece.ends_with('\n') {
                end_line(&mut line, &mut kept);
            }
        }
    }
    end_line(&mut line, &mut kept);
    kept
}

fn end_line<'t>(line: &mut Vec<Token<'t>>, kept: &mut Vec<Token<'t>>) {
    let has_tag = line.iter().any(|token| !matches!(token, Token::Text(_)));
    let is_blank = line.iter().all(|token| match token {
        Token::Text(text) => text.chars().all(is_space),
        Token::Value(_) => false,
        Token::Open(..) | Token::Close | Token::Comment => true,
    });
    let is_dropped = has_tag && is_blank;
    kept.extend(
        line.drain(..)
            .filter(|token| !(is_dropped && matches!(token, Token::Text(_)))),
    );
}
