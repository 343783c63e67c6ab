//! One transaction: everything that an invocation writes, or nothing of it.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use indexmap::IndexMap;
use pawl_contract::At;
use serde_json::{Value, json};

use crate::attribute::{Item, string};
use crate::business::{Business, Version};
use crate::fetch::primary_key;
use crate::key::{self, Key};
use crate::record::Record;
use crate::{Change, Close, Cursor, Error, Event, Latest, List, Run, Store};

/// So many items fit one transaction.
const MOST_ITEMS: usize = 100;

/// How often a transaction that met another one is tried again.
pub(crate) const MOST_TRIES: u32 = 12;

/// A visit that is not settled, and not claimed by another invocation than the one with this nonce.
pub(crate) const UNCLAIMED: &str =
    "attribute_not_exists(port) AND (attribute_not_exists(nonce) OR nonce = :nonce)";

/// What a record must be for a transaction to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Not settled, and not claimed by an invocation with another nonce.
    Unsettled {
        /// This invocation's own nonce, where it claims.
        nonce: Option<String>,
    },
    /// Without a result: the visit is evaluated again from its output.
    Unanswered,
    /// Waiting for its answer.
    Waiting,
    /// Whatever it is: another record of the transaction speaks for it.
    Anything,
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is written.
    Done,
    /// Nothing is written: the visit was settled or claimed by someone else, or by an answer that got lost.
    Settled,
    /// Nothing is written: the run is closed, or exists already.
    Closed,
    /// Nothing is written: a business record has changed since it was read.
    Stale,
}

/// Whose condition an operation carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    Visit,
    Run,
    Business,
}

#[derive(Debug, Clone)]
struct Operation {
    item: TransactWriteItem,
    guard: Guard,
}

/// The writes of one invocation, one per item: a later write to an item replaces an earlier one.
#[derive(Debug, Clone)]
pub struct Transaction {
    org: String,
    run: String,
    operations: IndexMap<Key, Operation>,
}

impl Transaction {
    /// An empty transaction in a run.
    pub fn new(org: &str, run: &str) -> Self {
        Self {
            org: org.to_owned(),
            run: run.to_owned(),
            operations: IndexMap::new(),
        }
    }

    /// Writes a record.
    pub async fn record(
        &mut self,
        store: &Store,
        record: &Record,
        expect: &Expect,
    ) -> Result<(), Error> {
        let item = store.record_item(&self.org, &self.run, record).await?;
        let mut put = Put::builder();
        match expect {
            Expect::Anything => {}
            Expect::Waiting => {
                put = put
                    .condition_expression("#status = :waiting")
                    .expression_attribute_names("#status", "status")
                    .expression_attribute_values(":waiting", string("waiting"));
            }
            Expect::Unanswered => put = put.condition_expression("attribute_not_exists(#result)"),
            Expect::Unsettled { nonce: None } => {
                put = put.condition_expression("attribute_not_exists(port)");
            }
            Expect::Unsettled { nonce: Some(nonce) } => {
                put = put
                    .condition_expression(UNCLAIMED)
                    .expression_attribute_values(":nonce", string(nonce));
            }
        }
        if *expect == Expect::Unanswered {
            put = put.expression_attribute_names("#result", "result");
        }
        self.put(store, key::record(&record.at), item, Guard::Visit, put)
    }

