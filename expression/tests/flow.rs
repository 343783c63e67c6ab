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
            json!({ "a": 1, "b": 2, "k": { "b": 2 } }),
        ),
        (
            "[{'b': 2}]",
            ", {key: 'k'}",
            json!({ "a": 1, "k": [{ "b": 2 }] }),
        ),
        ("{'b': 2}", ", {store: false}", json!({ "a": 1 })),
        (
            "{'b': 2}",
            ", {store: false, key: 'k', append: true}",
            json!({ "a": 1 }),
        ),
        (
            "'[1, 98765432109876543210, 1e3, \"98765432109876543210\"]'",
            ", {key: 'k'}",
            json!({ "a": 1, "k": [1, "98765432109876543210", 1e3, "98765432109876543210"] }),
        ),
        (
            "'98765432109876543210'",
            ", {key: 'k'}",
            json!({ "a": 1, "k": "98765432109876543210" }),
        ),
        ("{'b': 2}", ", {clear: true}", json!({})),
        ("{'b': 2}", ", {clear: 'keep_current'}", json!({ "b": 2 })),
        ("{'b': 2}", ", {reset: ['a']}", json!({ "b": 2 })),
        ("2", ", {key: 'a', append: true}", json!({ "a": [1, 2] })),
        ("[]", ", {key: 'a', append: true}", json!({ "a": [1, []] })),
        (
            "{'a': 2}",
            ", {key: 'k', append: true}",
            json!({ "a": 2, "k": [{ "a": 2 }] }),
        ),
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
        &json!({ "a": 1, "old": 0, "list": [1], "word": "first" }),
        "|pyLet(f => f|flowJoin([
            f|flowBranch|flowAfter({'a': 2}, 'x', {reset: ['old']}),
            f|flowBranch|flowAfter(2, 'y', {key: 'list', append: true, forget: true}),
            f|flowBranch|flowAfter([3], 'z', {key: 'list', append: true, messages: 2}),
            f|flowBranch|flowAfter(4, 'v', {key: 'word', append: true}),
            f|flowBranch|flowAfter(5, 'w', {key: 'word', append: true})
        ]))",
    );
    assert_eq!(
        part(&flow, "context"),
        &json!({ "a": 2, "list": [1, 2, [3]], "word": ["first", 4, 5] })
    );
    let from: Vec<&Value> = part(&flow, "messages")
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| part(message, "from"))
        .collect();
    assert_eq!(from, ["user", "x", "y", "z", "v", "w"]);
}

#[test]
fn the_last_to_write_wins() {
    let rows = [
        (
            "f|flowBranch|flowAfter({'a': 2}, 'x'), f|flowBranch|flowAfter({'a': 1}, 'y')",
            json!({ "a": 1 }),
        ),
        (
            "f|flowBranch|flowAfter({'a': 2}, 'x'), f|flowBranch|flowAfter({'b': 1}, 'y')",
            json!({ "a": 2, "b": 1 }),
        ),
        (
            "f|flowEach({'a': 2}), f|flowEach({'a': 3})|flowAfter({'a': 3}, 'y')",
            json!({ "a": 3 }),
        ),
        (
            "f|flowBranch|flowAfter({'a': 2, 'b': 1}, 'x'), f|flowBranch|flowAfter({}, 'y', {reset: ['a']})",
            json!({ "b": 1 }),
        ),
        (
            "f|flowBranch|pyLet(g => g|flowJoin([g|flowBranch|flowAfter({'a': 1}, 'x')])), f|flowBranch",
            json!({ "a": 1 }),
        ),
    ];
    for (parts, context) in rows {
        let flow = after(
            &json!({ "a": 1 }),
            &format!("|pyLet(f => f|flowJoin([{parts}]))"),
        );
        assert_eq!(part(&flow, "context"), &context, "{parts}");
    }
}

#[test]
fn where_none_has_come_the_flow_has_ended() {
    let rows = [
        ("f|flowBranch|flowEnd, f|flowBranch", false),
        ("f|flowBranch|flowEnd, f|flowBranch|flowEnd", true),
        (
            "f|flowEach(1)|pyLet(g => g|flowJoin([g|flowEach(2)|flowEnd]))",
            true,
        ),
        ("", false),
    ];
    for (parts, ended) in rows {
        let flow = after(&json!({}), &format!("|pyLet(f => f|flowJoin([{parts}]))"));
        assert_eq!(part(&flow, "ended") == &json!(true), ended, "{parts}");
    }
}

#[test]
fn names_in_an_answer_are_what_the_context_has() {
    let rows = [
        (
            json!({ "b": "{{n}} and {{x}} {{", "c": [{ "d": "{{ n }}" }], "e": 2 }),
            json!({ "b": "1 and {{x}} {{", "c": [{ "d": "1" }], "e": 2 }),
        ),
        (json!("{\"b\": {{n}}}"), json!({ "b": 1 })),
        (json!("{{answer}}{{{n}}"), json!("{{answer}}{{{n}}")),
        (json!([null, true]), json!([null, true])),
    ];
    for (answer, result) in rows {
        let transforms = "|flowAfter(input.answer, 's', {resolve: true})";
        let input = json!({ "user_input": { "n": 1 }, "answer": answer });
        let flow = after(
            &input,
            &format!("|flowAfter(0, 'r', {{reset: ['answer']}}){transforms}"),
        );
        assert_eq!(part(&flow, "result"), &result, "{answer}");
    }
}

