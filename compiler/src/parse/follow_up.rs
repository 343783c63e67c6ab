//! `onComplete` and `onError`: the workflows that follow a run.

use pawl_contract::{FollowUps, identifier};

use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};

/// What follows runs of the workflow of this name.
pub(super) fn follow_ups(
    config: &Node,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> FollowUps {
    let mut named = |field: &str| {
        let node = config.get(field).filter(|node| !node.is_null())?;
        let wrong = |message: String, help: &str| {
            let found = Diagnostic::error(codes::INVALID_VALUE, message);
            found.on(node).help(help)
        };
        let workflow = match &node.data {
            Data::String(workflow) if !workflow.trim().is_empty() => workflow,
            Data::Array(_) | Data::Object(_) => {
                let message = format!(
                    "`{field}` is the name of a workflow, or a list of steps, not {}",
                    match &node.data {
                        Data::Array(elements) if elements.is_empty() => "an empty list",
                        Data::Array(_) => "a list of something else",
                        Data::Null
                        | Data::Bool(_)
                        | Data::Number(_)
                        | Data::String(_)
                        | Data::Object(_) => node.noun(),
                    }
                );
                let help = "write the steps as a list: `[{ \"stepSlug\": \"tell\", \"stepType\": \"action\", ... }]`";
                diagnostics.push(wrong(message, help));
                return None;
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {
                let message = format!("`{field}` is the name of a workflow");
                diagnostics.push(wrong(message, "write it as its own definition does"));
                return None;
            }
        };
        if workflow.contains("{{") {
            let message = format!("`{field}` is a name, and not computed");
            let help = "let that workflow decide by its input, which says how the run ended";
            diagnostics.push(wrong(message, help));
            return None;
        }
        if identifier(workflow) == identifier(name) {
            let message = format!("the workflow would follow itself, again and again: `{field}`");
            let help = if field == "onError" {
                "name another one, or give its steps a `retryPolicy`"
            } else {
                "name another one, or give it a schedule"
            };
            diagnostics.push(wrong(message, help));
            return None;
        }
        Some(workflow.clone())
    };
    FollowUps {
        on_complete: named("onComplete"),
        on_error: named("onError"),
    }
}
