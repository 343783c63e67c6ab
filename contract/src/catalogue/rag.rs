//! `rag`: the knowledge base.

use super::operation::{Action, Operation, Others};
use super::parameter::{METADATA, text};

const NAME: &str = "rag";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Fills and searches the knowledge base.",
    operations: &[
        Operation::write(NAME, "upload_document", "Adds a document.").takes(&[text(
            "recordId",
            "The document's id.",
        )
        .required()]),
        Operation::write(NAME, "upload_text", "Adds a text.").takes(&[
            text("content", "The text.").required(),
            text("recordId", "The id of the record that it belongs to."),
            METADATA,
        ]),
        Operation::write(NAME, "delete_document", "Removes a document.").others(Others::Accepted),
        Operation::read(NAME, "search", "Answers with texts near a question.")
            .others(Others::Accepted),
        Operation::read(NAME, "get_chunks", "Answers with the parts of a document.")
            .others(Others::Accepted),
    ],
};
