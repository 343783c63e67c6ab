//! Choice and Wait: which way, and when.

use serde_json::{Value, json};

use crate::bench::{check, end, extended, in_state, machine, run};

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
                "States.Runtime",
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
        (
            json!({ "Timestamp": "{% '2026-01-01t00:00:05z' %}" }),
            Some(5),
        ),
        (json!({ "Timestamp": "2025-01-01T00:00:00Z" }), Some(0)),
        (json!({ "Seconds": "{% -1 %}" }), None),
        (json!({ "Seconds": "{% 'soon' %}" }), None),
        (json!({ "Timestamp": "2026-01-01 00:00:00Z" }), None),
    ];
    for (fields, seconds) in rows {
        let state = json!({ "Type": "Wait", "Output": "done", "End": true });
        let state = extended(state, &fields);
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
