//! What S3 answers with: objects with their headers, and XML.

use std::ops::Range;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    LAST_MODIFIED,
};
use http::{HeaderValue, StatusCode};

use crate::answer::{Answer, answer, escape};

use super::XMLNS;
use super::asked::Asked;
use super::object::Description;

/// The headers that a reader may choose.
const OVERRIDDEN: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// An answer in XML.
pub(super) fn xml(body: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    answer(StatusCode::OK, "application/xml", body)
}

/// The answer to whoever wrote an object or a part.
pub(super) fn written(description: &Description) -> Answer {
    let mut answer = empty(StatusCode::OK);
    let headers = answer.headers_mut();
    insert(headers, ETAG, &description.etag);
    insert_checksum(headers, description);
    answer
}

/// The answer to whoever made a copy.
pub(super) fn copied(name: &str, description: &Description) -> Answer {
    xml(&format!(
        "<{name} {XMLNS}><ETag>{}</ETag><LastModified>{:.3}</LastModified></{name}>",
        escape(&description.etag),
        description.modified,
    ))
}

/// An object, or a part of it, with its description as headers.
pub(super) fn described(
    asked: &Asked,
    description: &Description,
    body: Bytes,
    part: Option<&Range<usize>>,
) -> Answer {
    let mut answer = Answer::new(body);
    let mut length = description.bytes;
    if let Some(part) = part {
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
        length = part.len();
        let last = part.end.saturating_sub(1);
        let content = format!("bytes {}-{last}/{}", part.start, description.bytes);
        insert(answer.headers_mut(), CONTENT_RANGE, &content);
    }
    let headers = answer.headers_mut();
    insert(headers, ETAG, &description.etag);
    insert(headers, LAST_MODIFIED, &description.http_date());
    insert(headers, CONTENT_TYPE, &description.content_type);
    insert(headers, CONTENT_LENGTH, &length.to_string());
    insert(headers, ACCEPT_RANGES, "bytes");
    for (name, value) in &description.metadata {
        if let Ok(name) = HeaderName::try_from(format!("x-amz-meta-{name}")) {
            insert(headers, name, value);
        }
    }
    for (name, value) in &description.headers {
        if let Ok(name) = HeaderName::try_from(name) {
            insert(headers, name, value);
        }
    }
    if !asked.parameter("partNumber").is_empty() && !description.parts.is_empty() {
        let name = HeaderName::from_static("x-amz-mp-parts-count");
        insert(headers, name, &description.parts.len().to_string());
    }
    // The checksum of an object says nothing about a part of it.
    let is_asked = asked.headers.get("x-amz-checksum-mode");
    if part.is_none() && is_asked.is_some_and(|mode| mode == "ENABLED") {
        insert_checksum(headers, description);
    }
    // A presigned address may say how the object shall look.
    for (name, value) in &asked.query {
        let name = name.strip_prefix("response-");
        let name = name.filter(|name| OVERRIDDEN.contains(name));
        if let Some(Ok(name)) = name.map(HeaderName::try_from) {
            insert(headers, name, value);
        }
    }
    answer
}

/// The checksum of an object as headers.
fn insert_checksum(headers: &mut HeaderMap, description: &Description) {
    if let Some(checksum) = &description.checksum {
        let name = HeaderName::from_static(checksum.algorithm.header());
        insert(headers, name, &checksum.value);
        let name = HeaderName::from_static("x-amz-checksum-type");
        insert(headers, name, checksum.coverage.name());
    }
}

/// Sets a header. The values were headers before, so that they can be headers again.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
