//! The catalogue: every action, its operations, their parameters, and what each may do.
//!
//! One file per action, one row per operation. The compiler checks definitions against it, and the functions run what
//! it calls ready.

mod approval;
mod conversation;
mod crawler;
mod customer;
mod document;
mod email_provider;
mod email_send;
mod example;
mod imap;
mod integration;
mod onedrive;
mod operation;
mod output;
mod parameter;
mod product;
mod rag;
mod recommendation;
mod set_variables;
mod similar;
mod tone_of_voice;
mod website;
mod website_pages;
mod workflow;
mod workflow_processing_records;

pub use example::Example;
pub use operation::{Action, Effect, Operation, Others, Readiness};
pub use output::Output;
pub use parameter::Parameter;
pub use similar::similar;

/// Every action, those that run first.
static ACTIONS: &[Action] = &[
    customer::ACTION,
    product::ACTION,
    conversation::ACTION,
    recommendation::ACTION,
    email_send::ACTION,
    set_variables::ACTION,
    document::ACTION,
    approval::ACTION,
    integration::ACTION,
    rag::ACTION,
    workflow_processing_records::ACTION,
    email_provider::ACTION,
    imap::ACTION,
    onedrive::ACTION,
    crawler::ACTION,
    website::ACTION,
    website_pages::ACTION,
    tone_of_voice::ACTION,
    workflow::ACTION,
];

/// Older and flat names, and the operation that each means.
const ALIASES: &[(&str, &str)] = &[
    ("customer_get", "customer.get_by_id"),
    ("customer_search", "customer.query"),
    ("list_customers", "customer.query"),
    ("product_get", "product.get_by_id"),
    ("product_search", "product.query"),
    ("list_products", "product.query"),
    ("conversation_get", "conversation.get_by_id"),
    ("conversation_search", "conversation.query"),
];

/// Every action with its operations.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter()
}

/// Every operation there is.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    actions().flat_map(|action| action.operations)
}

/// Finds an operation by any spelling that authors use.
///
/// `type` + `operation`, the dotted form (`customer.get_by_id`), the flat form (`customer_get_by_id`) and the older
/// names (`customer_get`, `customer_search`) all lead to the same row. A name that says all may have its operation
/// beside it too.
pub fn find(action: &str, operation: Option<&str>) -> Option<&'static Operation> {
    let Some(operation) = operation.filter(|operation| !operation.is_empty()) else {
        return named(action);
    };
    let rows = || {
        actions()
            .find(|one| one.name == action)
            .map(|one| one.operations)
    };
    let Some(rows) = rows() else {
        return named(action).filter(|row| row.operation == operation);
    };
    // An action with a free operation of its own, such as `integration`, is one row.
    let exact = rows.iter().find(|row| row.operation == operation);
    exact.or_else(|| rows.iter().find(|row| row.operation.is_empty()))
}

/// Finds an operation by a name that says all.
fn named(name: &str) -> Option<&'static Operation> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    let name = alias.map_or(name, |(_, name)| *name);
    operations().find(|row| row.is_named(name))
}

