//! EventBridge.

pub(crate) mod pattern;
