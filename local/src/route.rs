//! Finds the service and the operation that a request is for.

use bytes::Bytes;
use http::{Method, Request};

use crate::network::Service;

/// What a request is for.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) service: Service,
    /// The operation, as AWS names it.
    pub(crate) operation: String,
}

/// Reads a request's target: a header names it in the JSON protocols, method and path do in S3.
pub(crate) fn route(request: &Request<Bytes>) -> Target {
    let target = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let (service, operation) = match target.and_then(|target| target.split_once('.')) {
        Some((service, operation)) if service.starts_with("DynamoDB") => {
            (Service::DynamoDb, operation.to_owned())
        }
        Some((_, operation)) => (Service::StepFunctions, operation.to_owned()),
        None => (Service::S3, s3_operation(request)),
    };
    Target { service, operation }
}

/// The bucket and the key that a request to S3 is for, in either of S3's two ways to write them.
///
/// `/bucket/key` on the service's own host, `/key` on a host that begins with the bucket.
pub(crate) fn object_path(request: &Request<Bytes>) -> (String, String) {
    let path = request.uri().path();
    let path = path.strip_prefix('/').unwrap_or(path);
    let host = request.uri().host().unwrap_or_default();
    if let Some((bucket, _)) = host.split_once(".s3.") {
        return (bucket.to_owned(), decode(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decode(bucket), decode(key))
}

/// The query parameters of a request, decoded, in their order.
pub(crate) fn query(request: &Request<Bytes>) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Query parameters that make a request to S3 another operation, none of which we have.
const SUBRESOURCES: [&str; 19] = [
    "accelerate",
    "acl",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "notification",
    "object-lock",
    "policy",
    "replication",
    "retention",
    "tagging",
    "uploads",
    "uploadId",
    "versioning",
];

fn s3_operation(request: &Request<Bytes>) -> String {
    let (bucket, key) = object_path(request);
    let query = query(request);
    if let Some((name, _)) = query
        .iter()
        .find(|(name, _)| SUBRESOURCES.contains(&name.as_str()))
    {
        return format!("{} {name}", request.method());
    }
    let copies = request.headers().contains_key("x-amz-copy-source");
    let operation = match (request.method(), bucket.is_empty(), key.is_empty()) {
        (&Method::GET, true, _) => "ListBuckets",
        (&Method::PUT, false, true) => "CreateBucket",
        (&Method::HEAD, false, true) => "HeadBucket",
        (&Method::DELETE, false, true) => "DeleteBucket",
        (&Method::GET, false, true)
            if query
                .iter()
                .any(|(name, value)| name == "list-type" && value == "2") =>
        {
            "ListObjectsV2"
        }
        (&Method::GET, false, true) => "ListObjects",
        (&Method::PUT, false, false) if copies => "CopyObject",
        (&Method::PUT, false, false) => "PutObject",
        (&Method::GET, false, false) => "GetObject",
        (&Method::HEAD, false, false) => "HeadObject",
        (&Method::DELETE, false, false) => "DeleteObject",
        (method, ..) => return format!("{method} {}", request.uri().path()),
    };
    operation.to_owned()
}

/// Text without its percent signs. What is not UTF-8 is replaced, as nothing can be stored under it.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail
            .first_chunk::<2>()
            .filter(|hex| first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let byte = hex.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
