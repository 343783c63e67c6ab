//! The tokens of transactions: whoever sends one again within ten minutes is answered, and nothing is written again.
//!
//! dynoxide knows tokens too, but looks through all of them at each transaction and lets no other one begin meanwhile,
//! and every SDK sends one with every transaction. So they are taken out of the requests here. Like dynoxide's, they
//! are forgotten with the process: whoever needs more than that puts a condition on what it writes.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::transact_get_items::{
    TransactGet, TransactGetItem, TransactGetItemsRequest,
};
use dynoxide::actions::transact_write_items::{
    TransactWriteItem, TransactWriteItemsRequest, TransactWriteItemsResponse,
};
use dynoxide::types::Item;
use dynoxide::{Database, DynoxideError};
use serde_json::Value;

/// For how long a token stands for its transaction.
const VALID: Duration = Duration::from_mins(10);

/// The longest token that DynamoDB takes.
const LONGEST: usize = 36;

/// The tokens that were seen.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    transactions: HashMap<String, Arc<Transaction>>,
    /// The tokens of the transactions that were written, in that order.
    written: VecDeque<(Instant, String)>,
}

/// What a token stands for, once it is written: a digest of the items. Locked while it is being written.
type Transaction = Mutex<Option<u64>>;

impl Tokens {
    /// Writes a transaction, unless its token says that this was done already: then it is answered `again`.
    ///
    /// `digest` is a number for what the transaction writes.
    pub(super) fn write<Request, Answer>(
        &self,
        token: Option<String>,
        request: Request,
        digest: impl FnOnce(&Request) -> u64,
        write: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
        again: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
    ) -> Result<Answer, DynoxideError> {
        let Some(token) = token else {
            return write(request);
        };
        let digest = digest(&request);
        let transaction = self.transaction(&token);
        let mut written = lock(&transaction);
        match *written {
            Some(known) if known == digest => return again(request),
            Some(_) => {
                return Err(DynoxideError::IdempotentParameterMismatchException(
                    "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.".to_owned(),
                ));
            }
            None => {}
        }
        let answer = write(request);
        let mut seen = lock(&self.0);
        if answer.is_ok() {
            *written = Some(digest);
            seen.written.push_back((Instant::now(), token));
        } else if Arc::strong_count(&transaction) == 2 {
            // It is in the list and here: nobody else waits to try the same.
            seen.transactions.remove(&token);
        }
        answer
    }

    /// The transaction of a token.
    fn transaction(&self, token: &str) -> Arc<Transaction> {
        let mut seen = lock(&self.0);
        seen.forget_before(Instant::now().checked_sub(VALID));
        Arc::clone(seen.transactions.entry(token.to_owned()).or_default())
    }
}

impl Seen {
    /// Forgets the transactions that were written before a moment.
    fn forget_before(&mut self, moment: Option<Instant>) {
        while let Some((_, token)) = self
            .written
            .pop_front_if(|(written, _)| Some(*written) < moment)
        {
            self.transactions.remove(&token);
        }
    }
}

/// Takes a token out of a request; one that DynamoDB does not take stays.
pub(super) fn take(token: &mut Option<String>) -> Option<String> {
    token.take_if(|token| (1..=LONGEST).contains(&token.len()))
}

/// The answer to a transaction that was written before: what it takes to read its items, if that is asked for.
pub(super) fn again(
    database: &Database,
    request: &TransactWriteItemsRequest,
) -> Result<TransactWriteItemsResponse, DynoxideError> {
    let mut answer = TransactWriteItemsResponse::default();
    if request.return_consumed_capacity.is_some() {
        let reads = request.transact_items.iter().map(|item| {
            let get = read(database, item)?;
            Ok(TransactGetItem { get })
        });
        let read = database.transact_get_items(TransactGetItemsRequest {
            transact_items: reads.collect::<Result<_, DynoxideError>>()?,
            return_consumed_capacity: request.return_consumed_capacity.clone(),
        })?;
        answer.consumed_capacity = read.consumed_capacity;
    }
    Ok(answer)
}

/// What reads the item that an action was about.
fn read(database: &Database, action: &TransactWriteItem) -> Result<TransactGet, DynoxideError> {
    let (table_name, key) = match action {
        TransactWriteItem { put: Some(put), .. } => {
            let table_name = put.table_name.clone();
            let described = database.describe_table(DescribeTableRequest { table_name })?;
            let schema = described.table.key_schema.into_iter();
            let key = schema.filter_map(|part| put.item.get_key_value(&part.attribute_name));
            let key: Item = key
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (&put.table_name, key)
        }
        TransactWriteItem {
            update: Some(update),
            ..
        } => (&update.table_name, update.key.clone()),
        TransactWriteItem {
            delete: Some(delete),
            ..
        } => (&delete.table_name, delete.key.clone()),
        TransactWriteItem {
            condition_check: Some(check),
            ..
        } => (&check.table_name, check.key.clone()),
        TransactWriteItem { .. } => return Ok(TransactGet::default()),
    };
    Ok(TransactGet {
        table_name: table_name.clone(),
        key,
        ..TransactGet::default()
    })
}

/// A number for the items of a transaction: the same for the same items, whatever the order of their attributes.
pub(super) fn digest(items: &[TransactWriteItem]) -> u64 {
    let items = serde_json::to_value(items).expect("a request has only text keys");
    let mut hasher = DefaultHasher::new();
    hash(&items, &mut hasher);
    hasher.finish()
}

fn hash(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0_u8.hash(hasher),
        Value::Bool(is_true) => (1_u8, is_true).hash(hasher),
        Value::Number(number) => (2_u8, number.to_string()).hash(hasher),
        Value::String(text) => (3_u8, text).hash(hasher),
        Value::Array(values) => {
            (4_u8, values.len()).hash(hasher);
            for value in values {
                hash(value, hasher);
            }
        }
        Value::Object(fields) => {
            let fields_together = fields.iter().map(|(name, value)| {
                let mut hasher = DefaultHasher::new();
                name.hash(&mut hasher);
                hash(value, &mut hasher);
                hasher.finish()
            });
            // A sum does not show in which order they came.
            let sum = fields_together.fold(0_u64, u64::wrapping_add);
            (5_u8, fields.len(), sum).hash(hasher);
        }
    }
}

fn lock<Kept>(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
