//! Deliveries: a request becomes a run, once, or it is said why not; either way it stands in the log.
//!
//! ```text
//! whose is it? ─▶ small enough? ─▶ from whom it says? ─▶ not too many? ─▶ readable? ─▶ new? ─▶ run
//! ```

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use pawl_compiler::triggers::{Provider, Respond, Webhook, address};
use pawl_contract::{SecretSource, Start};
use pawl_functions::{StartedStatus, find_secret};
use pawl_store::{Published, Run, RunStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::{self, Unread};
use super::log::{self, Entry, Outcome};
use super::verify::{Claim, verify};
use super::{kept, published};
use crate::answer::RequestId;
use crate::app::App;
use crate::extract::Path;
use crate::idempotency;
use crate::problem::Problem;

/// How many requests a minute may ask for runs where the definition says nothing.
pub(super) const USUAL_PER_MINUTE: u64 = 600;

/// How long a request that waits for its run does so: API Gateway gives up after 30 seconds.
const LONGEST_WAIT: u64 = 25_000;

/// How long it waits before it looks, at first and at most.
const LOOKS: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(500)];

/// The header that names the run where the body is what the run gave.
const RUN: HeaderName = HeaderName::from_static("x-execution-id");

/// How a request found the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Path,
    Token,
}

/// A published workflow that listens.
struct Listener {
    org: String,
    workflow: String,
    webhook: Webhook,
    published: Published,
    way: Way,
}

/// What a delivery led to.
enum Taken {
    /// A run.
    Run { run: String, is_new: bool },
    /// An answer that the provider waits for before it sends anything, with what it asks.
    Answer(Value, &'static str),
}

/// A delivery that was accepted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct AcceptedDelivery {
    /// `accepted`, or `duplicate` where a delivery before this one has started the run.
    status: String,
    /// The run.
    execution_id: String,
    /// The workflow.
    workflow_id: String,
}

/// Deliver to a webhook
///
/// The path is that of the published definition. Below `@` and an organisation's name it is one of that organisation,
/// `/webhooks/@acme/orders/paid`, and otherwise one of the deployment's own. Where the definition says `respond: sync`,
/// the answer is what the run gave, if that does not take long.
#[utoipa::path(post, path = "/webhooks/{*path}", tag = "webhooks",
    params(("path" = String, Path, description = "The webhook's path, which may have slashes")),
    request_body(content((Object = "application/json"), (Object = "application/x-www-form-urlencoded"))),
    responses((status = 202, body = AcceptedDelivery, description = "A run was started"),
        (status = 200, body = Object, description = "What the run gave; or the run of a delivery that came before")))]
pub(super) async fn by_path(
    State(app): State<App>,
    Path(path): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let own = app.services().settings().org.clone();
    let (org, rest) = match path.strip_prefix('@') {
        Some(rest) => {
            let (org, rest) = rest.split_once('/').unwrap_or((rest, ""));
            (org.to_owned(), rest)
        }
        None => (own, path.as_str()),
    };
    let missing = || Problem::missing("webhook", &path);
    if !pawl_store::key::is_organisation(&org) {
        return Err(missing());
    }
    let address = address(rest).ok_or_else(missing)?;
    let workflow = published::owner(&app, &org, &address).await?;
    let listener = listener(&app, org, workflow.ok_or_else(missing)?, Way::Path).await?;
    receive(&app, &listener.ok_or_else(missing)?, request).await
}

/// Deliver to a webhook by its token
///
/// Whoever knows the address may deliver; where the definition verifies, that is done besides.
#[utoipa::path(post, path = "/hooks/{token}", tag = "webhooks",
    params(("token" = String, Path, description = "The webhook's token")),
    request_body(content((Object = "application/json"), (Object = "application/x-www-form-urlencoded"))),
    responses((status = 202, body = AcceptedDelivery, description = "A run was started"),
        (status = 200, body = Object, description = "What the run gave; or the run of a delivery that came before")))]
pub(super) async fn by_token(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let missing = || {
        let message = "no webhook has this token; it may have been replaced";
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    };
    let (org, workflow) = kept::owner(&app, &token).await?.ok_or_else(missing)?;
    let listener = listener(&app, org, workflow, Way::Token).await?;
    receive(&app, &listener.ok_or_else(missing)?, request).await
}

async fn listener(
    app: &App,
    org: String,
    workflow: String,
    way: Way,
) -> Result<Option<Listener>, Problem> {
    let published = async { Ok::<_, Problem>(app.store().published(&org, &workflow).await?) };
    let (webhook, published) = tokio::try_join!(published::read(app, &org, &workflow), published)?;
    let found = webhook.zip(published);
    Ok(found.map(|(webhook, published)| Listener {
        org,
        workflow,
        webhook,
        published,
        way,
    }))
}

