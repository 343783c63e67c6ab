//! What the fuzz targets share: texts from a grammar, data to evaluate them over, and what must hold for any of them.

pub mod grammar;
pub mod places;
pub mod values;
