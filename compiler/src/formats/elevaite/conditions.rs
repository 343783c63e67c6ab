//! Conditions: as a text with the format's operators, as an object, or as a list of objects.

mod object;
mod parse;
mod words;

use super::super::Translation;
use super::super::build::text;
use super::texts::{Names, Texts};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};
pub(super) use object::{OPERATOR_KEYS, is_of_comparison};

/// The operators between two values, and those of one value.
pub(super) const OPERATORS: [&str; 16] = [
    "==",
    "!=",
    ">=",
    "<=",
    ">",
    "<",
    "not_contains",
    "contains",
    "not_in",
    "in",
    "starts_with",
    "ends_with",
    "regex_match",
    "is_not_empty",
    "is_empty",
    "is_not_null",
];

/// The one that is left, and words that mean one of them.
const MORE: [(&str, &str); 17] = [
    ("is_null", "is_null"),
    ("equals", "=="),
    ("eq", "=="),
    ("===", "=="),
    ("not_equals", "!="),
    ("ne", "!="),
    ("!==", "!="),
    ("greater_than", ">"),
    ("gt", ">"),
    ("greater_than_or_equal", ">="),
    ("gte", ">="),
    ("less_than", "<"),
    ("lt", "<"),
    ("less_than_or_equal", "<="),
    ("lte", "<="),
    ("startswith", "starts_with"),
    ("endswith", "ends_with"),
];

/// The operator that a word names.
pub(super) fn operator(word: &str) -> Option<&'static str> {
    let more = || {
        MORE.iter()
            .find(|(name, _)| *name == word)
            .map(|(_, operator)| *operator)
    };
    OPERATORS
        .into_iter()
        .find(|name| *name == word)
        .or_else(more)
}

