//! The local AWS through unmodified SDK clients.

#![expect(
    clippy::indexing_slicing,
    reason = "a member of JSON that is not there fails the test, as it should"
)]

mod buses;
mod crashes;
mod dynamodb;
mod events;
mod executions;
mod folders;
mod functions;
mod lambda;
mod machines;
mod port;
mod protocol;
mod raw;
mod requests;
mod runs;
mod s3;
mod scheduler;
mod schedules;
mod sqs;
mod tasks;
mod test_state;
mod waiting;
mod world;
