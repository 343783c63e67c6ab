//! Tools: operations of the catalogue that a model may ask for.

use pawl_contract::catalogue::Operation;
use pawl_contract::{Message, StepError, ToolCall, code, tools};
use pawl_store::Writes;
use serde_json::{Value, json};

use crate::Error;
use crate::action::{self, Call};
use crate::work::Context;

/// A tool of a step.
#[derive(Debug)]
pub(super) struct Tool {
    /// The name by which the model knows it.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// What it takes, as JSON Schema.
    pub schema: Value,
    operations: Vec<&'static Operation>,
    validator: jsonschema::Validator,
}

/// What a call of a tool gave: a message for the model, and what it writes.
#[derive(Debug)]
pub(super) struct Called {
    pub message: Message,
    pub writes: Writes,
}

impl Tool {
    /// The tool that a name means; `None` where it cannot run yet.
    pub(super) fn find(name: &str) -> Result<Option<Self>, StepError> {
        let operations = tools::operations(name);
        let (schema, about) = match operations.as_slice() {
            [] => return Ok(None),
            [only] => (tools::schema_of(only), only.about.to_owned()),
            several => {
                let about: Vec<&str> = several.iter().map(|row| row.about).collect();
                (tools::schema_of_all(several), about.join(" "))
            }
        };
        let validator = validator(&schema)?;
        Ok(Some(Self {
            name: tools::function_name(name),
            about,
            schema,
            operations,
            validator,
        }))
    }

    /// The operation and its parameters that the arguments mean.
    fn choose(&self, arguments: &Value) -> Result<(&'static Operation, Value), StepError> {
        fits(&self.validator, arguments)?;
        if let [only] = self.operations.as_slice() {
            return Ok((only, arguments.clone()));
        }
        let name = arguments.get("operation").and_then(Value::as_str);
        let mut operations = self.operations.iter();
        let operation = operations.find(|row| Some(row.operation) == name);
        let operation = operation.ok_or_else(|| invalid("the arguments name no `operation`"))?;
        let mut parameters = arguments.clone();
        if let Some(parameters) = parameters.as_object_mut() {
            parameters.remove("operation");
        }
        fits(&validator(&tools::schema_of(operation))?, &parameters)?;
        Ok((operation, parameters))
    }
}

/// Does what the model asks for. A failure is a result too; only the store can fail here.
pub(super) async fn call(
    tools: &[Tool],
    call: &ToolCall,
    key: &str,
    context: &Context<'_>,
) -> Result<Called, Error> {
    let done = match tools.iter().find(|tool| tool.name == call.tool) {
        None => Err(invalid(format!("there is no tool `{}`", call.tool)).into()),
        Some(tool) => match tool.choose(&call.arguments) {
            Ok((operation, parameters)) => {
                let before = Writes::default();
                let call = Call {
                    context,
                    key,
                    before: &before,
                };
                Box::pin(action::operate(operation, &parameters, &call)).await
            }
            Err(error) => Err(error.into()),
        },
    };
    let (result, failed, writes) = match done {
        Ok(acted) => (acted.output, false, acted.writes),
        Err(Error::Step(error)) => {
            let result = json!({ "error": { "code": error.code, "message": error.message } });
            (result, true, Writes::default())
        }
        Err(error @ Error::Store(_)) => return Err(error),
    };
    let message = Message::Tool {
        id: call.id.clone(),
        tool: call.tool.clone(),
        result,
        failed,
    };
    Ok(Called { message, writes })
}

fn invalid(message: impl Into<String>) -> StepError {
    StepError::new(code::VALIDATION_ERROR, message)
}

fn validator(schema: &Value) -> Result<jsonschema::Validator, StepError> {
    jsonschema::validator_for(schema).map_err(|error| invalid(error.to_string()))
}

/// Refuses arguments that do not fit, and says why.
fn fits(validator: &jsonschema::Validator, arguments: &Value) -> Result<(), StepError> {
    match misfits(validator, arguments) {
        None => Ok(()),
        Some(misfits) => Err(invalid(format!("the arguments do not fit: {misfits}"))),
    }
}

/// What is wrong with a value, in a line; `None` where it fits.
pub(crate) fn misfits(validator: &jsonschema::Validator, value: &Value) -> Option<String> {
    const MOST: usize = 5;
    let errors = validator.iter_errors(value).take(MOST);
    let errors: Vec<String> = errors
        .map(|error| {
            let place = error.instance_path().to_string();
            if place.is_empty() {
                error.to_string()
            } else {
                format!("{error} at {place}")
            }
        })
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}
