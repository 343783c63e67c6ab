//! `+ - * / // % **` and what they mean for texts, lists and sets.

use serde_json::Value;

use super::compare::contains_equal;
use super::kind::{Kind, Tag, distinct, kind, many, noun};
use super::number::{Numeric, numeric};
use super::{Call, Made};
use crate::evaluate::{Data, made};
use crate::limits::size;
use crate::transforms::Applied;

/// `a + b` and the others.
pub(super) fn py_calculate<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let left = call.evaluator.whole(value, &call.node.span)?;
    let operator = call.word(0)?;
    let right = call.arguments.get(1).cloned().unwrap_or_default();
    Ok(made(calculate(call, operator, &left, &right)?))
}

/// `-a` and `+a`
pub(super) fn py_sign<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let is_minus = call.word(0)? == "-";
    let number =
        numeric(&kind(&value)).ok_or_else(|| call.fail(format!("{} has no sign", noun(&value))))?;
    let number = match number {
        Numeric::Int(number) if is_minus => Numeric::Int(-number),
        Numeric::Float(number) if is_minus => Numeric::Float(-number),
        same => same,
    };
    Ok(made(number.value(call)?))
}

pub(super) fn calculate(call: &Call<'_>, operator: &str, left: &Value, right: &Value) -> Made {
    let kinds = (kind(left), kind(right));
    if let (Some(left), Some(right)) = (numeric(&kinds.0), numeric(&kinds.1)) {
        return numbers(call, operator, left, right, &kinds)?.value(call);
    }
    match (operator, kinds) {
        ("+", (Kind::Text(left), Kind::Text(right))) => {
            call.pay(left.len() + right.len())?;
            Ok(format!("{left}{right}").into())
        }
        ("+", (Kind::Many(tag @ (Tag::List | Tag::Tuple), left), Kind::Many(other, right)))
            if tag == other =>
        {
            call.pay(left.iter().chain(right).map(size).sum())?;
            Ok(many(tag, left.iter().chain(right).cloned().collect()))
        }
        ("*", (repeated, times) | (times, repeated)) if is_repeatable(&repeated) => {
            match numeric(&times) {
                Some(Numeric::Int(times)) => repeat(call, &repeated, times),
                _ => Err(misfit(call, operator, left, right)),
            }
        }
        (
            "-" | "&" | "|" | "^",
            (Kind::Many(Tag::Set | Tag::Keys, left), Kind::Many(Tag::Set | Tag::Keys, right)),
        ) => sets(call, operator, left, right),
        ("|", (Kind::Dict(left), Kind::Dict(right))) => {
            let mut members = left.clone();
            members.extend(right.clone());
            Ok(members.into())
        }
        _ => Err(misfit(call, operator, left, right)),
    }
}

fn misfit(
    call: &Call<'_>,
    operator: &str,
    left: &Value,
    right: &Value,
) -> crate::error::EvaluationError {
    call.fail(format!(
        "`{operator}` does not work between {} and {}",
        noun(left),
        noun(right)
    ))
}

fn is_repeatable(kind: &Kind<'_>) -> bool {
    matches!(kind, Kind::Text(_) | Kind::Many(Tag::List | Tag::Tuple, _))
}

fn repeat(call: &Call<'_>, repeated: &Kind<'_>, times: i128) -> Made {
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    match repeated {
        Kind::Text(text) => {
            call.pay(text.len().saturating_mul(times))?;
            Ok(if text.is_empty() {
                String::new()
            } else {
                text.repeat(times)
            }
            .into())
        }
        Kind::Many(tag, elements) => {
            let bytes = elements.iter().map(size).sum::<usize>();
            call.pay(bytes.saturating_mul(times))?;
            let length = elements.len().saturating_mul(times);
            Ok(many(
                *tag,
                elements.iter().cycle().take(length).cloned().collect(),
            ))
        }
        _ => Ok(Value::Null),
    }
}

fn sets(call: &Call<'_>, operator: &str, left: &[Value], right: &[Value]) -> Made {
    call.steps(left.len().saturating_mul(right.len()))?;
    let only = |these: &'_ [Value], those: &[Value]| {
        these
            .iter()
            .filter(|element| !contains_equal(those, element))
            .cloned()
            .collect::<Vec<_>>()
    };
    let elements = match operator {
        "-" => only(left, right),
        "&" => left
            .iter()
            .filter(|element| contains_equal(right, element))
            .cloned()
            .collect(),
        "|" => distinct(call, left.iter().chain(right))?,
        _ => [only(left, right), only(right, left)].concat(),
    };
    Ok(many(Tag::Set, elements))
}

