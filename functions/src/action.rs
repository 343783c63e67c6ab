//! Does one operation of the catalogue: on our own records, or by mail.
//!
//! ```json
//! { "type": "customer", "operation": "get_by_id", "parameters": { "customerId": "{{input.customerId}}" } }
//! ```

mod approval;
mod call;
mod claim;
mod collection;
mod conversation;
mod correspondence;
mod customer;
pub(crate) mod email;
mod fields;
mod page;
mod parameters;
mod product;
mod surround;
mod sync_cursor;

use pawl_contract::catalogue::{self, Operation, Readiness};
use pawl_contract::{StepError, code};
use pawl_store::Writes;
use serde_json::{Value, json};

use crate::Error;
use crate::work::{Act, Acted, Context};
pub(crate) use call::Call;
use collection::{APPROVALS, CONVERSATIONS, CUSTOMERS, Collection, PRODUCTS, RECOMMENDATIONS};
use parameters::Parameters;

/// Does what the step's configuration says.
pub(crate) async fn act<'context>(
    context: &'context Context<'context>,
) -> Result<Act<'context>, Error> {
    let config = Parameters::of(context.input);
    let operation = find(&config)?;
    if operation.action == "email_send" {
        config.require(operation)?;
        let mail = email::write(&config, context)?;
        return Ok(Act::Once(Box::pin(email::send(mail, context.services))));
    }
    let call = Call {
        context,
        key: "",
        before: &Writes::default(),
    };
    let acted = operate(operation, &config.fields(&[]).into(), &call).await;
    let acted = surround::surround(acted, context.input)?;
    Ok(Act::Done(Box::new(acted)))
}

/// What acting would have given, where the target says that it has happened.
pub(crate) fn has_acted(context: &Context<'_>) -> Option<Acted> {
    let config = Parameters::of(context.input);
    let operation = find(&config).ok()?;
    if operation.action != "email_send" {
        return None;
    }
    let mail = email::write(&config, context).ok()?;
    email::is_sent(&mail, context.services).then(|| mail.answer())
}

/// Does one operation for whoever names it by its row and gives plain parameters: an action step, or a tool that a
/// language model uses.
///
/// What it writes stands in the answer. The caller puts it into its own transaction, and adds it to what later calls
/// see.
pub(crate) async fn operate(
    operation: &Operation,
    parameters: &Value,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    is_ready(operation)?;
    let parameters = Parameters::given(parameters);
    parameters.require(operation)?;
    // Boxed: the futures of whoever calls stay small.
    Box::pin(run(operation, &parameters, call)).await
}

/// The operation that a configuration names.
pub(crate) fn operation(config: &Value) -> Option<&'static Operation> {
    let parameters = Parameters::of(config);
    catalogue::find(parameters.action()?, parameters.operation())
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
    is_ready(operation).map(|()| operation)
}

/// Refuses an operation that cannot run yet.
fn is_ready(operation: &Operation) -> Result<(), StepError> {
    match operation.readiness {
        Readiness::Ready => Ok(()),
        Readiness::Later => {
            let name = operation.name();
            Err(StepError::new(
                code::VALIDATION_ERROR,
                format!("`{name}` is not available yet: mock the step to go on without it"),
            ))
        }
    }
}

async fn run(
    operation: &Operation,
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let given = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    match (operation.action, operation.operation) {
        ("customer", "orders") => customer::orders(parameters, call).await,
        ("product", "hydrate_fields") => product::hydrate_fields(parameters, call).await,
        ("conversation", operation) if operation.contains("email_sync_cursor") => {
            sync_cursor::operate(operation, parameters, call).await
        }
        ("conversation", "create_draft") => conversation::create_draft(parameters, call).await,
        ("conversation", "query_messages") => conversation::query_messages(parameters, call).await,
        ("conversation", "query_latest_message_by_delivery_state") => {
            conversation::query_latest_message_by_delivery_state(parameters, call).await
        }
        ("conversation", "create_from_email") => {
            correspondence::create_from_email(parameters, call).await
        }
        ("conversation", "create_from_sent_email") => {
            correspondence::create_from_sent_email(parameters, call).await
        }
        ("approval", "create_approval") => Ok(approval::create(parameters, call)),
        ("approval", "update_approval_status") => approval::update_status(parameters, call).await,
        ("approval", "get_approval") => APPROVALS.get_by_id(parameters, call).await,
        ("approval", "list_pending_approvals") => {
            let resource = given("resourceType");
            approval::list(
                json!({ "status": "pending", "resourceType": resource }),
                call,
            )
            .await
        }
        ("approval", "list_approvals_for_execution") => {
            let run = approval::execution(parameters, call)?;
            approval::list(json!({ "executionId": run }), call).await
        }
        ("approval", "list_pending_approvals_for_execution") => {
            let run = approval::execution(parameters, call)?;
            approval::list(json!({ "status": "pending", "executionId": run }), call).await
        }
        ("approval", "get_approval_history") => {
            let (kind, id) = (given("resourceType"), given("resourceId"));
            approval::list(json!({ "resourceType": kind, "resourceId": id }), call).await
        }
        ("workflow_processing_records", "find_unprocessed") => {
            claim::find_unprocessed(parameters, call).await
        }
        ("workflow_processing_records", "find_unprocessed_open_conversation") => {
            claim::find_unprocessed_open_conversation(parameters, call).await
        }
        ("workflow_processing_records", "find_product_recommendation_by_status") => {
            claim::find_product_recommendation_by_status(parameters, call).await
        }
        ("workflow_processing_records", "record_processed") => {
            claim::record_processed(parameters, call).await
        }
        (action, operation) => match (collection(action), operation) {
            (Some(collection), "create") => collection.create(parameters, call).await,
            (Some(collection), "get_by_id") => collection.get_by_id(parameters, call).await,
            (Some(collection), "query") => collection.query(parameters, call).await,
            (Some(collection), "update") => collection.update(parameters, call).await,
            (Some(collection), "filter") => collection.filter(parameters, call).await,
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
}
