//! Tables of fields: what an object of a definition may hold, and what each field must be.
//!
//! `("temperature", Number(0.0, 2.0))` refuses `"temperature": "hot"` and makes `temprature` a near name.

use crate::diagnostic::{Diagnostic, Fix, codes, near};
use crate::source::{Data, Node};

/// One field: its name and what it must be.
pub(crate) type Field = (&'static str, Shape);

/// What the value of a field must be. Null stands for a field that is not there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// Anything, or something that is checked elsewhere.
    Any,
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number between these two, both included.
    Number(f64, f64),
    /// A whole number between these two, both included.
    Whole(u64, u64),
    /// An object.
    Object,
    /// A list.
    List,
    /// A list of strings.
    Texts,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// Whether a template may stand for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Templates {
    /// The object is rendered when the step runs.
    Allowed,
    /// The object is read as it is.
    Refused,
}

/// No number is too large.
pub(crate) const ANY: u64 = u64::MAX;

/// Checks an object against its table; `what` is it for people: `a step`.
pub(crate) fn check(
    node: &Node,
    fields: &[Field],
    what: &str,
    templates: Templates,
    diagnostics: &mut Vec<Diagnostic>,
) {
    unknown(
        node,
        &fields.iter().map(|(name, _)| *name),
        what,
        diagnostics,
    );
    for (name, shape) in fields {
        if let Some(value) = node.get(name) {
            diagnostics.extend(misfit(value, &format!("`{name}`"), *shape, templates));
        }
    }
}

/// Warns of fields that nothing reads, with a near name.
pub(crate) fn unknown<'name>(
    node: &Node,
    known: &(impl Iterator<Item = &'name str> + Clone),
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for entry in node.entries() {
        if known.clone().any(|name| name == entry.key) {
            continue;
        }
        let message = format!("{what} has no field `{}`; it is ignored", entry.key);
        // A field that is there already cannot be the one that was meant.
        let absent = known.clone().filter(|name| node.get(name).is_none());
        diagnostics.push(
            Diagnostic::warning(codes::UNKNOWN_FIELD, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .meant(&entry.key, near(&entry.key, absent)),
        );
    }
}

/// What there is to say about a value that must have a shape; `what` names it: `` `temperature` ``.
pub(crate) fn misfit(
    node: &Node,
    what: &str,
    shape: Shape,
    templates: Templates,
) -> Option<Diagnostic> {
    let is_template = node.as_str().is_some_and(|text| text.contains("{{"));
    if node.is_null() || (templates == Templates::Allowed && is_template) {
        return None;
    }
    let refuse = |asked: String| {
        let found = match &node.data {
            Data::Number(number) => format!("{number}"),
            Data::Bool(flag) => format!("`{flag}`"),
            Data::String(text) if text.len() <= 40 => format!("the text `{text}`"),
            Data::Null | Data::String(_) | Data::Array(_) | Data::Object(_) => {
                node.noun().to_owned()
            }
        };
        let message = format!("{what} is {asked}, not {found}");
        Some(Diagnostic::error(codes::INVALID_VALUE, message).on(node))
    };
    match (shape, &node.data) {
        (Shape::Any, _)
        | (Shape::Text, Data::String(_))
        | (Shape::Flag, Data::Bool(_))
        | (Shape::Object, Data::Object(_))
        | (Shape::List, Data::Array(_)) => None,
        (Shape::Text, _) => refuse("a string".to_owned()),
        (Shape::Object, _) => refuse("an object".to_owned()),
        (Shape::List, _) => refuse("a list".to_owned()),
        (Shape::Flag, _) => {
            let quoted = node
                .as_str()
                .filter(|text| ["true", "false"].contains(text));
            refuse("`true` or `false`".to_owned()).map(|found| unquote(found, node, quoted))
        }
        (Shape::Number(least, most), Data::Number(number))
            if number
                .as_f64()
                .is_some_and(|number| (least..=most).contains(&number)) =>
        {
            None
        }
        (Shape::Whole(least, most), Data::Number(number))
            if number
                .as_u64()
                .is_some_and(|number| (least..=most).contains(&number)) =>
        {
            None
        }
        (Shape::Number(least, most), _) => refuse(range(
            "a number",
            least > f64::MIN,
            most < f64::MAX,
            least,
            most,
        ))
        .map(|found| unquote(found, node, numeral(node))),
        (Shape::Whole(least, most), _) => {
            refuse(range("a whole number", true, most < ANY, least, most))
                .map(|found| unquote(found, node, numeral(node)))
        }
        (Shape::Texts, Data::Array(elements)) => elements.iter().find_map(|element| {
            misfit(element, &format!("each of {what}"), Shape::Text, templates)
        }),
        (Shape::Texts, _) => refuse("a list of strings".to_owned()),
        (Shape::OneOf(words), Data::String(word)) if words.contains(&word.as_str()) => None,
        (Shape::OneOf(words), data) => {
            let found = refuse(format!("one of {}", list(words)))?;
            let Data::String(word) = data else {
                return Some(found);
            };
            Some(found.meant(word, near(word, words.iter().copied())))
        }
    }
}

/// Words in a row, each marked as one: `` `a`, `b` or `c` ``.
pub(crate) fn list(words: &[&str]) -> String {
    let marked: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match marked.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn range<N: std::fmt::Display>(
    noun: &str,
    has_least: bool,
    has_most: bool,
    least: N,
    most: N,
) -> String {
    match (has_least, has_most) {
        (true, true) => format!("{noun} from {least} to {most}"),
        (true, false) => format!("{noun}, {least} or more"),
        (false, true) => format!("{noun}, at most {most}"),
        (false, false) => noun.to_owned(),
    }
}

/// The text of a node that is a number in quotes.
fn numeral(node: &Node) -> Option<&str> {
    let text = node.as_str()?;
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    (number.to_string() == text).then_some(text)
}

/// Offers to take quotes away.
fn unquote(diagnostic: Diagnostic, node: &Node, text: Option<&str>) -> Diagnostic {
    match text {
        Some(text) => diagnostic
            .help(format!("write `{text}` without quotes"))
            .fix(Fix::replace(node.span.clone(), text)),
        None => diagnostic,
    }
}
