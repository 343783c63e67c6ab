//! Fieldss to work on: each run takes one that its workflow has not dealt with, and no two runs take the same.
//!
//! A claim is a record of ours, keyed by workflow, table and record, and is written on condition in the step's own
//! transaction. Where another run was faster nothing is written, and the step looks again.

use std::collections::BTreeMap;

use pawl_contract::code;
use pawl_store::Window;
use serde_json::{Value, json};

use super::call::Call;
use super::collection::{CLAIMS, condition, done};
use super::fields::{Fields, fields, has, key, text};
use super::parameters::Parameters;
use crate::work::Acted;
use crate::{Error, id};

const HOUR: f64 = 3_600_000.0;

/// A claim that is never completed is free again after so long, where the author does not say.
const ABANDONED: f64 = 24.0 * HOUR;

/// Where runs at once were after the same record, each takes one of so many at the most.
const SPREAD: usize = 64;

/// Takes a record of a table.
pub(super) async fn find_unprocessed(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let table = parameters.required_text("tableName")?;
    if !pawl_store::key::is_collection(table) {
        let message = format!("`tableName` is the name of a collection, not `{table}`");
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    match parameters.text("filterExpression")? {
        None => take(table, |_| Ok(true), parameters, call).await,
        Some(text) => take(table, condition(text)?, parameters, call).await,
    }
}

/// Takes an open conversation.
pub(super) async fn find_unprocessed_open_conversation(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    take(
        "conversations",
        |record| Ok(has(record, "status", "open")),
        parameters,
        call,
    )
    .await
}

/// Takes an approval of a recommendation of products that has a status.
pub(super) async fn find_product_recommendation_by_status(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let status = parameters.required_text("status")?;
    let fits = |record: &Fields| {
        Ok(has(record, "resourceType", "product_recommendation") && has(record, "status", status))
    };
    take("approvals", fits, parameters, call).await
}

/// Keeps that a record has been dealt with.
pub(super) async fn record_processed(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let record = parameters.required_text("recordId")?;
    let workflow = workflow(parameters, call)?;
    let table = match parameters.text("tableName")? {
        Some(table) => table.to_owned(),
        None => claimed_table(&workflow, record, call).await?,
    };
    let id = key(&[&workflow, &table, record]);
    let mut done_with = parameters.fields(&[]);
    done_with.extend(fields(json!({
        "tableName": table,
        "recordId": record,
        "wfDefinitionId": workflow,
        "status": "completed",
        "processedAt": call.context.now.milliseconds(),
        "executionId": call.context.run.run,
    })));
    let write = match call.find(CLAIMS.plural, &id).await? {
        Some(claim) => CLAIMS.changed(&id, claim, done_with, call),
        None => CLAIMS.made(id, done_with, call),
    };
    let mut acted = done(write);
    if let Some(output) = acted.output.as_object_mut() {
        output.insert("success".to_owned(), true.into());
    }
    Ok(acted)
}

/// The table in which the workflow has claimed a record.
async fn claimed_table(workflow: &str, record: &str, call: &Call<'_>) -> Result<String, Error> {
    let window = Window {
        limit: 1,
        ..Window::beginning_with(key(&[workflow, ""]))
    };
    let page = call
        .select(CLAIMS.plural, &window, |claim| {
            Ok(has(claim, "recordId", record))
        })
        .await?;
    let claim = page.records.first();
    let table = claim.and_then(|claim| text(claim, "tableName"));
    table.map(str::to_owned).ok_or_else(|| {
        let message =
            format!("`{workflow}` has claimed no record `{record}`: name its `tableName`");
        Error::step(code::TOOL_ERROR, message)
    })
}

/// Claims one of the records that fit: one that was never taken, or else the one whose turn is longest ago.
async fn take(
    table: &str,
    fits: impl Fn(&Fields) -> Result<bool, Error>,
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let workflow = workflow(parameters, call)?;
    let rest = rest(parameters)?;
    let now = call.context.now.milliseconds();
    let claims = Window::beginning_with(key(&[&workflow, table, ""]));
    let claims = call.select(CLAIMS.plural, &claims, |_| Ok(true)).await?;
    let claims: BTreeMap<String, Fields> = claims
        .records
        .into_iter()
        .filter_map(|claim| Some((text(&claim, "recordId")?.to_owned(), claim)))
        .collect();
    let look = call.context.look;
    let spread = if look == 0 { 1 } else { SPREAD };
    let window = Window {
        limit: spread,
        ..Window::all()
    };
    let mut again = Vec::new();
    let never = |record: &Fields| {
        if !fits(record)? {
            return Ok(false);
        }
        let Some(claim) = text(record, "_id").and_then(|id| claims.get(id)) else {
            return Ok(true);
        };
        if is_due(claim, rest, now) {
            again.push((since(claim), record.clone()));
        }
        Ok(false)
    };
    let mut candidates = call.select(table, &window, never).await?.records;
    let is_new = !candidates.is_empty();
    if !is_new {
        again.sort_by_key(|(since, _)| *since);
        let waiting = again.into_iter().take(spread);
        candidates = waiting.map(|(_, record)| record).collect();
    }
    let choice = chosen(&call.context.idempotency_key(), look, candidates.len());
    let Some(record) = choice.and_then(|choice| candidates.into_iter().nth(choice)) else {
        return Ok(Value::Null.into());
    };
    let id = text(&record, "_id").unwrap_or_default();
    let claim = claim(table, &workflow, &record, call);
    let place = key(&[&workflow, table, id]);
    let found = if is_new {
        None
    } else {
        call.find(CLAIMS.plural, &place).await?
    };
    let write = match found.filter(|(claim, _)| is_due(claim, rest, now)) {
        Some(before) => CLAIMS.changed(&place, before, claim, call),
        // Where another run has claimed the record meanwhile, this is not written, and the step looks again.
        None => CLAIMS.made(place, claim, call),
    };
    let mut output = record.clone();
    output.insert("documents".to_owned(), json!([record]));
    output.insert("count".to_owned(), 1.into());
    Ok(Acted {
        output: output.into(),
        meta: None,
        writes: write.into(),
    })
}

/// The claim of a record.
fn claim(table: &str, workflow: &str, record: &Fields, call: &Call<'_>) -> Fields {
    fields(json!({
        "tableName": table,
        "recordId": record.get("_id"),
        "recordCreationTime": record.get("_creationTime"),
        "wfDefinitionId": workflow,
        "status": "in_progress",
        "claimedAt": call.context.now.milliseconds(),
        "processedAt": null,
        "executionId": call.context.run.run,
    }))
}

/// The workflow whose claims are meant; this one where none is named.
fn workflow(parameters: &Parameters<'_>, call: &Call<'_>) -> Result<String, Error> {
    let named = parameters.text("wfDefinitionId")?;
    Ok(named.unwrap_or(&call.context.run.workflow).to_owned())
}

/// How long a record rests before it is taken again, in milliseconds; nothing where it is never taken again.
fn rest(parameters: &Parameters<'_>) -> Result<Option<f64>, Error> {
    match parameters.get("backoffHours") {
        None => Ok(None),
        Some(hours) => {
            let hours = hours.as_f64().filter(|hours| *hours >= 0.0);
            let hours = hours.ok_or_else(|| {
                let message = "`backoffHours` must be a number that is not negative";
                Error::step(code::VALIDATION_ERROR, message)
            })?;
            Ok(Some(hours * HOUR))
        }
    }
}

/// Whether a record that was taken before is free again.
fn is_due(claim: &Fields, rest: Option<f64>, now: i64) -> bool {
    let rest = match rest {
        Some(rest) => rest,
        None if has(claim, "status", "completed") => return false,
        None => ABANDONED,
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are far below 2^53"
    )]
    let age = (now - since(claim)) as f64;
    age >= rest
}

