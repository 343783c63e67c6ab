//! Diagnostics as people and as scripts read them.

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};
use serde_json::{Value, json};

use super::{Diagnostic, Edit, Fix, Lines, Place, Severity};

/// The diagnostics as text with the source lines that they speak of.
pub fn render(diagnostics: &[Diagnostic], text: &str, path: &str, renderer: &Renderer) -> String {
    let lines = Lines::of(text);
    let blocks: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| block(diagnostic, &lines, path, renderer))
        .collect();
    blocks.join("\n\n")
}

fn block(diagnostic: &Diagnostic, lines: &Lines<'_>, path: &str, renderer: &Renderer) -> String {
    let text = lines.text();
    let start = diagnostic.span.start.min(text.len());
    let end = diagnostic.span.end.clamp(start, text.len());
    // What draws looks at all that it is given, so it is given the lines of the finding alone.
    let (mut first, last) = (lines.before(start).0, lines.before(end).0);
    // After the end of the last line there is no line to show.
    if first > 1 && lines.start_of(first) == text.len() {
        first -= 1;
    }
    let shown = lines.start_of(first)..lines.start_of(last + 1);
    let snippet = Snippet::source(text.get(shown.clone()).unwrap_or_default())
        .line_start(first)
        .path(path)
        .annotation(AnnotationKind::Primary.span(start - shown.start..end - shown.start));
    draw(diagnostic, snippet, renderer)
}

fn draw(
    diagnostic: &Diagnostic,
    snippet: Snippet<'_, Annotation<'_>>,
    renderer: &Renderer,
) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let mut group = title.element(snippet);
    let help = diagnostic.help.as_ref();
    if let Some(help) = help.or_else(|| Some(&diagnostic.fixes.first()?.title)) {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// A diagnostic as data: `{code, severity, message, file, pointer, line, column, endLine, endColumn, help, fixes}`.
pub fn to_json(diagnostic: &Diagnostic, lines: &Lines<'_>, path: &str) -> Value {
    let Place { line, column } = lines.place(diagnostic.span.start);
    let end = lines.place(diagnostic.span.end);
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .map(|fix| fix_json(fix, lines))
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
fn fix_json(fix: &Fix, lines: &Lines<'_>) -> Value {
    let edit = |edit: &Edit| {
        let Place { line, column } = lines.place(edit.span.start);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A finding, drawn with the whole text at hand.
    fn drawn_from_all(diagnostic: &Diagnostic, text: &str, renderer: &Renderer) -> String {
        let start = diagnostic.span.start.min(text.len());
        let end = diagnostic.span.end.clamp(start, text.len());
        let snippet = Snippet::source(text)
            .path("test.json")
            .annotation(AnnotationKind::Primary.span(start..end));
        draw(diagnostic, snippet, renderer)
    }

    #[test]
    fn the_lines_of_a_finding_show_what_the_whole_text_shows() {
        let long = format!("x{}", " long".repeat(60));
        let mut texts = vec![
            String::new(),
            "a".to_owned(),
            "one\ntwo é three\r\n\n  four\n".to_owned(),
            "no\nnewline\nat the end".to_owned(),
            format!("    deep\n      deeper\nflat\n{long}\n\tend\n\n"),
        ];
        texts.push("twelve lines\n".repeat(12));
        let plain = Renderer::plain();
        for text in &texts {
            let bytes = || (0..=text.len()).filter(|byte| text.is_char_boundary(*byte));
            for start in bytes() {
                for end in bytes().filter(|end| (start..start + 40).contains(end)) {
                    // Where nothing is marked at the start of a line, the whole text loses a blank of the margin.
                    if start == end && Lines::of(text).place(start).column == 1 {
                        continue;
                    }
                    let found = Diagnostic::error("test", "test").at(String::new(), start..end);
                    let all = drawn_from_all(&found, text, &plain);
                    let part = block(&found, &Lines::of(text), "test.json", &plain);
                    assert_eq!(part, all, "{start}..{end} of {text:?}");
                }
            }
        }
    }
}
