//! What only conversations can do: drafts, and their messages.

use std::cmp::Ordering;

use pawl_store::Page;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::collection::{CONVERSATIONS, DRAFTS, MESSAGES, done, has_all};
use super::page;
use super::parameters::Parameters;
use crate::Error;
use crate::work::Acted;

/// Keeps a message that a person can send later.
pub(super) async fn create_draft(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    CONVERSATIONS
        .find(parameters.required_text(CONVERSATIONS.id)?, call)
        .await?;
    let mut fields = parameters.fields(&[]);
    fields.insert("status".to_owned(), Value::from("draft"));
    Ok(done(DRAFTS.made(call.new_id(DRAFTS.noun), fields, call)))
}

/// A page of a conversation's messages, oldest first.
pub(super) async fn query_messages(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    parameters.required_text(CONVERSATIONS.id)?;
    let window = page::window(parameters)?;
    let wanted = wanted(parameters, &[CONVERSATIONS.id, "channel", "direction"]);
    let last = match &window.cursor {
        None => None,
        Some(id) => match call.find(MESSAGES.plural, id).await? {
            Some((last, _)) => Some(last),
            None => return Ok(page::answer(MESSAGES.plural, Page::default()).into()),
        },
    };
    // Of what may be very many, only the page is kept in memory, and the message that shows whether there is another.
    let mut records: Vec<Map<String, Value>> = Vec::new();
    let oldest = |message: &Map<String, Value>| {
        let is_later = |last: &Map<String, Value>| by_time(message, last).is_gt();
        if has_all(message, &wanted) && last.as_ref().is_none_or(is_later) {
            let place = records.partition_point(|kept| by_time(kept, message).is_lt());
            if place <= window.limit {
                records.insert(place, message.clone());
                records.truncate(window.limit.saturating_add(1));
            }
        }
        Ok(false)
    };
    call.all(MESSAGES.plural, oldest).await?;
    let is_last = records.len() <= window.limit;
    records.truncate(window.limit);
    let end = records.last().and_then(|message| message.get("_id"));
    let cursor = end.and_then(Value::as_str).filter(|_| !is_last);
    let page = Page {
        cursor: cursor.map(str::to_owned),
        records,
    };
    Ok(page::answer(MESSAGES.plural, page).into())
}

/// The newest message that got so far on its way.
pub(super) async fn query_latest_message_by_delivery_state(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let wanted = wanted(parameters, &["channel", "direction", "deliveryState"]);
    // Of what may be very many, only the newest one is kept in memory.
    let mut latest: Option<Map<String, Value>> = None;
    let newest = |message: &Map<String, Value>| {
        let is_newer = |latest: &Map<String, Value>| by_time(message, latest).is_ge();
        if has_all(message, &wanted) && latest.as_ref().is_none_or(is_newer) {
            latest = Some(message.clone());
        }
        Ok(false)
    };
    call.all(MESSAGES.plural, newest).await?;
    Ok(json!({ "found": latest.is_some(), "message": latest }).into())
}

/// The given parameters of these names, as conditions.
fn wanted(parameters: &Parameters<'_>, names: &[&str]) -> Map<String, Value> {
    let given = names.iter().filter_map(|name| {
        let value = parameters.get(name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    given.collect()
}

/// When a message was sent, or else when it was kept.
fn by_time(one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
    let time = |message: &Map<String, Value>| {
        let time = message
            .get("sentAt")
            .or_else(|| message.get("_creationTime"));
        time.and_then(Value::as_f64).unwrap_or(0.0)
    };
    let id = |message: &Map<String, Value>| {
        let id = message.get("_id").and_then(Value::as_str);
        id.unwrap_or_default().to_owned()
    };
    time(one)
        .total_cmp(&time(other))
        .then_with(|| id(one).cmp(&id(other)))
}
