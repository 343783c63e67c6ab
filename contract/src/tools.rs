//! The tools that an llm step can be given, by every name that authors use, and what each can do.

mod schema;

pub use schema::{schema_of, schema_of_all};

use crate::catalogue::{self, Effect, Operation, Readiness};

/// A tool: its name, and older names for it.
pub const TOOLS: &[(&str, &[&str])] = &[
    (
        "customer_read",
        &["customer_get", "customer_search", "list_customers"],
    ),
    ("customer_update", &[]),
    (
        "product_read",
        &["product_get", "product_search", "list_products"],
    ),
    (
        "conversation_read",
        &["conversation_get", "conversation_search"],
    ),
    ("rag_search", &["context_search"]),
    ("rag_write", &[]),
    ("web", &["web_read"]),
    ("document_find", &[]),
    ("document_retrieve", &[]),
    ("document_write", &[]),
    ("artifact_create", &[]),
    ("artifact_edit", &[]),
    ("generate_file", &[]),
    ("pdf", &[]),
    ("image", &[]),
    ("docx", &["generate_docx"]),
    ("pptx", &[]),
    ("text", &[]),
    ("excel", &["generate_excel"]),
    ("workflow_read", &[]),
    ("workflow_syntax", &[]),
    ("update_workflow_step", &[]),
    ("save_workflow_definition", &[]),
    ("validate_workflow_definition", &[]),
    ("create_workflow", &["generate_workflow_from_description"]),
    ("run_workflow", &[]),
    ("integration", &[]),
    ("integration_batch", &[]),
    ("integration_introspect", &[]),
    ("database_schema", &[]),
    ("resource_check", &[]),
    ("request_human_input", &[]),
    ("request_user_location", &[]),
    ("update_todos", &[]),
    ("propose_memory", &[]),
];

/// The name of a tool, by any of its names.
pub fn find(name: &str) -> Option<&'static str> {
    TOOLS
        .iter()
        .find(|(tool, others)| *tool == name || others.contains(&name))
        .map(|(tool, _)| *tool)
}

/// What a tool can do: one operation of the catalogue, or several among which the model chooses.
///
/// Every name of a tool counts, and so does the name of any operation that reads or writes our own records. Empty where
/// there is no such tool, or where it cannot run yet.
///
/// ```
/// use pawl_contract::tools;
///
/// let named = |tool: &str| tools::operations(tool).iter().map(|row| row.name()).collect::<Vec<_>>();
/// assert_eq!(named("customer_get"), ["customer.get_by_id"]);
/// assert_eq!(named("customer_update"), ["customer.update"]);
/// assert!(named("product_read").contains(&"product.query".to_owned()));
/// assert!(named("email_send").is_empty());
/// ```
pub fn operations(name: &str) -> Vec<&'static Operation> {
    let reads = |action: &'static str| {
        let rows = catalogue::operations().filter(move |row| row.action == action);
        rows.filter(|row| row.effect == Effect::Read).collect()
    };
    let rows: Vec<_> = match name {
        "customer_read" => reads("customer"),
        "product_read" => reads("product"),
        "conversation_read" => reads("conversation"),
        name => catalogue::find(name, None).into_iter().collect(),
    };
    let is_safe = |row: &&Operation| {
        let is_ours = match row.effect {
            Effect::Read | Effect::Write => true,
            Effect::Irreversible => false,
        };
        is_ours && row.readiness == Readiness::Ready && row.action != "set_variables"
    };
    rows.into_iter().filter(is_safe).collect()
}

/// The name by which a model knows a tool: letters, digits and `_`.
pub fn function_name(name: &str) -> String {
    name.replace('.', "_")
}

/// Every name of every tool.
pub fn names() -> impl Iterator<Item = &'static str> {
    TOOLS
        .iter()
        .flat_map(|(tool, others)| std::iter::once(*tool).chain(others.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_belongs_to_one_tool() {
        for name in names() {
            assert_eq!(names().filter(|other| *other == name).count(), 1, "{name}");
            assert!(find(name).is_some(), "{name}");
        }
        assert_eq!(find("customer_get"), Some("customer_read"));
        assert_eq!(find("make_coffee"), None);
    }
}
