//! Puts an encrypted secret into a definition's text, and leaves the rest of it as it is.

use std::ops::Range;

use pawl_compiler::source::{Entry, Node};
use serde_json::{Value, json};

use crate::project::DefinitionFile;

/// The definition's text with a secret in its `config.secrets`.
pub(super) fn secret(file: &DefinitionFile, root: &Node, name: &str, sealed: &str) -> String {
    let key = sealed.split('.').nth(1).unwrap_or_default();
    let value = json!({ "kind": "inlineEncrypted", "cipherText": sealed, "keyId": key });
    let owner = root.get("workflowConfig").filter(|one| one.is_object());
    let mut node = owner.unwrap_or(root);
    let mut path = vec!["config", "secrets", name];
    // As far into it as the definition already goes.
    while let Some((first, rest)) = path.split_first()
        && let Some(next) = node.get(first)
        && (next.is_object() || rest.is_empty())
    {
        node = next;
        path = rest.to_vec();
    }
    let Some((first, rest)) = path.split_first() else {
        return replaced(&file.text, node.span.clone(), &value.to_string());
    };
    let nested = |value, key: &&str| json!({ *key: value });
    let value = rest.iter().rev().fold(value, nested);
    // What is there and no object, such as null, gives way.
    if let Some(other) = node.get(first) {
        return replaced(&file.text, other.span.clone(), &value.to_string());
    }
    if let Some(entry) = node.entries().first() {
        return before(&file.text, node, entry, first, &value);
    }
    let whole = json!({ *first: value }).to_string();
    replaced(&file.text, node.span.clone(), &whole)
}

/// A new entry before the first one of an object, laid out as that is.
fn before(text: &str, node: &Node, entry: &Entry, key: &str, value: &Value) -> String {
    let place = entry.key_span.start;
    let line = text.get(..place).unwrap_or_default();
    let line = line.rsplit('\n').next().unwrap_or_default();
    let is_flow = text
        .get(node.span.clone())
        .is_some_and(|text| text.starts_with('{'));
    // A key that does not begin its line goes on beside the new one.
    let gap = if line.trim().is_empty() {
        format!("\n{line}")
    } else {
        " ".to_owned()
    };
    let key = if is_flow {
        json!(key).to_string()
    } else {
        key.to_owned()
    };
    let comma = if is_flow { "," } else { "" };
    let gap = if is_flow {
        gap
    } else {
        format!("\n{}", " ".repeat(line.chars().count()))
    };
    replaced(text, place..place, &format!("{key}: {value}{comma}{gap}"))
}

fn replaced(text: &str, span: Range<usize>, with: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(span, with);
    text
}