/// When a record was last dealt with, or taken.
fn since(claim: &Fields) -> i64 {
    let time = |name: &str| claim.get(name).and_then(Value::as_i64);
    time("processedAt")
        .or_else(|| time("claimedAt"))
        .unwrap_or(0)
}

/// Which of the candidates: the first, and where another run was faster one by chance, which is the same in every
/// repetition.
fn chosen(key: &str, look: u32, count: usize) -> Option<usize> {
    if look == 0 {
        return (count > 0).then_some(0);
    }
    let digits: String = id::of(&[key, &look.to_string()]).chars().take(8).collect();
    let number = usize::from_str_radix(&digits, 16).unwrap_or(0);
    number.checked_rem(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_free_again_when_it_has_rested() {
        let hour = 3_600_000;
        let done = json!({ "status": "completed", "claimedAt": 0, "processedAt": hour });
        let taken = json!({ "status": "in_progress", "claimedAt": hour, "processedAt": null });
        let rows = [
            (&done, None, 1000 * hour, false),
            (&done, Some(2.0), 3 * hour - 1, false),
            (&done, Some(2.0), 3 * hour, true),
            (&done, Some(0.0), hour, true),
            (&taken, Some(2.0), 3 * hour, true),
            (&taken, None, 25 * hour - 1, false),
            (&taken, None, 25 * hour, true),
        ];
        for (claim, hours, now, expected) in rows {
            let rest = hours.map(|hours: f64| hours * HOUR);
            let is_due = is_due(&fields(claim.clone()), rest, now);
            assert_eq!(is_due, expected, "{claim} {hours:?} {now}");
        }
    }
}
