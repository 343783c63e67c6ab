//! What can be read from the journal: only what is kept is seen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::types::Value as Parameter;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::de::DeserializeOwned;

use super::Journal;
use super::write::{token, whole};
use crate::Error;

/// An execution as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) number: u64,
    pub(crate) arn: String,
    /// What never changes, as JSON.
    pub(crate) about: String,
    pub(crate) machine: String,
    pub(crate) version: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) map_run: Option<String>,
    pub(crate) standing: Standing,
}

/// Where an execution stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) status: &'static str,
    /// What became of it, as JSON.
    pub(crate) outcome: String,
    pub(crate) events: u64,
    pub(crate) redrives: u32,
    /// Whether it would go on by itself after a restart.
    pub(crate) is_busy: bool,
    /// When its next timer is due.
    pub(crate) wakes: Option<Timestamp>,
    /// Whether a task of it ever waited for a token.
    pub(crate) has_had_tokens: bool,
}

/// An execution as it was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) number: u64,
    pub(crate) about: String,
    pub(crate) status: String,
    pub(crate) outcome: String,
    pub(crate) events: u64,
    pub(crate) redrives: u32,
}

/// What an execution was told once.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) report: String,
    pub(crate) last: u64,
}

/// Which executions are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) machine: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) map_run: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) is_redriven: Option<bool>,
    /// Only those that were started before this one.
    pub(crate) before: Option<u64>,
}

/// An open execution: its number, whether it has to be brought back at once (as it is busy, or as the task that waits
/// for it may be gone), and when it wakes.
pub(crate) type Open = (u64, bool, Option<Timestamp>);

const FOUND: &str = "SELECT number, about, status, outcome, events, redrives FROM executions";

impl Journal {
    /// The execution of an ARN.
    pub(crate) fn execution(&self, arn: &str) -> Result<Option<Found>, Error> {
        self.reader()
            .prepare_cached(&format!("{FOUND} WHERE arn = ?1"))
            .and_then(|mut query| query.query_row([arn], found).optional())
            .map_err(Error::Journal)
    }

    /// The execution of a number.
    pub(crate) fn execution_of(&self, number: u64) -> Result<Option<Found>, Error> {
        self.reader()
            .prepare_cached(&format!("{FOUND} WHERE number = ?1"))
            .and_then(|mut query| query.query_row([whole(number)], found).optional())
            .map_err(Error::Journal)
    }

    /// Executions, the latest first.
    pub(crate) fn executions(&self, filter: &Filter, limit: usize) -> Result<Vec<Found>, Error> {
        let mut conditions = Vec::new();
        let mut parameters: Vec<Parameter> = Vec::new();
        let texts = [
            ("machine =", &filter.machine),
            ("version =", &filter.version),
            ("alias =", &filter.alias),
            ("map_run =", &filter.map_run),
            ("status =", &filter.status),
        ];
        for (condition, value) in texts {
            if let Some(value) = value {
                parameters.push(value.clone().into());
                conditions.push(format!("{condition} ?{}", parameters.len()));
            }
        }
        if let Some(is_redriven) = filter.is_redriven {
            conditions.push(format!(
                "redrives {} 0",
                if is_redriven { ">" } else { "=" }
            ));
        }
        if let Some(before) = filter.before {
            parameters.push(whole(before).into());
            conditions.push(format!("number < ?{}", parameters.len()));
        }
        let conditions = if conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", conditions.join(" AND "))
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = format!("{FOUND}{conditions} ORDER BY number DESC LIMIT {limit}");
        let reader = self.reader();
        let mut query = reader.prepare_cached(&query).map_err(Error::Journal)?;
        let rows = query.query_map(params_from_iter(parameters), found);
        rows.and_then(Iterator::collect).map_err(Error::Journal)
    }

    /// Every execution that has not ended.
    pub(crate) fn open_executions(&self) -> Result<Vec<Open>, Error> {
        let reader = self.reader();
        let mut query = reader
            .prepare_cached(
                // One whose text cannot be read must not keep the others from being found.
                "SELECT number, busy OR CASE WHEN json_valid(about) \
                 THEN json_extract(about, '$.parent') IS NOT NULL ELSE FALSE END, wakes \
                 FROM executions WHERE status = 'RUNNING' ORDER BY number",
            )
            .map_err(Error::Journal)?;
        let rows = query.query_map([], |row| {
            let wakes: Option<i64> = row.get(2)?;
            let wakes = wakes.and_then(|wakes| Timestamp::from_microsecond(wakes).ok());
            Ok((number(row.get(0)?), row.get(1)?, wakes))
        });
        rows.and_then(Iterator::collect).map_err(Error::Journal)
    }

    /// The highest number of an execution so far, and of a job.
    pub(crate) fn counts(&self) -> Result<(u64, u64), Error> {
        let highest = |table: &str| {
            let query = format!("SELECT COALESCE(MAX(number), 0) FROM {table}");
            self.reader()
                .query_row(&query, [], |row| row.get(0).map(number))
                .map_err(Error::Journal)
        };
        Ok((highest("executions")?, highest("jobs")?))
    }

    /// A definition that executions run.
    pub(crate) fn definition(&self, hash: &str) -> Result<Option<String>, Error> {
        self.reader()
            .prepare_cached("SELECT definition FROM definitions WHERE hash = ?1")
            .and_then(|mut query| query.query_row([hash], |row| row.get(0)).optional())
            .map_err(Error::Journal)
    }

