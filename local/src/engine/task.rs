//! What a Task has done: a function is invoked, an execution is started, a service is called.

mod execution;
mod function;
mod metadata;
mod service;

use std::sync::Arc;

use pawl_asl::arguments::problems;
use pawl_interpreter::{Failure, TaskId, TaskRequest};
use serde_json::Value;

use super::about::Parent;
use super::{Engine, Shared};

use execution::Nested;
pub(super) use execution::{answered, begun, ended};
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
        || Nested::of(resource).is_some()
        || service::Call::of(resource).is_some()
}

/// The activity that a resource names.
pub(super) fn activity_of(resource: &str) -> Option<&str> {
    let mut parts = resource.splitn(7, ':');
    let is_activity = parts.nth(2) == Some("states") && parts.nth(2) == Some("activity");
    is_activity.then_some(resource)
}

/// Why a call cannot even begin with a Task's arguments, in AWS's words.
pub(crate) fn wrong_arguments(request: &TaskRequest) -> Option<String> {
    if !request.resource.contains(":states:::") {
        return None;
    }
    let problems = match request.arguments.as_object() {
        Some(arguments) => problems(&request.resource, arguments),
        None => vec!["The value must be a JSON object".to_owned()],
    };
    let problems = problems.join(", ");
    (!problems.is_empty()).then(|| {
        let given = &request.arguments;
        format!("The Parameters '{given}' could not be used to start the Task: [{problems}]")
    })
}

impl Engine {
    /// Does what a Task asks for outside of any execution, for whoever tests a state. It waits for the task.
    pub(crate) fn try_task(&self, request: &TaskRequest) -> Result<Value, Failure> {
        let shared = &self.shared;
        let nobody = Parent {
            execution: 0,
            task: TaskId(self.seed()),
        };
        let performed = async {
            let nested = Nested::of(&request.resource);
            // Nobody is told of an end here, so that a call which waits for one has to wait itself.
            if nested.is_some_and(|nested| nested != Nested::Call) {
                return Nested::try_out(shared, nobody, &request.arguments);
            }
            if let Some(call) = service::Call::of(&request.resource) {
                return call.perform(shared, nobody, request).await;
            }
            let outcome = perform(shared, nobody, request).await;
            outcome.unwrap_or_else(|| Outcome::Succeeded(Value::Null))
        };
        match tokio::runtime::Handle::current().block_on(performed) {
            Outcome::Succeeded(output) | Outcome::Submitted(output) => Ok(output),
            Outcome::Failed(failure) => Err(failure),
        }
    }
}

/// Does what a Task asks for; `None` if its outcome is reported by somebody else.
pub(super) async fn perform(
    shared: &Arc<Shared>,
    parent: Parent,
    request: &TaskRequest,
) -> Option<Outcome> {
    if let Some(nested) = Nested::of(&request.resource) {
        let arguments = request.arguments.clone();
        let start = move |shared: &Arc<Shared>| nested.start(shared, parent, &arguments);
        shared.think(parent.execution, start).await;
        return None;
    }
    if let Some(activity) = activity_of(&request.resource) {
        let services = shared.services();
        if services.is_some_and(|aws| !aws.step_functions.has_activity(activity)) {
            let cause = format!("The activity {activity} does not exist.");
            return Some(Outcome::Failed(Failure::new("States.Runtime", cause)));
        }
        shared.offer(activity, parent);
        return None;
    }
    if let Some(call) = service::Call::of(&request.resource) {
        return Some(call.perform(shared, parent, request).await);
    }
    Some(match Invocation::read(parent, request) {
        Ok(invocation) => invocation.perform(shared).await,
        Err(failure) => Outcome::Failed(failure),
    })
}
