//! What is said about texts that are not expressions, and about values that do not fit.

use pawl_expression::{Cause, Expression, SyntaxError, Template};
use serde_json::json;

/// An error as a line: the text that it points at, the message, the help.
fn line(error: &SyntaxError, text: &str) -> String {
    let place = text.get(error.span.clone()).expect("a span of the text");
    let help = error
        .help
        .as_ref()
        .map_or(String::new(), |help| format!(" ({help})"));
    format!("<{place}> {}{help}", error.message)
}

#[test]
fn syntax_errors_point_and_help() {
    let rows = [
        ("", "<> expected a value, but the text ends"),
        ("a +", "<> expected a value, but the text ends"),
        ("a b", "<b> expected an operator, found `b`"),
        (
            "a and b",
            "<and> expected an operator, found `and` (write `&&`)",
        ),
        (
            "a = 'x'",
            "<=> expected an operator, found `=` (write `==` to compare)",
        ),
        ("a === 'x'", "<===> `===` is not an operator (write `==`)"),
        ("a !== 'x'", "<!==> `!==` is not an operator (write `!=`)"),
        ("a == 'x", "<'x> this text has no end (end it with `'`)"),
        ("a.", "<> expected a name after `.`, but the text ends"),
        ("a[0", "<> expected `]` to go with `[`, but the text ends"),
        ("(a", "<> expected `)` to go with `(`, but the text ends"),
        (
            "a ? b",
            "<> expected `:` to go with `? … :`, but the text ends",
        ),
        (
            "a|uper",
            "<uper> there is no transform `uper` (did you mean `upper`?)",
        ),
        (
            "a|frobnicate",
            "<frobnicate> there is no transform `frobnicate`",
        ),
        ("a|map", "<map> `map` takes 1 argument, not 0"),
        (
            "a|slice(1, 2, 3)",
            "<slice(1, 2, 3)> `slice` takes 1 to 2 arguments, not 3",
        ),
        ("a|upper(1)", "<upper(1)> `upper` takes no arguments, not 1"),
        (
            "max(a, b)",
            "<max> there is no function `max` (transforms are written after a value: `value|name(…)`)",
        ),
        (
            "{'{{a}}': 1}",
            "<'> a key cannot hold `{{` (build the object in a transform, where keys are templates)",
        ),
        (
            "'{{a' == 'x'",
            "<'> expected `}` to go with `{{`, found `'` (close the template with `}}`)",
        ),
        (
            "{{a == 1",
            "<> expected `}` to go with `{{`, but the text ends (close the template with `}}`)",
        ),
        ("ü == ", "<> expected a value, but the text ends"),
        ("a == 🦀", "<🦀> expected a value, found `🦀`"),
        (
            "2nd",
            "<2nd> `2nd` is not a number (a member whose name begins with a digit is written `['2nd']`)",
        ),
        ("{a b}", "<b> expected `:` to go with a key, found `b`"),
        ("not a", "<not> `not` is not an operator (write `!`)"),
        (
            "a is b",
            "<is> expected an operator, found `is` (write `==`)",
        ),
        (
            "a is not null",
            "<is> expected an operator, found `is` (write `!=`)",
        ),
        ("a & b", "<&> expected an operator, found `&` (write `&&`)"),
        ("[1,,2]", "<,> expected a value, found `,`"),
    ];
    for (text, expected) in rows {
        let error = Expression::parse(text).expect_err(text);
        assert_eq!(line(&error, text), expected, "{text}");
    }
}

