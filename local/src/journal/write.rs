//! What can be written to the journal.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Row, Standing};

/// One change.
#[derive(Debug)]
pub(crate) enum Write {
    /// A service's document, or that there is none any more.
    Document {
        collection: &'static str,
        name: String,
        document: Option<String>,
    },
    /// A definition that executions run.
    Definition { hash: String, definition: String },
    /// An execution that begins.
    Execution(Box<Row>),
    /// Where an execution stands now.
    Standing(u64, Standing),
    /// What an execution was told, and its events.
    History {
        execution: u64,
        last: u64,
        report: String,
        events: String,
    },
    /// A task of an execution waits for a token.
    Token { token: String, execution: u64 },
    /// Something is to happen at a time.
    Job {
        number: u64,
        due: Timestamp,
        work: String,
    },
    /// It has happened.
    JobDone { number: u64 },
}

impl Write {
    pub(super) fn perform(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            Self::Document {
                collection,
                name,
                document: Some(document),
            } => connection
                .prepare_cached("INSERT OR REPLACE INTO documents VALUES (?1, ?2, ?3)")?
                .execute(params![collection, name, document])?,
            Self::Document {
                collection,
                name,
                document: None,
            } => connection
                .prepare_cached("DELETE FROM documents WHERE collection = ?1 AND name = ?2")?
                .execute(params![collection, name])?,
            Self::Definition { hash, definition } => connection
                .prepare_cached("INSERT OR IGNORE INTO definitions VALUES (?1, ?2)")?
                .execute(params![hash, definition])?,
            Self::Execution(row) => {
                let Row {
                    number,
                    arn,
                    about,
                    machine,
                    version,
                    alias,
                    map_run,
                    standing,
                } = &**row;
                connection
                    .prepare_cached(
                        "INSERT INTO executions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                    )?
                    .execute(params![
                        whole(*number),
                        arn,
                        about,
                        machine,
                        version,
                        alias,
                        map_run,
                        standing.status,
                        standing.outcome,
                        whole(standing.events),
                        standing.redrives,
                        standing.is_busy,
                        standing.wakes.map(Timestamp::as_microsecond),
                    ])?
            }
            Self::Standing(number, standing) => {
                if standing.status != "RUNNING" && standing.has_had_tokens {
                    connection
                        .prepare_cached("DELETE FROM tokens WHERE execution = ?1")?
                        .execute([whole(*number)])?;
                }
                connection
                    .prepare_cached(
                        "UPDATE executions SET status = ?2, outcome = ?3, events = ?4, redrives = ?5, busy = ?6, wakes = ?7 \
                         WHERE number = ?1",
                    )?
                    .execute(params![
                        whole(*number),
                        standing.status,
                        standing.outcome,
                        whole(standing.events),
                        standing.redrives,
                        standing.is_busy,
                        standing.wakes.map(Timestamp::as_microsecond),
                    ])?
            }
            Self::History {
                execution,
                last,
                report,
                events,
            } => connection
                .prepare_cached(
                    "INSERT INTO history (execution, last, report, events) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![whole(*execution), whole(*last), report, events])?,
            Self::Token { token, execution } => connection
                .prepare_cached("INSERT OR REPLACE INTO tokens VALUES (?1, ?2)")?
                .execute(params![token, whole(*execution)])?,
            Self::Job { number, due, work } => connection
                .prepare_cached("INSERT OR REPLACE INTO jobs VALUES (?1, ?2, ?3)")?
                .execute(params![whole(*number), due.as_microsecond(), work])?,
            Self::JobDone { number } => connection
                .prepare_cached("DELETE FROM jobs WHERE number = ?1")?
                .execute([whole(*number)])?,
        };
        Ok(())
    }
}

/// SQLite's numbers have a sign; no count of ours comes near it.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number of the execution whose task waits for a token.
pub(super) fn token(connection: &Connection, token: &str) -> rusqlite::Result<Option<u64>> {
    let number: Option<i64> = connection
        .prepare_cached("SELECT execution FROM tokens WHERE token = ?1")?
        .query_row([token], |row| row.get(0))
        .optional()?;
    Ok(number.and_then(|number| u64::try_from(number).ok()))
}
