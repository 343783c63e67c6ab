//! Business records: customers, products, conversations and the like, as steps read and write them.

use axum::extract::State;
use http::StatusCode;
use pawl_contract::event;
use pawl_functions::write_record;
use pawl_store::{Business, Version, Window, Writes, key};
use serde_json::{Map, Value};

use crate::access::{Identity, Operator, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// The collections that are reached from outside.
const COLLECTIONS: [&str; 6] = [
    "customers",
    "products",
    "conversations",
    "messages",
    "orders",
    "recommendations",
];

/// The longest id of a record.
const LONGEST_ID: usize = 200;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list, create))
        .with(routes!(get, replace, change))
}

type Record = Map<String, Value>;

/// List records
#[utoipa::path(get, path = "/api/records/{collection}", tag = "records",
    params(("collection" = String, Path, example = "customers"), PageQuery),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Path(collection): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Record>>, Problem> {
    known(&collection)?;
    let window = Window {
        limit: page.limit()?,
        cursor: page.place()?,
        prefix: String::new(),
    };
    let every = |_: &Record| Ok::<_, pawl_store::Error>(true);
    let found = app.store();
    let none = Writes::default();
    let found = found.select(&me.org, &collection, &window, &none, every);
    let found = found.await?;
    Ok(axum::Json(Page::new(
        found.records,
        found.cursor.as_deref(),
    )))
}

/// Create a record
///
/// With `_id`, or with one that is made. The bus is told, so workflows that wait for it begin.
#[utoipa::path(post, path = "/api/records/{collection}", tag = "records",
    params(("collection" = String, Path, example = "customers")),
    request_body = Object,
    responses((status = 201, body = Object)), security(("bearer" = ["operator"])))]
async fn create(
    State(app): State<App>,
    me: Operator,
    Path(collection): Path<String>,
    Json(mut record): Json<Record>,
) -> Result<(StatusCode, axum::Json<Record>), Problem> {
    known(&collection)?;
    let given = record.get("_id").filter(|id| !id.is_null());
    let id = match given.map(Value::as_str) {
        None => uuid::Uuid::now_v7().to_string(),
        Some(Some(id)) if !id.is_empty() && id.len() <= LONGEST_ID => id.to_owned(),
        Some(_) => {
            return Err(Problem::invalid(format!(
                "`_id` is a text of 1 to {LONGEST_ID} bytes"
            )));
        }
    };
    record.insert("_id".to_owned(), id.clone().into());
    let is_new = write(&app, &me, &collection, &id, record.clone(), Version::Absent).await?;
    if !is_new {
        return Err(Problem::conflict(format!(
            "`{collection}` has `{id}` already"
        )));
    }
    Ok((StatusCode::CREATED, axum::Json(record)))
}

/// Read a record
#[utoipa::path(get, path = "/api/records/{collection}/{id}", tag = "records",
    params(("collection" = String, Path, example = "customers"), ("id" = String, Path)),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path((collection, id)): Path<(String, String)>,
) -> Result<axum::Json<Record>, Problem> {
    let (record, _) = read(&app, &me.org, &collection, &id).await?;
    Ok(axum::Json(record))
}

/// Write a record anew
#[utoipa::path(put, path = "/api/records/{collection}/{id}", tag = "records",
    params(("collection" = String, Path, example = "customers"), ("id" = String, Path)),
    request_body = Object,
    responses((status = 200, body = Object)), security(("bearer" = ["operator"])))]
async fn replace(
    State(app): State<App>,
    me: Operator,
    Path((collection, id)): Path<(String, String)>,
    Json(record): Json<Record>,
) -> Result<axum::Json<Record>, Problem> {
    let (_, version) = read(&app, &me.org, &collection, &id).await?;
    update(&app, &me, &collection, &id, record, version).await
}

/// Change fields of a record
///
/// Those that are given; a null stays as one.
#[utoipa::path(patch, path = "/api/records/{collection}/{id}", tag = "records",
    params(("collection" = String, Path, example = "customers"), ("id" = String, Path)),
    request_body = Object,
    responses((status = 200, body = Object)), security(("bearer" = ["operator"])))]
async fn change(
    State(app): State<App>,
    me: Operator,
    Path((collection, id)): Path<(String, String)>,
    Json(fields): Json<Record>,
) -> Result<axum::Json<Record>, Problem> {
    let (mut record, version) = read(&app, &me.org, &collection, &id).await?;
    record.extend(fields);
    update(&app, &me, &collection, &id, record, version).await
}

async fn update(
    app: &App,
    me: &Identity,
    collection: &str,
    id: &str,
    mut record: Record,
    version: Version,
) -> Result<axum::Json<Record>, Problem> {
    record.insert("_id".to_owned(), id.into());
    if !write(app, me, collection, id, record.clone(), version).await? {
        return Err(Problem::stale("record", id));
    }
    Ok(axum::Json(record))
}

async fn write(
    app: &App,
    me: &Identity,
    collection: &str,
    id: &str,
    value: Record,
    replaces: Version,
) -> Result<bool, Problem> {
    let (verb, action) = match replaces {
        Version::Absent => ("created", "record.create"),
        Version::Number(_) => ("updated", "record.update"),
    };
    let noun = collection.trim_end_matches('s');
    let told = event::find(&format!("{noun}.{verb}")).filter(|event| event.when.is_some());
    let business = Business {
        collection: collection.to_owned(),
        id: id.to_owned(),
        value,
        replaces,
        events: told.map(|event| event.name).into_iter().collect(),
    };
    let noted = note(app, me, action, &format!("{collection}/{id}"));
    Ok(write_record(app.services(), &me.org, business, noted).await?)
}

async fn read(
    app: &App,
    org: &str,
    collection: &str,
    id: &str,
) -> Result<(Record, Version), Problem> {
    known(collection)?;
    let found = app.store().find(org, collection, id).await?;
    found.ok_or_else(|| Problem::missing("record", &format!("{collection}/{id}")))
}

fn known(collection: &str) -> Result<(), Problem> {
    if COLLECTIONS.contains(&collection) && key::is_collection(collection) {
        return Ok(());
    }
    Err(Problem::missing("collection", collection))
}
