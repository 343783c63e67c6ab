//! The transforms: `value|name(arguments)`.
//!
//! All of them take null for the empty value, so `steps.find.output.tags|join(', ')` of a customer without tags is
//! the empty text. Any other value of a wrong kind is an error that names it. Three do more than those of older
//! engines: `unique` keeps the elements as they are instead of turning them into text, `slice` also cuts text, and
//! `join` prints lists and objects as JSON.

mod date;
mod flow;
mod list;
mod python;
mod table;
mod text;

use std::borrow::Cow;
use std::ops::RangeInclusive;

pub(crate) use flow::limit as flow_limit;
pub(crate) use list::{braced_paths, condition_path};
pub(crate) use python::is_format as is_python_format;
use table::TRANSFORMS;

use serde_json::Value;

use crate::coerce::{to_number, to_text, to_whole};
use crate::error::{Cause, EvaluationError};
use crate::evaluate::{Context, Data, Evaluator, misfit};
use crate::member::member_of;
use crate::tree::Node;

type Applied<'c> = Result<Data<'c>, EvaluationError>;

/// A transform: what it is called, what is said of it, how many arguments it takes, and what it does.
#[derive(Debug)]
pub(crate) struct Transform {
    pub(crate) info: TransformInfo,
    pub(crate) arguments: RangeInclusive<usize>,
    /// Whether an argument may be `name => body`.
    pub(crate) takes_functions: bool,
    pub(crate) apply: for<'c> fn(&Call<'c>, Data<'c>) -> Applied<'c>,
}

/// What a page or a help text says of a transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransformInfo {
    /// What stands after the `|`.
    pub name: &'static str,
    /// How it is written, with its arguments: `slice(start, end?)`.
    pub signature: &'static str,
    /// What it makes, in one sentence.
    pub doc: &'static str,
    /// An expression that uses it.
    pub example: &'static str,
    /// What the example is, as JSON.
    pub result: &'static str,
}

impl TransformInfo {
    /// The time at which the examples are evaluated, `nowMs`: noon of 31 January 2026.
    pub const NOW_MS: i64 = 1_769_860_800_000;
}

/// Every transform, in the order in which they are best read.
///
/// ```
/// let join = pawl_expression::transforms().find(|transform| transform.name == "join").unwrap();
/// assert_eq!((join.signature, join.example, join.result), ("join(separator = ',')", "['a', 'b']|join(' and ')", "\"a and b\""));
/// ```
pub fn transforms() -> impl Iterator<Item = TransformInfo> {
    TRANSFORMS.iter().map(|transform| transform.info)
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        self.info.name == other.info.name
    }
}

/// The transform of a name.
pub(crate) fn find(name: &str) -> Option<&'static Transform> {
    TRANSFORMS
        .iter()
        .chain(&python::TRANSFORMS)
        .chain(&flow::TRANSFORMS)
        .find(|transform| transform.info.name == name)
}

/// What other languages call a transform.
const ELSEWHERE: [(&str, &str); 20] = [
    ("uppercase", "upper"),
    ("toUpperCase", "upper"),
    ("ucase", "upper"),
    ("lowercase", "lower"),
    ("toLowerCase", "lower"),
    ("lcase", "lower"),
    ("strip", "trim"),
    ("toString", "string"),
    ("str", "string"),
    ("parseInt", "number"),
    ("parseFloat", "number"),
    ("toNumber", "number"),
    ("int", "number"),
    ("float", "number"),
    ("size", "length"),
    ("count", "length"),
    ("len", "length"),
    ("substring", "slice"),
    ("substr", "slice"),
    ("distinct", "unique"),
];

/// The names of transforms that are probably meant by a name that is none.
pub(crate) fn meant(name: &str) -> Vec<&'static str> {
    let mut elsewhere = ELSEWHERE.iter();
    match elsewhere.find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        Some((_, ours)) => vec![ours],
        None => nearest(name),
    }
}

/// The names of transforms that are nearest to a name that is not one; none where all are far.
fn nearest(name: &str) -> Vec<&'static str> {
    let lower = name.to_lowercase();
    let near = TRANSFORMS
        .iter()
        .map(|transform| {
            (
                strsim::osa_distance(&transform.info.name.to_lowercase(), &lower),
                transform.info.name,
            )
        })
        .filter(|(distance, near)| *distance <= 2 && distance * 2 < near.len())
        .collect::<Vec<_>>();
    let least = near.iter().map(|(distance, _)| *distance).min();
    near.into_iter()
        .filter(|(distance, _)| Some(*distance) == least)
        .map(|(_, name)| name)
        .collect()
}

impl Transform {
    /// One that translations write and authors are not shown.
    const fn unlisted(
        name: &'static str,
        arguments: RangeInclusive<usize>,
        apply: for<'c> fn(&Call<'c>, Data<'c>) -> Applied<'c>,
    ) -> Self {
        Self {
            info: TransformInfo {
                name,
                signature: name,
                doc: "Written by a translation from another format.",
                example: "",
                result: "",
            },
            arguments,
            takes_functions: false,
            apply,
        }
    }

