//! Runs: started, watched, stopped, and taken up again.

mod history;
mod onward;
mod shown;
mod start;

pub use start::requested;

use axum::extract::State;
use http::StatusCode;
use pawl_contract::Start;
use pawl_store::{Batch, Run, RunStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use self::shown::{Begun, Execution, StepVisit, Summary};
use crate::access::{Operator, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::extract::{MaybeJson, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::publish;
use crate::route::{Resources, routes};
use crate::versions::Wanted;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(start::execute))
        .with(routes!(list))
        .with(routes!(get))
        .with(routes!(steps))
        .with(routes!(logs))
        .with(routes!(history::machine))
        .with(routes!(history::executions))
        .with(routes!(history::events))
        .with(routes!(cancel))
        .with(routes!(rerun))
        .with(routes!(resume))
}

/// Which runs are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// The workflow that they are of.
    workflow_id: Option<String>,
    /// How they stand.
    #[param(inline)]
    status: Option<Status>,
    /// The earliest moment at which they began, as ISO 8601.
    since: Option<String>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ExecutionStatus)]
pub(crate) enum Status {
    /// Accepted, not started.
    Pending,
    /// On its way.
    Running,
    /// Waiting for a person, a signal or another run.
    Waiting,
    /// It reached an end.
    Completed,
    /// A step failed and nothing caught it.
    Failed,
    /// Someone stopped it.
    Cancelled,
    /// It took longer than it may.
    Timeout,
}

/// How a run is gone on with.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Resume {
    /// The version to go on with from the step that failed: a number, or `active`; the run's own where absent.
    version: Option<Wanted>,
}

/// What a run is started with once more.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rerun {
    /// The input, where it is another one.
    #[schema(value_type = Option<Object>)]
    input: Option<Value>,
}

impl From<RunStatus> for Status {
    fn from(status: RunStatus) -> Self {
        match status {
            RunStatus::Pending => Self::Pending,
            RunStatus::Running => Self::Running,
            RunStatus::Waiting => Self::Waiting,
            RunStatus::Completed => Self::Completed,
            RunStatus::Failed => Self::Failed,
            RunStatus::Cancelled => Self::Cancelled,
            RunStatus::Timeout => Self::Timeout,
        }
    }
}

/// A run of an organisation, and how it stands now; it is closed first if nothing executes it.
pub(crate) async fn read(app: &App, org: &str, id: &str) -> Result<Run, Problem> {
    let run = stored(app, org, id).await?;
    let run = pawl_functions::reconcile(app.services(), run).await;
    with_waits(app, run).await
}

/// The same as the table has it, for whoever may only look.
pub(crate) async fn read_only(app: &App, org: &str, id: &str) -> Result<Run, Problem> {
    let run = stored(app, org, id).await?;
    with_waits(app, run).await
}

async fn stored(app: &App, org: &str, id: &str) -> Result<Run, Problem> {
    let missing = || Problem::missing("execution", id);
    // A collection of records lies under its name as a run does.
    if pawl_store::key::is_collection(id) || id.contains('#') {
        return Err(missing());
    }
    app.store().run(org, id).await?.ok_or_else(missing)
}

/// The run's own item is not touched when a step begins to wait, or ends waiting.
async fn with_waits(app: &App, mut run: Run) -> Result<Run, Problem> {
    let (org, id) = (&run.org, &run.run);
    if run.status == RunStatus::Running && !app.store().waits_of(org, id, "").await?.is_empty() {
        run.status = RunStatus::Waiting;
    }
    Ok(run)
}

/// List runs
///
/// The latest comes first.
#[utoipa::path(get, path = "/api/executions", tag = "executions", params(Filter, PageQuery),
    responses((status = 200, body = Page<Summary>)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Summary>>, Problem> {
    let window = page.window("")?;
    let is_wanted = |run: &Run| {
        let is_of = |workflow: &String| *workflow == run.workflow;
        let began = |since: &String| run.started_at >= *since;
        filter.workflow_id.as_ref().is_none_or(is_of)
            && filter
                .status
                .is_none_or(|status| status == run.status.into())
            && filter.since.as_ref().is_none_or(began)
    };
    let (runs, place) = app
        .store()
        .page_of_runs(&me.org, &window, is_wanted)
        .await?;
    let runs = runs.into_iter().map(Summary::of).collect();
    Ok(axum::Json(Page::new(runs, place.as_deref())))
}

/// Read a run
///
/// How it stands, every visit of a step with what it gave, and what the run gave.
#[utoipa::path(get, path = "/api/executions/{id}", tag = "executions", params(("id" = String, Path)),
    responses((status = 200, body = Execution)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Execution>, Problem> {
    let run = read(&app, &me.org, &id).await?;
    let records = app.store().records(&me.org, &id).await?;
    let result = app.store().output(&run).await?;
    Ok(axum::Json(Execution::of(run, records, result)))
}

/// Read the steps of a run
///
/// Every visit with what the step was given and what it gave, in order.
#[utoipa::path(get, path = "/api/executions/{id}/steps", tag = "executions", params(("id" = String, Path)),
    responses((status = 200, body = Vec<StepVisit>)), security(("bearer" = ["viewer"])))]
