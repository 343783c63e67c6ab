//! The words by which authors name the ports of a step.

use super::super::words::What;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::list;
use crate::shape::near_ours;
use crate::source::Entry;

/// Words for the port by which a step is left when all is well.
const ONWARDS: [&str; 10] = [
    "success",
    "succeeded",
    "on_success",
    "ok",
    "next",
    "then",
    "default",
    "main",
    "out",
    "output",
];

/// The port that a word names; none where the step has no such port.
pub(super) fn port(word: &str, what: What) -> Option<&'static str> {
    Some(match word {
        "error" | "failure" | "failed" | "on_error" | "on_failure" => "error",
        "true" | "yes" | "then" if what == What::Condition => "true",
        "false" | "no" | "else" if what == What::Condition => "false",
        "approved" | "approve" | "accepted" | "yes" if what == What::Approval => "approved",
        "rejected" | "denied" | "reject" | "no" | "else" if what == What::Approval => "rejected",
        "timeout" if what == What::Approval => "timeout",
        "body" | "loop" | "each" if what == What::Loop => "next",
        "done" | "complete" | "completed" | "after" | "else" if what == What::Loop => "done",
        "branches" if what == What::Parallel => what.main_port(),
        "completed" | "complete" | "done" if what.main_port() == "success" => "success",
        // One that chooses goes on by either of two.
        word if ONWARDS.contains(&word) && what != What::Condition => what.main_port(),
        _ => return None,
    })
}

/// Says that a step has no such port, and which it has.
pub(super) fn unknown(entry: &Entry, step: &str, what: What) -> Diagnostic {
    let word = entry.key.as_str();
    let ports = what.ports();
    let message = format!("step `{step}` has no port `{word}`");
    Diagnostic::error(codes::UNKNOWN_PORT, message)
        .at(entry.node.pointer.clone(), entry.key_span.clone())
        .help(format!("its ports are {}", list(&ports)))
        .meant(word, near_ours(word, ports.iter().copied()))
}
