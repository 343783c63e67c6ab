//! The functions on the local AWS: what a Task's invocation reads, writes and answers.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a plan is written as JSON where it is used, and reads better without borrows"
)]

mod actions;
mod bench;
mod caches;
mod calls;
mod catalogue;
mod claims;
mod correspondence;
mod events;
mod failures;
mod faults;
mod levels;
mod llm;
mod loops;
mod mail;
mod processing;
mod requests;
mod secrets;
mod server;
mod settling;
mod starts;
mod trigger;
mod waiting;
mod web;
