//! What templates render, as a table: the template and its value or its error.

use pawl_expression::{Template, render};
use serde_json::{Value, json};

fn scope() -> Value {
    json!({
        "customer": { "name": "Ada", "age": 36, "ratio": 2.0, "tags": ["a", "b"], "nothing": null, "active": true, "html": "<b>&" },
        "customers": [{ "name": "Ada", "email": "ada@example.com", "orders": [{ "id": 1 }, { "id": 2 }] }, { "name": "Lin", "email": "lin@example.com", "orders": [] }],
        "steps": { "generate_reply": { "output": "Hello!" } },
        "empty": [], "off": false, "name": "outside"
    })
}

fn rendered(text: &str) -> Value {
    match Template::parse(text) {
        Ok(template) => template
            .render(&scope())
            .unwrap_or_else(|error| json!({ "error": error.to_string() })),
        Err(error) => json!({ "syntax": error.to_string() }),
    }
}

fn check(rows: &[(&str, Value)]) {
    for (text, expected) in rows {
        assert_eq!(&rendered(text), expected, "{text}");
    }
}

fn error(message: &str) -> Value {
    json!({ "error": message })
}

#[test]
fn one_expression_and_nothing_else_keeps_its_type() {
    check(&[
        ("{{customer.age}}", json!(36)),
        ("{{ customer.tags }}", json!(["a", "b"])),
        ("{{{customer.active}}}", json!(true)),
        ("{{& customer.html}}", json!("<b>&")),
        ("{{customer.nothing}}", json!(null)),
        ("{{steps.generate_reply.output}}", json!("Hello!")),
        ("{{customer.age > 30 ? 'old' : 'new'}}", json!("old")),
        ("{{ {a: {b: customer.age}} }}", json!({ "a": { "b": 36 } })),
        ("{{'}}'}}", json!("}}")),
        ("{{ (!customer.active) }}", json!(false)),
        ("{{! a remark }}{{customer.age}}", json!(36)),
    ]);
}

#[test]
fn anything_else_is_text() {
    check(&[
        ("", json!("")),
        ("plain { text }", json!("plain { text }")),
        (" {{customer.age}}", json!(" 36")),
        (
            "Hi {{customer.name}}, {{customer.age}}!",
            json!("Hi Ada, 36!"),
        ),
        ("{{customer.name}}{{customer.age}}", json!("Ada36")),
        (
            "<{{customer.ratio}}|{{customer.active}}|{{customer.nothing}}>",
            json!("<2|true|>"),
        ),
        ("tags: {{customer.tags}}", json!("tags: [\"a\",\"b\"]")),
        (
            "in JSON: {{ {a: customer.ratio, 'b\"': [1.5, null]} }}",
            json!("in JSON: {\"a\":2,\"b\\\"\":[1.5,null]}"),
        ),
        ("{{{customer.html}}} {{customer.html}}", json!("<b>& <b>&")),
        ("ü{{customer.name}}🦀", json!("üAda🦀")),
    ]);
}

#[test]
fn what_is_missing_is_said_unless_there_is_a_default() {
    check(&[
        (
            "{{customer.nickname}}",
            error("`customer.nickname` is missing"),
        ),
        (
            "Hi {{customer.nickname}}",
            error("`customer.nickname` is missing"),
        ),
        (
            "Hi {{customer.address.city}}",
            error("`customer.address` is missing"),
        ),
        ("{{customers[5].name}}", error("`customers[5]` is missing")),
        ("{{customer.nickname ?: customer.name}}", json!("Ada")),
        ("{{customer.nickname || customer.name}}", json!("Ada")),
        (
            "{{customer.nickname ?: customer.alias}}",
            error("`customer.alias` is missing"),
        ),
        (
            "{{customer.nickname ? customer.nickname : 'friend'}}",
            json!("friend"),
        ),
        ("{{customer.nickname == null}}", json!(true)),
        ("{{steps.other.output}}", error("step `other` has not run")),
        ("{{steps.other.output ?: 'none'}}", json!("none")),
        ("{{unknown}}", error("`unknown` is not known here")),
    ]);
}

