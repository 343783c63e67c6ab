//! What the compiler and the functions share: pure data, no behaviour that needs the world.
//!
//! The compiler writes a [`Plan`] into each Task of a machine; a function receives it in a [`Payload`] together with
//! the run's [`Position`] and answers with the next position. Everything else about a run lives in DynamoDB.

pub mod at;
pub mod bounds;
pub mod catalogue;
pub mod error;
pub mod event;
pub mod follow_up;
mod identifier;
pub mod kind;
pub mod message;
pub mod mock;
pub mod payload;
pub mod plan;
pub mod port;
pub mod position;
pub mod price;
pub mod reference;
mod schema;
pub mod secret;
pub mod shape;
pub mod span;
pub mod tools;

pub use at::At;
pub use bounds::{MOST_QUESTIONS, MOST_WAITS};
pub use error::{StepError, code};
pub use follow_up::FollowUps;
pub use identifier::identifier;
pub use kind::{Kind, Nature};
pub use message::{Message, ToolCall, Usage};
pub use mock::{Mock, Mocked};
pub use payload::{Execution, Parent, Payload, Start};
pub use plan::{Intake, LoopMode, LoopRef, MapRef, Node, Plan, Reads, StepRead, Strand, Then};
pub use port::CASES;
pub use position::{Caught, Position};
pub use secret::SecretSource;
pub use shape::Shape;
