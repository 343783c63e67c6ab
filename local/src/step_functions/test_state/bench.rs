//! The surroundings of a state under test: its task is done or mocked, and no time passes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_interpreter::{
    EventDetails, Execution, Failure, HistoryEvent, Refusal as Refused, Start, Status, TaskId,
    TaskRequest, TimerId, World,
};
use serde_json::Value;

use crate::engine::{Engine, wrong_arguments};
use crate::random::Random;
use crate::refusal::Refusal;
use crate::step_functions::names::{execution_arn, machine_arn};

/// The name of the machine that a state is tested in.
const MACHINE: &str = "TestState";

/// The surroundings.
pub(super) struct Bench<'engine> {
    engine: &'engine Engine,
    mock: Option<Result<Value, Failure>>,
    /// Whether the state does nothing but wait.
    is_wait: bool,
    random: Random,
    pub(super) now: Timestamp,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) status: Status,
    tasks: BTreeMap<TaskId, TaskRequest>,
    pub(super) timers: BTreeMap<TimerId, Timestamp>,
}

impl<'engine> Bench<'engine> {
    pub(super) fn new(
        engine: &'engine Engine,
        mock: Option<Result<Value, Failure>>,
        is_wait: bool,
    ) -> Self {
        Self {
            engine,
            mock,
            is_wait,
            random: Random::new(engine.seed()),
            now: engine.now(),
            events: Vec::new(),
            status: Status::Running,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
        }
    }

    /// Runs the machine until the state has been left, or waits to be tried again more often than `retries` times.
    pub(super) fn run(
        &mut self,
        machine: Arc<Machine>,
        input: Value,
        role_arn: String,
        state: &str,
        retries: u64,
    ) -> Result<(), Refusal> {
        let start = Start {
            execution_arn: execution_arn(MACHINE, MACHINE),
            execution_name: MACHINE.to_owned(),
            machine_arn: machine_arn(MACHINE),
            machine_name: MACHINE.to_owned(),
            role_arn,
            input,
            ..Start::default()
        };
        let mut execution = Execution::start(machine, start, self);
        let mut left = retries;
        while *execution.status() == Status::Running && !self.has_left(state) {
            if let Some((task, request)) = self.tasks.pop_first() {
                match self.perform(&request)? {
                    Ok(output) => execution.task_succeeded(task, output, self),
                    Err(failure) => execution.task_failed(task, failure, self),
                }
                continue;
            }
            if !self.is_wait && left == 0 {
                break;
            }
            let Some((timer, _)) = self.timers.pop_first() else {
                break;
            };
            left = left.saturating_sub(1);
            execution.timer_fired(timer, self);
        }
        self.status = execution.status().clone();
        Ok(())
    }

    fn has_left(&self, state: &str) -> bool {
        self.events.iter().any(|event| {
            matches!(&event.details, EventDetails::StateExited { name, .. } if name == state)
        })
    }

    /// Does what a Task asks for, or what stands for it.
    fn perform(&self, request: &TaskRequest) -> Result<Result<Value, Failure>, Refusal> {
        if let Some(mock) = &self.mock {
            return Ok(mock.clone());
        }
        if request.token.is_some() || request.resource.contains(".sync") {
            let message = format!(
                "The resource {} cannot be tested without a mock.",
                request.resource
            );
            return Err(Refusal::invalid(message));
        }
        Ok(self.engine.try_task(request))
    }
}

impl World for Bench<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&mut self) -> f64 {
        self.random.fraction()
    }

    fn refuses(&self, request: &TaskRequest) -> Option<Refused> {
        wrong_arguments(request).map(Refused::Missing)
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        self.tasks.insert(task, request);
    }

    fn start_child(&mut self, _: TaskId, _: Start) {}

    fn cancel_task(&mut self, task: TaskId) {
        self.tasks.remove(&task);
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
