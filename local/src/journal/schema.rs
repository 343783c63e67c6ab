//! The tables of the journal, and how those of an older version become those of this one.

use rusqlite::Connection;

/// What each version added. A database knows how many of these it has.
const STEPS: [&str; 2] = [
    "
    -- What a service keeps: rules, schedules, machines.
    CREATE TABLE documents (
        collection TEXT NOT NULL,
        name TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (collection, name)
    ) WITHOUT ROWID;

    -- The definitions that executions run, each once.
    CREATE TABLE definitions (
        hash TEXT PRIMARY KEY,
        definition TEXT NOT NULL
    );

    CREATE TABLE executions (
        number INTEGER PRIMARY KEY,
        arn TEXT NOT NULL UNIQUE,
        -- What never changes, as JSON.
        about TEXT NOT NULL,
        machine TEXT NOT NULL,
        version TEXT,
        alias TEXT,
        map_run TEXT,
        status TEXT NOT NULL,
        -- What became of it, as JSON.
        outcome TEXT NOT NULL,
        events INTEGER NOT NULL,
        redrives INTEGER NOT NULL,
        -- Whether it would go on by itself after a restart.
        busy INTEGER NOT NULL,
        -- When its next timer is due, in microseconds.
        wakes INTEGER
    );
    CREATE INDEX executions_of_a_machine ON executions (machine, number);
    CREATE INDEX executions_of_a_map_run ON executions (map_run, number) WHERE map_run IS NOT NULL;
    CREATE INDEX open_executions ON executions (number) WHERE status = 'RUNNING';

    -- What an execution was told, and the events that followed.
    CREATE TABLE history (
        number INTEGER PRIMARY KEY,
        execution INTEGER NOT NULL,
        -- The last event's number so far.
        last INTEGER NOT NULL,
        report TEXT NOT NULL,
        -- JSON, one event a line.
        events TEXT NOT NULL
    );
    CREATE INDEX history_of_an_execution ON history (execution, number);

    CREATE TABLE tokens (
        token TEXT PRIMARY KEY,
        execution INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX tokens_of_an_execution ON tokens (execution);

    -- What happens by itself at a time.
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY,
        due INTEGER NOT NULL,
        work TEXT NOT NULL
    );
",
    "
    CREATE INDEX map_runs_of_an_execution ON documents (json_extract(document, '$.execution_arn'))
        WHERE collection = 'map_runs';
",
];

/// The version that this program writes.
pub(super) const VERSION: usize = STEPS.len();

/// Brings the tables to this version; the version that was found, if it is a later one.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), usize>> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > VERSION {
        return Ok(Err(found));
    }
    let transaction = connection.transaction()?;
    for step in STEPS.iter().skip(found) {
        transaction.execute_batch(step)?;
    }
    transaction.execute_batch(&format!("PRAGMA user_version = {VERSION}"))?;
    transaction.commit()?;
    Ok(Ok(()))
}
