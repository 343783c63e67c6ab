//! Finds the members of objects.

use serde_json::{Map, Value};

/// Up to so many members, comparing the names in turn is faster than hashing one.
const FEW: usize = 8;

/// A member of an object; other values have none.
pub(crate) fn member_of<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    find(value.as_object()?, name)
}

/// The value of a name.
pub(crate) fn find<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if members.len() > FEW {
        return members.get(name);
    }
    members
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, member)| member)
}
