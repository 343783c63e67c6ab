//! `websitePages`: the pages of websites that are watched.

use super::operation::{Action, Operation, Others};
use super::parameter::list;

const NAME: &str = "websitePages";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Keeps the pages of websites.",
    operations: &[
        Operation::write(NAME, "bulk_upsert", "Keeps pages, new ones and known ones.")
            .takes(&[list("pages", "The pages.")])
            .others(Others::Accepted),
    ],
};
