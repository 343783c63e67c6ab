//! `cache`: how long what a step gave may be given again instead of asking anew.

use pawl_contract::catalogue::Effect;
use pawl_contract::{Kind, span};

use super::{operation, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Node};

const FIELDS: &[Field] = &[("ttl", Shape::Any), ("key", Shape::Any)];

/// Checks `cache`, which is `{ "ttl": "15m", "key": ... }`.
pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(cache) = step.config.get("cache").filter(|node| node.is_object()) else {
        return;
    };
    if let Some(why) = acting(step) {
        let message = format!(
            "what step `{}` does cannot be kept instead of done",
            step.slug
        );
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(cache)
                .help(why),
        );
        return;
    }
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

/// Why giving an answer again would leave something undone.
fn acting(step: &Step) -> Option<&'static str> {
    match step.kind {
        Kind::Action => {
            let acts = operation(step).is_some_and(|found| found.effect != Effect::Read);
            acts.then_some("leave `cache` out: this operation writes or sends something")
        }
        Kind::Llm => {
            let tools = step.config.get("tools");
            let uses = tools.is_some_and(|tools| !tools.is_null() && !tools.elements().is_empty());
            uses.then_some("leave `cache` out: tools may write or send something")
        }
        Kind::Trigger
        | Kind::Request
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform => None,
    }
}

fn is_span(node: &Node) -> bool {
    match &node.data {
        Data::String(text) => span::seconds(text).is_some_and(|seconds| seconds > 0),
        Data::Number(number) => number.as_u64().is_some_and(|seconds| seconds > 0),
        Data::Null | Data::Bool(_) | Data::Array(_) | Data::Object(_) => false,
    }
}
