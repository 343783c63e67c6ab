//! `cache`: how long what a step gave may be given again instead of asking anew.

use pawl_contract::span;

use super::super::wrong;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Node};

const FIELDS: &[Field] = &[("ttl", Shape::Any), ("key", Shape::Any)];

/// Checks `cache`, which is `{ "ttl": "15m", "key": ... }`.
pub(crate) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(cache) = step.config.get("cache").filter(|node| node.is_object()) else {
        return;
    };
    fields::check(cache, FIELDS, "`cache`", Templates::Allowed, diagnostics);
    let Some(ttl) = cache.get("ttl").filter(|node| !node.is_null()) else {
        if !fields::is_misspelt(cache, "ttl", diagnostics) {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, "`cache` has no `ttl`")
                    .on(cache)
                    .help("say how long an answer may be given again: `\"ttl\": \"15m\"`"),
            );
        }
        return;
    };
    if !is_span(ttl) {
        let message = "`ttl` is a time such as `90s`, `15m`, `12h` or `7d`, or a number of seconds";
        diagnostics.push(wrong(ttl, message));
    }
}

fn is_span(node: &Node) -> bool {
    match &node.data {
        Data::String(text) => span::seconds(text).is_some_and(|seconds| seconds > 0),
        Data::Number(number) => number.as_u64().is_some_and(|seconds| seconds > 0),
        Data::Null | Data::Bool(_) | Data::Array(_) | Data::Object(_) => false,
    }
}
