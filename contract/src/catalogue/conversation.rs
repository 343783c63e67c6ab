//! `conversation`: exchanges of messages with customers.

use super::operation::{Action, Operation, Others};
use super::parameter::{
    CURSOR, EXPRESSION, LIMIT, METADATA, OWN_ID, PAGINATION, Parameter, UPDATES, WORDS, list,
    shaped, text,
};
use crate::Shape;

const NAME: &str = "conversation";

const PRIORITIES: Shape = Shape::OneOf(&["low", "medium", "high", "urgent"]);
const DIRECTIONS: Shape = Shape::OneOf(&["inbound", "outbound"]);

const ID: Parameter = text("conversationId", "The conversation's `_id`.").required();
const CUSTOMER: Parameter = text("customerId", "The `_id` of the customer it is with.");
const SUBJECT: Parameter = text("subject", "What it is about.");
const STATUS: Parameter = text(
    "status",
    "Where it stands: `open`, `closed`, `archived`, `spam`, or a word of your own.",
);
const PRIORITY: Parameter = shaped("priority", PRIORITIES, "How much it presses.");
const TYPE: Parameter = text("type", "The kind of conversation.");
const CHANNEL: Parameter = text("channel", "The way it is held, such as `email`.");
const DIRECTION: Parameter = shaped("direction", DIRECTIONS, "Who began it.");
const PROVIDER: Parameter = text("providerId", "The mail provider that it goes through.");

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Finds, keeps and changes conversations, and drafts replies.",
    operations: &[
        Operation::write(
            NAME,
            "create",
            "Creates a conversation and answers with it.",
        )
        .ready()
        .takes(&[
            OWN_ID, CUSTOMER, SUBJECT, STATUS, PRIORITY, TYPE, CHANNEL, DIRECTION, PROVIDER,
            METADATA,
        ])
        .others(Others::Stored),
        Operation::read(NAME, "get_by_id", "Answers with one conversation.")
            .ready()
            .takes(&[ID]),
        Operation::read(
            NAME,
            "query",
            "Answers with a page of the conversations whose fields have the given values.",
        )
        .ready()
        .takes(&[
            LIMIT,
            CURSOR,
            PAGINATION,
            shaped("status", WORDS, "A status, or a list of them."),
            shaped(
                "customerId",
                WORDS,
                "A customer's `_id`, or a list of them.",
            ),
            shaped("channel", WORDS, "A channel, or a list of them."),
            shaped("type", WORDS, "A kind of conversation, or a list of them."),
            shaped(
                "priority",
                Shape::Either(&[PRIORITIES, Shape::List]),
                "A priority, or a list of them.",
            ),
            shaped(
                "direction",
                Shape::Either(&[DIRECTIONS, Shape::List]),
                "Who began it, or a list of them.",
            ),
            shaped("providerId", WORDS, "A mail provider, or a list of them."),
        ])
        .others(Others::Matched),
        Operation::write(
            NAME,
            "update",
            "Changes fields of a conversation and answers with it.",
        )
        .ready()
        .takes(&[
            ID, UPDATES, CUSTOMER, SUBJECT, STATUS, PRIORITY, TYPE, CHANNEL, DIRECTION, PROVIDER,
            METADATA,
        ])
        .others(Others::Stored),
        Operation::read(
            NAME,
            "filter",
            "Answers with every conversation for which an expression holds.",
        )
        .ready()
        .takes(&[EXPRESSION]),
        Operation::write(
            NAME,
            "create_draft",
            "Keeps a message that a person can send later.",
        )
        .ready()
        .takes(&[
            ID,
            shaped(
                "message",
                Shape::Either(&[Shape::Text, Shape::Object]),
                "The message.",
            )
            .required(),
            SUBJECT,
            CHANNEL,
            METADATA,
        ])
        .others(Others::Stored),
        Operation::read(
            NAME,
            "query_messages",
            "Answers with a page of a conversation's messages.",
        )
        .takes(&[ID, CHANNEL, DIRECTION, LIMIT, CURSOR, PAGINATION]),
        Operation::read(
            NAME,
            "query_latest_message_by_delivery_state",
            "Answers with the newest message that got so far on its way.",
        )
        .takes(&[
            CHANNEL.required(),
            DIRECTION.required(),
            shaped(
                "deliveryState",
                Shape::OneOf(&["queued", "sent", "delivered", "failed"]),
                "How far it got.",
            )
            .required(),
        ]),
        Operation::write(
            NAME,
            "create_from_email",
            "Creates a conversation from mails that came in.",
        )
        .takes(&[shaped(
            "emails",
            Shape::Either(&[Shape::List, Shape::Object]),
            "The mails of the conversation, or one mail.",
        )
        .or(&["email"])
        .required()])
        .others(Others::Accepted),
        Operation::write(
            NAME,
            "create_from_sent_email",
            "Creates a conversation from mails that were sent.",
        )
        .takes(&[
            list("emails", "The mails of the conversation.").required(),
            text("accountEmail", "The address that they were sent from."),
        ]),
        Operation::read(
            NAME,
            "get_email_sync_cursor",
            "Answers with the place that a synchronisation of mails has come to.",
        )
        .others(Others::Accepted),
        Operation::write(
            NAME,
            "update_email_sync_cursor",
            "Keeps the place that a synchronisation of mails has come to.",
        )
        .others(Others::Accepted),
    ],
};
