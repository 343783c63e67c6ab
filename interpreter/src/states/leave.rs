//! Leaving a state: variables are set, the output is made, and the strand goes on or ends.

use std::sync::Arc;

use pawl_asl::limits::{STATE_BYTES, VARIABLE_BYTES};
use pawl_asl::{Fields, State};
use serde_json::Value;

use super::{Sight, current};
use crate::data::{Data, text};
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::program::Block;
use crate::query::{Place, resolve, resolve_fields};
use crate::strand::{StrandId, Visit};
use crate::{EventDetails, Failure, Status};

/// A way out of a state.
pub(crate) struct Exit<'s> {
    /// Which one of which list holds `assign` and `output`, such as the first of `Choices`; `None` for the state's own.
    pub(crate) list: Option<(&'static str, usize)>,
    /// The variables to set.
    pub(crate) assign: Option<&'s Fields>,
    /// What to make of the result.
    pub(crate) output: Option<&'s Value>,
    /// The output where `output` is absent.
    pub(crate) result: Data,
    /// The state that follows; `None` where the strand ends.
    pub(crate) next: Option<&'s str>,
}

impl<'s> Exit<'s> {
    /// The way out that a state ends with by itself.
    pub(crate) fn of(state: &'s State, result: Data) -> Self {
        Self {
            list: None,
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
            list,
            assign,
            output,
            result,
            next,
        } = exit;
        let place = |field| match list {
            Some((list, index)) => Place::Of(list, index, field),
            None => Place::Field(field),
        };
        let (assigned, output) = self.with_scope(id, sight, |scope| {
            let assigned = match assign {
                Some(assign) => resolve_fields(assign, place("Assign"), scope)?,
                None => Vec::new(),
            };
            let output = match output {
                Some(output) => Some(resolve(output, place("Output"), scope)?),
                None => None,
            };
            Ok((assigned, output))
        })?;
        let bytes: usize = assigned.iter().map(|(_, data)| data.text.len()).sum();
        if bytes > STATE_BYTES {
            return Err(Fault::data_limit(name));
        }
        let data = match output {
            Some(output) => Data::limited(output, name)?,
            None => result,
        };
        self.count_variables(bytes)?;
        // A Fail has no exit, a state that ends well has.
        let exited = EventDetails::StateExited {
            kind: state.kind(),
            name: name.clone(),
            output: Arc::clone(&data.text),
            assigned: assigned
                .iter()
                .map(|(variable, data)| (variable.clone(), Arc::clone(&data.text)))
                .collect(),
        };
        self.record(id, exited);
        self.forget_children(id);
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            let values = assigned
                .into_iter()
                .map(|(variable, data)| (variable, data.value));
            strand.variables.extend(values);
        }
        match next {
            Some(next) => self.go(id, next, data),
            None => self.finish(id, data),
        }
        Ok(())
    }

    /// Refuses more bytes of variables than an execution may have.
    ///
    /// The count only grows, as variables that are replaced or gone are still in it. Once it seems too large, all
    /// variables are measured.
    fn count_variables(&mut self, more: usize) -> Result<(), Fault> {
        let counted = self.execution.variable_bytes + more;
        if counted > VARIABLE_BYTES {
            let strands = self.execution.strands.values();
            let values = strands.flat_map(|strand| strand.variables.values());
            let measured: usize = values.map(|value| text(value).len()).sum();
            if measured + more > VARIABLE_BYTES {
                let cause = format!(
                    "The variables of the execution exceed the maximum number of bytes service limit ({VARIABLE_BYTES})."
                );
                return Err(Fault::state(name::DATA_LIMIT_EXCEEDED, cause));
            }
            self.execution.variable_bytes = measured;
        }
        self.execution.variable_bytes += more;
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
            return self.child_succeeded(parent, id, index, Arc::unwrap_or_clone(output.value));
        }
        let succeeded = EventDetails::ExecutionSucceeded {
            output: output.text,
        };
        self.end(
            previous,
            succeeded,
            Status::Succeeded {
                output: Arc::unwrap_or_clone(output.value),
            },
        );
    }
}
