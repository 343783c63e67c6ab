//! DynamoDB: dynoxide behind DynamoDB's own protocol.

mod faults;
mod halves;
mod kept;
mod plain;
mod stale;
mod tokens;

use dynoxide::actions::transact_write_items::{
    TransactWriteItemsRequest, TransactWriteItemsResponse,
};
use dynoxide::{Database, DynoxideError};
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, json_answer, refuse};
use crate::folder::Folder;
use crate::network::{Fault, Service};
use crate::{Durability, Error};

use kept::Kept;
pub(crate) use kept::Pending;
use plain::Plain;
use tokens::Tokens;

/// The operations on items that a request names.
const BRIEF: [&str; 6] = [
    "BatchGetItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "TransactWriteItems",
    "UpdateItem",
];

/// The tables of this AWS.
pub(crate) struct DynamoDb {
    database: Database,
    /// A shorter way for most requests, where the tables are in a file.
    plain: Option<Plain>,
    /// What the disk has; nobody waits for it in memory, nor where the system's word is enough.
    kept: Option<Kept>,
    tokens: Tokens,
    recent: stale::Recent,
}

impl DynamoDb {
    /// Opens the tables in a state folder, or in memory.
    pub(crate) fn open(folder: Option<&Folder>, durability: Durability) -> Result<Self, Error> {
        let database = match folder.map(|folder| folder.file("dynamodb.sqlite")) {
            None => Database::memory(),
            Some(path) => match path.to_str() {
                Some(path) => Database::new(path),
                None => {
                    return Err(Error::Unreadable {
                        path,
                        reason: "its path is not UTF-8".to_owned(),
                    });
                }
            },
        };
        let database = database.map_err(Error::Database)?;
        if folder.is_some() {
            halves::drop(&database).map_err(Error::Database)?;
            // What dynoxide calls the end of bulk loading is SQLite's `synchronous = NORMAL`: the disk is asked only
            // where the file would not stay whole otherwise. Whoever is to be sure of more waits for `kept`.
            database.disable_bulk_loading().map_err(Error::Database)?;
        }
        let plain = folder.map(|folder| Plain::open(&folder.file("dynamodb.sqlite")));
        let plain = plain.transpose().map_err(DynoxideError::from);
        let log = folder.filter(|_| durability == Durability::Fsync);
        Ok(Self {
            database,
            plain: plain.map_err(Error::Database)?.flatten(),
            kept: log.map(|folder| Kept::log(folder.file("dynamodb.sqlite-wal"))),
            tokens: Tokens::default(),
            recent: stale::Recent::default(),
        })
    }

    /// Answers one request, for whoever waits until the answer may be seen. It blocks on the database.
    pub(crate) fn answer(
        &self,
        operation: &str,
        body: &[u8],
        fault: Option<Fault>,
    ) -> Pending<Answer> {
        let answer = || self.answer_at_once(operation, body, fault);
        match &self.kept {
            None => Pending::ready(answer()),
            Some(kept) if is_read(operation) => kept.read(answer),
            Some(kept) => kept.write(answer),
        }
    }

    /// Whether an answer takes no longer than to hand the request to a thread that may wait.
    pub(crate) fn is_brief(operation: &str) -> bool {
        BRIEF.contains(&operation)
    }

    /// An answer, once it may be seen.
    pub(crate) async fn kept(pending: Pending<Answer>) -> Answer {
        pending.kept().await.unwrap_or_else(|error| {
            let reason = format!("the state folder failed: {error}");
            failure(&DynoxideError::InternalServerError(reason))
        })
    }

    fn answer_at_once(&self, operation: &str, body: &[u8], fault: Option<Fault>) -> Answer {
        let result = match fault {
            Some(Fault::Conflict) => return faults::conflict(body),
            Some(Fault::Unprocessed) => faults::unprocessed(&self.database, operation, body),
            Some(Fault::Stale) => self.recent.read(&self.database, operation, body),
            Some(
                Fault::Unreachable | Fault::Throttled | Fault::ServerError | Fault::LostResponse,
            )
            | None => self.perform(operation, body),
        };
        result.unwrap_or_else(|error| failure(&error))
    }

    /// Performs an operation as it was asked for, the short way if there is one.
    fn perform(&self, operation: &str, body: &[u8]) -> Result<Answer, DynoxideError> {
        if operation == "TransactWriteItems" {
            return self.transact(body);
        }
        let Some(plain) = &self.plain else {
            return perform(&self.database, operation, body);
        };
        if let Some(answer) = plain.read(&self.database, operation, body) {
            return Ok(json_answer(StatusCode::OK, answer));
        }
        if is_read(operation) {
            return perform(&self.database, operation, body);
        }
        plain.beside(!is_about_items(operation), || {
            perform(&self.database, operation, body)
        })
    }

