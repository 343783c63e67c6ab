//! What follows a run: written in the transaction that closes it, and started after it.
//!
//! The item stands in the run's partition. Until its workflow was started it is listed in the index, so that it is
//! found where whoever closed the run died; afterwards it says what came of it.

use aws_sdk_dynamodb::types::Put;
use serde::Serialize;
use serde_json::json;

use crate::attribute::{Item, json, required, string, text};
use crate::fetch::primary_key;
use crate::run::RunError;
use crate::schema::LISTS;
use crate::transaction::Guard;
use crate::{Error, Store, Transaction, key};

/// The list of the index in which what was not started yet stands.
const FOLLOW_UPS: &str = "follow-ups";

/// The ends of a run that something may follow.
const ENDS: [&str; 2] = ["onComplete", "onError"];

/// A workflow that follows a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// The organisation of both.
    #[serde(skip)]
    pub org: String,
    /// The run that has ended.
    #[serde(skip)]
    pub after: String,
    /// Which end it follows: `onComplete` or `onError`.
    pub on: String,
    /// The workflow, by the name that its author gave.
    pub workflow: String,
    /// The run that was started, once it was.
    pub run: Option<String>,
    /// Why none could be started.
    pub error: Option<RunError>,
}

impl FollowUp {
    /// Whether it has been dealt with.
    pub fn is_settled(&self) -> bool {
        self.run.is_some() || self.error.is_some()
    }

    fn item(&self) -> Item {
        let mut item = Item::from([
            ("org".to_owned(), string(&self.org)),
            ("after".to_owned(), string(&self.after)),
            ("on".to_owned(), string(&self.on)),
            ("workflow".to_owned(), string(&self.workflow)),
        ]);
        let started = self.run.as_ref();
        item.extend(started.map(|run| ("started".to_owned(), string(run))));
        let error = self.error.as_ref();
        item.extend(error.map(|error| ("error".to_owned(), string(json!(error).to_string()))));
        item
    }

    fn of(item: &Item) -> Result<Self, Error> {
        Ok(Self {
            org: required(item, "org")?.to_owned(),
            after: required(item, "after")?.to_owned(),
            on: required(item, "on")?.to_owned(),
            workflow: required(item, "workflow")?.to_owned(),
            run: text(item, "started").map(str::to_owned),
            error: json(item, "error")?,
        })
    }
}

impl Transaction {
    /// Notes what follows the run that is closed at this time, as ISO 8601.
    pub fn follow_up(
        &mut self,
        store: &Store,
        follow_up: &FollowUp,
        time: &str,
    ) -> Result<(), Error> {
        let mut item = follow_up.item();
        item.insert("gpk".to_owned(), string(FOLLOW_UPS));
        item.insert(
            "gsk".to_owned(),
            string(format!("{time}#{}", follow_up.after)),
        );
        let sk = key::follow_up(&follow_up.on);
        self.put(store, sk, item, Guard::Visit, Put::builder())
    }
}

impl Store {
    /// What follows a run, as far as it has ended.
    pub async fn follow_ups(&self, org: &str, run: &str) -> Result<Vec<FollowUp>, Error> {
        let keys = ENDS.map(key::follow_up);
        let items = self.fetch(&key::partition(org, run), keys.clone()).await?;
        let found = keys.iter().filter_map(|key| items.get(key));
        found.map(FollowUp::of).collect()
    }

    /// What follows runs that were closed before this time, as ISO 8601, and was not started.
    pub async fn unstarted(&self, before: &str) -> Result<Vec<FollowUp>, Error> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(LISTS)
            .key_condition_expression("gpk = :list AND gsk < :before")
            .expression_attribute_values(":list", string(FOLLOW_UPS))
            .expression_attribute_values(":before", string(before));
        let answer = query.send().await.map_err(Error::call("Query"))?;
        let items = answer.items.unwrap_or_default();
        items.iter().map(FollowUp::of).collect()
    }

    /// Says what came of it; it is listed no more.
    pub async fn followed(&self, follow_up: &FollowUp) -> Result<(), Error> {
        let pk = key::partition(&follow_up.org, &follow_up.after);
        let mut item = primary_key(&pk, &key::follow_up(&follow_up.on));
        item.extend(follow_up.item());
        let put = self.dynamodb.put_item().table_name(&self.table);
        let put = put.set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(Error::call("PutItem"))
    }
}
