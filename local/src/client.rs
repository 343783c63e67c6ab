//! The HTTP client that SDK clients are given: it hands each request to the service in this process.

use std::io;
use std::sync::Weak;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use http::Request;

use crate::Aws;
use crate::answer::Answer;
use crate::functions::current_invocation;
use crate::network::{Invocation, Unanswered};
use crate::route::route;

/// The client. It does not keep the services alive: functions hold it, and the services hold the functions.
#[derive(Debug, Clone)]
pub(crate) struct Client(pub(crate) Weak<Aws>);

impl HttpClient for Client {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Client {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let invocation = current_invocation();
        HttpConnectorFuture::new_boxed(Box::pin(send(self.0.clone(), request, invocation)))
    }
}

/// Sends one request through the network to its service.
async fn send(
    aws: Weak<Aws>,
    request: HttpRequest,
    invocation: Option<Invocation>,
) -> Result<HttpResponse, ConnectorError> {
    let request = collect(request).await?;
    let Some(aws) = aws.upgrade() else {
        return Err(broken("the local AWS is closed"));
    };
    let target = match route(&request) {
        Ok(target) => target,
        Err(unknown) => return deliver(unknown.refuse(&request)),
    };
    match aws.receive(target, request, invocation).await {
        Ok(answer) => deliver(answer),
        Err(Unanswered::Silence) => {
            // As if the process had died. The services must not live on because of this wait.
            drop(aws);
            std::future::pending().await
        }
        Err(unanswered) => Err(broken(unanswered.reason())),
    }
}

/// Reads the whole body of a request.
async fn collect(request: HttpRequest) -> Result<Request<Bytes>, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|error| ConnectorError::user(error.into()))?;
    Ok(Request::from_parts(parts, body.into_bytes()))
}

/// Hands an answer to the SDK.
fn deliver(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    HttpResponse::try_from(answer.map(SdkBody::from))
        .map_err(|error| ConnectorError::other(error.into(), None))
}

/// A connection that failed; SDK clients try again.
fn broken(reason: &'static str) -> ConnectorError {
    ConnectorError::io(io::Error::new(io::ErrorKind::ConnectionReset, reason).into())
}
