//! Small machines of ours: what goes in, what tasks answer, and what must come out.

use pawl_asl::Machine;
use pawl_interpreter::{Execution, Failure, Start, Status, TaskRequest};
use serde_json::{Value, json};

use crate::simulation::{Outcome, Simulation, event_types};

/// A task does what its payload says: `fail` lists the errors of its first attempts, then it gives `give`.
fn obey(request: &TaskRequest) -> Outcome {
    let payload = &request.arguments["Payload"];
    let attempt = usize::try_from(request.retry_count).expect("few attempts");
    match payload["fail"].get(attempt).and_then(Value::as_str) {
        Some("hang") => Outcome::Hangs,
        Some(error) => Outcome::Fails(Failure::new(error, "as told")),
        None if request.token.is_some() => Outcome::Submitted(
            json!({ "StatusCode": 202 }),
            Box::new(Outcome::Succeeds(payload["give"].clone())),
        ),
        None => Outcome::Succeeds(json!({ "Payload": payload["give"], "StatusCode": 200 })),
    }
}

fn run(mut machine: Value, input: Value) -> (Execution, Simulation<'static>) {
    if machine.get("QueryLanguage").is_none() {
        machine["QueryLanguage"] = json!("JSONata");
    }
    let machine: Machine = serde_json::from_value(machine).expect("a machine");
    let start = Start {
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:m:e".to_owned(),
        execution_name: "e".to_owned(),
        machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
        machine_name: "m".to_owned(),
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        input,
    };
    let mut world = Simulation::new(obey);
    let execution = world.run(machine, start);
    (execution, world)
}

/// The output, or `[error, cause]` of a failure, or the name of another end.
fn end(execution: &Execution) -> Value {
    match execution.status() {
        Status::Succeeded { output } => output.clone(),
        Status::Failed { error, cause } => json!([error, cause]),
        Status::Running => json!("running"),
        Status::TimedOut { .. } => json!("timed out"),
        Status::Aborted { .. } => json!("aborted"),
    }
}

/// A machine of states in which the first is where it starts.
fn machine(states: &Value) -> Value {
    let first = states
        .as_object()
        .and_then(|states| states.keys().next())
        .expect("a state");
    json!({ "StartAt": first, "States": states })
}

/// A Task that invokes a function with this payload.
fn invoke(payload: &Value, more: &Value) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "f", "Payload": payload },
    });
    for (name, value) in more.as_object().expect("fields") {
        task[name] = value.clone();
    }
    task
}

/// A machine of one Pass with this Output.
fn pass(output: &Value) -> Value {
    machine(&json!({ "a": { "Type": "Pass", "Output": output, "End": true } }))
}

fn check(rows: Vec<(Value, Value, Value)>) {
    for (machine, input, expected) in rows {
        let (execution, _) = run(machine.clone(), input);
        assert_eq!(
            end(&execution),
            expected,
            "{machine}\n{:?}",
            event_types(&execution)
        );
    }
}

/// What AWS puts before the cause of an error of its own, in the first state.
fn in_state(name: &str, cause: &str) -> String {
    format!(
        "An error occurred while executing the state '{name}' (entered at the event id #2). {cause}"
    )
}

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
        (
            pass(&json!("{% $states.input %}")),
            json!(9_007_199_254_740_993_u64),
            json!(9_007_199_254_740_993_u64),
        ),
    ]);
}

