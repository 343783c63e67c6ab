//! What a strand does in a state, from its entry to its exit; each kind has a file.

mod children;
mod choice;
mod distributed;
mod leave;
mod map;
mod parallel;
mod task;
mod trouble;
mod wait;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use pawl_asl::{Fail, Machine, QueryLanguage, State};
use serde_json::Value;

use crate::context::{Context, ItemSight};
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::program::{Block, Hop};
use crate::query::{Scope, resolve_text};
use crate::strand::{Strand, StrandId, Visit, WaitsFor};
use crate::unsupported::{RESULT, state_problem};
use crate::{EventDetails, Failure};

use leave::Exit;

pub use distributed::{MapRun, MapRunCounts, MapRunStatus, UpdateMapRun};
pub(crate) use distributed::{MapTask, Run};

/// What an expression can see beside the state's input, the variables and the context.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sight<'a> {
    /// The state's result.
    result: Option<&'a Value>,
    /// The error that a catcher is for.
    error_output: Option<&'a Value>,
    /// The item that a Map is about to hand out.
    item: Option<ItemSight<'a>>,
    /// The token of the task that is about to start.
    token: Option<&'a str>,
}

impl Engine<'_> {
    /// Adds a strand and queues it.
    pub(crate) fn add_strand(
        &mut self,
        parent: Option<(StrandId, usize)>,
        path: Vec<Hop>,
        item: Option<Arc<Value>>,
        input: Data,
        previous_event: u64,
    ) -> StrandId {
        let id = StrandId(self.count());
        // A block that names a missing state fails when the strand enters it.
        let state = Block::at(&self.execution.machine, &path)
            .and_then(|block| block.states.get_index_of(block.start_at))
            .unwrap_or(usize::MAX);
        let visit = Visit::new(state, input);
        let strand = Strand {
            parent,
            path,
            item,
            variables: BTreeMap::new(),
            previous_event,
            visit,
        };
        self.execution.strands.insert(id, strand);
        self.execution.queue.push_back(id);
        id
    }

    /// The machine, and the strand's place in it. The machine is shared, so that states can be read while strands change.
    pub(crate) fn machine(&self) -> Arc<Machine> {
        Arc::clone(&self.execution.machine)
    }

    /// Lets a strand go on: into the state that it has come to, or in the one where it was stopped.
    pub(crate) fn proceed(&mut self, id: StrandId) {
        let Some(strand) = self.execution.strands.get(&id) else {
            return;
        };
        match strand.visit.waits_for {
            WaitsFor::Children(_) => self.continue_children(id),
            WaitsFor::MapRun(run) => self.redrive_map_run(id, run),
            WaitsFor::Nothing if strand.visit.entered_event == 0 => self.enter(id),
            WaitsFor::Nothing => self.attempt(id),
            // Something inside the state came first in the queue, and the state waits for something new.
            WaitsFor::Timer(_) | WaitsFor::Task(_) => {}
        }
    }

    /// Enters the state that a strand has come to.
    fn enter(&mut self, id: StrandId) {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get(&id) else {
            return;
        };
        let Some((name, state)) = current(&machine, strand) else {
            let cause = "The state machine names a state that does not exist.";
            return self.fail(strand.previous_event, Failure::new(name::RUNTIME, cause));
        };
        let input = Arc::clone(&strand.visit.input.text);
        self.record(
            id,
            EventDetails::StateEntered {
                kind: state.kind(),
                name: name.clone(),
                input,
            },
        );
        let now = self.world.now();
        let rehearsal = self.execution.rehearsal.as_ref();
        let used = rehearsal
            .filter(|rehearsal| rehearsal.state == *name)
            .map_or(0, |rehearsal| rehearsal.retries);
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.retries = used;
            strand.visit.entered_event = strand.previous_event;
            strand.visit.entered_at = now;
            strand.visit.retries_by_retrier = vec![used; state.retry().len()];
        }
        self.attempt(id);
    }

    /// Does what the state does: for the first time, or again.
    pub(crate) fn attempt(&mut self, id: StrandId) {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return;
        };
        strand.visit.waits_for = WaitsFor::Nothing;
        let Some((name, state)) = current(&machine, strand) else {
            return;
        };
        let outcome = match state_problem(&machine, state) {
            Some(problem) => Err(Fault::state(name::RUNTIME, problem)),
            None => match state {
                State::Pass(_) | State::Succeed(_) => self.pass(id, state),
                State::Fail(fail) => self.raise(id, fail),
                State::Choice(choice) => self.choose(id, choice),
                State::Wait(wait) => self.wait(id, wait),
                State::Task(task) => self.start_task(id, name, task),
                State::Parallel(parallel) => self.fork(id, name, parallel),
                State::Map(map) => self.map(id, name, map),
            },
        };
        if let Err(fault) = outcome {
            self.trouble(id, fault);
        }
    }

    /// A Pass or Succeed: the input goes on, or what a Pass in JSONPath mode has in its place.
    fn pass(&mut self, id: StrandId, state: &State) -> Result<(), Fault> {
        let input = match fixed_result(state) {
            Some(result) => Data::new(result.clone()),
            None => self.input(id)?,
        };
        self.leave(id, Exit::of(state, input), Sight::default())
    }

    /// A Fail: an error with the name and cause that it gives.
    fn raise(&mut self, id: StrandId, fail: &Fail) -> Result<(), Fault> {
        let failure = self.with_scope(id, Sight::default(), |scope| {
            let text = |text: &Option<String>, field| {
                text.as_deref()
                    .map(|text| resolve_text(text, field, scope))
                    .transpose()
            };
            Ok(Failure {
                error: text(&fail.error, "Error")?,
                cause: text(&fail.cause, "Cause")?,
            })
        })?;
        Err(Fault::outcome(failure.limited()))
    }

    /// The input of the state that a strand is in.
    fn input(&self, id: StrandId) -> Result<Data, Fault> {
        let strand = self.execution.strands.get(&id).ok_or_else(lost)?;
        Ok(strand.visit.input.clone())
    }

    /// Evaluates something with what a strand's expressions can see.
    fn with_scope<T>(
        &mut self,
        id: StrandId,
        sight: Sight,
        evaluate: impl FnOnce(&Scope) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let execution = &*self.execution;
        let now = self.world.now();
        let strand = execution.strands.get(&id).ok_or_else(lost)?;
        let (state_name, state) = current(&execution.machine, strand).ok_or_else(lost)?;
        let mut variables = Vec::new();
        let mut item = sight.item;
        let mut around = Some(strand);
        while let Some(strand) = around {
            variables.push(&strand.variables);
            if let (None, Some(value), Some((_, index))) = (item, &strand.item, strand.parent) {
                item = Some(ItemSight {
                    index,
                    value,
                    key: None,
                    source: None,
                });
            }
            around = strand
                .parent
                .and_then(|(parent, _)| execution.strands.get(&parent));
        }
        let scope = Scope {
            language: language(&execution.machine, state),
            input: &strand.visit.input.value,
            shared_input: &strand.visit.input.value,
            result: sight.result,
            error_output: sight.error_output,
            context: Context {
                start: &execution.start,
                given: execution
                    .rehearsal
                    .as_ref()
                    .filter(|rehearsal| rehearsal.state == *state_name)
                    .and_then(|rehearsal| rehearsal.context.as_ref()),
                started_at: execution.started_at,
                redrives: &execution.redrives,
                state: state_name,
                entered_at: strand.visit.entered_at,
                retry_count: can_retry(state).then_some(strand.visit.retries),
                item,
                token: sight.token,
            },
            variables,
            now,
            world: RefCell::new(&mut *self.world),
        };
        evaluate(&scope)
    }
}

