//! Functions: `name(a, arguments)`.

use serde_json::{Map, Value};

use super::arithmetic::calculate;
use super::compare::{keyed, ordered, sort};
use super::each::{any_or_all, enumerate, zip};
use super::kind::{Kind, Tag, elements, kind, many, noun, owned_elements, truth};
use super::number::{Numeric, numeric, read_float, read_int};
use super::print::{print, represent};
use super::{Call, Made};
use crate::evaluate::{Data, made};
use crate::transforms::Applied;

/// `name(a, arguments)`
pub(super) fn py_call<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let name = call.word(0)?;
    let more = call.arguments.get(1).map(|argument| &**argument);
    let result = match name {
        "len" => length(call, &value)?,
        "abs" => absolute(call, &value)?,
        "str" => print(call, &value)?.into(),
        "repr" => represent(call, &value)?.into(),
        "int" => int(call, &value)?,
        "float" => float(call, &value)?,
        "list" => owned_elements(call, &value)?.into(),
        "tuple" => many(Tag::Tuple, owned_elements(call, &value)?),
        "iter" => many(Tag::Iterator, owned_elements(call, &value)?),
        "dict" => dict(call, &value)?,
        "any" => any_or_all(call, &value, true)?.into(),
        "all" => any_or_all(call, &value, false)?.into(),
        "isinstance" => is_instance(&value, more).into(),
        "round" => round(call, &value, more)?,
        "sum" => sum(call, &value, more)?,
        "sorted" => {
            let keyed = keyed(call, &value, 2)?;
            let sorted = sort(call, keyed, more.is_some_and(truth))?;
            sorted.into_iter().map(|(_, element)| element).collect()
        }
        "min" | "max" => best(call, name, &value, more)?,
        "reversed" => reversed(call, &value)?,
        "enumerate" => enumerate(call, &value, more)?,
        "zip" => zip(call, &value)?,
        _ => return Err(call.refuse("knows no such function")),
    };
    Ok(made(result))
}

fn misfit(call: &Call<'_>, value: &Value) -> crate::error::EvaluationError {
    let name = call.word(0).unwrap_or_default();
    call.fail(format!("`{name}` does not work with {}", noun(value)))
}

fn length(call: &Call<'_>, value: &Value) -> Made {
    match kind(value) {
        Kind::Text(text) => Ok(text.chars().count().into()),
        Kind::Dict(members) => Ok(members.len().into()),
        Kind::Many(tag, elements) if tag != Tag::Iterator => Ok(elements.len().into()),
        _ => Err(misfit(call, value)),
    }
}

fn absolute(call: &Call<'_>, value: &Value) -> Made {
    match numeric(&kind(value)) {
        Some(Numeric::Int(number)) => Numeric::Int(number.abs()).value(call),
        Some(Numeric::Float(number)) => Numeric::Float(number.abs()).value(call),
        None => Err(misfit(call, value)),
    }
}

fn int(call: &Call<'_>, value: &Value) -> Made {
    let number = match kind(value) {
        Kind::Text(text) => {
            read_int(text).ok_or_else(|| call.fail(format!("{value} is not a whole number")))?
        }
        Kind::Float(number) => super::number::whole(number.trunc())
            .ok_or_else(|| call.fail("a whole number here does not fit 64 bits"))?,
        Kind::Int(number) => number,
        Kind::Bool(truth) => i128::from(truth),
        Kind::None | Kind::Dict(_) | Kind::Many(..) => return Err(misfit(call, value)),
    };
    Numeric::Int(number).value(call)
}

fn float(call: &Call<'_>, value: &Value) -> Made {
    let number = match kind(value) {
        Kind::Text(text) => {
            read_float(text).ok_or_else(|| call.fail(format!("{value} is not a number")))?
        }
        kind => numeric(&kind).ok_or_else(|| misfit(call, value))?.float(),
    };
    Numeric::Float(number).value(call)
}

/// A dict of a dict, or of pairs.
fn dict(call: &Call<'_>, value: &Value) -> Made {
    if let Kind::Dict(members) = kind(value) {
        return Ok(members.clone().into());
    }
    let mut members = Map::new();
    for pair in elements(call, value)? {
        let pair = owned_elements(call, &pair)?;
        let [Value::String(key), member] = pair.as_slice() else {
            return Err(call.fail("a dict is made of pairs whose first is a str"));
        };
        members.insert(key.clone(), member.clone());
    }
    Ok(members.into())
}

