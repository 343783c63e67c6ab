//! `set_variables`: values for later steps, computed without acting.

use super::example::Example;
use super::operation::{Action, Operation, Others};
use super::output::Output;
use super::parameter::shaped;
use crate::Shape;

const NAME: &str = "set_variables";

pub(super) const ACTION: Action = Action {
    name: NAME,
    about: "Keeps values for later steps.",
    operations: &[Operation::write(
        NAME,
        "",
        "Sets variables: every parameter is the name of one, with its value.",
    )
    .ready()
    .takes(&[shaped(
        "variables",
        Shape::List,
        "The variables as a list of `{ \"name\": ..., \"value\": ... }`, of which each sees those before it.",
    )])
    .others(Others::Accepted)
            .gives(Output::Fields(&[]))
            .needs(&[])
            .examples(&[
                Example::new("Sets two variables, the second from the first.", r#"{"variables": [{"name": "first", "value": 2}, {"name": "second", "value": "{{first * 2}}"}]}"#, r#"{"first": 2, "second": 4}"#),
            ]),
],
};
