//! Executions of an earlier process, brought back when something happens to them.

use std::sync::{Arc, Weak};

use pawl_asl::Machine;

use crate::Error;
use crate::jobs::JobWork;
use crate::journal::Write;

use super::about::{Definition, Snapshot};
use super::driver::{Work, complain};
use super::open::Open;
use super::{Shared, State};

impl Shared {
    /// Goes on with every open execution whose name begins with `prefix`, and with everything that is to be delivered.
    /// How many executions rested until now.
    pub(super) fn go_on(self: &Arc<Self>, prefix: &str) -> Result<usize, Error> {
        let open = self.journal.open_executions()?;
        let jobs = self.journal.jobs()?;
        let mut state = self.state();
        // Those of this process are known, and some of those that were read are done by now.
        let inherited = state.inherited_jobs.take();
        let mut rested = 0;
        for (number, is_busy, wakes) in open {
            if state.is_open(number) || !self.has_name(number, prefix) {
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
        let is_inherited = |number| inherited.is_some_and(|last| number <= last);
        for (number, due, work) in jobs {
            if !is_inherited(number) {
                continue;
            }
            match serde_json::from_str::<JobWork>(&work) {
                Ok(work) => state.jobs.add(due, number, work),
                // It stays as it is, for a version of the program that can read it.
                Err(error) => tracing::error!(job = number, %error, "a job cannot be read"),
            }
        }
        self.stir();
        Ok(rested)
    }

    /// One that cannot be read has no name, and does not keep the others from going on.
    fn has_name(&self, number: u64, prefix: &str) -> bool {
        if prefix.is_empty() {
            return true;
        }
        let found = self.journal.execution_of(number);
        match found.and_then(|found| found.map(Snapshot::read).transpose()) {
            Ok(found) => found.is_some_and(|snapshot| snapshot.about.name.starts_with(prefix)),
            Err(error) => {
                complain(number, Err(error));
                false
            }
        }
    }

    /// The execution of a place that is held, if it has not ended. What it was doing is begun again.
    pub(super) fn load<'slot>(
        &self,
        number: u64,
        slot: &'slot mut Option<Open>,
    ) -> Result<Option<&'slot mut Open>, Error> {
        if slot.is_none() {
            let Some(found) = self.journal.execution_of(number)? else {
                return Ok(None);
            };
            let snapshot = Snapshot::read(found)?;
            if !snapshot.is_running() {
                return Ok(None);
            }
            *slot = Some(self.bring_back(snapshot)?);
        }
        Ok(slot.as_mut().filter(|open| !open.has_ended()))
    }

    /// Brings an execution back to where it was. The caller has its place.
    pub(super) fn bring_back(&self, snapshot: Snapshot) -> Result<Open, Error> {
        let Snapshot { number, about, .. } = snapshot;
        let machine = self.machine(&about.definition)?;
        let entries = self.journal.entries(number)?;
        let about = Arc::new(about);
        let (open, begun) = Open::replay(number, &about, machine, entries)?;
        let mut state = self.state();
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
        state.place(&open);
        self.stir();
        Ok(open)
    }

    /// The machine of a definition, read once for as long as somebody runs it.
    pub(super) fn machine(&self, hash: &str) -> Result<Arc<Machine>, Error> {
        if let Some(machine) = self.state().known(hash) {
            return Ok(machine);
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
        self.state().remember(hash, &machine);
        Ok(machine)
    }
}

impl State {
    /// The machine of a definition, if somebody runs it. The definition is kept then.
    fn known(&self, hash: &str) -> Option<Arc<Machine>> {
        self.machines.get(hash).and_then(Weak::upgrade)
    }

    fn remember(&mut self, hash: &str, machine: &Arc<Machine>) {
        self.machines
            .retain(|_, machine| machine.strong_count() > 0);
        self.machines
            .insert(hash.to_owned(), Arc::downgrade(machine));
    }

    /// Takes note that a definition is run; the write that keeps it, if it may not be kept already.
    pub(super) fn learn(&mut self, definition: &Definition) -> Option<Write> {
        if self.known(&definition.hash).is_some() {
            return None;
        }
        self.remember(&definition.hash, &definition.machine);
        Some(Write::Definition {
            hash: definition.hash.to_string(),
            definition: definition.text.to_string(),
        })
    }
}
