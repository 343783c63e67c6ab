//! The catalogue: every action, its operations, and what each may do.

/// What an operation does to the world, so that the compiler and a retry know how careful to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It only looks.
    Read,
    /// It writes our own records, in the step's transaction: exactly once.
    Write,
    /// It acts where nothing can be taken back, so it claims before it acts.
    Irreversible,
}

/// Whether an operation can run already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It runs.
    Ready,
    /// It is known, and runs only when it is mocked.
    Later,
}

/// One operation of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The action's type, such as `customer`.
    pub action: &'static str,
    /// The operation's name, such as `get_by_id`; empty for an action that has only one.
    pub operation: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether it can run already.
    pub readiness: Readiness,
    /// The parameters that it cannot do without.
    pub required: &'static [&'static str],
}

impl Operation {
    /// The canonical name: `customer.get_by_id`, or `email_send`.
    pub fn name(&self) -> String {
        if self.operation.is_empty() {
            self.action.to_owned()
        } else {
            format!("{}.{}", self.action, self.operation)
        }
    }
}

use Effect::{Irreversible, Read, Write};
use Readiness::{Later, Ready};

/// A row of the catalogue.
const fn row(
    action: &'static str,
    operation: &'static str,
    effect: Effect,
    readiness: Readiness,
    required: &'static [&'static str],
) -> Operation {
    Operation {
        action,
        operation,
        effect,
        readiness,
        required,
    }
}

/// Every operation there is.
pub const OPERATIONS: &[Operation] = &[
    row("customer", "create", Write, Ready, &[]),
    row("customer", "get_by_id", Read, Ready, &["customerId"]),
    row("customer", "query", Read, Ready, &[]),
    row("customer", "update", Write, Ready, &["customerId"]),
    row("customer", "filter", Read, Ready, &["expression"]),
    row("customer", "orders", Read, Ready, &["customerId"]),
    row("product", "create", Write, Ready, &["name"]),
    row("product", "get_by_id", Read, Ready, &["productId"]),
    row("product", "query", Read, Ready, &[]),
    row("product", "update", Write, Ready, &["productId"]),
    row("product", "filter", Read, Ready, &["expression"]),
    row(
        "product",
        "hydrate_fields",
        Read,
        Later,
        &["items", "idField", "mappings"],
    ),
    row("conversation", "create", Write, Ready, &[]),
    row(
        "conversation",
        "get_by_id",
        Read,
        Ready,
        &["conversationId"],
    ),
    row("conversation", "query", Read, Ready, &[]),
    row("conversation", "update", Write, Ready, &["conversationId"]),
    row("conversation", "filter", Read, Ready, &["expression"]),
    row(
        "conversation",
        "create_draft",
        Write,
        Ready,
        &["conversationId", "message"],
    ),
    row(
        "conversation",
        "query_messages",
        Read,
        Later,
        &["conversationId"],
    ),
    row(
        "conversation",
        "query_latest_message_by_delivery_state",
        Read,
        Later,
        &[],
    ),
    row("conversation", "create_from_email", Write, Later, &[]),
    row("conversation", "create_from_sent_email", Write, Later, &[]),
    row("conversation", "get_email_sync_cursor", Read, Later, &[]),
    row(
        "conversation",
        "update_email_sync_cursor",
        Write,
        Later,
        &[],
    ),
    row(
        "recommendation",
        "create",
        Write,
        Ready,
        &["customerId", "products"],
    ),
    row("email_send", "", Irreversible, Ready, &["to", "subject"]),
    row("document", "create", Write, Later, &[]),
    row("document", "get_by_id", Read, Later, &[]),
    row("document", "query", Read, Later, &[]),
    row("document", "update", Write, Later, &[]),
    row("document", "generate_signed_url", Read, Later, &[]),
    row("document", "retrieve", Read, Later, &["fileId"]),
    row("document", "list", Read, Later, &[]),
    row("document", "generate_docx", Write, Later, &[]),
    row("document", "get_metadata", Read, Later, &[]),
    row("document", "compare", Read, Later, &[]),
    row("document", "extract_docx_structured", Read, Later, &[]),
    row("document", "apply_docx_structured", Write, Later, &[]),
    row("document", "index_in_rag", Write, Later, &[]),
    row("document", "find_by_external_id", Read, Later, &[]),
    row("approval", "create_approval", Write, Later, &[]),
    row("approval", "update_approval_status", Write, Later, &[]),
    row("approval", "get_approval", Read, Later, &[]),
    row("approval", "list_pending_approvals", Read, Later, &[]),
    row("approval", "list_approvals_for_execution", Read, Later, &[]),
    row(
        "approval",
        "list_pending_approvals_for_execution",
        Read,
        Later,
        &[],
    ),
    row("approval", "get_approval_history", Read, Later, &[]),
    row("integration", "", Irreversible, Later, &["name"]),
    row("rag", "upload_document", Write, Later, &[]),
    row("rag", "upload_text", Write, Later, &[]),
    row("rag", "delete_document", Write, Later, &[]),
    row("rag", "search", Read, Later, &[]),
    row("rag", "get_chunks", Read, Later, &[]),
    row(
        "workflow_processing_records",
        "find_unprocessed",
        Write,
        Later,
        &[],
    ),
    row(
        "workflow_processing_records",
        "find_unprocessed_open_conversation",
        Write,
        Later,
        &[],
    ),
    row(
        "workflow_processing_records",
        "find_product_recommendation_by_status",
        Write,
        Later,
        &[],
    ),
    row(
        "workflow_processing_records",
        "record_processed",
        Write,
        Later,
        &[],
    ),
    row("email_provider", "get_default", Read, Later, &[]),
    row("email_provider", "get_imap_credentials", Read, Later, &[]),
    row("imap", "list", Read, Later, &[]),
    row("imap", "search", Read, Later, &[]),
    row("onedrive", "get_user_token", Read, Later, &[]),
    row("onedrive", "refresh_token", Write, Later, &[]),
    row("onedrive", "read_file", Read, Later, &[]),
    row("onedrive", "list_folder_contents", Read, Later, &[]),
    row("onedrive", "create_file_sync_configs", Write, Later, &[]),
    row("onedrive", "sync_folder_files", Write, Later, &[]),
    row("onedrive", "upload_to_storage", Write, Later, &[]),
    row("onedrive", "update_sync_config", Write, Later, &[]),
    row("crawler", "crawl_website", Read, Later, &[]),
    row("crawler", "discover_urls", Read, Later, &[]),
    row("crawler", "fetch_urls", Read, Later, &[]),
    row("crawler", "query_urls", Read, Later, &[]),
    row("website", "create", Write, Later, &[]),
    row("website", "update", Write, Later, &[]),
    row("website", "get_by_domain", Read, Later, &[]),
    row("websitePages", "bulk_upsert", Write, Later, &[]),
    row("tone_of_voice", "get_tone_of_voice", Read, Later, &[]),
    row("workflow", "upload_all_workflows", Write, Later, &[]),
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

/// Finds an operation by any spelling that authors use.
///
/// `type` + `operation`, the dotted form (`customer.get_by_id`), the flat form (`customer_get_by_id`) and the older
/// names (`customer_get`, `customer_search`) all lead to the same row.
pub fn find(action: &str, operation: Option<&str>) -> Option<&'static Operation> {
    if let Some(operation) = operation.filter(|operation| !operation.is_empty()) {
        let exact = OPERATIONS
            .iter()
            .find(|row| row.action == action && row.operation == operation);
        // An action with a free operation of its own, such as `integration`, is one row.
        return exact.or_else(|| {
            OPERATIONS
                .iter()
                .find(|row| row.action == action && row.operation.is_empty())
        });
    }
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == action)
        .map(|(_, name)| *name);
    let name = alias.unwrap_or(action);
    OPERATIONS.iter().find(|row| {
        row.name() == name
            || (!row.operation.is_empty() && format!("{}_{}", row.action, row.operation) == name)
    })
}

