//! What methods of texts do.

use serde_json::Value;

use super::kind::{Kind, Tag, kind, many, noun};
use super::{Call, Made};

/// Whether a character is white space to Python.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// A text without white space at both ends.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The arguments of a method, as they were given.
pub(super) struct Arguments<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) name: &'a str,
}

impl Arguments<'_> {
    fn get(&self, at: usize) -> Option<&Value> {
        self.call.arguments.get(at + 1).map(|argument| &**argument)
    }

    fn text(&self, at: usize) -> Made<&str> {
        match self.get(at).map(kind) {
            Some(Kind::Text(text)) => Ok(text),
            _ => Err(self.misfit("a str", at)),
        }
    }

    /// A text, or none where it is not given or None.
    fn optional_text(&self, at: usize) -> Made<Option<&str>> {
        match self.get(at).map(kind) {
            None | Some(Kind::None) => Ok(None),
            Some(_) => self.text(at).map(Some),
        }
    }

    fn whole(&self, at: usize) -> Made<Option<i128>> {
        match self.get(at).map(kind) {
            None => Ok(None),
            Some(Kind::Int(number)) => Ok(Some(number)),
            Some(Kind::Bool(truth)) => Ok(Some(i128::from(truth))),
            Some(_) => Err(self.misfit("an int", at)),
        }
    }

    /// A count of which a negative one means all.
    fn count(&self, at: usize) -> Made<Option<usize>> {
        Ok(self
            .whole(at)?
            .and_then(|count| usize::try_from(count).ok()))
    }

    fn misfit(&self, needs: &str, at: usize) -> crate::error::EvaluationError {
        let found = self.get(at).map_or("nothing", noun);
        self.call
            .fail(format!("`{}` needs {needs}, not {found}", self.name))
    }
}

/// What a method of a text makes; none if texts have no such method.
pub(super) fn method(arguments: &Arguments<'_>, text: &str) -> Made<Option<Value>> {
    let call = arguments.call;
    let by_character = |fits: fn(char) -> bool| !text.is_empty() && text.chars().all(fits);
    Ok(Some(match arguments.name {
        "lower" => text.to_lowercase().into(),
        "casefold" => text.to_lowercase().replace('ß', "ss").into(),
        "upper" => text.to_uppercase().into(),
        "swapcase" => text.chars().map(swapped).collect::<String>().into(),
        "capitalize" => capitalized(text).into(),
        "title" => titled(text).into(),
        "strip" | "lstrip" | "rstrip" => stripped(arguments, text)?.into(),
        "startswith" | "endswith" => affix(arguments, text)?.into(),
        "removeprefix" => text.strip_prefix(arguments.text(0)?).unwrap_or(text).into(),
        "removesuffix" => text.strip_suffix(arguments.text(0)?).unwrap_or(text).into(),
        "split" => split(arguments, text)?,
        "rsplit" => rsplit(arguments, text)?,
        "splitlines" => lines(text),
        "partition" => partition(arguments, text)?,
        "replace" => {
            let (old, new) = (arguments.text(0)?, arguments.text(1)?);
            let places = text.matches(old).count();
            call.pay(text.len() + places.saturating_mul(new.len()))?;
            match arguments.count(2)? {
                Some(count) => text.replacen(old, new, count).into(),
                None => text.replace(old, new).into(),
            }
        }
        "join" => join(arguments, text)?.into(),
        "find" | "rfind" | "index" => found(arguments, text)?.into(),
        "count" => {
            let wanted = arguments.text(0)?;
            let Some((_, part)) = window(arguments, text)? else {
                return Ok(Some(0.into()));
            };
            if wanted.is_empty() {
                (part.chars().count() + 1).into()
            } else {
                part.matches(wanted).count().into()
            }
        }
        "zfill" => zero_filled(arguments, text)?.into(),
        "isdigit" => by_character(is_digit).into(),
        "isnumeric" => by_character(char::is_numeric).into(),
        "isalpha" => by_character(char::is_alphabetic).into(),
        "isalnum" => by_character(char::is_alphanumeric).into(),
        "isspace" => by_character(is_space).into(),
        "isupper" => is_cased(text, char::is_uppercase, char::is_lowercase).into(),
        "islower" => is_cased(text, char::is_lowercase, char::is_uppercase).into(),
        _ => return Ok(None),
    }))
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
        || (!character.is_ascii() && character.is_numeric() && !character.is_alphabetic())
}

