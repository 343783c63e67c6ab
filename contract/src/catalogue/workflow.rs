//! `workflow`: the workflows themselves.

use super::operation::{Action, Operation, Others};

const NAME: &str = "workflow";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Works on workflows.",
    operations: &[Operation::write(
        NAME,
        "upload_all_workflows",
        "Makes every workflow known to the knowledge base.",
    )
    .others(Others::Accepted)],
};