#[test]
fn what_states_gave_is_kept_in_order() {
    let one = "flowAfter(1, 'a', {keep: true, keep_all: true})";
    let other = "flowAfter({'x': 2}, 'b', {keep_all: true})";
    let edited = "flowEdited({edited: true, payload: 9})";
    let rows = [
        (format!("|{one}|{other}|flowGave"), json!([1, { "x": 2 }])),
        (format!("|{one}|{other}|flowGave('a')"), json!([1])),
        (format!("|{one}|{other}|flowGave('b')"), json!([])),
        (
            format!("|{one}|flowBranch|{other}|flowGave"),
            json!([1, { "x": 2 }]),
        ),
        (
            format!("|{one}|flowEach(7)|flowBranch|{one}|flowGave('a')"),
            json!([1, 1]),
        ),
        (
            format!(
                "|{one}|pyLet(f => f|flowJoin([f|flowBranch|{other}, f|flowBranch|{one}]))|flowGave"
            ),
            json!([1, { "x": 2 }, 1]),
        ),
        (
            format!("|{one}|{one}|{edited}|flowGave('a')"),
            json!([1, 9]),
        ),
        (format!("|{one}|{other}|{edited}|flowGave"), json!([1, 9])),
        (format!("|{one}|{other}|{edited}|flowGave('a')"), json!([1])),
    ];
    for (transforms, expected) in rows {
        let found = after(&json!({}), &transforms);
        assert_eq!(found, expected, "{transforms}");
    }
}

#[test]
fn failures_are_told_in_the_words_of_the_format() {
    let rows = [
        (
            "|flowItems('row', 's', 2)",
            "state `s` has nothing to go through: neither what it gave nor the context has `row`, its `iter_key`",
        ),
        (
            "|flowItems('rows', 's', 2)",
            "`rows` of state `s` has 3 items, and `max_iteration_key_output_limit` allows 2",
        ),
        (
            "|flowAfter(1, 'a', {limit: 1})|flowAfter(1, 'b', {limit: 1})",
            "state `b` comes after 1 others, and `recursion_limit` allows 1",
        ),
    ];
    let input = json!({ "rows": [1, 2, 3] });
    for (transforms, message) in rows {
        let expression = Expression::parse(&format!("input|flowStart{transforms}"));
        let failed = expression
            .expect(transforms)
            .evaluate(&json!({ "input": input }));
        assert_eq!(failed.expect_err(transforms).message, message);
    }
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
            json!(["[1, 2]"]),
        ),
        ("|flowAfter([1], 's')|flowItems('.')", json!([1])),
        ("|flowAfter([1], 's')|flowItems('whatever')", json!([1])),
        (
            "|flowAfter({'p': {'q': 5}}, 's')|flowItems('/p/q')",
            json!([5]),
        ),
        ("|flowText(' a.b[-1] ')", json!("2")),
        ("|flowText('a')", json!("{\"b\":[1,2]}")),
        ("|flowValue('a.b')", json!([1, 2])),
        ("|flowText('a.c')", json!("{{a.c}}")),
        ("|flowText('#a')", json!("{{#a}}")),
        ("|flowText('')", json!("{{}}")),
        ("|flowText(' . ')", json!("{{ . }}")),
        ("|at('context')|flowInput('a.b')", json!({ "b": [1, 2] })),
        ("|at('context')|flowInput('a.b[0]')", json!({ "b": 1 })),
        ("|at('context')|flowInput('a')", json!({ "b": [1, 2] })),
        ("|at('context')|flowInput('x')", json!(null)),
        (
            "|pyLet(f => {x: f.context})|flowInput('x.a')",
            json!({ "a": { "b": [1, 2] }, "b": [1, 2] }),
        ),
        ("|at('context')|flowAt('a.b[-1]')", json!(2)),
        ("|at('context')|flowAt('a.c')", json!(null)),
        (
            "|flowAfter('x', 's', {human: true})|flowAfter('y', 't')|flowMessages|map('role')",
            json!(["user", "user", "assistant"]),
        ),
        (
            "|flowAfter('y', 't')|flowMessages|pyItem(-1)",
            json!({ "from": "t", "text": "y", "content": "y", "role": "assistant", "type": "ai" }),
        ),
        (
            "|at('context')|flowPick('a.b', null, item => item|pyCompare('>', 1))",
            json!([2]),
        ),
        (
            "|at('context')|flowPick('a.b', null, item => item|pyMember('x'))",
            json!([]),
        ),
        ("|at('context')|flowPick('a', null)", json!(null)),
        ("|flowHolds(() => context|pyName('x'))", json!(false)),
        ("|flowEach({'x': 1}, [])|flowText('x')", json!("1")),
        ("|flowEach({'x': 1}, [])|flowText('a')", json!("{{a}}")),
        ("|flowEach('item')|flowText('task')", json!("item")),
        ("|flowEach({'x': 1})|flowText('task')", json!("{\"x\":1}")),
        ("|flowEach(7)|flowValue('task')", json!(7)),
        ("|flowEach('7')|flowValue('task')", json!("7")),
    ];
    for (transforms, expected) in rows {
        let found = after(&json!({ "a": { "b": [1, 2] } }), transforms);
        assert_eq!(found, expected, "{transforms}");
    }
}