fn numbers(
    call: &Call<'_>,
    operator: &str,
    left: Numeric,
    right: Numeric,
    kinds: &(Kind<'_>, Kind<'_>),
) -> Made<Numeric> {
    let by_zero = || call.fail("a division by zero");
    let too_large = || call.fail("a whole number here does not fit 64 bits");
    if let (Numeric::Int(left), Numeric::Int(right)) = (left, right) {
        let whole = match operator {
            "+" => left.checked_add(right),
            "-" => left.checked_sub(right),
            "*" => left.checked_mul(right),
            "/" | "//" | "%" if right == 0 => return Err(by_zero()),
            "//" => Some(floor_divide(left, right)),
            "%" => Some(left - right * floor_divide(left, right)),
            "/" => return Ok(Numeric::Float(divide(left, right))),
            "**" if right >= 0 => power(left, right),
            "&" => Some(left & right),
            "|" => Some(left | right),
            "^" => Some(left ^ right),
            _ => {
                return floats(
                    call,
                    operator,
                    Numeric::Int(left).float(),
                    Numeric::Int(right).float(),
                );
            }
        };
        return whole.map(Numeric::Int).ok_or_else(too_large);
    }
    if matches!(operator, "&" | "|" | "^") {
        return Err(call.fail(format!(
            "`{operator}` does not work with {}",
            float_noun(kinds)
        )));
    }
    floats(call, operator, left.float(), right.float())
}

fn float_noun(kinds: &(Kind<'_>, Kind<'_>)) -> &'static str {
    match kinds {
        (Kind::Float(_), _) | (_, Kind::Float(_)) => "a float",
        _ => "these",
    }
}

fn floor_divide(left: i128, right: i128) -> i128 {
    let quotient = left / right;
    let has_rest = left % right != 0;
    if has_rest && (left < 0) != (right < 0) {
        quotient - 1
    } else {
        quotient
    }
}

/// The float nearest to an exact quotient.
fn divide(left: i128, right: i128) -> f64 {
    let is_negative = (left < 0) != (right < 0);
    let (left, right) = (left.unsigned_abs(), right.unsigned_abs());
    let shift = left.leading_zeros().saturating_sub(1);
    let quotient = left.checked_shl(shift).unwrap_or(0);
    // More bits than a float has, the last of which says whether there is a rest.
    let bits = (quotient / right) | u128::from(!quotient.is_multiple_of(right));
    let scale = 0.5_f64.powi(i32::try_from(shift).unwrap_or(0));
    #[expect(clippy::cast_precision_loss, reason = "this is where it is rounded")]
    let number = bits as f64 * scale;
    if is_negative { -number } else { number }
}

fn power(base: i128, exponent: i128) -> Option<i128> {
    match base {
        0 | 1 => Some(if exponent == 0 { 1 } else { base }),
        -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => base.checked_pow(u32::try_from(exponent).ok()?),
    }
}

fn floats(call: &Call<'_>, operator: &str, left: f64, right: f64) -> Made<Numeric> {
    let is_division = matches!(operator, "/" | "//" | "%");
    if is_division && right == 0.0 {
        return Err(call.fail("a division by zero"));
    }
    let number = match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / right,
        "%" => remainder(left, right),
        "//" => floor(left, right),
        "**" if left == 0.0 && right < 0.0 => return Err(call.fail("zero to a negative power")),
        "**" if left < 0.0 && right.fract() != 0.0 => {
            return Err(call.fail("a root of a negative number is not a real number"));
        }
        _ => left.powf(right),
    };
    Ok(Numeric::Float(number))
}

/// The remainder with the sign of the right side.
fn remainder(left: f64, right: f64) -> f64 {
    let rest = left % right;
    if rest == 0.0 {
        return 0.0_f64.copysign(right);
    }
    if (right < 0.0) == (rest < 0.0) {
        rest
    } else {
        rest + right
    }
}

/// The quotient rounded down, which agrees with the remainder.
fn floor(left: f64, right: f64) -> f64 {
    let quotient = (left - remainder_for_floor(left, right)) / right;
    if quotient == 0.0 {
        return 0.0_f64.copysign(left / right);
    }
    let down = quotient.floor();
    if quotient - down > 0.5 {
        down + 1.0
    } else {
        down
    }
}

/// As `remainder`, before a zero gets its sign: the quotient takes one less where the signs differ.
fn remainder_for_floor(left: f64, right: f64) -> f64 {
    let rest = left % right;
    if rest != 0.0 && (right < 0.0) != (rest < 0.0) {
        rest + right
    } else {
        rest
    }
}
