//! The call that a step's configuration describes, with everything in it that can be wrong before it is made.

use bytes::Bytes;
use pawl_contract::{StepError, code};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use super::auth::Auth;
use super::{body, expected::Expected};
use crate::Error;
use crate::work::Context;

/// Headers that belong to the connection, and so to us.
const OURS: [&str; 6] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
];

/// A call that can be made.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    pub auth: Option<Auth>,
    /// How many redirects are followed.
    pub redirects: u64,
    /// How often it is tried again, if it may be.
    pub retries: u64,
    /// The statuses that are fine.
    pub expected: Vec<Expected>,
    pub response: Response,
    /// The longest answer that is taken.
    pub max_bytes: u64,
    /// Whether making it twice does what making it once does.
    pub is_repeatable: bool,
}

/// As what an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    /// As what its type says.
    Auto,
    Json,
    Text,
    File,
}

impl Call {
    /// The call of a configuration with everything in it resolved.
    pub(super) async fn of(context: &Context<'_>) -> Result<Self, Error> {
        let config = context.input;
        let method = method(config)?;
        let mut url = url(config)?;
        context.services.guard().check(&url)?;
        add_query(&mut url, config)?;
        let mut headers = headers(config)?;
        let key = idempotency(config)?;
        if let Some(name) = &key {
            let value = HeaderValue::from_str(&context.idempotency_key());
            let value = value.map_err(|_| invalid("the run's id cannot stand in a header"))?;
            headers.insert(name.clone(), value);
        }
        let body = body::of(context).await?;
        if let Some(body) = &body
            && !headers.contains_key("content-type")
        {
            headers.insert("content-type", header("content-type", &body.kind)?);
        }
        Ok(Self {
            is_repeatable: key.is_some() || is_idempotent(&method),
            method,
            url,
            headers,
            body: body.map(|body| body.bytes),
            auth: Auth::of(config, context.org())?,
            redirects: number(config, "redirects", 20)?.unwrap_or(5),
            retries: number(config, "retries", 10)?.unwrap_or(2),
            expected: Expected::of(config)?,
            response: response(config)?,
            max_bytes: number(config, "maxBytes", 100 << 20)?.unwrap_or(10 << 20),
        })
    }

    /// What is called, as it may stand in a record: without the query, which often holds keys.
    pub(super) fn name(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        format!("`{} {url}`", self.method)
    }
}

/// Methods of which HTTP says that making a request twice does what making it once does.
fn is_idempotent(method: &Method) -> bool {
    *method != Method::POST && *method != Method::PATCH
}

fn method(config: &Value) -> Result<Method, StepError> {
    let word = text(config, "method")?.unwrap_or("GET");
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let known = known.iter().find(|one| one.eq_ignore_ascii_case(word));
    let method = known.and_then(|word| word.parse().ok());
    method.ok_or_else(|| invalid(&format!("`method` is `{word}`, which is none of ours")))
}

fn url(config: &Value) -> Result<Url, StepError> {
    let text = text(config, "url")?.ok_or_else(|| invalid("the step has no `url`"))?;
    let url = Url::parse(text.trim());
    url.map_err(|error| invalid(&format!("`url` is no address of the web: {error}")))
}

fn add_query(url: &mut Url, config: &Value) -> Result<(), StepError> {
    for (name, value) in entries(config, "query")? {
        for value in each(value) {
            if let Some(value) = plain(name, value)? {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
    }
    Ok(())
}

fn headers(config: &Value) -> Result<HeaderMap, StepError> {
    let mut headers = HeaderMap::new();
    for (name, value) in entries(config, "headers")? {
        if let Some(value) = plain(name, value)? {
            headers.insert(header_name(name)?, header(name, &value)?);
        }
    }
    Ok(headers)
}

/// The header that carries the idempotency key.
fn idempotency(config: &Value) -> Result<Option<HeaderName>, StepError> {
    match config.get("idempotencyKey") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(None),
        Some(Value::Bool(true)) => Ok(Some(HeaderName::from_static("idempotency-key"))),
        Some(Value::String(name)) => header_name(name).map(Some),
        Some(_) => Err(invalid("`idempotencyKey` is true, or the name of a header")),
    }
}

fn response(config: &Value) -> Result<Response, StepError> {
    match text(config, "response")? {
        None | Some("auto") => Ok(Response::Auto),
        Some("json") => Ok(Response::Json),
        Some("text") => Ok(Response::Text),
        Some("file") => Ok(Response::File),
        Some(_) => Err(invalid("`response` is `auto`, `json`, `text` or `file`")),
    }
}

/// The name of a header that is the author's to give.
pub(super) fn header_name(name: &str) -> Result<HeaderName, StepError> {
    let wrong = || invalid(&format!("`{name}` cannot be the name of a header"));
    let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    if OURS.contains(&header.as_str()) {
        return Err(wrong());
    }
    Ok(header)
}

/// The value of a header. What is wrong with it is said without it.
pub(super) fn header(name: &str, value: &str) -> Result<HeaderValue, StepError> {
    let value = HeaderValue::from_bytes(value.as_bytes());
    value.map_err(|_| {
        invalid(&format!(
            "the header `{name}` holds a line break or the like"
        ))
    })
}

/// A value that stands in a line of text; null stands nowhere.
pub(super) fn plain(name: &str, value: &Value) -> Result<Option<String>, StepError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => {
            Err(invalid(&format!("`{name}` is a text, a number or a flag")))
        }
    }
}

/// The values that stand under one name: those of a list, or the one.
pub(super) fn each(value: &Value) -> &[Value] {
    match value.as_array() {
        Some(listed) => listed,
        None => std::slice::from_ref(value),
    }
}

/// The members of a field that is an object.
pub(super) fn entries<'config>(
    config: &'config Value,
    field: &str,
) -> Result<Vec<(&'config String, &'config Value)>, StepError> {
    match config.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(members)) => Ok(members.iter().collect()),
        Some(_) => Err(invalid(&format!("`{field}` is an object"))),
    }
}

/// A field that is a text.
pub(super) fn text<'config>(
    config: &'config Value,
    field: &str,
) -> Result<Option<&'config str>, StepError> {
    match config.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(&format!("`{field}` is a text"))),
    }
}

fn number(config: &Value, field: &str, most: u64) -> Result<Option<u64>, StepError> {
    let Some(value) = config.get(field).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let number = value.as_u64().filter(|number| *number <= most);
    let wrong = || invalid(&format!("`{field}` is a number from 0 to {most}"));
    number.ok_or_else(wrong).map(Some)
}

/// The author's mistake, or that of the data.
pub(super) fn invalid(message: &str) -> StepError {
    StepError::new(code::VALIDATION_ERROR, message)
}
