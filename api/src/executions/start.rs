//! Starts a run of a workflow: an input, how it is asked for, and what stands in for steps.

use std::collections::BTreeMap;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use pawl_compiler::Program;
use pawl_contract::{Kind, Mock, Nature, Start};
use pawl_functions::{StartedStatus, mocked_answer};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::shown::Begun;
use crate::access::{Editor, Identity, Role};
use crate::app::App;
use crate::audit::note;
use crate::definition::Written;
use crate::extract::{Path, Raw};
use crate::problem::Problem;
use crate::versions::{self, Named, Status, Wanted};
use crate::{idempotency, publish, workflows};

/// The header that makes the same request one run.
const KEY: &str = "idempotency-key";

/// A run that is asked for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Execute {
    /// How it is asked for, and what comes with that: `{ "kind": "chat", "current_message": "...", "history": [...] }`,
    /// `{ "kind": "webhook", "data": {...} }`. What is no `kind` becomes a part of the input.
    #[schema(value_type = Option<Object>)]
    trigger: Option<Map<String, Value>>,
    /// What the run is started with.
    #[serde(alias = "input_data", alias = "user_input", alias = "prompt")]
    #[schema(value_type = Option<Object>)]
    input: Option<Value>,
    /// What whoever asks knows beside it: `trigger.context`.
    #[serde(default, alias = "metadata")]
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
    /// The version to run: a number, `active` or `draft`; the active one where absent.
    version: Option<Wanted>,
    /// A hint that some clients send: whose a run is says the key.
    #[schema(ignore)]
    #[serde(rename = "organization_id", alias = "project_id", alias = "account_id")]
    _organization: Option<IgnoredAny>,
    /// A hint that some clients send: there is one way that runs are executed.
    #[schema(ignore)]
    #[serde(rename = "execution_backend")]
    _backend: Option<IgnoredAny>,
}

/// What a value asks for, where it is such a request: it says how the run is asked for, or holds the input apart.
pub fn requested(value: &Value) -> Option<Start> {
    let kind = value.get("trigger").and_then(|trigger| trigger.get("kind"));
    let is_request =
        kind.is_some_and(Value::is_string) || value.get("input_data").is_some_and(Value::is_object);
    if !is_request {
        return None;
    }
    let asked: Execute = serde_json::from_value(value.clone()).ok()?;
    Some(Start {
        org: None,
        ..asked.start("")
    })
}

/// Start a run
///
/// With the header `idempotency-key`, the same request starts one run however often it comes; another request with the
/// same key is refused. The `version` may be the draft: a test run, which changes nothing of what starts the workflow,
/// and whose end starts no other one. That an `editor` may, too, where `mocks` stand in for every step that acts.
#[utoipa::path(post, path = "/api/workflows/{id}/execute", tag = "executions",
    params(("id" = String, Path), ("idempotency-key" = Option<String>, Header)),
    request_body = Option<Execute>,
    responses((status = 202, body = Begun), (status = 200, body = Begun, description = "The run that an earlier \
        request with the same key has started")),
    security(("bearer" = ["operator"])))]
pub(super) async fn execute(
    State(app): State<App>,
    me: Editor,
    Path(id): Path<String>,
    request: Raw,
) -> Result<(StatusCode, axum::Json<Begun>), Problem> {
    // Whoever may do no more than write is told so before anything else is said.
    let asked = read(&request).and_then(|asked| asked.permitted(&me))?;
    let wanted = asked.version.unwrap_or(Wanted::Named(Named::Active));
    let Version {
        machine,
        number,
        draft,
    } = version(&app, &me, &id, wanted, &asked.mocks).await?;
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
        number: Some(number),
        draft,
        idempotency_key: key,
        ..asked.start(&me.org)
    };
    let started = begin(&app, &me, &id, start, "execution.start").await?;
    let status = if started.duplicate {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, axum::Json(started)))
}

