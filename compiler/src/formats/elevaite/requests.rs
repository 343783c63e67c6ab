//! Calls of other systems' addresses.

use super::super::build::{Object, text};
use super::steps::Step;
use super::texts::{MAPPING, Names, Texts};

/// A call over HTTP.
pub(super) fn request(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let fields = [
        (&["url", "endpoint"][..], "url"),
        (&["method", "http_method"], "method"),
        (&["headers"], "headers"),
        (&["query_params", "query", "params"], "query"),
        (&["body", "payload", "data", "json"], "body"),
        (&["form", "form_data"], "form"),
        (&["auth"], "auth"),
        (&["expected_status"], "expectedStatus"),
        (&["response_type"], "response"),
        (&["idempotency_key"], "idempotencyKey"),
    ];
    for (written, native) in fields {
        config.maybe(
            native,
            step.first(written).map(|node| texts.value(node, &names)),
        );
    }
    let method = step.first(&["method", "http_method"]);
    if let Some((node, word)) = method.and_then(|node| Some((node, node.as_str()?))) {
        config.put("method", text(node, word.to_uppercase()));
    }
    if !config.has("body")
        && let Some(mapping) = step
            .get("input_mapping")
            .filter(|mapping| !mapping.entries().is_empty())
    {
        config.put("body", texts.mapping(mapping, &Names::default(), MAPPING));
    }
    config
}
