//! Follows a path into a value.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::{Context, Data, Evaluated, Evaluator, Missing, Operand, borrowed, made, misfit};
use crate::coerce::{is_truthy, to_text, to_whole};
use crate::error::{Cause, EvaluationError};
use crate::limits::NODE;
use crate::member::member_of;
use crate::tree::{Access, Base, Node};

/// What other engines put around a step's data in its `output`, and what it is of the step here.
const BESIDE: [(&str, &str); 2] = [("meta", "meta"), ("type", "stepType")];

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
                Some(element) => self.walk(&path, 0, borrowed(element)),
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
            Base::Root(name) => match bound(context, name).or_else(|| item_member(context, name)) {
                Some(value) => self.walk(&path, 0, borrowed(value)),
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
            return Ok(Operand::Present(borrowed(root)));
        };
        if name == "lastOutput"
            && let Some(data) = self.envelope(path, 0, &borrowed(root))?
        {
            return Ok(data);
        }
        let Some(value) = self.follow(first, borrowed(root), path.context)? else {
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
    fn step<'c>(&'c self, path: &Walk<'c>, step: Data<'c>) -> Evaluated<'c> {
        if !path.has_member(1, "output") {
            return self.walk(path, 1, step);
        }
        let output = member(step.clone(), "output");
        if let Some(output) = &output
            && let Some(data) = self.envelope(path, 2, output)?
        {
            return Ok(data);
        }
        // What a step has beside its data, unless the data has a member that is really called so.
        for (name, beside) in BESIDE {
            let in_output = output.as_ref().map(Data::outline);
            let is_in_output = in_output.is_some_and(|output| member_of(output, name).is_some());
            if path.has_member(2, name)
                && !is_in_output
                && let Some(found) = member(step.clone(), beside)
                && !found.outline().is_null()
            {
                return self.walk(path, 3, found);
            }
        }
        match output {
            Some(output) => self.walk(path, 2, output),
            None => Ok(path.missing(1)),
        }
    }

    /// A path into an output whose access `at` is `data`: the output is the data already, unless it has a member that
    /// is really called so and the rest of the path is only there.
    fn envelope<'c>(
        &'c self,
        path: &Walk<'c>,
        at: usize,
        output: &Data<'c>,
    ) -> Result<Option<Operand<'c>>, EvaluationError> {
        if !path.has_member(at, "data") {
            return Ok(None);
        }
        let skipped = self.walk(path, at + 1, output.clone())?;
        let is_meant =
            member_of(output.outline(), "data").is_none() || matches!(skipped, Operand::Present(_));
        Ok(is_meant.then_some(skipped))
    }

    /// Follows the accesses of a path from `first` on.
    fn walk<'c>(&'c self, path: &Walk<'c>, first: usize, mut value: Data<'c>) -> Evaluated<'c> {
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
        value: Data<'c>,
        context: Context<'c>,
    ) -> Result<Option<Data<'c>>, EvaluationError> {
        match access {
            Access::Member(name) => Ok(member(value, name)),
            Access::Filter(condition) => self.filter(condition, value, context).map(Some),
            Access::Index(node) => match self.value(node, context)?.outline() {
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
        value: Data<'c>,
        context: Context<'c>,
    ) -> Result<Data<'c>, EvaluationError> {
        let mut kept = Vec::new();
        for element in value.into_elements() {
            let context = Context {
                element: Some(&element),
                ..context
            };
            if is_truthy(self.value(condition, context)?.outline()) {
                self.meter.make(NODE, &condition.span)?;
                kept.push(element);
            }
        }
        Ok(Data::List(kept))
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

/// What a function around binds to a name, innermost first.
fn bound<'c>(context: Context<'c>, name: &str) -> Option<&'c Value> {
    let mut bindings = context.bindings;
    while let Some(call) = bindings {
        if let Some(at) = call.names.iter().position(|bound| bound == name) {
            return call.values.get(at).copied();
        }
        bindings = call.outer;
    }
    None
}

/// A name that the item of a section around has, innermost first.
fn item_member<'c>(context: Context<'c>, name: &str) -> Option<&'c Value> {
    let mut items = context.items;
    while let Some(section) = items {
        if let Some(value) = member_of(section.item, name) {
            return Some(value);
        }
        items = section.outer;
    }
    None
}

/// A member of a value, owned if the value is.
fn member<'c>(value: Data<'c>, name: &str) -> Option<Data<'c>> {
    let is_index = name.starts_with(|first: char| first.is_ascii_digit());
    match (value.len(), value) {
        (Some(length), _) if name == "length" => Some(made(length)),
        // `list['0']`, as of an index that came as text.
        (Some(_), list) if is_index => list.nth(name.parse().ok()?).map(Data::One),
        // As in JEXL, a member of a list is that of its first element.
        (Some(_), list) => member_of_object(list.nth(0)?, name),
        (None, Data::One(value)) => match &*value {
            Value::String(text) if name == "length" => Some(made(text.chars().count())),
            Value::String(text) if is_index => character(text, name.parse().ok()?),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => member_of_object(value, name),
        },
        (None, Data::List(_)) => None,
    }
}

fn member_of_object<'c>(value: Cow<'c, Value>, name: &str) -> Option<Data<'c>> {
    let member = match value {
        Cow::Borrowed(value) => Cow::Borrowed(member_of(value, name)?),
        Cow::Owned(value) => Cow::Owned(member_of(&value, name)?.clone()),
    };
    Some(Data::One(member))
}

/// An element of a list, a character of a text, or the member of an object whose name is a number.
fn element<'c>(value: Data<'c>, index: &Number) -> Option<Data<'c>> {
    let at = to_whole(index).and_then(|index| usize::try_from(index).ok());
    match value.outline() {
        Value::Array(_) => value.nth(at?).map(Data::One),
        Value::String(text) => character(text, at?),
        Value::Object(_) => member(value, &to_text(&Value::Number(index.clone()))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn character<'c>(text: &str, at: usize) -> Option<Data<'c>> {
    Some(made(text.chars().nth(at)?.to_string()))
}
