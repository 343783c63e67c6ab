//! `crawler`: pages of the web.

use super::operation::{Action, Operation, Others};

const NAME: &str = "crawler";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Finds and fetches pages of the web.",
    operations: &[
        Operation::read(NAME, "crawl_website", "Fetches the pages of a website.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::read(
            NAME,
            "discover_urls",
            "Answers with the addresses of a website's pages.",
        )
        .others(Others::Accepted)
        .with_secrets(),
        Operation::read(NAME, "fetch_urls", "Fetches pages by their addresses.")
            .others(Others::Accepted)
            .with_secrets(),
        Operation::read(
            NAME,
            "query_urls",
            "Answers with pages that were fetched before.",
        )
        .others(Others::Accepted)
        .with_secrets(),
    ],
};
