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
mod each;
mod format;
mod item;
mod kind;
mod method;
mod number;
mod print;
mod text;

use std::ops::RangeInclusive;

use super::{Applied, Call, Transform, TransformInfo};
use crate::error::{Cause, EvaluationError};
use crate::evaluate::{Data, made};
use kind::truth;

pub(crate) use format::is_format;

type Made<T = serde_json::Value> = Result<T, EvaluationError>;

/// A transform that takes values.
const fn plain(
    name: &'static str,
    arguments: RangeInclusive<usize>,
    apply: for<'c> fn(&Call<'c>, Data<'c>) -> Applied<'c>,
) -> Transform {
    Transform {
        info: TransformInfo {
            name,
            signature: name,
            doc: "What Python means by it.",
            example: "",
            result: "",
        },
        arguments,
        takes_functions: false,
        apply,
    }
}

/// A transform that takes functions, too.
const fn higher(
    name: &'static str,
    arguments: RangeInclusive<usize>,
    apply: for<'c> fn(&Call<'c>, Data<'c>) -> Applied<'c>,
) -> Transform {
    Transform {
        takes_functions: true,
        ..plain(name, arguments, apply)
    }
}

pub(super) static TRANSFORMS: [Transform; 21] = [
    plain("pyTruth", 0..=0, py_truth),
    plain("pyName", 1..=2, item::name),
    plain("pyMember", 1..=2, item::member),
    plain("pyItem", 1..=1, item::item),
    plain("pySlice", 3..=3, item::slice),
    plain("pyCompare", 2..=2, compare::py_compare),
    plain("pyCalculate", 2..=2, arithmetic::py_calculate),
    plain("pySign", 1..=1, arithmetic::py_sign),
    plain("pyTuple", 0..=0, kind::py_tuple),
    plain("pySet", 0..=0, kind::py_set),
    plain("pyJson", 0..=0, kind::py_json),
    plain("pyDumps", 0..=0, kind::py_dumps),
    plain("pyFormat", 1..=1, format::py_format),
    plain("pyMethod", 1..=4, method::py_method),
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
    /// An error as Python would raise it.
    fn fail(&self, message: impl Into<String>) -> EvaluationError {
        EvaluationError::new(Cause::Operand, message, &self.node.span)
    }

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
