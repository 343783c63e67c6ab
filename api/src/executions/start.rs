//! Starts a run of a workflow: an input, how it is asked for, and what stands in for steps.

use std::collections::BTreeMap;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use pawl_contract::{Mock, Start};
use pawl_functions::StartedStatus;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::shown::Begun;
use crate::access::{Identity, Operator};
use crate::app::App;
use crate::audit::note;
use crate::extract::{Path, Raw};
use crate::problem::Problem;
use crate::{idempotency, versions, workflows};

/// The header that makes the same request one run.
const KEY: &str = "idempotency-key";

/// A run that is asked for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub(crate) struct Execute {
    /// How it is asked for, and what comes with that: `{ "kind": "chat", "current_message": "...", "history": [...] }`,
    /// `{ "kind": "webhook", "data": {...} }`. What is no `kind` becomes a part of the input.
    #[schema(value_type = Option<Object>)]
    trigger: Option<Map<String, Value>>,
    /// What the run is started with.
    #[serde(alias = "input_data")]
    #[schema(value_type = Option<Object>)]
    input: Option<Value>,
    /// What whoever asks knows beside it: `trigger.context`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    context: Value,
    /// Who asks for it: `userId`.
    user_id: Option<String>,
    /// The thread that its language models share, and that later runs may go on with.
    #[serde(alias = "threadId", alias = "thread_id")]
    session_id: Option<String>,
    /// Results to record for steps instead of acting, by slug.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    mocks: BTreeMap<String, Mock>,
    /// The number of the version to run; the active one's where absent.
    version: Option<u64>,
}

/// Start a run
///
/// With the header `idempotency-key`, the same request starts one run however often it comes; another request with the
/// same key is refused.
#[utoipa::path(post, path = "/api/workflows/{id}/execute", tag = "executions",
    params(("id" = String, Path), ("idempotency-key" = Option<String>, Header)),
    request_body = Option<Execute>,
    responses((status = 202, body = Begun), (status = 200, body = Begun, description = "The run that an earlier \
        request with the same key has started")),
    security(("bearer" = ["operator"])))]
pub(super) async fn execute(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
    request: Raw,
) -> Result<(StatusCode, axum::Json<Begun>), Problem> {
    let asked: Execute = if request.body.iter().all(u8::is_ascii_whitespace) {
        Execute::default()
    } else {
        serde_json::from_slice(&request.body)
            .map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))?
    };
    let machine = machine(&app, &me, &id, asked.version).await?;
    for (step, mock) in &asked.mocks {
        if let Some(problem) = mock.problem() {
            return Err(Problem::invalid(format!("the mock of `{step}`: {problem}")));
        }
    }
    let key = match key(&request.headers)? {
        None => None,
        Some(key) => {
            let scope = format!("execute/{id}");
            let key = idempotency::remember(&app, &me.org, &scope, key, &request.body).await?;
            Some(key)
        }
    };
    let start = Start {
        machine,
        idempotency_key: key,
        ..asked.start(&me.org)
    };
    let started = begin(&app, &me, start, "execution.start").await?;
    let status = if started.duplicate {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, axum::Json(started)))
}

/// Starts a run, and notes who did.
pub(super) async fn begin(
    app: &App,
    me: &Identity,
    start: Start,
    action: &str,
) -> Result<Begun, Problem> {
    let begun = pawl_functions::start(start, app.services()).await?;
    let duplicate = begun.status == StartedStatus::Duplicate;
    if !duplicate {
        let noted = note(app, me, action, &begun.run);
        app.store().change(&me.org, [noted]).await?;
    }
    let run = super::read(app, &me.org, &begun.run).await?;
    Ok(Begun::of(run, duplicate))
}

/// The machine of the version that is to run.
async fn machine(
    app: &App,
    me: &Identity,
    id: &str,
    version: Option<u64>,
) -> Result<String, Problem> {
    let workflow = workflows::read(app, &me.org, id).await?;
    let unpublished = |what: &str| Problem::conflict(format!("{what} is not published"));
    if let Some(number) = version.filter(|version| workflow.value.active != Some(*version)) {
        let version = versions::read(app, &me.org, id, number).await?;
        let what = format!("version {number} of `{id}`");
        return version.value.machine.ok_or_else(|| unpublished(&what));
    }
    let published = app.store().published(&me.org, id).await?;
    let published = published.ok_or_else(|| unpublished(&format!("`{id}`")))?;
    Ok(published.machine)
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get(KEY) else {
        return Ok(None);
    };
    let key = key.to_str();
    key.map(Some)
        .map_err(|_| Problem::malformed("an idempotency key is made of letters of ASCII"))
}

impl Execute {
    fn start(self, org: &str) -> Start {
        let mut trigger = self.trigger.unwrap_or_default();
        let kind = trigger.remove("kind").or_else(|| trigger.remove("type"));
        let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned));
        let data = trigger.remove("data");
        let input = match (self.input.or(data), trigger.is_empty()) {
            (None, true) => Value::Null,
            (None, false) => Value::Object(trigger),
            (Some(Value::Object(mut input)), _) => {
                // What the author of the input says is more than what its way here says.
                for (name, value) in trigger {
                    input.entry(name).or_insert(value);
                }
                Value::Object(input)
            }
            (Some(input), _) => input,
        };
        Start {
            org: Some(org.to_owned()),
            input,
            mocks: self.mocks,
            thread_id: self.session_id,
            kind: Some(kind.unwrap_or_else(|| "api".to_owned())),
            user: self.user_id,
            context: self.context,
            ..Start::default()
        }
    }
}
