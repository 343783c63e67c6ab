//! States in JSONPath mode: those that select nothing run, the others are refused by name.

use pawl_interpreter::unsupported;
use serde_json::{Value, json};

use crate::bench::{check, in_state, machine, whole};

/// A machine in JSONPath mode of one state, followed by one in JSONata mode that gives the input and the variable `v`.
fn json_path(state: Value) -> Value {
    let mut state = state;
    if state["Type"] != "Fail" && state["Type"] != "Choice" {
        state["Next"] = json!("z");
    }
    let see = json!({
        "Type": "Pass", "QueryLanguage": "JSONata", "End": true,
        "Output": ["{% $states.input %}", "{% $exists($v) ? $v : 'none' %}"],
    });
    let mut machine = machine(&json!({ "a": state, "z": see }));
    machine["QueryLanguage"] = json!("JSONPath");
    if machine["States"]["a"]["Type"] == "Fail" {
        machine["States"]
            .as_object_mut()
            .expect("states")
            .remove("z");
    }
    machine
}

#[test]
fn states_that_select_nothing_run() {
    let branch = |state: Value| machine(&json!({ "i": state }));
    #[rustfmt::skip]
    let rows = [
        (json!({ "Type": "Pass" }), json!(["in", "none"])),
        (json!({ "Type": "Pass", "Result": { "r": [null] } }), json!([{ "r": [null] }, "none"])),
        (json!({ "Type": "Pass", "InputPath": "$", "OutputPath": "$", "ResultPath": "$" }), json!(["in", "none"])),
        // A text is a text here, whatever it looks like.
        (json!({ "Type": "Pass", "Assign": { "v": { "x": "{% 1 %}", "y": [2] } } }), json!(["in", { "x": "{% 1 %}", "y": [2] }])),
        (json!({ "Type": "Wait", "Seconds": 5 }), json!(["in", "none"])),
        (json!({ "Type": "Wait", "Timestamp": "2026-01-01T00:00:09Z", "Assign": { "v": 1 } }), json!(["in", 1])),
        (json!({ "Type": "Fail", "Error": "E", "Cause": "{% 'c' %}" }), json!(["E", "{% 'c' %}"])),
        (json!({ "Type": "Parallel", "Branches": [branch(json!({ "Type": "Succeed" })), branch(json!({ "Type": "Pass", "Result": 2, "End": true }))] }), json!([["in", 2], "none"])),
        (json!({ "Type": "Map", "ItemProcessor": branch(json!({ "Type": "Pass", "End": true })) }), json!(["States.Runtime", in_state("a", "Reference path \"$\" must point to array.")])),
        (json!({ "Type": "Map", "Iterator": branch(json!({ "Type": "Succeed" })) }), json!(["States.Runtime", in_state("a", "Reference path \"$\" must point to array.")])),
        (json!({ "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:111111111111:function:f", "TimeoutSeconds": 9,
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "z" }] }), json!([{ "Payload": null, "StatusCode": 200 }, "none"])),
    ];
    check(
        rows.into_iter()
            .map(|(state, expected)| (json_path(state), json!("in"), expected))
            .collect(),
    );
}

#[test]
fn what_selects_is_refused_by_name() {
    let catch = |more: Value| {
        let mut catcher = json!({ "ErrorEquals": ["States.ALL"], "Next": "z" });
        catcher
            .as_object_mut()
            .expect("fields")
            .extend(more.as_object().expect("fields").clone());
        json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Catch": [catcher] })
    };
    let map = |more: Value| {
        let mut map = json!({ "Type": "Map", "ItemProcessor": machine(&json!({ "i": { "Type": "Succeed" } })) });
        map.as_object_mut()
            .expect("fields")
            .extend(more.as_object().expect("fields").clone());
        map
    };
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke" });
    let with = |name: &str, value: Value| {
        let mut state = task.clone();
        state[name] = value;
        state
    };
    #[rustfmt::skip]
    let rows = [
        (with("InputPath", json!("$.a")), "InputPath"),
        (with("OutputPath", json!(null)), "OutputPath"),
        (with("ResultPath", json!("$.a")), "ResultPath"),
        (with("ResultSelector", json!({})), "ResultSelector"),
        (with("Parameters", json!({})), "Parameters"),
        (with("TimeoutSecondsPath", json!("$.t")), "TimeoutSecondsPath"),
        (with("Result", json!(1)), "Result"),
        (with("Assign", json!({ "v": [{ "x.$": "States.UUID()" }] })), "x.$"),
        (catch(json!({ "ResultPath": "$.e" })), "ResultPath"),
        (catch(json!({ "Assign": { "v.$": "$" } })), "v.$"),
        (map(json!({ "ItemsPath": "$.a" })), "ItemsPath"),
        (map(json!({ "ItemSelector": { "x.$": "$$.Map.Item.Value" } })), "x.$"),
        (map(json!({ "ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "Parameters": {} } })), "Parameters"),
        (json!({ "Type": "Choice", "Choices": [{ "Variable": "$.a", "IsNull": true, "Next": "z" }] }), "Variable"),
        (json!({ "Type": "Wait", "SecondsPath": "$.s" }), "SecondsPath"),
        (json!({ "Type": "Fail", "CausePath": "$.c" }), "CausePath"),
    ];
    for (state, field) in rows {
        let expected = format!(
            "The JSONPath field '{field}' is not available here: give the state the QueryLanguage 'JSONata'."
        );
        let problems = unsupported(&whole(json_path(state.clone())));
        let found: Vec<_> = problems
            .iter()
            .map(|problem| (problem.pointer.as_str(), problem.message.as_str()))
            .collect();
        assert_eq!(found, [("/States/a", expected.as_str())], "{state}");
    }
    // In JSONata mode the field is unknown.
    let mut state = machine(&json!({ "a": { "Type": "Pass", "Result": 1, "End": true } }));
    state["QueryLanguage"] = json!("JSONata");
    assert_eq!(unsupported(&whole(state)).len(), 1);
}
