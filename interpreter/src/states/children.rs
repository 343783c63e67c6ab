//! The branches of a Parallel and the iterations of a Map: begun, joined, or given up together.

use std::collections::BTreeSet;

use pawl_asl::{Map, State};
use serde_json::Value;

use super::leave::Exit;
use super::{Sight, current};
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::Fault;
use crate::history::{EventDetails, IterationPhase};
use crate::program::Hop;
use crate::query::resolve;
use crate::strand::{Children, StrandId, WaitsFor};

impl Engine<'_> {
    /// Begins a strand for each input, as many at once as may be.
    pub(super) fn begin_children(&mut self, id: StrandId, inputs: Vec<Value>, concurrency: usize) {
        let results = vec![Value::Null; inputs.len()];
        let waiting = inputs.into_iter().enumerate().rev().collect();
        let children = Children {
            waiting,
            active: BTreeSet::new(),
            results,
            concurrency,
        };
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.waits_for = WaitsFor::Children(children);
        }
        self.continue_children(id);
    }

    /// Begins those that there is room for, and joins them when all have ended.
    fn continue_children(&mut self, id: StrandId) {
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
            if let Err(fault) = self.begin_child(id, index, input) {
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

    fn begin_child(&mut self, id: StrandId, index: usize, input: Value) -> Result<(), Fault> {
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
            let child = self.add_strand(Some((id, index)), path, None, Data::new(input), previous);
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
            .select(id, map, index, &input)
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
                self.record(id, failed);
                return Err(fault);
            }
        };
        path.push(Hop {
            state: position,
            branch: 0,
        });
        let child = self.add_strand(Some((id, index)), path, Some(input), selected, started);
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
        item: &Value,
    ) -> Result<Value, Fault> {
        let Some(selector) = &map.item_selector else {
            return Ok(item.clone());
        };
        let sight = Sight {
            item: Some((index, item)),
            ..Sight::default()
        };
        self.with_scope(id, sight, |scope| resolve(selector, "ItemSelector", scope))
    }

    /// A branch or iteration has ended well.
    pub(super) fn child_succeeded(
        &mut self,
        parent: StrandId,
        child: StrandId,
        index: usize,
        result: Value,
    ) {
        self.record_iteration(parent, child, index, IterationPhase::Succeeded);
        let Some(strand) = self.execution.strands.remove(&child) else {
            return;
        };
        if let Some(parent) = self.execution.strands.get_mut(&parent) {
            parent.previous_event = strand.previous_event;
        }
        if let Some(children) = self.children(parent) {
            children.active.remove(&child);
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
        self.record_iteration(parent, child, index, IterationPhase::Failed);
        let Some(strand) = self.execution.strands.remove(&child) else {
            return;
        };
        if let Some(children) = self.children(parent) {
            children.active.remove(&child);
        }
        self.abort_children(parent);
        if let Some(parent) = self.execution.strands.get_mut(&parent) {
            parent.previous_event = strand.previous_event;
        }
        self.trouble(parent, fault);
    }

    /// Gives up everything inside a state.
    pub(super) fn abort_children(&mut self, id: StrandId) {
        let Some(children) = self.children(id) else {
            return;
        };
        children.waiting.clear();
        for child in std::mem::take(&mut children.active) {
            self.abort(child);
        }
    }

    fn abort(&mut self, id: StrandId) {
        self.abort_children(id);
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get(&id) else {
            return;
        };
        let (parent, entered) = (strand.parent, strand.visit.entered_event != 0);
        let kind = current(&machine, strand).map(|(_, state)| state.kind());
        match strand.visit.waits_for {
            WaitsFor::Timer(timer) => self.cancel_timer(timer),
            WaitsFor::Task(task) => {
                if self.take_task(task).is_some() {
                    self.world.cancel_task(task);
                }
            }
            WaitsFor::Nothing | WaitsFor::Children(_) => {}
        }
        if let Some(kind) = kind.filter(|_| entered) {
            self.record(id, EventDetails::StateAborted { kind });
        }
        if let Some((parent, index)) = parent {
            self.record_iteration(parent, id, index, IterationPhase::Aborted);
        }
        self.execution.strands.remove(&id);
        self.execution.queue.retain(|queued| *queued != id);
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
        let WaitsFor::Children(children) =
            std::mem::replace(&mut strand.visit.waits_for, WaitsFor::Nothing)
        else {
            return;
        };
        self.record(id, EventDetails::StateSucceeded { kind: state.kind() });
        let left = Data::limited(Value::Array(children.results), name).and_then(|result| {
            let sight = Sight {
                result: Some(&result.value),
                ..Sight::default()
            };
            self.leave(id, Exit::of(state, result.value.clone()), sight)
        });
        if let Err(fault) = left {
            self.trouble(id, fault);
        }
    }

    fn children(&mut self, id: StrandId) -> Option<&mut Children> {
        match &mut self.execution.strands.get_mut(&id)?.visit.waits_for {
            WaitsFor::Children(children) => Some(children),
            WaitsFor::Nothing | WaitsFor::Timer(_) | WaitsFor::Task(_) => None,
        }
    }

    /// Records what became of an iteration; a branch of a Parallel has no such event.
    fn record_iteration(
        &mut self,
        parent: StrandId,
        child: StrandId,
        index: usize,
        phase: IterationPhase,
    ) {
        let machine = self.machine();
        let Some((name, state)) = self
            .execution
            .strands
            .get(&parent)
            .and_then(|strand| current(&machine, strand))
        else {
            return;
        };
        if matches!(state, State::Map(_)) {
            self.record(
                child,
                EventDetails::Iteration {
                    phase,
                    name: name.clone(),
                    index,
                },
            );
        }
    }
}
