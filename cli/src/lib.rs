//! The command line as a library, so that tests can do in-process what `pawl` does.

pub mod aws;
pub mod cloud;
pub mod commands;
pub mod deployment;
pub mod duration;
pub mod explanation;
pub mod front;
pub mod graph;
pub mod keys;
pub mod laptop;
pub mod login;
pub mod place;
pub mod project;
pub mod report;
pub mod source;
mod table;
