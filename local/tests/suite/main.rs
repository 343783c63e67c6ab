//! The local AWS through unmodified SDK clients.

mod dynamodb;
mod executions;
mod functions;
mod lambda;
mod machines;
mod port;
mod s3;
mod world;
