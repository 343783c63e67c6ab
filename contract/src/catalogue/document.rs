//! `document`: files with text.

use super::operation::{Action, Operation, Others};
use super::parameter::{CURSOR, LIMIT, PAGINATION, Parameter, flag, list, shaped, text, whole};
use crate::Shape;

const NAME: &str = "document";

const FILE: Parameter = text("fileId", "The file's id.");
const TITLE: Parameter = text("title", "The document's title.");
const FOLDER: Parameter = text("folderPath", "The folder that it belongs in.");

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Finds, keeps, reads and makes documents.",
    operations: &[
        Operation::write(NAME, "create", "Creates a document of a file.")
            .takes(&[FILE, TITLE, FOLDER])
            .others(Others::Accepted),
        Operation::read(NAME, "get_by_id", "Answers with one document.").others(Others::Accepted),
        Operation::read(NAME, "query", "Answers with a page of documents.")
            .takes(&[
                LIMIT,
                CURSOR,
                PAGINATION,
                shaped(
                    "sourceProvider",
                    Shape::OneOf(&["onedrive", "upload"]),
                    "Where the documents come from.",
                ),
            ])
            .others(Others::Accepted),
        Operation::write(NAME, "update", "Changes a document.").others(Others::Accepted),
        Operation::read(
            NAME,
            "generate_signed_url",
            "Answers with a link to the file that works for a while.",
        )
        .others(Others::Accepted),
        Operation::read(NAME, "retrieve", "Answers with a document's text.").takes(&[
            FILE.required(),
            whole("chunkStart", "The first part to answer with."),
            whole("chunkEnd", "The last part to answer with."),
            flag("returnChunks", "Whether the parts are kept apart."),
        ]),
        Operation::read(NAME, "list", "Answers with documents.").others(Others::Accepted),
        Operation::write(NAME, "generate_docx", "Makes a Word document of a text.").takes(&[
            text("fileName", "The new file's name."),
            shaped(
                "sourceType",
                Shape::OneOf(&["markdown", "html"]),
                "What the text is written in.",
            ),
            text("content", "The text."),
        ]),
        Operation::read(NAME, "get_metadata", "Answers with what is known of files.")
            .takes(&[list("fileIds", "The ids of the files.")]),
        Operation::read(NAME, "compare", "Says how two documents differ.")
            .takes(&[
                text("baseFileId", "The id of the file to start from."),
                text("comparisonFileId", "The id of the file to compare it with."),
            ])
            .others(Others::Accepted),
        Operation::read(
            NAME,
            "extract_docx_structured",
            "Takes a Word document apart.",
        )
        .others(Others::Accepted),
        Operation::write(
            NAME,
            "apply_docx_structured",
            "Puts changed parts back into a Word document.",
        )
        .others(Others::Accepted),
        Operation::write(
            NAME,
            "index_in_rag",
            "Makes a document known to the knowledge base.",
        )
        .others(Others::Accepted),
        Operation::read(
            NAME,
            "find_by_external_id",
            "Answers with the document that has an id in another system.",
        )
        .others(Others::Accepted),
    ],
};