#[test]
fn template_errors_point_and_help() {
    let rows = [
        ("a {{", "<> expected a value, but the text ends"),
        ("a {{}}", "<}> expected a value, found `}`"),
        ("a {{b", "<{{> this has no end: `}}` is missing"),
        ("a {{b}", "<{{> this has no end: `}}` is missing"),
        ("a {{{b}}", "<{{{> this has no end: `}}}` is missing"),
        ("a {{b c}}", "<c> expected an operator, found `c`"),
        (
            "{{#a}}x",
            "<{{> this section has no end (end it with `{{/a}}`)",
        ),
        (
            "{{#a}}x{{/b}}",
            "<{{/b}}> no section `b` is open here (the open section ends with `{{/a}}`)",
        ),
        ("x{{/a}}", "<{{/a}}> no section `a` is open here"),
        (
            "{{>part}}",
            "<{{>part}}> partials are not supported (write the text here, or keep it in a variable: `{{greeting}}`)",
        ),
        (
            "{{=<% %>=}}",
            "<{{=<% %>=}}> other delimiters are not supported (leave out this tag; expressions stand between `{{` and `}}`)",
        ),
        (
            "a {{! never closed }",
            "<{{! never closed }> this has no end: `}}` is missing",
        ),
        (
            "ü {{#ä}}🦀{{/ö}}",
            "<{{/ö}}> no section `ö` is open here (the open section ends with `{{/ä}}`)",
        ),
    ];
    for (text, expected) in rows {
        let error = Template::parse(text).expect_err(text);
        assert_eq!(line(&error, text), expected, "{text}");
    }
}

/// The text after the fix that an error offers, if it offers one.
#[test]
fn fixes_make_expressions() {
    let rows = [
        ("a === 'x'", Some("a == 'x'")),
        ("a !== 'x'", Some("a != 'x'")),
        ("a = 'x'", Some("a == 'x'")),
        ("a => 1", Some("a >= 1")),
        ("a =< 1", Some("a <= 1")),
        ("a and b", Some("a && b")),
        ("a OR b", Some("a || b")),
        ("a & b", Some("a && b")),
        ("not a", Some("!a")),
        ("not  (a || b)", Some("!(a || b)")),
        ("not a.b[0]|length && c", Some("!a.b[0]|length && c")),
        ("(not a ? 1 : 2)", Some("(!a ? 1 : 2)")),
        ("not 'x' || b", Some("!'x' || b")),
        ("x && not a", Some("x && !a")),
        // `!a == b` is `(!a) == b`, which is hardly what was meant.
        ("not a == b", None),
        ("not (a) > 1", None),
        ("a not in b", None),
        ("a is b", None),
        ("a|uper", Some("a|upper")),
        ("a|lenght|string", Some("a|length|string")),
        ("a|find_by('b')", None),
        ("a|frobnicate", None),
        ("a b", None),
        ("ä === 'ö'", Some("ä == 'ö'")),
    ];
    for (text, expected) in rows {
        let fix = Expression::parse(text).expect_err(text).fix;
        let fixed = fix.map(|fix| fix.apply(text));
        assert_eq!(fixed.as_deref(), expected, "{text}");
        if let Some(fixed) = fixed {
            assert!(Expression::parse(&fixed).is_ok(), "{fixed}");
        }
    }
    let template = "ü {{#a}}{{x === 1}}{{/a}}";
    let fix = Template::parse(template).expect_err(template).fix;
    assert_eq!(
        fix.map(|fix| fix.apply(template)).as_deref(),
        Some("ü {{#a}}{{x == 1}}{{/a}}")
    );
    // A text with several mistakes is mended one after the other.
    let mut text = "not a and b === c|lenght".to_owned();
    while let Err(error) = Expression::parse(&text) {
        text = error.fix.expect("a fix").apply(&text);
    }
    assert_eq!(text, "!a && b == c|length");
}

/// Each expression fails for a reason and with a message, at a place of the text.
fn check_evaluation(rows: &[(&str, Cause, &str)]) {
    let scope = json!({
        "customer": { "name": "Ada", "tags": ["vip"], "address": {}, "age": null },
        "steps": {}, "variables": {}, "secrets": {}, "input": { "total": 5 }
    });
    for (text, cause, expected) in rows {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let error = expression.evaluate(&scope).expect_err(text);
        assert_eq!(
            (error.cause, error.to_string().as_str()),
            (*cause, *expected),
            "{text}"
        );
        assert!(text.get(error.span).is_some(), "{text}");
    }
}

