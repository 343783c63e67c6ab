//! Starting an execution and telling it what happened; what follows is kept first.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;

use pawl_asl::Machine;

use crate::Error;
use crate::journal::Broken;

use super::about::{About, Definition, Snapshot};
use super::keep::Occasion;
use super::open::Open;
use super::report::Report;
use super::run::{Haste, Naming};
use super::slot::{Hold, Slot};
use super::{Shared, Unable};

/// A place for an execution that is to begin.
pub(super) enum Reserved<'shared> {
    /// There is none of that ARN in memory.
    New(Hold<'shared>),
    /// There is one.
    Known(Hold<'shared>),
}

/// What came of beginning an execution.
pub(super) enum Fresh<Seen> {
    /// It has begun.
    Begun(Seen),
    /// There is one of its ARN.
    Known,
    /// It has not begun, as it takes long to.
    TakesLong,
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
        let manner = (Haste::None, Naming::Given);
        let snapshot = loop {
            let (sender, kept) = channel();
            let answer = move |written| {
                // Whoever asked may have gone.
                let _ = sender.send(written);
            };
            if let Fresh::Begun(()) = self.begin_new(definition, &about, manner, answer, |_| ())? {
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

    /// Begins an execution, unless there is one of its ARN; `see` looks at it before anything else can happen to it.
    pub(super) fn begin_new<Seen>(
        self: &Arc<Self>,
        definition: &Definition,
        about: &Arc<About>,
        (haste, naming): (Haste, Naming),
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
        see: impl FnOnce(&Open) -> Seen,
    ) -> Result<Fresh<Seen>, Error> {
        let slot = Arc::new(Slot::default());
        let mut place = slot.lock();
        match self.reserve(about, &slot) {
            Reserved::New(hold) => {
                if naming == Naming::Given && self.journal.execution(&about.arn)?.is_some() {
                    return Ok(Fresh::Known);
                }
                let machine = Arc::clone(&definition.machine);
                let occasion = Occasion::Beginning(Some(definition));
                let begun = match haste {
                    Haste::None => Some(Open::begin(hold.number(), Arc::clone(about), machine)),
                    Haste::Great => Open::begin_at_once(hold.number(), Arc::clone(about), machine),
                };
                let Some((open, told)) = begun else {
                    return Ok(Fresh::TakesLong);
                };
                self.keep(&open, told, &occasion, answer);
                let seen = see(&open);
                *place = Some(open);
                Ok(Fresh::Begun(seen))
            }
            Reserved::Known(hold) => {
                // Whoever begins it has it until it is on its way to the disk.
                drop(hold.lock());
                Ok(Fresh::Known)
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
