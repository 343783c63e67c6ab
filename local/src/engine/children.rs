//! Executions that a task of another execution waits for: nested ones, and the children of distributed Maps.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;

use jiff::Timestamp;
use pawl_interpreter::Start;

use crate::Error;
use crate::journal::Broken;

use super::about::{About, Parent, Snapshot};
use super::driver::complain;
use super::keep::Occasion;
use super::open::Open;
use super::report::Report;
use super::slot::Slot;
use super::task::{self, Outcome};
use super::tell::Reserved;
use super::{Shared, Unable};

impl Shared {
    /// Begins a child of a distributed Map. One that an earlier process began goes on, or is found to have ended.
    pub(super) fn begin_child(self: &Arc<Self>, parent: Parent, start: Start) -> Result<(), Error> {
        if let Some(found) = self.journal.execution(&start.execution_arn)? {
            let snapshot = Snapshot::read(found)?;
            if snapshot.is_running() {
                self.look(snapshot.number, |_| ())?;
            } else {
                self.child_ended(parent, snapshot.number);
            }
            return Ok(());
        }
        // The parent may have given it up meanwhile.
        let above = self.look(parent.execution, |open| {
            let waits = open.waits.tasks.contains_key(&parent.task);
            waits.then(|| Arc::clone(&open.about))
        })?;
        let Some(above) = above.flatten() else {
            return Ok(());
        };
        let machine = self.machine(&above.definition)?;
        let about = Arc::new(About {
            arn: start.execution_arn,
            name: start.execution_name,
            machine_name: start.machine_name,
            started_as: start.machine_arn,
            map_run_arn: start.map_run_arn,
            is_express: start.is_express,
            answers_call: false,
            block: start.block,
            input: start.input.to_string(),
            started: self.now(),
            seed: self.state().random.next(),
            parent: Some(parent),
            started_by: None,
            ..About::clone(&above)
        });
        let slot = Arc::new(Slot::default());
        let mut place = slot.lock();
        if let Reserved::New(hold) = self.reserve(&about, &slot) {
            let child = hold.number();
            let occasion = Occasion::Beginning(None);
            self.begin(child, &mut place, machine, &about, &occasion, |_| {});
            drop(place);
            drop(hold);
            // It may also have been given up before there was anything to stop.
            self.adopt(parent, child);
        }
        Ok(())
    }

    /// Has a child that ended badly go on, for another task of its parent.
    pub(super) fn redrive_child(
        self: &Arc<Self>,
        parent: Parent,
        start: Start,
    ) -> Result<(), Error> {
        let Some(found) = self.journal.execution(&start.execution_arn)? else {
            return self.begin_child(parent, start);
        };
        let snapshot = Snapshot::read(found)?;
        let number = snapshot.number;
        if snapshot.is_running() {
            self.look(number, |_| ())?;
            return Ok(());
        }
        // What cannot be redriven has ended as it did before.
        if self
            .redrive_in(snapshot, Some(parent), None, |_| {})?
            .is_err()
        {
            self.child_ended(parent, number);
        }
        Ok(())
    }

