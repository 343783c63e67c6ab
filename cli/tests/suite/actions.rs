//! `pawl actions` through the binary, and the page that it writes.

use pawl_contract::catalogue;
use serde_json::Value;

use crate::command_line::{pawl, text};
use crate::corpus::root;

#[test]
fn the_page_of_actions_is_what_the_catalogue_says() {
    let output = pawl(&root(), &["actions", "--pages"]);
    let path = root().join("docs/actions.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &output.stdout).expect("the page");
    }
    let page = std::fs::read_to_string(&path).expect("the page");
    assert!(
        text(&output.stdout) == page,
        "docs/actions.md is old: run this test with UPDATE=1"
    );
}

#[test]
fn every_operation_is_listed_and_shown_by_any_of_its_names() {
    let list = text(&pawl(&root(), &["actions"]).stdout);
    for operation in catalogue::operations() {
        assert!(list.contains(&operation.name()), "{}", operation.name());
    }
    for (name, shown) in [
        ("customer.get_by_id", "### `customer.get_by_id`"),
        ("customer_get", "### `customer.get_by_id`"),
        ("customer", "### `customer.orders`"),
        ("email_send", "- leaves the system: `to`"),
        ("rag.search", "It cannot run yet"),
    ] {
        let output = pawl(&root(), &["actions", name]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        let page = text(&output.stdout);
        assert!(page.contains(shown), "{name}: {page}");
    }
}

#[test]
fn a_script_reads_schemas_and_examples() {
    let one = pawl(&root(), &["actions", "customer_get", "--json"]);
    let one: Value = serde_json::from_slice(&one.stdout).expect("JSON");
    let field = |path: &str| one.pointer(path).and_then(Value::as_str);
    assert_eq!(field("/effect"), Some("read"));
    assert_eq!(field("/input/properties/customerId/type"), Some("string"));
    assert_eq!(field("/output/properties/email/type/0"), Some("string"));
    assert_eq!(field("/examples/0/parameters/customerId"), Some("c1"));
    let all = pawl(&root(), &["actions", "--json"]);
    let all: Vec<Value> = serde_json::from_slice(&all.stdout).expect("JSON");
    assert_eq!(all.len(), catalogue::operations().count());
}

#[test]
fn an_unknown_action_is_misuse_with_a_near_name() {
    for (name, said) in [
        ("send_mail", "did you mean `email_send`?"),
        ("custmer", "did you mean `customer`?"),
        ("make_coffee", "`pawl actions` lists all of them"),
    ] {
        let output = pawl(&root(), &["actions", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(said), "{name}: {stderr}");
    }
}
