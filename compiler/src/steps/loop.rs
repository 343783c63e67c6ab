//! `loop`: goes through a list, one item after the other.

use pawl_contract::reference::ROOTS;
use pawl_expression::Template;

use super::{required, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::source::Data;

/// Words that mean something of their own in an expression.
pub(crate) const RESERVED: [&str; 7] = [
    "true",
    "false",
    "null",
    "undefined",
    "in",
    "contains",
    "includes",
];

/// The fields of a loop's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("items", Shape::Any),
    ("itemVariable", Shape::Text),
    ("indexVariable", Shape::Text),
    ("maxIterations", Shape::Count),
    ("continueOnError", Shape::Flag),
    ("concurrency", Shape::Count),
    ("description", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "add the list to go through: `\"items\": \"{{steps.find.output.page}}\"`";
    if let Some(items) = required(step, "items", help, diagnostics)
        && !matches!(items.data, Data::String(_) | Data::Array(_))
    {
        diagnostics.push(wrong(
            items,
            "`items` is a list, or a template that gives one",
        ));
    }
    let items = step.config.get("items");
    if let Some((items, text)) = items.and_then(|items| Some((items, items.as_str()?)))
        && let Ok(template) = Template::parse(text)
        && (template.is_literal() || is_mixed(text))
    {
        let help = if template.is_literal() {
            format!("write `{{{{{text}}}}}` if that is where the list is")
        } else {
            "leave only the one template that gives the list".to_owned()
        };
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                "`items` is a text, which is never a list",
            )
            .on(items)
            .help(help),
        );
    }
    for field in ["itemVariable", "indexVariable"] {
        let node = step.config.get(field);
        let Some((node, name)) = node.and_then(|node| Some((node, node.as_str()?))) else {
            continue;
        };
        // The words that mean the item anyway may be said.
        if [("itemVariable", "item"), ("indexVariable", "index")].contains(&(field, name)) {
            continue;
        }
        if !can_be_bound(name) {
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("`{name}` cannot be the name of an item"),
                )
                .on(node)
                .help("use a word of letters, digits and `_` that has no meaning yet"),
            );
        }
    }
}

/// Whether a template that can be read has more in it than one value, so that it renders as a text.
fn is_mixed(text: &str) -> bool {
    // What stands before the end of an expression cannot be read without it.
    let is_first = |(at, braces): (usize, &str)| {
        let end = at + braces.len();
        let parts = (text.get(..end), text.get(end..));
        matches!(parts, (Some(first), Some(rest)) if !rest.is_empty() && Template::parse(first).is_ok())
    };
    let has_comment = text.contains("{{!");
    !text.starts_with("{{")
        || !text.ends_with("}}")
        || text.starts_with("{{#")
        || text.starts_with("{{^")
        || (!has_comment && text.match_indices("}}").any(is_first))
}

/// Whether a word can be the name of a variable or an item: a root of an expression without a meaning of its own.
pub(crate) fn can_be_bound(name: &str) -> bool {
    !ROOTS.contains(&name) && is_name(name)
}

/// Whether a word can be written as a root of an expression.
fn is_name(name: &str) -> bool {
    !RESERVED.contains(&name)
        && name
            .starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '$')
        && name.chars().all(|character| {
            character.is_ascii_alphanumeric() || character == '_' || character == '$'
        })
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, compile};

    /// The errors about a loop's configuration.
    fn errors(config: &str) -> Vec<String> {
        let workflow = format!(
            r#"{{"name": "Example", "steps": [
                {{"stepSlug": "each_one", "stepType": "loop", "config": {{{config}}}, "nextSteps": {{"next": "keep_it", "done": "end"}}}},
                {{"stepSlug": "keep_it", "stepType": "action", "config": {{"type": "set_variables", "parameters": {{"a": 1}}}}, "nextSteps": {{"success": "each_one"}}}}
            ]}}"#
        );
        let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
        let found = found.into_iter().filter(crate::Diagnostic::is_error);
        found.map(|one| one.message).collect()
    }

    #[test]
    fn items_are_one_template_or_a_list() {
        let rows = [
            (r#""items": "{{input.a}}""#, true),
            (r#""items": "{{ input.a ?: [] }}""#, true),
            (r#""items": "{{input.a[.b == '}}']}}""#, true),
            (r#""items": "{{! All. }}{{input.a}}""#, true),
            (r#""items": [1, 2]"#, true),
            (r#""items": "{{input.a}} x""#, false),
            (r#""items": "{{input.a}} ""#, false),
            (r#""items": "{{input.a}}{{input.b}}""#, false),
            (r#""items": "{{#input.a}}x{{/input.a}}""#, false),
            (r#""items": "input.a""#, false),
        ];
        for (config, is_fine) in rows {
            let found = errors(config);
            let expected = ["`items` is a text, which is never a list"];
            assert_eq!(
                found,
                expected.get(usize::from(is_fine)..).unwrap_or_default(),
                "{config}"
            );
        }
    }

    #[test]
    fn each_name_that_cannot_be_given_is_said_once() {
        let rows = [
            (
                r#""itemVariable": "item", "indexVariable": "index""#,
                vec![],
            ),
            (
                r#""itemVariable": "steps", "indexVariable": "steps""#,
                vec!["steps", "steps"],
            ),
            (r#""itemVariable": "true""#, vec!["true"]),
            (r#""indexVariable": "contains""#, vec!["contains"]),
        ];
        for (config, names) in rows {
            let found = errors(&format!(
                r#""items": "{{{{input.a}}}}", "maxIterations": 5.0, {config}"#
            ));
            let expected = names
                .iter()
                .map(|name| format!("`{name}` cannot be the name of an item"));
            assert_eq!(found, expected.collect::<Vec<_>>(), "{config}");
        }
    }
}
