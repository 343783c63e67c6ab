//! Follows a path into a value.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{Context, Evaluated, Evaluator, Missing, Operand, misfit, present};
use crate::coerce::{is_truthy, to_text, to_whole};
use crate::error::{Cause, EvaluationError};
use crate::tree::{Access, Base, Node};

impl Evaluator<'_> {
    pub(super) fn path<'c>(
        &'c self,
        node: &'c Node,
        base: &'c Base,
        accesses: &'c [Access],
        context: Context<'c>,
    ) -> Evaluated<'c> {
        let path = Walk {
            node,
            base,
            accesses,
            context,
        };
        match base {
            Base::Relative => match context.element {
                Some(element) => self.walk(&path, 0, Cow::Borrowed(element)),
                // Only a section of `true` has none, since it does not repeat anything.
                None => Err(EvaluationError::new(
                    Cause::Absent,
                    format!("`{node}` has no item here: no section around it goes through a list"),
                    &node.span,
                )),
            },
            Base::Node(inner) => match self.evaluate(inner, context)? {
                Operand::Present(value) => self.walk(&path, 0, value),
                missing @ Operand::Missing(_) => Ok(missing),
            },
            Base::Root(name) => match item_member(context, name) {
                Some(value) => self.walk(&path, 0, Cow::Borrowed(value)),
                None => self.root(&path, name),
            },
        }
    }

    /// A path that begins with a root of the scope.
    fn root<'c>(&'c self, path: &Walk<'c>, name: &str) -> Evaluated<'c> {
        let absent =
            |message: String| EvaluationError::new(Cause::Absent, message, &path.node.span);
        let root = self
            .scope
            .root(name)
            .ok_or_else(|| absent(format!("`{name}` is not known here")))?;
        let message = |key: &str| match name {
            "steps" => Some(format!("step `{key}` has not run")),
            "variables" => Some(format!("variable `{key}` has not been set")),
            "secrets" => Some(format!("there is no secret `{key}`")),
            _ => None,
        };
        let Some(first) = path.accesses.first() else {
            return Ok(present(root));
        };
        if name == "lastOutput"
            && let Some(data) = self.envelope(path, 0, &Cow::Borrowed(root))?
        {
            return Ok(data);
        }
        let Some(value) = self.follow(first, Cow::Borrowed(root), path.context)? else {
            let key = match first {
                Access::Member(key) => key.clone(),
                Access::Index(node) | Access::Filter(node) => node.to_string(),
            };
            return match message(&key) {
                Some(message) => Err(absent(message)),
                None => Ok(path.missing(0)),
            };
        };
        if name == "steps" {
            self.step(path, value)
        } else {
            self.walk(path, 1, value)
        }
    }

    /// A path into a step, whose `output` may be read as an envelope.
    fn step<'c>(&'c self, path: &Walk<'c>, step: Cow<'c, Value>) -> Evaluated<'c> {
        if path.has_member(1, "output")
            && let Some(output) = member(step.clone(), "output")
            && let Some(data) = self.envelope(path, 2, &output)?
        {
            return Ok(data);
        }
        // What a step notes beside its data, unless the data has a member that is really called so.
        if path.has_member(1, "output")
            && path.has_member(2, "meta")
            && step
                .get("output")
                .and_then(|output| output.get("meta"))
                .is_none()
            && let Some(meta) = member(step.clone(), "meta").filter(|meta| !meta.is_null())
        {
            return self.walk(path, 3, meta);
        }
        self.walk(path, 1, step)
    }

    /// A path into an output whose access `at` is `data`: the output is the data already, unless it has a member that
    /// is really called so and the rest of the path is only there.
    fn envelope<'c>(
        &'c self,
        path: &Walk<'c>,
        at: usize,
        output: &Cow<'c, Value>,
    ) -> Result<Option<Operand<'c>>, EvaluationError> {
        if !path.has_member(at, "data") {
            return Ok(None);
        }
        let skipped = self.walk(path, at + 1, output.clone())?;
        let is_meant = output.get("data").is_none() || matches!(skipped, Operand::Present(_));
        Ok(is_meant.then_some(skipped))
    }

    /// Follows the accesses of a path from `first` on.
    fn walk<'c>(
        &'c self,
        path: &Walk<'c>,
        first: usize,
        mut value: Cow<'c, Value>,
    ) -> Evaluated<'c> {
        for (at, access) in path.accesses.iter().enumerate().skip(first) {
            match self.follow(access, value, path.context)? {
                Some(next) => value = next,
                None => return Ok(path.missing(at)),
            }
        }
        Ok(Operand::Present(value))
    }

    /// Follows one access; none where it finds nothing.
    fn follow<'c>(
        &'c self,
        access: &'c Access,
        value: Cow<'c, Value>,
        context: Context<'c>,
    ) -> Result<Option<Cow<'c, Value>>, EvaluationError> {
        match access {
            Access::Member(name) => Ok(member(value, name)),
            Access::Filter(condition) => self.filter(condition, &value, context).map(Some),
            Access::Index(node) => match &*self.value(node, context)? {
                Value::Null => Ok(None),
                // As in JEXL, a condition that does not look at the elements keeps all or nothing.
                Value::Bool(keeps) => Ok(keeps.then_some(value)),
                Value::Number(index) => Ok(element(value, index)),
                Value::String(name) => Ok(member(value, name)),
                other @ (Value::Array(_) | Value::Object(_)) => {
                    Err(misfit("[…]", "a number or a name", node, other))
                }
            },
        }
    }

    /// The elements for which a condition is true; a single value counts as a list of one.
    fn filter<'c>(
        &'c self,
        condition: &'c Node,
        value: &Value,
        context: Context<'c>,
    ) -> Result<Cow<'c, Value>, EvaluationError> {
        let elements = match value {
            Value::Null => &[],
            Value::Array(elements) => elements.as_slice(),
            single @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                std::slice::from_ref(single)
            }
        };
        let mut kept = Vec::new();
        for element in elements {
            if is_truthy(&*self.value(
                condition,
                Context {
                    element: Some(element),
                    ..context
                },
            )?) {
                kept.push(self.own(Cow::Borrowed(element), &condition.span)?);
            }
        }
        Ok(Cow::Owned(Value::Array(kept)))
    }
}

