//! The names that an expression can begin with, besides variables and the names that loops bind.

/// What `steps.<slug>` has.
pub const STEP_MEMBERS: [&str; 7] = [
    "output", "error", "meta", "stepType", "name", "status", "visits",
];

/// What `steps.<slug>.error` has.
pub const ERROR_MEMBERS: [&str; 2] = ["code", "message"];

/// What `trigger` has.
pub const TRIGGER_MEMBERS: [&str; 5] = ["type", "data", "body", "context", "timestamp"];

/// What `loop` has.
pub const LOOP_MEMBERS: [&str; 6] = ["item", "index", "items", "state", "parent", "ownerStepSlug"];

/// What `loop.state` has.
pub const STATE_MEMBERS: [&str; 5] = [
    "currentIndex",
    "totalItems",
    "iterations",
    "batchesProcessed",
    "isComplete",
];

/// What a condition gives.
pub const CONDITION_MEMBERS: [&str; 5] =
    ["passed", "expression", "description", "message", "error"];

/// What a switch gives.
pub const SWITCH_MEMBERS: [&str; 5] = ["case", "expression", "description", "message", "errors"];

/// What a loop gives.
pub const LOOP_OUTPUT_MEMBERS: [&str; 4] = ["state", "item", "results", "errors"];

/// What a request gives.
pub const REQUEST_MEMBERS: [&str; 6] = ["status", "headers", "body", "file", "contentType", "url"];

/// The fields of an approval that can say what is to be decided, the one to prefer first.
pub const QUESTION: [&str; 4] = ["message", "prompt", "description", "title"];

/// What an approval gives.
pub const APPROVAL_MEMBERS: [&str; 8] = [
    "decision",
    "approved",
    "edited",
    "payload",
    "form",
    "comment",
    "decidedBy",
    "decidedAt",
];

/// What a delay gives.
pub const DELAY_MEMBERS: [&str; 2] = ["seconds", "until"];

/// What a parallel step gives.
pub const PARALLEL_MEMBERS: [&str; 1] = ["branches"];

/// The root names that every step can read.
///
/// `now` and `$now` are the same moment, as ISO 8601; `nowMs` is it in milliseconds. `$uuid` is an id of the visit.
pub const ROOTS: [&str; 18] = [
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
    "executionId",
    "userId",
    "threadId",
    "now",
    "$now",
    "nowMs",
    "$uuid",
];
