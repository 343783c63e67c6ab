//! `pawl check --explain`: the format of a definition, and what means something else here than where it was written for.

use pawl_compiler::diagnostic::Lines;
use pawl_compiler::{Compiled, Format};
use serde_json::{Value, json};

use crate::project::DefinitionFile;

/// The differences for people.
pub(in crate::commands) fn text(file: &DefinitionFile, compiled: &Compiled) -> String {
    let lines = Lines::of(&file.text);
    let name = file.name();
    if !compiled.is_read {
        return format!("{name}: the text cannot be read, so nothing is known of its format\n");
    }
    let format = compiled.format.name();
    let program = compiled.program.as_ref();
    let is_enabled = program.is_none_or(|program| program.checked.definition.is_enabled);
    let off = if is_enabled {
        ""
    } else {
        "  its triggers are off, by `enabled: false`\n"
    };
    if compiled.format == Format::Native {
        return format!(
            "{name}: {format} format (docs/formats.md says what each part means)\n{off}"
        );
    }
    if compiled.differences.is_empty() {
        return format!("{name}: {format} format, nothing means anything else here\n{off}");
    }
    let count = compiled.differences.len();
    let means = if count == 1 {
        "thing means"
    } else {
        "things mean"
    };
    let head = format!(
        "{name}: {format} format, {count} {means} something else here (docs/formats.md has the rules)\n"
    );
    let lines = compiled.differences.iter().map(|difference| {
        let place = lines.place(difference.place.span.start);
        format!(
            "  {}:{} {}: {}\n",
            place.line, place.column, difference.rule, difference.message
        )
    });
    let lines: String = lines.collect();
    head + &lines + off
}

/// The differences for scripts.
pub(super) fn json(file: &DefinitionFile, compiled: &Compiled) -> Value {
    let lines = Lines::of(&file.text);
    let one = |difference: &pawl_compiler::Difference| {
        let place = lines.place(difference.place.span.start);
        json!({
            "rule": difference.rule,
            "message": difference.message,
            "line": place.line,
            "column": place.column,
        })
    };
    json!({
        "path": file.name(),
        "format": compiled.is_read.then(|| compiled.format.name()),
        "differences": compiled.differences.iter().map(one).collect::<Vec<_>>(),
    })
}
