//! Templates that ship with Pawl: definitions to begin with, whose variables are their parameters.

use axum::extract::State;
use http::StatusCode;
use pawl_compiler::source;
use pawl_store::Document;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::{Editor, Viewer};
use crate::app::App;
use crate::definition::Written;
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::route::{Resources, routes};
use crate::versions;
use crate::workflows::{self, Stored, Workflow};

/// Every template that ships, by its id: the name of its file.
const SHIPPED: [(&str, &str); 7] = [
    (
        "approve-an-expense",
        include_str!("../../workflows/templates/approve-an-expense.json"),
    ),
    (
        "recommend-products",
        include_str!("../../workflows/templates/recommend-products.json"),
    ),
    (
        "reply-after-approval",
        include_str!("../../workflows/templates/reply-after-approval.json"),
    ),
    (
        "route-incoming-message",
        include_str!("../../workflows/templates/route-incoming-message.json"),
    ),
    (
        "watch-a-service",
        include_str!("../../workflows/templates/watch-a-service.json"),
    ),
    (
        "weekly-customer-report",
        include_str!("../../workflows/templates/weekly-customer-report.json"),
    ),
    (
        "welcome-new-customer",
        include_str!("../../workflows/templates/welcome-new-customer.json"),
    ),
];

/// Who made the templates that ship, and when.
const MAKER: &str = "pawl";
const SINCE: &str = "2026-11-22T00:00:00.000Z";

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list))
        .with(routes!(get))
        .with(routes!(instantiate))
}

/// A template.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Template {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What a workflow that is made of it does.
    description: Option<String>,
    /// What can be given when a workflow is made of it, with what it is otherwise.
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    /// The definition; only where one template is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
}

/// A workflow that is to be made of a template.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Instantiate {
    /// The workflow's name.
    #[schema(min_length = 1, example = "Weekly report for Berlin")]
    name: String,
    /// What some of the template's variables are; the others stay as they are.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    parameters: Map<String, Value>,
}

impl Template {
    fn of(id: &str, written: &Written) -> Result<Self, Problem> {
        let facts = written.facts()?;
        Ok(Self {
            id: id.to_owned(),
            name: facts.name,
            description: facts.description,
            parameters: parameters(written),
            definition: None,
        })
    }
}

/// List the templates that ship with Pawl
///
/// `GET /api/workflows?category=templates` lists them before those of the organisation itself, which are workflows.
#[utoipa::path(get, path = "/api/templates", tag = "workflows",
    responses((status = 200, body = Vec<Template>)), security(("bearer" = ["viewer"])))]
async fn list(_: Viewer) -> Result<axum::Json<Vec<Template>>, Problem> {
    let templates = SHIPPED
        .into_iter()
        .map(|(id, text)| Template::of(id, &written(text)));
    Ok(axum::Json(templates.collect::<Result<_, _>>()?))
}

/// Read a template that ships with Pawl
#[utoipa::path(get, path = "/api/templates/{id}", tag = "workflows", params(("id" = String, Path)),
    responses((status = 200, body = Template)), security(("bearer" = ["viewer"])))]
async fn get(_: Viewer, Path(id): Path<String>) -> Result<axum::Json<Template>, Problem> {
    let written = shipped(&id).ok_or_else(|| Problem::missing("template", &id))?;
    let template = Template::of(&id, &written)?;
    Ok(axum::Json(Template {
        definition: Some(written.text),
        ..template
    }))
}

/// Make a workflow of a template
///
/// The workflow is a draft under a name of its own. A template is one that ships, or a workflow of the organisation that
/// is there to be copied; its variables are what can be given as `parameters`.
#[utoipa::path(post, path = "/api/templates/{id}/instantiate", tag = "workflows", params(("id" = String, Path)),
    request_body = Instantiate,
    responses((status = 201, body = Workflow)), security(("bearer" = ["editor"])))]
