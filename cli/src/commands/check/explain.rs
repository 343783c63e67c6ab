//! `pawl check --explain`: the format of a definition, and what means something else here than where it was written for.

use pawl_compiler::Compiled;
use pawl_compiler::diagnostic::Lines;
use serde_json::{Value, json};

use crate::project::DefinitionFile;

/// The differences for people.
pub(in crate::commands) fn text(file: &DefinitionFile, compiled: &Compiled) -> String {
    let lines = Lines::of(&file.text);
    let name = file.name();
    let format = compiled.format.name();
    let mut text = format!("{name}: {format} format");
    if compiled.differences.is_empty() {
        text.push_str(", nothing means anything else here\n");
        return text;
    }
    let count = compiled.differences.len();
    let means = if count == 1 {
        "thing means"
    } else {
        "things mean"
    };
    text.push_str(&format!(
        ", {count} {means} something else here (docs/formats.md has the rules)\n"
    ));
    for difference in &compiled.differences {
        let place = lines.place(difference.place.span.start);
        text.push_str(&format!(
            "  {}:{} {}: {}\n",
            place.line, place.column, difference.rule, difference.message
        ));
    }
    text
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
        "format": compiled.format.name(),
        "differences": compiled.differences.iter().map(one).collect::<Vec<_>>(),
    })
}
