//! What S3 is asked.

use bytes::Bytes;
use http::Request;
use http::header::HeaderMap;
use jiff::Timestamp;

use crate::route::{decode, object_path, query};

use super::chunks;
use super::refusal::Refusal;

/// What a request can ask for that would change the answer and that we do not do: refused, never ignored.
const NOT_DONE: [&str; 5] = [
    "if-range",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-write-offset-bytes",
    "x-amz-tagging",
    "x-amz-object-lock-mode",
];

/// A request, its chunks put together.
pub(super) struct Asked {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) now: Timestamp,
}

impl Asked {
    /// Reads a request.
    pub(super) fn read(request: &Request<Bytes>, now: Timestamp) -> Result<Self, Refusal> {
        let mut headers = request.headers().clone();
        if let Some(name) = NOT_DONE.iter().find(|name| headers.contains_key(**name)) {
            return Err(Refusal::NotImplemented(format!("the header `{name}`")));
        }
        let body = if chunks::are_in(&headers) {
            chunks::join(&mut headers, request.body())?
        } else {
            request.body().clone()
        };
        let (bucket, key) = object_path(request);
        Ok(Self {
            bucket,
            key,
            query: query(request),
            headers,
            body,
            now,
        })
    }

    /// The bucket and the key of what is to be copied.
    pub(super) fn source(&self) -> Result<(String, String), Refusal> {
        let source = self.headers.get("x-amz-copy-source");
        let source = source.and_then(|source| source.to_str().ok());
        // There is one version of each object here.
        let source = source.unwrap_or_default().split("?versionId=").next();
        let source = decode(source.unwrap_or_default());
        let place = source.strip_prefix('/').unwrap_or(&source).split_once('/');
        let (bucket, key) = place
            .ok_or_else(|| Refusal::InvalidArgument("Invalid copy source object key".to_owned()))?;
        Ok((bucket.to_owned(), key.to_owned()))
    }

    /// A query parameter, empty where there is none.
    pub(super) fn parameter(&self, name: &str) -> &str {
        let mut parameters = self.query.iter();
        let found = parameters.find(|(other, _)| other == name);
        found.map_or("", |(_, value)| value)
    }
}