/// A path that is being followed.
struct Walk<'c> {
    node: &'c Node,
    base: &'c Base,
    accesses: &'c [Access],
    context: Context<'c>,
}

impl<'c> Walk<'c> {
    /// The access at this place found nothing.
    fn missing(&self, at: usize) -> Operand<'c> {
        let accesses = self.accesses.get(..=at).unwrap_or(self.accesses);
        Operand::Missing(Missing {
            node: self.node,
            base: self.base,
            accesses,
        })
    }

    fn has_member(&self, at: usize, name: &str) -> bool {
        matches!(self.accesses.get(at), Some(Access::Member(member)) if member == name)
    }
}

/// A name that the item of a section around has, innermost first.
fn item_member<'c>(context: Context<'c>, name: &str) -> Option<&'c Value> {
    let mut items = context.items;
    while let Some(section) = items {
        if let Some(value) = section.item.as_object().and_then(|item| item.get(name)) {
            return Some(value);
        }
        items = section.outer;
    }
    None
}

/// A member of a value, owned if the value is.
fn member<'c>(value: Cow<'c, Value>, name: &str) -> Option<Cow<'c, Value>> {
    match value {
        Cow::Borrowed(value) => borrowed_member(value, name),
        Cow::Owned(value) => {
            borrowed_member(&value, name).map(|member| Cow::Owned(member.into_owned()))
        }
    }
}

fn borrowed_member<'c>(value: &'c Value, name: &str) -> Option<Cow<'c, Value>> {
    match value {
        Value::Object(members) => members.get(name).map(Cow::Borrowed),
        Value::Array(elements) if name == "length" => Some(Cow::Owned(elements.len().into())),
        // `list['0']`, as of an index that came as text.
        Value::Array(_) | Value::String(_)
            if name.starts_with(|first: char| first.is_ascii_digit()) =>
        {
            element(Cow::Borrowed(value), &name.parse::<u64>().ok()?.into())
        }
        // As in JEXL, a member of a list is that of its first element.
        Value::Array(elements) => elements.first()?.as_object()?.get(name).map(Cow::Borrowed),
        Value::String(text) if name == "length" => Some(Cow::Owned(text.chars().count().into())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// An element of a list, a character of a text, or the member of an object whose name is a number.
fn element<'c>(value: Cow<'c, Value>, index: &Number) -> Option<Cow<'c, Value>> {
    let at = to_whole(index).and_then(|index| usize::try_from(index).ok());
    match value {
        Cow::Borrowed(Value::Array(elements)) => elements.get(at?).map(Cow::Borrowed),
        Cow::Owned(Value::Array(elements)) => elements.into_iter().nth(at?).map(Cow::Owned),
        value @ (Cow::Borrowed(_) | Cow::Owned(_)) => match &*value {
            Value::String(text) => text
                .chars()
                .nth(at?)
                .map(|character| Cow::Owned(character.to_string().into())),
            Value::Object(_) => {
                let name = to_text(&Value::Number(index.clone()));
                member(value, &name)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        },
    }
}
