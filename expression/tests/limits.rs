//! What an expression may cost: how deep, how long, how much.

use pawl_expression::{Cause, Expression, Template};
use serde_json::{Value, json};

#[test]
fn nothing_is_too_deep_too_long_or_too_big() {
    let chain = |count: usize| vec!["a"; count].join(" || ");
    let accepted = [
        format!("{}1{}", "(".repeat(60), ")".repeat(60)),
        chain(250),
        format!("a{}", "|string".repeat(250)),
        format!("{}a{}", "[{k: ".repeat(30), "}]".repeat(30)),
        format!("{}1", "1 ?: ".repeat(60)),
        format!("a{}", ".b".repeat(10_000)),
        format!("[{}1]", "1, ".repeat(10_000)),
    ];
    for text in accepted {
        let expression = Expression::parse(&text).expect("an expression");
        assert!(
            expression.evaluate(&json!({ "a": 0 })).is_ok(),
            "{text:.20}"
        );
        assert_eq!(
            Expression::parse(&expression.to_string()),
            Ok(expression),
            "{text:.20}"
        );
    }
    let refused = [
        format!("{}1", "(".repeat(100_000)),
        format!("{}1", "!".repeat(100_000)),
        format!("{}1", "- ".repeat(100_000)),
        format!("{}1", "[".repeat(100_000)),
        format!("{}1", "{a:".repeat(100_000)),
        format!("{}1", "{{".repeat(100_000)),
        format!("{}1", "a ? ".repeat(100_000)),
        format!("{}1", "a ?: ".repeat(100_000)),
        format!("a{}", "|upper".repeat(100_000)),
        format!("{}a", "a[".repeat(100_000)),
        chain(100_000),
    ];
    for text in refused {
        assert!(Expression::parse(&text).is_err(), "{text:.20}");
    }
    assert!(Template::parse(&"{{#a}}".repeat(100_000)).is_err());
}

#[test]
fn an_evaluation_that_makes_too_much_stops() {
    let scope: Value = json!({ "text": "x".repeat(1_000_000), "list": vec![1; 2_000] });
    let sections = "{{#list}}{{#list}}x{{/list}}{{/list}}";
    let error = Template::parse(sections)
        .expect("a template")
        .render(&scope)
        .expect_err("4 million steps");
    assert_eq!(
        (error.cause, error.to_string()),
        (
            Cause::Limit,
            "this takes more than 2000000 steps".to_owned()
        )
    );
    let copies = format!("[{}1]", "text, ".repeat(100));
    let fillings = format!("list{}", "|concat(list)|concat(list)|reverse".repeat(60));
    for too_big in [
        copies.clone(),
        format!("{{a: {copies}}}"),
        format!("{copies}|string"),
        format!("{copies}|chunk(7)"),
        format!("{copies}|join"),
        format!("1|string|hasOverlap({copies})"),
        format!("{fillings}|length"),
    ] {
        let error = Expression::parse(&too_big)
            .expect("an expression")
            .evaluate(&scope)
            .expect_err("100 MB");
        assert_eq!(
            (error.cause, error.to_string()),
            (Cause::Limit, "this makes more than 16 MiB".to_owned()),
            "{too_big:.60}"
        );
    }
    // What nobody keeps is not copied.
    let length = Expression::parse(&format!("{copies}.length")).expect("an expression");
    assert_eq!(length.evaluate(&scope), Ok(101.into()));
}
