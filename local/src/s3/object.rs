//! What is known of an object besides its bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use http::header::{CONTENT_TYPE, HeaderMap};
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::checksum::Checksum;

/// The description of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Description {
    pub(super) key: String,
    /// The MD5 of the bytes in quotes, as S3 gives it.
    pub(super) etag: String,
    pub(super) bytes: usize,
    pub(super) content_type: String,
    pub(super) modified: Timestamp,
    /// The author's own headers, without `x-amz-meta-`.
    pub(super) metadata: BTreeMap<String, String>,
    /// The headers of [`KEPT`] that the author gave.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) checksum: Option<Checksum>,
    /// The lengths of the parts that it was put together of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<usize>,
}

/// Headers that an object gives back as it got them.
const KEPT: [&str; 5] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];

impl Description {
    /// Describes an object that a request brings.
    pub(super) fn of(key: &str, headers: &HeaderMap, body: &[u8], modified: Timestamp) -> Self {
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let metadata = headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-amz-meta-")?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        let kept = KEPT.iter().filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        Self {
            key: key.to_owned(),
            etag: Self::etag_of(body),
            bytes: body.len(),
            content_type: content_type.unwrap_or("binary/octet-stream").to_owned(),
            modified,
            metadata: metadata.collect(),
            headers: kept.collect(),
            checksum: None,
            parts: Vec::new(),
        }
    }

    /// The entity tag of bytes: their MD5 in quotes.
    pub(super) fn etag_of(body: &[u8]) -> String {
        format!("\"{}\"", hex(&Md5::digest(body)))
    }

    /// The quotes of an entity tag are optional where a client writes one.
    pub(super) fn has_etag(&self, etag: &str) -> bool {
        self.etag.trim_matches('"') == etag.trim().trim_matches('"')
    }

    /// When the object was written, as HTTP writes dates.
    pub(super) fn http_date(&self) -> String {
        self.modified
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
