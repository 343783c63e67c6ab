//! What a value of a definition may be: of a field of ours, or of a parameter of an operation.

use std::fmt;

use crate::catalogue::Parameter;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// A text that is usually one of these words, and may be another.
    Usually(&'static [&'static str]),
    /// A text that is an expression over a record's fields, without braces.
    Expression,
    /// A number.
    Number,
    /// A whole number, negative or not.
    Integer,
    /// A number from zero up.
    FromZero,
    /// A number between these two, both included.
    Within(i32, i32),
    /// A whole number between these two, both included.
    Between(u64, u64),
    /// A whole number from zero up.
    Whole,
    /// A whole number from one up.
    Count,
    /// `true` or `false`.
    Flag,
    /// A list.
    List,
    /// A list of texts.
    Texts,
    /// An object of any fields.
    Object,
    /// An object of these fields.
    Fields(&'static [Parameter]),
    /// Anything.
    Any,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any of these shapes.
    Either(&'static [Shape]),
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text | Self::Usually(_) => formatter.write_str("a text"),
            Self::Expression => formatter.write_str("an expression"),
            Self::Number => formatter.write_str("a number"),
            Self::Integer => formatter.write_str("a whole number"),
            Self::FromZero => formatter.write_str("a number that is not negative"),
            Self::Within(least, most) => write!(formatter, "a number from {least} to {most}"),
            Self::Between(least, most) => {
                write!(formatter, "a whole number from {least} to {most}")
            }
            Self::Whole => formatter.write_str("a whole number that is not negative"),
            Self::Count => formatter.write_str("a whole number above zero"),
            Self::Flag => formatter.write_str("`true` or `false`"),
            Self::List => formatter.write_str("a list"),
            Self::Texts => formatter.write_str("a list of texts"),
            Self::Object | Self::Fields(_) => formatter.write_str("an object"),
            Self::Any => formatter.write_str("any value"),
            Self::OneOf(words) => {
                let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                write!(formatter, "one of {}", words.join(", "))
            }
            Self::Either(shapes) => {
                let shapes: Vec<String> = shapes.iter().map(Self::to_string).collect();
                formatter.write_str(&shapes.join(" or "))
            }
        }
    }
}
