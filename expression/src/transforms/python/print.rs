//! `str` and `repr`.

use std::fmt::Write;

use serde_json::Value;

use super::kind::{Kind, Tag, kind};
use super::number::print_float;
use super::{Call, Made};

/// `str(a)`
pub(super) fn print(call: &Call<'_>, value: &Value) -> Made<String> {
    match kind(value) {
        Kind::Text(text) => Ok(text.to_owned()),
        _ => represent(call, value),
    }
}

/// `repr(a)`
pub(super) fn represent(call: &Call<'_>, value: &Value) -> Made<String> {
    let mut text = String::new();
    write(call, value, &mut text)?;
    call.pay(text.len())?;
    Ok(text)
}

fn write(call: &Call<'_>, value: &Value, text: &mut String) -> Made<()> {
    match kind(value) {
        Kind::None => text.push_str("None"),
        Kind::Bool(truth) => text.push_str(if truth { "True" } else { "False" }),
        Kind::Int(number) => text.push_str(&number.to_string()),
        Kind::Float(number) => text.push_str(&print_float(number)),
        Kind::Text(content) => quote(content, text),
        Kind::Dict(members) => {
            text.push('{');
            for (at, (key, member)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                quote(key, text);
                text.push_str(": ");
                write(call, member, text)?;
            }
            text.push('}');
        }
        Kind::Many(Tag::Iterator, _) => {
            return Err(call.fail("an iterator has no text: make a list of it first"));
        }
        Kind::Many(Tag::Set, []) => text.push_str("set()"),
        Kind::Many(tag, elements) => {
            let (open, close) = match tag {
                Tag::List | Tag::Iterator => ("[", "]"),
                Tag::Tuple if elements.len() == 1 => ("(", ",)"),
                Tag::Tuple => ("(", ")"),
                Tag::Set => ("{", "}"),
                Tag::Keys => ("dict_keys([", "])"),
                Tag::Items => ("dict_items([", "])"),
                Tag::Values => ("dict_values([", "])"),
            };
            text.push_str(open);
            for (at, element) in elements.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write(call, element, text)?;
            }
            text.push_str(close);
        }
    }
    Ok(())
}

/// A text in quotes, with escapes for what does not print.
fn quote(content: &str, text: &mut String) {
    let quote = if content.contains('\'') && !content.contains('"') {
        '"'
    } else {
        '\''
    };
    text.push(quote);
    for character in content.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if character == quote => {
                text.push('\\');
                text.push(character);
            }
            _ if prints(character) => text.push(character),
            _ => {
                let code = match u32::from(character) {
                    code @ 0..=0xff => format!("\\x{code:02x}"),
                    code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                    code => format!("\\U{code:08x}"),
                };
                text.push_str(&code);
            }
        }
    }
    text.push(quote);
}

/// Whether Python shows a character as it is.
fn prints(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
    );
    character == ' ' || !(character.is_control() || character.is_whitespace() || is_format)
}

/// JSON as Jinja writes it: with blanks, keys in order, and nothing in it that HTML could take for its own.
pub(super) fn dumped(value: &Value, text: &mut String) {
    match value {
        Value::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                dumped(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                escaped(name, text);
                text.push_str(": ");
                dumped(member, text);
            }
            text.push('}');
        }
        Value::String(written) => escaped(written, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

/// A text in quotes, of ASCII alone.
fn escaped(written: &str, text: &mut String) {
    for letter in Value::from(written).to_string().chars() {
        if letter.is_ascii() && !"<>&'".contains(letter) {
            text.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // A text takes whatever is written to it.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
}
