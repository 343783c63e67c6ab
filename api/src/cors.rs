//! Which pages of other origins may ask from a browser.

use http::{HeaderName, HeaderValue, Method, header, request::Parts};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser need not ask again whether it may.
const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(1);

/// Lets pages of these origins ask, and read what programs read: nobody is known by a cookie.
pub(crate) fn of(origins: &[String]) -> CorsLayer {
    let origins = origins.to_vec();
    let allowed = AllowOrigin::predicate(move |origin: &HeaderValue, _: &Parts| {
        let origin = origin.to_str().unwrap_or_default();
        origins.iter().any(|allowed| is_allowed(allowed, origin))
    });
    let named = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::CACHE_CONTROL,
            header::IF_MATCH,
            named("idempotency-key"),
            named("last-event-id"),
            named("x-request-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            named("x-request-id"),
        ])
        .max_age(REMEMBERED)
}

/// Whether an origin is one that is allowed, where `:*` stands for every port and for none.
fn is_allowed(allowed: &str, origin: &str) -> bool {
    let Some(host) = allowed.strip_suffix(":*") else {
        return allowed == origin;
    };
    let Some(rest) = origin.strip_prefix(host) else {
        return false;
    };
    let port = rest.strip_prefix(':').unwrap_or("0");
    (rest.is_empty() || rest.starts_with(':'))
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn an_origin_is_allowed_as_a_whole() {
        let rows = [
            ("https://a.example", "https://a.example", true),
            ("https://a.example", "https://a.example.evil", false),
            ("https://a.example", "http://a.example", false),
            ("http://localhost:*", "http://localhost:5173", true),
            ("http://localhost:*", "http://localhost", true),
            ("http://localhost:*", "http://localhost.evil", false),
            ("http://localhost:*", "http://localhost:evil", false),
            ("http://localhost:*", "http://localhost:80.evil", false),
            ("http://localhost:*", "http://localhost:", false),
            ("http://localhost:*", "null", false),
        ];
        for (allowed, origin, expected) in rows {
            assert_eq!(is_allowed(allowed, origin), expected, "{allowed} {origin}");
        }
    }
}
