//! What one value of a pattern asks of a value of an event.

use std::net::IpAddr;

use serde_json::{Number, Value};

use super::address::Network;
use super::wildcard::Wildcard;

/// One value of a field's list in a pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// The same text, `true`, `false` or `null`.
    Exact(Value),
    /// The same number, however it is written.
    Number(Number),
    /// The same address, however it is written.
    Address(IpAddr),
    Text(Text),
    Numeric(Range),
    Cidr(Network),
    /// The field is there, or is not.
    Exists(bool),
    /// None of these.
    AnythingBut(Vec<Test>),
}

/// A comparison of texts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    Prefix(String),
    Suffix(String),
    /// The text is in lower case already, as in the next two.
    EqualsIgnoreCase(String),
    PrefixIgnoreCase(String),
    SuffixIgnoreCase(String),
    Wildcard(Wildcard),
}

/// A range of numbers; each end is a number and whether it belongs to the range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) low: Option<(f64, bool)>,
    pub(super) high: Option<(f64, bool)>,
}

/// The largest number that a range may name or take, above and below zero.
pub(super) const LARGEST: f64 = 5.0e9;

impl Test {
    /// Whether a value is what is asked for. The value is no list and no object.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        match self {
            Self::Exact(expected) => expected == value,
            Self::Number(expected) => value
                .as_number()
                .is_some_and(|number| same(expected, number)),
            Self::Address(expected) => address(value) == Some(*expected),
            Self::Text(text) => value.as_str().is_some_and(|value| text.accepts(value)),
            Self::Numeric(range) => value.as_f64().is_some_and(|number| range.contains(number)),
            Self::Cidr(network) => address(value).is_some_and(|address| network.contains(address)),
            Self::Exists(wanted) => *wanted,
            Self::AnythingBut(tests) => !tests.iter().any(|test| test.accepts(value)),
        }
    }
}

impl Text {
    fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Prefix(prefix) => value.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => value.ends_with(suffix.as_str()),
            Self::EqualsIgnoreCase(text) => value.to_lowercase() == *text,
            Self::PrefixIgnoreCase(prefix) => value.to_lowercase().starts_with(prefix.as_str()),
            Self::SuffixIgnoreCase(suffix) => value.to_lowercase().ends_with(suffix.as_str()),
            Self::Wildcard(wildcard) => wildcard.accepts(value),
        }
    }
}

impl Range {
    fn contains(self, number: f64) -> bool {
        let above =
            |(low, included): (f64, bool)| number > low || included && same_float(number, low);
        let below =
            |(high, included): (f64, bool)| number < high || included && same_float(number, high);
        number.abs() <= LARGEST && self.low.is_none_or(above) && self.high.is_none_or(below)
    }

    /// The range of one number.
    pub(super) fn only(number: f64) -> Self {
        Self {
            low: Some((number, true)),
            high: Some((number, true)),
        }
    }
}

/// Whether two numbers are the same; an account's number has more digits than a float keeps apart.
fn same(left: &Number, right: &Number) -> bool {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left == right,
        _ => left
            .as_f64()
            .zip(right.as_f64())
            .is_some_and(|(left, right)| same_float(left, right)),
    }
}

#[expect(
    clippy::float_cmp,
    reason = "the numbers are compared as they were written, nothing was computed"
)]
fn same_float(left: f64, right: f64) -> bool {
    left == right
}

fn address(value: &Value) -> Option<IpAddr> {
    value.as_str()?.parse().ok()
}
