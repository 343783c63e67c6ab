//! The members of every request of Step Functions' API, in the API's order.

use super::shapes::{
    ALIAS_NAME, ARN, CAUSE, CLIENT_TOKEN, COUNT, DATA, DEFINITION, DESCRIPTION, DIAGNOSTICS,
    ENCRYPTION, ERROR, EXECUTIONS_PAGE_TOKEN, FLAG, INCLUDED_DATA, INSPECTION_LEVEL, LOGGING,
    LONG_ARN, MACHINE_TYPE, MOCK, Member, NAME, PAGE_SIZE, PAGE_TOKEN, PERCENTAGE, REDRIVE_FILTER,
    REVISION, ROUTES, SEVERITY, STATE_CONFIGURATION, STATUS, TAG_KEYS, TAGS, TASK_TOKEN,
    TRACE_HEADER, TRACING, free, needed,
};

/// The operations and what they are asked with.
pub(super) const OPERATIONS: &[(&str, &[Member])] = &[
    (
        "CreateActivity",
        &[
            needed("name", &NAME),
            free("tags", &TAGS),
            free("encryptionConfiguration", &ENCRYPTION),
        ],
    ),
    (
        "CreateStateMachine",
        &[
            needed("name", &NAME),
            needed("definition", &DEFINITION),
            needed("roleArn", &ARN),
            free("type", &MACHINE_TYPE),
            free("loggingConfiguration", &LOGGING),
            free("tags", &TAGS),
            free("tracingConfiguration", &TRACING),
            free("publish", &FLAG),
            free("versionDescription", &DESCRIPTION),
            free("encryptionConfiguration", &ENCRYPTION),
        ],
    ),
    (
        "CreateStateMachineAlias",
        &[
            free("description", &DESCRIPTION),
            needed("name", &ALIAS_NAME),
            needed("routingConfiguration", &ROUTES),
        ],
    ),
    ("DeleteActivity", &[needed("activityArn", &ARN)]),
    ("DeleteStateMachine", &[needed("stateMachineArn", &ARN)]),
    (
        "DeleteStateMachineAlias",
        &[needed("stateMachineAliasArn", &ARN)],
    ),
    (
        "DeleteStateMachineVersion",
        &[needed("stateMachineVersionArn", &LONG_ARN)],
    ),
    ("DescribeActivity", &[needed("activityArn", &ARN)]),
    (
        "DescribeExecution",
        &[
            needed("executionArn", &ARN),
            free("includedData", &INCLUDED_DATA),
        ],
    ),
    ("DescribeMapRun", &[needed("mapRunArn", &LONG_ARN)]),
    (
        "DescribeStateMachine",
        &[
            needed("stateMachineArn", &ARN),
            free("includedData", &INCLUDED_DATA),
        ],
    ),
    (
        "DescribeStateMachineAlias",
        &[needed("stateMachineAliasArn", &ARN)],
    ),
    (
        "DescribeStateMachineForExecution",
        &[
            needed("executionArn", &ARN),
            free("includedData", &INCLUDED_DATA),
        ],
    ),
    (
        "GetActivityTask",
        &[needed("activityArn", &ARN), free("workerName", &NAME)],
    ),
    (
        "GetExecutionHistory",
        &[
            needed("executionArn", &ARN),
            free("maxResults", &PAGE_SIZE),
            free("reverseOrder", &FLAG),
            free("nextToken", &PAGE_TOKEN),
            free("includeExecutionData", &FLAG),
        ],
    ),
    (
        "ListActivities",
        &[
            free("maxResults", &PAGE_SIZE),
            free("nextToken", &PAGE_TOKEN),
        ],
    ),
    (
        "ListExecutions",
        &[
            free("stateMachineArn", &ARN),
            free("statusFilter", &STATUS),
            free("maxResults", &PAGE_SIZE),
            free("nextToken", &EXECUTIONS_PAGE_TOKEN),
            free("mapRunArn", &LONG_ARN),
            free("redriveFilter", &REDRIVE_FILTER),
        ],
    ),
    (
        "ListMapRuns",
        &[
            needed("executionArn", &ARN),
            free("maxResults", &PAGE_SIZE),
            free("nextToken", &PAGE_TOKEN),
        ],
    ),
    (
        "ListStateMachineAliases",
        &[
            needed("stateMachineArn", &ARN),
            free("nextToken", &PAGE_TOKEN),
            free("maxResults", &PAGE_SIZE),
        ],
    ),
    (
        "ListStateMachineVersions",
        &[
            needed("stateMachineArn", &ARN),
            free("nextToken", &PAGE_TOKEN),
            free("maxResults", &PAGE_SIZE),
        ],
    ),
    (
        "ListStateMachines",
        &[
            free("maxResults", &PAGE_SIZE),
            free("nextToken", &PAGE_TOKEN),
        ],
    ),
    ("ListTagsForResource", &[needed("resourceArn", &ARN)]),
    (
        "PublishStateMachineVersion",
        &[
            needed("stateMachineArn", &ARN),
            free("revisionId", &REVISION),
            free("description", &DESCRIPTION),
        ],
    ),
    (
        "RedriveExecution",
        &[
            needed("executionArn", &ARN),
            free("clientToken", &CLIENT_TOKEN),
        ],
    ),
    (
        "SendTaskFailure",
        &[
            needed("taskToken", &TASK_TOKEN),
            free("error", &ERROR),
            free("cause", &CAUSE),
        ],
    ),
    ("SendTaskHeartbeat", &[needed("taskToken", &TASK_TOKEN)]),
    (
        "SendTaskSuccess",
        &[needed("taskToken", &TASK_TOKEN), needed("output", &DATA)],
    ),
    (
        "StartExecution",
        &[
            needed("stateMachineArn", &ARN),
            free("name", &NAME),
            free("input", &DATA),
            free("traceHeader", &TRACE_HEADER),
        ],
    ),
    (
        "StartSyncExecution",
        &[
            needed("stateMachineArn", &ARN),
            free("name", &NAME),
            free("input", &DATA),
            free("traceHeader", &TRACE_HEADER),
            free("includedData", &INCLUDED_DATA),
        ],
    ),
    (
        "StopExecution",
        &[
            needed("executionArn", &ARN),
            free("error", &ERROR),
            free("cause", &CAUSE),
        ],
    ),
    (
        "TagResource",
        &[needed("resourceArn", &ARN), needed("tags", &TAGS)],
    ),
    (
        "UntagResource",
        &[needed("resourceArn", &ARN), needed("tagKeys", &TAG_KEYS)],
    ),
    (
        "UpdateMapRun",
        &[
            needed("mapRunArn", &LONG_ARN),
            free("maxConcurrency", &COUNT),
            free("toleratedFailurePercentage", &PERCENTAGE),
            free("toleratedFailureCount", &COUNT),
        ],
    ),
    (
        "UpdateStateMachine",
        &[
            needed("stateMachineArn", &ARN),
            free("definition", &DEFINITION),
            free("roleArn", &ARN),
            free("loggingConfiguration", &LOGGING),
            free("tracingConfiguration", &TRACING),
            free("publish", &FLAG),
            free("versionDescription", &DESCRIPTION),
            free("encryptionConfiguration", &ENCRYPTION),
        ],
    ),
    (
        "TestState",
        &[
            needed("definition", &DEFINITION),
            free("roleArn", &ARN),
            free("input", &DATA),
            free("inspectionLevel", &INSPECTION_LEVEL),
            free("revealSecrets", &FLAG),
            free("variables", &DATA),
            free("stateName", &NAME),
            free("mock", &MOCK),
            free("context", &DATA),
            free("stateConfiguration", &STATE_CONFIGURATION),
        ],
    ),
    (
        "UpdateStateMachineAlias",
        &[
            needed("stateMachineAliasArn", &ARN),
            free("description", &DESCRIPTION),
            free("routingConfiguration", &ROUTES),
        ],
    ),
    (
        "ValidateStateMachineDefinition",
        &[
            needed("definition", &DEFINITION),
            free("type", &MACHINE_TYPE),
            free("severity", &SEVERITY),
            free("maxResults", &DIAGNOSTICS),
        ],
    ),
];
