//! The transforms that Python's operators, functions and methods become: `a|pyCompare('<', b)`.
//!
//! Authors of native workflows have no use for them, so they stand in no list; they work with any JSON all the same,
//! and fail where Python does. What JSON has not (tuples, sets, iterators) lives as an object with one name that no
//! data has, until `pyJson` makes a list of it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operator works with few pairs of types, and fails with all others"
)]

mod arithmetic;
mod call;
mod compare;
mod digit;
mod each;
mod format;
mod item;
mod kind;
mod method;
mod number;
mod print;
mod text;

use std::ops::RangeInclusive;

use super::{Applied, Call, Transform};
use crate::error::EvaluationError;
use crate::evaluate::{Data, made};
pub(super) use each::Function;
pub(super) use kind::truth;

pub(crate) use format::is_format;

type Made<T = serde_json::Value> = Result<T, EvaluationError>;

/// A transform that takes functions, too.
pub(super) const fn higher(
    name: &'static str,
    arguments: RangeInclusive<usize>,
    apply: for<'c> fn(&Call<'c>, Data<'c>) -> Applied<'c>,
) -> Transform {
    Transform {
        takes_functions: true,
        ..Transform::unlisted(name, arguments, apply)
    }
}

pub(super) static TRANSFORMS: [Transform; 22] = [
    Transform::unlisted("pyTruth", 0..=0, py_truth),
    Transform::unlisted("pyName", 1..=2, item::name),
    Transform::unlisted("pyLiteral", 0..=0, item::literal),
    Transform::unlisted("pyMember", 1..=2, item::member),
    Transform::unlisted("pyItem", 1..=2, item::item),
    Transform::unlisted("pySlice", 3..=3, item::slice),
    Transform::unlisted("pyCompare", 2..=2, compare::py_compare),
    Transform::unlisted("pyCalculate", 2..=2, arithmetic::py_calculate),
    Transform::unlisted("pySign", 1..=1, arithmetic::py_sign),
    Transform::unlisted("pyTuple", 0..=0, kind::py_tuple),
    Transform::unlisted("pySet", 0..=0, kind::py_set),
    Transform::unlisted("pyJson", 0..=0, kind::py_json),
    Transform::unlisted("pyDumps", 0..=0, kind::py_dumps),
    Transform::unlisted("pyFormat", 1..=1, format::py_format),
    Transform::unlisted("pyMethod", 1..=4, method::py_method),
    higher("pyCall", 1..=3, call::py_call),
    higher("pyEach", 1..=2, each::py_each),
    higher("pyAny", 1..=1, each::py_any),
    higher("pyAll", 1..=1, each::py_all),
    higher("pyLet", 1..=1, each::py_let),
    higher("pyAnd", 1..=1, each::py_and),
    higher("pyOr", 1..=1, each::py_or),
];

/// Whether a value is true to Python.
#[expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "every transform has the type that the table asks for"
)]
fn py_truth<'c>(_: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let is_true = match value.len() {
        Some(length) => length > 0,
        None => truth(value.outline()),
    };
    Ok(made(is_true))
}

impl Call<'_> {
    /// The text of an argument that the translation wrote.
    fn word(&self, at: usize) -> Made<&str> {
        self.arguments
            .get(at)
            .and_then(|argument| argument.as_str())
            .ok_or_else(|| self.refuse("needs a text here"))
    }

    /// Pays for a text or a list before it is made.
    fn pay(&self, bytes: usize) -> Made<()> {
        self.evaluator.meter.make(bytes, &self.node.span)
    }

    fn steps(&self, count: usize) -> Made<()> {
        self.evaluator.meter.step(count, &self.node.span)
    }
}
