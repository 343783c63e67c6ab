//! How an expression is written.

use super::{Key, Tree};

/// How tight an operator binds.
fn level(operator: &str) -> u8 {
    match operator {
        "||" | "&&" => 1,
        "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "contains" | "includes" => 2,
        "+" | "-" => 3,
        "*" | "/" | "//" => 4,
        _ => 5,
    }
}

const UNARY: u8 = 6;
const POSTFIX: u8 = 7;

impl Tree {
    fn level(&self) -> u8 {
        match self {
            Self::Ternary(..) | Self::Elvis(..) => 0,
            Self::Binary(operator, ..) => level(operator),
            Self::Not(_) | Self::Minus(_) => UNARY,
            _ => POSTFIX,
        }
    }

    /// The text, without anything that it does not need.
    pub(crate) fn plain(&self) -> String {
        self.written(&mut Plain)
    }

    /// The text in a style.
    pub(crate) fn written(&self, style: &mut dyn Style) -> String {
        let mut text = String::new();
        self.write(style, &mut text);
        text
    }

    fn write(&self, style: &mut dyn Style, text: &mut String) {
        match self {
            Self::Number(number) => text.push_str(number),
            Self::Text(value) => style.quote(value, text),
            Self::Truth(truth) => text.push_str(if *truth { "true" } else { "false" }),
            Self::Null => text.push_str("null"),
            Self::Root(name) => text.push_str(name),
            Self::Relative(name) => {
                text.push('.');
                text.push_str(name.as_deref().unwrap_or_default());
            }
            Self::Member(inner, name) => {
                inner.write_bound(POSTFIX, style, text);
                text.push('.');
                text.push_str(name);
            }
            Self::Element(inner, index) | Self::Filter(inner, index) => {
                inner.write_bound(POSTFIX, style, text);
                text.push('[');
                index.write(style, text);
                text.push(']');
            }
            Self::Not(inner) => {
                text.push('!');
                inner.write_bound(UNARY, style, text);
            }
            Self::Minus(inner) => {
                // `-1` is a number, and `-(1)` is minus one.
                let is_digit = inner
                    .plain()
                    .starts_with(|first: char| first.is_ascii_digit() || first == '.');
                let needs = if is_digit { POSTFIX + 1 } else { UNARY };
                text.push('-');
                inner.write_bound(needs, style, text);
            }
            Self::Binary(operator, left, right) => {
                let level = level(operator);
                left.write_bound(level, style, text);
                style.space(text);
                text.push_str(operator);
                style.space(text);
                right.write_bound(level + 1, style, text);
            }
            Self::Ternary(condition, then, otherwise) => {
                condition.write_condition(style, text);
                text.push_str(" ? ");
                then.write(style, text);
                text.push_str(" : ");
                otherwise.write(style, text);
            }
            Self::Elvis(left, right) => {
                left.write_condition(style, text);
                text.push_str(" ?: ");
                right.write(style, text);
            }
            Self::Array(elements) => write_list('[', elements, ']', style, text),
            Self::Object(members) => write_object(members, style, text),
            Self::Transform(subject, name, arguments) => {
                subject.write_bound(POSTFIX, style, text);
                text.push_str(style.pipe());
                text.push_str(name);
                if !arguments.is_empty() {
                    write_list('(', arguments, ')', style, text);
                }
            }
            Self::Wrapped(inner) => {
                let [open, close] = if style.is_bold() {
                    ["{{{ ", " }}}"]
                } else {
                    ["{{ ", " }}"]
                };
                text.push_str(open);
                inner.write(style, text);
                text.push_str(close);
            }
        }
    }

    fn write_bound(&self, level: u8, style: &mut dyn Style, text: &mut String) {
        if self.level() < level || style.brackets() {
            text.push('(');
            self.write(style, text);
            text.push(')');
        } else {
            self.write(style, text);
        }
    }

    /// JEXL reads no `?` right after a transform, so most conditions of that kind stand in brackets.
    fn write_condition(&self, style: &mut dyn Style, text: &mut String) {
        let ends_in_transform = |tree: &Tree| {
            let mut last = tree;
            loop {
                match last {
                    Self::Binary(_, _, right) => last = right,
                    Self::Not(inner) | Self::Minus(inner) => last = inner,
                    other => return matches!(other, Self::Transform(..)),
                }
            }
        };
        let needs = if ends_in_transform(self) && !style.is_bold() {
            POSTFIX + 1
        } else {
            1
        };
        self.write_bound(needs, style, text);
    }
}

fn write_list(
    open: char,
    elements: &[Tree],
    close: char,
    style: &mut dyn Style,
    text: &mut String,
) {
    text.push(open);
    for (at, element) in elements.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { ", " });
        // JEXL reads no minus right after a comma.
        let begins_with_minus = at > 0 && element.plain().starts_with('-');
        let needs = if begins_with_minus && !style.is_bold() {
            POSTFIX + 1
        } else {
            0
        };
        element.write_bound(needs, style, text);
    }
    if !elements.is_empty() && style.is_bold() {
        text.push(',');
    }
    text.push(close);
}

fn write_object(members: &[(Key, Tree)], style: &mut dyn Style, text: &mut String) {
    text.push('{');
    for (at, (key, member)) in members.iter().enumerate() {
        text.push_str(if at == 0 { " " } else { ", " });
        match key {
            Key::Name(name) => text.push_str(name),
            Key::Quoted(name) => style.quote(name, text),
        }
        text.push_str(": ");
        member.write(style, text);
    }
    text.push_str(" }");
}

/// What may be written in several ways.
pub(crate) trait Style {
    /// White space around an operator.
    fn space(&mut self, text: &mut String);
    /// Whether to put brackets where none are needed.
    fn brackets(&mut self) -> bool;
    /// What stands before the name of a transform.
    fn pipe(&mut self) -> &'static str;
    /// Whether to write what only one engine reads.
    fn is_bold(&mut self) -> bool;
    /// A text in quotes.
    fn quote(&mut self, value: &str, text: &mut String);
}

/// One way for everything.
pub(crate) struct Plain;

impl Style for Plain {
    fn space(&mut self, text: &mut String) {
        text.push(' ');
    }

    fn brackets(&mut self) -> bool {
        false
    }

    fn pipe(&mut self) -> &'static str {
        "|"
    }

    fn is_bold(&mut self) -> bool {
        false
    }

    fn quote(&mut self, value: &str, text: &mut String) {
        write_quoted('\'', value, text);
    }
}

/// Writes a text between quotes.
pub(crate) fn write_quoted(quote: char, value: &str, text: &mut String) {
    text.push(quote);
    for character in value.chars() {
        if character == quote || character == '\\' {
            text.push('\\');
        }
        text.push(character);
    }
    text.push(quote);
}
