//! Agents that llm steps name: what a step leaves out, its agent fills in.
//!
//! ```json
//! { "systemPrompt": "You answer customers of a bakery.", "model": "eu.amazon.nova-lite-v1:0", "tools": ["product_list"] }
//! ```

use axum::extract::State;
use http::StatusCode;
use pawl_compiler::diagnostic::codes;
use pawl_functions::write_record;
use pawl_store::{Business, Version, Window, Writes};
use serde_json::{Map, Value, json};

use crate::access::{Operator, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::definition::Written;
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// The collection in which llm steps look for them.
const COLLECTION: &str = "agents";

/// The longest id.
const LONGEST_ID: usize = 200;

/// Where an agent stands in the definition that it is tried in.
const PLACE: &str = "/config/agents/agent";

type Agent = Map<String, Value>;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list)).with(routes!(get, put, delete))
}

/// List agents
#[utoipa::path(get, path = "/api/agents", tag = "agents", params(PageQuery),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Agent>>, Problem> {
    let window = Window {
        limit: page.limit()?,
        cursor: page.place()?,
        prefix: String::new(),
    };
    let every = |_: &Agent| Ok::<_, pawl_store::Error>(true);
    let none = Writes::default();
    let store = app.store();
    let found = store.select(&me.org, COLLECTION, &window, &none, every);
    let found = found.await?;
    Ok(axum::Json(Page::new(
        found.records,
        found.cursor.as_deref(),
    )))
}

/// Read an agent
#[utoipa::path(get, path = "/api/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Agent>, Problem> {
    let (agent, _) = read(&app, &me.org, &id).await?;
    Ok(axum::Json(agent))
}

/// Write an agent
///
/// The fields are those of an llm step, without templates: runs that name the agent use them from now on. An agent that
/// is there is written anew.
#[utoipa::path(put, path = "/api/agents/{id}", tag = "agents", params(("id" = String, Path)),
    request_body = Object,
    responses((status = 200, body = Object), (status = 201, body = Object, description = "There was none")),
    security(("bearer" = ["operator"])))]
async fn put(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
    Json(mut agent): Json<Agent>,
) -> Result<(StatusCode, axum::Json<Agent>), Problem> {
    if id.len() > LONGEST_ID || id.chars().any(char::is_control) {
        return Err(Problem::invalid(format!(
            "an agent's id has up to {LONGEST_ID} bytes"
        )));
    }
    agent.remove("_id");
    check(&agent)?;
    agent.insert("_id".to_owned(), id.clone().into());
    let found = app.store().find(&me.org, COLLECTION, &id).await?;
    let (replaces, status) = match found {
        Some((_, version)) => (version, StatusCode::OK),
        None => (Version::Absent, StatusCode::CREATED),
    };
    let business = Business {
        collection: COLLECTION.to_owned(),
        id: id.clone(),
        value: agent.clone(),
        replaces,
        events: Vec::new(),
    };
    let noted = note(&app, &me, "agent.write", &id);
    if !write_record(app.services(), &me.org, business, noted).await? {
        return Err(Problem::stale("agent", &id));
    }
    Ok((status, axum::Json(agent)))
}

/// Delete an agent
///
/// Runs that name it from now on fail.
#[utoipa::path(delete, path = "/api/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 204)), security(("bearer" = ["operator"])))]
async fn delete(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (_, version) = read(&app, &me.org, &id).await?;
    let Version::Number(version) = version else {
        return Err(Problem::missing("agent", &id));
    };
    let noted = note(&app, &me, "agent.delete", &id);
    let store = app.store();
    let taken = store.take_away(&me.org, COLLECTION, &id, version, noted);
    if !taken.await? {
        return Err(Problem::stale("agent", &id));
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn read(app: &App, org: &str, id: &str) -> Result<(Agent, Version), Problem> {
    let found = app.store().find(org, COLLECTION, id).await?;
    found.ok_or_else(|| Problem::missing("agent", id))
}

/// Refuses what would be refused as an agent of a definition, and what only a definition can resolve.
fn check(agent: &Agent) -> Result<(), Problem> {
    if Value::Object(agent.clone()).to_string().contains("{{") {
        return Err(Problem::invalid(
            "a stored agent has no templates, since nothing resolves them: write `{{...}}` in the step",
        ));
    }
    if agent.contains_key("agent_id") {
        return Err(Problem::invalid(
            "an agent cannot name another one by `agent_id`",
        ));
    }
    let tried = json!({
        "name": "Agent",
        "config": { "agents": { "agent": agent } },
        "steps": [{
            "stepSlug": "ask",
            "stepType": "llm",
            "config": { "agent_id": "agent", "userPrompt": "?" },
            "nextSteps": { "success": "end" },
        }],
    });
    let written = Written {
        text: tried.to_string(),
        is_yaml: false,
    };
    let diagnostics = written.compile().diagnostics.into_iter();
    let is_of_agent = |pointer: &str| pointer.strip_prefix(PLACE).map(str::to_owned);
    let wrong: Vec<Value> = diagnostics
        .filter(|found| found.is_error() || found.code == codes::UNKNOWN_FIELD)
        .filter_map(|found| {
            let pointer = is_of_agent(&found.pointer)?;
            let (code, message, help) = (found.code, found.message, found.help);
            Some(json!({ "code": code, "message": message, "pointer": pointer, "help": help }))
        })
        .collect();
    let Some(first) = wrong.first() else {
        return Ok(());
    };
    let message = first.get("message").and_then(Value::as_str);
    let problem = Problem::invalid(message.unwrap_or("the agent makes no sense"));
    Err(problem.with_details(json!({ "diagnostics": wrong })))
}