/// Starts a run of a workflow, with a note of who did.
pub(super) async fn begin(
    app: &App,
    me: &Identity,
    workflow: &str,
    start: Start,
    action: &str,
) -> Result<Begun, Problem> {
    let single = publish::single::held(app, &me.org, workflow, &start.machine);
    let noted = |run: &str| {
        let held = single.map(|single| single.hold(run));
        held.into_iter()
            .chain([note(app, me, action, run)])
            .collect()
    };
    let begun = pawl_functions::start_noted(start, app.services(), noted).await?;
    let duplicate = begun.status == StartedStatus::Duplicate;
    let run = super::read(app, &me.org, &begun.run).await?;
    Ok(Begun::of(run, duplicate))
}

fn read(request: &Raw) -> Result<Execute, Problem> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Execute::default());
    }
    serde_json::from_slice(&request.body).map_err(|error| {
        let mut message = format!("the body cannot be read: {error}");
        if message.contains("unknown field") {
            message.push_str("; what the run is started with stands in `input`");
        }
        Problem::malformed(message)
    })
}

/// The version that is to run.
pub(super) struct Version {
    pub(super) machine: String,
    pub(super) number: u64,
    /// Whether it is not published.
    pub(super) draft: bool,
}

/// The version that is asked for.
pub(super) async fn version(
    app: &App,
    me: &Identity,
    id: &str,
    wanted: Wanted,
    mocks: &BTreeMap<String, Mock>,
) -> Result<Version, Problem> {
    let workflow = workflows::read(app, &me.org, id).await?;
    let version = versions::find(app, &me.org, &workflow, wanted).await?.value;
    if me.role < Role::Operator && version.status != Status::Draft {
        return Err(only_drafts(me));
    }
    let draft = version.machine.is_none();
    let machine = match version.machine {
        Some(machine) => machine,
        None => of_draft(app, me, id, &version.written, mocks).await?,
    };
    Ok(Version {
        machine,
        number: version.number,
        draft,
    })
}

/// The machine of a draft: a version of its own, which nothing but this run begins with.
async fn of_draft(
    app: &App,
    me: &Identity,
    id: &str,
    written: &Written,
    mocks: &BTreeMap<String, Mock>,
) -> Result<String, Problem> {
    let program = written.sound()?;
    // The workflows that it runs would only make a message longer.
    let found = pawl_compiler::mocks::check(&program, &BTreeMap::new(), mocks, mocked_answer);
    if let Some(found) = found.into_iter().next() {
        return Err(Problem::invalid(found.message));
    }
    if me.role < Role::Operator {
        acts_nowhere(&program, mocks)?;
    }
    publish::single::publish(app, &me.org, id, &program.lowered.machine).await
}

/// Refuses a run that would act on the world.
fn acts_nowhere(program: &Program, mocks: &BTreeMap<String, Mock>) -> Result<(), Problem> {
    let kinds = program.checked.kinds();
    let acts = |kind: Kind| matches!(kind.nature(), Nature::Work | Nature::Wait);
    let bare: Vec<String> = kinds
        .iter()
        .filter(|(slug, kind)| acts(**kind) && !mocks.contains_key(**slug))
        .map(|(slug, _)| format!("`{slug}`"))
        .collect();
    if !bare.is_empty() {
        return Err(Problem::forbidden(format!(
            "your role runs a draft only where nothing acts: give `mocks` for {}",
            bare.join(", ")
        )));
    }
    Ok(())
}

fn only_drafts(me: &Identity) -> Problem {
    Problem::forbidden(format!(
        "this takes the role `operator`; yours is `{}`, which runs drafts only",
        me.role.name()
    ))
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
    /// The request, if whoever asks may ask for such a run at all.
    fn permitted(self, me: &Identity) -> Result<Self, Problem> {
        let may_be_draft = matches!(
            self.version,
            Some(Wanted::Number(_) | Wanted::Named(Named::Draft))
        );
        if me.role < Role::Operator && !may_be_draft {
            return Err(only_drafts(me));
        }
        Ok(self)
    }

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
