//! What this server says about itself.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;

use crate::answer::rest_answer;

/// The answer to who asks what this is; `None` for requests to a service.
pub(super) fn answer(request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let is_signed = request.headers().contains_key(http::header::AUTHORIZATION);
    let is_asked = match request.uri().path() {
        "/_pawl/health" => true,
        // The list of buckets has this address too; who wants that signs.
        "/" => !is_signed && request.uri().query().is_none(),
        _ => false,
    };
    if !is_asked || ![Method::GET, Method::HEAD].contains(request.method()) {
        return None;
    }
    let host = request.headers().get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let endpoint = format!("http://{host}");
    let services = [
        "dynamodb",
        "events",
        "lambda",
        "s3",
        "scheduler",
        "sqs",
        "states",
        "sts",
    ];
    let endpoints: serde_json::Map<_, _> = services
        .iter()
        .map(|service| ((*service).to_owned(), endpoint.clone().into()))
        .collect();
    let said = json!({
        "name": "pawl",
        "version": env!("CARGO_PKG_VERSION"),
        "status": "running",
        "endpoints": endpoints,
    });
    Some(rest_answer(StatusCode::OK, &said))
}
