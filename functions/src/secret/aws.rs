//! KMS, Secrets Manager and the Parameter Store: one signed request each, in the protocol that the three share.
//!
//! `docs/decisions/how-secrets-are-fetched.md` says why no client of the SDK makes it.

use aws_types::SdkConfig;
use reqwest::Method;
use serde_json::Value;

use crate::signed::{Signed, SignedError, address, send};

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
        let url = match (&self.endpoint, self.reach) {
            (Some(endpoint), _) => format!("{}/", endpoint.trim_end_matches('/')),
            (None, Reach::Aws) => address(&self.sdk, service),
            (None, Reach::Nowhere) => return Err(AwsError::Elsewhere(name)),
        };
        let asked = Signed {
            service,
            method: Method::POST,
            url: &url,
            headers: &[("content-type", JSON), ("x-amz-target", target)],
            body: request.to_string(),
        };
        let answer = send(&self.sdk, &self.http, asked).await;
        let answer = answer.map_err(|error| {
            if let SignedError::Nobody(error) = error {
                tracing::error!(?error, "no credentials");
            }
            silent()
        })?;
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
