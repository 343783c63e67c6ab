//! `workflow_processing_records`: which records a workflow has dealt with, so that each run takes a new one.

use super::operation::{Action, Operation, Others};
use super::parameter::{METADATA, shaped, text};
use crate::Shape;

const NAME: &str = "workflow_processing_records";

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
            shaped(
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
            )
            .required(),
            text("wfDefinitionId", "The workflow; this one by default."),
            shaped(
                "backoffHours",
                Shape::FromZero,
                "So many hours pass before a record is taken again.",
            ),
            shaped(
                "filterExpression",
                Shape::Expression,
                "An expression over a record's own fields that must hold.",
            ),
        ]),
        Operation::write(
            NAME,
            "find_unprocessed_open_conversation",
            "Takes an open conversation that this workflow has not dealt with.",
        )
        .others(Others::Accepted),
        Operation::write(
            NAME,
            "find_product_recommendation_by_status",
            "Takes a recommendation of products that has a status.",
        )
        .others(Others::Accepted),
        Operation::write(
            NAME,
            "record_processed",
            "Keeps that a record has been dealt with.",
        )
        .takes(&[
            text("recordId", "The record's id."),
            shaped(
                "recordCreationTime",
                Shape::FromZero,
                "When the record was made, in milliseconds.",
            ),
            METADATA,
        ])
        .others(Others::Accepted),
    ],
};
