//! Finds what AWS would refuse in a machine, and what could never run.

use crate::Machine;

/// Something wrong with a machine, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The JSON Pointer of the value that must change.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// Everything that is wrong with a machine; empty where nothing is.
pub fn validate(_machine: &Machine) -> Vec<Problem> {
    Vec::new()
}