    /// Settles a failed visit: its `error` port is taken.
    pub fn settle(&mut self, store: &Store, at: &At) -> Result<(), Error> {
        let update = Update::builder()
            .update_expression("SET port = :error")
            .condition_expression("#status = :failed")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":error", string("error"))
            .expression_attribute_values(":failed", string("failed"));
        self.update_visit(store, at, update)
    }

    /// Updates the record of a visit.
    pub(crate) fn update_visit(
        &mut self,
        store: &Store,
        at: &At,
        update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
    ) -> Result<(), Error> {
        let key = self.key(key::record(at));
        let update = update
            .table_name(&store.table)
            .set_key(Some(primary_key(&key.pk, &key.sk)));
        self.update(key, Guard::Visit, update)
    }

    /// Writes a step's latest value.
    pub async fn latest(
        &mut self,
        store: &Store,
        scope: &str,
        step: &str,
        latest: &Latest,
    ) -> Result<(), Error> {
        let item = store.latest_item(&self.org, latest).await?;
        self.put(
            store,
            key::latest(scope, step),
            item,
            Guard::Visit,
            Put::builder(),
        )
    }

    /// Writes a variable.
    pub async fn variable(
        &mut self,
        store: &Store,
        scope: &str,
        name: &str,
        value: &Value,
    ) -> Result<(), Error> {
        let item = Item::from([("value".to_owned(), store.keep(&self.org, value).await?)]);
        self.put(
            store,
            key::variable(scope, name),
            item,
            Guard::Visit,
            Put::builder(),
        )
    }

    /// Writes a secure variable, which is encrypted already.
    pub fn secret(
        &mut self,
        store: &Store,
        scope: &str,
        name: &str,
        sealed: &str,
    ) -> Result<(), Error> {
        let item = Item::from([("sealed".to_owned(), string(sealed))]);
        let key = key::secret(scope, name);
        self.put(store, key, item, Guard::Visit, Put::builder())
    }

    /// Writes a loop's cursor.
    pub async fn cursor(
        &mut self,
        store: &Store,
        scope: &str,
        step: &str,
        cursor: &Cursor,
    ) -> Result<(), Error> {
        let item = store.cursor_item(&self.org, cursor).await?;
        self.put(
            store,
            key::cursor(scope, step),
            item,
            Guard::Visit,
            Put::builder(),
        )
    }

    /// Writes a loop's list.
    pub fn list(
        &mut self,
        store: &Store,
        scope: &str,
        step: &str,
        list: &List,
    ) -> Result<(), Error> {
        let item = Item::from([("list".to_owned(), string(json!(list).to_string()))]);
        self.put(
            store,
            key::list(scope, step),
            item,
            Guard::Visit,
            Put::builder(),
        )
    }

    /// Says which visit's output is the run's.
    pub fn output(&mut self, store: &Store, at: &At) -> Result<(), Error> {
        let item = Item::from([("at".to_owned(), string(at.as_str()))]);
        self.put(
            store,
            key::OUTPUT.to_owned(),
            item,
            Guard::Visit,
            Put::builder(),
        )
    }

    /// Begins a run.
    pub async fn begin(&mut self, store: &Store, run: &Run) -> Result<(), Error> {
        let item = store.run_item(run).await?;
        let put = Put::builder().condition_expression("attribute_not_exists(pk)");
        self.put(store, key::RUN.to_owned(), item, Guard::Run, put)?;
        self.list_open(store, run, &run.started_at)
    }

    /// Writes nothing of the run, but only where it is open.
    pub fn only_if_open(&mut self, store: &Store) -> Result<(), Error> {
        self.only_if(store, "#status IN (:pending, :running, :waiting)")
    }

    /// Writes nothing of the run, but only where it is closed.
    pub fn only_if_closed(&mut self, store: &Store) -> Result<(), Error> {
        self.only_if(store, "NOT #status IN (:pending, :running, :waiting)")
    }

    fn only_if(&mut self, store: &Store, condition: &str) -> Result<(), Error> {
        let key = self.key(key::RUN.to_owned());
        let check = ConditionCheck::builder()
            .table_name(&store.table)
            .set_key(Some(primary_key(&key.pk, &key.sk)))
            .condition_expression(condition)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", string("pending"))
            .expression_attribute_values(":running", string("running"))
            .expression_attribute_values(":waiting", string("waiting"))
            .build();
        let item = TransactWriteItem::builder()
            .condition_check(check.map_err(Error::call("TransactWriteItems"))?)
            .build();
        let guard = Guard::Run;
        self.operations.insert(key, Operation { item, guard });
        Ok(())
    }

    /// Closes the run, if it is open.
    pub fn close(&mut self, store: &Store, close: &Close) -> Result<(), Error> {
        let mut condition = "#status IN (:pending, :running, :waiting)".to_owned();
        let mut update = Update::builder()
            .expression_attribute_values(":pending", string("pending"))
            .expression_attribute_values(":running", string("running"))
            .expression_attribute_values(":waiting", string("waiting"));
        if let Some(execution) = &close.execution {
            condition.push_str(" AND execution = :execution");
            update = update.expression_attribute_values(":execution", string(execution));
        }
        let mut set = Vec::new();
        for (name, value) in close.attributes() {
            set.push(format!("#{name} = :new_{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":new_{name}"), value);
        }
        let update = update
            .condition_expression(condition)
            .update_expression(format!("SET {}", set.join(", ")));
        self.update_run(store, update)?;
        self.unlist_open(store)
    }

    /// Updates the run itself.
    pub(crate) fn update_run(
        &mut self,
        store: &Store,
        update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
    ) -> Result<(), Error> {
        let key = self.key(key::RUN.to_owned());
        let update = update
            .table_name(&store.table)
            .set_key(Some(primary_key(&key.pk, &key.sk)));
        self.update(key, Guard::Run, update)
    }

    /// Writes a business record, if it is still what it was when it was read.
    pub async fn business(&mut self, store: &Store, write: &Business) -> Result<(), Error> {
        let key = Key {
            pk: key::collection(&self.org, &write.collection),
            sk: write.id.clone(),
        };
        let item = store.business_item(&self.org, write).await?;
        let put = match write.replaces {
            Version::Absent => Put::builder().condition_expression("attribute_not_exists(pk)"),
            Version::Number(version) => Put::builder()
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", crate::attribute::number(version)),
        };
        self.insert(store, key, item, Guard::Business, put)
    }

    /// Writes the events of what else is written, under a name that no other transaction has. The key of their item.
    pub async fn events(
        &mut self,
        store: &Store,
        nonce: &str,
        events: &[Event],
    ) -> Result<Key, Error> {
        let item = store.outbox_item(&self.org, events).await?;
        let key = self.key(key::outbox(nonce));
        self.insert(store, key.clone(), item, Guard::Visit, Put::builder())?;
        Ok(key)
    }

    /// Changes a document.
    pub async fn change(&mut self, store: &Store, change: Change) -> Result<(), Error> {
        let key = change.key(&self.org);
        let item = store.operation(&self.org, change).await?;
        let guard = Guard::Run;
        self.operations.insert(key, Operation { item, guard });
        Ok(())
    }

    /// Writes everything, or nothing.
    pub async fn commit(&self, store: &Store) -> Result<Committed, Error> {
        if self.operations.len() > MOST_ITEMS {
            return Err(Error::TooManyItems {
                items: self.operations.len(),
                limit: MOST_ITEMS,
            });
        }
        if self.operations.is_empty() {
            return Ok(Committed::Done);
        }
        for tries in 0..MOST_TRIES {
            let operations = self.operations.values();
            let items = operations.map(|operation| operation.item.clone());
            let request = store
                .dynamodb
                .transact_write_items()
                .set_transact_items(Some(items.collect()));
            let Err(failed) = request.send().await else {
                return Ok(Committed::Done);
            };
            match self.refused(&failed) {
                Some(committed) => return Ok(committed),
                None if is_passing(&failed) => store.back_off(tries).await,
                None => return Err(Error::call("TransactWriteItems")(failed)),
            }
        }
        Err(Error::Busy("TransactWriteItems"))
    }

    /// Whose condition did not hold. A visit's speaks first: where it is settled, the others are no news.
    fn refused<R>(&self, failed: &SdkError<TransactWriteItemsError, R>) -> Option<Committed> {
        let reasons = reasons(failed);
        let refused = |guard: Guard| {
            reasons
                .iter()
                .zip(self.operations.values())
                .any(|(reason, operation)| {
                    operation.guard == guard && reason == "ConditionalCheckFailed"
                })
        };
        let ends = [
            (Guard::Visit, Committed::Settled),
            (Guard::Run, Committed::Closed),
            (Guard::Business, Committed::Stale),
        ];
        ends.into_iter()
            .find(|(guard, _)| refused(*guard))
            .map(|(_, committed)| committed)
    }

    /// Puts an item anywhere; its condition speaks for the visit.
    pub(crate) fn put_at(
        &mut self,
        store: &Store,
        key: Key,
        item: Item,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), Error> {
        self.insert(store, key, item, Guard::Visit, put)
    }

    fn key(&self, sk: String) -> Key {
        Key {
            pk: key::partition(&self.org, &self.run),
            sk,
        }
    }

    pub(crate) fn put(
        &mut self,
        store: &Store,
        sk: String,
        item: Item,
        guard: Guard,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), Error> {
        let key = self.key(sk);
        self.insert(store, key, item, guard, put)
    }

    /// The organisation.
    pub(crate) fn org(&self) -> &str {
        &self.org
    }

    /// Writes an item of another partition, whatever is there.
    pub(crate) fn unguarded(
        &mut self,
        store: &Store,
        key: Key,
        item: Item,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), Error> {
        self.insert(store, key, item, Guard::Visit, put)
    }

    fn insert(
        &mut self,
        store: &Store,
        key: Key,
        mut item: Item,
        guard: Guard,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<(), Error> {
        item.extend(primary_key(&key.pk, &key.sk));
        let put = put.table_name(&store.table).set_item(Some(item)).build();
        let item = TransactWriteItem::builder()
            .put(put.map_err(Error::call("TransactWriteItems"))?)
            .build();
        self.operations.insert(key, Operation { item, guard });
        Ok(())
    }

    /// Deletes an item of the run, if it is there.
    pub(crate) fn delete(&mut self, store: &Store, sk: String) -> Result<(), Error> {
        let key = self.key(sk);
        let delete = Delete::builder()
            .table_name(&store.table)
            .set_key(Some(primary_key(&key.pk, &key.sk)))
            .build();
        let item = TransactWriteItem::builder()
            .delete(delete.map_err(Error::call("TransactWriteItems"))?)
            .build();
        let guard = Guard::Visit;
        self.operations.insert(key, Operation { item, guard });
        Ok(())
    }

    fn update(
        &mut self,
        key: Key,
        guard: Guard,
        update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
    ) -> Result<(), Error> {
        let update = update.build().map_err(Error::call("TransactWriteItems"))?;
        let item = TransactWriteItem::builder().update(update).build();
        self.operations.insert(key, Operation { item, guard });
        Ok(())
    }
}

/// The code of each operation's reason, in the order of the operations.
pub(crate) fn reasons<R>(failed: &SdkError<TransactWriteItemsError, R>) -> Vec<String> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        failed.as_service_error()
    else {
        return Vec::new();
    };
    let reasons = cancelled
        .cancellation_reasons
        .as_deref()
        .unwrap_or_default();
    reasons
        .iter()
        .map(|reason| reason.code.clone().unwrap_or_default())
        .collect()
}

/// Whether the same transaction may well succeed in a moment.
pub(crate) fn is_passing<R>(failed: &SdkError<TransactWriteItemsError, R>) -> bool {
    const PASSING: [&str; 3] = [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ];
    let in_progress = failed
        .as_service_error()
        .is_some_and(TransactWriteItemsError::is_transaction_in_progress_exception);
    in_progress
        || reasons(failed)
            .iter()
            .any(|reason| PASSING.contains(&reason.as_str()))
}
