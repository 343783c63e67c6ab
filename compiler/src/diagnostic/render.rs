//! Diagnostics as people and as scripts read them.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::{Value, json};

use super::{Diagnostic, Edit, Fix, Severity};

/// A line and a column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of a byte.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before
            .get(line_start..)
            .map_or(0, |line| line.chars().count());
        Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
        }
    }
}

/// The diagnostics as text with the source lines that they speak of.
pub fn render(diagnostics: &[Diagnostic], text: &str, path: &str, renderer: &Renderer) -> String {
    let blocks: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| block(diagnostic, text, path, renderer))
        .collect();
    blocks.join("\n\n")
}

fn block(diagnostic: &Diagnostic, text: &str, path: &str, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let start = diagnostic.span.start.min(text.len());
    let end = diagnostic.span.end.clamp(start, text.len());
    let snippet = Snippet::source(text)
        .path(path)
        .annotation(AnnotationKind::Primary.span(start..end));
    let mut group = title.element(snippet);
    let help = diagnostic.help.as_ref();
    if let Some(help) = help.or_else(|| Some(&diagnostic.fixes.first()?.title)) {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// A diagnostic as data: `{code, severity, message, file, pointer, line, column, endLine, endColumn, help, fixes}`.
pub fn to_json(diagnostic: &Diagnostic, text: &str, path: &str) -> Value {
    let Place { line, column } = Place::of(text, diagnostic.span.start);
    let end = Place::of(text, diagnostic.span.end);
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .map(|fix| fix_json(fix, text))
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": path,
        "pointer": diagnostic.pointer,
        "line": line,
        "column": column,
        "endLine": end.line,
        "endColumn": end.column,
        "help": diagnostic.help,
        "fixes": fixes,
    })
}

/// A fix as data; offsets are bytes.
fn fix_json(fix: &Fix, text: &str) -> Value {
    let edit = |edit: &Edit| {
        let Place { line, column } = Place::of(text, edit.span.start);
        json!({
            "line": line,
            "column": column,
            "start": edit.span.start,
            "end": edit.span.end,
            "text": edit.text,
        })
    };
    json!({
        "title": fix.title,
        "isSafe": fix.is_safe,
        "edits": fix.edits.iter().map(edit).collect::<Vec<_>>(),
    })
}