/// Takes a delivery, writes down what became of it, and answers.
async fn receive(app: &App, listener: &Listener, request: Request) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let mut entry = Entry {
        time: app.now().iso(),
        outcome: Outcome::Accepted,
        reason: None,
        status: 202,
        execution_id: None,
        key: None,
        content_type: header(&parts, "content-type"),
        bytes: None,
        by_token: listener.way == Way::Token,
        request_id: parts
            .extensions
            .get::<RequestId>()
            .map(|RequestId(id)| id.clone())
            .unwrap_or_default(),
    };
    let taken = take(app, listener, &parts, sent, &mut entry).await;
    match &taken {
        Ok(Taken::Run { run, is_new }) => {
            entry.execution_id = Some(run.clone());
            if !is_new {
                entry.outcome = Outcome::Duplicate;
                entry.status = 200;
            }
        }
        Ok(Taken::Answer(_, why)) => {
            entry.outcome = Outcome::Ignored;
            entry.reason = Some((*why).to_owned());
            entry.status = 200;
        }
        Err(problem) => {
            entry.outcome = match problem.status {
                StatusCode::TOO_MANY_REQUESTS => Outcome::RateLimited,
                _ => Outcome::Rejected,
            };
            entry.reason = Some(problem.message.clone());
            entry.status = problem.status.as_u16();
        }
    }
    // Whoever sends what is refused as fast as they can does not fill the table.
    let is_written = taken.is_ok() || count(app, listener, "refused").await? <= limit(listener);
    if is_written {
        log::write(app, &listener.org, &listener.workflow, entry).await;
    }
    match taken? {
        Taken::Run { run, is_new } => answer(app, listener, run, is_new).await,
        Taken::Answer(answer, _) => Ok(axum::Json(answer).into_response()),
    }
}

async fn take(
    app: &App,
    listener: &Listener,
    parts: &Parts,
    sent: Body,
    entry: &mut Entry,
) -> Result<Taken, Problem> {
    let webhook = &listener.webhook;
    if listener.published.paused {
        let message = format!("`{}` is paused: nothing starts it", listener.workflow);
        return Err(Problem::conflict(message));
    }
    let bytes = bounded(sent).await?;
    entry.bytes = Some(bytes.len());
    believe(app, listener, parts, &bytes).await?;
    let limit = limit(listener);
    if count(app, listener, "taken").await? > limit {
        let message = format!("this webhook takes {limit} deliveries a minute");
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT", message);
        let second = app.now().0.as_second().rem_euclid(60);
        problem.retry_after = u64::try_from(60 - second).ok();
        return Err(problem);
    }
    let input = body::read(&parts.headers, &bytes)?;
    if let Some(answer) = listens(webhook, parts, &input) {
        return Ok(answer);
    }
    let key = match body::key(webhook, &parts.headers, &input)? {
        None => None,
        Some(key) => {
            entry.key = Some(key.text.clone());
            let request = if key.is_signed {
                key.text.as_bytes()
            } else {
                &bytes
            };
            let scope = format!("webhook/{}", listener.workflow);
            Some(idempotency::remember(app, &listener.org, &scope, &key.text, request).await?)
        }
    };
    let start = Start {
        machine: listener.published.machine.clone(),
        number: listener.published.number,
        org: Some(listener.org.clone()),
        kind: Some("webhook".to_owned()),
        context: body::context(webhook, &parts.headers, parts.uri.query()),
        input,
        idempotency_key: key,
        ..Start::default()
    };
    let started = pawl_functions::start(start, app.services()).await?;
    Ok(Taken::Run {
        run: started.run,
        is_new: started.status == StartedStatus::Started,
    })
}

/// Refuses whoever is not who they say.
async fn believe(
    app: &App,
    listener: &Listener,
    parts: &Parts,
    body: &Bytes,
) -> Result<(), Problem> {
    let Some(rule) = &listener.webhook.verify else {
        return Ok(());
    };
    if rule.provider == Provider::Token {
        if listener.way == Way::Token {
            return Ok(());
        }
        let message = "this webhook is reached by the address that has its token in it";
        return Err(Problem::unauthenticated(message));
    }
    let secrets = match &rule.secret {
        Some(source) => vec![named(app, listener, source).await?],
        None => kept::secrets(app, &listener.org, &listener.workflow).await?,
    };
    if secrets.is_empty() {
        let workflow = &listener.workflow;
        return Err(Problem::conflict(format!(
            "this webhook verifies what it gets and has no secret: set it, `POST /api/webhooks/{workflow}/secret`"
        )));
    }
    let claim = Claim {
        headers: &parts.headers,
        body,
        now: app.now().0.as_second(),
    };
    verify(rule, &secrets, claim).map_err(|doubt| Problem::unauthenticated(doubt.to_string()))
}

