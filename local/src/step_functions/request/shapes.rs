//! The shapes of Step Functions' API: what each kind of value has to be.

/// What a value has to be.
pub(super) enum Shape {
    /// A text of so many characters.
    Text {
        bounds: [usize; 2],
        pattern: Option<Pattern>,
        /// Whether an error must not repeat it.
        secret: bool,
    },
    /// JSON in a text, of at most so many bytes as a state may hold; never repeated.
    Data,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A whole number between bounds.
    Whole([i64; 2]),
    /// A number from 0 to 100.
    Percentage,
    /// Yes or no.
    Flag,
    /// So many values of one shape.
    List {
        bounds: [usize; 2],
        item: &'static Shape,
    },
    /// A structure.
    Object {
        name: &'static str,
        members: &'static [Member],
    },
}

/// A regular expression, and whether a text matches it.
pub(super) struct Pattern {
    pub(super) text: &'static str,
    pub(super) holds: fn(&str) -> bool,
}

/// A field of a request or of a structure in it.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: &'static Shape,
    pub(super) required: bool,
}

pub(super) const fn needed(name: &'static str, shape: &'static Shape) -> Member {
    Member {
        name,
        shape,
        required: true,
    }
}

pub(super) const fn free(name: &'static str, shape: &'static Shape) -> Member {
    Member {
        name,
        shape,
        required: false,
    }
}

const fn text(least: usize, most: usize) -> Shape {
    Shape::Text {
        bounds: [least, most],
        pattern: None,
        secret: false,
    }
}

const fn secret(least: usize, most: usize) -> Shape {
    Shape::Text {
        bounds: [least, most],
        pattern: None,
        secret: true,
    }
}

const fn pattern(least: usize, most: usize, text: &'static str, holds: fn(&str) -> bool) -> Shape {
    Shape::Text {
        bounds: [least, most],
        pattern: Some(Pattern { text, holds }),
        secret: false,
    }
}

const UNBOUNDED: usize = usize::MAX;

pub(super) static NAME: Shape = text(1, 80);
pub(super) static ARN: Shape = text(1, 256);
pub(super) static LONG_ARN: Shape = text(1, 2000);
pub(super) static DEFINITION: Shape = secret(1, pawl_asl::limits::DEFINITION_BYTES);
pub(super) static DESCRIPTION: Shape = secret(0, 256);
pub(super) static DATA: Shape = Shape::Data;
pub(super) static FLAG: Shape = Shape::Flag;
pub(super) static REVISION: Shape = text(0, UNBOUNDED);
pub(super) static PAGE_SIZE: Shape = Shape::Whole([0, 1000]);
pub(super) static PAGE_TOKEN: Shape = text(1, 1024);
pub(super) static EXECUTIONS_PAGE_TOKEN: Shape = text(1, 3096);
pub(super) static TASK_TOKEN: Shape = secret(1, 2048);
pub(super) static ERROR: Shape = secret(0, 256);
pub(super) static CAUSE: Shape = secret(0, 32_768);
pub(super) static MACHINE_TYPE: Shape = Shape::OneOf(&["STANDARD", "EXPRESS"]);
pub(super) static INCLUDED_DATA: Shape = Shape::OneOf(&["ALL_DATA", "METADATA_ONLY"]);
pub(super) static INSPECTION_LEVEL: Shape = Shape::OneOf(&["INFO", "DEBUG", "TRACE"]);
pub(super) static SEVERITY: Shape = Shape::OneOf(&["ERROR", "WARNING"]);
pub(super) static DIAGNOSTICS: Shape = Shape::Whole([0, 100]);
pub(super) static COUNT: Shape = Shape::Whole([0, i64::MAX]);
pub(super) static PERCENTAGE: Shape = Shape::Percentage;
/// The order is the one in which AWS names them.
pub(super) static STATUS: Shape = Shape::OneOf(&[
    "SUCCEEDED",
    "TIMED_OUT",
    "PENDING_REDRIVE",
    "ABORTED",
    "FAILED",
    "RUNNING",
]);
pub(super) static REDRIVE_FILTER: Shape = Shape::OneOf(&["REDRIVEN", "NOT_REDRIVEN"]);
pub(super) static CLIENT_TOKEN: Shape = pattern(1, 64, "[!-~]+", |text| {
    text.bytes().all(|byte| byte.is_ascii_graphic())
});
pub(super) static TRACE_HEADER: Shape = pattern(0, 256, "\\p{ASCII}*", str::is_ascii);
pub(super) static ALIAS_NAME: Shape = pattern(
    1,
    80,
    "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$",
    |text| {
        let is_mark = |byte: u8| matches!(byte, b'_' | b'-' | b'.');
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
            && text
                .bytes()
                .any(|byte| byte.is_ascii_alphabetic() || is_mark(byte))
    },
);

