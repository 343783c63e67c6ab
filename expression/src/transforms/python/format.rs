//! What stands behind the `:` of an f-string: `>10`, `05d`, `,.2f`, `.1%`.

use serde_json::Value;

use super::kind::{Kind, kind, noun};
use super::number::{Numeric, numeric};
use super::print::print;
use super::{Call, Made};
use crate::evaluate::{Data, made};
use crate::transforms::Applied;

struct Format {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Whether a format is one of those that are known.
pub(crate) fn is_format(text: &str) -> bool {
    read(text).is_some()
}

fn read(text: &str) -> Option<Format> {
    let mut rest = text;
    let mut format = Format {
        fill: ' ',
        align: None,
        sign: None,
        width: 0,
        group: None,
        precision: None,
        kind: None,
    };
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let is_align = |character: &char| matches!(character, '<' | '>' | '^' | '=');
    if let Some(align) = second.filter(is_align) {
        format.fill = first?;
        format.align = Some(align);
        rest = characters.as_str();
    } else if let Some(align) = first.filter(is_align) {
        format.align = Some(align);
        rest = rest.get(1..)?;
    }
    if let Some(sign) = rest
        .chars()
        .next()
        .filter(|sign| matches!(sign, '+' | '-' | ' '))
    {
        format.sign = Some(sign);
        rest = rest.get(1..)?;
    }
    if rest.starts_with('0') {
        rest = rest.get(1..)?;
        if format.align.is_none() {
            format.fill = '0';
            format.align = Some('=');
        }
    }
    let (width, after) = digits(rest)?;
    format.width = width.unwrap_or(0);
    rest = after;
    if let Some(group) = rest
        .chars()
        .next()
        .filter(|group| matches!(group, ',' | '_'))
    {
        format.group = Some(group);
        rest = rest.get(1..)?;
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = digits(after)?;
        format.precision = Some(precision?);
        rest = after;
    }
    format.kind = match rest {
        "" => None,
        "s" | "d" | "f" | "F" | "%" => rest.chars().next(),
        _ => return None,
    };
    Some(format)
}

fn digits(text: &str) -> Option<(Option<usize>, &str)> {
    const MOST: usize = 1_000;
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Some((None, rest));
    }
    let number = digits.parse().ok().filter(|number| *number <= MOST)?;
    Some((Some(number), rest))
}

/// `f'{a:format}'`
pub(super) fn py_format<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let format = read(call.word(0)?).ok_or_else(|| call.refuse("does not know this format"))?;
    Ok(made(formatted(call, &format, &value)?))
}

fn formatted(call: &Call<'_>, format: &Format, value: &Value) -> Made<String> {
    let misfit = || call.fail(format!("this format does not work with {}", noun(value)));
    if let Kind::Text(text) = kind(value) {
        let is_number = format.sign.is_some()
            || format.group.is_some()
            || format.align == Some('=') && format.fill != '0';
        if is_number || !matches!(format.kind, None | Some('s')) {
            return Err(misfit());
        }
        let text = match format.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_owned(),
        };
        return Ok(padded(format, "", &text, '<'));
    }
    let number = numeric(&kind(value)).ok_or_else(misfit)?;
    let (sign, body) = match (number, format.kind) {
        (Numeric::Int(number), None | Some('d')) if format.precision.is_none() => {
            (number < 0, number.unsigned_abs().to_string())
        }
        (number, Some('f' | 'F')) => {
            let float = number.float();
            (
                float.is_sign_negative(),
                format!("{:.*}", format.precision.unwrap_or(6), float.abs()),
            )
        }
        (number, Some('%')) => {
            let float = number.float() * 100.0;
            (
                float.is_sign_negative(),
                format!("{:.*}%", format.precision.unwrap_or(6), float.abs()),
            )
        }
        (Numeric::Float(float), None) if format.precision.is_none() => {
            let text = print(call, value)?;
            (
                float.is_sign_negative(),
                text.trim_start_matches('-').to_owned(),
            )
        }
        _ => return Err(misfit()),
    };
    let sign = match (sign, format.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    let body = match format.group {
        Some(group) => grouped(&body, group),
        None => body,
    };
    Ok(padded(format, sign, &body, '>'))
}

/// Digits before the point in groups of three.
fn grouped(body: &str, group: char) -> String {
    let end = body
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(body.len());
    let (whole, rest) = body.split_at(end);
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(group);
        }
        grouped.push(digit);
    }
    grouped + rest
}

fn padded(format: &Format, sign: &str, body: &str, default: char) -> String {
    let length = sign.chars().count() + body.chars().count();
    let missing = format.width.saturating_sub(length);
    let fill = |count: usize| format.fill.to_string().repeat(count);
    match format.align.unwrap_or(default) {
        '<' => format!("{sign}{body}{}", fill(missing)),
        '^' => format!(
            "{}{sign}{body}{}",
            fill(missing / 2),
            fill(missing - missing / 2)
        ),
        '=' => format!("{sign}{}{body}", fill(missing)),
        _ => format!("{}{sign}{body}", fill(missing)),
    }
}
