//! `approval`: decisions that people take.

use super::operation::{Action, Operation, Others};
use super::parameter::{METADATA, Parameter, shaped, text};
use crate::Shape;

const NAME: &str = "approval";

const RESOURCE_TYPE: Parameter = text(
    "resourceType",
    "The kind of thing that is decided on, such as `conversations`.",
);
const RESOURCE: Parameter = text("resourceId", "The id of the thing that is decided on.");

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
            shaped(
                "priority",
                Shape::OneOf(&["low", "medium", "high", "urgent"]),
                "How much it presses.",
            )
            .required(),
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
        ]),
        Operation::write(NAME, "update_approval_status", "Keeps a decision.").takes(&[
            text("approvalId", "The approval's id.").required(),
            shaped(
                "status",
                Shape::OneOf(&["pending", "approved", "rejected"]),
                "The decision.",
            )
            .required(),
            text("approvedBy", "Who decided.").required(),
            text("comments", "What they said."),
        ]),
        Operation::read(NAME, "get_approval", "Answers with one approval.")
            .others(Others::Accepted),
        Operation::read(
            NAME,
            "list_pending_approvals",
            "Answers with the approvals that wait for a decision.",
        )
        .takes(&[RESOURCE_TYPE]),
        Operation::read(
            NAME,
            "list_approvals_for_execution",
            "Answers with the approvals that a run asked for.",
        )
        .others(Others::Accepted),
        Operation::read(
            NAME,
            "list_pending_approvals_for_execution",
            "Answers with the approvals of a run that wait for a decision.",
        )
        .others(Others::Accepted),
        Operation::read(
            NAME,
            "get_approval_history",
            "Answers with all that was decided on a thing.",
        )
        .takes(&[RESOURCE_TYPE.required(), RESOURCE.required()]),
    ],
};
