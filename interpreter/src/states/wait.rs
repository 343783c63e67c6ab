//! A Wait at work.

use jiff::Timestamp;
use pawl_asl::{State, Wait};

use super::leave::Exit;
use super::{Sight, current};
use crate::execution::{Engine, later};
use crate::fault::Fault;
use crate::query::{resolve_seconds, resolve_text};
use crate::strand::{Alarm, StrandId, WaitsFor};

impl Engine<'_> {
    /// Sets a timer for the end of the wait; a moment that has passed is no wait at all.
    pub(super) fn wait(&mut self, id: StrandId, wait: &Wait) -> Result<(), Fault> {
        let now = self.world.now();
        let due = self.with_scope(id, Sight::default(), |scope| {
            match (&wait.seconds, &wait.timestamp) {
                (Some(seconds), _) => {
                    Ok(later(now, resolve_seconds(seconds, "Seconds", 0, scope)?))
                }
                (None, Some(timestamp)) => moment(&resolve_text(timestamp, "Timestamp", scope)?),
                (None, None) => Ok(now),
            }
        })?;
        if due <= now {
            return self.wait_over(id);
        }
        let timer = self.set_timer(due, Alarm::Wait(id));
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.waits_for = WaitsFor::Timer(timer);
        }
        Ok(())
    }

    /// The timer of a wait has fired.
    pub(crate) fn waited(&mut self, id: StrandId) {
        if let Err(fault) = self.wait_over(id) {
            self.trouble(id, fault);
        }
    }

    fn wait_over(&mut self, id: StrandId) -> Result<(), Fault> {
        let machine = self.machine();
        let Some((_, state)) = self
            .execution
            .strands
            .get(&id)
            .and_then(|strand| current(&machine, strand))
        else {
            return Ok(());
        };
        debug_assert!(
            matches!(state, State::Wait(_)),
            "only a Wait sets this alarm"
        );
        let input = self.input(id)?;
        self.leave(id, Exit::of(state, input), Sight::default())
    }
}

/// Reads a moment in ISO 8601's extended format with an offset: `T` or `t` between date and time, no space.
fn moment(text: &str) -> Result<Timestamp, Fault> {
    let extended = text.get(4..5) == Some("-") && matches!(text.get(10..11), Some("T" | "t"));
    let parsed = extended.then(|| text.parse::<Timestamp>().ok()).flatten();
    parsed.ok_or_else(|| {
        let cause = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ";
        Fault::expression("Timestamp", format!("{cause}{text}"))
    })
}