#[test]
fn names_that_are_not_there_are_said() {
    check_evaluation(&[
        ("unknown.a", Cause::Absent, "`unknown` is not known here"),
        (
            "steps.send-mail.output.id",
            Cause::Absent,
            "step `send-mail` has not run",
        ),
        (
            "steps['send ' + 'mail']",
            Cause::Absent,
            "step `'send ' + 'mail'` has not run",
        ),
        (
            "variables.cursor",
            Cause::Absent,
            "variable `cursor` has not been set",
        ),
        (
            "secrets.apiKey",
            Cause::Absent,
            "there is no secret `apiKey`",
        ),
    ]);
}

#[test]
fn operands_that_do_not_fit_are_named() {
    check_evaluation(&[
        (
            "customer.tags > 1",
            Cause::Operand,
            "`>` needs a number or text, but `customer.tags` is a list",
        ),
        (
            "1 - customer.name",
            Cause::Operand,
            "`-` needs a number, but `customer.name` is text",
        ),
        ("'a' * 2", Cause::Operand, "`*` needs a number, not `'a'`"),
        (
            "'Hi ' + customer.nickname",
            Cause::Operand,
            "`+` needs text or a number, but `customer.nickname` is missing",
        ),
        (
            "customer.age + 1",
            Cause::Operand,
            "`+` needs a number, but `customer.age` is null",
        ),
        (
            "'Hi ' + customer.tags",
            Cause::Operand,
            "`+` needs text or a number, but `customer.tags` is a list",
        ),
        (
            "-customer.address",
            Cause::Operand,
            "`-` needs a number, but `customer.address` is an object",
        ),
        (
            "'a' in customer.address",
            Cause::Operand,
            "`in` needs a list or text, but `customer.address` is an object",
        ),
        (
            "customer.name contains customer.tags",
            Cause::Operand,
            "`contains` needs text to look for, but `customer.tags` is a list",
        ),
        (
            "input.total / 0",
            Cause::Operand,
            "`input.total / 0` is not a number: 5 / 0",
        ),
        ("10 ^ 400", Cause::Operand, "`10 ^ 400` is not a number"),
    ]);
}

#[test]
fn subjects_and_arguments_that_do_not_fit_are_named() {
    check_evaluation(&[
        (
            "customer[customer.tags]",
            Cause::Operand,
            "`[…]` needs a number or a name, but `customer.tags` is a list",
        ),
        (
            "customer.address|upper",
            Cause::Operand,
            "`upper` needs text, but `customer.address` is an object",
        ),
        (
            "customer.name|join",
            Cause::Operand,
            "`join` needs a list, but `customer.name` is text",
        ),
        (
            "customer.name|number",
            Cause::Operand,
            "`number` needs a number, but `customer.name` is text",
        ),
        (
            "customer.tags|chunk(0)",
            Cause::Operand,
            "`chunk` needs a size of at least 1",
        ),
        (
            "customer.tags|sort('a', 'up')",
            Cause::Operand,
            "`sort` sorts `asc` or `desc`, not `up`",
        ),
        (
            "customer.tags|filter('age')",
            Cause::Operand,
            "`filter` needs `path operator number`, such as `total > 100`, not `age`",
        ),
        (
            "customer.tags|map(1)",
            Cause::Operand,
            "`map` needs text for its first argument, not 1",
        ),
        (
            "'2026-01-01'|daysAgo",
            Cause::Absent,
            "`daysAgo` needs the time, but `nowMs` is not known here",
        ),
        // `?:` stands in for what is absent, and hides no other mistake.
        (
            "customer.name - 1 ?: 0",
            Cause::Operand,
            "`-` needs a number, but `customer.name` is text",
        ),
    ]);
}
