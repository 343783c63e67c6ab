//! `email_send`: a mail.

use super::example::Example;
use super::operation::{Action, Operation};
use super::output::Output;
use super::parameter::{WORDS, flag, shaped, text};
use crate::Shape;

const NAME: &str = "email_send";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Sends mail.",
    operations: &[Operation::irreversible(NAME, "Sends a mail.")
        .ready()
        .takes(&[
            shaped(
                "to",
                WORDS,
                "Who gets it: an address, several with commas between them, or a list.",
            )
            .required(),
            text("subject", "The subject.").required(),
            text("body", "The text.").or(&["text"]),
            text("html", "The text as HTML, in place of `body` or beside it."),
            text(
                "from",
                "Who it is from; the sender that is set up by default.",
            ),
            shaped("cc", WORDS, "Who gets a copy."),
            shaped("bcc", WORDS, "Who gets a copy that the others do not see."),
            shaped("replyTo", WORDS, "Who gets the answers."),
        ])
        .gives(Output::Fields(&[
            text("messageId", "The mail's `Message-ID`.").required(),
            shaped("to", Shape::Texts, "Who gets it.").required(),
            flag("sent", "Whether it was sent.").required(),
        ]))
        .needs(&["mail:send"])
        .sinks(&[
            "to", "cc", "bcc", "replyTo", "from", "subject", "body", "html",
        ])
        .examples(&[Example::new(
            "Sends a mail.",
            r#"{"to": "Ada <ada@example.com>", "subject": "Welcome", "body": "Hello Ada"}"#,
            r#"{"messageId": "<run-1.000001@localhost>", "to": ["ada@example.com"], "sent": true}"#,
        )])],
};
