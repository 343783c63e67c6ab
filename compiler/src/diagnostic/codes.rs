//! The codes of diagnostics. Each has a page in `docs/errors/`; none changes its meaning or is used again.

/// The text is not JSON or YAML.
pub const SYNTAX: &str = "syntax";
/// A value is not of the type or form that its place asks for.
pub const INVALID_VALUE: &str = "invalid-value";
/// Something that a definition or step cannot do without is missing.
pub const MISSING_FIELD: &str = "missing-field";
/// A field that nothing reads.
pub const UNKNOWN_FIELD: &str = "unknown-field";
/// A step type that does not exist.
pub const UNKNOWN_STEP_TYPE: &str = "unknown-step-type";
/// Two steps with one slug.
pub const DUPLICATE_STEP: &str = "duplicate-step";
/// A step continues to a step that does not exist.
pub const UNKNOWN_STEP: &str = "unknown-step";
/// A port that steps of this kind do not have.
pub const UNKNOWN_PORT: &str = "unknown-port";
/// A port that must lead somewhere and leads nowhere.
pub const MISSING_PORT: &str = "missing-port";
/// A template or expression that cannot be read.
pub const EXPRESSION_SYNTAX: &str = "expression-syntax";
/// A reference to something that does not exist.
pub const UNKNOWN_REFERENCE: &str = "unknown-reference";
/// A reference to a step that cannot have run before.
pub const NEVER_RAN: &str = "never-ran";
/// A reference to a loop from outside of it.
pub const OUTSIDE_LOOP: &str = "outside-loop";
/// An action or operation that does not exist.
pub const UNKNOWN_ACTION: &str = "unknown-action";
/// A step that no path leads to.
pub const UNREACHABLE_STEP: &str = "unreachable-step";
/// A cycle that nothing can leave.
pub const ENDLESS_CYCLE: &str = "endless-cycle";
/// A loop that no step leads back to.
pub const UNRETURNED_LOOP: &str = "unreturned-loop";
/// An edge into a loop that could start it or go on with it.
pub const AMBIGUOUS_LOOP_EDGE: &str = "ambiguous-loop-edge";
/// Something that this version knows but cannot do yet, so that its step must be mocked.
pub const NOT_YET: &str = "not-yet";
/// A mock that cannot be used.
pub const INVALID_MOCK: &str = "invalid-mock";
/// The machine exceeds a limit of Step Functions.
pub const MACHINE_LIMIT: &str = "machine-limit";

/// Every code.
pub const ALL: [&str; 21] = [
    SYNTAX,
    INVALID_VALUE,
    MISSING_FIELD,
    UNKNOWN_FIELD,
    UNKNOWN_STEP_TYPE,
    DUPLICATE_STEP,
    UNKNOWN_STEP,
    UNKNOWN_PORT,
    MISSING_PORT,
    EXPRESSION_SYNTAX,
    UNKNOWN_REFERENCE,
    NEVER_RAN,
    OUTSIDE_LOOP,
    UNKNOWN_ACTION,
    UNREACHABLE_STEP,
    ENDLESS_CYCLE,
    AMBIGUOUS_LOOP_EDGE,
    UNRETURNED_LOOP,
    NOT_YET,
    INVALID_MOCK,
    MACHINE_LIMIT,
];
