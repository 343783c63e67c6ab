//! What is known of an object besides its bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use http::header::{CONTENT_TYPE, HeaderMap};
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

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
}

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
        Self {
            key: key.to_owned(),
            etag: format!("\"{}\"", hex(&Md5::digest(body))),
            bytes: body.len(),
            content_type: content_type.unwrap_or("binary/octet-stream").to_owned(),
            modified,
            metadata: metadata.collect(),
        }
    }

    /// When the object was written, as HTTP writes dates.
    pub(super) fn http_date(&self) -> String {
        self.modified
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string()
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
