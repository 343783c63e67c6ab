//! AWS on this machine: DynamoDB, S3, Step Functions and Lambda inside the process, for unmodified SDK clients.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use pawl_local::{Local, Options};
//!
//! let local = Local::open(Options::default()).await?;
//! let dynamodb = aws_sdk_dynamodb::Client::new(&local.sdk_config());
//! assert!(dynamodb.list_tables().send().await?.table_names().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! A machine needs no client to be run: [`Local::run`] takes its ARN and an input, and gives what came of it.

mod answer;
mod audience;
mod aws;
mod client;
mod clock;
mod delivery;
mod durability;
mod dynamodb;
mod engine;
mod error;
mod event_bridge;
mod folder;
mod functions;
mod jobs;
mod journal;
mod lambda;
mod local;
mod migration;
mod network;
mod random;
mod refusal;
mod route;
mod run;
mod s3;
mod scheduler;
mod sdk;
mod server;
mod sqs;
mod step_functions;
mod sts;
mod timetable;
mod unreadable;

pub use clock::Clock;
pub use durability::Durability;
pub use engine::{Ended, Ending, Rest};
pub use error::Error;
pub use functions::{Bootstrap, FunctionError, Functions, Handling, acting_as};
pub use local::{Local, Options};
pub use network::{Call, Fault, Faults, Invocation, Service};
pub use run::NotStarted;
pub use server::endpoint;
pub use timetable::firings;

use aws::Aws;
