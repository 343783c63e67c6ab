//! KMS, Secrets Manager and the Parameter Store: one signed request each, in the protocol that the three share.
//!
//! `docs/decisions/how-secrets-are-fetched.md` says why no client of the SDK makes it.

use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_types::SdkConfig;
use serde_json::Value;

/// The type of what is asked and answered.
const JSON: &str = "application/x-amz-json-1.1";

/// Where the three services are.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    sdk: SdkConfig,
    http: reqwest::Client,
    /// Where they answer, if not at AWS.
    endpoint: Option<String>,
    /// Whether AWS itself is asked where no endpoint is set.
    reach: Reach,
}

/// Whether AWS itself is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// The process runs there.
    Aws,
    /// The process runs elsewhere: nobody is asked without an endpoint.
    #[default]
    Nowhere,
}

/// Why one of the services gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// It is not asked from here.
    #[error(
        "{0} is not asked from this machine: use `envVar`, or encrypt the secret with `pawl secrets set`"
    )]
    Elsewhere(&'static str),
    /// It refused.
    #[error("{service} refused: {code}")]
    Refused {
        /// The service.
        service: &'static str,
        /// The error's name.
        code: String,
    },
    /// It did not answer.
    #[error("{0} did not answer")]
    Silent(&'static str),
}

impl Aws {
    pub(crate) fn new(
        sdk: &SdkConfig,
        http: reqwest::Client,
        endpoint: Option<&str>,
        reach: Reach,
    ) -> Self {
        let endpoint = endpoint.or_else(|| sdk.endpoint_url()).map(str::to_owned);
        Self {
            sdk: sdk.clone(),
            http,
            endpoint,
            reach,
        }
    }

    /// Asks a service for one thing.
    pub(super) async fn ask(
        &self,
        service: &str,
        target: &str,
        request: &Value,
    ) -> Result<Value, AwsError> {
        let name = match service {
            "kms" => "KMS",
            "ssm" => "the Parameter Store",
            _ => "Secrets Manager",
        };
        let silent = || AwsError::Silent(name);
        let region = self
            .sdk
            .region()
            .map_or("us-east-1", |region| region.as_ref());
        let url = match (&self.endpoint, self.reach) {
            (Some(endpoint), _) => format!("{}/", endpoint.trim_end_matches('/')),
            (None, Reach::Aws) => {
                let end = if region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://{service}.{region}.amazonaws.com{end}/")
            }
            (None, Reach::Nowhere) => return Err(AwsError::Elsewhere(name)),
        };
        let body = request.to_string();
        let provider = self.sdk.credentials_provider().ok_or_else(silent)?;
        let credentials = provider.provide_credentials().await.map_err(|error| {
            tracing::error!(%error, "no credentials");
            silent()
        })?;
        let identity = credentials.into();
        let now = self.sdk.time_source().unwrap_or_default().now();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(SystemTime::max(now, SystemTime::UNIX_EPOCH))
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| silent())?
            .into();
        let headers = [("content-type", JSON), ("x-amz-target", target)];
        let signable = SignableRequest::new(
            "POST",
            &url,
            headers.into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        );
        let signed = signable.and_then(|signable| sign(signable, &params));
        let (instructions, _) = signed.map_err(|_| silent())?.into_parts();
        let mut post = self.http.post(&url).body(body);
        for (name, value) in headers {
            post = post.header(name, value);
        }
        for (name, value) in instructions.headers() {
            post = post.header(name, value);
        }
        let answer = post.send().await.map_err(|_| silent())?;
        let status = answer.status();
        let answer = answer.bytes().await.map_err(|_| silent())?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(silent());
        }
        let code = answer.get("__type").and_then(Value::as_str);
        let code = code.and_then(|code| code.rsplit('#').next());
        Err(AwsError::Refused {
            service: name,
            code: code.unwrap_or("it gave no reason").to_owned(),
        })
    }
}
