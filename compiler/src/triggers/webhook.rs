//! Paths of webhooks, each written in one way only.

use super::{Respond, Webhook, verify};
use crate::definition::{Definition, Place, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// The longest path.
const LONGEST: usize = 256;

/// What the address of every webhook begins with.
const ALL: &str = "/webhooks";

/// A step's webhook; without a path of its own, the workflow's name is it.
pub(super) fn of(definition: &Definition, step: &Step) -> Webhook {
    let given = step.config.get("path").and_then(|node| {
        let path = node.as_str()?;
        Some((node, normal(path).ok()?))
    });
    let (place, path) = match given {
        Some((node, path)) => (Place::from(node), path),
        None => (
            Place::from(&step.config),
            format!("/{}", definition.identifier()),
        ),
    };
    let word = |field: &str| step.config.get(field).and_then(Node::as_str);
    let verified = step.config.get("verify");
    Webhook {
        step: step.slug.clone(),
        path,
        verify: verified.and_then(|node| verify::of(definition, node)),
        idempotency_header: word("idempotencyHeader").map(str::to_ascii_lowercase),
        respond: match word("respond") {
            Some("sync") => Respond::Sync,
            _ => Respond::Accepted,
        },
        max_per_minute: step.config.get("maxPerMinute").and_then(Node::as_u64),
        place,
    }
}

/// A path without what the address of every webhook begins with; authors write it with or without.
pub(super) fn below(path: &str) -> &str {
    path.strip_prefix(ALL)
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path)
}

/// The address that a path means, if it is one.
pub fn address(path: &str) -> Option<String> {
    let path = normal(path).ok()?;
    Some(below(&path).to_owned())
}

/// Refuses what is no path.
pub(crate) fn check(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(path) = node.as_str() else {
        return;
    };
    if let Err((message, help)) = normal(path) {
        let message = format!("`{path}` is no path of a webhook: {message}");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help(help),
        );
    }
}

/// A path as it is compared: one slash before each part and none behind the last.
fn normal(path: &str) -> Result<String, (&'static str, &'static str)> {
    const HELP: &str = "write a path such as `/orders/created`";
    if path.contains("://") {
        return Err(("it is a whole address", HELP));
    }
    if path.contains("{{") {
        return Err((
            "it is known before any run, so it has no template",
            "write the path as it is",
        ));
    }
    if path.contains(['?', '#']) {
        return Err((
            "what stands behind `?` or `#` is no part of it",
            "leave that out; a request may bring it",
        ));
    }
    let parts: Vec<&str> = path
        .trim()
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        return Err(("it is empty", HELP));
    }
    if parts.iter().any(|part| *part == "." || *part == "..") {
        return Err(("it leads elsewhere", HELP));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !parts.iter().all(|part| part.bytes().all(fits)) {
        return Err((
            "a part of it has more than letters, digits, `-`, `.`, `_` and `~`",
            HELP,
        ));
    }
    let path = format!("/{}", parts.join("/"));
    if path.len() > LONGEST {
        return Err(("it is longer than 256 characters", HELP));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn what_all_addresses_begin_with_may_be_left_out() {
        let rows = [
            ("/webhooks/new-order", Some("/new-order")),
            ("new-order/", Some("/new-order")),
            ("/webhooks", Some("/webhooks")),
            ("/webhooksx/a", Some("/webhooksx/a")),
            ("/webhooks/webhooks/a", Some("/webhooks/a")),
            ("/a/../b", None),
        ];
        for (path, expected) in rows {
            assert_eq!(super::address(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn one_path_has_one_spelling() {
        let rows = [
            ("/orders/created", Ok("/orders/created")),
            ("orders/created/", Ok("/orders/created")),
            (" //orders//created ", Ok("/orders/created")),
            ("/Orders", Ok("/Orders")),
            ("", Err("it is empty")),
            ("/", Err("it is empty")),
            ("https://example.com/orders", Err("it is a whole address")),
            ("/a/../b", Err("it leads elsewhere")),
            (
                "/orders?id=1",
                Err("what stands behind `?` or `#` is no part of it"),
            ),
            (
                "/orders/{{input.id}}",
                Err("it is known before any run, so it has no template"),
            ),
            (
                "/new orders",
                Err("a part of it has more than letters, digits, `-`, `.`, `_` and `~`"),
            ),
        ];
        for (path, expected) in rows {
            let found = normal(path).map_err(|(message, _)| message);
            assert_eq!(found.as_deref(), expected.as_deref(), "{path}");
        }
    }
}
