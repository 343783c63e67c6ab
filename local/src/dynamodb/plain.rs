//! Plain requests, answered on dynoxide's own tables with statements that are prepared once.
//!
//! dynoxide prepares each statement anew and reads each item into values and back. What most requests need is less:
//! whole items by their keys, and transactions of puts of flat items under at most `attribute_not_exists`. These are
//! answered here as dynoxide would answer them, on a connection of our own to the same file. Whatever is not plain, or
//! would be refused, is none of our business: the answer is `None` then, nothing has happened, and dynoxide has its say.

mod request;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dynoxide::{Database, DynoxideError};
use rusqlite::{Connection, OptionalExtension, ToSql, TransactionBehavior, params};

pub(super) use request::Write;
use request::{BatchGet, Get, Item, Put};
use table::{Table, Tables};

/// The layout of dynoxide's tables that is known here.
const LAYOUT: &str = "11";

/// For how long a statement waits for dynoxide's own.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many statements stay prepared.
const STATEMENTS: usize = 128;

/// How many conditions are remembered; no program of anybody has more of them.
const MOST_CONDITIONS: usize = 1_000;

/// From so many bytes on an answer is dynoxide's, which knows where DynamoDB cuts it off.
const LONGEST: usize = 4 * 1024 * 1024;

/// The connection, and what is known about the tables.
pub(super) struct Plain {
    connection: Mutex<Connection>,
    tables: Tables,
    /// The conditions that dynoxide has let pass before, so that there is nothing wrong with their texts.
    conditions: Mutex<HashSet<String>>,
}

impl Plain {
    /// Opens the tables of a file beside dynoxide; `None` where their layout is not the known one.
    pub(super) fn open(path: &Path) -> rusqlite::Result<Option<Self>> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        // As dynoxide has it: the disk is asked only where the file would not stay whole otherwise.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "cache_size", -16_000)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        let layout: Option<String> = connection
            .query_row(
                "SELECT value FROM _config WHERE key = 'schema_version'",
                [],
                |row| row.get(0),
            )
            .optional()?;
        Ok((layout.as_deref() == Some(LAYOUT)).then(|| Self {
            connection: Mutex::new(connection),
            tables: Tables::default(),
            conditions: Mutex::default(),
        }))
    }

    /// Has dynoxide write, alone; `is_about_tables` where the tables themselves may not be the same afterwards.
    pub(super) fn beside<Answer>(
        &self,
        is_about_tables: bool,
        write: impl FnOnce() -> Answer,
    ) -> Answer {
        let _alone = lock(&self.connection);
        let answer = write();
        if is_about_tables {
            self.tables.forget();
        }
        answer
    }

    /// The answer to a read of whole items by their keys.
    pub(super) fn read(
        &self,
        database: &Database,
        operation: &str,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        match operation {
            "GetItem" => self.get(database, &serde_json::from_slice(body).ok()?),
            "BatchGetItem" => self.batch_get(database, &serde_json::from_slice(body).ok()?),
            _ => None,
        }
    }

    fn get(&self, database: &Database, get: &Get) -> Option<Vec<u8>> {
        let table = self.tables.find(database, &get.table_name)?;
        let (pk, sk) = table.place(&get.key)?;
        let connection = lock(&self.connection);
        Some(match select(&connection, &table, &pk, &sk).ok()? {
            None => b"{}".to_vec(),
            Some(item) => [b"{\"Item\":", answerable(&item)?.as_bytes(), b"}"].concat(),
        })
    }

    fn batch_get(&self, database: &Database, batch: &BatchGet) -> Option<Vec<u8>> {
        let (name, keys) = batch.of_one_table()?;
        let table = self.tables.find(database, name)?;
        let keys: Vec<_> = keys
            .iter()
            .map(|key| table.place(key))
            .collect::<Option<_>>()?;
        if keys.iter().collect::<BTreeSet<_>>().len() != keys.len() {
            return None;
        }
        let name = serde_json::to_string(name).ok()?;
        let mut answer = format!("{{\"Responses\":{{{name}:[").into_bytes();
        let mut connection = lock(&self.connection);
        // All of them as they are at one moment.
        let snapshot = connection.transaction().ok()?;
        let mut is_first = true;
        for (pk, sk) in &keys {
            let Some(item) = select(&snapshot, &table, pk, sk).ok()? else {
                continue;
            };
            if !std::mem::take(&mut is_first) {
                answer.push(b',');
            }
            answer.extend_from_slice(answerable(&item)?.as_bytes());
            if answer.len() > LONGEST {
                return None;
            }
        }
        answer.extend_from_slice(b"]},\"UnprocessedKeys\":{}}");
        Some(answer)
    }

    /// Writes a transaction. `None` where nothing was written.
    pub(super) fn write(&self, database: &Database, write: &Write) -> Option<()> {
        let age = self.tables.age();
        let mut rows = Vec::new();
        for put in write.puts()? {
            rows.push(self.row(database, put)?);
        }
        let places: BTreeSet<_> = rows.iter().map(Row::place).collect();
        let size: usize = rows.iter().map(|row| row.size).sum();
        if places.len() != rows.len() || size > LONGEST {
            return None;
        }
        let mut connection = lock(&self.connection);
        if self.tables.age() != age {
            return None;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.ok()?;
        for row in &rows {
            row.insert(&transaction)?;
        }
        transaction.commit().ok()
    }

    /// What a put writes, if it is nothing but that.
    fn row<'put>(&self, database: &Database, put: &'put Put) -> Option<Row<'put>> {
        let table = self.tables.find(database, &put.table_name)?;
        let (pk, sk) = table.place_of(&put.item)?;
        let condition = put.condition()?;
        let is_known = condition.absent.is_none() || self.is_known(&condition.text);
        if !is_known {
            return None;
        }
        Some(Row {
            size: request::size(&put.item)?,
            text: serde_json::to_string(&put.item).ok()?,
            item: &put.item,
            table,
            pk,
            sk,
            absent: condition.absent,
        })
    }

    /// Remembers the conditions of a transaction that dynoxide has let pass, whether they held or not.
    pub(super) fn learn(&self, write: &Write) {
        let mut known = lock(&self.conditions);
        for put in write.puts().into_iter().flatten() {
            if let Some(condition) = put.condition()
                && known.len() < MOST_CONDITIONS
            {
                known.insert(condition.text);
            }
        }
    }

    fn is_known(&self, condition: &str) -> bool {
        lock(&self.conditions).contains(condition)
    }
}