#[test]
fn expressions_have_awss_functions_and_errors() {
    let failed = |cause: &str| json!(["States.QueryEvaluationError", in_state("a", cause)]);
    let outcome = |source: &str, expected: Value| {
        (
            pass(&json!(format!("{{% {source} %}}"))),
            json!({}),
            expected,
        )
    };
    let nothing = |source: &str| {
        let cause = format!(
            "The JSONata expression '{source}' specified for the field 'Output' returned nothing (undefined)."
        );
        outcome(source, failed(&cause))
    };
    check(vec![
        outcome("$partition([1..5], 2.9)", json!([[1, 2], [3, 4], [5]])),
        outcome("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2])),
        outcome("$range(3, 3, 1)", json!(3)),
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
        outcome(
            "function($x){$x}",
            failed(
                "The JSONata expression 'function($x){$x}' specified for the field 'Output' returned an unsupported result type.",
            ),
        ),
    ]);
}

#[test]
fn an_expression_that_cannot_be_evaluated_is_an_error_with_its_code() {
    let rows = [
        ("$eval('1')", "T1006"),
        ("1 + 'a'", "T2002"),
        ("(", "S0207"),
        ("$hash('a', 'md5')", "'md5' is not supported"),
        ("$range(1, 400000, 1)", "memory limit"),
        ("$sum([1..900000])", "D2015"),
        (
            "($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(100000))",
            "D1011",
        ),
        ("$parse('{')", "parsed as JSON"),
    ];
    for (source, code) in rows {
        let (execution, _) = run(pass(&json!(format!("{{% {source} %}}"))), json!({}));
        let Status::Failed { error, cause } = execution.status() else {
            panic!("{source}: {:?}", execution.status());
        };
        assert_eq!(
            error.as_deref(),
            Some("States.QueryEvaluationError"),
            "{source}"
        );
        assert!(
            cause.as_ref().is_some_and(|cause| cause.contains(code)),
            "{source}: {cause:?}"
        );
        assert_eq!(
            event_types(&execution),
            [
                "ExecutionStarted",
                "PassStateEntered",
                "EvaluationFailed",
                "ExecutionFailed"
            ],
            "{source}"
        );
    }
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
        let (execution, _) = run(pass(&json!(format!("{{% {source} %}}"))), json!({}));
        let succeeded = matches!(execution.status(), Status::Succeeded { .. });
        assert_eq!(
            succeeded,
            accepted,
            "{}: {:?}",
            source.get(..40).unwrap_or(&source),
            event_types(&execution)
        );
    }
}

#[test]
fn a_choice_takes_the_first_rule_that_applies() {
    let choice = |choices: Value, default: Value| {
        let mut states = json!({
            "a": { "Type": "Choice", "Choices": choices },
            "yes": { "Type": "Pass", "Output": { "yes": "{% $states.input %}" }, "End": true },
            "no": { "Type": "Pass", "Output": "no", "End": true },
        });
        if !default.is_null() {
            states["a"]["Default"] = default;
        }
        machine(&states)
    };
    let rule = |condition: &str| json!([{ "Condition": condition, "Next": "yes" }]);
    let seen = json!([
        { "Condition": "{% $states.input.n > 5 %}", "Next": "no" },
        { "Condition": true, "Assign": { "v": "{% $states.input.n %}" }, "Output": "{% $states.input.n + 1 %}", "Next": "yes" },
        { "Condition": "{% $states.input.absent %}", "Next": "no" },
    ]);
    let wrong = "The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an \
                 unexpected result type. Expected 'boolean', but was 'number' for value: 1";
    check(vec![
        (
            choice(seen, json!(null)),
            json!({ "n": 1 }),
            json!({ "yes": 2 }),
        ),
        (
            choice(rule("{% $states.input.n = 2 %}"), json!("no")),
            json!({ "n": 1 }),
            json!("no"),
        ),
        (
            choice(rule("{% $states.input.n %}"), json!("no")),
            json!({ "n": 1 }),
            json!(["States.QueryEvaluationError", in_state("a", wrong)]),
        ),
        (
            choice(rule("{% false %}"), json!(null)),
            json!({}),
            json!([
                "States.NoChoiceMatched",
                in_state(
                    "a",
                    "Failed to transition out of the state. The state does not point to a next state."
                )
            ]),
        ),
    ]);
}

#[test]
fn a_wait_lets_time_pass() {
    let rows = [
        (json!({ "Seconds": 90 }), Some(90)),
        (
            json!({ "Seconds": "{% $states.input.n * 60 %}" }),
            Some(180),
        ),
        (json!({ "Seconds": 0 }), Some(0)),
        (
            json!({ "Timestamp": "2026-01-01T01:00:00+00:30" }),
            Some(1800),
        ),
        (
            json!({ "Timestamp": "{% $fromMillis($millis() + 5000) %}" }),
            Some(5),
        ),
        (json!({ "Timestamp": "2025-01-01T00:00:00Z" }), Some(0)),
        (json!({ "Seconds": "{% -1 %}" }), None),
        (json!({ "Seconds": "{% 'soon' %}" }), None),
        (json!({ "Timestamp": "2026-01-01 00:00:00Z" }), None),
    ];
    for (fields, seconds) in rows {
        let mut state = json!({ "Type": "Wait", "Output": "done", "End": true });
        for (name, value) in fields.as_object().expect("fields") {
            state[name] = value.clone();
        }
        let (execution, world) = run(machine(&json!({ "a": state })), json!({ "n": 3 }));
        match seconds {
            Some(seconds) => {
                assert_eq!(end(&execution), json!("done"), "{fields}");
                assert_eq!(world.elapsed().as_secs(), seconds, "{fields}");
            }
            None => assert_eq!(
                end(&execution)[0],
                json!("States.QueryEvaluationError"),
                "{fields}"
            ),
        }
    }
}

