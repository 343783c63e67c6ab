//! Writes the cases that have a value with both, so that their speed can be compared.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::json;

use crate::case::Case;
use crate::compare::Compared;

/// Writes `{id, kind, text, data}` for each, one to a line.
#[expect(
    clippy::disallowed_methods,
    reason = "an example may write files, the crate may not"
)]
pub(crate) fn write(path: &Path, cases: &[Case], compared: &[Compared]) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for (id, (case, compared)) in cases.iter().zip(compared).enumerate() {
        if compared.ours.value().is_none() || compared.reference.value().is_none() {
            continue;
        }
        let line =
            json!({ "id": id, "kind": case.kind.name(), "text": case.text, "data": case.data });
        writeln!(file, "{line}")?;
    }
    file.flush()
}
