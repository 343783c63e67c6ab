//! Expressions: what they see, what they give, and how they fail.

use pawl_interpreter::Status;
use serde_json::{Value, json};

use crate::bench::{check, in_state, machine, pass, run};
use crate::simulation::event_types;

#[test]
fn data_flows_through_assign_and_output() {
    let old_and_new = json!({
        "a": { "Type": "Pass", "Assign": { "x": 1, "y": 10 }, "Next": "b" },
        "b": { "Type": "Pass", "Assign": { "x": "{% $x + 1 %}", "y": "{% $x %}" }, "Output": "{% $x %}", "Next": "c" },
        "c": { "Type": "Pass", "Output": { "now": "{% [$x, $y] %}", "was": "{% $states.input %}" }, "End": true },
    });
    check(vec![
        (
            pass(&json!({ "a": "{% $states.input.b %}", "c": [1, "{% 2 %}"] })),
            json!({ "b": null }),
            json!({ "a": null, "c": [1, 2] }),
        ),
        (pass(&json!(null)), json!({}), json!(null)),
        (pass(&json!(" {% 1 %} ")), json!({}), json!(" {% 1 %} ")),
        (
            machine(&old_and_new),
            json!({}),
            json!({ "now": [2, 1], "was": 1 }),
        ),
        (
            pass(&json!("{% $states.input.list %}")),
            json!({ "list": [7] }),
            json!([7]),
        ),
        (
            pass(&json!("{% $states.input.list[0] %}")),
            json!({ "list": [7] }),
            json!(7),
        ),
        (
            pass(&json!("{% $merge([$states.input, {'b': 2}]) %}")),
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 2 }),
        ),
        (
            pass(&json!(
                "{% $states.context.Execution.Name & $states.context.State.Name %}"
            )),
            json!({}),
            json!("ea"),
        ),
        (
            pass(&json!("{% $states.context.Execution.StartTime %}")),
            json!({}),
            json!("2026-01-01T00:00:00.000Z"),
        ),
        (
            pass(&json!("{% $exists($states.context.State.RetryCount) %}")),
            json!({}),
            json!(false),
        ),
        // A number that is read is one of a double's, as measured on AWS; one that stands in the machine stays.
        (
            pass(&json!([
                "{% $states.input %}",
                "{% $states.input[0] %}",
                "{% $states.input + 0 %}",
                9_007_199_254_740_993_u64
            ])),
            json!(9_007_199_254_740_993_u64),
            json!([
                9_007_199_254_740_992_u64,
                9_007_199_254_740_992_u64,
                9_007_199_254_740_992_u64,
                9_007_199_254_740_993_u64
            ]),
        ),
        (
            pass(&json!("{% $states.input %}")),
            json!({ "a": [-9_007_199_254_740_993_i64, -9_007_199_254_740_992_i64, 1.5, u64::MAX] }),
            json!({ "a": [-9_007_199_254_740_992_i64, -9_007_199_254_740_992_i64, 1.5, 18_446_744_073_709_551_616.0] }),
        ),
    ]);
}

/// A machine of one expression, the input `{}`, and what must come of it.
type Row = (Value, Value, Value);

/// An expression, and what it gives.
fn outcome(source: &str, expected: Value) -> Row {
    let machine = pass(&json!(format!("{{% {source} %}}")));
    (machine, json!({}), expected)
}

/// An expression that fails with this cause.
fn fails(source: &str, cause: &str) -> Row {
    let failed = json!(["States.QueryEvaluationError", in_state("a", cause)]);
    outcome(source, failed)
}

/// An expression that gives nothing.
fn nothing(source: &str) -> Row {
    let cause = format!(
        "The JSONata expression '{source}' specified for the field 'Output' returned nothing (undefined)."
    );
    fails(source, &cause)
}

