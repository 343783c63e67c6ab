//! `product`: what an organisation offers.

use super::example::Example;
use super::operation::{Action, Operation, Others};
use super::output::Output;
use super::parameter::{
    CURSOR, EXPRESSION, EXTERNAL_ID, EXTERNAL_IDS, LIMIT, METADATA, MOST, OWN_ID, PAGE, PAGINATION,
    Parameter, UPDATES, WORDS, flag, list, object, shaped, text, whole,
};
use crate::Shape;

const NAME: &str = "product";

const STATUSES: Shape = Shape::OneOf(&["active", "inactive", "draft", "archived"]);

const ID: Parameter = text("productId", "The product's `_id`.").required();
const CALLED: Parameter = text("name", "The product's name.");
const DESCRIPTION: Parameter = text("description", "What the product is.");
const IMAGE_URL: Parameter = text("imageUrl", "Where a picture of it is.");
const STOCK: Parameter = shaped("stock", Shape::Number, "How many are there.");
const PRICE: Parameter = shaped("price", Shape::Number, "What one costs.");
const CURRENCY: Parameter = text("currency", "The price's currency, such as `EUR`.");
const CATEGORY: Parameter = text("category", "The category that it belongs to.");
const TAGS: Parameter = list("tags", "Words to find it by.");
const STATUS: Parameter = shaped("status", STATUSES, "Whether it is on offer.");

const FIELDS: &[Parameter] = &[
    CALLED,
    DESCRIPTION,
    IMAGE_URL,
    STOCK,
    PRICE,
    CURRENCY,
    CATEGORY,
    TAGS,
    STATUS,
    EXTERNAL_ID,
    METADATA,
];

const PRODUCTS: &str = r#"{"products": [
    {"_id": "p1", "name": "Cup", "price": 8.5, "status": "active", "imageUrl": "https://example.com/cup.jpg"},
    {"_id": "p2", "name": "Jug", "price": 20, "status": "draft", "metadata": {"origin": "Ulm"}}
]}"#;

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Finds, keeps and changes products.",
    operations: &[
        Operation::write(NAME, "create", "Creates a product and answers with it.")
            .ready()
            .takes(&[
                OWN_ID,
                CALLED.required(),
                DESCRIPTION,
                IMAGE_URL,
                STOCK,
                PRICE,
                CURRENCY,
                CATEGORY,
                TAGS,
                STATUS,
                EXTERNAL_ID,
                METADATA,
            ])
            .others(Others::Stored)
            .gives(Output::Record(FIELDS))
            .needs(&["products:write"])
            .examples(&[
                Example::new("Keeps a new product.", r#"{"name": "Bowl", "price": 12, "currency": "EUR", "tags": ["kitchen"]}"#, r#"{"name": "Bowl", "price": 12, "currency": "EUR", "tags": ["kitchen"]}"#),
            ]),

        Operation::read(NAME, "get_by_id", "Answers with one product.")
            .ready()
            .takes(&[ID])
            .gives(Output::Record(FIELDS))
            .needs(&["products:read"])
            .examples(&[
                Example::on(PRODUCTS, "Finds a product.", r#"{"productId": "p1"}"#, r#"{"_id": "p1", "name": "Cup", "price": 8.5}"#),
            ]),

        Operation::read(
            NAME,
            "query",
            "Answers with a page of the products whose fields have the given values.",
        )
        .ready()
        .takes(&[
            LIMIT,
            CURSOR,
            PAGINATION,
            EXTERNAL_IDS,
            shaped(
                "status",
                Shape::Either(&[STATUSES, Shape::List]),
                "A status, or a list of them.",
            ),
            shaped("category", WORDS, "A category, or a list of them."),
            shaped("name", WORDS, "A name, or a list of them."),
            shaped("currency", WORDS, "A currency, or a list of them."),
        ])
        .others(Others::Matched)
            .gives(Output::Page("products", FIELDS))
            .needs(&["products:read"])
            .examples(&[
                Example::on(PRODUCTS, "Finds products by a list of values.", r#"{"status": ["active", "draft"], "limit": 1}"#, r#"{"products": [{"_id": "p1"}], "count": 1, "isDone": false, "continueCursor": "p1"}"#),
            ]),

        Operation::write(
            NAME,
            "update",
            "Changes fields of a product and answers with it.",
        )
        .ready()
        .takes(&[
            ID,
            UPDATES,
            CALLED,
            DESCRIPTION,
            IMAGE_URL,
            STOCK,
            PRICE,
            CURRENCY,
            CATEGORY,
            TAGS,
            STATUS,
            EXTERNAL_ID,
            METADATA,
        ])
        .others(Others::Stored)
            .gives(Output::Record(FIELDS))
            .needs(&["products:write"])
            .examples(&[
                Example::on(PRODUCTS, "Puts a product on offer.", r#"{"productId": "p2", "status": "active"}"#, r#"{"_id": "p2", "name": "Jug", "status": "active"}"#),
            ]),

        Operation::read(
            NAME,
            "filter",
            "Answers with every product for which an expression holds, or with a page of them.",
        )
        .ready()
        .takes(&[EXPRESSION, MOST, CURSOR, PAGE])
            .gives(Output::Page("products", FIELDS))
            .needs(&["products:read"])
            .examples(&[
                Example::on(PRODUCTS, "Finds products by an expression.", r#"{"expression": "price < 10"}"#, r#"{"products": [{"_id": "p1"}], "count": 1}"#),
            ]),

        Operation::read(
            NAME,
            "hydrate_fields",
            "Completes a list of items with fields of the products that they name.",
        )
        .takes(&[
            list("items", "The items to complete.").required(),
            text("idField", "The field of an item that holds the product's id.").required(),
            object(
                "mappings",
                "The fields to add: each name in the item, and the product's field that it comes from.",
            )
            .required(),
            flag(
                "preserveExisting",
                "Whether fields that an item has already are kept; `true` by default.",
            ),
        ])
            .ready()
            .gives(Output::Fields(&[
            list("items", "The items, completed.").required(),
            list("recommendations", "The same as `items`.").required(),
            whole("count", "How many there are.").required(),
        ]))
            .needs(&["products:read"])
            .examples(&[
                Example::on(PRODUCTS, "Gives each recommendation the name and the price of its product.", r#"{"items": [{"id": "p1", "why": "blue"}, {"id": "p9"}], "idField": "id", "mappings": {"name": "name", "price": "price"}}"#, r#"{"items": [{"id": "p1", "why": "blue", "name": "Cup", "price": 8.5}, {"id": "p9"}], "count": 2}"#),
                Example::on(PRODUCTS, "Reaches into a product, and replaces what an item has.", r#"{"items": [{"id": "p2", "name": "?"}], "idField": "id", "mappings": {"name": "name", "from": "metadata.origin"}, "preserveExisting": false}"#, r#"{"items": [{"id": "p2", "name": "Jug", "from": "Ulm"}]}"#),
            ]),
],
};
