//! `parallel`: goes several ways at once.

use crate::fields::{Field, Shape};

/// The fields of a parallel step's configuration; where its branches begin is read before.
pub(super) const FIELDS: &[Field] = &[("description", Shape::Text)];
