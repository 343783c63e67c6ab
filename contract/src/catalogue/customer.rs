//! `customer`: the people and companies that an organisation deals with.

use super::operation::{Action, Operation, Others};
use super::parameter::{
    CURSOR, EXPRESSION, EXTERNAL_ID, EXTERNAL_IDS, LIMIT, METADATA, OWN_ID, PAGINATION, Parameter,
    UPDATES, WORDS, shaped, text,
};
use crate::Shape;

const NAME: &str = "customer";

const ID: Parameter = text("customerId", "The customer's `_id`.").required();
const STATUS: Parameter = shaped(
    "status",
    Shape::Usually(&["active", "churned", "potential"]),
    "Where the customer stands: `active`, `churned`, `potential`, or a word of your own.",
);
const CALLED: Parameter = text("name", "The customer's name.");
const EMAIL: Parameter = text("email", "The customer's mail address.");
const SOURCE: Parameter = text("source", "Where the customer comes from.");
const LOCALE: Parameter = text("locale", "The customer's language, such as `en-GB`.");

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Finds, keeps and changes customers.",
    operations: &[
        Operation::write(NAME, "create", "Creates a customer and answers with it.")
            .ready()
            .takes(&[
                OWN_ID,
                CALLED,
                EMAIL,
                EXTERNAL_ID,
                STATUS,
                SOURCE,
                LOCALE,
                METADATA,
            ])
            .others(Others::Stored),
        Operation::read(NAME, "get_by_id", "Answers with one customer.")
            .ready()
            .takes(&[ID]),
        Operation::read(
            NAME,
            "query",
            "Answers with a page of the customers whose fields have the given values.",
        )
        .ready()
        .takes(&[
            LIMIT,
            CURSOR,
            PAGINATION,
            EXTERNAL_IDS,
            shaped("status", WORDS, "A status, or a list of them."),
            shaped("source", WORDS, "A source, or a list of them."),
            shaped("name", WORDS, "A name, or a list of them."),
            shaped("email", WORDS, "A mail address, or a list of them."),
            shaped("locale", WORDS, "A language, or a list of them."),
        ])
        .others(Others::Matched),
        Operation::write(
            NAME,
            "update",
            "Changes fields of a customer and answers with it.",
        )
        .ready()
        .takes(&[
            ID,
            UPDATES,
            CALLED,
            EMAIL,
            EXTERNAL_ID,
            STATUS,
            SOURCE,
            LOCALE,
            METADATA,
        ])
        .others(Others::Stored),
        Operation::read(
            NAME,
            "filter",
            "Answers with every customer for whom an expression holds.",
        )
        .ready()
        .takes(&[EXPRESSION]),
        Operation::read(
            NAME,
            "orders",
            "Answers with a customer's orders, newest first.",
        )
        .ready()
        .takes(&[
            ID,
            shaped(
                "limit",
                Shape::Count,
                "The greatest number of orders to answer with; 20 by default.",
            ),
        ]),
    ],
};
