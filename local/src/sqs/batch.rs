//! The operations that do the same to several messages: each entry succeeds or fails for itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

use super::queue::queue_name;
use super::requests::{Batch, Handle, NewMessage};
use super::{Sqs, State};

impl Sqs {
    pub(super) fn send_batch(&self, request: &Batch<NewMessage>) -> Result<Value, Refusal> {
        self.each(request, |state, entry| {
            self.send_in(state, queue_name(&request.queue_url), entry)
        })
    }

    pub(super) fn delete_batch(&self, request: &Batch<Handle>) -> Result<Value, Refusal> {
        self.each(request, |state, entry| {
            self.delete_in(state, &request.queue_url, &entry.receipt_handle)
        })
    }

    pub(super) fn change_visibility_batch(
        &self,
        request: &Batch<Handle>,
    ) -> Result<Value, Refusal> {
        self.each(request, |state, entry| {
            let handle = &entry.receipt_handle;
            self.change_visibility_in(state, &request.queue_url, handle, entry.visibility_timeout)
        })
    }

    fn each<Entry>(
        &self,
        request: &Batch<Entry>,
        perform: impl Fn(&mut State, &Entry) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        let mut state = self.state();
        if !state.queues.contains_key(queue_name(&request.queue_url)) {
            return Err(Refusal::no_queue());
        }
        let count = request.entries.len();
        if count == 0 {
            let message = "There should be at least one entry in the request.";
            return Err(Refusal::new("EmptyBatchRequest", message));
        }
        if count > 10 {
            let message =
                format!("Maximum number of entries per request are 10. You have sent {count}.");
            return Err(Refusal::new("TooManyEntriesInBatchRequest", message));
        }
        let mut seen = BTreeSet::new();
        for entry in &request.entries {
            if !seen.insert(&entry.id) {
                let message = format!("Id {} repeated.", entry.id);
                return Err(Refusal::new("BatchEntryIdsNotDistinct", message));
            }
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &request.entries {
            match perform(&mut state, &entry.entry) {
                Ok(answer) => {
                    let mut answer = answer.as_object().cloned().unwrap_or_else(Map::new);
                    answer.insert("Id".to_owned(), entry.id.clone().into());
                    successful.push(Value::Object(answer));
                }
                Err(refusal) => failed.push(json!({
                    "Id": entry.id,
                    "Code": refusal.code,
                    "Message": refusal.message,
                    "SenderFault": !refusal.status.is_server_error(),
                })),
            }
        }
        // The protocol wants both lists, even if one is empty.
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}
