//! A state in trouble: tried again, caught, or failed together with what encloses it.

use pawl_asl::State;
use serde_json::json;

use super::leave::Exit;
use super::{Sight, current};
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::{Fault, Origin};
use crate::history::EventDetails;
use crate::retry;
use crate::strand::{Alarm, StrandId, WaitsFor};

/// Why no catcher helped.
enum Uncaught {
    /// None is for the error.
    Still(Fault),
    /// The one that is has failed itself.
    Anew(Fault),
}

impl Engine<'_> {
    /// Looks for a retrier, then for a catcher, then fails the strand.
    pub(crate) fn trouble(&mut self, id: StrandId, fault: Fault) {
        let Some(previous) = self
            .execution
            .strands
            .get(&id)
            .map(|strand| strand.previous_event)
        else {
            return;
        };
        if fault.is_fatal() {
            let fault = self.recorded(id, fault, previous);
            return self.fail(previous, fault.failure);
        }
        self.stop_children(id, None, previous);
        let fault = self.recorded(id, fault, previous);
        if self.retry(id, &fault) {
            return;
        }
        let machine = self.machine();
        let Some((_, state)) = self
            .execution
            .strands
            .get(&id)
            .and_then(|strand| current(&machine, strand))
        else {
            return;
        };
        let before = self.line(id);
        self.record_failed(id, state);
        match self.catch(id, state, fault) {
            Ok(()) => {}
            Err(Uncaught::Still(fault)) => self.fail_strand(id, fault),
            // The catcher fails where the state did, and the state with it once more.
            Err(Uncaught::Anew(fault)) => {
                let fault = self.recorded(id, fault, before);
                self.record_failed(id, state);
                self.fail_strand(id, fault);
            }
        }
    }

    /// Records that a Parallel or Map has failed; other states have no such event.
    fn record_failed(&mut self, id: StrandId, state: &State) {
        if matches!(state, State::Parallel(_) | State::Map(_)) {
            self.record(id, EventDetails::StateFailed { kind: state.kind() });
        }
    }

    /// Gives a fault of the interpreter's own its full cause, and records one of an expression after an event.
    pub(super) fn recorded(&mut self, id: StrandId, mut fault: Fault, previous: u64) -> Fault {
        let machine = self.machine();
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return fault;
        };
        let Some((name, _)) = current(&machine, strand) else {
            return fault;
        };
        strand.previous_event = previous;
        let location = match &fault.origin {
            Origin::Outcome | Origin::Heartbeat | Origin::Recorded => return fault,
            Origin::State => None,
            Origin::Expression(location) => Some(location.clone()),
        };
        let event = strand.visit.entered_event;
        let cause = fault.failure.cause.unwrap_or_default();
        let prefix = format!(
            "An error occurred while executing the state '{name}' (entered at the event id #{event}). "
        );
        fault.failure.cause = Some(format!("{prefix}{cause}"));
        fault.failure = fault.failure.limited();
        // Recorded once, however far it travels.
        fault.origin = Origin::Recorded;
        if let Some(location) = location {
            let failure = fault.failure.clone();
            self.record(
                id,
                EventDetails::EvaluationFailed {
                    failure,
                    location,
                    state: name.clone(),
                },
            );
        }
        fault
    }

    /// Sets a timer for another attempt, where a retrier allows one.
    fn retry(&mut self, id: StrandId, fault: &Fault) -> bool {
        let machine = self.machine();
        let now = self.world.now();
        let Some(strand) = self.execution.strands.get_mut(&id) else {
            return false;
        };
        let Some((_, state)) = current(&machine, strand) else {
            return false;
        };
        let Some(index) = retry::choose(state.retry(), fault, &strand.visit.retries_by_retrier)
        else {
            return false;
        };
        let (Some(retrier), Some(used)) = (
            state.retry().get(index),
            strand.visit.retries_by_retrier.get_mut(index),
        ) else {
            return false;
        };
        let delay = retry::delay(retrier, *used, || self.world.random());
        *used += 1;
        strand.visit.retries += 1;
        let due = now.saturating_add(delay).unwrap_or(jiff::Timestamp::MAX);
        self.forget_children(id);
        let timer = self.set_timer(due, Alarm::Retry(id));
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.waits_for = WaitsFor::Timer(timer);
        }
        true
    }

    /// Leaves the state by the first catcher that is for the error.
    fn catch(&mut self, id: StrandId, state: &State, fault: Fault) -> Result<(), Uncaught> {
        let catchers = state.catch().iter().enumerate();
        let Some((index, catcher)) = catchers
            .into_iter()
            .find(|(_, catcher)| fault.matches(&catcher.error_equals))
        else {
            return Err(Uncaught::Still(fault));
        };
        // AWS gives an empty text where there is no error or no cause.
        let error_output = Data::new(json!({
            "Error": fault.failure.error.unwrap_or_default(),
            "Cause": fault.failure.cause.unwrap_or_default(),
        }));
        let exit = Exit {
            list: Some(("Catch", index)),
            assign: catcher.assign.as_ref(),
            output: catcher.output.as_ref(),
            result: error_output.clone(),
            next: Some(&catcher.next),
        };
        let sight = Sight {
            error_output: Some(&error_output.value),
            ..Sight::default()
        };
        self.leave(id, exit, sight).map_err(Uncaught::Anew)
    }

    /// Nothing in the state helps: the strand fails, and with it the execution or the enclosing state.
    fn fail_strand(&mut self, id: StrandId, fault: Fault) {
        let Some(strand) = self.execution.strands.get(&id) else {
            return;
        };
        let previous = strand.previous_event;
        match strand.parent {
            Some((parent, index)) => self.child_failed(parent, id, index, fault),
            None => self.fail(previous, fault.failure),
        }
    }
}
