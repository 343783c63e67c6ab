//! `request`: calls an HTTP endpoint.

mod auth;
mod body;

use super::action::is_encrypted;
use super::{required, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::source::{Data, Node};

/// The methods that a request may have.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Headers that belong to the connection.
const OURS: [&str; 6] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
];

/// The fields in which a secret may stand: they are sent, and recorded as they are written.
const SINKS: [&str; 7] = [
    "url",
    "headers",
    "query",
    "body",
    "form",
    "multipart",
    "auth",
];

/// The fields of a request step's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("url", Shape::Text),
    ("method", Shape::OneOf(METHODS)),
    ("headers", Shape::Object),
    ("query", Shape::Object),
    ("body", Shape::Any),
    ("form", Shape::Object),
    ("multipart", Shape::Object),
    ("auth", Shape::Object),
    ("idempotencyKey", Shape::Either(&[Shape::Flag, Shape::Text])),
    ("retries", Shape::Between(0, 10)),
    ("redirects", Shape::Between(0, 20)),
    (
        "expectedStatus",
        Shape::Either(&[Shape::Between(100, 599), Shape::Text, Shape::List]),
    ),
    ("response", Shape::OneOf(&["auto", "json", "text", "file"])),
    ("maxBytes", Shape::Between(1, 100 * 1024 * 1024)),
    ("cache", Shape::Object),
    ("onUnknown", Shape::OneOf(&["retry", "skip", "ask"])),
];

/// Whether a value of a request step's configuration goes nowhere but to the server.
pub(super) fn is_sink(step: &Step, pointer: &str) -> bool {
    let inside = pointer.strip_prefix(step.config.pointer.as_str());
    let field = inside.and_then(|inside| inside.split('/').nth(1));
    field.is_some_and(|field| SINKS.contains(&field))
}

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "say what to call: `\"url\": \"https://api.example.com/orders\"`";
    if let Some(url) = required(step, "url", help, diagnostics) {
        diagnostics.extend(wrong_url(url));
    }
    for field in ["headers", "query"] {
        let values = step.config.get(field).map(Node::entries);
        for entry in values.unwrap_or_default() {
            let is_list = field == "query" && matches!(entry.node.data, Data::Array(_));
            if OURS.iter().any(|own| entry.key.eq_ignore_ascii_case(own)) && field == "headers" {
                let message = format!("the header `{}` is not a step's to give", entry.key);
                diagnostics.push(
                    Diagnostic::error(codes::INVALID_VALUE, message)
                        .at(entry.node.pointer.clone(), entry.key_span.clone())
                        .help("leave it out: it belongs to the connection"),
                );
            }
            if !is_plain(&entry.node) && !is_list && !is_encrypted(&entry.node) {
                let message = format!("`{}` is a text, a number or a flag", entry.key);
                diagnostics.push(wrong(&entry.node, &message));
            }
        }
    }
    for status in statuses(step) {
        if !is_status(status) {
            let message =
                "a status is a number such as `404`, or a class of them such as `\"2xx\"`";
            diagnostics.push(wrong(status, message));
        }
    }
    body::check(step, diagnostics);
    auth::check(step, diagnostics);
}

/// What cannot be called, as far as the address is known before a run.
fn wrong_url(url: &Node) -> Option<Diagnostic> {
    let text = url.as_str()?;
    if text.trim_start().starts_with("{{") {
        return None;
    }
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| text.get(scheme.len()..))?
    });
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        let message = "`url` begins with `https://` or `http://`, and names a host";
        return Some(Diagnostic::error(codes::INVALID_VALUE, message).on(url));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@').then(|| {
        let message = "a URL holds no user and no password";
        Diagnostic::error(codes::INVALID_VALUE, message)
            .on(url)
            .help("put them into `auth`: `{ \"type\": \"basic\", \"username\": ..., \"password\": \"{{secrets.<name>}}\" }`")
    })
}

/// Whether a value can stand in a line of text.
fn is_plain(node: &Node) -> bool {
    match node.data {
        Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::Null => true,
        Data::Array(_) | Data::Object(_) => false,
    }
}

