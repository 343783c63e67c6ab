//! Event patterns: which events a rule is for.
//!
//! `{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}` matches every event of the shop above 100.
//! Fields are joined by and, the values of a field by or. What has no name in a pattern does not matter.

mod address;
mod operator;
mod parse;
mod wildcard;

use serde_json::Value;

use operator::Test;

/// How long a pattern may be, in characters.
pub(crate) const LONGEST: usize = 4096;

/// A pattern that AWS would take.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    /// One of these must match: every choice that the `$or`s of the pattern leave.
    choices: Vec<Group>,
}

/// Fields that must match together.
#[derive(Debug, Clone, Default, PartialEq)]
struct Group {
    fields: Vec<(String, Field)>,
}

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq)]
enum Field {
    /// Its own fields.
    Group(Group),
    /// One of these tests.
    Values(Vec<Test>),
}

impl Pattern {
    /// Reads a pattern; otherwise why AWS would refuse it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let pattern: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let choices = parse::pattern(&pattern)?;
        Ok(Self { choices })
    }

    /// Whether an event is one that the pattern is for.
    pub(crate) fn matches(&self, event: &Value) -> bool {
        self.choices
            .iter()
            .any(|choice| choice.matches(Some(event)))
    }
}

impl Group {
    /// Whether the fields match in one and the same object: of a list of objects, one must have them all.
    fn matches(&self, value: Option<&Value>) -> bool {
        match value {
            // Nothing ties these fields to one object of the list, so that none of them may have one.
            Some(Value::Array(items)) if self.asks_for_absence() => {
                items.iter().all(|item| self.matches(Some(item)))
            }
            Some(Value::Array(items)) => items.iter().any(|item| self.matches(Some(item))),
            Some(Value::Object(object)) => self
                .fields
                .iter()
                .all(|(name, field)| field.matches(object.get(name))),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
                self.fields.iter().all(|(_, field)| field.matches(None))
            }
        }
    }

    /// Whether all that the fields say is that something is not there.
    fn asks_for_absence(&self) -> bool {
        self.fields.iter().all(|(_, field)| match field {
            Field::Group(group) => group.asks_for_absence(),
            Field::Values(tests) => tests.iter().all(|test| *test == Test::Exists(false)),
        })
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        let tests = match self {
            Self::Group(group) => return group.matches(value),
            Self::Values(tests) => tests,
        };
        let mut leaves = Vec::new();
        collect_leaves(value, &mut leaves);
        tests.iter().any(|test| {
            if let Test::Exists(wanted) = test {
                return *wanted != leaves.is_empty();
            }
            leaves.iter().any(|leaf| test.accepts(leaf))
        })
    }
}

/// The values of a field that can be compared: itself, or those of its list. An object is none.
fn collect_leaves<'value>(value: Option<&'value Value>, leaves: &mut Vec<&'value Value>) {
    match value {
        None | Some(Value::Object(_)) => {}
        Some(Value::Array(items)) => {
            for item in items {
                collect_leaves(Some(item), leaves);
            }
        }
        Some(leaf) => leaves.push(leaf),
    }
}

#[cfg(test)]
mod tests;
