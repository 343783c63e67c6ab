//! What goes through the elements of a list, and what is evaluated only where it matters.

use std::borrow::Cow;

use serde_json::Value;

use super::kind::{Kind, Tag, elements, kind, many, noun, truth};
use super::{Call, Made};
use crate::evaluate::{Bindings, Context, Data, made};
use crate::transforms::Applied;
use crate::tree::{Form, Node};

/// `name => body`
pub(in super::super) struct Function<'c> {
    names: &'c [String],
    body: &'c Node,
}

impl<'c> Call<'c> {
    /// An argument that is a function.
    pub(in super::super) fn function(&self, at: usize) -> Option<Function<'c>> {
        match &self.functions.get(at)?.form {
            Form::Function(names, body) => Some(Function { names, body }),
            _ => None,
        }
    }

    /// What a function makes of a value, which is taken apart if the function has several names.
    pub(super) fn invoke(&self, function: &Function<'_>, value: &Value) -> Made {
        self.invoked(function, value, |data| {
            self.evaluator.own(data, &function.body.span)
        })
    }

    /// Whether what a function makes of a value is true.
    pub(in super::super) fn is_true(&self, function: &Function<'_>, value: &Value) -> Made<bool> {
        self.invoked(function, value, |data| {
            Ok(match data.len() {
                Some(length) => length > 0,
                None => truth(data.outline()),
            })
        })
    }

    fn invoked<T>(
        &self,
        function: &Function<'_>,
        value: &Value,
        then: impl FnOnce(Data<'_>) -> Made<T>,
    ) -> Made<T> {
        let parts;
        let values: Vec<&Value> = if function.names.len() == 1 {
            vec![value]
        } else if function.names.is_empty() {
            Vec::new()
        } else {
            parts = elements(self, value)?;
            if parts.len() != function.names.len() {
                return Err(self.fail(format!(
                    "{} with {} elements does not fit {} names",
                    noun(value),
                    parts.len(),
                    function.names.len()
                )));
            }
            parts.iter().map(|part| &**part).collect()
        };
        let bindings = Bindings {
            names: function.names,
            values: &values,
            outer: self.context.bindings,
        };
        let context = Context {
            bindings: Some(&bindings),
            ..self.context
        };
        then(self.evaluator.value(function.body, context)?)
    }

    pub(in super::super) fn only_function(&self) -> Made<Function<'c>> {
        self.function(0)
            .ok_or_else(|| self.refuse("needs a function"))
    }
}

/// `[body for name in list if condition]`
pub(super) fn py_each<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let list = call.evaluator.whole(value, &call.node.span)?;
    let body = call.only_function()?;
    let condition = call.function(1);
    let mut made_of = Vec::new();
    for element in elements(call, &list)? {
        let is_kept = match &condition {
            Some(condition) => call.is_true(condition, &element)?,
            None => true,
        };
        if is_kept {
            made_of.push(call.invoke(&body, &element)?);
        }
    }
    Ok(made(made_of))
}

/// `any(body for name in list)`
pub(super) fn py_any<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    quantified(call, value, true)
}

/// `all(body for name in list)`
pub(super) fn py_all<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    quantified(call, value, false)
}

fn quantified<'c>(call: &Call<'c>, value: Data<'c>, decides: bool) -> Applied<'c> {
    let list = call.evaluator.whole(value, &call.node.span)?;
    let body = call.only_function()?;
    for element in elements(call, &list)? {
        if call.is_true(&body, &element)? == decides {
            return Ok(made(decides));
        }
    }
    Ok(made(!decides))
}

/// A value that has a name in what is evaluated.
pub(super) fn py_let<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    Ok(made(call.invoke(&call.only_function()?, &value)?))
}

/// `a and b`
pub(super) fn py_and<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    decided(call, value, false)
}

/// `a or b`
pub(super) fn py_or<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    decided(call, value, true)
}

fn decided<'c>(call: &Call<'c>, value: Data<'c>, decides: bool) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    if truth(&value) == decides {
        return Ok(Data::One(value));
    }
    Ok(made(call.invoke(&call.only_function()?, &Value::Null)?))
}

/// Whether any or all of what there is are true.
pub(super) fn any_or_all(call: &Call<'_>, value: &Value, decides: bool) -> Made<bool> {
    let elements = elements(call, value)?;
    Ok(elements.iter().any(|element| truth(element) == decides) == decides)
}

/// `zip(a, b)`
pub(super) fn zip(call: &Call<'_>, lists: &Value) -> Made {
    let mut columns = Vec::new();
    for list in lists.as_array().into_iter().flatten() {
        columns.push(elements(call, list)?);
    }
    let length = columns.iter().map(Vec::len).min().unwrap_or(0);
    let row = |at: usize| {
        let parts = columns.iter().filter_map(|column| column.get(at));
        many(
            Tag::Tuple,
            parts.map(|part| part.clone().into_owned()).collect(),
        )
    };
    Ok(many(Tag::Iterator, (0..length).map(row).collect()))
}

/// `enumerate(a, start)`
pub(super) fn enumerate(call: &Call<'_>, value: &Value, start: Option<&Value>) -> Made {
    let first = match start.map(kind) {
        None => 0,
        Some(Kind::Int(first)) => first,
        Some(Kind::Bool(first)) => i128::from(first),
        Some(_) => return Err(call.fail("`enumerate` starts at a whole number")),
    };
    let mut rows = Vec::new();
    for (number, element) in (first..).zip(elements(call, value)?) {
        let number = super::number::Numeric::Int(number).value(call)?;
        rows.push(many(Tag::Tuple, vec![number, Cow::into_owned(element)]));
    }
    Ok(many(Tag::Iterator, rows))
}