fn is_instance(value: &Value, types: Option<&Value>) -> bool {
    let name = match kind(value) {
        Kind::Bool(_) => "bool",
        Kind::Int(_) => "int",
        Kind::Float(_) => "float",
        Kind::Text(_) => "str",
        Kind::Dict(_) => "dict",
        Kind::Many(Tag::List, _) => "list",
        Kind::Many(Tag::Tuple, _) => "tuple",
        Kind::Many(Tag::Set, _) => "set",
        Kind::None | Kind::Many(..) => return false,
    };
    let types = types.and_then(Value::as_array).into_iter().flatten();
    types
        .filter_map(Value::as_str)
        .any(|wanted| wanted == name || (wanted == "int" && name == "bool"))
}

fn sum(call: &Call<'_>, value: &Value, start: Option<&Value>) -> Made {
    let mut sum = start.cloned().unwrap_or_else(|| 0.into());
    if sum.is_string() {
        return Err(call.fail("`sum` does not work with texts: use `''.join(...)`"));
    }
    for element in elements(call, value)? {
        sum = calculate(call, "+", &sum, &element)?;
    }
    Ok(sum)
}

fn best(call: &Call<'_>, name: &str, value: &Value, default: Option<&Value>) -> Made {
    let mut best: Option<(Value, Value)> = None;
    for (key, element) in keyed(call, value, 2)? {
        let is_better = match &best {
            None => true,
            Some((least, _)) if name == "min" => ordered(call, "<", &key, least)?,
            Some((most, _)) => ordered(call, ">", &key, most)?,
        };
        if is_better {
            best = Some((key, element));
        }
    }
    let default = default.and_then(|default| default.get(0)).cloned();
    best.map(|(_, element)| element)
        .or(default)
        .ok_or_else(|| call.fail(format!("`{name}` of nothing")))
}

fn reversed(call: &Call<'_>, value: &Value) -> Made {
    if matches!(kind(value), Kind::Many(Tag::Set | Tag::Iterator, _)) {
        return Err(misfit(call, value));
    }
    let mut elements = owned_elements(call, value)?;
    elements.reverse();
    Ok(many(Tag::Iterator, elements))
}

fn round(call: &Call<'_>, value: &Value, digits: Option<&Value>) -> Made {
    let digits = match digits.map(kind) {
        None | Some(Kind::None) => None,
        Some(Kind::Int(digits)) => Some(digits),
        Some(Kind::Bool(digits)) => Some(i128::from(digits)),
        Some(_) => return Err(call.fail("`round` needs a whole number of digits")),
    };
    match (
        numeric(&kind(value)).ok_or_else(|| misfit(call, value))?,
        digits,
    ) {
        (Numeric::Int(number), digits) => {
            Numeric::Int(round_int(number, digits.unwrap_or(0))).value(call)
        }
        (Numeric::Float(number), None) => {
            let whole = super::number::whole(number.round_ties_even())
                .ok_or_else(|| call.fail("a whole number here does not fit 64 bits"))?;
            Numeric::Int(whole).value(call)
        }
        (Numeric::Float(number), Some(digits)) => {
            Numeric::Float(round_float(number, digits)).value(call)
        }
    }
}

/// A whole number rounded to tens, hundreds and so on, halves to the even one.
fn round_int(number: i128, digits: i128) -> i128 {
    let places = u32::try_from(-digits.min(0)).unwrap_or(u32::MAX);
    let Some(unit) = 10_i128.checked_pow(places) else {
        return 0;
    };
    let (down, rest) = (number.div_euclid(unit), number.rem_euclid(unit));
    let is_up = match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => down % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    (down + i128::from(is_up)) * unit
}

/// The float nearest to what its exact decimal digits round to.
fn round_float(number: f64, digits: i128) -> f64 {
    const MOST: i128 = 323;
    const LEAST: i128 = -308;
    if digits > MOST {
        return number;
    }
    if digits < LEAST {
        return 0.0_f64.copysign(number);
    }
    let Ok(places) = usize::try_from(digits) else {
        return round_left(number, digits);
    };
    format!("{number:.places$}").parse().unwrap_or(number)
}

/// Rounds to the left of the point, by the exact digits.
fn round_left(number: f64, digits: i128) -> f64 {
    let text = format!("{:.0}", number.trunc().abs());
    let places = usize::try_from(-digits).unwrap_or(usize::MAX);
    let padded = format!("{text:0>width$}", width = places + 1);
    let (kept, cut) = padded.split_at(padded.len() - places);
    let half = format!("5{}", "0".repeat(places - 1));
    let is_odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
    let is_up = match cut.cmp(half.as_str()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => number.fract() != 0.0 || is_odd,
        std::cmp::Ordering::Greater => true,
    };
    let down = format!("{kept}{}", "0".repeat(places));
    let unit = format!("1{}", "0".repeat(places));
    let [down, unit] = [down, unit].map(|text| text.parse::<f64>().unwrap_or_default());
    let rounded = if is_up { down + unit } else { down };
    rounded.copysign(number)
}
