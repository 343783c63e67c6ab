//! Who was told of a question, and who else may answer it: kept with the record of the visit that asks.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use pawl_contract::At;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::attribute::{Item, place, string};
use crate::fetch::primary_key;
use crate::wait::was_so;
use crate::{Error, Store, Transaction, key};

/// Somebody who may answer besides those whom the step names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// Who.
    pub to: String,
    /// Who said so; nobody where the step did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When, as ISO 8601.
    pub since: String,
}

impl Store {
    /// Claims a notice before it goes out. Whether it is this caller's: the visit waits, and nobody has claimed it.
    pub async fn claim_notice(
        &self,
        org: &str,
        run: &str,
        at: &At,
        notice: &str,
    ) -> Result<bool, Error> {
        let notices = AttributeValue::Ss(vec![notice.to_owned()]);
        let update = self
            .of_waiting(org, run, at, "AND NOT contains(notices, :notice)")
            .update_expression("ADD notices :notices")
            .expression_attribute_values(":notices", notices)
            .expression_attribute_values(":notice", string(notice));
        was_so(update.send().await)
    }

    /// Takes a claim back: the notice has certainly not gone out.
    pub async fn release_notice(
        &self,
        org: &str,
        run: &str,
        at: &At,
        notice: &str,
    ) -> Result<(), Error> {
        let notices = AttributeValue::Ss(vec![notice.to_owned()]);
        let update = self
            .of_waiting(org, run, at, "")
            .update_expression("DELETE notices :notices")
            .expression_attribute_values(":notices", notices);
        was_so(update.send().await).map(|_| ())
    }

    /// An update of a visit that holds only while it waits.
    fn of_waiting(&self, org: &str, run: &str, at: &At, and: &str) -> UpdateItemFluentBuilder {
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(
                &key::partition(org, run),
                &key::record(at),
            )))
            .condition_expression(format!("#status = :waiting {and}").trim_end())
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":waiting", string("waiting"))
    }
}

impl Transaction {
    /// Lets somebody else answer, too, if the visit still waits.
    pub fn delegate(&mut self, store: &Store, at: &At, delegate: &Delegate) -> Result<(), Error> {
        let one = AttributeValue::L(vec![string(json!(delegate).to_string())]);
        let update = Update::builder()
            .condition_expression("#status = :waiting")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":waiting", string("waiting"))
            .update_expression("SET delegates = list_append(if_not_exists(delegates, :none), :one)")
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":one", one);
        self.update_visit(store, at, update)
    }
}

/// Who else may answer, from the visit's item.
pub(crate) fn delegates(item: &Item) -> Result<Vec<Delegate>, Error> {
    let listed = item.get("delegates").and_then(|value| value.as_l().ok());
    let delegate = |value: &AttributeValue| {
        let text = value.as_s().map(String::as_str).unwrap_or_default();
        serde_json::from_str(text).map_err(|error| Error::unreadable(place(item), error))
    };
    listed.into_iter().flatten().map(delegate).collect()
}

/// The attribute that [`delegates`] reads.
pub(crate) fn attribute(delegates: &[Delegate]) -> Option<AttributeValue> {
    let texts = delegates.iter().map(|one| string(json!(one).to_string()));
    (!delegates.is_empty()).then(|| AttributeValue::L(texts.collect()))
}
