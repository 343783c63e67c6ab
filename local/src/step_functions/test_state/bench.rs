//! The surroundings of a state under test: its task is done or mocked, and no time passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pawl_asl::MachineType;
use pawl_interpreter::{
    EventDetails, Execution, Failure, HistoryEvent, Refusal as Refused, Rehearsal, Start, Status,
    TaskId, TaskRequest, TimerId, World,
};
use serde_json::{Value, json};

use super::Asked;
use super::definition::Tested;
use crate::engine::{Engine, wrong_arguments};
use crate::random::Random;
use crate::refusal::Refusal;
use crate::step_functions::machines::machine_of;
use crate::step_functions::names::{execution_arn, machine_arn};

/// The name of the machine that a state is tested in.
const MACHINE: &str = "TestState";

/// How the work of a state is done.
pub(super) enum Work {
    /// By the services.
    Real,
    /// Not at all: this is what it comes to.
    Mocked(Result<Value, Failure>),
    /// Only the items of a Map are read, as this text where there is one.
    Read(Option<String>),
}

/// The surroundings.
pub(super) struct Bench<'engine> {
    engine: &'engine Engine,
    work: Work,
    /// Whether the state does nothing but wait.
    is_wait: bool,
    random: Random,
    pub(super) now: Timestamp,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) status: Status,
    tasks: BTreeMap<TaskId, TaskRequest>,
    pub(super) timers: BTreeMap<TimerId, Timestamp>,
    children: BTreeSet<TaskId>,
    /// What child executions were given.
    pub(super) inputs: Vec<Value>,
    has_read: bool,
    /// Whether items were to be read and there is nothing to read.
    pub(super) has_stopped_at_reading: bool,
}

impl<'engine> Bench<'engine> {
    pub(super) fn new(engine: &'engine Engine, work: Work, is_wait: bool) -> Self {
        Self {
            engine,
            work,
            is_wait,
            random: Random::new(engine.seed()),
            now: engine.now(),
            events: Vec::new(),
            status: Status::Running,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            children: BTreeSet::new(),
            inputs: Vec::new(),
            has_read: false,
            has_stopped_at_reading: false,
        }
    }

    /// Runs a machine until the state has been left, or waits to be tried again.
    pub(super) fn run(
        &mut self,
        definition: &Value,
        asked: &Asked,
        tested: &Tested,
    ) -> Result<(), Refusal> {
        let machine = machine_of(&definition.to_string(), MachineType::Standard)?;
        let start = Start {
            execution_arn: execution_arn(MACHINE, MACHINE),
            execution_name: MACHINE.to_owned(),
            machine_arn: machine_arn(MACHINE),
            machine_name: MACHINE.to_owned(),
            role_arn: asked.role_arn.clone(),
            input: asked.input.clone(),
            ..Start::default()
        };
        let rehearsal = Rehearsal {
            state: tested.name.clone(),
            retries: asked.retries,
            context: asked.context.clone(),
        };
        let mut execution = Execution::rehearse(Arc::new(machine), start, rehearsal, self);
        while *execution.status() == Status::Running && !self.has_left(&tested.name) {
            if execution.is_ready() {
                execution.go_on(self);
            } else if let Some((task, request)) = self.tasks.pop_first() {
                match self.perform(&request)? {
                    Some(Ok(output)) => execution.task_succeeded(task, output, self),
                    Some(Err(failure)) => execution.task_failed(task, failure, self),
                    None => break,
                }
            } else if let Some(child) = self.children.pop_first() {
                let output = Value::Null;
                execution.child_ended(child, Status::Succeeded { output }, self);
            } else if let Some((timer, _)) = self.timers.first_key_value()
                && self.is_wait
            {
                let timer = *timer;
                self.timers.remove(&timer);
                execution.timer_fired(timer, self);
            } else {
                break;
            }
        }
        self.status = execution.status().clone();
        Ok(())
    }

    fn has_left(&self, state: &str) -> bool {
        self.events.iter().any(|event| {
            matches!(&event.details, EventDetails::StateExited { name, .. } if name == state)
        })
    }

    /// Does what a Task asks for, or what stands for it; nothing where there is nothing to read.
    fn perform(
        &mut self,
        request: &TaskRequest,
    ) -> Result<Option<Result<Value, Failure>>, Refusal> {
        match &mut self.work {
            Work::Mocked(outcome) => return Ok(Some(outcome.clone())),
            Work::Read(_) if self.has_read => {
                let message = "stateConfiguration.mapItemReaderData is not supported here for an \
                               ItemReader that reads more than one object.";
                return Err(Refusal::invalid(message));
            }
            Work::Read(Some(_)) if !request.resource.ends_with(":s3:getObject") => {
                let message = format!(
                    "stateConfiguration.mapItemReaderData is not supported here for {}.",
                    request.resource
                );
                return Err(Refusal::invalid(message));
            }
            Work::Read(Some(text)) => {
                self.has_read = true;
                return Ok(Some(Ok(json!({ "Body": text }))));
            }
            Work::Read(None) => {
                self.has_stopped_at_reading = true;
                return Ok(None);
            }
            Work::Real => {}
        }
        let waits = request.token.is_some() || request.resource.contains(".sync");
        if waits {
            let message = format!(
                "The resource {} cannot be tested without a mock.",
                request.resource
            );
            return Err(Refusal::invalid(message));
        }
        Ok(Some(self.engine.try_task(request)))
    }
}

impl World for Bench<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&mut self) -> f64 {
        self.random.fraction()
    }

    fn processor_time(&self) -> Option<Duration> {
        crate::clock::processor_time()
    }

    fn refuses(&self, request: &TaskRequest) -> Option<Refused> {
        wrong_arguments(request).map(Refused::Missing)
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        self.tasks.insert(task, request);
    }

    fn start_child(&mut self, task: TaskId, child: Start) {
        self.children.insert(task);
        self.inputs.push(child.input);
    }

    fn cancel_task(&mut self, task: TaskId) {
        self.tasks.remove(&task);
        self.children.remove(&task);
    }

    fn set_timer(&mut self, timer: TimerId, due: Timestamp) {
        self.timers.insert(timer, due);
    }

    fn cancel_timer(&mut self, timer: TimerId) {
        self.timers.remove(&timer);
    }

    fn append(&mut self, event: HistoryEvent) {
        self.events.push(event);
    }
}
