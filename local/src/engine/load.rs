//! Executions of an earlier process, brought back when something happens to them.

use std::sync::Arc;

use pawl_asl::Machine;

use crate::Error;
use crate::jobs::JobWork;

use super::about::Snapshot;
use super::driver::Work;
use super::open::Open;
use super::{Shared, State};

impl Shared {
    /// Goes on with every open execution whose name begins with `prefix`, and with everything that is to be delivered.
    /// How many executions rested until now.
    pub(super) fn go_on(self: &Arc<Self>, prefix: &str) -> Result<usize, Error> {
        let open = self.journal.open_executions()?;
        let jobs = self.journal.jobs()?;
        let mut state = self.state();
        let mut rested = 0;
        for (number, is_busy, wakes) in open {
            if state.open.contains_key(&number) || !self.has_name(number, prefix)? {
                continue;
            }
            rested += 1;
            if let Some(wakes) = wakes {
                state.asleep.insert(number, wakes);
                state.wakes.insert((wakes, number));
            }
            if is_busy {
                state.work.push_back(Work::Load { execution: number });
            }
        }
        for (number, due, work) in jobs {
            if !state.known_jobs.insert(number) {
                continue;
            }
            let work: JobWork = serde_json::from_str(&work).map_err(|error| Error::Unreadable {
                path: format!("job {number}").into(),
                reason: error.to_string(),
            })?;
            state.jobs.insert((due, number), work);
        }
        self.stir();
        Ok(rested)
    }

    fn has_name(&self, number: u64, prefix: &str) -> Result<bool, Error> {
        if prefix.is_empty() {
            return Ok(true);
        }
        let found = self.journal.execution_of(number)?;
        let snapshot = found.map(Snapshot::read).transpose()?;
        Ok(snapshot.is_some_and(|snapshot| snapshot.about.name.starts_with(prefix)))
    }

    /// Has an execution in memory, if it has not ended. What it was doing is begun again.
    pub(super) fn load<'state>(
        &self,
        state: &'state mut State,
        number: u64,
    ) -> Result<Option<&'state mut Open>, Error> {
        if !state.open.contains_key(&number) {
            let Some(found) = self.journal.execution_of(number)? else {
                return Ok(None);
            };
            let snapshot = Snapshot::read(found)?;
            if !snapshot.is_running() {
                return Ok(None);
            }
            self.bring_back(state, snapshot)?;
        }
        Ok(state.open.get_mut(&number))
    }

    pub(super) fn bring_back(&self, state: &mut State, snapshot: Snapshot) -> Result<(), Error> {
        let Snapshot { number, about, .. } = snapshot;
        let machine = self.machine(state, &about.definition)?;
        let entries = self.journal.entries(number)?;
        let about = Arc::new(about);
        let (mut open, begun) = Open::replay(number, &about, machine, entries)?;
        let begun = begun.into_iter().map(|begun| Work::of(number, begun));
        state.work.extend(begun);
        if let Some(parent) = open.parent.filter(|_| !open.has_ended()) {
            state.work.push_back(Work::Orphan {
                parent,
                child: number,
            });
        }
        if open.execution.is_ready() {
            state.work.push_back(Work::GoOn { execution: number });
        }
        // It may have been known by its time of waking alone.
        if let Some(due) = state.asleep.remove(&number) {
            state.wakes.remove(&(due, number));
        }
        open.wakes = open.waits.next().map(|(due, _)| due);
        state.wakes.extend(open.wakes.map(|due| (due, number)));
        state.add(open);
        self.stir();
        Ok(())
    }

    /// The machine of a definition, read once.
    pub(super) fn machine(&self, state: &mut State, hash: &str) -> Result<Arc<Machine>, Error> {
        if let Some(machine) = state.machines.get(hash) {
            return Ok(Arc::clone(machine));
        }
        let unreadable = |reason: String| Error::Unreadable {
            path: format!("definition {hash}").into(),
            reason,
        };
        let text = self
            .journal
            .definition(hash)?
            .ok_or_else(|| unreadable("it is missing".to_owned()))?;
        let machine: Machine =
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let machine = Arc::new(machine);
        state.machines.insert(hash.to_owned(), Arc::clone(&machine));
        Ok(machine)
    }
}