static TAG_KEY: Shape = text(1, 128);
static TAG_VALUE: Shape = text(0, 256);
static TAG: Shape = Shape::Object {
    name: "Tag",
    members: &[free("key", &TAG_KEY), free("value", &TAG_VALUE)],
};
pub(super) static TAGS: Shape = Shape::List {
    bounds: [0, UNBOUNDED],
    item: &TAG,
};
pub(super) static TAG_KEYS: Shape = Shape::List {
    bounds: [0, UNBOUNDED],
    item: &TAG_KEY,
};

static WEIGHT: Shape = Shape::Whole([0, 100]);
static ROUTE: Shape = Shape::Object {
    name: "RoutingConfigurationListItem",
    members: &[
        needed("stateMachineVersionArn", &ARN),
        needed("weight", &WEIGHT),
    ],
};
pub(super) static ROUTES: Shape = Shape::List {
    bounds: [1, 2],
    item: &ROUTE,
};

static LOG_LEVEL: Shape = Shape::OneOf(&["ALL", "ERROR", "FATAL", "OFF"]);
static LOG_GROUP: Shape = Shape::Object {
    name: "CloudWatchLogsLogGroup",
    members: &[free("logGroupArn", &ARN)],
};
static LOG_DESTINATION: Shape = Shape::Object {
    name: "LogDestination",
    members: &[free("cloudWatchLogsLogGroup", &LOG_GROUP)],
};
static LOG_DESTINATIONS: Shape = Shape::List {
    bounds: [0, UNBOUNDED],
    item: &LOG_DESTINATION,
};
pub(super) static LOGGING: Shape = Shape::Object {
    name: "LoggingConfiguration",
    members: &[
        free("level", &LOG_LEVEL),
        free("includeExecutionData", &FLAG),
        free("destinations", &LOG_DESTINATIONS),
    ],
};
pub(super) static TRACING: Shape = Shape::Object {
    name: "TracingConfiguration",
    members: &[free("enabled", &FLAG)],
};

static MOCKED_ERROR: Shape = Shape::Object {
    name: "MockErrorOutput",
    members: &[free("error", &ERROR), free("cause", &CAUSE)],
};
static VALIDATION_MODE: Shape = Shape::OneOf(&["STRICT", "PRESENT", "NONE"]);
pub(super) static MOCK: Shape = Shape::Object {
    name: "MockInput",
    members: &[
        free("result", &DATA),
        free("errorOutput", &MOCKED_ERROR),
        free("fieldValidationMode", &VALIDATION_MODE),
    ],
};
static ATTEMPTS: Shape = Shape::Whole([0, i32::MAX as i64]);
pub(super) static STATE_CONFIGURATION: Shape = Shape::Object {
    name: "TestStateConfiguration",
    members: &[
        free("retrierRetryCount", &ATTEMPTS),
        free("errorCausedByState", &NAME),
        free("mapIterationFailureCount", &ATTEMPTS),
        free("mapItemReaderData", &DATA),
    ],
};

static KEY_ID: Shape = text(1, 2048);
static KEY_SECONDS: Shape = Shape::Whole([60, 900]);
static ENCRYPTION_TYPE: Shape = Shape::OneOf(&["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"]);
pub(super) static ENCRYPTION: Shape = Shape::Object {
    name: "EncryptionConfiguration",
    members: &[
        free("kmsKeyId", &KEY_ID),
        free("kmsDataKeyReusePeriodSeconds", &KEY_SECONDS),
        needed("type", &ENCRYPTION_TYPE),
    ],
};
