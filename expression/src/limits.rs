//! What an expression may cost: nesting, height, steps and bytes.

use std::cell::Cell;
use std::ops::Range;

use serde_json::Value;

use crate::error::{Cause, EvaluationError};

/// How deep brackets, operators that nest to the right, and sections may stand in each other.
pub(crate) const NESTING: usize = 64;

/// How high a tree may be; a chain such as `a || b || c` is as high as it is long.
pub(crate) const HEIGHT: usize = 256;

/// How deep the objects and lists may be in which templates are rendered.
pub(crate) const DEPTH: usize = 128;

/// How many nodes and elements one rendering may visit.
const STEPS: usize = 2_000_000;

/// How many bytes one rendering may make.
const BYTES: usize = 16 * 1024 * 1024;

/// What counts as the bytes of a value besides its text or its parts.
pub(crate) const NODE: usize = 16;

/// What is left of the steps and bytes of one rendering.
#[derive(Debug)]
pub(crate) struct Meter {
    /// How many times what one rendering may cost.
    times: usize,
    steps: Cell<usize>,
    bytes: Cell<usize>,
}

impl Meter {
    /// A full meter.
    pub(crate) fn new() -> Self {
        Self::of(1)
    }

    /// A meter for what costs more than one rendering.
    pub(crate) fn of(times: usize) -> Self {
        Self {
            times,
            steps: Cell::new(STEPS * times),
            bytes: Cell::new(BYTES * times),
        }
    }

    /// Pays for visiting nodes or elements.
    pub(crate) fn step(&self, count: usize, span: &Range<usize>) -> Result<(), EvaluationError> {
        spend(&self.steps, count).ok_or_else(|| {
            EvaluationError::new(
                Cause::Limit,
                format!("this takes more than {} steps", STEPS * self.times),
                span,
            )
        })
    }

    /// Pays for making text or copying a value.
    pub(crate) fn make(&self, bytes: usize, span: &Range<usize>) -> Result<(), EvaluationError> {
        spend(&self.bytes, bytes).ok_or_else(|| {
            EvaluationError::new(
                Cause::Limit,
                format!(
                    "this makes more than {} MiB",
                    BYTES * self.times / 1024 / 1024
                ),
                span,
            )
        })
    }
}

fn spend(left: &Cell<usize>, amount: usize) -> Option<()> {
    left.set(left.get().checked_sub(amount)?);
    Some(())
}

/// About how many bytes a value takes.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => NODE,
        Value::String(text) => NODE + text.len(),
        Value::Array(elements) => NODE + elements.iter().map(size).sum::<usize>(),
        Value::Object(members) => {
            NODE + members
                .iter()
                .map(|(key, member)| key.len() + size(member))
                .sum::<usize>()
        }
    }
}