#[test]
fn branches_and_iterations_join_in_order() {
    let branch = |states: Value| machine(&states);
    let parallel = json!({
        "a": { "Type": "Pass", "Assign": { "x": 1 }, "Next": "b" },
        "b": {
            "Type": "Parallel",
            "Arguments": { "n": "{% $x + 1 %}" },
            "Branches": [
                branch(json!({ "slow": { "Type": "Wait", "Seconds": 5, "Assign": { "y": 9 }, "Output": "{% [$x, $states.input.n] %}", "End": true } })),
                branch(json!({ "quick": { "Type": "Succeed", "Output": "{% $states.context.Execution.Name %}" } })),
            ],
            "Assign": { "both": "{% $states.result %}" },
            "Output": "{% $states.input %}",
            "Next": "c",
        },
        "c": { "Type": "Pass", "Output": ["{% $states.input %}", "{% $both %}", "{% $exists($y) %}"], "End": true },
    });
    let each = |more: Value| {
        let mut map = json!({
            "Type": "Map",
            "Items": "{% [3, 1, 2] %}",
            "ItemProcessor": branch(json!({ "w": {
                "Type": "Wait", "Seconds": "{% $states.context.Map.Item.Value %}",
                "Output": { "i": "{% $states.context.Map.Item.Index %}", "in": "{% $states.input %}" }, "End": true,
            } })),
            "End": true,
        });
        for (name, value) in more.as_object().expect("fields") {
            map[name] = value.clone();
        }
        machine(&json!({ "m": map }))
    };
    let plain = json!([{ "i": 0, "in": 3 }, { "i": 1, "in": 1 }, { "i": 2, "in": 2 }]);
    let selected = json!([{ "i": 0, "in": "n3" }, { "i": 1, "in": "n1" }, { "i": 2, "in": "n2" }]);
    let selector = json!("{% $states.input.p & $string($states.context.Map.Item.Value) %}");
    check(vec![
        (
            machine(&parallel),
            json!("in"),
            json!(["in", [[1, 2], "e"], false]),
        ),
        (each(json!({})), json!({}), plain.clone()),
        (each(json!({ "MaxConcurrency": 1 })), json!({}), plain),
        (
            each(json!({ "ItemSelector": selector })),
            json!({ "p": "n" }),
            selected,
        ),
        (each(json!({ "Items": "{% [] %}" })), json!({}), json!([])),
        (
            each(json!({ "Items": [1, "{% 1 %}"], "Output": "{% $count($states.result) %}" })),
            json!({}),
            json!(2),
        ),
        (
            each(json!({ "Items": [], "Output": "{% $states.input %}" })),
            json!("in"),
            json!("in"),
        ),
    ]);
    let seconds = |more| run(each(more), json!({})).1.elapsed().as_secs();
    assert_eq!(
        [
            seconds(json!({})),
            seconds(json!({ "MaxConcurrency": 2 })),
            seconds(json!({ "MaxConcurrency": 1 }))
        ],
        [3, 3, 6]
    );
}

#[test]
fn errors_are_retried_then_caught() {
    let states = |task: Value| {
        machine(&json!({
            "a": task,
            "caught": { "Type": "Pass", "Output": ["{% $states.input %}", "{% $seen %}"], "End": true },
        }))
    };
    let retry = |names: Value| json!([{ "ErrorEquals": names, "MaxAttempts": 2 }]);
    let catch = |names: Value| {
        json!([{
            "ErrorEquals": names, "Next": "caught",
            "Assign": { "seen": "{% $states.errorOutput.Error %}" },
            "Output": "{% $states.input & '!' %}",
        }])
    };
    let task = |fail: Value, retried: Value, caught: Value| {
        let more = json!({
            "Retry": retry(retried), "Catch": catch(caught), "TimeoutSeconds": 10, "End": true,
            "Output": "{% $states.result.Payload %}",
        });
        states(invoke(
            &json!({ "fail": fail, "give": "{% $states.context.State.RetryCount %}" }),
            &more,
        ))
    };
    let none = json!(["No.Such"]);
    let all = json!(["States.ALL"]);
    check(vec![
        (
            task(json!([]), none.clone(), none.clone()),
            json!("in"),
            json!(0),
        ),
        (
            task(json!(["E", "E"]), json!(["E"]), none.clone()),
            json!("in"),
            json!(2),
        ),
        (
            task(json!(["E", "hang"]), all.clone(), none.clone()),
            json!("in"),
            json!(2),
        ),
        (
            task(json!(["E", "E", "E"]), json!(["E"]), all.clone()),
            json!("in"),
            json!(["in!", "E"]),
        ),
        (
            task(json!(["E", "E", "E"]), json!(["E"]), none.clone()),
            json!("in"),
            json!(["E", "as told"]),
        ),
        (
            task(json!(["E"]), none.clone(), json!(["States.TaskFailed"])),
            json!("in"),
            json!(["in!", "E"]),
        ),
        (
            task(json!(["hang"]), none.clone(), json!(["States.TaskFailed"])),
            json!("in"),
            json!(["States.Timeout", null]),
        ),
        (
            task(json!(["hang"]), none.clone(), json!(["States.Timeout"])),
            json!("in"),
            json!(["in!", "States.Timeout"]),
        ),
        (
            task(json!(["States.Runtime"]), all.clone(), all.clone()),
            json!("in"),
            json!(["States.Runtime", "as told"]),
        ),
        (
            task(json!(["E", "F", "E"]), json!(["E"]), none.clone()),
            json!("in"),
            json!(["F", "as told"]),
        ),
    ]);
}

