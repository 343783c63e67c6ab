//! A value while it is computed: what stands in the scope is borrowed, and copied only where somebody keeps it.

use std::borrow::Cow;
use std::slice;

use serde_json::Value;

/// A value, or a list that is put together from elements which stand elsewhere.
#[derive(Clone)]
pub(crate) enum Data<'c> {
    One(Cow<'c, Value>),
    List(Vec<Cow<'c, Value>>),
}

/// A list of which only its kind is of interest.
static ANY_LIST: Value = Value::Array(Vec::new());

/// A value of the scope or of the expression.
pub(crate) fn borrowed(value: &Value) -> Data<'_> {
    Data::One(Cow::Borrowed(value))
}

/// A value that was computed.
pub(crate) fn made<'c>(value: impl Into<Value>) -> Data<'c> {
    Data::One(Cow::Owned(value.into()))
}

impl<'c> Data<'c> {
    /// The value, or an empty list in the place of any that is put together: for what asks for the kind of a list only.
    pub(crate) fn outline(&self) -> &Value {
        match self {
            Self::One(value) => value,
            Self::List(_) => &ANY_LIST,
        }
    }

    /// How many elements a list has; none if it is not a list.
    pub(crate) fn len(&self) -> Option<usize> {
        match self {
            Self::One(value) => value.as_array().map(Vec::len),
            Self::List(elements) => Some(elements.len()),
        }
    }

    /// The elements of a list; no others have any.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Value> {
        let (whole, parts): (&[Value], &[Cow<'c, Value>]) = match self {
            Self::One(value) => (value.as_array().map_or(&[], Vec::as_slice), &[]),
            Self::List(elements) => (&[], elements),
        };
        whole.iter().chain(parts.iter().map(|part| &**part))
    }

    /// The elements of a list; null has none, and any other value is its only one.
    pub(crate) fn into_elements(self) -> impl DoubleEndedIterator<Item = Cow<'c, Value>> + use<'c> {
        let (whole, parts): (&'c [Value], Vec<Cow<'c, Value>>) = match self {
            Self::One(Cow::Borrowed(Value::Array(elements))) => (elements, Vec::new()),
            Self::One(Cow::Borrowed(Value::Null) | Cow::Owned(Value::Null)) => (&[], Vec::new()),
            Self::One(Cow::Borrowed(single)) => (slice::from_ref(single), Vec::new()),
            Self::One(Cow::Owned(Value::Array(elements))) => {
                (&[], elements.into_iter().map(Cow::Owned).collect())
            }
            Self::One(single @ Cow::Owned(_)) => (&[], vec![single]),
            Self::List(elements) => (&[], elements),
        };
        whole.iter().map(Cow::Borrowed).chain(parts)
    }

    /// An element of a list.
    pub(crate) fn nth(self, at: usize) -> Option<Cow<'c, Value>> {
        match self {
            Self::One(Cow::Borrowed(value)) => value.get(at).map(Cow::Borrowed),
            Self::One(Cow::Owned(Value::Array(elements))) => {
                elements.into_iter().nth(at).map(Cow::Owned)
            }
            Self::One(Cow::Owned(_)) => None,
            Self::List(elements) => elements.into_iter().nth(at),
        }
    }
}

impl<'c> FromIterator<Cow<'c, Value>> for Data<'c> {
    fn from_iter<I: IntoIterator<Item = Cow<'c, Value>>>(elements: I) -> Self {
        Self::List(elements.into_iter().collect())
    }
}
