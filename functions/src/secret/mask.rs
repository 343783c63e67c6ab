//! Keeps secrets out of what is written down: each is replaced by `***`, however it is encoded.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use pawl_contract::StepError;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};
use serde_json::{Map, Value};

use crate::id::hexadecimal;

/// What stands in a secret's place.
const STARS: &str = "***";

/// A shorter secret is found in too much that has nothing to do with it.
pub(crate) const SHORTEST: usize = 4;

/// What `encodeURIComponent` and RFC 3986 leave alone, at most.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const BROWSER: &AsciiSet = &COMPONENT
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What must not stand in a path, where everything else may.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'%');

/// The secrets that one step has seen.
#[derive(Default)]
pub(crate) struct Mask {
    // A token is learned while the step acts.
    patterns: Mutex<Vec<Vec<u8>>>,
}

impl std::fmt::Debug for Mask {
    // Secrets must not reach a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mask").finish_non_exhaustive()
    }
}

impl Mask {
    /// Hides one more secret from now on.
    pub(crate) fn add(&self, secret: &str) {
        if secret.len() >= SHORTEST {
            let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
            patterns.extend(encodings(secret));
        }
    }

    /// Whether there is nothing to hide.
    pub(crate) fn is_empty(&self) -> bool {
        let patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        patterns.is_empty()
    }

    /// A value without secrets, in its keys as in its texts and numbers.
    pub(crate) fn value(&self, value: Value) -> Value {
        match self.searcher() {
            Some(searcher) => masked(value, &searcher),
            None => value,
        }
    }

    /// A text without secrets.
    pub(crate) fn text(&self, one: String) -> String {
        match self.searcher() {
            Some(searcher) => text(&one, &searcher),
            None => one,
        }
    }

    /// A failure without secrets.
    pub(crate) fn error(&self, error: StepError) -> StepError {
        match self.searcher() {
            Some(searcher) => StepError {
                code: error.code,
                message: text(&error.message, &searcher),
            },
            None => error,
        }
    }

    /// Bytes without secrets.
    pub(crate) fn bytes<'bytes>(&self, bytes: &'bytes [u8]) -> Cow<'bytes, [u8]> {
        match self.searcher() {
            Some(searcher) if searcher.is_match(bytes) => Cow::Owned(replaced(bytes, &searcher)),
            Some(_) | None => Cow::Borrowed(bytes),
        }
    }

    fn searcher(&self) -> Option<AhoCorasick> {
        let patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if patterns.is_empty() {
            return None;
        }
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            // Some write what they were given in capitals, or without them.
            .ascii_case_insensitive(true)
            .build(patterns.iter());
        Some(searcher.expect("no secret has as many encodings as a searcher has room for"))
    }
}

