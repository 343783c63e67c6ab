//! A place in a definition, as a JSON Pointer and as AWS writes it.

use super::pointer;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// As a JSON Pointer: `/States/a~1b/Choices/0/Next`.
    pub(super) pointer: String,
    /// As AWS writes it: `/States/a/b/Choices[0]/Next`, names as they are; empty for the whole definition.
    location: String,
}

impl Place {
    /// The whole definition.
    pub(super) fn root() -> Self {
        Self {
            pointer: String::new(),
            location: String::new(),
        }
    }

    /// A member of the object here.
    pub(super) fn field(&self, name: &str) -> Self {
        Self {
            pointer: pointer(&self.pointer, name),
            location: format!("{}/{name}", self.location),
        }
    }

    /// An item of the list here.
    pub(super) fn item(&self, index: usize) -> Self {
        Self {
            pointer: format!("{}/{index}", self.pointer),
            location: format!("{}[{index}]", self.location),
        }
    }

    /// The place in AWS's writing.
    pub(super) fn location(&self) -> String {
        if self.location.is_empty() {
            return "/".to_owned();
        }
        self.location.clone()
    }
}
