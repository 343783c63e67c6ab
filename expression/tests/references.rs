//! What expressions and templates refer to.

use pawl_expression::{Expression, Reference, Segment, Template};

/// A reference as a line: its path, `*` where it is dynamic, then the marks.
fn line(reference: &Reference, text: &str) -> String {
    let path = reference.path.iter().map(|segment| match segment {
        Segment::Name(name) => name.clone(),
        Segment::Index(index) => index.to_string(),
        Segment::Dynamic => "*".to_owned(),
    });
    let default = if reference.has_default {
        " default"
    } else {
        ""
    };
    let relative = if reference.relative { " relative" } else { "" };
    let place = text
        .get(reference.span.clone())
        .expect("a span of the text");
    format!(
        "{} @ {place}{default}{relative}",
        path.collect::<Vec<_>>().join("/")
    )
}

#[test]
fn references_are_found_in_the_order_of_the_text() {
    let rows: [(&str, &[&str]); 9] = [
        ("1 + 'a'", &[]),
        (
            "steps.get-customer.output.email == 'x'",
            &["steps/get-customer/output/email @ steps.get-customer.output.email"],
        ),
        (
            "a[0].b['c d'][i][.x > y.z]",
            &[
                "a/0/b/c d/*/* @ a[0].b['c d'][i][.x > y.z]",
                "i @ i",
                "y/z @ y.z",
            ],
        ),
        ("{{ä.b}} > c|join(d)", &["ä/b @ ä.b", "c @ c", "d @ d"]),
        ("a.b ?: c", &["a/b @ a.b default", "c @ c"]),
        (
            "(a + b ?: c) + (d ? e : f)",
            &[
                "a @ a default",
                "b @ b default",
                "c @ c",
                "d @ d",
                "e @ e",
                "f @ f",
            ],
        ),
        ("a ?: b ?: c", &["a @ a default", "b @ b default", "c @ c"]),
        ("[a, {k: b}, !c, -d]", &["a @ a", "b @ b", "c @ c", "d @ d"]),
        (
            "steps[name].output",
            &["steps/*/output @ steps[name].output", "name @ name"],
        ),
    ];
    for (text, expected) in rows {
        let references = Expression::parse(text).expect("an expression").references();
        assert_eq!(
            references
                .iter()
                .map(|reference| line(reference, text))
                .collect::<Vec<_>>(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn references_in_sections_may_be_relative() {
    let text = "{{a.b}} {{#list}}{{name}} {{.other}}{{^c}}{{d}}{{/c}}{{/list}} {{e}}";
    let references = Template::parse(text).expect("a template").references();
    let lines = references
        .iter()
        .map(|reference| line(reference, text))
        .collect::<Vec<_>>();
    assert_eq!(
        lines,
        [
            "a/b @ a.b",
            "list @ list",
            "name @ name relative",
            "c @ c relative",
            "d @ d relative",
            "e @ e"
        ]
    );
}
