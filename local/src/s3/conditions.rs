//! What a reader asks for besides the object: conditions, and a part of the bytes.

use std::ops::Range;

use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::object::Description;
use super::objects::Condition;
use super::refusal::Refusal;

/// Holds an object against the conditions of a request; those of a copy's source have a name before theirs.
pub(super) fn check(
    headers: &HeaderMap,
    prefix: &str,
    object: &Description,
) -> Result<(), Refusal> {
    let text = |name: &str| {
        let name = HeaderName::try_from(format!("{prefix}{name}")).ok()?;
        headers.get(name)?.to_str().ok()
    };
    let moment = |name: &str| {
        rfc2822::parse(text(name)?)
            .ok()
            .map(|time| time.timestamp())
    };
    // Dates in headers have whole seconds.
    let modified = Timestamp::from_second(object.modified.as_second()).unwrap_or(object.modified);
    let matches = |etags: &str| {
        etags
            .split(',')
            .any(|etag| etag.trim() == "*" || object.has_etag(etag))
    };
    // An entity tag says more than a date.
    let holds = match text("if-match") {
        Some(etags) => matches(etags),
        None => moment("if-unmodified-since").is_none_or(|since| modified <= since),
    };
    if !holds {
        return Err(Refusal::PreconditionFailed);
    }
    let is_known = match text("if-none-match") {
        Some(etags) => matches(etags),
        None => moment("if-modified-since").is_some_and(|since| modified <= since),
    };
    match (is_known, prefix.is_empty()) {
        (false, _) => Ok(()),
        (true, true) => Err(Refusal::NotModified),
        (true, false) => Err(Refusal::PreconditionFailed),
    }
}

/// The condition on which an object is written.
pub(super) fn of_write(headers: &HeaderMap) -> Result<Condition, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("if-none-match"), text("if-match")) {
        (None, None) => Ok(Condition::Always),
        (Some("*"), None) => Ok(Condition::New),
        (None, Some(etag)) => Ok(Condition::Matches(etag.to_owned())),
        _ => Err(Refusal::NotImplemented(
            "this condition on a write".to_owned(),
        )),
    }
}

/// The bytes that a request asks for; `None` for all of them.
pub(super) fn range(
    headers: &HeaderMap,
    query: &[(String, String)],
    object: &Description,
) -> Result<Option<Range<usize>>, Refusal> {
    if let Some((_, part)) = query.iter().find(|(name, _)| name == "partNumber") {
        return part_range(part, object).map(Some);
    }
    let header = headers.get(http::header::RANGE);
    let Some((first, last)) = header
        .and_then(|range| range.to_str().ok())
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Ok(None);
    };
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(object.bytes),
        (Ok(first), Err(_)) if last.is_empty() => first..object.bytes,
        (Err(_), Ok(length)) if first.is_empty() && length > 0 => {
            object.bytes.saturating_sub(length)..object.bytes
        }
        // What is no range is not there.
        _ => return Ok(None),
    };
    if range.is_empty() {
        return Err(Refusal::InvalidRange);
    }
    Ok(Some(range))
}

/// The bytes of one of the parts that an object was put together of.
fn part_range(part: &str, object: &Description) -> Result<Range<usize>, Refusal> {
    let number = part.parse::<usize>().ok().filter(|number| *number > 0);
    let number = number.ok_or_else(|| {
        Refusal::InvalidArgument(
            "Part number must be an integer between 1 and 10000, inclusive".to_owned(),
        )
    })?;
    if object.parts.is_empty() && number == 1 {
        return Ok(0..object.bytes);
    }
    let begin = object.parts.iter().take(number - 1).sum();
    match object.parts.get(number - 1) {
        Some(length) => Ok(begin..begin + length),
        None => Err(Refusal::InvalidRange),
    }
}
