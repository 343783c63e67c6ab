//! Where the branches of a parallel step begin.

use pawl_contract::Kind;

use crate::definition::{Edge, Place};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::BRANCHES;
use crate::source::{Data, Node};

/// The steps with which branches begin; none for steps of other kinds.
pub(super) fn branches(
    config: &Node,
    kind: Kind,
    slug: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    if kind != Kind::Parallel {
        return Vec::new();
    }
    let help = "name the step that each branch begins with: `\"branches\": [\"get_customer\", \"get_orders\"]`";
    let Some(given) = config.get("branches").filter(|given| !given.is_null()) else {
        let message = format!("step `{slug}` has no `branches`");
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(config)
                .help(help),
        );
        return Vec::new();
    };
    let elements = given.elements();
    if elements.is_empty() || elements.len() > BRANCHES.len() {
        let message = format!(
            "`branches` is a list of 1 to {} slugs, not {}",
            BRANCHES.len(),
            match elements.len() {
                0 if matches!(given.data, Data::Array(_)) => "an empty one".to_owned(),
                0 => given.noun().to_owned(),
                many => format!("{many} of them"),
            }
        );
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(given)
                .help(help),
        );
        return Vec::new();
    }
    let mut branches: Vec<Edge> = Vec::new();
    for element in elements {
        let Some(target) = element.as_str().filter(|target| !target.is_empty()) else {
            let message = format!("a branch begins with a step's slug, not {}", element.noun());
            diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(element));
            continue;
        };
        if branches
            .iter()
            .any(|branch| branch.target.as_deref() == Some(target))
        {
            let message = format!("two branches of `{slug}` begin with `{target}`");
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(element)
                    .help("use a copy of the step for each branch"),
            );
            continue;
        }
        branches.push(Edge {
            target: Some(target.to_owned()),
            port: (target.to_owned(), element.span.clone()),
            place: Place::from(element),
        });
    }
    branches
}
