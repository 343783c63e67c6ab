//! The audit log: who did what, written in the transaction of what they did.

use axum::extract::State;
use pawl_store::{Change, Direction, Document};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::{Admin, Identity};
use crate::app::App;
use crate::extract::Query;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// The shelf on which notes stand, the oldest first.
const SHELF: &str = "audit";

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list))
}

/// Something that somebody did.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Note {
    /// When.
    time: String,
    /// Who: `key:` and a key's id, or `user:` and a subject.
    who: String,
    /// What: `workflow.publish`, `key.create` ...
    action: String,
    /// To what.
    subject: String,
    /// The request by which it was done.
    request_id: String,
}

/// Notes what somebody does to something.
pub(crate) fn note(app: &App, me: &Identity, action: &str, subject: &str) -> Change {
    let time = app.now().iso();
    let id = format!("{time}#{}", uuid::Uuid::now_v7());
    let note = Note {
        time,
        who: me.who.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        request_id: me.request.clone(),
    };
    Change::create(SHELF, id, &note)
}

/// Read the audit log
///
/// The newest note comes first.
#[utoipa::path(get, path = "/api/audit", tag = "access", params(PageQuery),
    responses((status = 200, body = Page<Note>)), security(("bearer" = ["admin"])))]
async fn list(
    State(app): State<App>,
    me: Admin,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Note>>, Problem> {
    let window = page.window("")?;
    let found = app.store();
    let found = found.documents::<Note>(&me.org, SHELF, &window, Direction::Backward, |_| true);
    let found = found.await?;
    let notes = found
        .documents
        .into_iter()
        .map(|Document { value, .. }| value);
    Ok(axum::Json(Page::new(
        notes.collect(),
        found.cursor.as_deref(),
    )))
}
