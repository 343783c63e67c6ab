//! What the compiler chose for each step, as people and as scripts read it.

use pawl_compiler::lower::Decision;
use serde_json::{Value, json};

/// What a line is about that is about the whole run.
const RUN: &str = "(run)";

/// A line for each decision; a step is named once.
///
/// ```text
/// each_order    becomes a cycle with a Choice: each iteration sees what the one before it left, ...
///               has a Task of its own, since nothing comes before it in its line
/// ```
pub fn text(decisions: &[Decision]) -> String {
    let subject = |decision: &Decision| decision.step.clone().unwrap_or_else(|| RUN.to_owned());
    let widest = decisions
        .iter()
        .map(|decision| subject(decision).chars().count());
    let widest = widest.max().unwrap_or(0);
    let mut last = String::new();
    let lines = decisions.iter().map(|decision| {
        let subject = subject(decision);
        let shown = if subject == last { "" } else { &subject };
        let line = format!("{shown:<widest$}  {}\n", decision.text);
        last = subject;
        line
    });
    lines.collect()
}

/// The same for scripts.
pub fn to_json(decisions: &[Decision]) -> Value {
    let decisions = decisions.iter().map(|decision| {
        let Decision { step, choice, text } = decision;
        json!({ "step": step, "choice": choice, "text": text })
    });
    decisions.collect()
}
