//! The local AWS through unmodified SDK clients.

mod crashes;
mod dynamodb;
mod executions;
mod functions;
mod lambda;
mod machines;
mod port;
mod protocol;
mod requests;
mod s3;
mod world;
