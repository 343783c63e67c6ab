//! Webhooks: who may start runs.

use pawl_contract::Kind;

use super::Facts;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// A webhook that verifies nothing starts a run for everybody who knows, or guesses, its path.
pub(super) fn open(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    // Only the first trigger begins runs.
    let trigger = facts.steps().find(|(_, step)| step.kind == Kind::Trigger);
    let Some((_, step)) = trigger else {
        return;
    };
    let kind = step.config.get("type");
    let Some(kind) = kind.filter(|kind| kind.as_str() == Some("webhook")) else {
        return;
    };
    let is_verified = step.config.get("verify").is_some_and(Node::is_object);
    if is_verified {
        return;
    }
    let message = "this webhook verifies nothing: everybody who knows its path can start runs";
    diagnostics.push(
        Diagnostic::warning(codes::OPEN_WEBHOOK, message)
            .on(kind)
            .help(
                "say who signs what it gets by `verify`, or `\"verify\": { \"provider\": \"token\" }` for an address that nobody can guess",
            ),
    );
}
