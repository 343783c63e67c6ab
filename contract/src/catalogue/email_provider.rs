//! `email_provider`: the mail accounts that are set up.

use super::operation::{Action, Operation, Others};

const NAME: &str = "email_provider";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Answers with the mail accounts that are set up.",
    operations: &[
        Operation::read(NAME, "get_default", "Answers with the usual mail account.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::read(
            NAME,
            "get_imap_credentials",
            "Answers with what is needed to read a mail account.",
        )
        .others(Others::Accepted)
        .with_secrets(),
    ],
};
