//! Which fields AWS takes, in which language, and what may stand in them: a table for each kind of object.

use crate::QueryLanguage::{self, JsonPath, Jsonata};
use crate::limits::{RETRY_ATTEMPTS, RETRY_DELAY_SECONDS, SECONDS, STATE_BYTES};

/// One field of an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The only language that has it, if it is not in both.
    pub(super) language: Option<QueryLanguage>,
    pub(super) shape: Shape,
}

/// What may stand in a field.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Anything; in JSONata mode its texts may be expressions.
    Template,
    /// An object whose values are templates.
    Templates,
    /// Anything, taken as it is.
    Anything,
    /// A text, taken as it is.
    Text,
    /// A text that may be an expression in JSONata mode.
    TextTemplate,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A whole number between bounds.
    Whole(u64, u64),
    /// A whole number between bounds; in JSONata mode also an expression.
    WholeTemplate(u64, u64),
    /// A number of at least this much.
    AtLeast(f64),
    /// A percentage; in JSONata mode also an expression.
    Percentage,
    /// A moment in RFC 3339; in JSONata mode also an expression.
    Moment,
    /// A JSONPath, or `null`.
    Path,
    /// An object.
    Object,
    /// A list with something in it.
    List,
}

const fn both(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        language: None,
        shape,
    }
}

const fn only(language: QueryLanguage, name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        language: Some(language),
        shape,
    }
}

const LANGUAGES: Shape = Shape::OneOf(&["JSONPath", "JSONata"]);
const TIME: Shape = Shape::WholeTemplate(1, SECONDS);
const ANY_NUMBER: Shape = Shape::WholeTemplate(0, u64::MAX);

const TYPE: Field = both("Type", Shape::Text);
const COMMENT: Field = both("Comment", Shape::Text);
const QUERY_LANGUAGE: Field = both("QueryLanguage", LANGUAGES);
const INPUT_PATH: Field = only(JsonPath, "InputPath", Shape::Path);
const OUTPUT_PATH: Field = only(JsonPath, "OutputPath", Shape::Path);
const RESULT_PATH: Field = only(JsonPath, "ResultPath", Shape::Path);
const PARAMETERS: Field = only(JsonPath, "Parameters", Shape::Template);
const RESULT_SELECTOR: Field = only(JsonPath, "ResultSelector", Shape::Template);
const ARGUMENTS: Field = only(Jsonata, "Arguments", Shape::Template);
const OUTPUT: Field = only(Jsonata, "Output", Shape::Template);
const ASSIGN: Field = both("Assign", Shape::Templates);
const NEXT: Field = both("Next", Shape::Text);
const END: Field = both("End", Shape::Flag);
const RETRY: Field = both("Retry", Shape::Anything);
const CATCH: Field = both("Catch", Shape::Anything);

/// A whole definition.
pub(super) const MACHINE: &[Field] = &[
    COMMENT,
    QUERY_LANGUAGE,
    both("StartAt", Shape::Text),
    both("TimeoutSeconds", Shape::Whole(0, SECONDS)),
    both("Version", Shape::OneOf(&["1.0"])),
    both("States", Shape::Object),
];

/// A branch of a Parallel.
pub(super) const BRANCH: &[Field] = &[
    COMMENT,
    both("StartAt", Shape::Text),
    both("States", Shape::Object),
];

/// The item processor of a Map.
pub(super) const PROCESSOR: &[Field] = &[
    COMMENT,
    both("StartAt", Shape::Text),
    both("States", Shape::Object),
    both("ProcessorConfig", Shape::Object),
];

const PASS: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    only(JsonPath, "Result", Shape::Anything),
    RESULT_PATH,
    PARAMETERS,
    OUTPUT,
    ASSIGN,
    NEXT,
    END,
];

const TASK: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    RESULT_PATH,
    PARAMETERS,
    RESULT_SELECTOR,
    ARGUMENTS,
    OUTPUT,
    ASSIGN,
    both("Resource", Shape::Text),
    both("Credentials", Shape::Template),
    RETRY,
    CATCH,
    both("TimeoutSeconds", TIME),
    only(JsonPath, "TimeoutSecondsPath", Shape::Path),
    both("HeartbeatSeconds", TIME),
    only(JsonPath, "HeartbeatSecondsPath", Shape::Path),
    NEXT,
    END,
];

const WAIT: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    OUTPUT,
    ASSIGN,
    both("Seconds", Shape::WholeTemplate(0, SECONDS)),
    both("Timestamp", Shape::Moment),
    only(JsonPath, "SecondsPath", Shape::Path),
    only(JsonPath, "TimestampPath", Shape::Path),
    NEXT,
    END,
];

const PARALLEL: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    RESULT_PATH,
    PARAMETERS,
    RESULT_SELECTOR,
    ARGUMENTS,
    OUTPUT,
    ASSIGN,
    RETRY,
    CATCH,
    both("Branches", Shape::List),
    NEXT,
    END,
];

