//! Sentences that one step's own definition is enough for: where it comes from, what it waits for, how it is retried.

use pawl_contract::Kind;

use super::Say;
use crate::definition::{Crossing, Origin, Retry, Step};
use crate::lower::budget;

/// Why a step is there that no author wrote.
pub(super) fn origin(step: &Step, say: &mut Say<'_>) {
    match &step.origin {
        None => {}
        Some(Origin::Interrupt(slug)) => say(
            "interrupt",
            format!("was put in front of `{slug}`, which waits until somebody agrees"),
        ),
        Some(Origin::RunIf(slug)) => say(
            "run-if",
            format!("was put in front of `{slug}`, which is skipped where this does not hold"),
        ),
        Some(Origin::Together(members)) => say(
            "dependencies",
            format!(
                "was made for the lines that begin with {}, none of which waits for another",
                quoted(members)
            ),
        ),
        Some(Origin::Level {
            members,
            number,
            of,
            crossing:
                Crossing {
                    other,
                    shared,
                    both,
                    late,
                },
        }) => say(
            "levelled",
            format!(
                "was made for level {number} of {of}, {}: `{late}` waits for `{shared}` and not for `{other}`, while `{both}` waits for both, so that they make no lines; the edge from `{shared}` to `{late}` is what crosses",
                quoted(members)
            ),
        ),
    }
}

/// What waiting is.
pub(super) fn waits(step: &Step, say: &mut Say<'_>) {
    let (choice, whom) = match step.kind {
        Kind::Subflow => ("subflow", "the end of another run"),
        Kind::Signal => ("signal", "a message"),
        Kind::Trigger
        | Kind::Llm
        | Kind::Action
        | Kind::Request
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Approval
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => ("approval", "a decision"),
    };
    let until = budget::patience(step).map_or_else(
        || "however long it takes".to_owned(),
        |seconds| format!("{seconds} seconds at most"),
    );
    say(
        choice,
        format!(
            "becomes a Task that waits for {whom} by its token, {until}; nothing runs meanwhile"
        ),
    );
}

/// How failures are tried again, in words.
pub(super) fn retries(policy: &Retry) -> String {
    let seconds = policy.backoff_ms.div_ceil(1000).max(1);
    let growth = if (policy.backoff_rate - 1.0).abs() < f64::EPSILON {
        "each time".to_owned()
    } else {
        format!("and each time {} times as long", policy.backoff_rate)
    };
    let most = policy.max_backoff_ms.map_or_else(String::new, |most| {
        format!(", {} seconds at most", most.div_ceil(1000).max(seconds))
    });
    let jitter = if policy.jitter {
        ", less by chance"
    } else {
        ""
    };
    let on = policy.on.as_ref().map_or_else(
        || ", whatever failed".to_owned(),
        |codes| format!(", after {}", quoted(codes)),
    );
    let except = if policy.except.is_empty() {
        String::new()
    } else {
        format!(", not after {}", quoted(&policy.except))
    };
    let times = if policy.max_retries == 1 {
        "once".to_owned()
    } else {
        format!("up to {} times", policy.max_retries)
    };
    let unit = if seconds == 1 { "second" } else { "seconds" };
    format!("is tried again {times}, after {seconds} {unit} {growth}{most}{jitter}{on}{except}")
}

fn quoted(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    row(&words)
}

/// `a`, `b` and `c`.
pub(super) fn row(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