    /// Has an execution that ended badly go on: when it did; `Ok(Err)` says why it cannot. The same request a while later
    /// finds what it did.
    pub(super) fn redrive(
        self: &Arc<Self>,
        snapshot: Snapshot,
        client_token: Option<String>,
    ) -> Result<Result<Timestamp, &'static str>, Unable<Infallible>> {
        self.journal.check()?;
        let (sender, receiver) = channel();
        let redriven = self.redrive_in(snapshot, None, client_token, move |written| {
            // Whoever asked may have gone.
            let _ = sender.send(written);
        })?;
        if redriven.is_ok() {
            self.journal.wait(&receiver)?;
        }
        Ok(redriven)
    }

    /// The same for whoever does not wait until that is kept, be it a task of another execution.
    fn redrive_in(
        self: &Arc<Self>,
        snapshot: Snapshot,
        parent: Option<Parent>,
        client_token: Option<String>,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) -> Result<Result<Timestamp, &'static str>, Error> {
        let now = self.now();
        let hold = self.hold(snapshot.number);
        let mut slot = hold.lock();
        let open = match &mut *slot {
            Some(open) => open,
            slot @ None => slot.insert(self.bring_back(snapshot)?),
        };
        let known = client_token.as_deref();
        if let Some(at) = known.and_then(|known| open.redriven_by(known, now)) {
            // It may be on its way to the disk.
            self.journal.write(Vec::new(), answer);
            return Ok(Ok(at));
        }
        if parent.is_some() && open.parent == parent {
            // An earlier process redrove it for this very task, and it has ended since.
            return Ok(Err("Execution was redriven already"));
        }
        if let Err(reason) = open.execution.redrivable(now) {
            return Ok(Err(reason));
        }
        let report = Report::Redrive {
            parent,
            client_token,
        };
        let told = open.tell(report, now);
        self.keep(open, told, &Occasion::Redrive, answer);
        Ok(Ok(now))
    }

    /// When an execution was redriven by a request that has come before, a while ago at most.
    pub(super) fn redriven_by(
        &self,
        snapshot: &Snapshot,
        client_token: &str,
    ) -> Result<Option<Timestamp>, Unable<Infallible>> {
        let hold = self.hold(snapshot.number);
        let mut slot = hold.lock();
        // One that was never redriven, not even a moment ago, need not be brought back for that.
        if slot.is_none() && snapshot.redrives == 0 {
            return Ok(None);
        }
        let open = match &mut *slot {
            Some(open) => open,
            slot @ None => slot.insert(self.bring_back(snapshot.clone())?),
        };
        let at = open.redriven_by(client_token, self.now());
        drop(slot);
        if at.is_some() {
            // It may be on its way to the disk.
            self.journal.write_and_wait(Vec::new())?;
        }
        Ok(at)
    }

    /// Tells a task that the execution it waits for has ended.
    pub(super) fn child_ended(self: &Arc<Self>, parent: Parent, child: u64) {
        let Parent { execution, task } = parent;
        let found = self.journal.execution_of(child);
        match found.and_then(|found| found.map(Snapshot::read).transpose()) {
            Ok(Some(snapshot)) if snapshot.about.map_run_arn.is_some() => {
                let Snapshot {
                    status, outcome, ..
                } = snapshot;
                self.hear(
                    execution,
                    Report::ChildEnded {
                        task,
                        status,
                        outcome,
                    },
                );
            }
            Ok(Some(snapshot)) if snapshot.about.answers_call => {
                self.report(execution, task, task::answered(&snapshot));
            }
            Ok(Some(snapshot)) => {
                // It may have ended before anybody heard that it had begun.
                let begun = task::begun(&snapshot.about);
                self.report(execution, task, Outcome::Submitted(begun));
                self.report(execution, task, task::ended(&snapshot));
            }
            Ok(None) => {}
            Err(error) => complain(child, Err(error)),
        }
    }

    /// Stops an execution that nobody waits for any more.
    pub(super) fn abandon(self: &Arc<Self>, parent: Parent, child: u64) {
        tracing::debug!(?parent, child, "an execution is stopped with its parent");
        let by = self.arn(parent.execution);
        let stop = |open: &Open| {
            let by = by.filter(|_| open.about.map_run_arn.is_none());
            Report::Stop {
                error: None,
                cause: by.map(|by| format!("The Task state in AWS Step Functions execution [{by}] which was managing this resource was aborted")),
            }
        };
        // What was only called goes on, whoever hears of its end.
        let stopped = self.tell(
            child,
            |open| (!open.about.answers_call).then(|| stop(open)),
            |_| {},
        );
        complain(child, stopped.map(|_| ()));
    }

    /// The ARN of an execution.
    fn arn(&self, number: u64) -> Option<String> {
        let place = self.state();
        let about = place
            .open
            .get(&number)
            .and_then(|place| place.about.clone());
        drop(place);
        if let Some(about) = about {
            return Some(about.arn.clone());
        }
        let found = self.journal.execution_of(number).ok()??;
        Some(Snapshot::read(found).ok()?.about.arn)
    }

    /// Finds the task that waits for an execution, and stops the execution where none does.
    pub(super) fn adopt(self: &Arc<Self>, parent: Parent, child: u64) {
        let waits = self.look(parent.execution, |open| {
            open.waits.tasks.contains_key(&parent.task)
        });
        match waits {
            Ok(Some(true)) => {}
            Ok(Some(false) | None) => self.abandon(parent, child),
            Err(error) => complain(child, Err(error)),
        }
    }
}
