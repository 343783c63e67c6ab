//! Texts with `{{path}}`: what the context has there stands in for it, and what it does not have stays as it is.

use super::super::build::{entry, made, text};
use super::super::literal::quoted;
use crate::source::{Data, Node};

/// A text as a native template, whose names are those of a flow.
pub(super) fn filled(written: &str, flow: &str) -> String {
    tags(written, |inside| named(inside, flow, "flowText"))
}

/// What a field says: a text in which names of a flow may stand, or anything else as it is.
pub(super) fn of_field(node: &Node, flow: &str) -> Node {
    let written = node.as_str().filter(|written| written.contains("{{"));
    written.map_or_else(|| node.clone(), |written| text(node, filled(written, flow)))
}

/// A text that is shown as it is, but for secrets: whoever names one means its value, and is told where it may go.
pub(super) fn said(written: &str) -> String {
    tags(written, |inside| {
        secret(inside).unwrap_or_else(|| plain(&format!("{{{{{inside}}}}}")))
    })
}

/// A text as a native template, of whose tags each becomes something.
fn tags(written: &str, written_as: impl Fn(&str) -> String) -> String {
    let mut template = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("{{") {
        template.push_str(before);
        let Some((inside, after)) = after
            .split_once("}}")
            .filter(|(inside, _)| !inside.contains("{{"))
        else {
            template.push_str("{{['{', '{']|join('')}}");
            rest = after;
            continue;
        };
        template.push_str(&written_as(inside));
        rest = after;
    }
    template + rest
}

/// What a name stands for: a secret is none of the context, and goes where it is sent alone.
fn named(inside: &str, flow: &str, read: &str) -> String {
    secret(inside).unwrap_or_else(|| format!("{{{{{flow}|{read}({})}}}}", quoted(inside)))
}

fn secret(inside: &str) -> Option<String> {
    let path = inside.trim();
    path.starts_with("secrets.")
        .then(|| format!("{{{{{path}}}}}"))
}

/// A text that is shown as it is.
pub(super) fn plain(written: &str) -> String {
    written.replace("{{", "{{['{', '{']|join('')}}")
}

/// A value with such texts in it; one that is nothing else keeps the kind of its value.
pub(super) fn value(node: &Node, flow: &str) -> Node {
    let data = match &node.data {
        Data::String(written) => {
            let whole = written
                .trim()
                .strip_prefix("{{")
                .and_then(|rest| rest.strip_suffix("}}"))
                .filter(|inside| !inside.contains("{{") && !inside.contains("}}"));
            return match whole {
                Some(inside) => text(node, named(inside, flow, "flowValue")),
                None => text(node, filled(written, flow)),
            };
        }
        Data::Array(elements) => Data::Array(elements.iter().map(|one| value(one, flow)).collect()),
        Data::Object(entries) => Data::Object(
            entries
                .iter()
                .map(|one| entry(&one.node, filled(&one.key, flow), value(&one.node, flow)))
                .collect(),
        ),
        same @ (Data::Null | Data::Bool(_) | Data::Number(_)) => same.clone(),
    };
    made(node, data)
}