fn is_cased(text: &str, is: fn(char) -> bool, is_not: fn(char) -> bool) -> bool {
    text.chars().any(is) && !text.chars().any(is_not)
}

fn swapped(character: char) -> String {
    if character.is_uppercase() {
        character.to_lowercase().collect()
    } else {
        character.to_uppercase().collect()
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(upper_first).unwrap_or_default();
    first + &characters.as_str().to_lowercase()
}

/// A capital at the beginning of a word; of `ß` only the first letter is one.
fn upper_first(character: char) -> String {
    let mut upper = character.to_uppercase();
    let first = upper.next().map(String::from).unwrap_or_default();
    first + &upper.flat_map(char::to_lowercase).collect::<String>()
}

fn titled(text: &str) -> String {
    let mut is_inside = false;
    let mut titled = String::new();
    for character in text.chars() {
        let is_cased = character.is_uppercase() || character.is_lowercase();
        if is_inside {
            titled.extend(character.to_lowercase());
        } else {
            titled.push_str(&upper_first(character));
        }
        is_inside = is_cased;
    }
    titled
}

fn stripped<'t>(arguments: &Arguments<'_>, text: &'t str) -> Made<&'t str> {
    let characters = arguments.optional_text(0)?;
    let is_cut = |character: char| {
        characters.map_or_else(|| is_space(character), |all| all.contains(character))
    };
    Ok(match arguments.name {
        "strip" => text.trim_matches(is_cut),
        "lstrip" => text.trim_start_matches(is_cut),
        _ => text.trim_end_matches(is_cut),
    })
}

/// The part of a text that the second and third argument tell, and where it begins; none if it begins after the end.
fn window<'t>(arguments: &Arguments<'_>, text: &'t str) -> Made<Option<(usize, &'t str)>> {
    let bound = |at: usize| match arguments.get(at).map(kind) {
        Some(Kind::None) => Ok(None),
        _ => arguments.whole(at),
    };
    let (start, end) = (bound(1)?, bound(2)?);
    if start.is_none() && end.is_none() {
        return Ok(Some((0, text)));
    }
    let length = text.chars().count();
    let whole = i128::try_from(length).unwrap_or(i128::MAX);
    let clamp = |at: i128| {
        let at = if at < 0 { (at + whole).max(0) } else { at };
        usize::try_from(at).unwrap_or(usize::MAX)
    };
    let start = start.map_or(0, clamp);
    let end = end.map_or(length, clamp).min(length);
    if start > end {
        return Ok(None);
    }
    let byte = |at: usize| {
        text.char_indices()
            .nth(at)
            .map_or(text.len(), |(byte, _)| byte)
    };
    Ok(Some((
        start,
        text.get(byte(start)..byte(end)).unwrap_or_default(),
    )))
}

fn affix(arguments: &Arguments<'_>, text: &str) -> Made<bool> {
    let is_start = arguments.name == "startswith";
    let fits = |part: &str, affix: &str| {
        if is_start {
            part.starts_with(affix)
        } else {
            part.ends_with(affix)
        }
    };
    let wanted = match arguments.get(0).map(kind) {
        Some(Kind::Text(affix)) => vec![affix],
        Some(Kind::Many(Tag::Tuple, affixes)) => {
            // Those behind the first that fits are not looked at.
            let mut wanted = Vec::new();
            let part = window(arguments, text)?;
            for affix in affixes {
                let Kind::Text(affix) = kind(affix) else {
                    return Err(arguments.misfit("a str, or several in a tuple", 0));
                };
                wanted.push(affix);
                if part.is_some_and(|(_, part)| fits(part, affix)) {
                    break;
                }
            }
            wanted
        }
        _ => return Err(arguments.misfit("a str, or several in a tuple", 0)),
    };
    let part = window(arguments, text)?;
    Ok(part.is_some_and(|(_, part)| wanted.iter().any(|affix| fits(part, affix))))
}

fn texts<'t>(parts: impl IntoIterator<Item = &'t str>) -> Value {
    parts.into_iter().map(Value::from).collect()
}

fn separator<'a>(arguments: &'a Arguments<'_>) -> Made<Option<&'a str>> {
    let separator = arguments.optional_text(0)?;
    if separator == Some("") {
        return Err(arguments.call.fail("the separator is empty"));
    }
    Ok(separator)
}