    /// Writes a transaction, once for each token.
    fn transact(&self, body: &[u8]) -> Result<Answer, DynoxideError> {
        let plain = self.plain.as_ref().zip(plain::Write::parse(body));
        let Some((plain, mut write)) = plain else {
            let mut request = read_transaction(body)?;
            let token = tokens::take(&mut request.client_request_token);
            return self.tokens.write(
                token,
                request,
                |request| tokens::digest(&request.transact_items),
                |request| self.transact_in_full(request),
                |request| answered(&tokens::again(&self.database, &request)?),
            );
        };
        let token = tokens::take(&mut write.client_request_token);
        self.tokens.write(
            token,
            write,
            plain::Write::digest,
            |write| {
                if plain.write(&self.database, &write).is_some() {
                    return answered(&TransactWriteItemsResponse::default());
                }
                let mut request = read_transaction(body)?;
                tokens::take(&mut request.client_request_token);
                let answer = self.transact_in_full(request);
                if plain::is_sound(answer.as_ref().err()) {
                    plain.learn(&write);
                }
                answer
            },
            |_| answered(&tokens::again(&self.database, &read_transaction(body)?)?),
        )
    }

    /// Writes a transaction with everything that one can say.
    fn transact_in_full(
        &self,
        request: TransactWriteItemsRequest,
    ) -> Result<Answer, DynoxideError> {
        let write = || self.database.transact_write_items(request);
        answered(&match &self.plain {
            Some(plain) => plain.beside(false, write)?,
            None => write()?,
        })
    }

    /// Deletes what has expired by the machine's clock; how many items that were. It blocks on the database.
    pub(crate) fn sweep(&self) -> Result<usize, Error> {
        self.database.sweep_ttl().map_err(Error::Database)
    }

    /// Remembers what a request is about to overwrite, so that later reads can be stale.
    pub(crate) fn remember(&self, operation: &str, body: &[u8]) {
        self.recent.remember(&self.database, operation, body);
    }
}

/// Whether an operation leaves everything as it is.
fn is_read(operation: &str) -> bool {
    let reads = [
        "BatchGet",
        "Describe",
        "Get",
        "List",
        "Query",
        "Scan",
        "TransactGet",
    ];
    reads.iter().any(|read| operation.starts_with(read))
}

/// The answer to a request that dynoxide refused.
fn failure(error: &DynoxideError) -> Answer {
    let status =
        StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_answer(status, error.to_json())
}

/// Performs an operation as it was asked for.
fn perform(database: &Database, operation: &str, body: &[u8]) -> Result<Answer, DynoxideError> {
    match operation {
        "BatchExecuteStatement" => run(body, |request| database.batch_execute_statement(request)),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "DeleteTable" => run(body, |request| database.delete_table(request)),
        "DescribeStream" => run(body, |request| database.describe_stream(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "ExecuteStatement" => run(body, |request| database.execute_statement(request)),
        "ExecuteTransaction" => run(body, |request| database.execute_transaction(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "GetRecords" => run(body, |request| database.get_records(request)),
        "GetShardIterator" => run(body, |request| database.get_shard_iterator(request)),
        "ListStreams" => run(body, |request| database.list_streams(request)),
        "ListTables" => run(body, |request| database.list_tables(request)),
        "ListTagsOfResource" => run(body, |request| database.list_tags_of_resource(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "TagResource" => run(body, |request| database.tag_resource(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "UntagResource" => run(body, |request| database.untag_resource(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "UpdateTable" => run(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        unknown => Ok(refuse(
            Service::DynamoDb,
            StatusCode::BAD_REQUEST,
            "com.amazon.coral.service#UnknownOperationException",
            &format!("the local DynamoDB has no operation `{unknown}`"),
        )),
    }
}

/// Whether an operation that writes leaves the tables themselves as they are.
fn is_about_items(operation: &str) -> bool {
    BRIEF.contains(&operation) || operation == "BatchWriteItem"
}

fn read_transaction(body: &[u8]) -> Result<TransactWriteItemsRequest, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// An answer of dynoxide's, written out.
fn answered(response: &impl Serialize) -> Result<Answer, DynoxideError> {
    let response = serde_json::to_vec(response);
    let response =
        response.map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(json_answer(StatusCode::OK, response))
}

/// Reads a request, lets `operation` answer it and writes the answer.
fn run<Request: DeserializeOwned, Response: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Request) -> Result<Response, DynoxideError>,
) -> Result<Answer, DynoxideError> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    answered(&operation(request)?)
}

/// The error for a request that does not have the operation's shape.
///
/// dynoxide marks in the message which of DynamoDB's two errors it means; unmarked, a missing or unknown
/// value is a validation error and a value of the wrong JSON type is not.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let (mark, message) = match text.split_once(':') {
        Some((mark, message))
            if mark
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_') =>
        {
            (mark, message.trim_start())
        }
        _ => ("", text.as_str()),
    };
    let validation = [
        "missing field",
        "unknown variant",
        "invalid type: null",
        "AttributeValue",
    ];
    let is_validation = validation.iter().any(|phrase| message.contains(phrase));
    if mark.starts_with("VALIDATION") || (mark.is_empty() && is_validation) {
        DynoxideError::ValidationException(message.to_owned())
    } else {
        DynoxideError::SerializationException(message.to_owned())
    }
}
