//! `pawl check --sarif`: says what `--json` says, and its places lead to the text. `infra/checks/sarif.py` holds it against the standard.

use serde_json::{Value, json};

use crate::check::{MENDABLE, found, write};
use crate::command_line::pawl;

/// A name that has to be escaped in a URI.
const NAME: &str = "a folder/ordér #1.json";

/// The run in the log of a definition that has errors, a warning, fixes and characters of many sizes, and of a missing one.
fn log() -> (tempfile::TempDir, Value, Vec<Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    // A mark of three bytes stands before the text.
    write(folder.path(), NAME, format!("\u{feff}{MENDABLE}"));
    let diagnostics = found(folder.path(), &[NAME]);
    let output = pawl(folder.path(), &["check", NAME, "missing.json", "--sarif"]);
    assert_eq!(output.status.code(), Some(2));
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(at(&log, "/version"), "2.1.0");
    assert_eq!(list(&log, "/runs").len(), 1);
    (folder, at(&log, "/runs/0").clone(), diagnostics)
}

/// The results, each with what `--json` says.
fn pairs<'log>(run: &'log Value, diagnostics: &'log [Value]) -> Vec<(&'log Value, &'log Value)> {
    let results = list(run, "/results");
    assert_eq!(results.len(), diagnostics.len());
    results.iter().zip(diagnostics).collect()
}

fn at<'log>(value: &'log Value, pointer: &str) -> &'log Value {
    value
        .pointer(pointer)
        .unwrap_or_else(|| panic!("`{pointer}` is missing in {value:#}"))
}

fn list<'log>(value: &'log Value, pointer: &str) -> &'log [Value] {
    at(value, pointer).as_array().expect("a list")
}

fn text<'log>(value: &'log Value, pointer: &str) -> &'log str {
    at(value, pointer).as_str().expect("a text")
}

fn number(value: &Value, pointer: &str) -> usize {
    let number = at(value, pointer).as_u64().expect("a number");
    usize::try_from(number).expect("a place")
}

#[test]
fn the_tool_says_what_it_is_and_what_it_could_not_do() {
    let (_folder, run, _) = log();
    assert_eq!(text(&run, "/tool/driver/name"), "pawl");
    let version = text(&run, "/tool/driver/semanticVersion");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let invocation = at(&run, "/invocations/0");
    assert_eq!(at(invocation, "/executionSuccessful"), false);
    let said = text(invocation, "/toolExecutionNotifications/0/message/text");
    assert!(said.contains("missing.json"), "{said}");
}

#[test]
fn results_say_what_the_json_says() {
    let (_folder, run, diagnostics) = log();
    let rules = list(&run, "/tool/driver/rules");
    for (result, diagnostic) in pairs(&run, &diagnostics) {
        let code = text(diagnostic, "/code");
        assert_eq!(text(result, "/ruleId"), code);
        let rule = rules.get(number(result, "/ruleIndex")).expect("a rule");
        assert_eq!(text(rule, "/id"), code);
        let page = text(rule, "/help/text");
        assert!(page.starts_with(&format!("# {code}\n")), "{page}");
        assert_eq!(at(result, "/level"), at(diagnostic, "/severity"));
        let message = text(result, "/message/text");
        assert!(
            message.starts_with(text(diagnostic, "/message")),
            "{message}"
        );
        let logical = at(result, "/locations/0/logicalLocations/0");
        assert_eq!(
            at(logical, "/fullyQualifiedName"),
            at(diagnostic, "/pointer")
        );
    }
}

#[test]
fn columns_and_bytes_lead_to_the_same_text() {
    let (folder, run, diagnostics) = log();
    assert_eq!(text(&run, "/columnKind"), "utf16CodeUnits");
    let bytes = std::fs::read(folder.path().join(NAME)).expect("a file");
    for (result, diagnostic) in pairs(&run, &diagnostics) {
        let physical = at(result, "/locations/0/physicalLocation");
        let uri = text(physical, "/artifactLocation/uri");
        assert_eq!(uri, "a%20folder/ord%C3%A9r%20%231.json");
        let region = at(physical, "/region");
        let start = number(region, "/byteOffset");
        let by_bytes = bytes.get(start..start + number(region, "/byteLength"));
        let by_bytes = by_bytes.expect("bytes");
        assert_eq!(by_columns(region).as_bytes(), by_bytes, "{diagnostic:#}");
        assert!(!by_bytes.is_empty(), "{diagnostic:#}");
    }
}

#[test]
fn fixes_are_whole() {
    let (_folder, run, diagnostics) = log();
    let mut replacements = Vec::new();
    for (result, diagnostic) in pairs(&run, &diagnostics) {
        let fixes = result.get("fixes").cloned().unwrap_or(json!([]));
        let fixes = list(&fixes, "");
        assert_eq!(fixes.len(), list(diagnostic, "/fixes").len());
        for fix in fixes {
            let replacement = at(fix, "/artifactChanges/0/replacements/0");
            let before = by_columns(at(replacement, "/deletedRegion"));
            let after = text(replacement, "/insertedContent/text").to_owned();
            replacements.push((before, after));
        }
    }
    let expected = [("desciption", "description"), ("finish_upp", "finish_up")];
    let expected = expected.map(|(before, after)| (before.to_owned(), after.to_owned()));
    assert_eq!(replacements, expected);
}

/// The text that lines and columns lead to.
fn by_columns(region: &Value) -> String {
    let line = number(region, "/startLine");
    assert_eq!(number(region, "/endLine"), line, "nothing here spans lines");
    let line = MENDABLE.lines().nth(line - 1).expect("a line");
    let units: Vec<u16> = line.encode_utf16().collect();
    let columns = number(region, "/startColumn") - 1..number(region, "/endColumn") - 1;
    String::from_utf16_lossy(units.get(columns).expect("columns"))
}
