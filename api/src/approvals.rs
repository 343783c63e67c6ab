//! Approvals: what waits for somebody's decision.

use axum::extract::State;
use pawl_contract::{At, Kind};
use pawl_functions::{Decision, decide_noted};
use pawl_store::{Delegate, Record, RecordStatus, Waiting, Window, key};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::{Operator, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::executions;
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// What a place begins with that is behind what waits.
const BEHIND: &str = "decided ";

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list))
        .with(routes!(get, decide))
        .with(routes!(delegate))
}

/// Which approvals are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `pending`, `decided` or `all`; where absent, those that wait.
    #[param(inline)]
    status: Option<Listed>,
    /// The workflow's name.
    workflow: Option<String>,
}

/// Which approvals can be listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Listed {
    /// Those that wait, what waits longest first.
    #[default]
    Pending,
    /// Those that somebody has decided, the latest first.
    Decided,
    /// Those that wait, then those that are decided.
    All,
}

/// How an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ApprovalStatus)]
enum Status {
    /// Nobody has decided.
    Pending,
    /// Somebody agreed.
    Approved,
    /// Somebody did not.
    Rejected,
    /// Nobody decided in time, or the run ended before.
    Closed,
}

/// A question, and what was decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Approval {
    /// Its id.
    id: String,
    /// The run that asks.
    execution_id: String,
    /// The step that asks.
    step_id: String,
    /// How it stands.
    status: Status,
    /// The question, with what it is about: `message`, `approvers`, `payload`, `form` ...
    #[schema(value_type = Object)]
    question: Value,
    /// When it was asked.
    requested_at: String,
    /// When nobody waits any longer.
    expires_at: Option<String>,
    /// When it was decided.
    decided_at: Option<String>,
    /// Who decided.
    decided_by: Option<String>,
    /// What they said.
    comment: Option<String>,
    /// Who may decide besides those whom the question names.
    #[schema(value_type = Vec<Object>)]
    delegates: Vec<Delegate>,
}

/// Somebody who is to decide, too.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Delegation {
    /// Who.
    #[schema(min_length = 1, example = "bo@example.com")]
    to: String,
    /// Who says so, where a system speaks for somebody; whoever asks where absent.
    delegated_by: Option<String>,
}

/// A decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Decide {
    /// What is decided.
    decision: Verdict,
    /// Why.
    comment: Option<String>,
    /// Who decides, where a system speaks for somebody; whoever asks where absent.
    decided_by: Option<String>,
    /// What was filled into the form.
    #[schema(value_type = Option<Object>)]
    form: Option<Value>,
    /// The payload as it was changed.
    #[schema(value_type = Option<Object>)]
    payload: Option<Value>,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// No.
    Denied,
}

impl Approval {
    fn of(run: &str, record: Record) -> Self {
        let text = |name: &str| record.output.get(name).and_then(Value::as_str);
        let status = match (record.status, text("decision")) {
            (RecordStatus::Waiting | RecordStatus::Claimed, _) => Status::Pending,
            (_, Some("approved")) => Status::Approved,
            (_, Some("rejected" | "denied")) => Status::Rejected,
            (_, _) => Status::Closed,
        };
        Self {
            id: id_of(run, record.at.as_str()),
            execution_id: run.to_owned(),
            status,
            decided_at: text("decidedAt").map(str::to_owned),
            decided_by: text("decidedBy").map(str::to_owned),
            comment: text("comment").map(str::to_owned),
            step_id: record.step,
            question: record.input,
            requested_at: record.started_at,
            delegates: record
                .wait
                .iter()
                .flat_map(|wait| wait.delegates.clone())
                .collect(),
            expires_at: record.wait.and_then(|wait| wait.expires_at),
        }
    }
}

/// The id of a visit's question: `run-1~000003.000001`.
fn id_of(run: &str, at: &str) -> String {
    format!("{run}~{}", at.replace('/', "."))
}

/// The run and the place that an id names.
fn place(id: &str) -> Option<(&str, String)> {
    let (run, at) = id.rsplit_once('~')?;
    Some((run, at.replace('.', "/")))
}

async fn read(app: &App, org: &str, id: &str) -> Result<(String, Record), Problem> {
    let missing = || Problem::missing("approval", id);
    let (run, at) = place(id).ok_or_else(missing)?;
    let at: At = serde_json::from_value(at.into()).map_err(|_| missing())?;
    executions::read(app, org, run).await.map_err(|problem| {
        if problem.status == http::StatusCode::NOT_FOUND {
            missing()
        } else {
            problem
        }
    })?;
    let items = app
        .store()
        .fetch(&key::partition(org, run), [key::record(&at)])
        .await?;
    let record = app.store().record(&items, &at).await?;
    let record = record.filter(|record| record.kind == Some(Kind::Approval));
    Ok((run.to_owned(), record.ok_or_else(missing)?))
}

