//! What EventBridge compares by where a value alone does not do: `{ "prefix": "A-" }`, `{ "numeric": [">", 5] }`.

use std::net::IpAddr;

use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Entry, Node};

/// The operators, and what each compares with.
const OPERATORS: [(&str, &str); 8] = [
    ("prefix", "a text"),
    ("suffix", "a text"),
    (
        "anything-but",
        "a text, a number, a list of them, or `{ \"prefix\": \"A\" }`",
    ),
    (
        "numeric",
        "comparisons such as `[\">\", 0, \"<=\", 5]`, one or two of them",
    ),
    ("exists", "`true` or `false`"),
    ("cidr", "a network, such as `10.0.0.0/24`"),
    ("equals-ignore-case", "a text"),
    ("wildcard", "a text"),
];

/// Says what is wrong with an operator in a list of a filter.
pub(super) fn problem(entry: &Entry) -> Option<Diagnostic> {
    let Some((name, needs)) = OPERATORS.iter().find(|(name, _)| *name == entry.key) else {
        let names: Vec<&str> = OPERATORS.iter().map(|(name, _)| *name).collect();
        let message = format!("EventBridge compares by no `{}`", entry.key);
        let near = near(&entry.key, names.iter().copied());
        let help = near.map_or_else(
            || format!("it compares by {}", crate::fields::list(&names)),
            |near| format!("did you mean `{near}`?"),
        );
        return Some(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help(help),
        );
    };
    (!fits(name, &entry.node)).then(|| {
        Diagnostic::error(
            codes::INVALID_VALUE,
            format!("`{name}` compares with {needs}"),
        )
        .on(&entry.node)
        .help("write what the event's field is compared with")
    })
}

fn fits(name: &str, node: &Node) -> bool {
    match name {
        "exists" => matches!(node.data, Data::Bool(_)),
        "numeric" => is_numeric(node.elements()),
        "cidr" => node.as_str().is_some_and(is_network),
        "anything-but" => is_scalar(node) || all(node, is_scalar) || is_text_operator(node),
        "prefix" | "suffix" => node.as_str().is_some() || ignores_case(node),
        _ => node.as_str().is_some(),
    }
}

fn is_scalar(node: &Node) -> bool {
    matches!(node.data, Data::String(_) | Data::Number(_))
}

fn is_text(node: &Node) -> bool {
    node.as_str().is_some()
}

fn all(node: &Node, fits: impl Fn(&Node) -> bool) -> bool {
    !node.elements().is_empty() && node.elements().iter().all(fits)
}

fn ignores_case(node: &Node) -> bool {
    let text = node.get("equals-ignore-case");
    node.entries().len() == 1 && text.is_some_and(is_text)
}

/// `{ "prefix": "A" }`, or a list of texts in it.
fn is_text_operator(node: &Node) -> bool {
    let [entry] = node.entries() else {
        return false;
    };
    let names = ["prefix", "suffix", "wildcard", "equals-ignore-case"];
    names.contains(&entry.key.as_str()) && (is_text(&entry.node) || all(&entry.node, is_text))
}

fn is_numeric(elements: &[Node]) -> bool {
    let is_pair = |pair: &[Node]| {
        let [sign, number] = pair else {
            return false;
        };
        let is_sign = sign
            .as_str()
            .is_some_and(|sign| ["=", "<", "<=", ">", ">="].contains(&sign));
        is_sign && matches!(number.data, Data::Number(_))
    };
    [2, 4].contains(&elements.len()) && elements.chunks(2).all(is_pair)
}

fn is_network(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}
