//! `switch`: chooses the first of several cases that holds.
//!
//! Where each case leads is read before (`compiler/src/parse/step/cases.rs`); here is what is asked.

use super::condition::is_expression;
use super::{ON_ERROR, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::Node;

/// The fields of a switch's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("cases", Shape::List),
    ("description", Shape::Text),
    ("variables", Shape::Object),
    (ON_ERROR, Shape::OneOf(&["next"])),
];

/// The fields of a case, behind where it leads.
pub(super) const CASE: [Field; 2] = [("when", Shape::Any), ("description", Shape::Text)];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    for (number, case) in (1..).zip(cases(step)) {
        let what = format!("case {number} of `{}`", step.slug);
        fields::check(case, &CASE, &what, Templates::Refused, diagnostics);
        match case.get("when").filter(|when| !when.is_null()) {
            Some(when) if is_expression(when) => {}
            Some(when) => diagnostics.push(wrong(when, "`when` is a string")),
            None if fields::is_misspelt(case, "when", diagnostics) => {}
            None => diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, format!("{what} has no `when`"))
                    .on(case)
                    .help("add an expression such as `\"{{input.total}} > 100\"`"),
            ),
        }
    }
}

/// What is asked, case by case.
pub(super) fn expressions(step: &Step) -> impl Iterator<Item = &Node> {
    cases(step).filter_map(|case| case.get("when"))
}

fn cases(step: &Step) -> impl Iterator<Item = &Node> {
    let cases = step.config.get("cases").map(Node::elements);
    let cases = cases.unwrap_or_default().iter();
    // What is no object was refused where its way was read.
    cases.filter(|case| case.is_object())
}