/// List approvals
///
/// What waits longest comes first; of what is decided, the latest.
#[utoipa::path(get, path = "/api/approvals", tag = "approvals", params(Filter, PageQuery),
    responses((status = 200, body = Page<Approval>)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Approval>>, Problem> {
    let listed = filter.status.unwrap_or_default();
    let workflow = filter.workflow.as_deref();
    let limit = page.limit()?;
    let place = page.place()?;
    // In a list of both, the place says in which part the page begins.
    let behind = place
        .as_deref()
        .and_then(|place| place.strip_prefix(BEHIND));
    let is_behind = listed == Listed::Decided || behind.is_some();
    let mut approvals = Vec::new();
    if !is_behind {
        let (pending, next) = pending(&app, &me.org, workflow, limit, place.as_deref()).await?;
        approvals = pending;
        if listed == Listed::Pending || next.is_some() {
            return Ok(axum::Json(Page::new(approvals, next.as_deref())));
        }
    }
    let window = Window {
        limit: limit - approvals.len(),
        cursor: if listed == Listed::Decided {
            place.clone()
        } else {
            behind.filter(|place| !place.is_empty()).map(str::to_owned)
        },
        prefix: String::new(),
    };
    let (decided, next) = app.store().decided(&me.org, &window, workflow).await?;
    let is_full = decided.is_empty() && window.limit == 0;
    let decided = decided.into_iter();
    approvals.extend(decided.map(|decided| Approval::of(&decided.run, decided.record)));
    let next = match (listed, next) {
        (Listed::Decided, next) => next,
        (_, Some(next)) => Some(format!("{BEHIND}{next}")),
        (_, None) => is_full.then(|| BEHIND.to_owned()),
    };
    Ok(axum::Json(Page::new(approvals, next.as_deref())))
}

/// What waits behind a place, and the place of the last on the page where there is more.
async fn pending(
    app: &App,
    org: &str,
    workflow: Option<&str>,
    limit: usize,
    place: Option<&str>,
) -> Result<(Vec<Approval>, Option<String>), Problem> {
    let waits = pawl_functions::waits(app.services(), org).await?;
    let place_of =
        |wait: &Waiting| format!("{}#{}#{}", wait.record.started_at, wait.run, wait.record.at);
    let is_wanted = |wait: &Waiting| {
        wait.record.kind == Some(Kind::Approval)
            && workflow.is_none_or(|workflow| workflow == wait.workflow)
            && place.is_none_or(|place| place < place_of(wait).as_str())
    };
    let mut waits: Vec<Waiting> = waits.into_iter().filter(is_wanted).collect();
    waits.sort_by_cached_key(place_of);
    let is_more = waits.len() > limit;
    waits.truncate(limit);
    let next = waits.last().filter(|_| is_more).map(place_of);
    let approvals = waits.into_iter().map(|wait| Approval {
        expires_at: wait.expires_at,
        delegates: wait.delegates,
        ..Approval::of(&wait.run, wait.record)
    });
    Ok((approvals.collect(), next))
}

/// Read an approval
#[utoipa::path(get, path = "/api/approvals/{id}", tag = "approvals", params(("id" = String, Path)),
    responses((status = 200, body = Approval)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Approval>, Problem> {
    let (run, record) = read(&app, &me.org, &id).await?;
    Ok(axum::Json(Approval::of(&run, record)))
}

/// Decide
///
/// The same decision again is no mistake; another one, or one that comes too late, is refused. Where the step names who
/// may decide, nobody else may.
#[utoipa::path(post, path = "/api/approvals/{id}", tag = "approvals", params(("id" = String, Path)),
    request_body = Decide,
    responses((status = 200, body = Approval)), security(("bearer" = ["operator"])))]
async fn decide(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
    Json(decide): Json<Decide>,
) -> Result<axum::Json<Approval>, Problem> {
    let (run, record) = read(&app, &me.org, &id).await?;
    let decision = Decision {
        approved: decide.decision == Verdict::Approved,
        by: Some(decide.decided_by.unwrap_or_else(|| me.who.clone())),
        comment: decide.comment,
        form: decide.form,
        payload: decide.payload,
    };
    let at = Some(record.at.as_str());
    let noted = note(&app, &me, "approval.decide", &id);
    decide_noted(app.services(), &me.org, &run, at, &decision, Some(noted)).await?;
    let (run, record) = read(&app, &me.org, &id).await?;
    Ok(axum::Json(Approval::of(&run, record)))
}

/// Let somebody else decide, too
///
/// Those who could decide before still can. Whoever has a mail address gets a mail, where mail goes anywhere. Where the
/// step names who may decide, nobody else may delegate.
#[utoipa::path(post, path = "/api/approvals/{id}/delegate", tag = "approvals", params(("id" = String, Path)),
    request_body = Delegation,
    responses((status = 200, body = Approval)), security(("bearer" = ["operator"])))]
async fn delegate(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
    Json(delegation): Json<Delegation>,
) -> Result<axum::Json<Approval>, Problem> {
    let (run, record) = read(&app, &me.org, &id).await?;
    let by = delegation.delegated_by.unwrap_or_else(|| me.who.clone());
    let noted = Some(note(&app, &me, "approval.delegate", &id));
    let at = Some(record.at.as_str());
    pawl_functions::delegate(
        app.services(),
        &me.org,
        &run,
        at,
        &delegation.to,
        &by,
        noted,
    )
    .await?;
    let (run, record) = read(&app, &me.org, &id).await?;
    Ok(axum::Json(Approval::of(&run, record)))
}
