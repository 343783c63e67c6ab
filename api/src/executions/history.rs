//! What Step Functions knows of a run: its machine, its executions, and what happened in them.

use aws_sdk_sfn::operation::describe_state_machine::DescribeStateMachineError;
use axum::extract::State;
use pawl_functions::execution_arn;
use pawl_functions::history::{self, Event, Execution, Order};
use serde_json::Value;

use super::read;
use crate::access::Viewer;
use crate::app::App;
use crate::extract::{Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;

/// Read the machine of a run
///
/// The definition in the Amazon States Language that it runs on now.
#[utoipa::path(get, path = "/api/executions/{id}/machine", tag = "executions", params(("id" = String, Path)),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
pub(super) async fn machine(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Value>, Problem> {
    let run = read(&app, &me.org, &id).await?;
    let describe = app.services().states().describe_state_machine();
    let described = describe.state_machine_arn(&run.machine).send().await;
    let described = described.map_err(|failed| {
        let is_gone = failed
            .as_service_error()
            .is_some_and(DescribeStateMachineError::is_state_machine_does_not_exist);
        if is_gone {
            Problem::missing("machine any more of execution", &id)
        } else {
            Problem::unavailable("DescribeStateMachine failed", &failed)
        }
    })?;
    let machine = serde_json::from_str(&described.definition);
    let machine =
        machine.map_err(|error| Problem::unavailable("the machine is no JSON", &error))?;
    Ok(axum::Json(machine))
}

/// List the executions of a run in Step Functions
///
/// In the order in which they began: a run has several where a long cycle was handed over, or where it was resumed.
#[utoipa::path(get, path = "/api/executions/{id}/history", tag = "executions", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Object>)), security(("bearer" = ["viewer"])))]
pub(super) async fn executions(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<Execution>>, Problem> {
    let run = read(&app, &me.org, &id).await?;
    let found = history::executions(app.services().states(), &run).await?;
    Ok(axum::Json(found))
}

/// Read the history of an execution
///
/// The events as Step Functions gives them, oldest first. There is none any more 90 days after the execution has ended.
#[utoipa::path(get, path = "/api/executions/{id}/history/{name}", tag = "executions",
    params(("id" = String, Path), ("name" = String, Path), PageQuery),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
pub(super) async fn events(
    State(app): State<App>,
    me: Viewer,
    Path((id, name)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Event>>, Problem> {
    let run = read(&app, &me.org, &id).await?;
    if !history::is_of(&name, &run.run) {
        return Err(Problem::missing("execution of that run", &name));
    }
    let arn = execution_arn(&run.machine, &name);
    let most = i32::try_from(page.limit()?).unwrap_or(history::PAGE);
    let client = app.services().states();
    let found = history::events(client, &arn, most, Order::Forward, page.place()?);
    let (events, place) = found.await?;
    Ok(axum::Json(Page::new(events, place.as_deref())))
}
