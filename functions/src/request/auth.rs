//! How a request says who asks; tokens of OAuth2 are asked for, and kept while they last.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pawl_contract::{StepError, code};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use super::call::{Call, Response, header, header_name, invalid, text};
use super::exchange;
use super::expected::Expected;
use crate::clock::Moment;
use crate::work::Context;

/// A token that lasts less is not kept.
const SHORTEST_SECONDS: u64 = 30;

/// The longest answer of a token endpoint.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Auth {
    /// By a header that is known.
    Header(HeaderName, HeaderValue),
    /// By a token that is asked for.
    OAuth2(Box<Grant>),
}

/// What is asked of a token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Grant {
    /// The tokens of one organisation are no other's.
    org: String,
    url: String,
    /// The header with the credentials, where they do not stand in the body.
    authorization: Option<String>,
    body: String,
}

/// A token, and until when it is good.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub text: String,
    pub until: Moment,
}

impl Auth {
    /// Who asks, by a configuration with everything in it resolved.
    pub(super) fn of(config: &Value, org: &str) -> Result<Option<Self>, StepError> {
        let Some(auth) = config.get("auth").filter(|auth| !auth.is_null()) else {
            return Ok(None);
        };
        let needed = |field: &str| {
            text(auth, field)?.ok_or_else(|| invalid(&format!("`auth` has no `{field}`")))
        };
        let authorization = |value: &str| {
            Ok(Some(Self::Header(
                AUTHORIZATION,
                header("authorization", value)?,
            )))
        };
        match text(auth, "type")?.unwrap_or_default() {
            "basic" => authorization(&basic(needed("username")?, needed("password")?)),
            "bearer" => authorization(&format!("Bearer {}", needed("token")?)),
            "header" => {
                let name = needed("name")?;
                let value = header(name, needed("value")?)?;
                Ok(Some(Self::Header(header_name(name)?, value)))
            }
            "oauth2" => {
                let (id, secret) = (needed("clientId")?, needed("clientSecret")?);
                let in_body = text(auth, "credentialsIn")? == Some("body");
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.append_pair("grant_type", "client_credentials");
                for field in ["scope", "audience"] {
                    if let Some(value) = text(auth, field)? {
                        form.append_pair(field, value);
                    }
                }
                if in_body {
                    form.append_pair("client_id", id);
                    form.append_pair("client_secret", secret);
                }
                // OAuth2 wants both encoded as in a form before they are joined.
                let encoded = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let header = || basic(&encoded(id), &encoded(secret));
                Ok(Some(Self::OAuth2(Box::new(Grant {
                    org: org.to_owned(),
                    url: needed("tokenUrl")?.to_owned(),
                    authorization: (!in_body).then(header),
                    body: form.finish(),
                }))))
            }
            _ => Err(invalid(
                "`auth` is of type `basic`, `bearer`, `header` or `oauth2`",
            )),
        }
    }
}

fn basic(username: &str, password: &str) -> String {
    format!(
        "Basic {}",
        STANDARD.encode(format!("{username}:{password}"))
    )
}

/// A token for a grant, kept or new, and whether it was kept.
pub(super) async fn token(
    grant: &Grant,
    context: &Context<'_>,
) -> Result<(String, bool), StepError> {
    let tokens = context.services.tokens();
    if let Some(token) = tokens.get(grant)
        && token.until > context.services.now()
    {
        return Ok((token.text, true));
    }
    let url = Url::parse(&grant.url)
        .map_err(|error| invalid(&format!("`tokenUrl` is no address of the web: {error}")))?;
    context.services.guard().check(&url)?;
    let mut headers = HeaderMap::new();
    let form = "application/x-www-form-urlencoded";
    headers.insert("content-type", HeaderValue::from_static(form));
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if let Some(authorization) = &grant.authorization {
        headers.insert(AUTHORIZATION, header("authorization", authorization)?);
    }
    let call = Call {
        method: Method::POST,
        url,
        headers,
        body: Some(Bytes::from(grant.body.clone())),
        auth: None,
        // Credentials go where they are meant to go.
        redirects: 0,
        retries: 2,
        expected: vec![Expected::Class(2)],
        response: Response::Json,
        max_bytes: LONGEST_ANSWER,
        // Another token does no harm.
        is_repeatable: true,
    };
    let refused = |error: StepError| {
        let code = match error.code.as_str() {
            code::TIMEOUT | code::RATE_LIMIT | code::VALIDATION_ERROR => error.code.clone(),
            _ => code::TOOL_ERROR.to_owned(),
        };
        StepError::new(&code, format!("no token was given: {}", error.message))
    };
    let asked = context.services.now();
    let answer = exchange::perform(&call, context).await.map_err(refused)?;
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(text) = answer.get("access_token").and_then(Value::as_str) else {
        let message = format!("{} answered without an `access_token`", call.name());
        return Err(StepError::new(code::TOOL_ERROR, message));
    };
    let seconds = answer.get("expires_in");
    // Some give the number as a text.
    let seconds = seconds.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    if let Some(seconds) = seconds.filter(|seconds| *seconds > SHORTEST_SECONDS) {
        let until = asked.after((seconds - SHORTEST_SECONDS).saturating_mul(1000));
        let text = text.to_owned();
        tokens.keep(grant.clone(), Token { text, until });
    }
    Ok((text.to_owned(), false))
}