/// The secret that the definition names. Where it is looked for is nothing for whoever delivers.
async fn named(app: &App, listener: &Listener, source: &SecretSource) -> Result<String, Problem> {
    let found = find_secret(source, &listener.org, app.services()).await;
    found.map_err(|error| {
        let workflow = &listener.workflow;
        tracing::error!(
            error.code,
            error.message,
            workflow,
            "a webhook has no secret"
        );
        Problem::conflict(format!(
            "the secret that the definition of `{workflow}` names is not there; the log says why"
        ))
    })
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        let message = unread.to_string();
        match unread {
            Unread::Malformed(_) => Self::malformed(message),
            Unread::Unsupported => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                message,
            ),
        }
    }
}

/// What is said to a provider that only asks whether anybody listens: Slack, GitHub.
fn listens(webhook: &Webhook, parts: &Parts, input: &Value) -> Option<Taken> {
    let provider = webhook.verify.as_ref().map(|verify| verify.provider);
    let is_question = input.get("type").and_then(Value::as_str) == Some("url_verification");
    if provider == Some(Provider::Slack) && is_question {
        let challenge = input.get("challenge")?.as_str()?;
        let answer = json!({ "challenge": challenge });
        return Some(Taken::Answer(answer, "Slack asked whether anybody listens"));
    }
    let may_be_github = provider.is_none_or(|provider| provider == Provider::Github);
    let is_ping = may_be_github && header(parts, "x-github-event").as_deref() == Some("ping");
    is_ping.then(|| {
        let answer = json!({ "status": "ignored" });
        Taken::Answer(answer, "GitHub asked whether anybody listens")
    })
}

/// The body, if it is no larger than it may be.
async fn bounded(sent: Body) -> Result<Bytes, Problem> {
    let too_large = || {
        let message = format!("a delivery has at most {} bytes", body::LARGEST);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", message)
    };
    if axum::body::HttpBody::size_hint(&sent).lower() > body::LARGEST as u64 {
        return Err(too_large());
    }
    let read = to_bytes(sent, body::LARGEST).await;
    // What breaks off on its way looks the same, and nobody hears the answer then.
    read.map_err(|_| too_large())
}

/// How many of a kind came in this minute, this one included.
async fn count(app: &App, listener: &Listener, kind: &str) -> Result<u64, Problem> {
    const DAY: i64 = 24 * 3600;
    let now = app.now();
    let minute: String = now.iso().chars().take("2026-01-31T09:00".len()).collect();
    let name = format!("webhook/{}/{kind}", listener.workflow);
    let until = u64::try_from(now.0.as_second() + DAY).unwrap_or_default();
    let counted = app
        .store()
        .count(&listener.org, &name, &minute, until)
        .await?;
    Ok(counted)
}

fn limit(listener: &Listener) -> u64 {
    listener.webhook.max_per_minute.unwrap_or(USUAL_PER_MINUTE)
}

/// Says that there is a run, or what it gave.
async fn answer(
    app: &App,
    listener: &Listener,
    run: String,
    is_new: bool,
) -> Result<Response, Problem> {
    if listener.webhook.respond == Respond::Sync
        && let Some(ended) = ended(app, &listener.org, &run).await?
    {
        return given(app, &ended).await;
    }
    let (status, word) = if is_new {
        (StatusCode::ACCEPTED, "accepted")
    } else {
        (StatusCode::OK, "duplicate")
    };
    let body = AcceptedDelivery {
        status: word.to_owned(),
        execution_id: run,
        workflow_id: listener.workflow.clone(),
    };
    Ok((status, axum::Json(body)).into_response())
}

/// The run, once it has ended; nothing where that takes longer than somebody waits.
async fn ended(app: &App, org: &str, run: &str) -> Result<Option<Run>, Problem> {
    let [mut pause, longest] = LOOKS;
    let end = app.now().after(LONGEST_WAIT);
    loop {
        let found = app.store().run(org, run).await?;
        if let Some(run) = found.filter(|run| !run.is_open()) {
            return Ok(Some(run));
        }
        if app.now() >= end {
            return Ok(None);
        }
        app.services().sleep(pause).await;
        pause = longest.min(pause * 2);
    }
}

/// What a run gave, or why it gave nothing.
async fn given(app: &App, run: &Run) -> Result<Response, Problem> {
    if run.status == RunStatus::Completed {
        let output = app.store().output(run).await?;
        let mut response = axum::Json(output).into_response();
        if let Ok(id) = HeaderValue::from_str(&run.run) {
            response.headers_mut().insert(RUN, id);
        }
        return Ok(response);
    }
    let code = run.error.as_ref().map(|error| error.code.clone());
    let message = format!("run `{}` is {}", run.run, run.status.name());
    let code = code.unwrap_or_else(|| run.status.name().to_uppercase());
    let problem = Problem::new(StatusCode::BAD_GATEWAY, &code, message);
    Err(problem.with_details(json!({ "execution_id": run.run })))
}

fn header(parts: &Parts, name: &str) -> Option<String> {
    let value = parts.headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}
