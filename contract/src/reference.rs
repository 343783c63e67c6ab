//! The names that an expression can begin with, besides variables and the names that loops bind.

/// The root names that every step can read.
///
/// `now` and `$now` are the same moment, as ISO 8601; `nowMs` is it in milliseconds.
pub const ROOTS: [&str; 16] = [
    "input",
    "steps",
    "loop",
    "trigger",
    "variables",
    "config",
    "secrets",
    "lastOutput",
    "organizationId",
    "wfDefinitionId",
    "rootWfDefinitionId",
    "userId",
    "threadId",
    "now",
    "$now",
    "nowMs",
];
