//! Approvals as records: asked for, decided, listed. They do not make a run wait.

use pawl_contract::code;
use serde_json::{Value, json};

use super::call::Call;
use super::collection::{APPROVALS, done, has_all};
use super::fields::{Fields, fields};
use super::page;
use super::parameters::Parameters;
use crate::Error;
use crate::work::Acted;

/// Asks for a decision.
pub(super) fn create(parameters: &Parameters<'_>, call: &Call<'_>) -> Acted {
    let mut asked = parameters.fields(&[]);
    asked
        .entry("executionId")
        .or_insert_with(|| call.context.run.run.clone().into());
    asked.insert("status".to_owned(), "pending".into());
    asked.insert("history".to_owned(), json!([]));
    answer(APPROVALS.made(call.new_id(APPROVALS.noun), asked, call))
}

/// Keeps a decision, and those before it in the approval's history.
pub(super) async fn update_status(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let id = parameters.required_text(APPROVALS.id)?;
    let status = parameters.required_text("status")?;
    if !["pending", "approved", "rejected"].contains(&status) {
        let message = format!("`status` is `pending`, `approved` or `rejected`, not `{status}`");
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let found = APPROVALS.find(id, call).await?;
    let mut decision = parameters.fields(&[APPROVALS.id]);
    let history = found.0.get("history").and_then(Value::as_array);
    let mut history = history.cloned().unwrap_or_default();
    let mut entry = decision.clone();
    let now = call.context.now.milliseconds();
    entry.insert("at".to_owned(), now.into());
    history.push(entry.into());
    decision.insert("history".to_owned(), history.into());
    decision.insert("decidedAt".to_owned(), now.into());
    Ok(answer(APPROVALS.changed(id, found, decision, call)))
}

/// The approvals that have these values, oldest first.
pub(super) async fn list(wanted: Value, call: &Call<'_>) -> Result<Acted, Error> {
    let mut wanted = fields(wanted);
    wanted.retain(|_, value| !value.is_null());
    let mut page = call
        .all(APPROVALS.plural, |approval| Ok(has_all(approval, &wanted)))
        .await?;
    let time = |approval: &Fields| {
        let time = approval.get("_creationTime").and_then(Value::as_i64);
        time.unwrap_or(0)
    };
    // The sort keeps the order of `_id` among those of one moment.
    page.records.sort_by_key(time);
    Ok(page::answer(APPROVALS.plural, page).into())
}

/// The run that is asked about; this one where none is named.
pub(super) fn execution(parameters: &Parameters<'_>, call: &Call<'_>) -> Result<Value, Error> {
    let named = parameters.text("executionId")?;
    Ok(named.unwrap_or(&call.context.run.run).into())
}

/// An approval that is written, with its id under the name by which later steps look for it.
fn answer(write: pawl_store::Business) -> Acted {
    let id = write.id.clone();
    let mut acted = done(write);
    if let Some(output) = acted.output.as_object_mut() {
        output.insert("approvalId".to_owned(), id.into());
        output.insert("success".to_owned(), true.into());
    }
    acted
}
