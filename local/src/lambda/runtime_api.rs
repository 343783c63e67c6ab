//! The Runtime API: where a function's process asks for invocations and brings its answers, one port per process.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;

use super::invocation::{Asked, Ending, LARGEST};

/// What lies between a process and those who invoke it.
#[derive(Debug, Default)]
pub(super) struct Desk {
    papers: Mutex<Papers>,
    /// Tells the process that there is something to do.
    filled: Notify,
    /// Tells whoever started the process that it has asked for work, or has failed to begin.
    begun: Notify,
}

#[derive(Debug, Default)]
struct Papers {
    /// What the process gets when it asks next, and until when it has time.
    next: Option<(Asked, SystemTime)>,
    /// What it is at.
    current: Option<(String, oneshot::Sender<Ending>)>,
    has_begun: bool,
    /// What it says about why it cannot begin.
    failure: Option<Ending>,
}

impl Desk {
    /// Puts an invocation down for the process; the receiver hears how it ends.
    pub(super) fn put(&self, asked: Asked, timeout: Duration) -> oneshot::Receiver<Ending> {
        let (sender, receiver) = oneshot::channel();
        let mut papers = self.papers();
        papers.current = Some((asked.id.clone(), sender));
        papers.next = Some((asked, SystemTime::now() + timeout));
        drop(papers);
        self.filled.notify_one();
        receiver
    }

    /// Waits until the process asks for work; what it says if it cannot.
    pub(super) async fn begun(&self) -> Option<Ending> {
        loop {
            let waiting = self.begun.notified();
            {
                let papers = self.papers();
                if papers.has_begun || papers.failure.is_some() {
                    return papers.failure.clone();
                }
            }
            waiting.await;
        }
    }

    /// What the process has said about why it cannot begin.
    pub(super) fn failure(&self) -> Option<Ending> {
        self.papers().failure.clone()
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an invocation and takes it.
    async fn next(&self) -> (Asked, SystemTime) {
        loop {
            let waiting = self.filled.notified();
            {
                let mut papers = self.papers();
                papers.has_begun = true;
                if let Some(next) = papers.next.take() {
                    return next;
                }
            }
            self.begun.notify_one();
            waiting.await;
        }
    }

    /// Reports how an invocation ended; `false` if the process is not at it.
    fn end(&self, id: &str, ending: Ending) -> bool {
        let mut papers = self.papers();
        let current = papers.current.take_if(|(current, _)| current == id);
        let Some((_, sender)) = current else {
            return false;
        };
        // Whoever asked may have given up.
        let _ = sender.send(ending);
        true
    }
}

/// The error of an answer that is too large.
pub(super) const TOO_LARGE: &str = "Function.ResponseSizeTooLarge";

/// Serves a process until it is dropped.
pub(super) fn serve(
    listener: TcpListener,
    desk: Arc<Desk>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let desk = Arc::clone(&desk);
            let service = service_fn(move |request| answer(Arc::clone(&desk), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            connections.spawn(async move {
                // The process is gone then, and that is noticed elsewhere.
                let _ = connection.await;
            });
            while connections.try_join_next().is_some() {}
        }
    })
}

/// Answers one request of the process.
async fn answer(
    desk: Arc<Desk>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, http_body_util::LengthLimitError> {
    let (parts, body) = request.into_parts();
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    let Some((&"2018-06-01", path)) = path.split_first() else {
        return Ok(refused(
            StatusCode::NOT_FOUND,
            "NotFound",
            "there is no such path",
        ));
    };
    if parts.method == Method::GET && path == ["runtime", "invocation", "next"] {
        let (asked, deadline) = desk.next().await;
        return Ok(invocation(asked, deadline));
    }
    let body = Limited::new(body, LARGEST).collect().await;
    let kind = parts.headers.get("lambda-runtime-function-error-type");
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let failed = |payload: Bytes| {
        let said = serde_json::from_slice::<serde_json::Value>(&payload).unwrap_or_default();
        let named = said.get("errorType").and_then(|name| name.as_str());
        Ending::Failed {
            error_type: named.or(kind).unwrap_or("Runtime.Unknown").to_owned(),
            payload,
        }
    };
    let is_taken = match (path, body) {
        (["runtime", "invocation", id, "response"], Ok(body)) => {
            desk.end(id, Ending::Answered(body.to_bytes()))
        }
        (["runtime", "invocation", id, "response"], Err(_)) => {
            let message = format!(
                "Response payload size exceeded maximum allowed payload size ({LARGEST} bytes)."
            );
            desk.end(id, Ending::failed(TOO_LARGE, &message));
            return Ok(refused(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE, &message));
        }
        (["runtime", "invocation", id, "error"], Ok(body)) => desk.end(id, failed(body.to_bytes())),
        (["runtime", "init", "error"], Ok(body)) => {
            desk.papers().failure = Some(failed(body.to_bytes()));
            desk.begun.notify_one();
            true
        }
        _ => {
            return Ok(refused(
                StatusCode::NOT_FOUND,
                "NotFound",
                "there is no such path",
            ));
        }
    };
    if is_taken {
        Ok(json_response(
            StatusCode::ACCEPTED,
            &json!({ "status": "OK" }),
        ))
    } else {
        let message = "Invalid request ID";
        Ok(refused(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            message,
        ))
    }
}

/// An invocation as the process gets it.
fn invocation(asked: Asked, deadline: SystemTime) -> Response<Full<Bytes>> {
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    let trace: String = asked.id.chars().filter(char::is_ascii_hexdigit).collect();
    let trace = format!(
        "Root=1-{:08x}-{:0>24.24};Parent={:0>16.16};Sampled=0",
        deadline.as_secs(),
        trace,
        trace
    );
    let mut headers = vec![
        ("lambda-runtime-aws-request-id", asked.id),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", asked.arn),
        ("lambda-runtime-trace-id", trace),
        ("content-type", "application/json".to_owned()),
    ];
    headers.extend(
        asked
            .client_context
            .map(|context| ("lambda-runtime-client-context", context)),
    );
    let mut response = Response::new(Full::new(asked.payload));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response<Full<Bytes>> {
    json_response(
        status,
        &json!({ "errorType": code, "errorMessage": message }),
    )
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    response
}
