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
/// A value of another type than its place can use.
pub const WRONG_TYPE: &str = "wrong-type";
/// A comparison of values that are never equal.
pub const IMPOSSIBLE_COMPARISON: &str = "impossible-comparison";
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
/// Steps that wait for each other.
pub const DEPENDENCY_CYCLE: &str = "dependency-cycle";
/// A loop that no step leads back to.
pub const UNRETURNED_LOOP: &str = "unreturned-loop";
/// An edge into a loop that could start it or go on with it.
pub const AMBIGUOUS_LOOP_EDGE: &str = "ambiguous-loop-edge";
/// Branches or iterations that do not run side by side as they are connected.
pub const UNSOUND_BRANCHES: &str = "unsound-branches";
/// Something that this version knows but cannot do yet, so that its step must be mocked.
pub const NOT_YET: &str = "not-yet";
/// A mock that cannot be used.
pub const INVALID_MOCK: &str = "invalid-mock";
/// The machine exceeds a limit of Step Functions.
pub const MACHINE_LIMIT: &str = "machine-limit";
/// A parameter that an operation does not have.
pub const UNKNOWN_PARAMETER: &str = "unknown-parameter";
/// A tool that does not exist.
pub const UNKNOWN_TOOL: &str = "unknown-tool";
/// A schema that no schema language knows.
pub const INVALID_SCHEMA: &str = "invalid-schema";
/// A reference to a step that may not have run before, on some path.
pub const MAY_NOT_HAVE_RUN: &str = "may-not-have-run";
/// A reference to a variable that cannot have a value yet.
pub const NEVER_SET: &str = "never-set";
/// A reference to a variable that may have no value yet, on some path.
pub const MAY_NOT_BE_SET: &str = "may-not-be-set";
/// Two writes of one thing in one step, or side by side, of which one is lost.
pub const LOST_WRITE: &str = "lost-write";
/// A name that hides another of the same spelling.
pub const SHADOWED_NAME: &str = "shadowed-name";
/// An integration that the definition uses and does not require.
pub const UNDECLARED_INTEGRATION: &str = "undeclared-integration";
/// Permission to ignore a finding that cannot be given, or that nothing needs.
pub const INVALID_ALLOWANCE: &str = "invalid-allowance";
/// A secret where it would be written down.
pub const EXPOSED_SECRET: &str = "exposed-secret";
/// A schedule that programs understand differently.
pub const AMBIGUOUS_SCHEDULE: &str = "ambiguous-schedule";
/// Two definitions with one webhook.
pub const DUPLICATE_WEBHOOK: &str = "duplicate-webhook";
/// A workflow whose runs may take or cost more than its budget has.
pub const OVER_BUDGET: &str = "over-budget";

// Lints: what works, and probably not as well as it could.

/// A spelling that is understood and that newer definitions do not use.
pub const NOT_CANONICAL: &str = "not-canonical";
/// A step that acts and has no way on when it fails.
pub const NO_ERROR_PORT: &str = "no-error-port";
/// A failure after which the run completes as if nothing had happened.
pub const SILENT_FAILURE: &str = "silent-failure";
/// Loops in loops in loops.
pub const DEEP_LOOPS: &str = "deep-loops";
/// A loop over a list whose length nothing limits.
pub const UNBOUNDED_LIST: &str = "unbounded-list";
/// A step that waits for others and does not say how long.
pub const MISSING_TIMEOUT: &str = "missing-timeout";
/// A key or password in the text of a definition.
pub const HARD_CODED_KEY: &str = "hard-coded-key";
/// An object or list printed into a text for people.
pub const OBJECT_IN_TEXT: &str = "object-in-text";
/// A slug that says nothing.
pub const VAGUE_SLUG: &str = "vague-slug";
/// A condition that is the same in every run.
pub const CONSTANT_CONDITION: &str = "constant-condition";
/// A condition whose ports lead to the same place.
pub const SAME_TARGET: &str = "same-target";
/// A variable or secret that nothing reads.
pub const UNUSED_NAME: &str = "unused-name";
/// A comment where a value was probably meant.
pub const COMMENTED_OUT: &str = "commented-out";
/// A webhook that starts runs for everybody.
pub const OPEN_WEBHOOK: &str = "open-webhook";
/// An output that does not end the run.
pub const OUTPUT_GOES_ON: &str = "output-goes-on";

/// Every code.
pub const ALL: &[&str] = &[
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
    WRONG_TYPE,
    IMPOSSIBLE_COMPARISON,
    NEVER_RAN,
    OUTSIDE_LOOP,
    UNKNOWN_ACTION,
    UNREACHABLE_STEP,
    ENDLESS_CYCLE,
    DEPENDENCY_CYCLE,
    UNRETURNED_LOOP,
    AMBIGUOUS_LOOP_EDGE,
    UNSOUND_BRANCHES,
    NOT_YET,
    INVALID_MOCK,
    MACHINE_LIMIT,
    UNKNOWN_PARAMETER,
    UNKNOWN_TOOL,
    INVALID_SCHEMA,
    MAY_NOT_HAVE_RUN,
    NEVER_SET,
    MAY_NOT_BE_SET,
    LOST_WRITE,
    SHADOWED_NAME,
    UNDECLARED_INTEGRATION,
    INVALID_ALLOWANCE,
    EXPOSED_SECRET,
    AMBIGUOUS_SCHEDULE,
    DUPLICATE_WEBHOOK,
    OVER_BUDGET,
    NOT_CANONICAL,
    NO_ERROR_PORT,
    SILENT_FAILURE,
    DEEP_LOOPS,
    UNBOUNDED_LIST,
    MISSING_TIMEOUT,
    HARD_CODED_KEY,
    OBJECT_IN_TEXT,
    VAGUE_SLUG,
    CONSTANT_CONDITION,
    SAME_TARGET,
    UNUSED_NAME,
    COMMENTED_OUT,
    OPEN_WEBHOOK,
    OUTPUT_GOES_ON,
];
