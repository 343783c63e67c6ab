//! What the bus is told, and by what it is named there.

/// An event that definitions may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name: `customer.created`.
    pub name: &'static str,
    /// When it is told; `None` where nothing tells it.
    pub when: Option<&'static str>,
}

const fn told(name: &'static str, when: &'static str) -> Known {
    Known {
        name,
        when: Some(when),
    }
}

/// Every event.
pub const EVENTS: &[Known] = &[
    told("customer.created", "a step creates a customer"),
    told("customer.updated", "a step changes a customer"),
    // Definitions of other systems name it; no step deletes customers.
    Known {
        name: "customer.deleted",
        when: None,
    },
    told("product.created", "a step creates a product"),
    told("product.updated", "a step changes a product"),
    told("approval.created", "a step creates an approval as a record"),
    told("approval.updated", "a step changes an approval as a record"),
    told("conversation.created", "a conversation is new"),
    told(
        "conversation.message_received",
        "an inbound message is kept",
    ),
    told(
        "conversation.closed",
        "the status of a conversation becomes `closed`",
    ),
    told("workflow.completed", "a run completes"),
    told("workflow.failed", "a run fails, or its time is over"),
    told("workflow.cancelled", "a run is cancelled"),
];

/// The event of a name.
pub fn find(name: &str) -> Option<&'static Known> {
    EVENTS.iter().find(|event| event.name == name)
}
