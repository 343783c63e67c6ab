//! What handlers take from a request; whatever cannot be taken is refused in our words.

use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A body of JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let taken = axum::Json::<T>::from_request(request, state).await;
        taken
            .map(|axum::Json(value)| Self(value))
            .map_err(|rejection| refuse_json(&rejection))
    }
}

/// A body of JSON, or none at all.
pub(crate) struct MaybeJson<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_typed = request.headers().contains_key(http::header::CONTENT_TYPE);
        let body = body(request, state).await?;
        if body.is_empty() && !is_typed {
            return Ok(Self(T::default()));
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(T::default()));
        }
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))
    }
}

/// A body as it came, with its headers.
pub(crate) struct Raw {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let body = body(request, state).await?;
        Ok(Self { headers, body })
    }
}

/// What stands behind the question mark.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let taken = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let taken = taken.map(|axum::extract::Query(value)| Self(value));
        taken.map_err(|rejection| Problem::malformed(rejection.body_text()))
    }
}

/// What stands in the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let taken = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let taken = taken.map(|axum::extract::Path(value)| Self(value));
        taken.map_err(|rejection| Problem::malformed(rejection.body_text()))
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let body = Bytes::from_request(request, state).await;
    body.map_err(|rejection| refuse_bytes(&rejection))
}

fn refuse_json(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(error) => Problem::malformed(error.body_text()),
        JsonRejection::JsonSyntaxError(error) => Problem::malformed(error.body_text()),
        JsonRejection::MissingJsonContentType(_) => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "send JSON, with `content-type: application/json`",
        ),
        JsonRejection::BytesRejection(error) => refuse_bytes(error),
        other => Problem::malformed(other.body_text()),
    }
}

fn refuse_bytes(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("a body has at most {} bytes", crate::LARGEST_BODY);
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", message);
    }
    Problem::malformed(rejection.body_text())
}