const MAP: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    RESULT_PATH,
    PARAMETERS,
    RESULT_SELECTOR,
    OUTPUT,
    ASSIGN,
    RETRY,
    CATCH,
    both("ItemProcessor", Shape::Object),
    both("Iterator", Shape::Object),
    only(JsonPath, "ItemsPath", Shape::Path),
    only(Jsonata, "Items", Shape::Template),
    both("ItemSelector", Shape::Template),
    both("ItemReader", Shape::Object),
    both("ItemBatcher", Shape::Object),
    both("ResultWriter", Shape::Object),
    both("MaxConcurrency", ANY_NUMBER),
    only(JsonPath, "MaxConcurrencyPath", Shape::Path),
    both("ToleratedFailurePercentage", Shape::Percentage),
    only(JsonPath, "ToleratedFailurePercentagePath", Shape::Path),
    both("ToleratedFailureCount", ANY_NUMBER),
    only(JsonPath, "ToleratedFailureCountPath", Shape::Path),
    both("Label", Shape::Text),
    NEXT,
    END,
];

const CHOICE: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    OUTPUT,
    ASSIGN,
    both("Choices", Shape::List),
    both("Default", Shape::Text),
];

const SUCCEED: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    INPUT_PATH,
    OUTPUT_PATH,
    OUTPUT,
];

const FAIL: &[Field] = &[
    TYPE,
    COMMENT,
    QUERY_LANGUAGE,
    both("Error", Shape::TextTemplate),
    only(JsonPath, "ErrorPath", Shape::Path),
    both("Cause", Shape::TextTemplate),
    only(JsonPath, "CausePath", Shape::Path),
];

/// The kinds of states, in the order in which AWS names them.
pub(super) const STATES: &[(&str, &[Field])] = &[
    ("Task", TASK),
    ("Wait", WAIT),
    ("Pass", PASS),
    ("Succeed", SUCCEED),
    ("Fail", FAIL),
    ("Choice", CHOICE),
    ("Parallel", PARALLEL),
    ("Map", MAP),
];

/// A retrier.
pub(super) const RETRIER: &[Field] = &[
    COMMENT,
    both("ErrorEquals", Shape::List),
    both("IntervalSeconds", Shape::Whole(0, SECONDS)),
    both("MaxAttempts", Shape::Whole(0, RETRY_ATTEMPTS)),
    both("BackoffRate", Shape::AtLeast(1.0)),
    both("MaxDelaySeconds", Shape::Whole(1, RETRY_DELAY_SECONDS)),
    both("JitterStrategy", Shape::OneOf(&["NONE", "FULL"])),
];

/// A catcher.
pub(super) const CATCHER: &[Field] = &[
    COMMENT,
    both("ErrorEquals", Shape::List),
    RESULT_PATH,
    OUTPUT,
    ASSIGN,
    NEXT,
];

/// A rule of a Choice in JSONata mode; what JSONPath compares stands in `choice.rs`.
pub(super) const RULE: &[Field] = &[
    COMMENT,
    only(Jsonata, "Condition", Shape::Anything),
    OUTPUT,
    ASSIGN,
    NEXT,
];

/// How a Map runs its iterations.
pub(super) const PROCESSOR_CONFIG: &[Field] = &[
    both("Mode", Shape::OneOf(&["INLINE", "DISTRIBUTED"])),
    both("ExecutionType", Shape::OneOf(&["STANDARD", "EXPRESS"])),
];

/// Where a distributed Map reads from.
pub(super) const ITEM_READER: &[Field] = &[
    both("Resource", Shape::Text),
    both("ReaderConfig", Shape::Object),
    PARAMETERS,
    ARGUMENTS,
];

/// What a distributed Map reads.
pub(super) const READER_CONFIG: &[Field] = &[
    both(
        "InputType",
        Shape::OneOf(&["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"]),
    ),
    both(
        "Transformation",
        Shape::OneOf(&["NONE", "LOAD_AND_FLATTEN"]),
    ),
    both(
        "ManifestType",
        Shape::OneOf(&["S3_INVENTORY", "ATHENA_DATA"]),
    ),
    both("CSVHeaderLocation", Shape::OneOf(&["FIRST_ROW", "GIVEN"])),
    both("CSVHeaders", Shape::List),
    both(
        "CSVDelimiter",
        Shape::OneOf(&["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"]),
    ),
    both("MaxItems", ANY_NUMBER),
    only(JsonPath, "MaxItemsPath", Shape::Path),
    both("ItemsPointer", Shape::TextTemplate),
];

/// How a distributed Map groups its items.
pub(super) const ITEM_BATCHER: &[Field] = &[
    both("BatchInput", Shape::Template),
    both("MaxItemsPerBatch", Shape::WholeTemplate(1, u64::MAX)),
    only(JsonPath, "MaxItemsPerBatchPath", Shape::Path),
    both(
        "MaxInputBytesPerBatch",
        Shape::WholeTemplate(1, STATE_BYTES as u64),
    ),
    only(JsonPath, "MaxInputBytesPerBatchPath", Shape::Path),
];

/// Where a distributed Map writes to.
pub(super) const RESULT_WRITER: &[Field] = &[
    both("Resource", Shape::Text),
    both("WriterConfig", Shape::Object),
    PARAMETERS,
    ARGUMENTS,
];

/// How a distributed Map writes.
pub(super) const WRITER_CONFIG: &[Field] = &[
    both(
        "Transformation",
        Shape::OneOf(&["NONE", "COMPACT", "FLATTEN"]),
    ),
    both("OutputType", Shape::OneOf(&["JSON", "JSONL"])),
];
