//! The transforms: `value|name(arguments)`.
//!
//! All of them take null for the empty value, so `steps.find.output.tags|join(', ')` of a customer without tags is
//! the empty text. Any other value of a wrong kind is an error that names it. Three do more than those of older
//! engines: `unique` keeps the elements as they are instead of turning them into text, `slice` also cuts text, and
//! `join` prints lists and objects as JSON.

mod date;
mod list;
mod text;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::{Number, Value};

use crate::coerce::{to_number, to_text};
use crate::error::{Cause, EvaluationError};
use crate::evaluate::{Evaluator, misfit};
use crate::tree::Node;

type Applied = Result<Value, EvaluationError>;

/// A transform: its name, how many arguments it takes, and what it does.
#[derive(Debug)]
pub(crate) struct Transform {
    pub(crate) name: &'static str,
    pub(crate) arguments: RangeInclusive<usize>,
    pub(crate) apply: fn(&Call<'_>) -> Applied,
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const fn row(
    name: &'static str,
    arguments: RangeInclusive<usize>,
    apply: fn(&Call<'_>) -> Applied,
) -> Transform {
    Transform {
        name,
        arguments,
        apply,
    }
}

/// Every transform there is.
static TRANSFORMS: [Transform; 32] = [
    row("upper", 0..=0, text::upper),
    row("lower", 0..=0, text::lower),
    row("trim", 0..=0, text::trim),
    row("string", 0..=0, text::string),
    row("number", 0..=0, text::number),
    row("boolean", 0..=0, text::boolean),
    row("parseJSON", 0..=0, text::parse_json),
    row("length", 0..=0, list::length),
    row("first", 0..=0, list::first),
    row("last", 0..=0, list::last),
    row("join", 0..=1, list::join),
    row("map", 1..=1, list::map),
    row("filter", 1..=1, list::filter),
    row("find", 2..=2, list::find),
    row("filterBy", 2..=2, list::filter_by),
    row("flatten", 0..=0, list::flatten),
    row("unique", 0..=0, list::unique),
    row("concat", 1..=1, list::concat),
    row("hasOverlap", 1..=1, list::has_overlap),
    row("sort", 0..=2, list::sort),
    row("reverse", 0..=0, list::reverse),
    row("slice", 1..=2, list::slice),
    row("chunk", 1..=1, list::chunk),
    row("formatList", 1..=2, list::format_list),
    row("parseDate", 0..=0, date::parse_date),
    row("isoDate", 0..=0, date::iso_date),
    row("epochSeconds", 0..=0, date::epoch_seconds),
    row("daysAgo", 0..=0, date::days_ago),
    row("hoursAgo", 0..=0, date::hours_ago),
    row("minutesAgo", 0..=0, date::minutes_ago),
    row("isBefore", 1..=1, date::is_before),
    row("isAfter", 1..=1, date::is_after),
];

/// The transform of a name.
pub(crate) fn find(name: &str) -> Option<&'static Transform> {
    TRANSFORMS.iter().find(|transform| transform.name == name)
}

/// The name of a transform that is near a name that is not one.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    TRANSFORMS
        .iter()
        .map(|transform| {
            (
                strsim::osa_distance(&transform.name.to_lowercase(), &lower),
                transform.name,
            )
        })
        .filter(|(distance, near)| *distance <= 2 && distance * 2 < near.len())
        .min()
        .map(|(_, near)| near)
}

impl Transform {
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
    pub(crate) value: Cow<'c, Value>,
    pub(crate) arguments: Vec<Cow<'c, Value>>,
    pub(crate) evaluator: &'c Evaluator<'c>,
}

impl Call<'_> {
    /// The subject as a list; null is the empty one.
    fn list(&self) -> Result<&[Value], EvaluationError> {
        match &*self.value {
            Value::Null => Ok(&[]),
            Value::Array(elements) => {
                self.evaluator.meter.step(elements.len(), &self.node.span)?;
                Ok(elements)
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                Err(self.misfit("a list"))
            }
        }
    }

    /// The subject as text; null is the empty one.
    fn text(&self) -> Result<Cow<'_, str>, EvaluationError> {
        match &*self.value {
            Value::String(text) => Ok(Cow::Borrowed(text)),
            Value::Array(_) | Value::Object(_) => Err(self.misfit("text")),
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_)) => {
                Ok(Cow::Owned(to_text(scalar)))
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
        let whole = to_number(value).as_ref().and_then(Number::as_i64);
        whole.map(Some).ok_or_else(|| {
            self.refuse(&format!(
                "needs a whole number for {}, not {value}",
                ordinal(at)
            ))
        })
    }

    /// The subject does not fit.
    fn misfit(&self, needs: &str) -> EvaluationError {
        misfit(self.transform.name, needs, self.subject, &self.value)
    }

    /// Something else does not fit.
    fn refuse(&self, why: &str) -> EvaluationError {
        EvaluationError::new(
            Cause::Operand,
            format!("`{}` {why}", self.transform.name),
            &self.node.span,
        )
    }
}

fn ordinal(at: usize) -> &'static str {
    if at == 0 {
        "its first argument"
    } else {
        "its second argument"
    }
}

/// The value at a path such as `customer.tags[0]`, for the transforms that take one.
fn at_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let mut names = path.split(['.', '[', ']']).filter(|name| !name.is_empty());
    names.try_fold(value, |value, name| match value {
        Value::Array(elements) => elements.get(name.parse::<usize>().ok()?),
        Value::Object(members) => members.get(name),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}
