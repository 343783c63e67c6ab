//! Does one operation of the catalogue: on our own records, or by mail.
//!
//! ```json
//! { "type": "customer", "operation": "get_by_id", "parameters": { "customerId": "{{input.customerId}}" } }
//! ```

pub(crate) mod email;

mod collection;
mod conversation;
mod customer;
mod page;
mod parameters;

use pawl_contract::catalogue::{self, Operation, Readiness};
use pawl_contract::{StepError, code};

use crate::Error;
use crate::work::{Act, Acted, Context};
use collection::{CONVERSATIONS, CUSTOMERS, Collection, PRODUCTS, RECOMMENDATIONS};
use parameters::Parameters;

/// Does what the step's configuration says.
pub(crate) async fn act(context: &Context<'_>) -> Result<Act, Error> {
    let parameters = Parameters::of(context.input);
    let operation = find(&parameters)?;
    parameters.require(operation)?;
    if operation.action == "email_send" {
        return Ok(Act::Mail(Box::new(email::write(&parameters, context)?)));
    }
    let acted = operate(operation, &parameters, context).await?;
    Ok(Act::Done(Box::new(acted)))
}

/// The operation that the configuration names, if it can run.
fn find(parameters: &Parameters<'_>) -> Result<&'static Operation, StepError> {
    let invalid = |message: String| StepError::new(code::VALIDATION_ERROR, message);
    let Some(action) = parameters.action() else {
        return Err(invalid("the action's `type` is missing".to_owned()));
    };
    let Some(operation) = catalogue::find(action, parameters.operation()) else {
        let operation = parameters.operation().unwrap_or_default();
        return Err(invalid(format!(
            "there is no action `{action}` with the operation `{operation}`"
        )));
    };
    match operation.readiness {
        Readiness::Ready => Ok(operation),
        Readiness::Later => {
            let name = operation.name();
            Err(invalid(format!(
                "`{name}` is not available yet: mock the step to go on without it"
            )))
        }
    }
}

async fn operate(
    operation: &Operation,
    parameters: &Parameters<'_>,
    context: &Context<'_>,
) -> Result<Acted, Error> {
    match (operation.action, operation.operation) {
        ("customer", "orders") => customer::orders(parameters, context).await,
        ("conversation", "create_draft") => conversation::create_draft(parameters, context).await,
        (action, operation) => match (collection(action), operation) {
            (Some(collection), "create") => collection.create(parameters, context).await,
            (Some(collection), "get_by_id") => collection.get_by_id(parameters, context).await,
            (Some(collection), "query") => collection.query(parameters, context).await,
            (Some(collection), "update") => collection.update(parameters, context).await,
            (Some(collection), "filter") => collection.filter(parameters, context).await,
            _ => {
                let message = format!("`{action}` cannot `{operation}` here");
                Err(Error::step(code::VALIDATION_ERROR, message))
            }
        },
    }
}

fn collection(action: &str) -> Option<&'static Collection> {
    [&CUSTOMERS, &PRODUCTS, &CONVERSATIONS, &RECOMMENDATIONS]
        .into_iter()
        .find(|one| one.noun == action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_that_cannot_run_says_why() {
        let rows = [
            (json!({ "type": "customer_get" }), None),
            (
                json!({ "type": "customer", "parameters": { "operation": "update" } }),
                None,
            ),
            (json!({}), Some("`type` is missing")),
            (
                json!({ "type": "custmer" }),
                Some("there is no action `custmer`"),
            ),
            (
                json!({ "type": "rag", "operation": "search" }),
                Some("`rag.search` is not available yet"),
            ),
        ];
        for (config, expected) in rows {
            let found = find(&Parameters::of(&config))
                .err()
                .map(|error| error.message);
            match expected {
                None => assert_eq!(found, None, "{config}"),
                Some(part) => assert!(
                    found.is_some_and(|message| message.contains(part)),
                    "{config}"
                ),
            }
        }
    }

    #[test]
    fn everything_that_the_catalogue_calls_ready_has_code() {
        let ready = catalogue::operations().filter(|row| row.readiness == Readiness::Ready);
        let ours = ["create", "get_by_id", "query", "update", "filter"];
        // The last one is a transform, whose code stands elsewhere.
        let special = [
            "customer.orders",
            "conversation.create_draft",
            "email_send",
            "set_variables",
        ];
        for row in ready {
            let is_known = special.contains(&row.name().as_str())
                || (collection(row.action).is_some() && ours.contains(&row.operation));
            assert!(is_known, "{}", row.name());
        }
    }
}