async fn instantiate(
    State(app): State<App>,
    me: Editor,
    Path(id): Path<String>,
    Json(asked): Json<Instantiate>,
) -> Result<(StatusCode, axum::Json<Workflow>), Problem> {
    let template = match shipped(&id) {
        Some(written) => written,
        None => own(&app, &me.org, &id).await?,
    };
    let written = given(&template, &asked.parameters)?.renamed(asked.name.trim())?;
    let reason = format!("of the template `{id}`");
    let made = workflows::make(&app, &me, written, None, Some(reason)).await?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// The templates that ship, as workflows in a list, in the order of their ids.
pub(crate) fn listed() -> Result<Vec<Document<Stored>>, Problem> {
    let workflow = |(id, text): (&str, &str)| {
        let facts = written(text).facts()?;
        let value = Stored {
            name: facts.name,
            description: facts.description,
            format: facts.format.name().to_owned(),
            tags: Vec::new(),
            template: true,
            archived: false,
            paused: false,
            active: None,
            latest: 1,
            chains: Vec::new(),
            created_at: SINCE.to_owned(),
            created_by: MAKER.to_owned(),
            updated_at: SINCE.to_owned(),
        };
        Ok(Document {
            id: id.to_owned(),
            revision: 0,
            value,
        })
    };
    SHIPPED.into_iter().map(workflow).collect()
}

fn shipped(id: &str) -> Option<Written> {
    let found = SHIPPED.iter().find(|(known, _)| *known == id);
    found.map(|(_, text)| written(text))
}

fn written(text: &str) -> Written {
    Written {
        text: text.to_owned(),
        is_yaml: false,
    }
}

/// A workflow of the organisation that is there to be copied.
async fn own(app: &App, org: &str, id: &str) -> Result<Written, Problem> {
    let missing = || Problem::missing("template", id);
    let stored = workflows::read(app, org, id).await.map_err(|problem| {
        if problem.status == StatusCode::NOT_FOUND {
            missing()
        } else {
            problem
        }
    })?;
    if !stored.value.template {
        return Err(missing());
    }
    let version = versions::read(app, org, id, stored.value.latest).await?;
    Ok(version.value.written)
}

/// The variables of a definition, and what they are.
fn parameters(written: &Written) -> Map<String, Value> {
    let Ok(root) = source::read(&written.text, written.notation()) else {
        return Map::new();
    };
    let variables = root
        .get("config")
        .and_then(|config| config.get("variables"));
    let variables = variables.map(source::Node::entries).unwrap_or_default();
    let variable = |entry: &source::Entry| (entry.key.clone(), entry.node.to_json());
    variables.iter().map(variable).collect()
}

/// A definition with other values for some of its variables.
fn given(template: &Written, parameters: &Map<String, Value>) -> Result<Written, Problem> {
    let root = source::read(&template.text, template.notation());
    let root = root.map_err(|_| Problem::invalid("the template cannot be read"))?;
    let variables = root
        .get("config")
        .and_then(|config| config.get("variables"));
    let mut edits = Vec::new();
    for (name, value) in parameters {
        let node = variables.and_then(|variables| variables.get(name));
        let node = node.ok_or_else(|| {
            let known: Vec<&str> = variables
                .map(source::Node::entries)
                .unwrap_or_default()
                .iter()
                .map(|entry| entry.key.as_str())
                .collect();
            let known = known.join("`, `");
            Problem::invalid(format!(
                "the template has no parameter `{name}`; it has `{known}`"
            ))
        })?;
        let usual = node.to_json();
        if std::mem::discriminant(&usual) != std::mem::discriminant(value) {
            return Err(Problem::invalid(format!(
                "the parameter `{name}` is such as `{usual}`, not `{value}`"
            )));
        }
        edits.push((node.span.clone(), value.to_string()));
    }
    // From the end, so that what is in front stays where it is.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = template.text.clone();
    for (span, value) in edits {
        if text.get(span.clone()).is_some() {
            text.replace_range(span, &value);
        }
    }
    Ok(Written {
        text,
        is_yaml: template.is_yaml,
    })
}
