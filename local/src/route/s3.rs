//! The operations of S3: method, path, parameters and headers name them.

use bytes::Bytes;
use http::{Method, Request};

use super::{object_path, query};

/// Query parameters that make a request another operation, most of which we do not have.
const SUBRESOURCES: [&str; 28] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "replication",
    "restore",
    "retention",
    "select",
    "tagging",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// The operation that a request to S3 asks for.
pub(super) fn operation(request: &Request<Bytes>) -> String {
    let (bucket, key) = object_path(request);
    let query = query(request);
    let has = |name: &str| query.iter().any(|(other, _)| other == name);
    let copies = request.headers().contains_key("x-amz-copy-source");
    let place = (!bucket.is_empty(), !key.is_empty());
    let method = request.method();
    if has("uploadId") {
        let operation = match (method, copies) {
            (&Method::PUT, false) => "UploadPart",
            (&Method::PUT, true) => "UploadPartCopy",
            (&Method::POST, _) => "CompleteMultipartUpload",
            (&Method::DELETE, _) => "AbortMultipartUpload",
            (&Method::GET, _) => "ListParts",
            _ => return format!("{method} uploadId"),
        };
        return operation.to_owned();
    }
    if let Some((name, _)) = query
        .iter()
        .find(|(name, _)| SUBRESOURCES.contains(&name.as_str()))
    {
        let operation = match (method, name.as_str(), place) {
            (&Method::POST, "delete", (true, false)) => "DeleteObjects",
            (&Method::GET, "location", (true, false)) => "GetBucketLocation",
            (&Method::GET, "versioning", (true, false)) => "GetBucketVersioning",
            (&Method::POST, "uploads", (true, true)) => "CreateMultipartUpload",
            (&Method::GET, "uploads", (true, false)) => "ListMultipartUploads",
            _ => return format!("{method} {name}"),
        };
        return operation.to_owned();
    }
    let is_second_list = query
        .iter()
        .any(|(name, value)| name == "list-type" && value == "2");
    let operation = match (method, place) {
        (&Method::GET, (false, _)) => "ListBuckets",
        (&Method::PUT, (true, false)) => "CreateBucket",
        (&Method::HEAD, (true, false)) => "HeadBucket",
        (&Method::DELETE, (true, false)) => "DeleteBucket",
        (&Method::GET, (true, false)) if is_second_list => "ListObjectsV2",
        (&Method::GET, (true, false)) => "ListObjects",
        (&Method::PUT, (true, true)) if copies => "CopyObject",
        (&Method::PUT, (true, true)) => "PutObject",
        (&Method::GET, (true, true)) => "GetObject",
        (&Method::HEAD, (true, true)) => "HeadObject",
        (&Method::DELETE, (true, true)) => "DeleteObject",
        _ => return format!("{method} {}", request.uri().path()),
    };
    operation.to_owned()
}