/// Every spelling that names an operation on its own, for suggestions.
pub fn spellings() -> impl Iterator<Item = String> {
    let flat = operations()
        .filter(|row| !row.operation.is_empty())
        .map(|row| format!("{}_{}", row.action, row.operation));
    ALIASES
        .iter()
        .map(|(alias, _)| (*alias).to_owned())
        .chain(operations().map(Operation::name))
        .chain(flat)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_spelling_finds_its_operation() {
        let rows = [
            (("customer", Some("get_by_id")), "customer.get_by_id"),
            (("customer.get_by_id", None), "customer.get_by_id"),
            (
                ("customer.get_by_id", Some("get_by_id")),
                "customer.get_by_id",
            ),
            (("customer_get", None), "customer.get_by_id"),
            (("customer_get", Some("")), "customer.get_by_id"),
            (("customer_search", Some("query")), "customer.query"),
            (("customer_update", None), "customer.update"),
            (("customer_orders", None), "customer.orders"),
            (("conversation_search", None), "conversation.query"),
            (
                ("conversation_create_draft", None),
                "conversation.create_draft",
            ),
            (("recommendation_create", None), "recommendation.create"),
            (("email_send", None), "email_send"),
            (("set_variables", None), "set_variables"),
            (("integration", Some("get_orders")), "integration"),
        ];
        for ((action, operation), name) in rows {
            assert_eq!(
                find(action, operation).map(Operation::name).as_deref(),
                Some(name)
            );
        }
        let nothing = [
            ("customer", None),
            ("customer", Some("obtain")),
            ("customer_get", Some("update")),
            ("custmer_get", None),
            ("customer-get_by_id", None),
            ("email_send.", None),
            ("", None),
        ];
        for (action, operation) in nothing {
            assert_eq!(find(action, operation), None, "{action} {operation:?}");
        }
    }

    #[test]
    fn every_spelling_leads_to_a_row_and_every_row_has_one() {
        let mut reached = BTreeSet::new();
        for spelling in spellings() {
            let row = find(&spelling, None);
            reached.insert(row.map(Operation::name));
            assert!(row.is_some(), "{spelling}");
        }
        assert_eq!(reached.len(), operations().count());
    }

    #[test]
    fn every_row_stands_with_its_action_once() {
        let mut names = BTreeSet::new();
        for action in actions() {
            assert!(!action.operations.is_empty(), "{}", action.name);
            for row in action.operations {
                assert_eq!(row.action, action.name, "{}", row.name());
                assert!(names.insert(row.name()), "{} stands twice", row.name());
            }
        }
    }

    #[test]
    fn every_name_of_a_parameter_means_one_of_its_operation() {
        for row in operations() {
            let mut names = BTreeSet::from(["organizationId"]);
            for name in row.parameters.iter().flat_map(Parameter::names) {
                assert!(names.insert(name), "{}: `{name}` stands twice", row.name());
                assert!(row.parameter(name).is_some(), "{}: `{name}`", row.name());
            }
        }
    }

    #[test]
    fn whatever_runs_says_what_it_answers_what_it_needs_and_how_it_is_called() {
        for row in operations().filter(|row| row.readiness == Readiness::Ready) {
            let name = row.name();
            assert!(row.output != Output::Anything, "{name} says no answer");
            assert!(!row.examples.is_empty(), "{name} has no example");
            // Variables are the run's own.
            let is_free = row.permissions.is_empty();
            assert_eq!(
                is_free,
                name == "set_variables",
                "{name}: {:?}",
                row.permissions
            );
            let leaves = row.effect == Effect::Irreversible;
            assert_eq!(!row.sinks.is_empty(), leaves, "{name}: {:?}", row.sinks);
            for sink in row.sinks {
                assert!(row.parameter(sink).is_some(), "{name}: {sink}");
            }
            for example in row.examples {
                assert!(example.about.ends_with('.'), "{name}: {}", example.about);
            }
        }
    }

    #[test]
    fn everything_is_described_in_sentences() {
        let actions = actions().map(|one| (one.name.to_owned(), one.about));
        let rows = operations().map(|row| (row.name(), row.about));
        let parameters = operations().flat_map(|row| {
            let about = |one: &Parameter| (format!("{}: {}", row.name(), one.name), one.about);
            row.parameters.iter().map(about)
        });
        for (name, about) in actions.chain(rows).chain(parameters) {
            let is_sentence = about.ends_with('.') && about.starts_with(char::is_uppercase);
            assert!(is_sentence, "{name}: {about}");
        }
    }

    #[test]
    fn a_row_knows_its_parameters() {
        let parameter = |row: &str, name: &str| find(row, None)?.parameter(name);
        let names = [
            ("customer.query", "limit", Some("limit")),
            ("customer.query", "organizationId", Some("organizationId")),
            ("email_send", "text", Some("body")),
            ("email_send", "attachments", None),
            ("customer_orders", "cursor", None),
        ];
        for (row, name, expected) in names {
            let found = parameter(row, name).map(|found| found.name);
            assert_eq!(found, expected, "{row}: {name}");
        }
        let required = [
            ("customer.query", vec![]),
            ("customer.update", vec!["customerId"]),
            ("email_send", vec!["to", "subject"]),
            (
                "product.hydrate_fields",
                vec!["items", "idField", "mappings"],
            ),
        ];
        for (row, expected) in required {
            let found = find(row, None).map(|row| row.required().map(|one| one.name).collect());
            assert_eq!(found, Some(expected), "{row}");
        }
    }
}
