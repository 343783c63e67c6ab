//! Which workflows there are.

use axum::extract::State;
use pawl_store::{Direction, Document};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::shown::{self, Workflow};
use super::stored::{SHELF, Stored};
use crate::access::{Identity, Viewer};
use crate::app::App;
use crate::extract::Query;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::templates;

/// What a place in a list begins with that is among the templates that ship; no workflow has such an id.
const SHIPPED: &str = "shipped/";

/// Which workflows are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Words of the id, the name, the description or the tags.
    q: Option<String>,
    /// A tag that it must have.
    tag: Option<String>,
    /// `draft`, `active` or `archived`; where absent, all but the archived ones.
    #[param(inline)]
    status: Option<shown::Status>,
    /// `mine`, `all` or `templates`.
    #[param(inline)]
    category: Option<Category>,
}

/// Whose workflows are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Category {
    /// Those that whoever asks has made.
    Mine,
    /// Those of the organisation.
    #[default]
    All,
    /// Those that are there to be copied: first those that ship with Pawl, then those of the organisation.
    Templates,
}

/// List workflows
#[utoipa::path(get, path = "/api/workflows", tag = "workflows", params(Filter, PageQuery),
    responses((status = 200, body = Page<Workflow>)), security(("bearer" = ["viewer"])))]
pub(super) async fn list(
    State(app): State<App>,
    me: Viewer,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Workflow>>, Problem> {
    let mut window = page.window("")?;
    let is_wanted = |document: &Document<Stored>| filter.lets_through(document, &me);
    let mut found = Vec::new();
    let ships = filter.category == Some(Category::Templates);
    let place = window.cursor.clone();
    let behind = place
        .as_deref()
        .map_or(Some(""), |place| place.strip_prefix(SHIPPED));
    if let Some(behind) = behind.filter(|_| ships) {
        let mut shipped = templates::listed()?;
        shipped.retain(|template| template.id.as_str() > behind && is_wanted(template));
        if shipped.len() >= window.limit {
            shipped.truncate(window.limit);
            let last = shipped.last().map(|last| format!("{SHIPPED}{}", last.id));
            let shown = shipped.into_iter().map(Workflow::of).collect();
            return Ok(axum::Json(Page::new(shown, last.as_deref())));
        }
        window.limit -= shipped.len();
        window.cursor = None;
        found = shipped;
    }
    let store = app.store();
    let own = store.documents(&me.org, SHELF, &window, Direction::Forward, is_wanted);
    let own = own.await?;
    found.extend(own.documents);
    let shown = found.into_iter().map(Workflow::of).collect();
    Ok(axum::Json(Page::new(shown, own.cursor.as_deref())))
}

impl Filter {
    fn lets_through(&self, document: &Document<Stored>, me: &Identity) -> bool {
        let workflow = &document.value;
        let status = shown::Status::of(workflow);
        let has_status = match self.status {
            Some(wanted) => wanted == status,
            None => status != shown::Status::Archived,
        };
        let is_of_category = match self.category.unwrap_or_default() {
            Category::Mine => workflow.created_by == me.who,
            Category::All => true,
            Category::Templates => workflow.template,
        };
        let has_tag = |tag: &String| workflow.tags.contains(tag);
        let words = self.q.as_deref().unwrap_or_default().to_lowercase();
        let mut words = words.split_whitespace();
        has_status
            && is_of_category
            && self.tag.as_ref().is_none_or(has_tag)
            && words.all(|word| workflow.says(&document.id, word))
    }
}