/// Whether an answer of dynoxide's shows that there was nothing wrong with the request itself.
pub(super) fn is_sound(error: Option<&DynoxideError>) -> bool {
    match error {
        None => true,
        Some(DynoxideError::TransactionCanceledException(_, reasons)) => reasons
            .iter()
            .all(|reason| ["None", "ConditionalCheckFailed"].contains(&reason.code.as_str())),
        Some(_) => false,
    }
}

/// An item to write.
struct Row<'put> {
    table: Arc<Table>,
    pk: String,
    sk: String,
    item: &'put Item,
    text: String,
    size: usize,
    /// The attribute that the item before must not have.
    absent: Option<&'put str>,
}

impl Row<'_> {
    fn place(&self) -> (&str, &str, &str) {
        (&self.table.name, &self.pk, &self.sk)
    }

    /// Writes the item, and what it leaves in the indexes, over one that lets it and stands in none.
    fn insert(&self, connection: &Connection) -> Option<()> {
        let Self {
            table,
            pk,
            sk,
            text,
            ..
        } = self;
        let indexed = table.indexed.iter().map(String::as_str);
        if let Some(before) = select(connection, table, pk, sk).ok()?
            && !request::lacks(&before, indexed.chain(self.absent))
        {
            return None;
        }
        let execute = |sql: &str, row: &[&dyn ToSql]| {
            let mut insert = connection.prepare_cached(sql).ok()?;
            insert.execute(row).ok()
        };
        let (size, hash) = (i64::try_from(self.size).ok()?, table::hash_prefix(pk));
        execute(&table.insert, params![pk, sk, text, size, hash])?;
        for entry in table.entries(self.item)? {
            execute(entry.insert, params![entry.pk, entry.sk, pk, sk, text])?;
        }
        Some(())
    }
}

/// An item's text, as dynoxide keeps it.
fn select(
    connection: &Connection,
    table: &Table,
    pk: &str,
    sk: &str,
) -> rusqlite::Result<Option<String>> {
    let mut select = connection.prepare_cached(&table.select)?;
    select.query_row([pk, sk], |row| row.get(0)).optional()
}

/// An item's text, if it can be answered as it is: the members of a set have an order that may not be the kept one.
fn answerable(item: &str) -> Option<&str> {
    let sets = ["\"SS\":", "\"NS\":", "\"BS\":"];
    (!sets.iter().any(|set| item.contains(set))).then_some(item)
}

fn lock<Kept>(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
