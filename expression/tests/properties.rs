//! What holds for every text: nothing panics, and what is written out reads back.

use pawl_expression::{Expression, Template};
use proptest::prelude::*;
use serde_json::{Value, json};

fn scope() -> Value {
    json!({
        "a": { "b": [1, 2.5, { "c": "x" }], "ü": null, "total": 30 },
        "list": [{ "total": 3, "name": "Ada" }, { "total": 40 }, "text", null, [1]],
        "steps": { "get-it": { "output": { "data": [1], "x": true } } },
        "s": "text 🦀", "n": -7, "nowMs": 1_700_000_000_000_u64
    })
}

/// Texts that are nearly expressions.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "a",
        "list",
        "steps",
        ".",
        ".b",
        ".get-it",
        ".output",
        ".data",
        "[",
        "]",
        "[0]",
        "[.",
        "(",
        ")",
        "{",
        "}",
        "{{",
        "}}",
        "{{#",
        "{{^",
        "{{/",
        "{{!",
        "}}}",
        "'",
        "\"",
        "\\",
        "s",
        "n",
        "1",
        "-",
        "2.5",
        "e",
        "+",
        "*",
        "/",
        "//",
        "%",
        "^",
        "==",
        "!=",
        "<",
        ">=",
        "&&",
        "||",
        "!",
        "?",
        ":",
        "?:",
        ",",
        "|",
        "|join",
        "|map('total')",
        "|sort",
        " in ",
        " contains ",
        "true",
        "null",
        " ",
        "\n",
        "ü",
        "🦀",
        "{a: ",
        "`",
        "\u{0}",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

/// Texts that are expressions.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "a.b",
        "a.b[2].c",
        "list",
        "steps.get-it.output.data",
        "s",
        "n",
        "unknown",
        "1",
        "-3",
        "2.5",
        "1e300",
        "''",
        "'it\\'s'",
        "true",
        "null",
        "[]",
        "{}",
        "a['ü']",
        "list[.total > 5]",
        "list.0.name",
    ]);
    let operator = prop::sample::select(vec![
        "+", "-", "*", "/", "//", "%", "^", "==", "!=", "<", "<=", ">", ">=", "in", "contains",
        "includes", "&&", "||", "?:",
    ]);
    let transform = prop::sample::select(vec![
        "upper",
        "trim",
        "length",
        "first",
        "last",
        "join('-')",
        "string",
        "number",
        "boolean",
        "map('total')",
        "filter('total > 5')",
        "flatten",
        "unique",
        "concat([1])",
        "parseJSON",
        "formatList('{name}')",
        "find('total', 3)",
        "sort('total', 'desc')",
        "reverse",
        "slice(1, -1)",
        "chunk(2)",
        "daysAgo",
        "isoDate",
        "isBefore(n)",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(6, 48, 3, move |inner| {
            let pair = (inner.clone(), operator.clone(), inner.clone());
            prop_oneof![
                pair.clone()
                    .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
                pair.prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("{a} ? {b} : {c}")),
                (inner.clone(), transform.clone())
                    .prop_map(|(value, transform)| format!("({value})|{transform}")),
                inner.clone().prop_map(|value| format!("!{value}")),
                inner.clone().prop_map(|value| format!("-({value})")),
                inner
                    .clone()
                    .prop_map(|value| format!("{{{{ {value} }}}}.b")),
                inner
                    .clone()
                    .prop_map(|value| format!("({value})[.total == 3]")),
                (inner.clone(), inner.clone())
                    .prop_map(|(value, index)| format!("({value})[{index}]")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("[{a}, {{k: {b}}}]")),
            ]
        })
}

/// Everything that can be asked of an expression.
fn check_expression(text: &str) {
    let Ok(expression) = Expression::parse(text) else {
        return;
    };
    for reference in expression.references() {
        assert!(text.get(reference.span).is_some(), "{text}");
    }
    let written = expression.to_string();
    let again =
        Expression::parse(&written).unwrap_or_else(|error| panic!("{text} -> {written}: {error}"));
    assert_eq!(again, expression, "{text} -> {written}");
    let (value, value_again) = (expression.evaluate(&scope()), again.evaluate(&scope()));
    assert_eq!(value.clone().ok(), value_again.ok(), "{text} -> {written}");
    match (value, expression.is_true(&scope())) {
        (Ok(_), Ok(_)) => {}
        (Err(error), Err(_)) => assert!(text.get(error.span).is_some(), "{text}"),
        (value, is_true) => panic!("{text}: {value:?} but {is_true:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in prop_oneof![fragments(), ".*"]) {
        if let Err(error) = Expression::parse(&text) {
            prop_assert!(text.get(error.span).is_some());
        }
        check_expression(&text);
        match Template::parse(&text) {
            Err(error) => prop_assert!(text.get(error.span).is_some()),
            Ok(template) => match template.render(&scope()) {
                Err(error) => prop_assert!(text.get(error.span).is_some()),
                Ok(value) => prop_assert!(!template.is_literal() || value == text.as_str()),
            },
        }
    }

    #[test]
    fn expressions_read_back(text in expressions()) {
        prop_assert!(Expression::parse(&text).is_ok(), "{}", text);
        check_expression(&text);
    }

    #[test]
    fn a_template_of_one_expression_is_its_value(text in expressions()) {
        let value = Expression::parse(&text).expect("an expression").evaluate(&scope());
        // At the beginning of a tag, `!` would make it a comment.
        let template = if text.starts_with('!') { format!("{{{{ ({text}) }}}}") } else { format!("{{{{ {text} }}}}") };
        let rendered = Template::parse(&template).expect("a template").render(&scope());
        match (value, rendered) {
            (Ok(value), Ok(rendered)) => prop_assert_eq!(value, rendered),
            // A template may not be missing, where an expression is null.
            (Ok(value), Err(error)) => prop_assert!(value.is_null() && error.message.ends_with("is missing"), "{}", error),
            (Err(left), Err(right)) => prop_assert_eq!(left.message, right.message),
            (Err(left), Ok(right)) => prop_assert!(false, "{} but {}", left, right),
        }
    }
}
