//! Requests to services of AWS that no client of the SDK makes: signed as the clients sign theirs.
//!
//! `docs/decisions/how-secrets-are-fetched.md` says why.

use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_types::SdkConfig;
use reqwest::{Client, Method, Response};

/// The region where a configuration names none.
const REGION: &str = "us-east-1";

/// A request to a service.
#[derive(Debug)]
pub struct Signed<'request> {
    /// The service's name in addresses and signatures.
    pub service: &'request str,
    /// The method.
    pub method: Method,
    /// The address.
    pub url: &'request str,
    /// The headers that are signed, too.
    pub headers: &'request [(&'static str, &'request str)],
    /// The body.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SignedError {
    /// Nobody says in whose name it is asked.
    #[error("there are no credentials")]
    Nobody(#[source] Option<CredentialsError>),
    /// It cannot be signed.
    #[error("the request cannot be signed")]
    Unsigned,
    /// The service did not answer.
    #[error("there is no answer")]
    Silent(#[source] reqwest::Error),
}

/// Where a service answers: behind the endpoint of a configuration, or else at AWS in its region.
pub fn address(sdk: &SdkConfig, service: &str) -> String {
    if let Some(endpoint) = sdk.endpoint_url() {
        return format!("{}/", endpoint.trim_end_matches('/'));
    }
    let region = region(sdk);
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://{service}.{region}.amazonaws.com{end}/")
}

/// Sends a request, with the credentials of a configuration.
pub async fn send(
    sdk: &SdkConfig,
    http: &Client,
    request: Signed<'_>,
) -> Result<Response, SignedError> {
    let provider = sdk.credentials_provider();
    let provider = provider.ok_or(SignedError::Nobody(None))?;
    let credentials = provider.provide_credentials().await;
    let credentials = credentials.map_err(|error| SignedError::Nobody(Some(error)))?;
    let identity = credentials.into();
    let now = sdk.time_source().unwrap_or_default().now();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region(sdk))
        .name(request.service)
        .time(SystemTime::max(now, SystemTime::UNIX_EPOCH))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| SignedError::Unsigned)?
        .into();
    let signable = SignableRequest::new(
        request.method.as_str(),
        request.url,
        request.headers.iter().copied(),
        SignableBody::Bytes(request.body.as_bytes()),
    );
    let signed = signable.and_then(|signable| sign(signable, &params));
    let (instructions, _) = signed.map_err(|_| SignedError::Unsigned)?.into_parts();
    let mut sent = http.request(request.method, request.url);
    let headers = request.headers.iter().copied();
    for (name, value) in headers.chain(instructions.headers()) {
        sent = sent.header(name, value);
    }
    let sent = sent.body(request.body).send().await;
    sent.map_err(SignedError::Silent)
}

fn region(sdk: &SdkConfig) -> &str {
    sdk.region().map_or(REGION, |region| region.as_ref())
}
