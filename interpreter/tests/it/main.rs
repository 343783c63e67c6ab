//! Runs machines in a simulated world: those recorded from AWS, small ones of ours, and generated ones.

mod machines;
mod recorded;
mod retries;
mod simulation;