/// The condition as an expression.
pub(super) fn expression(
    node: &Node,
    names: &Names,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Node {
    let found = texts.deciding(node, || one(node, names, texts, translation));
    // Something stands in for what was refused, that no lint has anything to say of.
    text(node, found.unwrap_or_else(|| "lastOutput".to_owned()))
}

fn one(
    node: &Node,
    names: &Names,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Option<String> {
    match &node.data {
        Data::Bool(flag) => Some(flag.to_string()),
        Data::String(condition) => Some(parse::expression(condition, names, texts)),
        Data::Array(conditions) => all(conditions, "&&", names, texts, translation),
        Data::Object(_) => object::object(node, names, texts, translation),
        Data::Null | Data::Number(_) => {
            let message = format!(
                "a condition is a text, an object or a list, not {}",
                node.noun()
            );
            translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
            None
        }
    }
}

/// Several conditions, joined.
fn all(
    conditions: &[Node],
    joined_by: &str,
    names: &Names,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Option<String> {
    let conditions = conditions.iter();
    let parts: Option<Vec<String>> = conditions
        .map(|condition| Some(format!("({})", one(condition, names, texts, translation)?)))
        .collect();
    let parts = parts?;
    if parts.is_empty() {
        return Some("true".to_owned());
    }
    Some(parts.join(&format!(" {joined_by} ")))
}

/// An operator with its operands, as an expression.
pub(super) fn written(operator: &str, left: &str, right: &str) -> String {
    const EMPTY: &str = "[null, '', [], {}]";
    match operator {
        "contains" => format!("({left} ?? []) contains {right}"),
        "not_contains" => format!("!(({left} ?? []) contains {right})"),
        "in" => format!("{left} in {right}"),
        "not_in" => format!("!({left} in {right})"),
        "starts_with" => format!("({left} ?? '')|startsWith({right})"),
        "ends_with" => format!("({left} ?? '')|endsWith({right})"),
        "regex_match" => format!("({left} ?? '')|matches({right})"),
        "is_empty" => format!("({left} ?? null) in {EMPTY}"),
        "is_not_empty" => format!("!(({left} ?? null) in {EMPTY})"),
        "is_null" => format!("({left} ?? null) == null"),
        "is_not_null" => format!("({left} ?? null) != null"),
        operator => format!("{left} {operator} {right}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{Notation, convert};

    /// The expression that a condition becomes.
    fn expression(condition: &Value) -> String {
        let workflow = json!({ "name": "Example", "steps": [
            { "step_id": "ask-1", "step_type": "agent_execution", "parameters": { "query": "Hi" }, "next_steps": ["is_so"] },
            { "step_id": "is_so", "step_type": "condition", "parameters": { "condition": condition }, "next_steps": [] }
        ] });
        let converted = convert(&workflow.to_string(), Notation::Json, None);
        let definition = converted.definition.expect("it is JSON");
        let found = definition.pointer("/steps/2/config/expression");
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    #[test]
    fn every_operator_and_form_becomes_an_expression() {
        let rows = [
            (
                json!("{{input.priority}} == 'high'"),
                "input.priority == 'high'",
            ),
            (json!("priority == \"high\""), "input.priority == 'high'"),
            (
                json!("'{{priority}}' == 'high'"),
                "input.priority == 'high'",
            ),
            (
                json!("a > 3 and b <= 2.5"),
                "(input.a > 3) && (input.b <= 2.5)",
            ),
            (
                json!("a or b and not c"),
                "(input.a) || ((input.b) && (!(input.c)))",
            ),
            (json!("not a == 1"), "!(input.a == 1)"),
            (
                json!("(a || b) && !c"),
                "(((input.a) || (input.b))) && (!(input.c))",
            ),
            (json!("a in ['x', 'y']"), "input.a in ['x', 'y']"),
            (json!("a not in ['x']"), "!(input.a in ['x'])"),
            (
                json!("tags contains 'vip'"),
                "(input.tags ?? []) contains 'vip'",
            ),
            (
                json!("a is_empty"),
                "(input.a ?? null) in [null, '', [], {}]",
            ),
            (
                json!("a starts_with 'A-'"),
                "(input.a ?? '')|startsWith('A-')",
            ),
            (
                json!(r"a regex_match '^\d+$'"),
                r"(input.a ?? '')|matches('^\\d+$')",
            ),
            (
                json!("ask-1.score >= 0.5"),
                "(steps.ask-1.output.score ?? steps.ask-1.output|at('score') ?? steps.ask-1.output.response|at('score') ?? null) >= 0.5",
            ),
            (json!("a == None"), "input.a == null"),
            (
                json!("a.length > 2 ? true : false"),
                "input.a.length > 2 ? true : false",
            ),
            (
                json!("a == 3 and a + 1 > 3"),
                "(input.a == 3) && (input.a + 1 > 3)",
            ),
            (
                json!("not (a + 1 > 3 or tags contains 'vip') AND {{b * 2 > 4 or c}}"),
                "(!(((input.a + 1 > 3) || ((input.tags ?? []) contains 'vip')))) && (((input.b * 2 > 4) || (input.c)))",
            ),
            (json!(true), "true"),
            (json!([]), "true"),
            (
                json!({ "field": "ask-1.output.tags", "operator": "not_contains", "value": "x" }),
                "!(((steps.ask-1.output.tags ?? steps.ask-1.output|at('tags') ?? steps.ask-1.output.response|at('tags') ?? null) ?? []) contains 'x')",
            ),
            (
                json!({ "field": "a", "operator": "equals", "value": "{{b}}" }),
                "input.a == input.b",
            ),
            (
                json!({ "or": [{ "field": "a", "operator": "is_null" }, { "not": "b > 1" }] }),
                "((input.a ?? null) == null) || (!(input.b > 1))",
            ),
            (
                json!({ "operator": "or", "conditions": ["a == 1", "b == 2"] }),
                "(input.a == 1) || (input.b == 2)",
            ),
            (
                json!({ "logical": "OR", "conditions": ["a == 1", "b == 2"] }),
                "(input.a == 1) || (input.b == 2)",
            ),
            (
                json!({ "AND": ["a == 1", { "Not": ["b == 2"] }] }),
                "(input.a == 1) && (!((input.b == 2)))",
            ),
            (
                json!({ "field": "a", "op": "gt", "value": 2, "id": "c1" }),
                "input.a > 2",
            ),
            (
                json!({ "field": "a", "value": null, "and": null }),
                "input.a == null",
            ),
            (
                json!(["a == 1", "b == 2"]),
                "(input.a == 1) && (input.b == 2)",
            ),
        ];
        for (condition, expected) in rows {
            assert_eq!(expression(&condition), expected, "{condition}");
        }
    }

    #[test]
    fn names_that_are_no_words_are_names() {
        let of_step = "steps.ask-1.output.n ?? steps.ask-1.output|at('n') ?? steps.ask-1.output.response|at('n')";
        let rows = [
            ("ask-1.n + 1 > 2", format!("({of_step}) + 1 > 2")),
            ("{{ask-1.n}} > 2", format!("({of_step} ?? null) > 2")),
            ("first-name == 'x'", "input['first-name'] == 'x'".to_owned()),
            (
                "v['in all'] is_null",
                "(input.v['in all'] ?? null) == null".to_owned(),
            ),
        ];
        for (condition, expected) in rows {
            assert_eq!(expression(&json!(condition)), expected, "{condition}");
        }
    }
}
