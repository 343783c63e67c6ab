//! The tools that an llm step can be given, by every name that authors use.

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
