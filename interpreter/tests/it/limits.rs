//! Limits of size, events and time.

use serde_json::{Value, json};

use crate::bench::{check, end, extended, in_state, invoke, machine, run};
use crate::simulation::event_types;

#[test]
fn limits_are_kept() {
    let big = "x".repeat(262_145);
    let catch =
        |error: &str| json!({ "Catch": [{ "ErrorEquals": [error], "Next": "b" }], "Next": "b" });
    let states = |task: Value| {
        machine(&json!({ "a": task, "b": { "Type": "Pass", "Output": "b", "End": true } }))
    };
    let passes = states(
        json!({ "Type": "Pass", "Output": "{% $states.input & $states.input %}", "Next": "b" }),
    );
    let refused = json!([
        "States.DataLimitExceeded",
        in_state(
            "a",
            "The state/task 'a' returned a result with a size exceeding the maximum number of bytes service limit."
        )
    ]);
    let doubled = "{% $states.input & $states.input %}";
    let makes = |error: &str| {
        let map = json!({ "Type": "Map", "Items": [1], "Output": doubled, "ItemProcessor": machine(&json!({ "i": { "Type": "Pass", "End": true } })) });
        (
            states(extended(map, &catch(error))),
            json!(big.get(..131_073)),
            refused.clone(),
        )
    };
    let caught = |error: &str| {
        let too_much = json!({ "give": "{% $pad('', 200000, 'x') %}" });
        (
            states(invoke(&too_much, &catch(error))),
            json!({}),
            json!("b"),
        )
    };
    check(vec![
        // A task's result that is too large is caught by both names; what a state makes itself is by neither.
        caught("States.ALL"),
        caught("States.TaskFailed"),
        makes("States.ALL"),
        makes("States.TaskFailed"),
        (passes, json!(big.get(..131_073)), refused.clone()),
    ]);
    let (execution, world) = run(
        machine(&json!({ "a": { "Type": "Pass", "Next": "a" } })),
        json!({}),
    );
    let cause = "The execution reached the maximum number of history events (25000).";
    assert_eq!(end(&execution), json!(["States.Runtime", cause]));
    assert_eq!(world.history().len(), 25_000);
    let last = world
        .history()
        .last()
        .map(|event| (event.id, event.previous_id));
    assert_eq!(last, Some((25_000, 24_999)));
}

#[test]
fn times_have_bounds() {
    let wait = |seconds: &str| json!({ "Type": "Wait", "Seconds": seconds, "End": true });
    let task = |field: &str, seconds: &str| {
        invoke(
            &json!({ "give": 1 }),
            &json!({ field: seconds, "End": true }),
        )
    };
    let refused = |field: &str, least: u64, given: u64| {
        let cause =
            format!("The {field} parameter must be between {least} and 99999999, but was {given}");
        json!(["States.QueryEvaluationError", in_state("a", &cause)])
    };
    check(vec![
        (
            machine(&json!({ "a": wait("{% 0 %}") })),
            json!(1),
            json!(1),
        ),
        (
            machine(&json!({ "a": wait("{% 100000000 %}") })),
            json!(1),
            refused("Seconds", 0, 100_000_000),
        ),
        (
            machine(&json!({ "a": task("TimeoutSeconds", "{% 0 %}") })),
            json!(1),
            refused("TimeoutSeconds", 1, 0),
        ),
        (
            machine(&json!({ "a": task("HeartbeatSeconds", "{% 100000000 %}") })),
            json!(1),
            refused("HeartbeatSeconds", 1, 100_000_000),
        ),
    ]);
}

#[test]
fn an_error_is_cut_to_what_aws_keeps() {
    let long = "{% $pad('', 40000, 'x') %}";
    let fail = json!({ "a": { "Type": "Fail", "Error": long, "Cause": long } });
    let expected = json!(["x".repeat(256), "x".repeat(32_768)]);
    check(vec![(machine(&fail), json!({}), expected)]);
}