#[test]
fn expressions_have_awss_functions_and_errors() {
    check(vec![
        outcome("$partition([1..5], 2.9)", json!([[1, 2], [3, 4], [5]])),
        outcome("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2])),
        outcome("$range(3, 3, 1)", json!(3)),
        outcome(
            "$encodeUrlComponent('a-b_c.d/é (1)')",
            json!("a-b_c.d%2F%C3%A9%20(1)"),
        ),
        outcome(
            "$encodeUrl('http://x/ä?q=a b#c')",
            json!("http://x/%C3%A4?q=a%20b#c"),
        ),
        outcome("$range(5, 1, -2)", json!([5, 3, 1])),
        outcome(
            "$hash('a', 'MD5')",
            json!("0cc175b9c0f1b6a831c399e269772661"),
        ),
        outcome(
            "$hash('a', 'SHA-1')",
            json!("86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ),
        outcome("$substring($hash('a', 'SHA-256'), 0, 8)", json!("ca978112")),
        outcome(
            "$length($hash('a', 'SHA-384')) + $length($hash('a', 'SHA-512'))",
            json!(224),
        ),
        outcome("$random(42) = $random(42)", json!(true)),
        outcome("$random() < 1", json!(true)),
        outcome("$length($uuid())", json!(36)),
        outcome("$uuid() = $uuid()", json!(false)),
        outcome("$parse('{\"a\":[1]}').a[0]", json!(1)),
        outcome("$count($shuffle([1..9]))", json!(9)),
        outcome("$now()", json!("2026-01-01T00:00:00.000Z")),
        outcome("$now('[Y]')", json!("2026")),
        outcome("$millis() = $toMillis($now())", json!(true)),
        outcome("[0..0]", json!([0])),
        outcome("[0..-1]", json!([])),
        nothing("$states.input.absent"),
        nothing("$partition([], 2)"),
        nothing("$partition([1], 0)"),
        nothing("$range(1, 5)"),
        nothing("$range(1, 5, -1)"),
        nothing("$hash('a')"),
        nothing("$states.result"),
        nothing("$unknown"),
        fails(
            "function($x){$x}",
            "The JSONata expression 'function($x){$x}' specified for the field 'Output' returned an unsupported result type.",
        ),
    ]);
}

#[test]
fn functions_give_for_rare_arguments_what_awss_give() {
    check(vec![
        outcome("[$shuffle([5]), $shuffle([]), $shuffle(5)]", json!([5, 5])),
        outcome("$shuffle([5])", json!([5])),
        outcome("$shuffle([])", json!([])),
        outcome("$reduce([], function($a, $b){ $a }, 10)", json!(10)),
        outcome("$reduce([null], function($a, $b){ $a })", json!(null)),
        outcome("[1, 2] ~> $reduce(function($a, $b){ $a + $b })", json!(3)),
        outcome("$fromMillis(1.5)", json!("1970-01-01T00:00:00.001Z")),
        outcome("-2.5 ~> $fromMillis", json!("1969-12-31T23:59:59.998Z")),
        outcome("(1.5).$fromMillis()", json!("1970-01-01T00:00:00.001Z")),
        outcome("$fromMillis(-0.5, '[f001]')", json!("000")),
        outcome("$formatBase(2.5, 2) & $formatBase(3.5, 2)", json!("10100")),
        outcome(
            "$formatBase(10, 2.5) & $formatBase(10, 3.9)",
            json!("101022"),
        ),
        outcome("-2.5 ~> $formatBase()", json!("-2")),
        outcome("$spread([[1], [2]])", json!([1, 2])),
        outcome(
            "[[[1]], {'a': 1, 'b': 2}] ~> $spread()",
            json!([1, { "a": 1 }, { "b": 2 }]),
        ),
        outcome("$clone({'a': 1})", json!({ "a": 1 })),
        outcome("({'a': 1}).$clone()", json!({ "a": 1 })),
        outcome("$clone([1, [2]])", json!([1, [2]])),
        outcome(
            "$parse(\"{'a\\\"': ['it\\\\'s', \\\"that's\\\"]}\")",
            json!({ "a\"": ["it's", "that's"] }),
        ),
        outcome(
            "$decodeUrlComponent('a+b%2B%C3%A9%E6')",
            json!("a b+é\u{fffd}"),
        ),
        outcome("('a%20b').$decodeUrlComponent()", json!("a b")),
        outcome("('a b').$encodeUrl()", json!("a%20b")),
        outcome("$base64decode('YWJ') & $base64decode('w6k=')", json!("abé")),
        outcome("['YQ==', 'Yg'].$base64decode()", json!(["a", "b"])),
        outcome("$map(['YQ==', 'Yg'], $base64decode)", json!(["a", "b"])),
        nothing("$hash($states.input.absent, 'MD5')"),
        nothing("$reduce([], function($a, $b){ $a })"),
        nothing("[] ~> $reduce(function($a, $b){ $a })"),
        nothing("$clone($states.input.absent)"),
    ]);
}

#[test]
fn an_expression_nests_as_deep_as_on_aws_and_no_deeper() {
    let parentheses = |count| format!("{}1{}", "(".repeat(count), ")".repeat(count));
    let sum = |terms| vec!["1"; terms].join("+");
    let recursion =
        |count| format!("($f := function($n){{ $n = 0 ? 0 : 1 + $f($n - 1) }}; $f({count}))");
    let rows = [
        (parentheses(99), true),
        (parentheses(100), false),
        (parentheses(5_000), false),
        (sum(100), true),
        (sum(101), false),
        (sum(20_000), false),
        (recursion(31), true),
        (recursion(32), false),
        // A value can nest deeper than its expression: it is refused as a result, and forgotten without harm.
        (
            "$reduce([1..200000], function($a, $b){ [[$a]] })".to_owned(),
            false,
        ),
        (
            "($reduce([1..200000], function($a, $b){ {'a': $a} }); 1)".to_owned(),
            true,
        ),
    ];
    for (source, accepted) in rows {
        let (execution, world) = run(pass(&json!(format!("{{% {source} %}}"))), json!({}));
        let succeeded = matches!(execution.status(), Status::Succeeded { .. });
        assert_eq!(
            succeeded,
            accepted,
            "{}: {:?}",
            source.get(..40).unwrap_or(&source),
            event_types(world.history())
        );
    }
}
