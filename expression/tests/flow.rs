//! What CodeMie's states hand on, as a table.

use pawl_expression::Expression;
use serde_json::{Value, json};

/// A flow of a run with this input, after these transforms.
fn after(input: &Value, transforms: &str) -> Value {
    let text = format!("input|flowStart{transforms}");
    let expression = Expression::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let scope = json!({ "input": input });
    expression
        .evaluate(&scope)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn part<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

#[test]
fn input_begins_the_context_and_the_messages() {
    let rows = [
        (json!({}), json!({}), 0, ""),
        (json!({ "user_input": "Hi" }), json!({}), 1, "Hi"),
        (
            json!({ "user_input": "{\"a\": 1}", "file_names": ["f"] }),
            json!({ "a": 1, "file_names": ["f"] }),
            1,
            "{\"a\": 1}",
        ),
        (json!({ "a": 1 }), json!({ "a": 1 }), 1, "{\"a\":1}"),
    ];
    for (input, context, messages, task) in rows {
        let flow = after(&input, "");
        assert_eq!(part(&flow, "context"), &context, "{input}");
        assert_eq!(
            part(&flow, "messages").as_array().map(Vec::len),
            Some(messages),
            "{input}"
        );
        assert_eq!(part(&flow, "task"), &json!(task), "{input}");
    }
}

#[test]
fn outputs_are_read_and_stored_as_the_rules_say() {
    let rows = [
        ("{'b': 2}", "", json!({ "a": 1, "b": 2 })),
        ("'{\"b\": 2}'", "", json!({ "a": 1, "b": 2 })),
        (
            "\"{'b': (1, True, None)}\"",
            "",
            json!({ "a": 1, "b": [1, true, null] }),
        ),
        (
            "'Here:\n```json\n{\"b\": 2}\n```'",
            "",
            json!({ "a": 1, "b": 2 }),
        ),
        ("[{'b': 2}, {'b': 3}]", "", json!({ "a": 1, "b": 3 })),
        ("'a text'", "", json!({ "a": 1 })),
        ("['x']", "", json!({ "a": 1 })),
        ("['x']", ", {key: 'k'}", json!({ "a": 1, "k": ["x"] })),
        (
            "{'b': 2}",
            ", {key: 'k'}",
            json!({ "a": 1, "k": { "b": 2 } }),
        ),
        ("{'b': 2}", ", {store: false}", json!({ "a": 1 })),
        ("{'b': 2}", ", {clear: true}", json!({})),
        ("{'b': 2}", ", {clear: 'keep_current'}", json!({ "b": 2 })),
        ("{'b': 2}", ", {reset: ['a']}", json!({ "b": 2 })),
        ("2", ", {key: 'a', append: true}", json!({ "a": [1, 2] })),
        (
            "{'p': {'q': {'b': 2}}}",
            ", {pointer: '/p/q'}",
            json!({ "a": 1, "b": 2 }),
        ),
    ];
    for (output, rules, context) in rows {
        let flow = after(
            &json!({ "a": 1 }),
            &format!("|flowAfter({output}, 's'{rules})"),
        );
        assert_eq!(part(&flow, "context"), &context, "{output}{rules}");
    }
}

#[test]
fn branches_bring_what_they_changed() {
    let flow = after(
        &json!({ "a": 1, "old": 0, "list": [1] }),
        "|pyLet(f => f|flowJoin([
            f|flowBranch|flowAfter({'a': 2}, 'x', {reset: ['old']}),
            f|flowBranch|flowAfter([2], 'y', {key: 'list', append: true}),
            f|flowBranch|flowAfter([3], 'z', {key: 'list', append: true})
        ]))",
    );
    assert_eq!(
        part(&flow, "context"),
        &json!({ "a": 2, "list": [1, 2, 3] })
    );
    let from: Vec<&Value> = part(&flow, "messages")
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| part(message, "from"))
        .collect();
    assert_eq!(from, ["user", "x", "y", "z"]);
}

#[test]
fn items_and_paths_are_found() {
    let rows = [
        (
            "|flowAfter({'k': [1, 2]}, 's')|flowItems('k')",
            json!([1, 2]),
        ),
        (
            "|flowAfter({'k': '[1, 2]'}, 's')|flowItems('k')",
            json!([1, 2]),
        ),
        ("|flowAfter([1], 's')|flowItems('.')", json!([1])),
        (
            "|flowAfter({'p': {'q': 5}}, 's')|flowItems('/p/q')",
            json!([5]),
        ),
        ("|flowText(' a.b[-1] ')", json!("2")),
        ("|flowText('a')", json!("{\"b\":[1,2]}")),
        ("|flowValue('a.b')", json!([1, 2])),
        ("|flowText('a.c')", json!("{{a.c}}")),
        ("|flowText('#a')", json!("{{#a}}")),
        ("|flowEach({'x': 1}, [])|flowText('x')", json!("1")),
        ("|flowEach({'x': 1}, [])|flowText('a')", json!("{{a}}")),
        ("|flowEach('item')|flowText('task')", json!("item")),
    ];
    for (transforms, expected) in rows {
        let found = after(&json!({ "a": { "b": [1, 2] } }), transforms);
        assert_eq!(found, expected, "{transforms}");
    }
}
