//! The figures that AWS sets for machines, from the Step Functions quotas and API reference.

/// The most bytes of a definition.
pub const DEFINITION_BYTES: usize = 1_048_576;

/// The most bytes, as UTF-8 JSON, of the input or output of a state, task or execution.
pub const STATE_BYTES: usize = 262_144;

/// The most events in the history of an execution; the last one can only say that it failed for this reason.
pub const HISTORY_EVENTS: u64 = 25_000;

/// The most characters of a state's name, and of a variable's.
pub const NAME_CHARACTERS: usize = 80;

/// The most characters of a distributed Map's label.
pub const LABEL_CHARACTERS: usize = 40;

/// The most bytes, as JSON, of all the variables that an execution has at a time.
pub const VARIABLE_BYTES: usize = 10_485_760;

/// The most characters of an error's name.
pub const ERROR_CHARACTERS: usize = 256;

/// The most characters of an error's cause.
pub const CAUSE_CHARACTERS: usize = 32_768;

/// The most iterations of an inline Map that run at once.
pub const INLINE_MAP_CONCURRENCY: usize = 40;

/// The longest wait or timeout, in seconds: about three years, AWS's bound for every such field.
pub const SECONDS: u64 = 99_999_999;

/// The longest wait that a retrier's `MaxDelaySeconds` may allow, in seconds: one year.
pub const RETRY_DELAY_SECONDS: u64 = 31_622_400;

/// The most retries that a retrier may allow.
pub const RETRY_ATTEMPTS: u64 = 99_999_999;