async fn steps(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<StepVisit>>, Problem> {
    read(&app, &me.org, &id).await?;
    let records = app.store().records(&me.org, &id).await?;
    Ok(axum::Json(
        records.into_iter().map(StepVisit::whole).collect(),
    ))
}

/// Read what language models said and did
#[utoipa::path(get, path = "/api/executions/{id}/logs", tag = "executions", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Object>)), security(("bearer" = ["viewer"])))]
async fn logs(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<Batch>>, Problem> {
    read(&app, &me.org, &id).await?;
    Ok(axum::Json(app.store().events(&me.org, &id).await?))
}

/// Cancel a run
///
/// A step that acts right now still does, and nothing follows it. A run that has ended stays as it is.
#[utoipa::path(post, path = "/api/executions/{id}/cancel", tag = "executions", params(("id" = String, Path)),
    responses((status = 200, body = Summary)), security(("bearer" = ["operator"])))]
async fn cancel(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Summary>, Problem> {
    read(&app, &me.org, &id).await?;
    let noted = note(&app, &me, "execution.cancel", &id);
    let cancel = pawl_functions::cancel(app.services(), &me.org, &id, Some(&me.who), Some(noted));
    Box::pin(cancel).await?;
    let run = read(&app, &me.org, &id).await?;
    if run.status == RunStatus::Cancelled {
        return Ok(axum::Json(Summary::of(run)));
    }
    let status = run.status.name();
    Err(Problem::conflict(format!(
        "run `{id}` is {status}: it has ended"
    )))
}

/// Start a run once more
///
/// A new run of the same version, with the same input or another one. Of a draft it is what the draft says now.
#[utoipa::path(post, path = "/api/executions/{id}/rerun", tag = "executions", params(("id" = String, Path)),
    request_body = Option<Rerun>,
    responses((status = 202, body = Begun)), security(("bearer" = ["operator"])))]
async fn rerun(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
    MaybeJson(rerun): MaybeJson<Rerun>,
) -> Result<(StatusCode, axum::Json<Begun>), Problem> {
    let run = read(&app, &me.org, &id).await?;
    // What was published for one run alone may be gone.
    let single = publish::single::held(&app, &me.org, &run.workflow, &run.machine);
    let (machine, draft) = match run.number.filter(|_| single.is_some()) {
        Some(number) => {
            let wanted = Wanted::Number(number);
            let version = start::version(&app, &me, &run.workflow, wanted, &run.mocks).await?;
            (version.machine, version.draft)
        }
        None => (run.machine.clone(), run.draft),
    };
    let text = |field: &str| run.trigger.get(field).and_then(Value::as_str);
    let start = Start {
        machine,
        number: run.number,
        draft,
        org: Some(me.org.clone()),
        input: rerun.input.unwrap_or_else(|| run.input.clone()),
        mocks: run.mocks.clone(),
        thread_id: run.thread_id.clone(),
        kind: text("type").map(str::to_owned),
        user: text("userId").map(str::to_owned),
        context: run.trigger.get("context").cloned().unwrap_or_default(),
        ..Start::default()
    };
    let started = start::begin(&app, &me, &run.workflow, start, "execution.rerun").await?;
    Ok((StatusCode::ACCEPTED, axum::Json(started)))
}

/// Go on with a run that did not complete
///
/// What is recorded is not done again; the step that failed is tried again. With a `version`, the run goes on from there
/// on that version of its workflow, if the step stands there where it stood and finds what it reads.
#[utoipa::path(post, path = "/api/executions/{id}/resume", tag = "executions", params(("id" = String, Path)),
    request_body = Option<Resume>,
    responses((status = 202, body = Summary)), security(("bearer" = ["operator"])))]
async fn resume(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
    MaybeJson(resume): MaybeJson<Resume>,
) -> Result<(StatusCode, axum::Json<Summary>), Problem> {
    let run = read(&app, &me.org, &id).await?;
    if run.is_open() || run.status == RunStatus::Completed {
        let status = run.status.name();
        return Err(Problem::conflict(format!(
            "run `{id}` is {status}: nothing is to be resumed"
        )));
    }
    let onto = match resume.version {
        Some(version) => onward::onto(&app, &run, version).await?,
        None => None,
    };
    let mut noted = vec![note(&app, &me, "execution.resume", &id)];
    let single = onto
        .as_ref()
        .and_then(|onto| publish::single::held(&app, &me.org, &run.workflow, &onto.machine));
    noted.extend(single.map(|single| single.hold(&id)));
    let resume = pawl_functions::resume_noted(app.services(), &me.org, &id, onto, noted);
    Box::pin(resume).await?;
    let run = read(&app, &me.org, &id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Summary::of(run))))
}
