//! A Choice at work.

use pawl_asl::Choice;

use super::Sight;
use super::leave::Exit;
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::query::{Place, resolve_truth};
use crate::strand::StrandId;

impl Engine<'_> {
    /// Takes the first rule that applies. Later rules are not even evaluated.
    pub(super) fn choose(&mut self, id: StrandId, choice: &Choice) -> Result<(), Fault> {
        let chosen = self.with_scope(id, Sight::default(), |scope| {
            for (index, rule) in choice.choices.iter().enumerate() {
                let Some(condition) = &rule.condition else {
                    continue;
                };
                let place = Place::Of("Choices", index, "Condition");
                if resolve_truth(condition, place, scope)? {
                    return Ok(Some((index, rule)));
                }
            }
            Ok(None)
        })?;
        let result = self.input(id)?;
        let exit = match (chosen, &choice.default) {
            (Some((index, rule)), _) => Exit {
                list: Some(("Choices", index)),
                assign: rule.assign.as_ref(),
                output: rule.output.as_ref(),
                result,
                next: Some(&rule.next),
            },
            (None, Some(default)) => Exit {
                list: None,
                assign: choice.assign.as_ref(),
                output: choice.output.as_ref(),
                result,
                next: Some(default),
            },
            (None, None) => {
                let cause = "Failed to transition out of the state. The state does not point to a next state.";
                // AWS keeps `States.NoChoiceMatched` for later, and reports this name.
                return Err(Fault::state(name::RUNTIME, cause));
            }
        };
        self.leave(id, exit, Sight::default())
    }
}