#[test]
fn each_retrier_counts_for_itself() {
    let more = json!({
        "Retry": [
            { "ErrorEquals": ["A"], "MaxAttempts": 1 },
            { "ErrorEquals": ["States.ALL"], "MaxAttempts": 2 },
        ],
        "Output": "{% $states.context.State.RetryCount %}",
        "End": true,
    });
    let task =
        |fail: Value| machine(&json!({ "a": invoke(&json!({ "fail": fail, "give": 1 }), &more) }));
    check(vec![
        (task(json!(["A", "B", "B"])), json!({}), json!(3)),
        (task(json!(["B", "A", "B"])), json!({}), json!(3)),
        // The first retrier that is for an error decides, so `States.ALL` does not take over for a second `A`.
        (task(json!(["A", "A"])), json!({}), json!(["A", "as told"])),
        (
            task(json!(["B", "B", "B"])),
            json!({}),
            json!(["B", "as told"]),
        ),
    ]);
}

#[test]
fn trouble_inside_reaches_the_enclosing_state() {
    let failing =
        json!({ "f": { "Type": "Fail", "Error": "{% 'E' & $states.input %}", "Cause": "why" } });
    let waiting = json!({ "w": { "Type": "Wait", "Seconds": 9, "End": true } });
    let parallel = |more: Value| {
        let mut state = json!({ "Type": "Parallel", "Branches": [machine(&waiting), machine(&failing)], "End": true });
        for (name, value) in more.as_object().expect("fields") {
            state[name] = value.clone();
        }
        machine(&json!({ "p": state, "caught": { "Type": "Pass", "End": true } }))
    };
    let catch = json!({ "Catch": [{ "ErrorEquals": ["E1"], "Next": "caught" }] });
    check(vec![
        (parallel(json!({})), json!(1), json!(["E1", "why"])),
        (
            parallel(catch.clone()),
            json!(1),
            json!({ "Error": "E1", "Cause": "why" }),
        ),
        (
            parallel(json!({ "Catch": [{ "ErrorEquals": ["E2"], "Next": "caught" }] })),
            json!(1),
            json!(["E1", "why"]),
        ),
    ]);
    let (execution, _) = run(parallel(catch), json!(1));
    assert_eq!(
        event_types(&execution),
        [
            "ExecutionStarted",
            "ParallelStateEntered",
            "ParallelStateStarted",
            "WaitStateEntered",
            "FailStateEntered",
            "WaitStateAborted",
            "ParallelStateFailed",
            "ParallelStateExited",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded",
        ]
    );
    let map = json!({ "m": {
        "Type": "Map", "Items": [1, 2], "ItemProcessor": machine(&failing), "End": true,
        "Retry": [{ "ErrorEquals": ["E1"], "MaxAttempts": 1 }],
    } });
    let (execution, world) = run(machine(&map), json!({}));
    assert_eq!(end(&execution), json!(["E1", "why"]));
    assert_eq!(world.elapsed().as_secs(), 1);
    let failures = event_types(&execution)
        .iter()
        .filter(|event| *event == "MapIterationFailed")
        .count();
    assert_eq!(failures, 2, "once per attempt of the Map");
}

