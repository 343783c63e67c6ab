//! What only conversations have: drafts.

use serde_json::Value;

use super::call::Call;
use super::collection::{CONVERSATIONS, DRAFTS};
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
    Ok(DRAFTS.created(call.new_id(DRAFTS.noun), fields, call))
}
