//! `lints`: findings that the author knows of and accepts, with the reason.

use crate::definition::{Allowance, Place};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Node};

const FIELDS: [&str; 3] = ["allow", "step", "reason"];

/// Understands `[{allow, step?, reason}]`. It is ours alone, so unknown fields are errors.
pub(super) fn allowances(
    lints: Option<&Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Allowance> {
    const HELP: &str =
        "write `[{ \"allow\": \"no-error-port\", \"step\": \"send_email\", \"reason\": \"...\" }]`";
    let Some(lints) = lints.filter(|lints| !lints.is_null()) else {
        return Vec::new();
    };
    if !matches!(lints.data, Data::Array(_)) {
        let message = format!("`lints` is a list, not {}", lints.noun());
        diagnostics.push(
            Diagnostic::error(codes::INVALID_ALLOWANCE, message)
                .on(lints)
                .help(HELP),
        );
    }
    let entries = lints.elements().iter();
    entries
        .filter_map(|node| allowance(node, diagnostics))
        .collect()
}

fn allowance(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Allowance> {
    for entry in node.entries() {
        if !FIELDS.contains(&entry.key.as_str()) {
            let message = format!("an allowance has no field `{}`", entry.key);
            diagnostics.push(
                Diagnostic::error(codes::INVALID_ALLOWANCE, message)
                    .at(entry.node.pointer.clone(), entry.key_span.clone())
                    .help("it has `allow`, `step` and `reason`"),
            );
        }
    }
    let mut refuse = |at: &Node, message: &str, help: &str| {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_ALLOWANCE, message)
                .on(at)
                .help(help),
        );
    };
    let text = |field: &str| node.get(field).and_then(Node::as_str);
    let Some(code) = text("allow") else {
        refuse(
            node,
            "the allowance does not say what it allows",
            "add `\"allow\": \"no-error-port\"`",
        );
        return None;
    };
    if text("reason").is_none_or(|reason| reason.trim().is_empty()) {
        let help = "say why, for whoever reads it next: `\"reason\": \"...\"`";
        refuse(node, "the allowance gives no `reason`", help);
    }
    if let Some(step) = node.get("step").filter(|step| step.as_str().is_none()) {
        refuse(
            step,
            "`step` is the slug of a step",
            "leave it out to allow it everywhere",
        );
    }
    let place = node.get("allow").map(Place::from).unwrap_or_default();
    if !codes::ALL.contains(&code) {
        let message = format!("there is no finding `{code}`");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_ALLOWANCE, message)
                .at(place.pointer, place.span)
                .help("`pawl explain` lists them")
                .meant(code, near(code, codes::ALL.iter().copied())),
        );
        return None;
    }
    Some(Allowance {
        code: code.to_owned(),
        step: text("step").map(str::to_owned),
        step_place: node.get("step").map(Place::from).unwrap_or_default(),
        place,
    })
}
