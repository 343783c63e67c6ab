//! `workflow_processing_records`: which records a workflow has dealt with, so that each run takes a new one.

use super::example::Example;
use super::operation::{Action, Operation, Others};
use super::output::Output;
use super::parameter::{METADATA, Parameter, list, shaped, text, whole};
use crate::Shape;

const NAME: &str = "workflow_processing_records";

const TABLE: Parameter = shaped(
    "tableName",
    Shape::OneOf(&[
        "customers",
        "products",
        "documents",
        "conversations",
        "approvals",
        "onedriveSyncConfigs",
        "websitePages",
        "exampleMessages",
    ]),
    "The kind of record.",
);
const WORKFLOW: Parameter = text("wfDefinitionId", "The workflow; this one by default.");
const BACKOFF: Parameter = shaped(
    "backoffHours",
    Shape::FromZero,
    "So many hours pass before a record is taken again; without it, a record that was processed never is.",
);
const TAKEN: &[Parameter] = &[
    list("documents", "The record, as a list of one.").required(),
    whole("count", "1.").required(),
];

const CUSTOMERS: &str = r#"{
    "customers": [
        {"_id": "c1", "_creationTime": 1, "status": "active"},
        {"_id": "c2", "_creationTime": 2, "status": "churned"}
    ],
    "workflowProcessingRecords": [
        {"_id": "test/customers/c1", "tableName": "customers", "recordId": "c1", "wfDefinitionId": "test",
         "status": "completed", "claimedAt": 1, "processedAt": 1}
    ]
}"#;
const CONVERSATIONS: &str = r#"{"conversations": [
    {"_id": "v1", "status": "closed"},
    {"_id": "v2", "status": "open"}
]}"#;
const APPROVALS: &str = r#"{"approvals": [
    {"_id": "a1", "resourceType": "product_recommendation", "status": "pending"},
    {"_id": "a2", "resourceType": "product_recommendation", "status": "approved"}
]}"#;

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Hands out records to work on, and keeps which are done.",
    operations: &[
        Operation::write(
            NAME,
            "find_unprocessed",
            "Takes records that this workflow has not dealt with for a while.",
        )
        .takes(&[
            TABLE.required(),
            WORKFLOW,
            BACKOFF,
            shaped(
                "filterExpression",
                Shape::Expression,
                "An expression over a record's own fields that must hold.",
            ),
        ])
            .ready()
            .gives(Output::OrNull(&Output::Record(TAKEN)))
            .needs(&["records:read", "processing:write"])
            .examples(&[
                Example::on(CUSTOMERS, "Takes a customer that this workflow has not dealt with.", r#"{"tableName": "customers"}"#, r#"{"_id": "c2", "status": "churned", "documents": [{"_id": "c2", "status": "churned"}], "count": 1}"#),
                Example::on(CUSTOMERS, "Takes a customer again that was dealt with more than a day ago.", r#"{"tableName": "customers", "backoffHours": 24, "filterExpression": "status == 'active'"}"#, r#"{"_id": "c1", "documents": [{"_id": "c1"}], "count": 1}"#),
                Example::on(CUSTOMERS, "Finds nothing to do.", r#"{"tableName": "products"}"#, "null"),
            ]),

        Operation::write(
            NAME,
            "find_unprocessed_open_conversation",
            "Takes an open conversation that this workflow has not dealt with.",
        )
        .takes(&[WORKFLOW, BACKOFF])
            .ready()
            .gives(Output::OrNull(&Output::Record(TAKEN)))
            .needs(&["conversations:read", "processing:write"])
            .examples(&[
                Example::on(CONVERSATIONS, "Takes an open conversation.", r#"{"backoffHours": 1}"#, r#"{"_id": "v2", "documents": [{"_id": "v2"}], "count": 1}"#),
            ]),

        Operation::write(
            NAME,
            "find_product_recommendation_by_status",
            "Takes a recommendation of products that has a status.",
        )
        .takes(&[text("status", "The status that it has.").required(), WORKFLOW, BACKOFF])
            .ready()
            .gives(Output::OrNull(&Output::Record(TAKEN)))
            .needs(&["approvals:read", "processing:write"])
            .examples(&[
                Example::on(APPROVALS, "Takes a recommendation that was approved.", r#"{"status": "approved"}"#, r#"{"_id": "a2", "count": 1}"#),
            ]),

        Operation::write(
            NAME,
            "record_processed",
            "Keeps that a record has been dealt with.",
        )
        .takes(&[
            text("recordId", "The record's id.").required(),
            text("tableName", "The kind of record; by default the one under which this workflow has claimed it."),
            WORKFLOW,
            shaped(
                "recordCreationTime",
                Shape::FromZero,
                "When the record was made, in milliseconds.",
            ),
            METADATA,
        ])
        .others(Others::Accepted)
            .ready()
            .gives(Output::Record(&[
            TABLE,
            text("recordId", "The record's id.").required(),
            WORKFLOW,
            text("status", "`completed`.").required(),
            shaped("processedAt", Shape::Whole, "When, in milliseconds since 1970.").required(),
            METADATA,
        ]))
            .needs(&["processing:write"])
            .examples(&[
                Example::on(CUSTOMERS, "Keeps that a customer has been dealt with.", r#"{"tableName": "customers", "recordId": "c2", "metadata": {"mailed": true}}"#, r#"{"recordId": "c2", "tableName": "customers", "wfDefinitionId": "test", "status": "completed", "metadata": {"mailed": true}, "success": true}"#),
            ]),
],
};
