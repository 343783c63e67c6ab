//! What a Task has done: a function is invoked, an execution is started, a service is called.

mod execution;
mod function;
mod service;

use std::sync::Arc;

use pawl_interpreter::{Failure, TaskRequest};
use serde_json::Value;

use super::Shared;
use super::about::Parent;
use crate::lambda::Manner;

pub(super) use execution::{begun, ended};
use function::Invocation;

/// What became of a task.
#[derive(Debug)]
pub(super) enum Outcome {
    Succeeded(Value),
    /// The work has begun; its result comes later.
    Submitted(Value),
    Failed(Failure),
}

/// Whether a Task's resource is one that is here.
pub(crate) fn is_invocable(resource: &str) -> bool {
    function::is_function(resource)
        || activity_of(resource).is_some()
        || execution::Nested::of(resource).is_some()
        || service::Call::of(resource).is_some()
}

/// The activity that a resource names.
pub(super) fn activity_of(resource: &str) -> Option<&str> {
    let mut parts = resource.splitn(7, ':');
    let is_activity = parts.nth(2) == Some("states") && parts.nth(2) == Some("activity");
    is_activity.then_some(resource)
}

/// Does what a Task asks for; `None` if its outcome is reported by somebody else.
pub(super) async fn perform(
    shared: &Arc<Shared>,
    parent: Parent,
    request: &TaskRequest,
) -> Option<Outcome> {
    if let Some(nested) = execution::Nested::of(&request.resource) {
        nested.start(shared, parent, request).await;
        return None;
    }
    if let Some(activity) = activity_of(&request.resource) {
        shared.offer(activity, parent);
        return None;
    }
    if let Some(call) = service::Call::of(&request.resource) {
        return Some(call.perform(shared, request).await);
    }
    let invocation = match Invocation::read(request) {
        Ok(invocation) => invocation,
        Err(failure) => return Some(Outcome::Failed(failure)),
    };
    let payload = invocation.payload.clone();
    let invoked = shared
        .lambda
        .invoke(&invocation.named, payload, Manner::default())
        .await;
    Some(invocation.outcome(invoked))
}
