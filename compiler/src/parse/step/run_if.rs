//! `runIf`, `critical` and `onRejected`: a step that runs only if something holds, one that may fail, and one that goes on
//! whatever is decided.
//!
//! ```json
//! { "stepSlug": "send", "stepType": "action", "runIf": "input.send == true", ... }
//! ```
//! is a condition `send (if)`, to which everything leads that led to `send`, and which leads by `true` to `send` and by
//! `false` to what follows it. Nothing after this knows of it, but that the condition says of `send` that it was skipped.

use pawl_contract::Kind;

use crate::definition::{Edge, Origin, Place, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::parse::dependencies::onward;
use crate::source::{Data, Entry, Node};

/// What must hold for a step to run: the configuration of a condition.
pub(super) fn of_step(
    node: &Node,
    kind: Kind,
    slug: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let asked = node.get("runIf").filter(|asked| !asked.is_null())?;
    let wrong = |message: String, help: &str| {
        let wrong = Diagnostic::error(codes::INVALID_VALUE, message);
        wrong.on(asked).help(help)
    };
    if matches!(
        kind,
        Kind::Trigger | Kind::Condition | Kind::Switch | Kind::Loop
    ) {
        let message = format!(
            "step `{slug}` is of kind `{}`, and cannot be skipped",
            kind.name()
        );
        diagnostics.push(wrong(
            message,
            "put a step of type `condition` in front of it",
        ));
        return None;
    }
    match &asked.data {
        Data::Object(_) => Some(asked.clone()),
        Data::String(_) | Data::Bool(_) => Some(Node {
            data: Data::Object(vec![Entry {
                key: "expression".to_owned(),
                key_span: asked.span.clone(),
                node: asked.clone(),
            }]),
            ..asked.clone()
        }),
        Data::Null | Data::Number(_) | Data::Array(_) => {
            let message = format!("`runIf` is an expression, not {}", asked.noun());
            let help = "write an expression such as `\"input.total > 100\"`";
            diagnostics.push(wrong(message, help));
            None
        }
    }
}

/// Whether a run may go on behind a step that failed as if it had not.
pub(super) fn may_fail(
    node: &Node,
    kind: Kind,
    slug: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let critical = node.get("critical");
    let Some(critical) = critical.filter(|critical| critical.data == Data::Bool(false)) else {
        return false;
    };
    let leads = node.get("nextSteps").and_then(|next| next.get("error"));
    let wrong = |message: String, help: &str| {
        let wrong = Diagnostic::error(codes::INVALID_VALUE, message);
        wrong.on(critical).help(help)
    };
    if !kind.ports().contains(&"error") || onward(kind).is_none() {
        let message = format!(
            "a step of kind `{}` has no one step to go on with",
            kind.name()
        );
        diagnostics.push(wrong(message, "leave `critical` out"));
        return false;
    }
    if leads.is_some() {
        let message = format!("step `{slug}` says twice where it leads when it fails");
        let help = "keep the port `error`, or `\"critical\": false`";
        diagnostics.push(wrong(message, help));
        return false;
    }
    true
}

/// Refuses a step that goes on whatever is decided, and says where else it leads.
pub(super) fn rejected(node: &Node, config: &Node, slug: &str, diagnostics: &mut Vec<Diagnostic>) {
    let field = config.get("onRejected");
    let continues = field.filter(|field| field.as_str() == Some("continue"));
    let leads = node.get("nextSteps").and_then(|next| next.get("rejected"));
    if let (Some(continues), Some(_)) = (continues, leads) {
        let message = format!("step `{slug}` says twice where it leads when it is rejected");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(continues)
                .help("keep the port `rejected`, or `\"onRejected\": \"continue\"`"),
        );
    }
}

/// Lets steps go on that may fail, or be rejected, and puts conditions in front of those that may be skipped.
pub(in super::super) fn weave(steps: &mut Vec<Step>) {
    for step in steps.iter_mut().filter(|step| step.kind == Kind::Approval) {
        let field = step.config.get("onRejected").and_then(Node::as_str);
        if field == Some("continue") {
            let mut edge = step.onward_edge();
            "rejected".clone_into(&mut edge.port.0);
            step.ports.entry("rejected".to_owned()).or_insert(edge);
        }
    }
    for step in steps.iter_mut().filter(|step| step.may_fail) {
        let mut edge = step.onward_edge();
        // Its author wrote no such word.
        "error".clone_into(&mut edge.port.0);
        step.ports.insert("error".to_owned(), edge);
    }
    let asked: Vec<(usize, Node)> = steps
        .iter()
        .enumerate()
        .filter_map(|(id, step)| Some((id, step.run_if.clone()?)))
        .collect();
    // From the last to the first, since each moves those behind it.
    for (id, config) in asked.into_iter().rev() {
        let Some(step) = steps.get(id) else { continue };
        let condition = condition(step, config);
        let (slug, front) = (step.slug.clone(), condition.slug.clone());
        for step in steps.iter_mut() {
            for edge in step.ports.values_mut().chain(&mut step.branches) {
                if edge.target.as_ref() == Some(&slug) {
                    edge.target = Some(front.clone());
                }
            }
        }
        steps.insert(id, condition);
    }
}

/// The condition in front of a step.
fn condition(step: &Step, config: Node) -> Step {
    let place = Place::from(&config);
    let span = config.span.clone();
    let edge = |port: &str, target: Option<String>| Edge {
        target,
        port: (port.to_owned(), span.clone()),
        place: place.clone(),
    };
    let mut ports = vec![
        ("true".to_owned(), edge("true", Some(step.slug.clone()))),
        ("false".to_owned(), edge("false", step.onward_edge().target)),
    ];
    let error = step.ports.get("error");
    ports.extend(error.map(|error| ("error".to_owned(), edge("error", error.target.clone()))));
    let name = step.name.as_deref().unwrap_or(&step.slug);
    Step {
        name: Some(format!("Whether {name} runs")),
        order: step.order,
        ports: ports.into_iter().collect(),
        origin: Some(Origin::RunIf(step.slug.clone())),
        ..Step::made(
            format!("{} (if)", step.slug),
            Kind::Condition,
            place.clone(),
            config,
        )
    }
}
