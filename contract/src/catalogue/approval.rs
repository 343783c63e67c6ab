//! `approval`: decisions that people take.

use super::example::Example;
use super::operation::{Action, Operation};
use super::output::Output;
use super::parameter::{METADATA, Parameter, list, shaped, text};
use crate::Shape;

const NAME: &str = "approval";

const RESOURCE_TYPE: Parameter = text(
    "resourceType",
    "The kind of thing that is decided on, such as `conversations`.",
);
const RESOURCE: Parameter = text("resourceId", "The id of the thing that is decided on.");

const PRIORITY: Parameter = shaped(
    "priority",
    Shape::OneOf(&["low", "medium", "high", "urgent"]),
    "How much it presses.",
);
const STATUS: Parameter = shaped(
    "status",
    Shape::OneOf(&["pending", "approved", "rejected"]),
    "The decision.",
);
const ID: Parameter = text("approvalId", "The approval's id.").required();
const EXECUTION: Parameter = text("executionId", "The run that asked; this one by default.");
const FIELDS: &[Parameter] = &[
    STATUS,
    RESOURCE_TYPE,
    RESOURCE,
    PRIORITY,
    text("description", "What is to be decided."),
    text("requestedBy", "Who asks."),
    text("approvedBy", "Who decided."),
    text("comments", "What they said."),
    shaped(
        "decidedAt",
        Shape::Whole,
        "When it was decided, in milliseconds since 1970.",
    ),
    list("history", "Every decision, oldest first."),
    METADATA,
];

const APPROVALS: &str = r#"{"approvals": [
    {"_id": "a1", "_creationTime": 1, "status": "approved", "resourceType": "conversations", "resourceId": "v1", "executionId": "run-1"},
    {"_id": "a2", "_creationTime": 2, "status": "pending", "resourceType": "conversations", "resourceId": "v1", "executionId": "run-1"},
    {"_id": "a3", "_creationTime": 3, "status": "pending", "resourceType": "products", "resourceId": "p1", "executionId": "run-0"}
]}"#;

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Asks people for decisions and keeps them.",
    operations: &[
        Operation::write(
            NAME,
            "create_approval",
            "Asks for a decision; the run does not wait for it.",
        )
        .takes(&[
            RESOURCE_TYPE.required(),
            RESOURCE.required(),
            PRIORITY.required(),
            text("description", "What is to be decided."),
            text("requestedBy", "Who asks."),
            shaped(
                "dueDate",
                Shape::Either(&[Shape::Text, Shape::Number]),
                "Until when the decision is needed.",
            ),
            text("stepSlug", "The step that asks."),
            text("executionId", "The run that asks."),
            METADATA,
        ])
            .ready()
            .gives(Output::Record(FIELDS))
            .needs(&["approvals:write"])
            .examples(&[
                Example::new("Asks whether a mail may be sent.", r#"{"resourceType": "conversations", "resourceId": "v1", "priority": "high", "description": "Send the reply?"}"#, r#"{"status": "pending", "resourceId": "v1", "priority": "high", "executionId": "run-1", "success": true}"#),
            ]),

        Operation::write(NAME, "update_approval_status", "Keeps a decision.").takes(&[
            ID,
            STATUS.required(),
            text("approvedBy", "Who decided.").required(),
            text("comments", "What they said."),
        ])
            .ready()
            .gives(Output::Record(FIELDS))
            .needs(&["approvals:write"])
            .examples(&[
                Example::on(APPROVALS, "Keeps a decision.", r#"{"approvalId": "a2", "status": "approved", "approvedBy": "Ada", "comments": "Fine."}"#, r#"{"_id": "a2", "approvalId": "a2", "status": "approved", "approvedBy": "Ada", "history": [{"status": "approved", "approvedBy": "Ada", "comments": "Fine."}]}"#),
            ]),

        Operation::read(NAME, "get_approval", "Answers with one approval.")
            .takes(&[ID])
            .ready()
            .gives(Output::Record(FIELDS))
            .needs(&["approvals:read"])
            .examples(&[
                Example::on(APPROVALS, "Finds an approval.", r#"{"approvalId": "a1"}"#, r#"{"_id": "a1", "status": "approved"}"#),
            ]),

        Operation::read(
            NAME,
            "list_pending_approvals",
            "Answers with the approvals that wait for a decision.",
        )
        .takes(&[RESOURCE_TYPE])
            .ready()
            .gives(Output::Page("approvals", FIELDS))
            .needs(&["approvals:read"])
            .examples(&[
                Example::on(APPROVALS, "Lists what waits for a decision.", r#"{"resourceType": "conversations"}"#, r#"{"approvals": [{"_id": "a2"}], "count": 1}"#),
            ]),

        Operation::read(
            NAME,
            "list_approvals_for_execution",
            "Answers with the approvals that a run asked for.",
        )
        .takes(&[EXECUTION])
            .ready()
            .gives(Output::Page("approvals", FIELDS))
            .needs(&["approvals:read"])
            .examples(&[
                Example::on(APPROVALS, "Lists what this run asked for.", "{}", r#"{"approvals": [{"_id": "a1"}, {"_id": "a2"}], "count": 2}"#),
            ]),

        Operation::read(
            NAME,
            "list_pending_approvals_for_execution",
            "Answers with the approvals of a run that wait for a decision.",
        )
        .takes(&[EXECUTION])
            .ready()
            .gives(Output::Page("approvals", FIELDS))
            .needs(&["approvals:read"])
            .examples(&[
                Example::on(APPROVALS, "Lists what another run waits for.", r#"{"executionId": "run-0"}"#, r#"{"approvals": [{"_id": "a3"}], "count": 1}"#),
            ]),

        Operation::read(
            NAME,
            "get_approval_history",
            "Answers with all that was decided on a thing.",
        )
        .takes(&[RESOURCE_TYPE.required(), RESOURCE.required()])
            .ready()
            .gives(Output::Page("approvals", FIELDS))
            .needs(&["approvals:read"])
            .examples(&[
                Example::on(APPROVALS, "Lists all that was decided on a conversation.", r#"{"resourceType": "conversations", "resourceId": "v1"}"#, r#"{"approvals": [{"_id": "a1"}, {"_id": "a2"}], "count": 2}"#),
            ]),
],
};