fn split(arguments: &Arguments<'_>, text: &str) -> Made {
    let separator = separator(arguments)?;
    let most = arguments.count(1)?;
    let Some(separator) = separator else {
        let mut parts = Vec::new();
        let mut rest = text.trim_start_matches(is_space);
        while !rest.is_empty() {
            if most == Some(parts.len()) {
                parts.push(rest);
                break;
            }
            let end = rest.find(is_space).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            parts.push(part);
            rest = after.trim_start_matches(is_space);
        }
        return Ok(texts(parts));
    };
    Ok(match most {
        Some(most) => texts(text.splitn(most.saturating_add(1), separator)),
        None => texts(text.split(separator)),
    })
}

fn rsplit(arguments: &Arguments<'_>, text: &str) -> Made {
    let separator = separator(arguments)?;
    let most = arguments.count(1)?;
    let mut parts = Vec::new();
    match separator {
        None => {
            let mut rest = text.trim_end_matches(is_space);
            while !rest.is_empty() {
                if most == Some(parts.len()) {
                    parts.push(rest);
                    break;
                }
                let start = rest
                    .char_indices()
                    .rev()
                    .find(|(_, character)| is_space(*character))
                    .map_or(0, |(at, character)| at + character.len_utf8());
                let (before, part) = rest.split_at(start);
                parts.push(part);
                rest = before.trim_end_matches(is_space);
            }
        }
        Some(separator) => match most {
            Some(most) => parts.extend(text.rsplitn(most.saturating_add(1), separator)),
            None => parts.extend(text.rsplit(separator)),
        },
    }
    parts.reverse();
    Ok(texts(parts))
}

fn lines(text: &str) -> Value {
    const ENDS: [char; 10] = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}',
        '\u{2029}',
    ];
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(ENDS) {
        let (part, after) = rest.split_at(at);
        parts.push(part);
        let length = if after.starts_with("\r\n") {
            2
        } else {
            after.chars().next().map_or(1, char::len_utf8)
        };
        rest = after.get(length..).unwrap_or_default();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    texts(parts)
}

fn partition(arguments: &Arguments<'_>, text: &str) -> Made {
    let separator = arguments.text(0)?;
    if separator.is_empty() {
        return Err(arguments.call.fail("the separator is empty"));
    }
    let parts = match text.split_once(separator) {
        Some((before, after)) => [before, separator, after],
        None => [text, "", ""],
    };
    Ok(many(Tag::Tuple, parts.map(Value::from).to_vec()))
}

fn join(arguments: &Arguments<'_>, separator: &str) -> Made<String> {
    let list = arguments.get(0).unwrap_or(&Value::Null);
    let mut joined = String::new();
    for (at, element) in super::kind::elements(arguments.call, list)?
        .iter()
        .enumerate()
    {
        let Kind::Text(text) = kind(element) else {
            return Err(arguments
                .call
                .fail(format!("`join` needs texts, not {}", noun(element))));
        };
        joined.push_str(if at == 0 { "" } else { separator });
        joined.push_str(text);
        arguments.call.pay(text.len() + separator.len())?;
    }
    Ok(joined)
}

fn found(arguments: &Arguments<'_>, text: &str) -> Made<i64> {
    let wanted = arguments.text(0)?;
    let part = window(arguments, text)?;
    let place = part.and_then(|(start, part)| {
        let at = if arguments.name == "rfind" {
            part.rfind(wanted)
        } else {
            part.find(wanted)
        }?;
        Some(start + part.get(..at)?.chars().count())
    });
    match place.and_then(|place| i64::try_from(place).ok()) {
        Some(place) => Ok(place),
        None if arguments.name == "index" => Err(arguments.call.fail("the text is not found")),
        None => Ok(-1),
    }
}

fn zero_filled(arguments: &Arguments<'_>, text: &str) -> Made<String> {
    let width = arguments.whole(0)?.unwrap_or(0);
    let missing = usize::try_from(width)
        .unwrap_or(0)
        .saturating_sub(text.chars().count());
    arguments.call.pay(missing)?;
    let (sign, digits) = match text.chars().next() {
        Some('+' | '-') => text.split_at(1),
        _ => ("", text),
    };
    Ok(format!("{sign}{}{digits}", "0".repeat(missing)))
}
