//! What every answer has: a request id, security headers, and words where the request was refused.

use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tracing::Instrument;

use crate::problem::{Problem, Said};

/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a client may give its request.
const LONGEST_ID: usize = 64;

/// What names a request in logs and answers.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, and its answer what every answer has.
pub(crate) async fn complete(mut request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id, %method, path);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let headers = std::mem::take(response.headers_mut());
        response = spell_out(problem, &id);
        let own =
            |name: &HeaderName| *name != CONTENT_TYPE && *name != http::header::CONTENT_LENGTH;
        let kept = headers.into_iter();
        let kept = kept.filter_map(|(name, value)| name.filter(own).map(|name| (name, value)));
        response.headers_mut().extend(kept);
    }
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), "answered"));
    secure(response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The id that the client gave, if it is one that a log can hold.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(is_plain);
    fits.then(|| id.to_owned())
}

fn spell_out(problem: Problem, id: &str) -> Response {
    let said = Said {
        code: problem.code,
        message: problem.message,
        request_id: id.to_owned(),
        details: problem.details.map(|details| *details),
    };
    let mut response = (problem.status, Json(said)).into_response();
    if problem.status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    }
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// What keeps browsers from making more of an answer than it is.
fn secure(headers: &mut HeaderMap) {
    let rows = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        ),
        ("cache-control", "no-store"),
    ];
    for (name, value) in rows {
        let name = HeaderName::from_static(name);
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}
