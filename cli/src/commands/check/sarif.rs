//! Findings as a SARIF 2.1.0 log.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Component, Path};

use pawl_compiler::Severity;
use pawl_compiler::diagnostic::{Diagnostic, Edit, Fix, Lines};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::Checked;
use crate::commands::explain;
use crate::project::Misuse;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What stands for itself in no part of a URI's path.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The log of one check. Columns count UTF-16 code units, and lines end as they do in editors.
pub(super) fn log(checked: &[Checked], wrong: &[Misuse]) -> Value {
    let found = checked.iter().flat_map(|checked| &checked.diagnostics);
    let codes: BTreeSet<&str> = found.map(|diagnostic| diagnostic.code).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let results: Vec<Value> = checked
        .iter()
        .flat_map(|checked| {
            let places = Places::new(checked);
            let results = checked.diagnostics.iter();
            results
                .map(|found| places.result(found, &codes))
                .collect::<Vec<_>>()
        })
        .collect();
    let notifications: Vec<Value> = wrong
        .iter()
        .map(|misuse| json!({ "level": "error", "message": { "text": misuse.to_string() } }))
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pawl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": wrong.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

/// A code with its page.
fn rule(code: &str) -> Value {
    let Some(page) = explain::page(code) else {
        return json!({ "id": code });
    };
    json!({
        "id": code,
        "shortDescription": { "text": explain::summary(page) },
        "help": { "text": page, "markdown": page },
    })
}

/// A definition's text, in which places are found.
struct Places<'file> {
    uri: String,
    /// How many bytes of the file stand before the text.
    mark: usize,
    lines: Lines<'file>,
}

impl<'file> Places<'file> {
    fn new(checked: &'file Checked) -> Self {
        Self {
            uri: uri(&checked.file.path),
            mark: checked.file.mark,
            lines: Lines::of(&checked.file.text),
        }
    }

    fn result(&self, found: &Diagnostic, codes: &[&str]) -> Value {
        let mut location = Map::new();
        let physical = json!({
            "artifactLocation": { "uri": self.uri },
            "region": self.region(&found.span),
        });
        location.insert("physicalLocation".to_owned(), physical);
        if !found.pointer.is_empty() {
            let logical = json!([{ "fullyQualifiedName": found.pointer, "kind": "value" }]);
            location.insert("logicalLocations".to_owned(), logical);
        }
        let mut result = json!({
            "ruleId": found.code,
            "ruleIndex": codes.binary_search(&found.code).ok(),
            "level": level(found.severity),
            "message": { "text": message(found) },
            "locations": [location],
        });
        if let Some(result) = result.as_object_mut()
            && !found.fixes.is_empty()
        {
            let fixes = found.fixes.iter().map(|fix| self.fix(fix)).collect();
            result.insert("fixes".to_owned(), fixes);
        }
        result
    }

    fn fix(&self, fix: &Fix) -> Value {
        let replacement = |edit: &Edit| {
            json!({
                "deletedRegion": self.region(&edit.span),
                "insertedContent": { "text": edit.text },
            })
        };
        json!({
            "description": { "text": fix.title },
            "artifactChanges": [{
                "artifactLocation": { "uri": self.uri },
                "replacements": fix.edits.iter().map(replacement).collect::<Vec<_>>(),
            }],
        })
    }

    fn region(&self, span: &Range<usize>) -> Value {
        let length = self.lines.text().len();
        let start = span.start.min(length);
        let end = span.end.clamp(start, length);
        let (start_line, start_column) = self.place(start);
        let (end_line, end_column) = self.place(end);
        json!({
            "startLine": start_line,
            "startColumn": start_column,
            "endLine": end_line,
            "endColumn": end_column,
            "byteOffset": self.mark + start,
            "byteLength": end - start,
        })
    }

    /// The line and the column of a byte, both from 1.
    fn place(&self, byte: usize) -> (usize, usize) {
        let (line, before) = self.lines.before(byte);
        (line, before.encode_utf16().count() + 1)
    }
}

fn message(found: &Diagnostic) -> String {
    match &found.help {
        Some(help) => format!("{}\nhelp: {help}", found.message),
        None => found.message.clone(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// A path as a URI: relative where the path is.
fn uri(path: &Path) -> String {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => {
                let name = name.to_string_lossy();
                parts.push(utf8_percent_encode(&name, RESERVED).to_string());
            }
            Component::ParentDir => parts.push("..".to_owned()),
            Component::Prefix(prefix) => parts.push(prefix.as_os_str().to_string_lossy().into()),
            Component::CurDir | Component::RootDir => {}
        }
    }
    let scheme = if path.is_absolute() { "file:///" } else { "" };
    format!("{scheme}{}", parts.join("/"))
}
