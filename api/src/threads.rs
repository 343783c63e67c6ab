//! Threads: what was said to language models, and what they said.

use axum::extract::State;
use pawl_store::{Said, Thread};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::Viewer;
use crate::app::App;
use crate::extract::{Path, Query};
use crate::page::PageQuery;
use crate::problem::Problem;
use crate::route::{Resources, routes};

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list)).with(routes!(get))
}

/// A thread, and who spoke last.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Thread)]
struct Shown {
    /// Its id.
    id: String,
    /// When something was said last.
    updated_at: String,
    /// The workflow in which it was said.
    workflow_id: String,
    /// The run in which it was said.
    execution_id: String,
    /// The step that said it.
    step_id: String,
}

/// A message of a thread.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ThreadMessage)]
struct Message {
    /// The run in which it was said.
    execution_id: String,
    /// The step that said it.
    step_id: String,
    /// Where in the run.
    at: String,
    /// When it was said.
    said_at: String,
    /// It: `role`, `content`, and calls of tools with their results.
    #[schema(value_type = Object)]
    said: Value,
}

impl Shown {
    fn of(thread: Thread) -> Self {
        Self {
            id: thread.thread,
            updated_at: thread.updated_at,
            workflow_id: thread.workflow,
            execution_id: thread.run,
            step_id: thread.step,
        }
    }
}

impl Message {
    fn of(said: Said) -> Self {
        Self {
            execution_id: said.run,
            step_id: said.step,
            at: said.at.to_string(),
            said_at: said.said_at,
            said: json!(said.message),
        }
    }
}

/// List the latest threads
#[utoipa::path(get, path = "/api/threads", tag = "threads",
    params(("limit" = Option<usize>, Query, minimum = 1, maximum = 100)),
    responses((status = 200, body = Vec<Shown>)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Vec<Shown>>, Problem> {
    let threads = app.store().threads(&me.org, page.limit()?).await?;
    Ok(axum::Json(threads.into_iter().map(Shown::of).collect()))
}

/// Read a thread
///
/// Everything that was said in it, in order. Where its id has a `/`, write `%2F`.
#[utoipa::path(get, path = "/api/threads/{id}", tag = "threads", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Message>)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<Message>>, Problem> {
    let said = app.store().thread(&me.org, &id).await?;
    if said.is_empty() {
        return Err(Problem::missing("thread", &id));
    }
    Ok(axum::Json(said.into_iter().map(Message::of).collect()))
}
