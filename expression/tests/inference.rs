//! What is known of values before there are any, by the schemas that describe them.

use std::borrow::Cow;
use std::sync::Arc;

use pawl_expression::{Expression, Mistake, Roots, Template, Type};
use serde_json::{Value, json};

/// The input of every row: open and closed objects, and what no type is known of.
fn schema() -> Value {
    let order = json!({
        "type": "object",
        "properties": {
            "amount": { "type": "number" },
            "buyer": {
                "type": ["object", "null"],
                "properties": { "email": { "type": "string" } },
                "additionalProperties": false
            },
            "tags": { "type": "array", "items": { "type": "string" } },
        }
    });
    json!({
        "type": "object",
        "properties": {
            "orders": { "type": "array", "items": order },
            "maybe": { "anyOf": [{ "type": "array", "items": order }, { "type": "null" }] },
            "either": { "oneOf": [order, { "type": "object" }] },
            "open": { "type": "object", "properties": { "a": {} }, "additionalProperties": true },
            "typed": { "type": "object", "properties": { "a": {} }, "additionalProperties": { "type": "string" } },
            "named": { "type": "object", "properties": { "a": {} }, "patternProperties": { "^x": {} } },
            "referred": { "$ref": "#/$defs/order", "type": "object", "properties": { "a": {} } },
            "combined": { "type": "object", "properties": { "a": {} }, "allOf": [{ "properties": { "b": {} } }] },
            "chosen": { "type": "object", "properties": { "a": {} }, "oneOf": [{ "type": "object", "properties": { "b": {} } }] },
            "tuple": { "type": "array", "prefixItems": [order], "items": { "type": "string" } },
            "any": {},
            "flag": { "type": "boolean" },
            "number": { "type": "number" },
            "text": { "type": "string" }
        }
    })
}

/// What is said of an expression, in short; or of a template, where sections can be.
fn said(text: &str) -> Vec<String> {
    let mut roots = Roots::new();
    let input = Type::of_schema(&schema());
    roots.insert(Cow::Borrowed("input"), Arc::new(input));
    let (_, findings) = if text.contains("{{") {
        let template = Template::parse(text).expect("the template can be read");
        template.infer(&roots)
    } else {
        let expression = Expression::parse(text).expect("the expression can be read");
        expression.infer(&roots)
    };
    let say = |mistake| match mistake {
        Mistake::NoMember { owner, member, .. } => format!("{owner} has no {member}"),
        Mistake::NoName { name, list, .. } => format!("no item of {list} is {name}"),
        Mistake::NeverEqual { left, right, .. } => format!("{left} is never {right}"),
        Mistake::Misfit {
            operation,
            needs,
            found,
        } => format!("{operation} needs {needs}, not {found}"),
        Mistake::FlagInOrder { operation, other } => format!("{operation} of a flag and {other}"),
    };
    findings.into_iter().map(|one| say(one.mistake)).collect()
}

