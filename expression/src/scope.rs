//! Where expressions find the names that they begin with.

use serde_json::{Map, Value};

use crate::member::{find, member_of};

/// The values that an expression can begin with.
///
/// A JSON object is a scope. Where nothing should be unknown, such as in a filter over records, answer
/// `Some(&Value::Null)` instead of `None`.
pub trait Scope {
    /// The value of a root name: `input`, `steps`, `loop` ...
    fn root(&self, name: &str) -> Option<&Value>;
}

impl Scope for Map<String, Value> {
    fn root(&self, name: &str) -> Option<&Value> {
        find(self, name)
    }
}

impl Scope for Value {
    fn root(&self, name: &str) -> Option<&Value> {
        member_of(self, name)
    }
}
