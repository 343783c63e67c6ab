//! `conversation`: exchanges of messages with customers.

use super::example::Example;
use super::operation::{Action, Operation, Others};
use super::output::Output;
use super::parameter::{
    CURSOR, EXPRESSION, LIMIT, METADATA, MOST, OWN_ID, PAGE, PAGINATION, Parameter, UPDATES, WORDS,
    flag, list, object, shaped, text, whole,
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

const FIELDS: &[Parameter] = &[
    CUSTOMER,
    SUBJECT,
    STATUS,
    PRIORITY,
    TYPE,
    CHANNEL,
    DIRECTION,
    PROVIDER,
    METADATA,
    text("lastMessage", "The begin of the last message."),
    shaped(
        "lastMessageAt",
        Shape::Whole,
        "When it was sent, in milliseconds since 1970.",
    ),
    list(
        "messages",
        "The last ten messages, each with `direction`, `sentAt` and the begin of its `content`.",
    ),
];
const DELIVERY_STATE: Parameter = shaped(
    "deliveryState",
    Shape::OneOf(&["queued", "sent", "delivered", "failed"]),
    "How far it got.",
);
const MESSAGE: &[Parameter] = &[
    text("conversationId", "The conversation's `_id`."),
    CHANNEL,
    DIRECTION,
    DELIVERY_STATE,
    text("content", "The text."),
    shaped(
        "sentAt",
        Shape::Whole,
        "When it was sent, in milliseconds since 1970.",
    ),
];
const CORRESPONDENCE: Output = Output::Fields(&[
    flag("success", "`true`.").required(),
    text("conversationId", "The conversation's `_id`.").required(),
    shaped(
        "customerId",
        Shape::Any,
        "The `_id` of the customer, who is made where nobody has the address.",
    )
    .required(),
    flag("created", "Whether the conversation is new.").required(),
    object("conversation", "The conversation.").required(),
    list("messages", "The messages that are new.").required(),
    whole("count", "How many messages are new.").required(),
]);
const ACCOUNT: Parameter = text("accountEmail", "The address whose mails are meant.");
const MAILBOX: Parameter = text("mailbox", "The mailbox, such as `INBOX`.");

const CONVERSATIONS: &str = r#"{"conversations": [
    {"_id": "v1", "customerId": "c1", "subject": "Where is it?", "status": "open", "channel": "email"},
    {"_id": "v2", "customerId": "c2", "subject": "Thanks", "status": "closed", "channel": "chat"}
]}"#;
const MESSAGES: &str = r#"{"messages": [
    {"_id": "m1", "_creationTime": 2, "conversationId": "v1", "channel": "email", "direction": "outbound", "deliveryState": "sent", "content": "Soon."},
    {"_id": "m2", "_creationTime": 1, "conversationId": "v1", "channel": "email", "direction": "inbound", "deliveryState": "delivered", "content": "When?"},
    {"_id": "m3", "_creationTime": 3, "conversationId": "v2", "channel": "email", "direction": "outbound", "deliveryState": "sent", "content": "Thanks."}
]}"#;
const SYNCED: &str = r#"{"emailSyncCursors": [
    {"_id": "/shop@example.com/INBOX", "accountEmail": "shop@example.com", "mailbox": "INBOX", "cursor": 4711}
]}"#;

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
        .others(Others::Stored)
            .gives(Output::Record(FIELDS))
            .needs(&["conversations:write"])
            .examples(&[
                Example::new("Opens a conversation.", r#"{"customerId": "c1", "subject": "Your order", "status": "open", "channel": "email", "direction": "outbound"}"#, r#"{"customerId": "c1", "subject": "Your order", "status": "open"}"#),
            ]),

        Operation::read(NAME, "get_by_id", "Answers with one conversation.")
            .ready()
            .takes(&[ID])
            .gives(Output::Record(FIELDS))
            .needs(&["conversations:read"])
            .examples(&[
                Example::on(CONVERSATIONS, "Finds a conversation.", r#"{"conversationId": "v1"}"#, r#"{"_id": "v1", "subject": "Where is it?"}"#),
            ]),

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
        .others(Others::Matched)
            .gives(Output::Page("conversations", FIELDS))
            .needs(&["conversations:read"])
            .examples(&[
                Example::on(CONVERSATIONS, "Finds open conversations.", r#"{"status": "open"}"#, r#"{"conversations": [{"_id": "v1"}], "count": 1, "isDone": true}"#),
            ]),

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
        .others(Others::Stored)
            .gives(Output::Record(FIELDS))
            .needs(&["conversations:write"])
            .examples(&[
                Example::on(CONVERSATIONS, "Closes a conversation.", r#"{"conversationId": "v1", "status": "closed"}"#, r#"{"_id": "v1", "status": "closed", "subject": "Where is it?"}"#),
            ]),

        Operation::read(
            NAME,
            "filter",
            "Answers with every conversation for which an expression holds, or with a page of them.",
        )
        .ready()
        .takes(&[EXPRESSION, MOST, CURSOR, PAGE])
            .gives(Output::Page("conversations", FIELDS))
            .needs(&["conversations:read"])
            .examples(&[
                Example::on(CONVERSATIONS, "Finds conversations by an expression.", r#"{"expression": "status == 'open' && channel == 'email'"}"#, r#"{"conversations": [{"_id": "v1"}], "count": 1}"#),
            ]),

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
        .others(Others::Stored)
            .gives(Output::Record(&[ID, text("status", "`draft`.").required()]))
            .needs(&["conversations:write"])
            .examples(&[
                Example::on(CONVERSATIONS, "Drafts a reply.", r#"{"conversationId": "v1", "message": "It is on its way."}"#, r#"{"conversationId": "v1", "message": "It is on its way.", "status": "draft"}"#),
            ]),

        Operation::read(
            NAME,
            "query_messages",
            "Answers with a page of a conversation's messages.",
        )
        .takes(&[ID, CHANNEL, DIRECTION, LIMIT, CURSOR, PAGINATION])
            .ready()
            .gives(Output::Page("messages", MESSAGE))
            .needs(&["conversations:read"])
            .examples(&[
                Example::on(MESSAGES, "Reads a conversation, oldest message first.", r#"{"conversationId": "v1", "paginationOpts": {"numItems": 10, "cursor": null}}"#, r#"{"messages": [{"_id": "m2", "content": "When?"}, {"_id": "m1", "content": "Soon."}], "count": 2, "isDone": true}"#),
            ]),

        Operation::read(
            NAME,
            "query_latest_message_by_delivery_state",
            "Answers with the newest message that got so far on its way.",
        )
        .takes(&[
            CHANNEL.required(),
            DIRECTION.required(),
            DELIVERY_STATE
            .required(),
        ])
            .ready()
            .gives(Output::Fields(&[
            flag("found", "Whether there is one.").required(),
            shaped("message", Shape::Any, "The message, or null.").required(),
        ]))
            .needs(&["conversations:read"])
            .examples(&[
                Example::on(MESSAGES, "Finds the last message that was sent.", r#"{"channel": "email", "direction": "outbound", "deliveryState": "sent"}"#, r#"{"found": true, "message": {"_id": "m3", "content": "Thanks."}}"#),
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
        .others(Others::Accepted)
            .ready()
            .gives(CORRESPONDENCE)
            .needs(&["conversations:write", "customers:write"])
            .examples(&[
                Example::new("Opens a conversation with somebody new.", r#"{"emails": [{"messageId": "<m1@example.com>", "from": "Ada <ada@example.com>", "to": "shop@example.com", "subject": "Where is it?", "date": "2026-02-28T10:00:00Z", "text": "I have waited for a week."}]}"#, r#"{"created": true, "conversation": {"subject": "Where is it?", "status": "open", "channel": "email", "direction": "inbound"}, "messages": [{"content": "I have waited for a week.", "direction": "inbound", "deliveryState": "delivered", "sentAt": 1772272800000}], "count": 1}"#),
            ]),

        Operation::write(
            NAME,
            "create_from_sent_email",
            "Creates a conversation from mails that were sent.",
        )
        .takes(&[
            list("emails", "The mails of the conversation.").required(),
            text("accountEmail", "The address that they were sent from."),
            PROVIDER,
        ])
            .ready()
            .gives(CORRESPONDENCE)
            .needs(&["conversations:write", "customers:write"])
            .examples(&[
                Example::new("Keeps a mail that was sent by other means.", r#"{"emails": [{"messageId": "<m9@example.com>", "from": "shop@example.com", "to": "ada@example.com", "subject": "Hello", "text": "We have news."}], "accountEmail": "shop@example.com"}"#, r#"{"created": true, "conversation": {"direction": "outbound"}, "messages": [{"content": "We have news.", "deliveryState": "sent"}]}"#),
            ]),

        Operation::read(
            NAME,
            "get_email_sync_cursor",
            "Answers with the place that a synchronisation of mails has come to.",
        )
        .takes(&[PROVIDER, ACCOUNT, MAILBOX])
            .ready()
            .gives(Output::Fields(&[
            flag("found", "Whether a place was kept.").required(),
            shaped("cursor", Shape::Any, "The place.").required(),
        ]))
            .needs(&["conversations:read"])
            .examples(&[
                Example::on(SYNCED, "Reads where the last synchronisation ended.", r#"{"accountEmail": "shop@example.com", "mailbox": "INBOX"}"#, r#"{"found": true, "cursor": 4711}"#),
            ]),

        Operation::write(
            NAME,
            "update_email_sync_cursor",
            "Keeps the place that a synchronisation of mails has come to.",
        )
        .takes(&[PROVIDER, ACCOUNT, MAILBOX, shaped("cursor", Shape::Any, "The place.").required()]).others(Others::Stored)
            .ready()
            .gives(Output::Record(&[ACCOUNT, MAILBOX, shaped("cursor", Shape::Any, "The place.")]))
            .needs(&["conversations:write"])
            .examples(&[
                Example::on(SYNCED, "Keeps where a synchronisation has come to.", r#"{"accountEmail": "shop@example.com", "mailbox": "INBOX", "cursor": 4720}"#, r#"{"accountEmail": "shop@example.com", "cursor": 4720}"#),
            ]),
],
};
