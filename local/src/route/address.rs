//! What an address says besides the service: bucket and key, and parameters.

use bytes::Bytes;
use http::Request;

/// The bucket and the key that a request to S3 is for, in either of S3's two ways to write them.
///
/// `/bucket/key` on the service's own host, `/key` on a host that begins with the bucket.
pub(crate) fn object_path(request: &Request<Bytes>) -> (String, String) {
    let path = request.uri().path();
    let path = path.strip_prefix('/').unwrap_or(path);
    if let Some(bucket) = bucket_of_host(host(request)) {
        return (bucket.to_owned(), decode(path));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    (decode(bucket), decode(key))
}

/// The host that a request names, without its port.
fn host(request: &Request<Bytes>) -> &str {
    if let Some(host) = request.uri().host() {
        return host;
    }
    let host = request.headers().get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}

/// The bucket before `.s3.` of a service's host, or before `.localhost`.
fn bucket_of_host(host: &str) -> Option<&str> {
    if let Some((bucket, _)) = host.rsplit_once(".s3.") {
        return Some(bucket);
    }
    host.strip_suffix(".localhost")
        .filter(|bucket| *bucket != "s3")
}

/// The query parameters of a request, decoded, in their order.
pub(crate) fn query(request: &Request<Bytes>) -> Vec<(String, String)> {
    pairs(request.uri().query().unwrap_or_default())
}

/// The pairs of a query or a form, decoded, in their order.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Text without its percent signs. What is not UTF-8 is replaced, as nothing can be stored under it.
pub(crate) fn decode(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_found_in_the_host_or_in_the_path() {
        let rows = [
            ("127.0.0.1:4566", "/bucket/a/b", "bucket", "a/b"),
            ("localhost:4566", "/bucket/a%20b", "bucket", "a b"),
            ("s3.localhost:4566", "/bucket", "bucket", ""),
            ("bucket.localhost:4566", "/a/b", "bucket", "a/b"),
            ("bucket.s3.localhost:4566", "/a", "bucket", "a"),
            (
                "dots.s3.bucket.s3.us-east-1.amazonaws.com",
                "/",
                "dots.s3.bucket",
                "",
            ),
            ("s3.us-east-1.amazonaws.com", "/bucket/", "bucket", ""),
        ];
        for (host, path, bucket, key) in rows {
            let request = Request::builder().uri(path).header("host", host);
            let request = request.body(Bytes::new()).expect("a request");
            let expected = (bucket.to_owned(), key.to_owned());
            assert_eq!(object_path(&request), expected, "{host} {path}");
        }
    }
}
