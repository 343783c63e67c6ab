//! Retries, deadlines, and what becomes of the run when a step fails.

use super::super::Translation;
use super::super::build::{Object, number, text};
use super::super::seconds::milliseconds;
use super::given;
use super::steps::Step;
use crate::definition::LONGEST_STEP_SECONDS;
use crate::source::{Data, Node};

/// The fields of the longer form of a retry policy.
const LONG: [&str; 4] = [
    "max_retries",
    "retry_strategy",
    "retry_delay_seconds",
    "max_retry_delay_seconds",
];

/// What is tried again where nobody says anything: three times, with one second doubling up to a minute.
pub(super) fn usual(
    root: &Node,
    steps: &[Step<'_>],
    translation: &mut Translation<'_>,
) -> Option<Node> {
    if !steps.iter().any(|step| step.what.acts()) {
        return None;
    }
    translation.differs(
        "retried-by-default",
        root.get("steps").unwrap_or(root),
        "an agent, a tool or a request that says nothing of retries is tried again three times, as there; what may have acted is not repeated blindly",
    );
    let mut policy = Object::of(root);
    policy.put("maxRetries", number(root, 3));
    policy.put("backoffMs", number(root, 1000));
    policy.put("maxBackoffMs", number(root, 60_000));
    Some(policy.build())
}

/// A step's own retry policy.
pub(super) fn retry(step: &Step<'_>, translation: &mut Translation<'_>) -> Option<Node> {
    if let Some(retry) = given(step.node, "retry").or_else(|| step.get("retry")) {
        return Some(short(retry));
    }
    let written = LONG.iter().find_map(|field| given(step.node, field))?;
    let mut policy = Object::of(written);
    let field = |name: &str| given(step.node, name);
    let strategy = field("retry_strategy").and_then(Node::as_str);
    if strategy == Some("none") {
        policy.put("maxRetries", number(written, 0));
        return Some(policy.build());
    }
    policy.put(
        "maxRetries",
        field("max_retries")
            .cloned()
            .unwrap_or_else(|| number(written, 3)),
    );
    let delay = field("retry_delay_seconds").and_then(milliseconds);
    policy.put("backoffMs", number(written, delay.unwrap_or(1000)));
    match strategy {
        Some("fixed_delay") => {
            policy.put("backoffRate", number(written, 1));
        }
        Some("linear_backoff") => {
            let node = field("retry_strategy").unwrap_or(written);
            translation.differs(
                "linear-backoff",
                node,
                "the waits between attempts stay the same instead of growing by as much each time",
            );
            policy.put("backoffRate", number(written, 1));
        }
        _ => {
            let most = field("max_retry_delay_seconds").and_then(milliseconds);
            policy.put("maxBackoffMs", number(written, most.unwrap_or(60_000)));
        }
    }
    Some(policy.build())
}

/// `{max_attempts, backoff_seconds}`: the first attempt is one of them.
fn short(retry: &Node) -> Node {
    let mut policy = Object::of(retry);
    for entry in retry.entries() {
        let node = &entry.node;
        match entry.key.as_str() {
            "max_attempts" => {
                let attempts = crate::shape::whole(node);
                let retries = attempts.map(|attempts| number(node, attempts.saturating_sub(1)));
                policy.put("maxRetries", retries.unwrap_or_else(|| node.clone()));
            }
            "max_retries" => {
                policy.rename(entry, "maxRetries");
            }
            "backoff_seconds" | "delay_seconds" => {
                let milliseconds = milliseconds(node).map(|time| number(node, time));
                policy.put("backoffMs", milliseconds.unwrap_or_else(|| node.clone()));
            }
            "max_backoff_seconds" => {
                let milliseconds = milliseconds(node).map(|time| number(node, time));
                policy.put("maxBackoffMs", milliseconds.unwrap_or_else(|| node.clone()));
            }
            "backoff_multiplier" => {
                policy.rename(entry, "backoffRate");
            }
            _ => {
                policy.rename(entry, entry.key.clone());
            }
        }
    }
    policy.build()
}

/// How long a step that acts may take.
pub(super) fn deadline(step: &Step<'_>, translation: &mut Translation<'_>) -> Option<Node> {
    let node = given(step.node, "timeout_seconds")
        .or_else(|| step.first(&["timeout_seconds", "timeout"]))?;
    let seconds = milliseconds(node)?.div_ceil(1000);
    if seconds > LONGEST_STEP_SECONDS {
        translation.differs(
            "a-step-has-14-minutes",
            node,
            format!("the step is given up after {LONGEST_STEP_SECONDS} seconds, since a Lambda ends after 15 minutes"),
        );
    }
    Some(number(node, seconds.clamp(1, LONGEST_STEP_SECONDS)))
}

/// How long a person may take; two minutes where nobody says more.
pub(super) fn patience(step: &Step<'_>) -> (&'static str, Node) {
    written_patience(step).unwrap_or_else(|| ("timeoutSeconds", number(step.node, 120)))
}

/// How long a step may wait, where its author says so.
pub(super) fn written_patience(step: &Step<'_>) -> Option<(&'static str, Node)> {
    let units = [
        ("timeout_days", "timeoutDays"),
        ("timeout_hours", "timeoutHours"),
        ("timeout_minutes", "timeoutMinutes"),
    ];
    for (field, native) in units {
        if let Some(node) = step.get(field) {
            return Some((native, node.clone()));
        }
    }
    let node = step.first(&["timeout_seconds", "timeout"])?;
    let time = milliseconds(node)?;
    Some(("timeoutSeconds", number(node, time.div_ceil(1000))))
}

/// Whether the run goes on when the step fails.
pub(super) fn may_fail(step: &Step<'_>) -> bool {
    given(step.node, "critical").is_some_and(|critical| critical.data == Data::Bool(false))
}

/// A note for whoever reads the converted definition.
pub(super) fn description(step: &Step<'_>) -> Option<Node> {
    let own = given(step.node, "description").filter(|node| node.as_str().is_some());
    own.map(|node| text(node, node.as_str().unwrap_or_default()))
}
