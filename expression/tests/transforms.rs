//! What transforms make, as a table.

use pawl_expression::{Expression, TransformInfo, transforms};
use serde_json::{Value, json};

fn scope() -> Value {
    json!({
        "list": [3, 1, 2],
        "mixed": [2, "b", null, "a", 1, true],
        "people": [
            { "name": "Lin", "age": 30, "address": { "city": "Oslo" }, "tags": ["x"] },
            { "name": "Ada", "age": 36, "address": { "city": "London" } },
            { "name": "Bo", "tags": ["y", "z"] }
        ],
        "none": null,
        "text": " Hello ",
        // 2023-11-14T22:13:20Z
        "nowMs": 1_700_000_000_000_u64,
    })
}

fn check(rows: &[(&str, Value)]) {
    for (text, expected) in rows {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            expression.evaluate(&scope()).as_ref(),
            Ok(expected),
            "{text}"
        );
        assert_eq!(
            Expression::parse(&expression.to_string()),
            Ok(expression),
            "{text}"
        );
    }
}

#[test]
fn transforms_of_single_values() {
    check(&[
        ("text|upper", json!(" HELLO ")),
        ("text|lower|trim", json!("hello")),
        ("'\u{feff}\u{a0}a\u{85} '|trim", json!("a\u{85}")),
        ("none|upper", json!("")),
        ("5|upper", json!("5")),
        ("1.0|string", json!("1")),
        ("people[0].tags|string", json!("[\"x\"]")),
        ("none|string", json!("")),
        ("' 12 '|number", json!(12)),
        ("true|number", json!(1)),
        ("none|number", json!(null)),
        ("'false'|boolean", json!(true)),
        ("''|boolean", json!(false)),
        (r#"'{"a": [1]}'|parseJSON"#, json!({ "a": [1] })),
        ("'no json'|parseJSON", json!(null)),
    ]);
}

#[test]
fn transforms_of_lists() {
    check(&[
        ("list|length", json!(3)),
        ("'äbc'|length", json!(3)),
        ("none|length", json!(0)),
        ("list|first", json!(3)),
        ("list|last", json!(2)),
        ("[]|first", json!(null)),
        ("list|join", json!("3,1,2")),
        ("list|join(' - ')", json!("3 - 1 - 2")),
        ("none|join", json!("")),
        ("people|map('name')|join(', ')", json!("Lin, Ada, Bo")),
        ("people|map('address.city')", json!(["Oslo", "London"])),
        ("people|map('tags[0]')", json!(["x", "y"])),
        ("people|filter('age > 30')|map('name')", json!(["Ada"])),
        (
            "people|filter('age >= 30')|map('name')",
            json!(["Lin", "Ada"]),
        ),
        ("people|filter('age != 30')|map('name')", json!(["Ada"])),
        ("people|find('name', 'Ada').age", json!(36)),
        ("people|find('name', 'Eve')", json!(null)),
        (
            "people|filterBy('address.city', 'Oslo')|map('name')",
            json!(["Lin"]),
        ),
        ("people|filterBy('age', '30')", json!([])),
        ("[1, [2, [3]], []]|flatten", json!([1, 2, [3]])),
        ("[1, '1', 2, 1]|unique", json!([1, 2])),
        ("list|concat([4])", json!([3, 1, 2, 4])),
        ("none|concat(none)", json!([])),
        ("list|hasOverlap(['2'])", json!(true)),
        ("list|hasOverlap([5])", json!(false)),
        ("list|sort", json!([1, 2, 3])),
        ("mixed|sort", json!([1, 2, "a", "b", true, null])),
        (
            "people|sort('name')|map('name')",
            json!(["Ada", "Bo", "Lin"]),
        ),
        (
            "people|sort('age', 'desc')|map('name')",
            json!(["Bo", "Ada", "Lin"]),
        ),
        ("list|reverse", json!([2, 1, 3])),
        ("list|slice(1)", json!([1, 2])),
        ("list|slice(1.0)", json!([1, 2])),
        ("list|slice(0, 2)", json!([3, 1])),
        ("list|slice(-1)", json!([2])),
        ("list|slice(2, 1)", json!([])),
        ("'hello'|slice(1, -1)", json!("ell")),
        ("list|chunk(2)", json!([[3, 1], [2]])),
        (
            "people|formatList('{name} ({address.city})')",
            json!("Lin (Oslo)\nAda (London)\nBo ()"),
        ),
        ("[{a: 1}, 'b', {}]|formatList('{a}', '; ')", json!("1; b")),
        ("[{a: 1}]|formatList('{a}{}{b}')", json!("1{}")),
        (
            "people|filter('tags.length > 1')|map('name')",
            json!(["Bo"]),
        ),
        ("people|map('tags.length')", json!([1, 2])),
    ]);
}

#[test]
fn lists_that_are_put_together_are_lists_like_any() {
    check(&[
        ("(list|reverse)[0]", json!(2)),
        ("(list|reverse)['1']", json!(1)),
        ("(list|reverse)[9]", json!(null)),
        ("(people|slice(1)).name", json!("Ada")),
        ("(people|slice(1)).length", json!(2)),
        ("people[.age > 30].address.city", json!("London")),
        ("people[.age > 20][.name == 'Lin']|length", json!(1)),
        (
            "people[.age > 20]|sort('age', 'desc')|map('name')",
            json!(["Ada", "Lin"]),
        ),
        ("people|map('tags')|flatten|reverse", json!(["z", "y", "x"])),
        ("(people|map('tags'))[.length > 1]", json!([["y", "z"]])),
        ("(people|map('name')) contains 'Ada'", json!(true)),
        (
            "[['Lin'], people|map('name')] contains (people|map('name'))",
            json!(true),
        ),
        ("(list|sort) == [1, 2, 3]", json!(true)),
        ("[1, 2, 3] != (list|sort)", json!(false)),
        ("(list|sort) == '1,2,3'", json!(false)),
        ("(list|slice(0, 0)) ? 'true' : 'false'", json!("true")),
        ("!(list|slice(0, 0))", json!(false)),
        ("people[.age > 30]|map('name')|string", json!("[\"Ada\"]")),
        (
            "{a: list|reverse, b: [list|sort]}",
            json!({ "a": [2, 1, 3], "b": [[1, 2, 3]] }),
        ),
        (
            "[list|sort, list]|flatten|unique|chunk(2)",
            json!([[1, 2], [3]]),
        ),
        ("list|concat(list[. > 1])", json!([3, 1, 2, 3, 2])),
        (
            "'[{\"a\": [1, 2]}]'|parseJSON|map('a')|flatten|last",
            json!(2),
        ),
    ]);
}

#[test]
fn transforms_of_times() {
    check(&[
        (
            "'2023-11-14T22:13:20Z'|parseDate",
            json!(1_700_000_000_000_u64),
        ),
        ("'2023-11-14'|parseDate", json!(1_699_920_000_000_u64)),
        (
            "'2023-11-14T22:13:20+01:00'|parseDate",
            json!(1_699_996_400_000_u64),
        ),
        (
            "'Tue, 14 Nov 2023 22:13:20 GMT'|parseDate",
            json!(1_700_000_000_000_u64),
        ),
        ("1700000000|parseDate", json!(1_700_000_000_000_u64)),
        ("-1700000000|parseDate", json!(-1_700_000_000_000_i64)),
        ("'soon'|parseDate", json!(null)),
        ("1700000000123|isoDate", json!("2023-11-14T22:13:20.123Z")),
        ("1700000000999|epochSeconds", json!(1_700_000_000)),
        ("'2023-11-12T00:00:00Z'|daysAgo", json!(2)),
        ("'2023-11-14T20:00:00Z'|hoursAgo", json!(2)),
        ("'2023-11-14T22:00:00Z'|minutesAgo", json!(13)),
        ("'2023-11-15T00:00:00Z'|daysAgo", json!(-1)),
        ("'soon'|daysAgo", json!(-1)),
        ("'2023-11-14'|isBefore('2023-11-15')", json!(true)),
        ("'2023-11-14'|isAfter('2023-11-15')", json!(false)),
        ("none|isBefore('2023-11-15')", json!(false)),
    ]);
}

#[test]
fn transforms_bind_tighter_than_operators() {
    check(&[
        ("'a' + 'b'|upper", json!("aB")),
        ("('a' + 'b')|upper", json!("AB")),
        ("!list|length", json!(false)),
        ("text | trim | upper == 'HELLO' || false", json!(true)),
        ("text|trim ? 1 : 2", json!(1)),
    ]);
}

#[test]
fn every_transform_has_an_example_that_holds() {
    let scope = json!({ "nowMs": TransformInfo::NOW_MS });
    let mut names = Vec::new();
    for transform in transforms() {
        let expression = Expression::parse(transform.example)
            .unwrap_or_else(|error| panic!("{}: {error}", transform.example));
        let value = expression.evaluate(&scope).expect("a value");
        assert_eq!(value.to_string(), transform.result, "{}", transform.example);
        assert!(transform.signature.starts_with(transform.name));
        assert!(transform.doc.ends_with('.'), "{}", transform.doc);
        assert!(
            transform.example.contains(&format!("|{}", transform.name)),
            "{}",
            transform.example
        );
        names.push(transform.name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 36);
}
