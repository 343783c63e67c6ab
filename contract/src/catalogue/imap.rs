//! `imap`: mails in a mailbox.

use super::operation::{Action, Operation, Others};
use super::parameter::{Parameter, WORDS, flag, shaped, text, whole};

const NAME: &str = "imap";

const PARAMETERS: &[Parameter] = &[
    text("host", "The mail server's name."),
    whole("port", "The mail server's port."),
    flag(
        "secure",
        "Whether the connection is encrypted from the start.",
    ),
    text("username", "The account's name."),
    text("password", "The account's password."),
    text("accessToken", "A token, in place of the password."),
    text("mailbox", "The mailbox; `INBOX` by default."),
    whole("afterUid", "Only mails with a greater number than this."),
    flag("includeAttachments", "Whether attachments come along."),
    flag("parseHtml", "Whether HTML is turned into text."),
    shaped(
        "threadSearchFolders",
        WORDS,
        "The folders in which the other mails of a conversation are looked for.",
    ),
];

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Reads mail.",
    operations: &[
        Operation::read(NAME, "list", "Answers with the mails of a mailbox.")
            .takes(PARAMETERS)
            .others(Others::Accepted)
            .with_secrets(),
        Operation::read(NAME, "search", "Answers with the mails that fit a search.")
            .takes(PARAMETERS)
            .others(Others::Accepted)
            .with_secrets(),
    ],
};
