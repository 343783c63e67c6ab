//! `integration`: an operation of another system.

use super::operation::{Action, Operation, Others};
use super::parameter::{object, text};

const NAME: &str = "integration";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Calls other systems.",
    operations: &[
        Operation::irreversible(NAME, "Calls an operation of a system that is set up.")
            .takes(&[
                text("name", "The name of the system.").required(),
                text("operation", "The operation to call."),
                object("params", "What the operation is given."),
            ])
            .others(Others::Accepted)
            .with_secrets(),
    ],
};
