//! The parameters of an action, in the two forms in which authors write them.

use pawl_contract::{StepError, code};
use serde_json::{Map, Value};

/// Fields that say which operation is meant, or which organisation; the rest is the operation's.
const OURS: [&str; 5] = [
    "type",
    "operation",
    "parameters",
    "organizationId",
    "retryPolicy",
];

/// The parameters of an action: under `parameters`, or beside `type`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters<'config> {
    config: &'config Value,
    given: &'config Value,
}

impl<'config> Parameters<'config> {
    /// The parameters in a configuration.
    pub(crate) fn of(config: &'config Value) -> Self {
        Self {
            config,
            given: config.get("parameters").unwrap_or(config),
        }
    }

    /// The action's type.
    pub(crate) fn action(&self) -> Option<&'config str> {
        self.config.get("type")?.as_str()
    }

    /// The operation, where it is named on its own.
    pub(crate) fn operation(&self) -> Option<&'config str> {
        self.config
            .get("operation")
            .or_else(|| self.given.get("operation"))?
            .as_str()
    }

    /// A parameter that is given and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&'config Value> {
        self.given.get(name).filter(|value| !value.is_null())
    }

    /// Refuses an operation that lacks a parameter.
    pub(crate) fn require(&self, names: &[&str]) -> Result<(), StepError> {
        match names.iter().find(|name| self.get(name).is_none()) {
            None => Ok(()),
            Some(name) => Err(StepError::new(
                code::VALIDATION_ERROR,
                format!("the parameter `{name}` is missing"),
            )),
        }
    }

    /// A parameter that is text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'config str>, StepError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(StepError::new(
                code::VALIDATION_ERROR,
                format!("`{name}` must be text"),
            )),
        }
    }

    /// A parameter that is text and must be there.
    pub(crate) fn required_text(&self, name: &str) -> Result<&'config str, StepError> {
        let missing = || {
            StepError::new(
                code::VALIDATION_ERROR,
                format!("the parameter `{name}` is missing"),
            )
        };
        self.text(name)?.ok_or_else(missing)
    }

    /// The parameters themselves, without the words that choose the operation and without `but`.
    pub(crate) fn fields(&self, but: &[&str]) -> Map<String, Value> {
        let fields = self.given.as_object().into_iter().flatten();
        let fields = fields
            .filter(|(name, _)| !OURS.contains(&name.as_str()) && !but.contains(&name.as_str()));
        fields
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}