#[test]
fn a_member_that_no_element_has_is_found() {
    let rows = [
        ("input.orders[0].amonut", "input.orders[0] has no amonut"),
        ("input.orders.amonut", "input.orders has no amonut"),
        (
            "input.orders[0].buyer.emial",
            "input.orders[0].buyer has no emial",
        ),
        ("input.orders[0].tags.x", "input.orders[0].tags has no x"),
        ("input.maybe[0].amonut", "input.maybe[0] has no amonut"),
        ("input.orders|map('amonut')", "input.orders has no amonut"),
        ("input.orders|map('buyer.emial')", "buyer has no emial"),
        ("input.maybe|map('amonut')", "input.maybe has no amonut"),
        (
            "input.orders|find('amonut', 3)",
            "input.orders has no amonut",
        ),
        (
            "input.orders|filterBy('amonut', 3)",
            "input.orders has no amonut",
        ),
        (
            "input.orders|filter('amonut > 3')",
            "input.orders has no amonut",
        ),
        ("input.orders|sort('amonut')", "input.orders has no amonut"),
        (
            "input.orders|formatList('{amonut}, {amount}')",
            "input.orders has no amonut",
        ),
        (
            "input.orders|sort('amount')|slice(1)|map('amonut')",
            "input.orders|sort('amount')|slice(1) has no amonut",
        ),
        (
            "(input.orders|first).amonut",
            "(input.orders|first) has no amonut",
        ),
        (
            "(input.orders|find('amount', 3)).amonut",
            "(input.orders|find('amount', 3)) has no amonut",
        ),
        (
            "input.orders[0].amonut ?? input.orders[0]|at('amonut') ?? null",
            "input.orders[0] has no amonut",
        ),
        (
            "input.orders[0].amonut ?? input.orders[0].amoutn",
            "input.orders[0] has no amonut",
        ),
        (
            "(input.orders[0].amonut ?? input.maybe)[0].amonut",
            "(input.orders[0].amonut ?? input.maybe)[0] has no amonut",
        ),
        ("input|pyName('nubmer')", "input has no nubmer"),
        ("input.orders[.amonut > 3]", ". has no amonut"),
        (
            "input.orders[.amount > 3].amonut",
            "input.orders[.amount > 3] has no amonut",
        ),
        ("input|at('orders.0.amonut')", "orders.0 has no amonut"),
        (
            "(input.orders|map('buyer')).emial",
            "(input.orders|map('buyer')) has no emial",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(said(text), [expected], "{text}");
    }
}

#[test]
fn names_in_sections_are_those_of_the_item_or_of_what_is_around() {
    let rows: [(&str, &[&str]); 10] = [
        (
            "{{#input.orders}}{{amount}} {{input.text}}{{/input.orders}}",
            &[],
        ),
        (
            "{{#input.orders}}{{amonut}}{{/input.orders}}",
            &["no item of input.orders is amonut"],
        ),
        (
            "{{#input.orders}}{{buyer.emial}} {{.amonut}}{{/input.orders}}",
            &["buyer has no emial", ". has no amonut"],
        ),
        (
            "{{#input.orders}}{{#tags}}{{.}} {{amount}} {{amonut}}{{/tags}}{{/input.orders}}",
            &["no item of tags is amonut"],
        ),
        (
            "{{#input.orders}}{{input.txet}}{{/input.orders}}",
            &["input has no txet"],
        ),
        ("{{^input.orders}}{{anything}}{{/input.orders}}", &[]),
        ("{{#input.flag}}{{anything}}{{/input.flag}}", &[]),
        ("{{#input.any}}{{anything}}{{/input.any}}", &[]),
        ("{{#input.open}}{{anything}}{{/input.open}}", &[]),
        (
            "{{#input.tags}}{{anything}}{{/input.tags}}",
            &["input has no tags"],
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn what_may_be_there_is_not_spoken_of() {
    let rows = [
        "input.orders[0].amount + input.orders.length",
        "input.orders.amount",
        "input.orders['0'].amount",
        "input.orders|map('buyer.email')|join(', ')",
        "input.orders|map('tags[0]')",
        "input.orders|map('tags.length')",
        "input.orders|formatList('{amount} {}')",
        "input.orders[.amount > 3].length",
        "input.orders[.buyer.email == 'a'][0].tags",
        "input.either.b",
        "input.open.b",
        "input.typed.b",
        "input.named.xb",
        "input.referred.b",
        "input.combined.b",
        "input.chosen.b",
        "input.tuple[0].amount",
        "input.any.b.c|map('d')",
        "input.any|slice(1)",
        "input.text|slice(1, '2')",
        "input.text|at('a.b')",
        "input.flag == 1 || input.flag > input.any",
        "null|slice(1)",
        "'5'|number",
        "input.number > '5' && input.number > input.text && input.any > 'a' && input.text > 'a'",
        "input.number + input.text + input.any + input.flag",
        "input.orders[0].amonut ?? input.number",
        "input.orders[0].amount ?? input.orders|at('amonut')",
        "(input.orders[0].amonut ?? input.maybe)[0].amount",
    ];
    for text in rows {
        assert_eq!(said(text), [""; 0], "{text}");
    }
}

#[test]
fn an_operand_or_an_argument_of_the_wrong_type_is_found() {
    let rows = [
        (
            "input.number|slice(1)",
            "slice needs a list or a text, not a number",
        ),
        (
            "input.number|length",
            "length needs a list or a text, not a number",
        ),
        (
            "'a'|slice('a')",
            "slice needs a whole number for its first argument, not the text `a`",
        ),
        (
            "'a'|slice(0, [1])",
            "slice needs a whole number for its second argument, not a list of numbers",
        ),
        (
            "input.orders|map(1)",
            "map needs a text for its first argument, not a number",
        ),
        (
            "input.orders|concat(1)",
            "concat needs a list for its first argument, not a number",
        ),
        (
            "input.orders|join(input.flag)",
            "join needs a text for its first argument, not `true` or `false`",
        ),
        (
            "input.text|startsWith(1)",
            "startsWith needs a text for its first argument, not a number",
        ),
        ("input.flag > 3", "> of a flag and a number"),
        ("1 < input.number < 3", "< of a flag and a number"),
        ("input.number|reverse", "reverse needs a list, not a number"),
        ("'abc'|number", "number needs a number, not the text `abc`"),
        (
            "input.orders[0].tags + 3",
            "+ needs a number or a text, not a list of texts",
        ),
        (
            "'Order: ' + input.orders[0]",
            "+ needs a number or a text, not an object with `amount`, `buyer`, `tags`",
        ),
        (
            "input.number > 'a'",
            "> needs a number where the other side is one, not the text `a`",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(said(text), [expected], "{text}");
    }
}
