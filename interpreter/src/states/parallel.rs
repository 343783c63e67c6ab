//! A Parallel at work.

use pawl_asl::Parallel;

use super::Sight;
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::Fault;
use crate::history::EventDetails;
use crate::query::resolve;
use crate::strand::StrandId;

impl Engine<'_> {
    /// Begins every branch with the same input.
    pub(super) fn fork(
        &mut self,
        id: StrandId,
        name: &str,
        parallel: &Parallel,
    ) -> Result<(), Fault> {
        let input = self.with_scope(id, Sight::default(), |scope| match &parallel.arguments {
            Some(arguments) => resolve(arguments, "Arguments", scope).map(Some),
            None => Ok(None),
        })?;
        let input = match input {
            Some(input) => Data::limited(input, name)?,
            None => self.input(id)?,
        };
        self.record(
            id,
            EventDetails::StateStarted {
                kind: "Parallel",
                length: None,
            },
        );
        let branches = parallel.branches.len();
        self.begin_children(id, vec![input.value; branches], branches);
        Ok(())
    }
}
