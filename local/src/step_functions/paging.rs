//! Pages of lists. A page begins behind the last item of the page before it, whatever the list has become since.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paging {
    #[serde(default)]
    max_results: usize,
    #[serde(default)]
    next_token: Option<String>,
}

/// How long a page is if nobody says.
const USUAL_PAGE: usize = 100;

/// How long a token is good for.
const TOKEN_HOURS: i64 = 24;

/// What orders a list: the place of an item in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Position {
    /// By number.
    Number(u64),
    /// By name.
    Name(String),
}

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The smallest position first.
    Up,
    /// The greatest position first.
    Down,
}

impl Paging {
    /// How many items a page has.
    pub(super) fn length(&self) -> usize {
        match self.max_results {
            0 => USUAL_PAGE,
            length => length,
        }
    }

    /// The last item of the page before, if there was one.
    pub(super) fn after(&self, which: &str, now: Timestamp) -> Result<Option<Position>, Refusal> {
        self.next_token
            .as_ref()
            .map(|token| open_token(token, which, now).ok_or_else(Refusal::invalid_token))
            .transpose()
    }

    /// Cuts the page out of a list, under the list's name in the answer.
    ///
    /// `which` says which list of all it is, so that a token of another one is found out.
    pub(super) fn answer<Item>(
        &self,
        (name, which): (&str, &str),
        (items, order): (impl IntoIterator<Item = Item>, Order),
        position: impl Fn(&Item) -> Position,
        now: Timestamp,
        render: impl Fn(&Item) -> Value,
    ) -> Result<Value, Refusal> {
        let after = self.after(which, now)?;
        let comes_after = |item: &Item| match &after {
            None => true,
            Some(last) if order == Order::Up => position(item) > *last,
            Some(last) => position(item) < *last,
        };
        let length = self.length();
        let mut page = Vec::new();
        let mut last = None;
        let mut has_more = false;
        for item in items.into_iter().filter(comes_after) {
            if page.len() == length {
                has_more = true;
                break;
            }
            page.push(render(&item));
            last = Some(position(&item));
        }
        let mut answer = json!({ name: page });
        if let (Some(answer), Some(last), true) = (answer.as_object_mut(), last, has_more) {
            let token = seal_token(&last, which, now);
            answer.insert("nextToken".to_owned(), token.into());
        }
        Ok(answer)
    }
}

/// Writes a position down so that only we can have done it.
fn seal_token(position: &Position, which: &str, now: Timestamp) -> String {
    let position = match position {
        Position::Number(number) => format!("#{number}"),
        Position::Name(name) => format!("={name}"),
    };
    let content = format!("{}{position}", now.as_second());
    format!("{}{}", seal(&content, which), hex(content.as_bytes()))
}

fn open_token(token: &str, which: &str, now: Timestamp) -> Option<Position> {
    let (sealed, content) = token.split_at_checked(SEAL)?;
    let content = String::from_utf8(unhex(content)?).ok()?;
    if seal(&content, which) != sealed {
        return None;
    }
    let at = content.find(['#', '='])?;
    let (made, position) = content.split_at_checked(at)?;
    let made = Timestamp::from_second(made.parse().ok()?).ok()?;
    if now.duration_since(made) > SignedDuration::from_hours(TOKEN_HOURS) {
        return None;
    }
    match position.strip_prefix('#') {
        Some(number) => Some(Position::Number(number.parse().ok()?)),
        None => Some(Position::Name(position.strip_prefix('=')?.to_owned())),
    }
}

/// How many characters of a token are its seal.
const SEAL: usize = 16;

fn seal(content: &str, which: &str) -> String {
    let digest = Sha256::digest(format!("pawl {which}\n{content}"));
    let mut text = hex(digest.as_slice());
    text.truncate(SEAL);
    text
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
