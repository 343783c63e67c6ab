//! `website`: the websites that are watched.

use super::operation::{Action, Operation, Others};
use super::parameter::{Parameter, shaped};
use crate::Shape;

const NAME: &str = "website";

const SCAN_INTERVAL: Parameter =
    shaped("scanInterval", Shape::Any, "How often the website is read.");

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Keeps the websites that are watched.",
    operations: &[
        Operation::write(NAME, "create", "Begins to watch a website.")
            .takes(&[SCAN_INTERVAL])
            .others(Others::Accepted),
        Operation::write(NAME, "update", "Changes how a website is watched.")
            .takes(&[SCAN_INTERVAL])
            .others(Others::Accepted),
        Operation::read(
            NAME,
            "get_by_domain",
            "Answers with the website of a domain.",
        )
        .others(Others::Accepted),
    ],
};
