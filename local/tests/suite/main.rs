//! The local AWS through unmodified SDK clients.

mod buses;
mod crashes;
mod dynamodb;
mod events;
mod executions;
mod functions;
mod lambda;
mod machines;
mod port;
mod protocol;
mod raw;
mod requests;
mod s3;
mod scheduler;
mod schedules;
mod sqs;
mod world;
