//! The Amazon States Language as types: what the compiler writes, AWS accepts and the interpreter runs.
//!
//! ```
//! use pawl_asl::{Machine, State, Task};
//!
//! let machine = Machine {
//!     start_at: "greet".to_owned(),
//!     states: [(
//!         "greet".to_owned(),
//!         State::Task(Task {
//!             resource: "arn:aws:lambda:us-east-1:000000000000:function:greet".to_owned(),
//!             end: true,
//!             ..Task::default()
//!         }),
//!     )]
//!     .into(),
//!     ..Machine::default()
//! };
//! assert!(pawl_asl::validate(&machine).is_empty());
//! ```
//!
//! A field that this crate does not know, such as those of JSONPath mode, is kept in `other`, so nothing is lost
//! between reading and writing, and [`validate`] can name it.

pub mod arguments;
pub mod limits;
mod machine;
mod query;
mod retry;
mod state;
mod states;
mod validate;

pub use machine::{Branch, Machine, MachineType, ProcessorConfig, ProcessorMode, StateMap};
pub use query::{Dynamic, Fields, QueryLanguage, expression};
pub use retry::{Catcher, Jitter, Retrier};
pub use state::State;
pub use states::choice::{Choice, Rule};
pub use states::fail::Fail;
pub use states::map::{ItemBatcher, ItemReader, Map, ResultWriter};
pub use states::parallel::Parallel;
pub use states::pass::Pass;
pub use states::succeed::Succeed;
pub use states::task::Task;
pub use states::wait::Wait;
pub use validate::{
    Diagnostic, Problem, Severity, Survey, diagnose, pointer, validate, variable_references,
};
