//! Runs machines in a simulated world: those recorded from AWS, small ones of ours, and generated ones.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON is indexed: what is missing is null, and a test that relies on it fails"
)]

mod bench;
mod branches;
mod complaints;
mod distributed;
mod errors;
mod events;
mod expressions;
mod generate;
mod languages;
mod laws;
mod limits;
mod recorded;
mod redrive;
mod reports;
mod retries;
mod simulation;
mod steering;
mod tasks;
