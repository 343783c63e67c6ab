//! One request of a connection: read whole, handed to its service, answered with an id.

use std::sync::Weak;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::Aws;
use crate::answer::refuse;
use crate::network::{Service, Unanswered};
use crate::random::fresh_id;
use crate::route::route;

use super::{health, visitor};

/// The largest body that is read: an object of 64 MB and what its chunks add to it.
const LARGEST: usize = 66 * 1024 * 1024;

/// A request ends without an answer, and its connection with it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Dropped(&'static str);

/// Answers one request.
pub(super) async fn answer(
    aws: Weak<Aws>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    if visitor::is_from_elsewhere(&parts.headers) {
        return Ok(finish(visitor::refuse(), Service::Sts));
    }
    let body = match Limited::new(body, LARGEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let request = Request::from_parts(parts, Bytes::new());
            return Ok(finish(too_large(&request), Service::S3));
        }
        Err(_) => return Err(Dropped("the client hung up")),
    };
    let request = Request::from_parts(parts, body);
    if let Some(answer) = health::answer(&request) {
        return Ok(finish(answer, Service::Sts));
    }
    let target = match route(&request) {
        Ok(target) => target,
        Err(unknown) => return Ok(finish(unknown.refuse(&request), Service::Sts)),
    };
    let service = target.service;
    let Some(aws) = aws.upgrade() else {
        return Err(Dropped("the local AWS is closed"));
    };
    match aws.receive(target, request, None).await {
        Ok(answer) => Ok(finish(answer, service)),
        Err(Unanswered::Silence) => {
            // As if the process had died. The services must not live on because of this wait.
            drop(aws);
            std::future::pending().await
        }
        Err(unanswered) => Err(Dropped(unanswered.reason())),
    }
}

/// A body that is larger than any service takes.
fn too_large(request: &Request<Bytes>) -> Response<Bytes> {
    match route(request).map(|target| target.service) {
        Ok(Service::S3) => {
            let message = "Your proposed upload exceeds the maximum allowed size";
            let status = StatusCode::BAD_REQUEST;
            refuse(Service::S3, status, "EntityTooLarge", message)
        }
        Ok(service) => {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            refuse(
                service,
                status,
                "RequestEntityTooLargeException",
                "Request Too Long",
            )
        }
        Err(unknown) => unknown.refuse(request),
    }
}

/// Gives an answer its id, under the names that clients look for.
fn finish(answer: Response<Bytes>, service: Service) -> Response<Full<Bytes>> {
    let mut answer = answer.map(Full::new);
    let id = fresh_id();
    let Ok(value) = HeaderValue::from_str(&id) else {
        return answer;
    };
    let headers = answer.headers_mut();
    if service == Service::S3 {
        headers.insert(HeaderName::from_static("x-amz-request-id"), value.clone());
        headers.insert(HeaderName::from_static("x-amz-id-2"), value.clone());
    }
    headers.insert(HeaderName::from_static("x-amzn-requestid"), value);
    answer
}
