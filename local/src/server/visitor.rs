//! Who may ask: tools on this machine, and no page of a browser from elsewhere.
//!
//! Requests need no key here, so that a page that somebody visits could upload a function and run it. A browser says
//! where a request comes from, and by which name it has found this machine; tools say neither or are local.

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use http::{Response, StatusCode};

use crate::answer::json_answer;

/// Whether a browser sends a request for a page of another machine, or under another machine's name.
pub(super) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin =
        text(&ORIGIN).map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host));
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    [origin, text(&HOST)]
        .into_iter()
        .flatten()
        .any(|host| !is_local(host))
        || site.is_some_and(|site| site == "cross-site")
}

/// The answer to such a request.
pub(super) fn refuse() -> Response<Bytes> {
    let body = "{\"__type\":\"AccessDeniedException\",\"message\":\"only tools and pages of this machine are answered\"}";
    json_answer(StatusCode::FORBIDDEN, body)
}

/// Whether a host with or without a port is this machine. S3 puts a bucket before it, and some clients a prefix.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name == "[::1]"
        || name == "127.0.0.1"
        || name.ends_with(".amazonaws.com")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn pages_of_other_machines_are_known() {
        let rows: [(&[(&str, &str)], bool); 8] = [
            (&[("host", "127.0.0.1:4566")], false),
            (
                &[
                    ("host", "localhost:4566"),
                    ("origin", "http://localhost:3000"),
                ],
                false,
            ),
            (&[("host", "photos.s3.localhost:4566")], false),
            (&[("host", "[::1]:4566")], false),
            (
                &[
                    ("host", "127.0.0.1:4566"),
                    ("origin", "https://elsewhere.example"),
                ],
                true,
            ),
            (&[("host", "127.0.0.1:4566"), ("origin", "null")], true),
            (&[("host", "elsewhere.example:4566")], true),
            (
                &[("host", "127.0.0.1:4566"), ("sec-fetch-site", "cross-site")],
                true,
            ),
        ];
        for (given, expected) in rows {
            let headers: HeaderMap = given
                .iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect();
            assert_eq!(is_from_elsewhere(&headers), expected, "{given:?}");
        }
    }
}
