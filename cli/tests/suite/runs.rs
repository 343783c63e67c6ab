//! Looking into runs.
