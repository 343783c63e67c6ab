//! Numbers: whole ones that fit 64 bits, and floats that are finite.

use serde_json::{Number, Value};

use super::digit::as_ascii;
use super::{Call, Made, kind::Kind};

/// A number of Python.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numeric {
    Int(i128),
    Float(f64),
}

/// The number that a value is; True is 1.
pub(super) fn numeric(kind: &Kind<'_>) -> Option<Numeric> {
    match kind {
        Kind::Bool(truth) => Some(Numeric::Int(i128::from(*truth))),
        Kind::Int(number) => Some(Numeric::Int(*number)),
        Kind::Float(number) => Some(Numeric::Float(*number)),
        Kind::None | Kind::Text(_) | Kind::Dict(_) | Kind::Many(..) => None,
    }
}

impl Numeric {
    pub(super) fn float(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as Python does, to the nearest")]
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// The value, if JSON can hold it.
    pub(super) fn value(self, call: &Call<'_>) -> Made {
        match self {
            Self::Int(number) => i64::try_from(number)
                .map(Number::from)
                .or_else(|_| u64::try_from(number).map(Number::from))
                .map(Value::Number)
                .map_err(|_| call.fail("a whole number here does not fit 64 bits")),
            Self::Float(number) => Number::from_f64(number)
                .map(Value::Number)
                .ok_or_else(|| call.fail("a number here is too large or none at all")),
        }
    }
}

/// The whole number that a float is.
pub(super) fn whole(number: f64) -> Option<i128> {
    const LARGEST: f64 = 1e38;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole and within the limits"
    )]
    let whole = number as i128;
    (number.fract() == 0.0 && number.abs() < LARGEST).then_some(whole)
}

/// A float as Python prints it: `1.0`, `1e-05`.
pub(super) fn print_float(number: f64) -> String {
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    let exponent = exponent.parse::<i32>().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    if !(-4..16).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let (direction, distance) = if exponent < 0 {
            ('-', -exponent)
        } else {
            ('+', exponent)
        };
        return format!("{sign}{first}{point}{rest}e{direction}{distance:02}");
    }
    let Ok(places) = usize::try_from(exponent) else {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    };
    let padded = format!("{digits:0<width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(places + 1);
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    format!("{sign}{whole}.{fraction}")
}

/// `int('…')`
pub(super) fn read_int(text: &str) -> Option<i128> {
    let text = as_ascii(super::text::strip(text));
    let (sign, digits) = signed(&text);
    let digits = ungrouped(digits)?;
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse::<i128>().ok().filter(|_| is_whole)?;
    Some(if sign { -number } else { number })
}

/// `float('…')`
pub(super) fn read_float(text: &str) -> Option<f64> {
    let text = as_ascii(super::text::strip(text));
    let (sign, digits) = signed(&text);
    let digits = ungrouped(digits)?;
    let without = match digits.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => Some(f64::INFINITY),
        "nan" => Some(f64::NAN),
        _ => None,
    };
    if without.is_some() {
        return without;
    }
    let is_decimal = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let number = digits.parse::<f64>().ok().filter(|_| is_decimal)?;
    Some(if sign { -number } else { number })
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits without the `_` between them.
fn ungrouped(digits: &str) -> Option<String> {
    let bytes = digits.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let is_grouped = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'_')
        .all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)));
    is_grouped.then(|| digits.replace('_', ""))
}