#[test]
fn a_token_completes_a_task() {
    let mut task = invoke(
        &json!({ "token": "{% $states.context.Task.Token %}", "give": "approved" }),
        &json!({ "HeartbeatSeconds": 60, "End": true }),
    );
    task["Resource"] = json!("arn:aws:states:::lambda:invoke.waitForTaskToken");
    let (execution, _) = run(machine(&json!({ "a": task.clone() })), json!({}));
    assert_eq!(end(&execution), json!("approved"));
    assert!(event_types(&execution).contains(&"TaskSubmitted".to_owned()));
    task["Arguments"]["Payload"]["fail"] = json!(["hang"]);
    task["Catch"] = json!([{ "ErrorEquals": ["States.HeartbeatTimeout"], "Next": "late" }]);
    let states = json!({ "a": task, "late": { "Type": "Pass", "End": true } });
    let (execution, world) = run(machine(&states), json!({}));
    assert_eq!(
        end(&execution),
        json!({ "Error": "States.Timeout", "Cause": "" })
    );
    assert_eq!(world.elapsed().as_secs(), 60);
}

#[test]
fn limits_are_kept() {
    let big = "x".repeat(262_145);
    let catch = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "b" }], "Next": "b" });
    let states = |task: Value| {
        machine(&json!({ "a": task, "b": { "Type": "Pass", "Output": "b", "End": true } }))
    };
    let passes = states(
        json!({ "Type": "Pass", "Output": "{% $states.input & $states.input %}", "Next": "b" }),
    );
    check(vec![
        // A task's result that is too large is caught by `States.ALL`; what a state makes itself is not.
        (
            states(invoke(
                &json!({ "give": "{% $pad('', 200000, 'x') %}" }),
                &catch,
            )),
            json!({}),
            json!("b"),
        ),
        (
            passes,
            json!(big.get(..131_073)),
            json!([
                "States.DataLimitExceeded",
                in_state(
                    "a",
                    "The state/task 'a' returned a result with a size exceeding the maximum number of bytes service limit."
                )
            ]),
        ),
    ]);
    let (execution, _) = run(
        machine(&json!({ "a": { "Type": "Pass", "Next": "a" } })),
        json!({}),
    );
    let cause = "The execution reached the maximum number of history events (25000).";
    assert_eq!(end(&execution), json!(["States.Runtime", cause]));
    assert_eq!(execution.history().len(), 25_000);
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
        event_types(&execution).last().map(String::as_str),
        Some("ExecutionTimedOut")
    );
}

#[test]
fn events_are_written_as_aws_writes_them() {
    let states = json!({ "a": invoke(&json!({ "give": 1 }), &json!({ "TimeoutSeconds": 5, "Assign": { "v": 1 }, "End": true })) });
    let (execution, _) = run(machine(&states), json!({}));
    let events = serde_json::to_value(execution.history()).expect("events are JSON");
    let result = "{\"Payload\":1,\"StatusCode\":200}";
    let whole = json!({ "truncated": false });
    let at = 1_767_225_600.0;
    assert_eq!(
        events,
        json!([
            { "timestamp": at, "type": "ExecutionStarted", "id": 1, "previousEventId": 0,
              "executionStartedEventDetails": { "input": "{}", "inputDetails": whole, "roleArn": "arn:aws:iam::111111111111:role/r" } },
            { "timestamp": at, "type": "TaskStateEntered", "id": 2, "previousEventId": 0,
              "stateEnteredEventDetails": { "name": "a", "input": "{}", "inputDetails": whole } },
            { "timestamp": at, "type": "TaskScheduled", "id": 3, "previousEventId": 2,
              "taskScheduledEventDetails": { "resourceType": "lambda", "resource": "invoke", "region": "eu-west-1",
                "parameters": "{\"FunctionName\":\"f\",\"Payload\":{\"give\":1}}", "timeoutInSeconds": 5 } },
            { "timestamp": at, "type": "TaskStarted", "id": 4, "previousEventId": 3,
              "taskStartedEventDetails": { "resourceType": "lambda", "resource": "invoke" } },
            { "timestamp": at, "type": "TaskSucceeded", "id": 5, "previousEventId": 4,
              "taskSucceededEventDetails": { "resourceType": "lambda", "resource": "invoke", "output": result, "outputDetails": whole } },
            { "timestamp": at, "type": "TaskStateExited", "id": 6, "previousEventId": 5,
              "stateExitedEventDetails": { "name": "a", "output": result, "outputDetails": whole,
                "assignedVariables": { "v": "1" }, "assignedVariablesDetails": whole } },
            { "timestamp": at, "type": "ExecutionSucceeded", "id": 7, "previousEventId": 6,
              "executionSucceededEventDetails": { "output": result, "outputDetails": whole } },
        ])
    );
}
