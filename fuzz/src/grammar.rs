//! Texts of expressions from bytes, by the grammar of the language; most of them can be read.

use arbitrary::{Result, Unstructured};

/// Names that stand in texts and in data alike, so that paths find something.
pub const NAMES: [&str; 10] = [
    "a", "b", "list", "name", "total", "steps", "find", "output", "data", "loop",
];

const LITERALS: [&str; 18] = [
    "0",
    "1",
    "-1",
    "2.5",
    "1e300",
    "9007199254740993",
    "18446744073709551615",
    "''",
    "'name'",
    "'total > 1'",
    "\"it's\"",
    "'🦀'",
    "'2026-11-21'",
    "true",
    "false",
    "null",
    "[]",
    "{}",
];

const OPERATORS: [&str; 20] = [
    "||", "&&", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "includes", "+", "-", "*", "/",
    "//", "%", "^", "?:", "=",
];

/// Every transform, with the number of arguments that it is usually given.
const TRANSFORMS: [(&str, usize); 33] = [
    ("upper", 0),
    ("lower", 0),
    ("trim", 0),
    ("length", 0),
    ("string", 0),
    ("number", 0),
    ("boolean", 0),
    ("parseJSON", 0),
    ("first", 0),
    ("last", 0),
    ("join", 1),
    ("map", 1),
    ("filter", 1),
    ("find", 2),
    ("filterBy", 2),
    ("flatten", 0),
    ("unique", 0),
    ("concat", 1),
    ("hasOverlap", 1),
    ("sort", 2),
    ("reverse", 0),
    ("slice", 2),
    ("chunk", 1),
    ("formatList", 2),
    ("parseDate", 0),
    ("isoDate", 0),
    ("epochSeconds", 0),
    ("daysAgo", 0),
    ("hoursAgo", 0),
    ("minutesAgo", 0),
    ("isBefore", 1),
    ("isAfter", 1),
    ("none", 0),
];

/// The text of an expression.
pub fn expression(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    write(bytes, 0, &mut text)?;
    Ok(text)
}

/// The text of a template: pieces of text, tags and sections.
pub fn template(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    parts(bytes, 0, &mut text)?;
    Ok(text)
}

fn parts(bytes: &mut Unstructured<'_>, depth: usize, text: &mut String) -> Result<()> {
    for _ in 0..bytes.int_in_range(0..=4)? {
        match bytes.int_in_range(0..=if depth < 4 { 4 } else { 2 })? {
            0 => text.push_str(bytes.choose(&[" ", "Hello ", "\n", "  ", "🦀", "{", "}"])?),
            1 => tag(bytes, ["{{", "}}"], text)?,
            2 => tag(bytes, ["{{{", "}}}"], text)?,
            _ => {
                let sigil = *bytes.choose(&["#", "^"])?;
                let mut name = String::new();
                write(bytes, 3, &mut name)?;
                text.extend(["{{", sigil, &name, "}}"]);
                parts(bytes, depth + 1, text)?;
                text.extend(["{{/", &name, "}}"]);
            }
        }
    }
    Ok(())
}

fn tag(bytes: &mut Unstructured<'_>, [open, close]: [&str; 2], text: &mut String) -> Result<()> {
    text.push_str(open);
    write(bytes, 1, text)?;
    text.push_str(close);
    Ok(())
}

fn write(bytes: &mut Unstructured<'_>, depth: usize, text: &mut String) -> Result<()> {
    // Without bytes every choice is the first one, so that a text always ends.
    let most = if depth < 6 { 15 } else { 2 };
    match bytes.int_in_range(0..=most)? {
        0 => text.push_str(bytes.choose(&NAMES)?),
        1 => text.push_str(bytes.choose(&LITERALS)?),
        2 => path(bytes, text)?,
        3 => around(bytes, depth, ["(", ")"], text)?,
        4 | 5 => {
            write(bytes, depth + 1, text)?;
            text.push(' ');
            text.push_str(bytes.choose(&OPERATORS)?);
            text.push(' ');
            write(bytes, depth + 1, text)?;
        }
        6 => around(bytes, depth, ["!", ""], text)?,
        7 => around(bytes, depth, ["-", ""], text)?,
        8 => {
            write(bytes, depth + 1, text)?;
            around(bytes, depth, [" ? ", " : "], text)?;
            write(bytes, depth + 1, text)?;
        }
        9 => {
            around(bytes, depth, ["(", ")."], text)?;
            text.push_str(bytes.choose(&NAMES)?);
        }
        10 => {
            write(bytes, depth + 1, text)?;
            around(bytes, depth, ["[", "]"], text)?;
        }
        11 => {
            write(bytes, depth + 1, text)?;
            around(bytes, depth, ["[.", "]"], text)?;
        }
        12 | 13 => {
            write(bytes, depth + 1, text)?;
            transform(bytes, depth, text)?;
        }
        14 => {
            around(bytes, depth, ["[", ", {b: "], text)?;
            around(bytes, depth, ["", "}]"], text)?;
        }
        _ => around(bytes, depth, ["{{", "}}"], text)?,
    }
    Ok(())
}

fn around(
    bytes: &mut Unstructured<'_>,
    depth: usize,
    [open, close]: [&str; 2],
    text: &mut String,
) -> Result<()> {
    text.push_str(open);
    write(bytes, depth + 1, text)?;
    text.push_str(close);
    Ok(())
}

fn path(bytes: &mut Unstructured<'_>, text: &mut String) -> Result<()> {
    text.push_str(bytes.choose(&NAMES)?);
    for _ in 0..bytes.int_in_range(1..=4)? {
        text.push_str(bytes.choose(&[".", ".", ".", "[0].", ".0.", "[-1]."])?);
        text.push_str(bytes.choose(&NAMES)?);
    }
    Ok(())
}

fn transform(bytes: &mut Unstructured<'_>, depth: usize, text: &mut String) -> Result<()> {
    let (name, usual) = *bytes.choose(&TRANSFORMS)?;
    text.push('|');
    text.push_str(name);
    // Sometimes one argument too few or too many.
    let count = match bytes.int_in_range(0..=15)? {
        14 => usual.saturating_sub(1),
        15 => usual + 1,
        _ => usual,
    };
    for at in 0..count {
        text.push_str(if at == 0 { "(" } else { ", " });
        write(bytes, depth + 2, text)?;
    }
    if count > 0 {
        text.push(')');
    }
    Ok(())
}