#[test]
fn sections_repeat_or_appear() {
    check(&[
        (
            "{{#customers}}{{name}}: {{email}}; {{/customers}}",
            json!("Ada: ada@example.com; Lin: lin@example.com; "),
        ),
        (
            "{{#customers}}\n- {{name}}\n{{/customers}}\nend",
            json!("- Ada\n- Lin\nend"),
        ),
        (
            "  {{#customers}}  \r\n{{name}}\r\n  {{/customers}}\r\nend",
            json!("Ada\r\nLin\r\nend"),
        ),
        (
            "{{#customers}}{{#orders}}{{name}}{{id}} {{/orders}}{{/customers}}",
            json!("Ada1 Ada2 "),
        ),
        (
            "{{#customer.tags}}<{{.}}>{{/customer.tags}}",
            json!("<a><b>"),
        ),
        (
            "{{#customer}}{{name}} {{.age}}{{/customer}}",
            json!("Ada 36"),
        ),
        (
            "{{#customers}}{{customer.age}}{{/customers}}",
            json!("3636"),
        ),
        (
            "{{#customers[.name == 'Lin']}}{{email}}{{/customers[.name == 'Lin']}}",
            json!("lin@example.com"),
        ),
        ("{{#customer.active}}yes{{/customer.active}}", json!("yes")),
        ("{{#off}}yes{{/off}}{{^off}}no{{/off}}", json!("no")),
        (
            "{{^empty}}none{{/empty}}{{#empty}}some{{/empty}}",
            json!("none"),
        ),
        (
            "{{^customer.nickname}}none{{/customer.nickname}}",
            json!("none"),
        ),
        (
            "{{#customers}}{{age}}{{/customers}}",
            error("`age` is not known here"),
        ),
        (
            "{{#customers}}{{.age}}{{/customers}}",
            error("`.age` is missing"),
        ),
        (
            "{{#unknown}}{{/unknown}}",
            error("`unknown` is not known here"),
        ),
    ]);
}

#[test]
fn comments_and_lines_of_tags_leave_nothing() {
    check(&[
        ("{{! nothing to see }}", json!("")),
        ("a {{! {{#customers}} }} b", json!("a  }} b")),
        ("a\n  {{! alone }}  \nb", json!("a\nb")),
        ("a\n{{!\n over\n lines }}\nb", json!("a\nb")),
        (
            "a\n{{#customer}} {{#customer.active}}\n{{name}}\n{{/customer.active}} {{/customer}}\nb",
            json!("a\nAda\nb"),
        ),
        (
            "{{#off}}\nyes\n{{/off}}{{^off}}\nno\n{{/off}}\n",
            json!("no\n"),
        ),
        ("{{#off}}{{/off}}\n", json!("")),
        ("{{#off}}{{/off}} .\n", json!(" .\n")),
        (" {{customer.nothing}} \n", json!("  \n")),
    ]);
}

#[test]
fn true_decides_without_becoming_the_item() {
    check(&[
        (
            "{{#customer.tags}}{{#customer.active}}{{.}}{{/customer.active}}{{/customer.tags}}",
            json!("ab"),
        ),
        ("{{#customer.age}}{{.}}{{/customer.age}}", json!("36")),
        // What repeats nothing has no item.
        (
            "{{#customer.active}}{{.}}{{/customer.active}}",
            error("`.` has no item here: no section around it goes through a list"),
        ),
        (
            "{{^off}}{{.}}{{/off}}",
            json!({ "syntax": "expected a value, found `}`" }),
        ),
        ("{{^off}}{{.name}}{{/off}}", json!("outside")),
    ]);
}

#[test]
fn templates_render_in_values_and_keys() {
    let rows = [
        (
            json!({ "to": ["{{customer.name}}"], "n": 1, "deep": { "{{customer.name}}": "{{customer.age}}" } }),
            json!({ "to": ["Ada"], "n": 1, "deep": { "Ada": 36 } }),
        ),
        (json!({ "{{customer.age}}": true }), json!({ "36": true })),
        (
            json!({ "a": "{{customer.nickname}}" }),
            json!("`customer.nickname` is missing"),
        ),
        (
            json!({ "{{customer.tags}}": 1 }),
            json!("the key `{{customer.tags}}` becomes a list, which cannot be a key"),
        ),
        (
            json!({ "Ada": 1, "{{customer.name}}": 2 }),
            json!("two keys become `Ada`"),
        ),
        (
            json!("{{customer.}}"),
            json!("expected a name after `.`, found `}`"),
        ),
    ];
    for (value, expected) in rows {
        assert_eq!(
            render(&value, &scope()).unwrap_or_else(|error| json!(error.to_string())),
            expected,
            "{value}"
        );
    }
}

#[test]
fn a_template_without_expressions_is_literal() {
    for (text, expected) in [
        ("", true),
        ("text }}", true),
        ("{{a}}", false),
        ("{{#a}}{{/a}}", false),
        ("{{! a}}", false),
    ] {
        assert_eq!(
            Template::parse(text).map(|template| template.is_literal()),
            Ok(expected),
            "{text}"
        );
    }
}
