//! `pawl eval` through the binary.

use serde_json::Value;

use crate::command_line::{pawl, pawl_reads, text};

const CUSTOMER: &str = r#"{"customer": {"name": "Ada", "orders": [{"id": "a", "total": 30}, {"id": "b", "total": 12}]}}"#;

/// What is asked, what is printed, and the code with which it exits; a refusal is printed to standard error.
#[test]
fn expressions_and_templates_are_evaluated_as_in_a_definition() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("customer.json", CUSTOMER);
    write(
        "customer.yaml",
        "customer:\n  name: Ada\n  orders: [1, 2, 3]\n",
    );
    write("list.json", "[1]");
    write("broken.json", "{\"a\": }");
    let rows: &[(&[&str], i32, &str)] = &[
        (&["1 + 2"], 0, "3\n"),
        (&["-1"], 0, "-1\n"),
        (
            &["customer.orders|length", "--data", "customer.json"],
            0,
            "2\n",
        ),
        (
            &["customer.orders.length", "--data", "customer.yaml"],
            0,
            "3\n",
        ),
        (&["customer.name", "--data", "@customer.json"], 0, "Ada\n"),
        (
            &["customer.name", "--data", "customer.json", "--json"],
            0,
            "\"Ada\"\n",
        ),
        (&["customer.age", "--data", "customer.json"], 0, "null\n"),
        (
            &["Hello {{name}}", "--data", r#"{"name": "Ada"}"#],
            0,
            "Hello Ada\n",
        ),
        (&["{{a}}", "--data", r#"{"a": [1]}"#], 0, "[\n  1\n]\n"),
        // A condition with braces is no template.
        (&["{{a}} > 3", "--data", r#"{"a": 5}"#], 0, "5 > 3\n"),
        (
            &["{{a}} > 3", "--expression", "--data", r#"{"a": 5}"#],
            0,
            "true\n",
        ),
        (&["1 + 2", "--template"], 0, "1 + 2\n"),
        (&["now|daysAgo"], 0, "0\n"),
        (&["now", "--data", r#"{"now": "then"}"#], 0, "then\n"),
        (&["a.b + c[0] + a.b", "--references"], 0, "a.b\nc[0]\n"),
        (
            &["{{a}} {{#list}}{{/list}}", "--references", "--json"],
            0,
            "[\n  \"a\",\n  \"list\"\n]\n",
        ),
        (&["1 +"], 1, "error[expression-syntax]"),
        (&["Hello {{name}"], 1, "EXPR:1:7"),
        (
            &["custmer.name", "--data", "customer.json"],
            1,
            "did you mean `customer`?",
        ),
        (
            &["customer.orders - 1", "--data", "customer.json"],
            1,
            "EXPR:1:1",
        ),
        (&["1", "--data", "missing.json"], 2, "missing.json"),
        (&["1", "--data", "list.json"], 2, "not an object"),
        (&["1", "--data", "broken.json"], 2, "broken.json:1:7"),
        (&["1", "--data", "{"], 2, "--data"),
        (&["1", "--template", "--expression"], 2, "--expression"),
        (&[], 2, "EXPR"),
    ];
    for (arguments, code, said) in rows {
        let output = pawl(folder.path(), &[&["eval"], *arguments].concat());
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {stderr}");
        if *code == 0 {
            assert_eq!(&stdout, said, "{arguments:?}");
            assert!(stderr.is_empty(), "{arguments:?}: {stderr}");
        } else {
            assert!(stdout.is_empty(), "{arguments:?}: {stdout}");
            assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        }
    }
}

#[test]
fn data_comes_through_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [
        "eval",
        "customer.orders[.total > 20]|map('id')",
        "--data",
        "-",
    ];
    for data in [
        CUSTOMER,
        "customer:\n  orders:\n    - {id: a, total: 30}\n    - {id: b, total: 12}\n",
    ] {
        let output = pawl_reads(folder.path(), &arguments, data);
        let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(value, serde_json::json!(["a"]));
    }
}

#[test]
fn the_help_lists_every_transform() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = text(&pawl(folder.path(), &["eval", "--help"]).stdout);
    for transform in pawl_expression::transforms() {
        assert!(help.contains(transform.signature), "{}", transform.name);
        assert!(help.contains(transform.doc), "{}", transform.name);
    }
}