/// The statuses that are fine, one or several.
fn statuses(step: &Step) -> Vec<&Node> {
    match step.config.get("expectedStatus") {
        None => Vec::new(),
        Some(node) => match &node.data {
            Data::Array(listed) => listed.iter().collect(),
            Data::Null => Vec::new(),
            Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Object(_) => vec![node],
        },
    }
}

fn is_status(node: &Node) -> bool {
    match &node.data {
        Data::Number(number) => number
            .as_u64()
            .is_some_and(|status| (100..600).contains(&status)),
        Data::String(text) if text.contains("{{") => true,
        Data::String(text) => {
            let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
            let number = text.parse::<u16>().ok();
            class.is_some_and(|class| ["1", "2", "3", "4", "5"].contains(&class))
                || number.is_some_and(|status| (100..600).contains(&status))
        }
        Data::Null | Data::Bool(_) | Data::Array(_) | Data::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, Severity, compile};

    #[test]
    fn a_request_that_cannot_be_made_is_refused() {
        let rows = [
            (r#""url": "https://api.example.com/a""#, &[][..]),
            (
                r#""url": "{{input.url}}/a", "method": "POST", "body": {"a": 1}"#,
                &[],
            ),
            (r#""method": "GET""#, &["step `call` has no `url`"]),
            (
                r#""url": "ftp://example.com""#,
                &["`url` begins with `https://` or `http://`, and names a host"],
            ),
            (
                r#""url": "https://""#,
                &["`url` begins with `https://` or `http://`, and names a host"],
            ),
            (
                r#""url": "https://ada:pw@example.com/""#,
                &["a URL holds no user and no password"],
            ),
            (
                r#""url": "https://a.example", "method": "FETCH""#,
                &[
                    "`method` is one of `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, not the text `FETCH`",
                ],
            ),
            (
                r#""url": "https://a.example", "headers": {"X-A": {"b": 1}}"#,
                &["`X-A` is a text, a number or a flag, not an object"],
            ),
            (
                r#""url": "https://a.example", "headers": {"Host": "b.example", "X-Key": {"__secure": true, "encrypted": "x"}}"#,
                &["the header `Host` is not a step's to give"],
            ),
            (
                r#""url": "https://a.example", "expectedStatus": ["2xx", 404, "4x"]"#,
                &[
                    "a status is a number such as `404`, or a class of them such as `\"2xx\"`, not a string",
                ],
            ),
            (
                r#""url": "https://a.example", "body": "a", "form": {"b": 1}"#,
                &["step `call` has both `body` and `form`"],
            ),
            (
                r#""url": "https://a.example", "multipart": {"a": {"file": 1, "text": "b"}, "c": {"contentType": "d/e"}, "d": {"base64": "{{input.x}}"}}"#,
                &[
                    "a part has one of `text`, `base64` and `file`",
                    "a part has one of `text`, `base64` and `file`",
                ],
            ),
            (
                r#""url": "https://a.example", "auth": {"type": "basic", "username": "ada"}"#,
                &["`auth` of type `basic` needs `password`"],
            ),
            (
                r#""url": "https://a.example", "auth": {"type": "digest"}"#,
                &["`type` is one of `basic`, `bearer`, `header`, `oauth2`, not the text `digest`"],
            ),
            (
                r#""url": "https://a.example", "headers": {"authorization": "x"}, "auth": {"type": "bearer", "token": "{{input.t}}"}"#,
                &["`auth` gives the header `authorization`, which stands in `headers` too"],
            ),
            (
                r#""url": "https://a.example", "cache": {"ttl": "soon"}"#,
                &[
                    "`ttl` is a time such as `90s`, `15m`, `12h` or `7d`, or a number of seconds, not a string",
                ],
            ),
            (
                r#""url": "https://a.example", "cache": {"ttl": "15m", "key": "{{input.id}}"}"#,
                &[],
            ),
        ];
        for (config, expected) in rows {
            let step = format!(
                r#"{{"name": "Example", "steps": [{{"stepSlug": "call", "stepType": "api_call", "config": {{{config}}}}}]}}"#
            );
            let found = compile(&step, Notation::Json, Options::default()).diagnostics;
            let found: Vec<_> = found
                .iter()
                .filter(|one| one.severity == Severity::Error)
                .map(|one| one.message.as_str())
                .collect();
            assert_eq!(found, expected, "{config}");
        }
    }
}
