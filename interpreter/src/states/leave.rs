//! Leaving a state: variables are set, the output is made, and the strand goes on or ends.

use std::sync::Arc;

use indexmap::IndexMap;
use pawl_asl::limits::STATE_BYTES;
use pawl_asl::{Fields, State};
use serde_json::Value;

use super::{Sight, current};
use crate::data::{Data, text};
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::program::Block;
use crate::query::{resolve, resolve_fields};
use crate::strand::{StrandId, Visit};
use crate::{EventDetails, Failure, Status};

/// A way out of a state.
pub(crate) struct Exit<'s> {
    /// Where `assign` and `output` stand in the state, such as `Choices[0]/`; empty for the state's own.
    pub(crate) place: String,
    /// The variables to set.
    pub(crate) assign: Option<&'s Fields>,
    /// What to make of the result.
    pub(crate) output: Option<&'s Value>,
    /// The output where `output` is absent.
    pub(crate) result: Value,
    /// The state that follows; `None` where the strand ends.
    pub(crate) next: Option<&'s str>,
}

impl<'s> Exit<'s> {
    /// The way out that a state ends with by itself.
    pub(crate) fn of(state: &'s State, result: Value) -> Self {
        Self {
            place: String::new(),
            assign: state.assign(),
            output: state.output(),
            result,
            next: state.next(),
        }
    }
}

impl Engine<'_> {
    /// Leaves a state. Nothing has changed where this fails.
    pub(crate) fn leave(&mut self, id: StrandId, exit: Exit, sight: Sight) -> Result<(), Fault> {
        let machine = self.machine();
        let Some((name, state)) = self
            .execution
            .strands
            .get(&id)
            .and_then(|strand| current(&machine, strand))
        else {
            return Ok(());
        };
        let Exit {
            place,
            assign,
            output,
            result,
            next,
        } = exit;
        let (assigned, value) = self.with_scope(id, sight, |scope| {
            let assigned = match assign {
                Some(assign) => resolve_fields(assign, &format!("{place}Assign"), scope)?,
                None => Fields::new(),
            };
            let value = match output {
                Some(output) => resolve(output, &format!("{place}Output"), scope)?,
                None => result,
            };
            Ok((assigned, value))
        })?;
        let texts: IndexMap<String, Arc<str>> = assigned
            .iter()
            .map(|(variable, value)| (variable.clone(), text(value)))
            .collect();
        if texts.values().map(|text| text.len()).sum::<usize>() > STATE_BYTES {
            return Err(Fault::data_limit(name));
        }
        let data = Data::limited(value, name)?;
        // A Fail has no exit, a state that ends well has.
        let exited = EventDetails::StateExited {
            kind: state.kind(),
            name: name.clone(),
            output: Arc::clone(&data.text),
            assigned: texts,
        };
        self.record(id, exited);
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.variables.extend(assigned);
        }
        match next {
            Some(next) => self.go(id, next, data),
            None => self.finish(id, data),
        }
        Ok(())
    }

    /// Goes on to a state of the same strand.
    fn go(&mut self, id: StrandId, next: &str, input: Data) {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return;
        };
        let Some(state) =
            Block::at(&machine, &strand.path).and_then(|block| block.states.get_index_of(next))
        else {
            let previous = strand.previous_event;
            let cause = format!("The state machine names a state that does not exist: '{next}'.");
            return self.fail(previous, Failure::new(name::RUNTIME, cause));
        };
        strand.visit = Visit::new(state, input);
        self.execution.queue.push_back(id);
    }

    /// Ends a strand well: the execution with it, or its part of a Parallel or Map.
    fn finish(&mut self, id: StrandId, output: Data) {
        let Some(strand) = self.execution.strands.get(&id) else {
            return;
        };
        let previous = strand.previous_event;
        if let Some((parent, index)) = strand.parent {
            return self.child_succeeded(parent, id, index, output.value);
        }
        let succeeded = EventDetails::ExecutionSucceeded {
            output: output.text,
        };
        self.end(
            previous,
            succeeded,
            Status::Succeeded {
                output: output.value,
            },
        );
    }
}