    /// Everything that an execution was told, in order.
    pub(crate) fn entries(&self, execution: u64) -> Result<Vec<Entry>, Error> {
        let reader = self.reader();
        let mut query = reader
            .prepare_cached("SELECT report, last FROM history WHERE execution = ?1 ORDER BY number")
            .map_err(Error::Journal)?;
        let rows = query.query_map([whole(execution)], |row| {
            Ok(Entry {
                report: row.get(0)?,
                last: number(row.get(1)?),
            })
        });
        rows.and_then(Iterator::collect).map_err(Error::Journal)
    }

    /// Events of an execution from one number to another, as lines of JSON.
    pub(crate) fn events(
        &self,
        execution: u64,
        first: u64,
        last: u64,
    ) -> Result<Vec<String>, Error> {
        let reader = self.reader();
        let mut query = reader
            .prepare_cached(
                "SELECT last, events FROM history WHERE execution = ?1 AND last >= ?2 AND events <> '' ORDER BY number",
            )
            .map_err(Error::Journal)?;
        let mut rows = query
            .query(params![whole(execution), whole(first)])
            .map_err(Error::Journal)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(Error::Journal)? {
            let end = number(row.get(0).map_err(Error::Journal)?);
            let events = row
                .get_ref(1)
                .and_then(|value| Ok(value.as_str()?))
                .map_err(Error::Journal)?;
            let count = u64::try_from(events.lines().count()).unwrap_or(u64::MAX);
            let start = (end + 1).saturating_sub(count);
            if start > last {
                break;
            }
            let wanted = (start..)
                .zip(events.lines())
                .filter(|(id, _)| (first..=last).contains(id));
            found.extend(wanted.map(|(_, event)| event.to_owned()));
        }
        Ok(found)
    }

    /// The number of the execution whose task waits for a token.
    pub(crate) fn token(&self, sought: &str) -> Result<Option<u64>, Error> {
        token(&self.reader(), sought).map_err(Error::Journal)
    }

    /// The documents of an execution's Map Runs.
    pub(crate) fn map_runs<Document: DeserializeOwned>(
        &self,
        execution_arn: &str,
    ) -> Result<Vec<Document>, Error> {
        let reader = self.reader();
        let mut query = reader
            .prepare_cached(
                "SELECT document FROM documents \
                 WHERE collection = 'map_runs' AND json_extract(document, '$.execution_arn') = ?1",
            )
            .map_err(Error::Journal)?;
        let rows = query
            .query_map([execution_arn], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(Error::Journal)?;
        let documents = rows.iter();
        documents
            .map(|text| parsed(text, "map_runs", execution_arn))
            .collect()
    }

    /// Everything that is to happen at a time: its number, when, and what.
    pub(crate) fn jobs(&self) -> Result<Vec<(u64, Timestamp, String)>, Error> {
        let reader = self.reader();
        let mut query = reader
            .prepare_cached("SELECT number, due, work FROM jobs ORDER BY number")
            .map_err(Error::Journal)?;
        let rows = query.query_map([], |row| {
            let due = Timestamp::from_microsecond(row.get(1)?).unwrap_or(Timestamp::UNIX_EPOCH);
            Ok((number(row.get(0)?), due, row.get(2)?))
        });
        rows.and_then(Iterator::collect).map_err(Error::Journal)
    }
}

/// Reads JSON of our own, however deep: what an execution may hold was limited before it was written.
pub(crate) fn deep<Kept: DeserializeOwned>(text: &str) -> serde_json::Result<Kept> {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let kept = Kept::deserialize(&mut reader)?;
    reader.end()?;
    Ok(kept)
}

/// A document.
pub(super) fn document<Document: DeserializeOwned>(
    connection: &Connection,
    collection: &str,
    name: &str,
) -> Result<Option<Document>, Error> {
    let text: Option<String> = connection
        .prepare_cached("SELECT document FROM documents WHERE collection = ?1 AND name = ?2")
        .and_then(|mut query| {
            query
                .query_row([collection, name], |row| row.get(0))
                .optional()
        })
        .map_err(Error::Journal)?;
    text.map(|text| parsed(&text, collection, name)).transpose()
}

fn parsed<Document: DeserializeOwned>(
    text: &str,
    collection: &str,
    name: &str,
) -> Result<Document, Error> {
    serde_json::from_str(text).map_err(|error| Error::Unreadable {
        path: format!("{collection}/{name}").into(),
        reason: error.to_string(),
    })
}

/// All documents of a collection, by name.
pub(super) fn documents<Document: DeserializeOwned>(
    connection: &Connection,
    collection: &str,
) -> Result<BTreeMap<String, Document>, Error> {
    let mut query = connection
        .prepare_cached("SELECT name, document FROM documents WHERE collection = ?1")
        .map_err(Error::Journal)?;
    let rows = query
        .query_map([collection], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(Error::Journal)?;
    rows.into_iter()
        .map(|(name, text)| {
            let document = parsed(&text, collection, &name)?;
            Ok((name, document))
        })
        .collect()
}

fn found(row: &rusqlite::Row) -> rusqlite::Result<Found> {
    Ok(Found {
        number: number(row.get(0)?),
        about: row.get(1)?,
        status: row.get(2)?,
        outcome: row.get(3)?,
        events: number(row.get(4)?),
        redrives: row.get(5)?,
    })
}

fn number(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
