//! The parameters of an action, in the two forms in which authors write them.

use pawl_contract::catalogue::{self, Operation, Parameter};
use pawl_contract::{StepError, code};
use serde_json::{Map, Value};

/// Fields that say which operation is meant, or which organisation; the rest is the operation's.
const OURS: [&str; 2] = ["operation", "organizationId"];

/// Fields of the step itself, among which the parameters may stand.
const STEP: [&str; 3] = ["type", "retryPolicy", "onUnknown"];

/// The parameters of an action: under `parameters`, or beside `type`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameters<'config> {
    /// The step's configuration; nothing where the parameters come from elsewhere.
    config: Option<&'config Value>,
    given: &'config Value,
}

impl<'config> Parameters<'config> {
    /// The parameters in a configuration.
    pub(crate) fn of(config: &'config Value) -> Self {
        Self {
            config: Some(config),
            given: config.get("parameters").unwrap_or(config),
        }
    }

    /// Parameters and nothing else.
    pub(crate) fn given(given: &'config Value) -> Self {
        Self {
            config: None,
            given,
        }
    }

    /// The action's type.
    pub(crate) fn action(&self) -> Option<&'config str> {
        self.config?.get("type")?.as_str()
    }

    /// The operation, where it is named on its own.
    pub(crate) fn operation(&self) -> Option<&'config str> {
        self.config?
            .get("operation")
            .or_else(|| self.given.get("operation"))?
            .as_str()
    }

    /// A parameter that is given and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&'config Value> {
        self.given.get(name).filter(|value| !value.is_null())
    }

    /// Refuses a call that lacks a parameter which the operation cannot do without.
    pub(crate) fn require(&self, operation: &Operation) -> Result<(), StepError> {
        let is_given =
            |parameter: &Parameter| parameter.names().any(|name| self.get(name).is_some());
        match operation.required().find(|parameter| !is_given(parameter)) {
            None => Ok(()),
            Some(parameter) => Err(StepError::new(
                code::VALIDATION_ERROR,
                format!("the parameter `{}` is missing", parameter.name),
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
        let fields = fields.filter(|(name, _)| {
            let name = name.as_str();
            !OURS.contains(&name) && !self.is_of_step(name) && !but.contains(&name)
        });
        fields
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Whether a field beside `type` says something of the step, and is no parameter.
    fn is_of_step(&self, name: &str) -> bool {
        if self
            .config
            .is_none_or(|config| config.get("parameters").is_some())
        {
            return false;
        }
        let describes = || {
            let operation = self
                .action()
                .and_then(|action| catalogue::find(action, self.operation()));
            operation.is_none_or(|operation| operation.parameter(name).is_none())
        };
        STEP.contains(&name) || (name == "description" && describes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_says_something_of_the_step_is_no_parameter() {
        let rows = [
            (
                json!({ "type": "customer_search", "status": "open", "description": "Looks." }),
                json!({ "status": "open" }),
            ),
            (
                json!({ "type": "product", "operation": "create", "name": "Cup", "description": "To drink from." }),
                json!({ "name": "Cup", "description": "To drink from." }),
            ),
            (
                json!({ "type": "conversation_create", "description": "Opens.", "parameters": { "type": "support" } }),
                json!({ "type": "support" }),
            ),
            (
                json!({ "type": "customer", "parameters": { "operation": "query", "organizationId": "a", "tier": 1 } }),
                json!({ "tier": 1 }),
            ),
        ];
        for (config, expected) in rows {
            let fields = Parameters::of(&config).fields(&[]);
            assert_eq!(Value::Object(fields), expected, "{config}");
        }
    }

    #[test]
    fn a_required_parameter_is_given_by_any_of_its_names() {
        let rows = [
            ("customer_get", json!({ "customerId": "1" }), None),
            (
                "customer_get",
                json!({ "customerId": null }),
                Some("customerId"),
            ),
            (
                "email_send",
                json!({ "to": "a@example.com" }),
                Some("subject"),
            ),
            (
                "conversation_create_from_email",
                json!({ "email": {} }),
                None,
            ),
            ("conversation_create_from_email", json!({}), Some("emails")),
        ];
        for (action, given, missing) in rows {
            let config = json!({ "type": action, "parameters": given });
            let operation = catalogue::find(action, None).expect(action);
            let error = Parameters::of(&config).require(operation).err();
            let expected = missing.map(|name| format!("the parameter `{name}` is missing"));
            assert_eq!(error.map(|error| error.message), expected, "{config}");
        }
    }
}
