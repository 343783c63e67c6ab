//! Starting an execution and telling it what happened; what follows is kept first.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use pawl_asl::Machine;

use crate::Error;
use crate::journal::Broken;

use super::about::{About, Definition, Snapshot};
use super::keep::Occasion;
use super::open::Open;
use super::report::Report;
use super::slot::{Hold, Slot};
use super::{Shared, Unable};

/// A place for an execution that is to begin.
pub(super) enum Reserved<'shared> {
    /// There is none of that ARN in memory.
    New(Hold<'shared>),
    /// There is one.
    Known(Hold<'shared>),
}

impl Shared {
    /// Starts an execution, unless `existing` finds that there is one of that ARN already. It blocks on the disk, but
    /// for a Task that starts one: what the Task hears of it is kept after it.
    pub(super) fn start<Refusal>(
        self: &Arc<Self>,
        definition: &Definition,
        about: About,
        existing: impl FnOnce(&Snapshot) -> Result<About, Refusal>,
    ) -> Result<About, Unable<Refusal>> {
        let is_nested = about.started_by.is_some();
        if !is_nested {
            self.journal.check()?;
        }
        let about = Arc::new(about);
        let snapshot = loop {
            if let Some(kept) = self.begin_new(definition, &about)? {
                if !is_nested {
                    self.journal.wait(&kept)?;
                }
                return Ok(Arc::unwrap_or_clone(about));
            }
            // What was started a moment ago may be on its way to the disk.
            if is_nested {
                self.journal.wait_however_long()?;
            } else {
                self.journal.write_and_wait(Vec::new())?;
            }
            if let Some(found) = self.journal.execution(&about.arn)? {
                break Snapshot::read(found)?;
            }
            // Whoever had its place could not begin it.
        };
        let about = existing(&snapshot).map_err(Unable::Refused)?;
        // One that rests goes on.
        self.look(snapshot.number, |_| ())?;
        Ok(about)
    }

    /// Begins an execution; what tells when it is kept. `None` if there is one of its ARN.
    fn begin_new(
        self: &Arc<Self>,
        definition: &Definition,
        about: &Arc<About>,
    ) -> Result<Option<Receiver<Result<(), Broken>>>, Error> {
        let slot = Arc::new(Slot::default());
        let mut place = slot.lock();
        match self.reserve(about, &slot) {
            Reserved::New(hold) => {
                if self.journal.execution(&about.arn)?.is_some() {
                    return Ok(None);
                }
                let (sender, receiver) = channel();
                let machine = Arc::clone(&definition.machine);
                let occasion = Occasion::Beginning(Some(definition));
                let answer = move |written| {
                    // Whoever asked may have gone.
                    let _ = sender.send(written);
                };
                self.begin(hold.number(), &mut place, machine, about, &occasion, answer);
                Ok(Some(receiver))
            }
            Reserved::Known(hold) => {
                // Whoever begins it has it until it is on its way to the disk.
                drop(hold.lock());
                Ok(None)
            }
        }
    }

    /// Takes a place for an execution, so that nobody else begins one of the same ARN. The caller has locked the slot:
    /// nobody looks into it before something is there.
    pub(super) fn reserve(&self, about: &Arc<About>, slot: &Arc<Slot>) -> Reserved<'_> {
        let mut state = self.state();
        if let Some(known) = state.numbers.get(&about.arn).copied() {
            return Reserved::Known(self.hold_in(&mut state, known));
        }
        state.started += 1;
        let number = state.started;
        state.numbers.insert(about.arn.clone(), number);
        let place = state.open.entry(number).or_default();
        place.about = Some(Arc::clone(about));
        place.slot = Arc::clone(slot);
        Reserved::New(self.hold_in(&mut state, number))
    }

    /// Begins an execution whose place is taken.
    pub(super) fn begin(
        self: &Arc<Self>,
        number: u64,
        place: &mut Option<Open>,
        machine: Arc<Machine>,
        about: &Arc<About>,
        occasion: &Occasion,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        let (open, told) = Open::begin(number, Arc::clone(about), machine);
        self.keep(&open, told, occasion, answer);
        *place = Some(open);
    }

    /// Tells an execution what happened, and waits until that is kept. `report` sees where it stands, and may find that
    /// there is nothing to tell. Whether it was told.
    pub(super) fn tell_and_wait(
        self: &Arc<Self>,
        number: u64,
        report: impl FnOnce(&Open) -> Option<Report>,
    ) -> Result<bool, Unable<Infallible>> {
        self.journal.check()?;
        let (sender, receiver) = channel();
        let told = self.tell(number, report, move |written| {
            let _ = sender.send(written);
        })?;
        if told {
            self.journal.wait(&receiver)?;
        }
        Ok(told)
    }

    /// Tells an execution what happened, and lets it go on.
    pub(super) fn tell(
        self: &Arc<Self>,
        number: u64,
        report: impl FnOnce(&Open) -> Option<Report>,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) -> Result<bool, Error> {
        let hold = self.hold(number);
        let mut slot = hold.lock();
        let Some(open) = self.load(number, &mut slot)? else {
            return Ok(false);
        };
        let Some(report) = report(open) else {
            return Ok(false);
        };
        let told = open.tell(report, self.clock.now());
        self.keep(open, told, &Occasion::Report, answer);
        Ok(true)
    }

    /// Looks at an execution that has not ended. It is brought back for that.
    pub(super) fn look<Seen>(
        &self,
        number: u64,
        see: impl FnOnce(&Open) -> Seen,
    ) -> Result<Option<Seen>, Error> {
        let hold = self.hold(number);
        let mut slot = hold.lock();
        let open = self.load(number, &mut slot)?;
        Ok(open.map(|open| see(open)))
    }
}
