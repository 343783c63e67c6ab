//! What the description of the API says of every operation.

use utoipa::PartialSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Info, OpenApi, PathItem, Ref, RefOr, Schema};

use crate::problem::Said;

/// What may go wrong with any request that says who asks.
const REFUSALS: [(&str, &str); 12] = [
    ("400", "The request cannot be read"),
    ("401", "Nobody says who asks"),
    ("403", "Whoever asks may not do that"),
    ("404", "There is no such thing"),
    ("405", "It does not answer to that method"),
    ("409", "It does not fit what is there"),
    ("413", "The body is too large"),
    ("415", "The body is of another type"),
    ("422", "It was read and makes no sense"),
    ("429", "There were too many requests"),
    ("502", "Something that a request needs has failed"),
    ("503", "Something of ours does not answer"),
];

/// Gives the document what holds for all of it.
pub(crate) fn complete(document: &mut OpenApi) {
    document.info = Info::new("Pawl", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(
        "Workflows, their runs, and what starts them. Every request but those to webhooks and signed links says who \
         asks, by a key or a token of an identity provider; the scopes of an operation name the role that it takes."
            .to_owned(),
    );
    let components = document.components.get_or_insert_with(Components::new);
    components
        .schemas
        .insert("Problem".to_owned(), Said::schema());
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)),
    );
    // A path that may have slashes is written with a star in the router alone.
    let paths = std::mem::take(&mut document.paths.paths).into_iter();
    document.paths.paths = paths
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            for (status, what) in REFUSALS {
                let refusal = || RefOr::T(refusal(what));
                let responses = &mut operation.responses.responses;
                responses.entry(status.to_owned()).or_insert_with(refusal);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

fn refusal(what: &str) -> Response {
    let schema: RefOr<Schema> = Ref::from_schema_name("Problem").into();
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new()
        .description(what)
        .content("application/json", content)
        .build()
}
