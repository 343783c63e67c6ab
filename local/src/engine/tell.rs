//! Starting an execution and telling it what happened; what follows is kept first.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;

use pawl_asl::Machine;

use crate::Error;
use crate::journal::{Broken, Write};

use super::about::{About, Definition, Snapshot};
use super::open::Open;
use super::report::Report;
use super::{Shared, State, Unable};

impl Shared {
    /// Starts an execution, unless `existing` finds that there is one of that ARN already. It blocks on the disk.
    pub(super) fn start<Refusal>(
        self: &Arc<Self>,
        definition: &Definition,
        about: About,
        existing: impl FnOnce(&Snapshot) -> Result<About, Refusal>,
    ) -> Result<About, Unable<Refusal>> {
        let (sender, receiver) = channel();
        {
            let mut state = self.state();
            let known = state.numbers.get(&about.arn).copied();
            if known.is_some() || self.journal.execution(&about.arn)?.is_some() {
                drop(state);
                return self.start_again(&about.arn, existing);
            }
            self.begin(&mut state, definition, about.clone(), move |written| {
                // Whoever asked may have gone.
                let _ = sender.send(written);
            });
        }
        receiver.recv().unwrap_or_else(|_| Err(Broken::closed()))?;
        Ok(about)
    }

    /// There is an execution of that ARN. One that rests goes on.
    fn start_again<Refusal>(
        self: &Arc<Self>,
        arn: &str,
        existing: impl FnOnce(&Snapshot) -> Result<About, Refusal>,
    ) -> Result<About, Unable<Refusal>> {
        // What was started a moment ago may be on its way to the disk.
        self.journal.write_and_wait(Vec::new())?;
        let found = self.journal.execution(arn)?;
        let Some(snapshot) = found.map(Snapshot::read).transpose()? else {
            return Err(Unable::Broken(Broken::closed()));
        };
        let about = existing(&snapshot).map_err(Unable::Refused)?;
        self.load(&mut self.state(), snapshot.number)?;
        Ok(about)
    }

    /// Begins an execution whose ARN is new.
    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        definition: &Definition,
        about: About,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        let mut first = Vec::new();
        if !state.machines.contains_key(&*definition.hash) {
            first.push(Write::Definition {
                hash: definition.hash.to_string(),
                definition: definition.text.to_string(),
            });
            let machine = Arc::clone(&definition.machine);
            state.machines.insert(definition.hash.to_string(), machine);
        }
        let machine = Arc::clone(&definition.machine);
        self.begin_with(state, machine, about, first, answer);
    }

    /// Begins an execution of a machine whose definition is kept, or is among the first writes.
    pub(super) fn begin_with(
        self: &Arc<Self>,
        state: &mut State,
        machine: Arc<Machine>,
        about: About,
        first: Vec<Write>,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        state.started += 1;
        let (open, told) = Open::begin(state.started, Arc::new(about), machine);
        self.keep_new(state, open, told, first, answer);
    }

    /// Tells an execution what happened, and lets it go on. Whether there was one to tell.
    pub(super) fn tell(self: &Arc<Self>, number: u64, report: Report) -> Result<bool, Error> {
        self.tell_then(number, report, |_| {})
    }

    /// Tells an execution what happened, and waits until that is kept.
    pub(super) fn tell_and_wait(
        self: &Arc<Self>,
        number: u64,
        report: Report,
    ) -> Result<(), Unable<Infallible>> {
        let (sender, receiver) = channel();
        let told = self.tell_then(number, report, move |written| {
            let _ = sender.send(written);
        })?;
        if told {
            receiver.recv().unwrap_or_else(|_| Err(Broken::closed()))?;
        }
        Ok(())
    }

    fn tell_then(
        self: &Arc<Self>,
        number: u64,
        report: Report,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) -> Result<bool, Error> {
        let mut state = self.state();
        let now = self.clock.now();
        let Some(open) = self.load(&mut state, number)? else {
            return Ok(false);
        };
        if open.has_ended() {
            return Ok(false);
        }
        let told = open.tell(report, now);
        self.keep(&mut state, number, told, Vec::new(), answer);
        Ok(true)
    }
}
