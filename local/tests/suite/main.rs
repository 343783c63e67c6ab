//! The local AWS through unmodified SDK clients.

mod buses;
mod dynamodb;
mod events;
mod executions;
mod functions;
mod machines;
mod port;
mod raw;
mod s3;
mod scheduler;
mod schedules;
mod sqs;
mod world;
