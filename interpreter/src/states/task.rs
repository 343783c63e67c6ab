//! A Task at work: scheduled, started, and done in one of several ways.

use std::sync::Arc;

use pawl_asl::{Dynamic, State, Task};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::leave::Exit;
use super::{Sight, current};
use crate::data::Data;
use crate::execution::{Engine, later};
use crate::fault::{Fault, Origin, name};
use crate::history::{EventDetails, TaskEvent, TaskPhase, Worker};
use crate::query::{Scope, resolve, resolve_seconds};
use crate::resource::{Completion, Resource};
use crate::strand::{Alarm, RunningTask, StrandId, WaitsFor};
use crate::{Failure, Refusal, Status, TaskId, TaskRequest};

/// What the fields of a Task came to.
struct Settings {
    arguments: Value,
    credentials: Option<Value>,
    timeout: Option<u64>,
    heartbeat: Option<u64>,
}

impl Engine<'_> {
    /// Evaluates the arguments, which may mention the retry count and the token, and hands the task over.
    pub(super) fn start_task(
        &mut self,
        id: StrandId,
        name: &str,
        task: &Task,
    ) -> Result<(), Fault> {
        let Some(resource) = Resource::parse(&task.resource) else {
            let cause = format!(
                "The resource '{}' of the state '{name}' is not supported.",
                task.resource
            );
            return Err(Fault::state(name::RUNTIME, cause));
        };
        let task_id = TaskId(self.count());
        let token = (resource.completion == Completion::Token).then(|| self.token(task_id));
        let sight = Sight {
            // The worker of an activity is given the token; the state does not see it.
            token: token
                .as_deref()
                .filter(|_| resource.worker != Worker::Activity),
            ..Sight::default()
        };
        let settings = self.with_scope(id, sight, |scope| settings(task, scope))?;
        let arguments = Data::limited(settings.arguments, name)?;
        let retry_count = self
            .execution
            .strands
            .get(&id)
            .map_or(0, |strand| strand.visit.retries);
        let request = TaskRequest {
            state: name.to_owned(),
            resource: task.resource.clone(),
            arguments: Arc::unwrap_or_clone(arguments.value),
            credentials: settings.credentials,
            retry_count,
            token,
        };
        let scheduled = TaskPhase::Scheduled {
            parameters: arguments.text,
            region: self.region(),
            timeout_seconds: settings.timeout,
            heartbeat_seconds: settings.heartbeat,
            credentials: request.credentials.clone(),
        };
        match self.world.refuses(&request) {
            None => self.record_task(id, &resource, scheduled),
            Some(Refusal::Missing(cause)) => return Err(Fault::state(name::RUNTIME, cause)),
            Some(Refusal::NotScheduled(failure)) => {
                let phase = TaskPhase::ScheduleFailed(failure.clone());
                self.record_task(id, &resource, phase);
                return Err(Fault::outcome(failure));
            }
            Some(Refusal::NotStarted(failure)) => {
                self.record_task(id, &resource, scheduled);
                let phase = TaskPhase::StartFailed(failure.clone());
                self.record_task(id, &resource, phase);
                return Err(Fault::outcome(failure));
            }
        }
        let is_activity = resource.worker == Worker::Activity;
        let running = RunningTask {
            strand: id,
            resource,
            timeout_seconds: settings.timeout,
            heartbeat_seconds: settings.heartbeat,
            timeout: None,
            heartbeat: None,
            has_begun: false,
        };
        self.execution.tasks.insert(task_id, running);
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.waits_for = WaitsFor::Task(task_id);
        }
        // An activity begins when a worker asks for it.
        if !is_activity {
            self.task_started(task_id, None);
        }
        // The history may be full by now, and the execution at its end.
        if self.execution.status == Status::Running {
            self.world.start_task(task_id, request);
        }
        Ok(())
    }

    /// A task has begun: from now on its time counts.
    pub(crate) fn task_started(&mut self, task: TaskId, worker: Option<String>) {
        let Some(running) = self
            .execution
            .tasks
            .get_mut(&task)
            .filter(|running| !running.has_begun)
        else {
            return;
        };
        running.has_begun = true;
        let (id, resource) = (running.strand, running.resource.clone());
        let (timeout, heartbeat) = (running.timeout_seconds, running.heartbeat_seconds);
        self.record_task(id, &resource, TaskPhase::Started { worker });
        if self.execution.status != Status::Running {
            return;
        }
        let now = self.world.now();
        let timeout =
            timeout.map(|seconds| self.set_timer(later(now, seconds), Alarm::TaskTimeout(task)));
        let heartbeat =
            heartbeat.map(|seconds| self.set_timer(later(now, seconds), Alarm::Heartbeat(task)));
        if let Some(running) = self.execution.tasks.get_mut(&task) {
            running.timeout = timeout;
            running.heartbeat = heartbeat;
        }
    }

    /// A task has done its work.
    pub(crate) fn task_succeeded(&mut self, task: TaskId, output: Value) {
        if self.execution.map_tasks.contains_key(&task) {
            return self.map_task_succeeded(task, output);
        }
        let Some(RunningTask {
            strand: id,
            resource,
            ..
        }) = self.take_task(task)
        else {
            return;
        };
        let output = match Data::limited(output, resource.name()) {
            Ok(output) => output,
            Err(fault) => return self.report_failure(id, &resource, fault.failure),
        };
        self.record_task(
            id,
            &resource,
            TaskPhase::Succeeded(Arc::clone(&output.text)),
        );
        let machine = self.machine();
        let Some((_, state)) = self
            .execution
            .strands
            .get(&id)
            .and_then(|strand| current(&machine, strand))
        else {
            return;
        };
        debug_assert!(matches!(state, State::Task(_)), "only a Task starts a task");
        let sight = Sight {
            result: Some(&output.value),
            ..Sight::default()
        };
        if let Err(fault) = self.leave(id, Exit::of(state, output.clone()), sight) {
            self.trouble(id, fault);
        }
    }

    /// A task has failed.
    pub(crate) fn task_failed(&mut self, task: TaskId, failure: Failure) {
        if self.execution.map_tasks.contains_key(&task) {
            self.map_task_failed(task, failure);
        } else if let Some(RunningTask {
            strand, resource, ..
        }) = self.take_task(task)
        {
            self.report_failure(strand, &resource, failure.limited());
        }
    }

    fn report_failure(&mut self, id: StrandId, resource: &Resource, failure: Failure) {
        self.record_task(id, resource, TaskPhase::Failed(failure.clone()));
        self.trouble(id, Fault::outcome(failure));
    }

    /// A service has taken the task on.
    pub(crate) fn task_submitted(&mut self, task: TaskId, output: Value) {
        let Some(running) = self.execution.tasks.get(&task) else {
            return;
        };
        let (id, resource) = (running.strand, running.resource.clone());
        if resource.completion == Completion::Answer || resource.worker == Worker::Activity {
            return;
        }
        self.record_task(id, &resource, TaskPhase::Submitted(Data::new(output).text));
    }

    /// A service has not taken the task on.
    pub(crate) fn task_not_submitted(&mut self, task: TaskId, failure: Failure) {
        if let Some(RunningTask {
            strand, resource, ..
        }) = self.take_task(task)
        {
            let phase = TaskPhase::SubmitFailed(failure.clone());
            self.record_task(strand, &resource, phase);
            self.trouble(strand, Fault::outcome(failure));
        }
    }

    /// Whoever works on the task still does: its silence is counted from now.
    pub(crate) fn task_heartbeat(&mut self, task: TaskId) {
        let Some(running) = self.execution.tasks.get(&task) else {
            return;
        };
        let (Some(timer), Some(seconds)) = (running.heartbeat, running.heartbeat_seconds) else {
            return;
        };
        self.cancel_timer(timer);
        let due = later(self.world.now(), seconds);
        let timer = self.set_timer(due, Alarm::Heartbeat(task));
        if let Some(running) = self.execution.tasks.get_mut(&task) {
            running.heartbeat = Some(timer);
        }
    }

    /// A task has taken longer than it may.
    pub(crate) fn task_timed_out(&mut self, task: TaskId) {
        self.give_up(task, Fault::timeout(Origin::Outcome));
    }

    /// A task was silent for longer than it may. AWS records the same event, and matches two names.
    pub(crate) fn heartbeat_missed(&mut self, task: TaskId) {
        self.give_up(task, Fault::timeout(Origin::Heartbeat));
    }

    fn give_up(&mut self, task: TaskId, fault: Fault) {
        if let Some(RunningTask {
            strand, resource, ..
        }) = self.take_task(task)
        {
            self.world.cancel_task(task);
            self.record_task(
                strand,
                &resource,
                TaskPhase::TimedOut(fault.failure.clone()),
            );
            self.trouble(strand, fault);
        }
    }

    /// Takes a task out of those at work, with its timers.
    pub(super) fn take_task(&mut self, task: TaskId) -> Option<RunningTask> {
        let running = self.execution.tasks.remove(&task)?;
        for timer in running.timeout.into_iter().chain(running.heartbeat) {
            self.cancel_timer(timer);
        }
        Some(running)
    }

    fn record_task(&mut self, id: StrandId, resource: &Resource, phase: TaskPhase) {
        let event = TaskEvent {
            worker: resource.worker.clone(),
            resource: resource.action.clone(),
            phase,
        };
        self.record(id, EventDetails::Task(event));
    }

    /// The region in the execution's own ARN.
    fn region(&self) -> String {
        self.execution
            .start
            .execution_arn
            .split(':')
            .nth(3)
            .unwrap_or_default()
            .to_owned()
    }

    /// A token that nobody can guess and no other task has.
    fn token(&mut self, task: TaskId) -> String {
        let seed = json!([
            self.execution.start.execution_arn,
            task.0,
            self.world.random(),
            self.world.random()
        ]);
        format!("{:x}", Sha256::digest(seed.to_string().as_bytes()))
    }
}

fn settings(task: &Task, scope: &Scope) -> Result<Settings, Fault> {
    let arguments = match &task.arguments {
        Some(arguments) => resolve(arguments, "Arguments", scope)?,
        None => scope.input.clone(),
    };
    let credentials = task
        .credentials
        .as_ref()
        .map(|credentials| resolve(credentials, "Credentials", scope))
        .transpose()?;
    let seconds = |field: &Option<Dynamic<u64>>, place| {
        field
            .as_ref()
            .map(|seconds| resolve_seconds(seconds, place, 1, scope))
            .transpose()
    };
    let timeout = seconds(&task.timeout_seconds, "TimeoutSeconds")?;
    let heartbeat = seconds(&task.heartbeat_seconds, "HeartbeatSeconds")?;
    if let (Some(timeout), Some(heartbeat)) = (timeout, heartbeat)
        && heartbeat >= timeout
    {
        let cause = format!(
            "HeartbeatSeconds must be smaller than TimeoutSeconds, but {heartbeat} is not smaller than {timeout}."
        );
        return Err(Fault::state(name::RUNTIME, cause));
    }
    Ok(Settings {
        arguments,
        credentials,
        timeout,
        heartbeat,
    })
}