    /// How many arguments it takes, for a message.
    pub(crate) fn arity(&self) -> String {
        match (*self.arguments.start(), *self.arguments.end()) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "1 argument".to_owned(),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        }
    }
}

/// One use of a transform.
pub(crate) struct Call<'c> {
    pub(crate) transform: &'static Transform,
    pub(crate) node: &'c Node,
    /// What stands before the `|`.
    pub(crate) subject: &'c Node,
    pub(crate) arguments: Vec<Cow<'c, Value>>,
    /// The arguments as they stand in the text, for those that are functions.
    pub(crate) functions: &'c [Node],
    /// What the functions are evaluated for.
    pub(crate) context: Context<'c>,
    pub(crate) evaluator: &'c Evaluator<'c>,
}

impl Call<'_> {
    /// The elements of a subject that is a list; null is the empty one.
    fn list<'c>(
        &self,
        subject: Data<'c>,
    ) -> Result<impl DoubleEndedIterator<Item = Cow<'c, Value>> + use<'c>, EvaluationError> {
        let length = subject.len();
        if length.is_none() && !subject.outline().is_null() {
            return Err(self.misfit("a list", &subject));
        }
        self.evaluator
            .meter
            .step(length.unwrap_or(0), &self.node.span)?;
        Ok(subject.into_elements())
    }

    /// A subject that is text; null is the empty one.
    fn text<'s>(&self, subject: &'s Data<'_>) -> Result<Cow<'s, str>, EvaluationError> {
        match subject.outline() {
            Value::Array(_) | Value::Object(_) => Err(self.misfit("text", subject)),
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Ok(to_text(scalar))
            }
        }
    }

    /// An argument; none where it is not given or null.
    fn argument(&self, at: usize) -> Option<&Value> {
        self.arguments
            .get(at)
            .map(|argument| &**argument)
            .filter(|argument| !argument.is_null())
    }

    /// An argument that is a text, if it is given.
    fn text_argument(&self, at: usize) -> Result<Option<&str>, EvaluationError> {
        match self.argument(at) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => {
                Err(self.refuse(&format!("needs text for {}, not {value}", ordinal(at))))
            }
        }
    }

    /// An argument that is a whole number, if it is given.
    fn whole_argument(&self, at: usize) -> Result<Option<i64>, EvaluationError> {
        let Some(value) = self.argument(at) else {
            return Ok(None);
        };
        let whole = to_number(value).as_ref().and_then(to_whole);
        whole.map(Some).ok_or_else(|| {
            self.refuse(&format!(
                "needs a whole number for {}, not {value}",
                ordinal(at)
            ))
        })
    }

    /// The subject does not fit.
    fn misfit(&self, needs: &str, subject: &Data<'_>) -> EvaluationError {
        misfit(
            self.transform.info.name,
            needs,
            self.subject,
            subject.outline(),
        )
    }

    /// Something else does not fit.
    fn refuse(&self, why: &str) -> EvaluationError {
        self.fail(format!("`{}` {why}", self.transform.info.name))
    }

    /// The same where an author knows nothing of the transform, but of the Python or the state that it was made for.
    fn fail(&self, message: impl Into<String>) -> EvaluationError {
        EvaluationError::new(Cause::Operand, message, &self.node.span)
    }
}

fn ordinal(at: usize) -> &'static str {
    if at == 0 {
        "its first argument"
    } else {
        "its second argument"
    }
}

/// The names of a path such as `customer.tags[0]`, one after the other.
pub(crate) fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[', ']']).filter(|name| !name.is_empty())
}

/// The value at a path such as `customer.tags[0]`, for the transforms that take one.
fn at_path<'v>(value: &'v Value, path: &str) -> Option<Cow<'v, Value>> {
    if let Some(found) = member_of(value, path) {
        return Some(Cow::Borrowed(found));
    }
    path_names(path).try_fold(Cow::Borrowed(value), |value, name| own_member(&value, name))
}

/// The value at a path; a text on the way that holds JSON is read.
fn through_texts(value: &Value, path: &str) -> Value {
    let mut found = Cow::Borrowed(value);
    for name in path_names(path) {
        if let Value::String(text) = &*found {
            found = Cow::Owned(serde_json::from_str(text).unwrap_or_default());
        }
        let next = match &*found {
            Value::Object(_) => member_of(&found, name).cloned(),
            Value::Array(elements) => name
                .parse::<usize>()
                .ok()
                .and_then(|at| elements.get(at).cloned()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        let Some(next) = next else {
            return Value::Null;
        };
        found = Cow::Owned(next);
    }
    found.into_owned()
}

/// A member of an object, an element of a list by its number, or the length of a list or a text.
fn own_member<'v>(value: &Cow<'v, Value>, name: &str) -> Option<Cow<'v, Value>> {
    // Only a length is owned, and that has no members.
    let Cow::Borrowed(value) = *value else {
        return None;
    };
    match value {
        Value::Array(elements) if name == "length" => Some(Cow::Owned(elements.len().into())),
        Value::Array(elements) => elements.get(name.parse::<usize>().ok()?).map(Cow::Borrowed),
        Value::Object(_) => member_of(value, name).map(Cow::Borrowed),
        Value::String(text) if name == "length" => Some(Cow::Owned(text.chars().count().into())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