fn masked(value: Value, searcher: &AhoCorasick) -> Value {
    match value {
        Value::String(one) => text(&one, searcher).into(),
        Value::Number(number) => {
            let written = number.to_string();
            if searcher.is_match(&written) {
                text(&written, searcher).into()
            } else {
                Value::Number(number)
            }
        }
        Value::Array(elements) => elements
            .into_iter()
            .map(|element| masked(element, searcher))
            .collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (text(&key, searcher), masked(value, searcher)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Null | Value::Bool(_) => value,
    }
}

fn text(text: &str, searcher: &AhoCorasick) -> String {
    String::from_utf8_lossy(&replaced(text.as_bytes(), searcher)).into_owned()
}

fn replaced(bytes: &[u8], searcher: &AhoCorasick) -> Vec<u8> {
    let stars = vec![STARS; searcher.patterns_len()];
    searcher.replace_all_bytes(bytes, &stars)
}

/// A secret as it is, and as it looks in what others make of it.
fn encodings(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let json = Value::from(secret).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let ascii: String = json.chars().map(ascii).collect();
    let mut texts = vec![
        secret.to_owned(),
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html.replace('"', "&#34;").replace('\'', "&#x27;"),
        html,
        hexadecimal(bytes),
    ];
    for one in [json.clone(), ascii] {
        // A text in JSON in JSON.
        texts.push(one.replace('\\', "\\\\").replace('"', "\\\""));
        texts.push(one.replace('/', "\\/"));
        texts.push(one);
    }
    let percent = [
        percent_encode(bytes, COMPONENT).to_string(),
        percent_encode(bytes, BROWSER).to_string(),
        percent_encode(bytes, PATH).to_string(),
        percent_encode(bytes, NON_ALPHANUMERIC).to_string(),
        form_urlencoded::byte_serialize(bytes).collect(),
        bytes
            .iter()
            .fold(String::new(), |text, byte| text + &format!("%{byte:02X}")),
    ];
    for encoded in percent {
        // Twice, as in a query within a query.
        texts.push(encoded.replace('%', "%25"));
        texts.push(encoded);
    }
    texts.extend(base64(bytes));
    // As it stands in JSON that is encoded.
    texts.extend(base64(json.as_bytes()));
    texts.retain(|text| text.len() >= SHORTEST);
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().map(String::into_bytes).collect()
}

/// A character as JSON that holds nothing but ASCII.
fn ascii(character: char) -> String {
    if character.is_ascii() {
        return character.to_string();
    }
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units);
    units
        .iter()
        .fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
}

/// What is the same in every base64 text that holds these bytes, wherever they stand in it: in a pair of name and
/// password, say.
fn base64(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for before in 0..3 {
        let shifted = [vec![0; before], bytes.to_vec()].concat();
        // Characters that other bytes have a part in.
        let first = (before * 8).div_ceil(6);
        let last = shifted.len() * 8 / 6;
        for encoded in [
            STANDARD_NO_PAD.encode(&shifted),
            URL_SAFE_NO_PAD.encode(&shifted),
        ] {
            found.extend(encoded.get(first..last).map(str::to_owned));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use serde_json::json;

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let secret = "hunter/2+\"é&x?";
        let mask = Mask::default();
        mask.add(secret);
        let rows = [
            format!("before {secret} after"),
            STANDARD.encode(secret),
            URL_SAFE.encode(secret),
            STANDARD.encode(format!("ada:{secret}")),
            STANDARD.encode(format!("al:{secret}")),
            STANDARD.encode(format!("a:{secret}\n")),
            URL_SAFE.encode(format!("{{\"password\":\"{secret}\"}}")),
            json!(secret).to_string(),
            "hunter\\/2+\\\"\\u00e9&x?".to_owned(),
            "hunter%2F2%2B%22%C3%A9%26x%3F".to_owned(),
            "hunter%2f2%2b%22%c3%a9%26x%3f".to_owned(),
            "68756e7465722f322b22c3a926783f".to_owned(),
            "68756E7465722F322B22C3A926783F".to_owned(),
            "hunter/2+&quot;é&amp;x?".to_owned(),
            json!(json!({ "a": secret }).to_string()).to_string(),
        ];
        for row in rows {
            let masked = mask.value(json!({ row.clone(): [row] })).to_string();
            let decoded = ["hunter", "aHVudGVy", "h1bnRlc", "odW50ZX", "68756"];
            for part in decoded {
                assert!(!masked.contains(part), "{row} -> {masked}");
            }
            assert!(masked.contains("***"), "{row} -> {masked}");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let mask = Mask::default();
        mask.add("123456");
        mask.add("abc");
        let rows = [
            (json!({ "pin": 123_456 }), json!({ "pin": "***" })),
            (json!(12345), json!(12345)),
            (json!("alphabet abc"), json!("alphabet abc")),
            (json!([null, true, 1.5, "x"]), json!([null, true, 1.5, "x"])),
        ];
        for (value, expected) in rows {
            assert_eq!(mask.value(value), expected);
        }
        assert_eq!(mask.bytes(b"\xff123456\xfe").as_ref(), b"\xff***\xfe");
    }
}
