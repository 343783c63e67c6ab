//! `recommendation`: products that a customer may like.

use super::example::Example;
use super::operation::{Action, Operation, Others};
use super::output::Output;
use super::parameter::{METADATA, OWN_ID, list, text};

const NAME: &str = "recommendation";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Keeps recommendations of products.",
    operations: &[Operation::write(
        NAME,
        "create",
        "Keeps products that are recommended to a customer.",
    )
    .ready()
    .takes(&[
        OWN_ID,
        text("customerId", "The customer's `_id`.").required(),
        list("products", "The products, or what is to be said of each.").required(),
        METADATA,
    ])
    .others(Others::Stored)
    .gives(Output::Record(&[
        text("customerId", "The customer's `_id`.").required(),
        list("products", "The products.").required(),
    ]))
    .needs(&["recommendations:write"])
    .examples(&[Example::new(
        "Keeps what is recommended to a customer.",
        r#"{"customerId": "c1", "products": ["p1", "p2"]}"#,
        r#"{"customerId": "c1", "products": ["p1", "p2"]}"#,
    )])],
};
