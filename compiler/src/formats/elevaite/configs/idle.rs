//! Fields that do nothing here, each with the reason.

use super::super::super::Translation;
use super::super::steps::Step;
use super::super::texts::renamed;
use super::super::waits::mapped;
use super::super::words::What;

/// Fields of the format that nothing here has a use for.
const IDLE: [(&str, &str); 17] = [
    (
        "output_mapping",
        "of a subflow it gives names to paths, such as `{ \"id\": \"customer.id\" }`",
    ),
    ("jitter_seconds", "a schedule begins its runs on time"),
    (
        "need_history",
        "what was said before comes with a chat alone",
    ),
    ("allowed_modalities", "whoever sends files decides on them"),
    ("allowed_mime_types", "whoever sends files decides on them"),
    ("max_files", "whoever sends files decides on them"),
    ("per_file_size_mb", "whoever sends files decides on them"),
    ("total_size_mb", "whoever sends files decides on them"),
    (
        "connected_agents",
        "an agent uses tools; other agents are steps",
    ),
    (
        "poll_interval_seconds",
        "nobody polls: a decision goes on at once",
    ),
    ("stream", "what a model says can always be followed"),
    (
        "force_real_llm",
        "models are asked unless the step is mocked",
    ),
    ("tool_override", "it names the tool of a tool's step alone"),
    (
        "inherit_context",
        "a subflow is given what its mapping names, and no more",
    ),
    ("retry", AGAIN),
    ("max_retries", AGAIN),
    (
        "timeout_seconds",
        "a loop, or a parallel step, takes as long as what is in it",
    ),
];

/// Why a subflow is not tried again.
const AGAIN: &str = "another run of the workflow would repeat what the first one did; its own steps are tried again";

/// Says which fields of a step do nothing.
pub(super) fn idle(step: &Step<'_>, translation: &mut Translation<'_>) {
    for (field, why) in IDLE {
        // An output step has a mapping of its own, and a subflow's gives names.
        let is_used = match field {
            "output_mapping" => step.what == What::Output || renamed(step).is_some(),
            "need_history" => step.text("kind") == Some("chat"),
            "tool_override" => step.what == What::Tool,
            "inherit_context" => step.what == What::Subflow && mapped(step).is_none(),
            "retry" | "max_retries" => step.what != What::Subflow,
            "timeout_seconds" => !matches!(step.what, What::Loop | What::Parallel),
            _ => false,
        };
        let schedule = step
            .get("schedule")
            .and_then(|schedule| schedule.get(field));
        if let Some(node) = step.get(field).or(schedule).filter(|_| !is_used) {
            translation.differs(
                "fields-that-do-nothing",
                node,
                format!("`{field}` does nothing: {why}"),
            );
        }
    }
}
