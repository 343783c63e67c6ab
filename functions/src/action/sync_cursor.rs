//! Where a synchronisation of mails has come to, for each account and mailbox.

use pawl_contract::code;
use serde_json::{Value, json};

use super::call::Call;
use super::collection::{SYNC_CURSORS, done};
use super::fields::key;
use super::parameters::Parameters;
use crate::Error;
use crate::work::Acted;

/// The fields that tell one synchronisation from another.
const WHICH: [&str; 3] = ["providerId", "accountEmail", "mailbox"];

/// Reads the place, or keeps it.
pub(super) async fn operate(
    operation: &str,
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let mut words = Vec::new();
    for name in WHICH {
        words.push(parameters.text(name)?.unwrap_or_default());
    }
    if words.iter().all(|word| word.is_empty()) {
        let message = "say which mails are meant: `providerId`, `accountEmail` or `mailbox`";
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let id = key(&words);
    let found = call.find(SYNC_CURSORS.plural, &id).await?;
    if operation == "get_email_sync_cursor" {
        let record = found.map(|(record, _)| record);
        let cursor = record.as_ref().and_then(|record| record.get("cursor"));
        let found = record.is_some();
        return Ok(json!({ "found": found, "cursor": cursor, "record": record }).into());
    }
    let mut fields = parameters.fields(&[]);
    fields.entry("cursor").or_insert(Value::Null);
    Ok(done(match found {
        Some(found) => SYNC_CURSORS.changed(&id, found, fields, call),
        None => SYNC_CURSORS.made(id, fields, call),
    }))
}
