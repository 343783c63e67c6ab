//! The branches of a Parallel and the iterations of a Map: begun, joined, or given up together.

use std::collections::BTreeSet;
use std::sync::Arc;

use pawl_asl::{Map, State};
use serde_json::Value;

use super::leave::Exit;
use super::{ItemSight, Sight, current};
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::history::{EventDetails, IterationPhase};
use crate::program::Hop;
use crate::query::resolve;
use crate::strand::{Children, StrandId, WaitsFor};

impl Engine<'_> {
    /// Begins a strand for each input, as many at once as may be.
    pub(super) fn begin_children(
        &mut self,
        id: StrandId,
        inputs: Vec<Arc<Value>>,
        concurrency: usize,
    ) {
        let results = vec![Value::Null; inputs.len()];
        let last_event = self.line(id);
        let waiting = inputs.into_iter().enumerate().rev().collect();
        let children = Children {
            waiting,
            active: BTreeSet::new(),
            stopped: false,
            results,
            concurrency,
            last_event,
        };
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.waits_for = WaitsFor::Children(children);
        }
        self.continue_children(id);
    }

    /// Begins those that there is room for, and joins them when all have ended.
    pub(crate) fn continue_children(&mut self, id: StrandId) {
        loop {
            let Some(children) = self.children(id) else {
                return;
            };
            if children.active.len() >= children.concurrency {
                return;
            }
            let Some((index, input)) = children.waiting.pop() else {
                break;
            };
            if let Err(fault) = self.begin_child(id, index, &input) {
                if let Some(children) = self.children(id) {
                    children.waiting.push((index, input));
                }
                return self.trouble(id, fault);
            }
        }
        if self
            .children(id)
            .is_some_and(|children| children.active.is_empty())
        {
            self.join(id);
        }
    }

    fn begin_child(&mut self, id: StrandId, index: usize, input: &Arc<Value>) -> Result<(), Fault> {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get(&id) else {
            return Ok(());
        };
        let Some((name, state)) = current(&machine, strand) else {
            return Ok(());
        };
        let (previous, mut path) = (strand.previous_event, strand.path.clone());
        let position = strand.visit.state;
        let State::Map(map) = state else {
            path.push(Hop {
                state: position,
                branch: index,
            });
            let input = Data::new(Arc::clone(input));
            let child = self.add_strand(Some((id, index)), path, None, input, previous);
            self.adopt(id, child);
            return Ok(());
        };
        let started = EventDetails::Iteration {
            phase: IterationPhase::Started,
            name: name.clone(),
            index,
        };
        let started = self.append(previous, started);
        let selected = match self
            .select(id, map, index, input)
            .and_then(|value| Data::limited(value, name))
        {
            Ok(selected) => selected,
            Err(fault) => {
                // The iteration has begun, so it is the one that fails, and the Map with it.
                let fault = self.recorded(id, fault, started);
                let failed = EventDetails::Iteration {
                    phase: IterationPhase::Failed,
                    name: name.clone(),
                    index,
                };
                self.append(self.line(id), failed);
                return Err(fault);
            }
        };
        path.push(Hop {
            state: position,
            branch: 0,
        });
        let item = Some(Arc::clone(input));
        let child = self.add_strand(Some((id, index)), path, item, selected, started);
        self.adopt(id, child);
        Ok(())
    }

    fn adopt(&mut self, id: StrandId, child: StrandId) {
        if let Some(children) = self.children(id) {
            children.active.insert(child);
        }
    }

    /// What an iteration is given.
    fn select(
        &mut self,
        id: StrandId,
        map: &Map,
        index: usize,
        item: &Arc<Value>,
    ) -> Result<Arc<Value>, Fault> {
        let Some(selector) = &map.item_selector else {
            return Ok(Arc::clone(item));
        };
        let sight = Sight {
            item: Some(ItemSight {
                index,
                value: item,
                key: None,
                source: None,
            }),
            ..Sight::default()
        };
        self.with_scope(id, sight, |scope| resolve(selector, "ItemSelector", scope))
            .map(Arc::new)
    }

    /// A branch or iteration has ended well.
    pub(super) fn child_succeeded(
        &mut self,
        parent: StrandId,
        child: StrandId,
        index: usize,
        result: Value,
    ) {
        let Some(strand) = self.execution.strands.remove(&child) else {
            return;
        };
        let previous = strand.previous_event;
        let last_event = self.note_iteration(parent, index, previous, IterationPhase::Succeeded);
        if let Some(parent) = self.execution.strands.get_mut(&parent) {
            parent.previous_event = previous;
        }
        if let Some(children) = self.children(parent) {
            children.active.remove(&child);
            children.last_event = last_event;
            if let Some(place) = children.results.get_mut(index) {
                *place = result;
            }
            self.continue_children(parent);
        }
    }

    /// A branch or iteration has failed: the others are given up, and the enclosing state is in trouble.
    pub(super) fn child_failed(
        &mut self,
        parent: StrandId,
        child: StrandId,
        index: usize,
        fault: Fault,
    ) {
        let Some(strand) = self.execution.strands.get(&child) else {
            return;
        };
        let previous = strand.previous_event;
        if let Some(parent) = self.execution.strands.get_mut(&parent) {
            parent.previous_event = previous;
        }
        self.stop_children(parent, Some(child), previous);
        self.note_iteration(parent, index, previous, IterationPhase::Failed);
        self.trouble(parent, fault);
    }

    /// Stops everything inside a state, because of an event. What is stopped keeps its place.
    pub(super) fn stop_children(&mut self, id: StrandId, failed: Option<StrandId>, because: u64) {
        let Some(children) = self.children(id) else {
            return;
        };
        if std::mem::replace(&mut children.stopped, true) {
            return;
        }
        for child in children.active.clone() {
            self.stop_child(child, failed == Some(child), because);
        }
    }

    fn stop_child(&mut self, id: StrandId, failed: bool, because: u64) {
        self.stop_children(id, None, because);
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get(&id) else {
            return;
        };
        let (parent, entered) = (strand.parent, strand.visit.entered_event != 0);
        let state = current(&machine, strand).map(|(_, state)| state);
        match strand.visit.waits_for {
            WaitsFor::Timer(timer) => self.cancel_timer(timer),
            WaitsFor::Task(task) => {
                if self.take_task(task).is_some() {
                    self.world.cancel_task(task);
                }
            }
            WaitsFor::MapRun(run) => self.abort_map_run(id, run),
            WaitsFor::Nothing | WaitsFor::Children(_) => {}
        }
        self.execution.queue.retain(|queued| *queued != id);
        if let Some((parent, index)) = parent.filter(|_| !failed) {
            self.note_iteration(parent, index, because, IterationPhase::Aborted);
        }
        // Only states that take time are aborted, and a Parallel or Map that has failed said so itself.
        let kind = match state {
            Some(state @ (State::Task(_) | State::Wait(_))) => Some(state.kind()),
            Some(state @ (State::Parallel(_) | State::Map(_))) if !failed => Some(state.kind()),
            Some(
                State::Parallel(_)
                | State::Map(_)
                | State::Pass(_)
                | State::Choice(_)
                | State::Succeed(_)
                | State::Fail(_),
            )
            | None => None,
        };
        if let Some(kind) = kind.filter(|_| entered) {
            self.append(because, EventDetails::StateAborted { kind });
        }
    }

    /// Forgets everything inside a state that is left, or that begins anew.
    pub(super) fn forget_children(&mut self, id: StrandId) {
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return;
        };
        if let WaitsFor::Children(_) = strand.visit.waits_for
            && let WaitsFor::Children(children) =
                std::mem::replace(&mut strand.visit.waits_for, WaitsFor::Nothing)
        {
            for child in children.active {
                self.forget_children(child);
                self.execution.strands.remove(&child);
            }
        }
    }

    /// All have ended well: their results are the state's.
    fn join(&mut self, id: StrandId) {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return;
        };
        let Some((name, state)) = current(&machine, strand) else {
            return;
        };
        let WaitsFor::Children(children) = &mut strand.visit.waits_for else {
            return;
        };
        let results = Value::Array(std::mem::take(&mut children.results));
        let last_event = children.last_event;
        strand.previous_event = last_event;
        // The state's exit comes after the last of its children, not after this event.
        self.append(
            last_event,
            EventDetails::StateSucceeded { kind: state.kind() },
        );
        let joined = Data::limited(results, name).and_then(|result| {
            let sight = Sight {
                result: Some(&result.value),
                ..Sight::default()
            };
            let left = self.leave(id, Exit::of(state, result.clone()), sight);
            left.inspect_err(|_| {
                if let (Some(children), Value::Array(results)) =
                    (self.children(id), Arc::unwrap_or_clone(result.value))
                {
                    children.results = results;
                }
            })
        });
        if let Err(fault) = joined {
            // Results that are too large are no good; then nothing but a new attempt helps.
            if fault.failure.error.as_deref() == Some(name::DATA_LIMIT_EXCEEDED) {
                self.forget_children(id);
            }
            self.trouble(id, fault);
        }
    }

    fn children(&mut self, id: StrandId) -> Option<&mut Children> {
        match &mut self.execution.strands.get_mut(&id)?.visit.waits_for {
            WaitsFor::Children(children) => Some(children),
            WaitsFor::Nothing | WaitsFor::Timer(_) | WaitsFor::Task(_) | WaitsFor::MapRun(_) => {
                None
            }
        }
    }

    /// The last event of a strand.
    pub(super) fn line(&self, id: StrandId) -> u64 {
        self.execution
            .strands
            .get(&id)
            .map_or(0, |strand| strand.previous_event)
    }

    /// Takes note of what became of an iteration; a branch of a Parallel has no such event.
    ///
    /// Gives the event that the end of the enclosing state would come after. Other states follow the iteration's last.
    fn note_iteration(
        &mut self,
        parent: StrandId,
        index: usize,
        because: u64,
        phase: IterationPhase,
    ) -> u64 {
        let machine = self.machine();
        let Some((name, State::Map(_))) = self
            .execution
            .strands
            .get(&parent)
            .and_then(|strand| current(&machine, strand))
        else {
            return because;
        };
        let name = name.clone();
        self.append(because, EventDetails::Iteration { phase, name, index })
    }
}