/// There is no such strand or state. Nothing leads here.
fn lost() -> Fault {
    Fault::state(name::RUNTIME, "The execution has lost its place.")
}

/// The state that a strand is in, with its name.
pub(crate) fn current<'m>(
    machine: &'m Machine,
    strand: &Strand,
) -> Option<(&'m String, &'m State)> {
    Block::at(machine, &strand.path)?
        .states
        .get_index(strand.visit.state)
}

/// The `Result` of a Pass in JSONPath mode. In JSONata mode there is no such field, and the state does not run.
fn fixed_result(state: &State) -> Option<&Value> {
    match state {
        State::Pass(pass) => pass.other.get(RESULT),
        State::Task(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Fail(_)
        | State::Parallel(_)
        | State::Map(_) => None,
    }
}

/// Whether a state of this kind can be tried again.
fn can_retry(state: &State) -> bool {
    match state {
        State::Task(_) | State::Parallel(_) | State::Map(_) => true,
        State::Pass(_) | State::Choice(_) | State::Wait(_) | State::Succeed(_) | State::Fail(_) => {
            false
        }
    }
}

/// The language in which a state is written: its own, else the machine's, whatever branch it stands in.
pub(crate) fn language(machine: &Machine, state: &State) -> QueryLanguage {
    state
        .query_language()
        .or(machine.query_language)
        .unwrap_or(QueryLanguage::JsonPath)
}