/// Every spelling that names an operation on its own, for suggestions.
pub fn spellings() -> impl Iterator<Item = String> {
    let flat = OPERATIONS
        .iter()
        .filter(|row| !row.operation.is_empty())
        .map(|row| format!("{}_{}", row.action, row.operation));
    ALIASES
        .iter()
        .map(|(alias, _)| (*alias).to_owned())
        .chain(OPERATIONS.iter().map(Operation::name))
        .chain(flat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_finds_its_operation() {
        let rows = [
            (("customer", Some("get_by_id")), "customer.get_by_id"),
            (("customer.get_by_id", None), "customer.get_by_id"),
            (("customer_get", None), "customer.get_by_id"),
            (("customer_update", None), "customer.update"),
            (("customer_orders", None), "customer.orders"),
            (("conversation_search", None), "conversation.query"),
            (
                ("conversation_create_draft", None),
                "conversation.create_draft",
            ),
            (("recommendation_create", None), "recommendation.create"),
            (("email_send", None), "email_send"),
            (("integration", Some("get_orders")), "integration"),
        ];
        for ((action, operation), name) in rows {
            assert_eq!(
                find(action, operation).map(Operation::name).as_deref(),
                Some(name)
            );
        }
        assert_eq!(find("customer", None), None);
        assert_eq!(find("custmer_get", None), None);
    }

    #[test]
    fn every_alias_leads_to_a_row() {
        for spelling in spellings() {
            assert!(find(&spelling, None).is_some(), "{spelling}");
        }
    }
}
