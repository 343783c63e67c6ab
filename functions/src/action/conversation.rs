//! What only conversations have: drafts.

use serde_json::Value;

use super::collection::{CONVERSATIONS, DRAFTS};
use super::parameters::Parameters;
use crate::Error;
use crate::work::{Acted, Context};

/// Keeps a message that a person can send later.
pub(super) async fn create_draft(
    parameters: &Parameters<'_>,
    context: &Context<'_>,
) -> Result<Acted, Error> {
    CONVERSATIONS
        .find(parameters.required_text(CONVERSATIONS.id)?, context)
        .await?;
    let mut fields = parameters.fields(&[]);
    fields.insert("status".to_owned(), Value::from("draft"));
    Ok(DRAFTS.created(DRAFTS.new_id(context), fields, context))
}
