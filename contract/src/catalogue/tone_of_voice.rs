//! `tone_of_voice`: how an organisation speaks.

use super::operation::{Action, Operation, Others};

const NAME: &str = "tone_of_voice";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Answers with how the organisation speaks.",
    operations: &[Operation::read(
        NAME,
        "get_tone_of_voice",
        "Answers with a description of how the organisation writes.",
    )
    .others(Others::Accepted)],
};
