//! `customer`: the people and companies that an organisation deals with.

use super::example::Example;
use super::operation::{Action, Operation, Others};
use super::output::Output;
use super::parameter::{
    CURSOR, EXPRESSION, EXTERNAL_ID, EXTERNAL_IDS, LIMIT, METADATA, MOST, OWN_ID, PAGE, PAGINATION,
    Parameter, UPDATES, WORDS, shaped, text,
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

const FIELDS: &[Parameter] = &[CALLED, EMAIL, EXTERNAL_ID, STATUS, SOURCE, LOCALE, METADATA];

const CUSTOMERS: &str = r#"{"customers": [
    {"_id": "c1", "name": "Ada", "email": "ada@example.com", "status": "active", "totalSpent": 1200},
    {"_id": "c2", "name": "Bob", "email": "bob@example.com", "status": "churned", "totalSpent": 10}
]}"#;

const ORDERS: &str = r#"{"orders": [
    {"_id": "o1", "_creationTime": 1, "customerId": "c1", "total": 20},
    {"_id": "o2", "_creationTime": 2, "customerId": "c1", "total": 35}
]}"#;

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
            .others(Others::Stored)
            .gives(Output::Record(FIELDS))
            .needs(&["customers:write"])
            .examples(&[
                Example::new("Keeps a new customer.", r#"{"name": "Cem", "email": "cem@example.com", "status": "potential"}"#, r#"{"name": "Cem", "email": "cem@example.com", "status": "potential"}"#),
            ]),

        Operation::read(NAME, "get_by_id", "Answers with one customer.")
            .ready()
            .takes(&[ID])
            .gives(Output::Record(FIELDS))
            .needs(&["customers:read"])
            .examples(&[
                Example::on(CUSTOMERS, "Finds a customer.", r#"{"customerId": "c1"}"#, r#"{"_id": "c1", "name": "Ada", "email": "ada@example.com"}"#),
            ]),

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
        .others(Others::Matched)
            .gives(Output::Page("customers", FIELDS))
            .needs(&["customers:read"])
            .examples(&[
                Example::on(CUSTOMERS, "Finds customers by a field.", r#"{"status": "active", "limit": 10}"#, r#"{"page": [{"_id": "c1"}], "customers": [{"_id": "c1"}], "count": 1, "isDone": true, "continueCursor": null}"#),
            ]),

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
        .others(Others::Stored)
            .gives(Output::Record(FIELDS))
            .needs(&["customers:write"])
            .examples(&[
                Example::on(CUSTOMERS, "Changes some fields and keeps the others.", r#"{"customerId": "c2", "updates": {"status": "active", "contacted": true}}"#, r#"{"_id": "c2", "name": "Bob", "status": "active", "contacted": true}"#),
            ]),

        Operation::read(
            NAME,
            "filter",
            "Answers with every customer for whom an expression holds, or with a page of them.",
        )
        .ready()
        .takes(&[EXPRESSION, MOST, CURSOR, PAGE])
            .gives(Output::Page("customers", FIELDS))
            .needs(&["customers:read"])
            .examples(&[
                Example::on(CUSTOMERS, "Finds customers by an expression.", r#"{"expression": "totalSpent > 1000"}"#, r#"{"customers": [{"_id": "c1", "totalSpent": 1200}], "count": 1, "isDone": true}"#),
            ]),

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
        ])
            .gives(Output::Page("orders", &[text("customerId", "The customer's `_id`.").required()]))
            .needs(&["orders:read"])
            .examples(&[
                Example::on(ORDERS, "Finds the last order.", r#"{"customerId": "c1", "limit": 1}"#, r#"{"orders": [{"_id": "o2", "total": 35}], "count": 1}"#),
            ]),
],
};
