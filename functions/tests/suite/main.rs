//! The functions on the local AWS: what a Task's invocation reads, writes and answers.

mod actions;
mod bench;
mod calls;
mod claims;
mod failures;
mod faults;
mod levels;
mod loops;
mod settling;
mod trigger;