#[test]
fn an_expression_does_not_grow_without_end() {
    let repeat = |step: &str, times: u32| {
        format!(
            "($f := function($s, $n){{ $n = 0 ? $s : $f({step}, $n - 1) }}; $length($f('x', {times})))"
        )
    };
    let doubled = |then: &str| {
        format!(
            "($f := function($x, $n){{ $n = 0 ? $x : $f({{ 'a': $x, 'b': $x }}, $n - 1) }}; {then})"
        )
    };
    let rows = [
        ("$length($pad('', 1000000))".to_owned(), json!(1_000_000)),
        ("$length($pad('', -1000000))".to_owned(), json!(1_000_000)),
        (
            "$pad('ab', 5, '#') & $pad('ab', -5, '#')".to_owned(),
            json!("ab######ab"),
        ),
        ("['a', 'bc'].$pad(3, '-')".to_owned(), json!(["a--", "bc-"])),
        ("'ab' ~> $pad(4, '.')".to_owned(), json!("ab..")),
        ("$pad('', 1e9)".to_owned(), json!(null)),
        ("$pad('', -1e15, 'ab')".to_owned(), json!(null)),
        (repeat("$s & $s", 20), json!(1_048_576)),
        (repeat("$s & $s", 40), json!(null)),
        (repeat("$join([$s, $s])", 20), json!(1_048_576)),
        (repeat("$join([$s, $s, $s], $s)", 40), json!(null)),
        (
            "$join(['a', 'b'], '-') & $join('c')".to_owned(),
            json!("a-bc"),
        ),
        ("['a', 'b'] ~> $join('+')".to_owned(), json!("a+b")),
        (
            "1 & true & null & [1, 'b'] & {'a': $nothing}".to_owned(),
            json!("1truenull[1,\"b\"]{}"),
        ),
        ("$count([1..873782])".to_owned(), json!(873_782)),
        ("[3..1]".to_owned(), json!([])),
        ("[1..3, 5, 7..8]".to_owned(), json!([1, 2, 3, 5, 7, 8])),
        ("$count([1..100].[[1..800000]])".to_owned(), json!(null)),
        // A text in the place of each of its own letters; a group in the place of what it was found in.
        (
            "($s := $pad('', 1000, 'a'); $length($replace($s, 'a', $s)))".to_owned(),
            json!(1_000_000),
        ),
        (
            "($s := $pad('', 9000, 'a'); $length($replace($s, 'a', $s)))".to_owned(),
            json!(null),
        ),
        (
            "($s := $pad('', 9000, 'a'); $length($replace($s, /a/, $s)))".to_owned(),
            json!(null),
        ),
        (
            "$replace('a-b', /(.)-(.)/, '$2+$1')".to_owned(),
            json!("b+a"),
        ),
        ("'a-b' ~> $replace('-', '+')".to_owned(), json!("a+b")),
        (
            "$replace('aaa', /a/, function($m){ $m.match & 'b' }, 2)".to_owned(),
            json!("ababa"),
        ),
        // What stands in itself twice is small until it is written out.
        (doubled("$f(1, 26)"), json!(null)),
        (doubled("$length($string($f(1, 26)))"), json!(null)),
        (doubled("$length($f(1, 26) ~> $string())"), json!(null)),
        (doubled("$length($string($f(1, 3)))"), json!(85)),
        // Functions of the author's own stay what they are.
        (
            "($join := function($a){ 1 }; $join(['a']))".to_owned(),
            json!(1),
        ),
        (
            "($pad := function($a, $b){ $b }; $pad('a', 2e9))".to_owned(),
            json!(2_000_000_000),
        ),
    ];
    for (source, expected) in rows {
        let state = json!({ "Type": "Pass", "Output": format!("{{% {source} %}}"), "End": true });
        let (execution, _) = run(machine(&json!({ "a": state })), json!({}));
        let ended = end(&execution);
        if expected.is_null() {
            assert_eq!(ended[0], "States.QueryEvaluationError", "{source}");
        } else {
            assert_eq!(ended, expected, "{source}");
        }
    }
}

#[test]
fn variables_have_a_limit() {
    // Every turn keeps 200,000 bytes more, under another name or under the same.
    let turns = |name: &str| {
        let mut states = json!({});
        for turn in 0..60 {
            let variable = name.replace('#', &turn.to_string());
            let next = format!("s{}", turn + 1);
            let state = json!({ "Type": "Pass", "Assign": { variable: "{% $states.input %}" }, "Next": next });
            states[format!("s{turn}")] = state;
        }
        states["s60"] = json!({ "Type": "Succeed", "Output": "done" });
        machine(&states)
    };
    let input = json!("x".repeat(200_000));
    check(vec![(turns("same"), input.clone(), json!("done"))]);
    let (execution, world) = run(turns("v#"), input);
    assert_eq!(end(&execution)[0], json!("States.DataLimitExceeded"));
    let entered = event_types(world.history());
    let entered = entered.iter().filter(|event| *event == "PassStateEntered");
    assert_eq!(
        entered.count(),
        53,
        "52 values of 200,000 bytes fit into 10 MiB"
    );
}

#[test]
fn an_execution_can_take_too_long() {
    let machine = json!({
        "TimeoutSeconds": 10, "StartAt": "p",
        "States": { "p": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "w", "States": { "w": { "Type": "Wait", "Seconds": 11, "End": true } } },
            { "StartAt": "t", "States": { "t": invoke(&json!({ "fail": ["hang"] }), &json!({ "End": true })) } },
        ] } },
    });
    let (execution, world) = run(machine, json!({}));
    assert_eq!(
        (end(&execution), world.elapsed().as_secs()),
        (json!("timed out"), 10)
    );
    assert_eq!(
        event_types(world.history()).last().map(String::as_str),
        Some("ExecutionTimedOut")
    );
}
