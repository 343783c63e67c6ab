//! What runs wait for: decisions, signals and other runs; and the signals that are sent to them.

use axum::extract::State;
use pawl_contract::{Kind, identifier};
use pawl_functions::{Sent, send};
use pawl_store::{Delegate, Waiting};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::{Operator, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::executions;
use crate::extract::{MaybeJson, Path};
use crate::problem::Problem;
use crate::route::{Resources, routes};

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list)).with(routes!(signal))
}

/// A visit of a step that waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Wait {
    /// The run that waits.
    execution_id: String,
    /// The workflow's name.
    workflow_name: String,
    /// The step that waits.
    step_id: String,
    /// The step's kind: `approval`, `signal` or `subflow`.
    kind: Option<String>,
    /// Where in the run.
    at: String,
    /// Which visit of the step it is, from 1.
    visit: u64,
    /// The indexes of the enclosing loops, outermost first.
    iteration: Vec<u64>,
    /// What it waits for: `message`, `signal`, `workflow` ...
    #[schema(value_type = Object)]
    question: Value,
    /// Since when.
    asked_at: String,
    /// When it waits no longer.
    expires_at: Option<String>,
    /// Who may answer besides those whom the question names.
    #[schema(value_type = Vec<Object>)]
    delegates: Vec<Delegate>,
}

/// A message to a run.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Signal {
    /// What it says.
    #[serde(default)]
    #[schema(value_type = Object)]
    payload: Value,
    /// Who sends it, where a system speaks for somebody; whoever asks where absent.
    sent_by: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SentSignal {
    /// The run.
    execution_id: String,
    /// The signal's name.
    signal: String,
    /// What became of it.
    status: SignalStatus,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SignalStatus {
    /// A step that waited has it.
    Delivered,
    /// It is kept until a step waits for it.
    Kept,
}

impl Wait {
    fn of(waiting: Waiting) -> Self {
        let record = waiting.record;
        Self {
            execution_id: waiting.run,
            workflow_name: waiting.workflow,
            expires_at: waiting.expires_at,
            delegates: waiting.delegates,
            step_id: record.step,
            kind: record.kind.map(Kind::name).map(str::to_owned),
            at: record.at.to_string(),
            visit: record.visit,
            iteration: record.iteration,
            question: record.input,
            asked_at: record.started_at,
        }
    }
}

/// List what runs wait for
///
/// Decisions, signals and other runs; what waits longest comes first. A key that is confined to some workflows sees
/// what runs of those wait for.
#[utoipa::path(get, path = "/api/waits", tag = "approvals",
    responses((status = 200, body = Vec<Wait>)), security(("bearer" = ["viewer"])))]
async fn list(State(app): State<App>, me: Viewer) -> Result<axum::Json<Vec<Wait>>, Problem> {
    let mut waits = pawl_functions::waits(app.services(), &me.org).await?;
    waits.retain(|wait| me.scope.reaches(&identifier(&wait.workflow)));
    Ok(axum::Json(waits.into_iter().map(Wait::of).collect()))
}

/// Send a signal to a run
///
/// A signal that comes before a step waits for it is kept until one does.
#[utoipa::path(post, path = "/api/executions/{id}/signals/{name}", tag = "executions",
    params(("id" = String, Path), ("name" = String, Path)), request_body = Option<Signal>,
    responses((status = 200, body = SentSignal)), security(("bearer" = ["operator"])))]
async fn signal(
    State(app): State<App>,
    me: Operator,
    Path((id, name)): Path<(String, String)>,
    MaybeJson(signal): MaybeJson<Signal>,
) -> Result<axum::Json<SentSignal>, Problem> {
    let run = executions::read(&app, &me.org, &id).await?;
    if !run.is_open() {
        let status = run.status.name();
        return Err(Problem::conflict(format!(
            "run `{id}` is {status}: nothing of it waits any more"
        )));
    }
    let by = signal.sent_by.unwrap_or_else(|| me.who.clone());
    let payload = &signal.payload;
    let sent = send(app.services(), &me.org, &id, &name, payload, Some(&by)).await?;
    let noted = note(&app, &me, "signal.send", &id);
    app.store().change(&me.org, [noted]).await?;
    Ok(axum::Json(SentSignal {
        execution_id: id,
        signal: name,
        status: match sent {
            Sent::Delivered => SignalStatus::Delivered,
            Sent::Kept => SignalStatus::Kept,
        },
    }))
}
