//! What a delivery brings: JSON or a form, which headers a run may see, and what makes two deliveries one.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use pawl_compiler::triggers::{Provider, Webhook};
use serde_json::{Map, Value};

/// The most bytes that a delivery may have.
pub(crate) const LARGEST: usize = 1024 * 1024;

/// The headers with which anybody can say that two deliveries are one.
const KEYS: [&str; 2] = ["x-idempotency-key", "idempotency-key"];

/// The headers with which providers do.
const DELIVERIES: [&str; 4] = [
    "x-github-delivery",
    "x-shopify-webhook-id",
    "x-shopify-event-id",
    "webhook-id",
];

/// What stands in the names of headers and parameters that hold secrets, or prove them.
const SECRETS: [&str; 11] = [
    "authoriz",
    "authent",
    "cookie",
    "signature",
    "hmac",
    "token",
    "secret",
    "password",
    "apikey",
    "session",
    "credential",
];

/// How such names end, a word of their own.
const SECRET_ENDS: [&str; 5] = ["key", "auth", "sig", "pass", "code"];

/// Why a delivery cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    /// It is not what it says it is.
    #[error("{0}")]
    Malformed(String),
    /// It is of a type that nobody reads.
    #[error("send `application/json` or `application/x-www-form-urlencoded`")]
    Unsupported,
}

/// What makes two deliveries one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The same in both.
    pub(crate) text: String,
    /// Whether the provider has signed it, so that it says which event it is whatever else has changed.
    pub(crate) is_signed: bool,
}

/// The body of a delivery as a run's input.
pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value, Unread> {
    let given = headers.get(CONTENT_TYPE);
    let given = given.map(|given| given.to_str().unwrap_or("?"));
    let essence = given.map(|given| given.split(';').next().unwrap_or_default().trim());
    let essence = essence.map(str::to_ascii_lowercase);
    match essence.as_deref() {
        None | Some("") if body.is_empty() => Ok(Value::Object(Map::new())),
        Some("application/json") => json(body),
        Some(essence) if essence.starts_with("application/") && essence.ends_with("+json") => {
            json(body)
        }
        Some("application/x-www-form-urlencoded") => form(body),
        _ => Err(Unread::Unsupported),
    }
}

fn json(body: &[u8]) -> Result<Value, Unread> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body)
        .map_err(|error| Unread::Malformed(format!("the body is no JSON: {error}")))
}

/// A form is an object of its fields; one that comes twice is a list. GitHub and Slack put JSON into the only one.
fn form(body: &[u8]) -> Result<Value, Unread> {
    let text = std::str::from_utf8(body);
    let text = text.map_err(|_| Unread::Malformed("the form is no UTF-8".to_owned()))?;
    let fields = fields(text);
    if let (1, Some(Value::String(payload))) = (fields.len(), fields.get("payload"))
        && let Ok(found @ Value::Object(_)) = serde_json::from_str(payload)
    {
        return Ok(found);
    }
    Ok(Value::Object(fields))
}

/// The fields of a form, or the parameters of a query.
fn fields(text: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        add(&mut fields, &name, &value);
    }
    fields
}

fn add(fields: &mut Map<String, Value>, name: &str, value: &str) {
    match fields.get_mut(name) {
        None => {
            fields.insert(name.to_owned(), value.into());
        }
        Some(Value::Array(values)) => values.push(value.into()),
        Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
    }
}

/// What a run knows of a delivery beside its body: the headers and the query, without what is secret in them.
pub(crate) fn context(webhook: &Webhook, headers: &HeaderMap, query: Option<&str>) -> Value {
    let own = webhook.verify.as_ref();
    let own = own.and_then(|verify| verify.header.as_deref());
    let is_open = |name: &str| {
        let small = name.to_ascii_lowercase();
        own != Some(small.as_str()) && !sounds_secret(&small)
    };
    let mut shown = Map::new();
    for (name, value) in headers.iter().filter(|(name, _)| is_open(name.as_str())) {
        add(
            &mut shown,
            name.as_str(),
            &String::from_utf8_lossy(value.as_bytes()),
        );
    }
    let mut query = fields(query.unwrap_or_default());
    query.retain(|name, _| is_open(name));
    serde_json::json!({ "headers": shown, "query": query })
}

/// Whether a name, in small letters, is one of what nobody should see. Rather one too many than one too few.
fn sounds_secret(name: &str) -> bool {
    let last = name.rsplit(['-', '_']).next().unwrap_or_default();
    let is_end = SECRET_ENDS.contains(&last) && !KEYS.contains(&name);
    is_end || SECRETS.iter().any(|word| name.contains(word))
}

