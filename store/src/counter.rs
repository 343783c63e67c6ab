//! Counters: how often something happened in a stretch of time, counted by everybody at once.
//!
//! ```text
//! acme#count#webhook/send_invoice   2026-01-31T09:00   17 requests in this minute
//! ```

use aws_sdk_dynamodb::types::ReturnValue;

use crate::attribute::{count, number};
use crate::fetch::primary_key;
use crate::{Error, Store, key};

impl Store {
    /// Counts one more, and says how many there are now. DynamoDB may forget them from this second since 1970 on.
    pub async fn count(
        &self,
        org: &str,
        name: &str,
        stretch: &str,
        until: u64,
    ) -> Result<u64, Error> {
        let counted = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&key::counter(org, name), stretch)))
            .update_expression("ADD #count :one SET #ttl = :until")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":until", number(until))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(Error::call("UpdateItem"))?;
        count(&counted.attributes.unwrap_or_default(), "count")
    }
}