/// What makes a delivery and another one the same, where anything does.
pub(crate) fn key(
    webhook: &Webhook,
    headers: &HeaderMap,
    body: &Value,
) -> Result<Option<Key>, Unread> {
    let provider = webhook.verify.as_ref().map(|verify| verify.provider);
    if let Some(header) = &webhook.idempotency_header
        && let Some(text) = header_text(headers, header)?
    {
        let is_signed = false;
        return Ok(Some(Key { text, is_signed }));
    }
    // A header could be changed on the way; what the provider has signed could not.
    let signed = match provider {
        Some(Provider::Stripe) => body.get("id").and_then(Value::as_str).map(str::to_owned),
        Some(Provider::Slack) => body
            .get("event_id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        Some(Provider::Standard) => header_text(headers, "webhook-id")?,
        Some(
            Provider::Github
            | Provider::Gitlab
            | Provider::Shopify
            | Provider::Hmac
            | Provider::Header
            | Provider::Token,
        )
        | None => None,
    };
    if let Some(text) = signed {
        let is_signed = true;
        return Ok(Some(Key { text, is_signed }));
    }
    for name in KEYS.iter().chain(&DELIVERIES) {
        if let Some(text) = header_text(headers, name)? {
            let is_signed = false;
            return Ok(Some(Key { text, is_signed }));
        }
    }
    Ok(None)
}

fn header_text(headers: &HeaderMap, name: &str) -> Result<Option<String>, Unread> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = value.to_str();
    let text = text.map_err(|_| Unread::Malformed(format!("the header `{name}` is no ASCII")))?;
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use pawl_compiler::triggers::Respond;
    use serde_json::json;

    use super::*;

    fn typed(kind: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))])
    }

    #[test]
    fn bodies_are_json_or_forms() {
        const FORM: &str = "application/x-www-form-urlencoded";
        let rows = [
            ("application/json", r#"{"a":1}"#, Ok(json!({ "a": 1 }))),
            ("application/json; charset=utf-8", "[1]", Ok(json!([1]))),
            ("application/vnd.api+json", "{}", Ok(json!({}))),
            ("application/json", "", Ok(json!({}))),
            ("application/json", "{", Err(false)),
            (
                FORM,
                "a=1&b=x+y%21&a=2&c",
                Ok(json!({ "a": ["1", "2"], "b": "x y!", "c": "" })),
            ),
            (FORM, "payload=%7B%22a%22%3A1%7D", Ok(json!({ "a": 1 }))),
            (
                FORM,
                "payload=%7B%7D&b=1",
                Ok(json!({ "payload": "{}", "b": "1" })),
            ),
            (FORM, "payload=hello", Ok(json!({ "payload": "hello" }))),
            ("text/plain", "{}", Err(true)),
            ("multipart/form-data; boundary=x", "--x", Err(true)),
        ];
        for (kind, body, expected) in rows {
            let found = read(&typed(kind), body.as_bytes());
            let found = found.map_err(|unread| unread == Unread::Unsupported);
            assert_eq!(found, expected, "{kind} {body}");
        }
        assert_eq!(read(&HeaderMap::new(), b"").ok(), Some(json!({})));
        assert!(read(&HeaderMap::new(), b"{}").is_err());
    }

    #[test]
    fn a_run_sees_no_secret_of_its_delivery() {
        let webhook = Webhook {
            step: "start".to_owned(),
            path: "/a".to_owned(),
            verify: serde_json::from_value(
                json!({ "provider": "header", "header": "x-special", "toleranceSeconds": 300 }),
            )
            .expect("a rule"),
            idempotency_header: None,
            respond: Respond::Accepted,
            max_per_minute: None,
            place: pawl_compiler::definition::Place::default(),
        };
        let mut headers = typed("application/json");
        for name in [
            "authorization",
            "cookie",
            "x-hub-signature-256",
            "x-gitlab-token",
            "x-special",
            "x-api-key",
            "x-functions-key",
            "x-shopify-hmac-sha256",
        ] {
            headers.insert(name, HeaderValue::from_static("hidden"));
        }
        headers.insert("x-github-event", HeaderValue::from_static("push"));
        headers.insert("idempotency-key", HeaderValue::from_static("k-1"));
        let context = context(
            &webhook,
            &headers,
            Some("a=1&a=2&token=hidden&sig=hidden&access_key=hidden&author=Ada"),
        );
        let expected = json!({
            "headers": { "content-type": "application/json", "x-github-event": "push", "idempotency-key": "k-1" },
            "query": { "a": ["1", "2"], "author": "Ada" },
        });
        assert_eq!(context, expected);
    }
}
