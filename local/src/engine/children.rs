//! Executions that a task of another execution waits for: nested ones, and the children of distributed Maps.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::mpsc::channel;

use pawl_interpreter::Start;

use crate::Error;
use crate::journal::Broken;

use super::about::{About, Parent, Snapshot};
use super::driver::complain;
use super::report::Report;
use super::task::{self, Outcome};
use super::{Shared, Unable};

impl Shared {
    /// Begins a child of a distributed Map. One that an earlier process began goes on, or is found to have ended.
    pub(super) fn begin_child(self: &Arc<Self>, parent: Parent, start: Start) -> Result<(), Error> {
        if let Some(found) = self.journal.execution(&start.execution_arn)? {
            let snapshot = Snapshot::read(found)?;
            if snapshot.is_running() {
                self.load(&mut self.state(), snapshot.number)?;
            } else {
                self.child_ended(parent, snapshot.number);
            }
            return Ok(());
        }
        let mut state = self.state();
        // The parent may have given it up meanwhile.
        let Some(open) = state.open.get(&parent.execution) else {
            return Ok(());
        };
        if !open.waits.tasks.contains_key(&parent.task) {
            return Ok(());
        }
        let above = Arc::clone(&open.about);
        let machine = self.machine(&mut state, &above.definition)?;
        let about = About {
            arn: start.execution_arn,
            name: start.execution_name,
            machine_name: start.machine_name,
            started_as: start.machine_arn,
            map_run_arn: start.map_run_arn,
            block: start.block,
            input: start.input.to_string(),
            started: self.now(),
            seed: state.random.next(),
            parent: Some(parent),
            started_by: None,
            ..About::clone(&above)
        };
        self.begin_with(&mut state, machine, about, Vec::new(), |_| {});
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
            self.load(&mut self.state(), number)?;
            return Ok(());
        }
        // What cannot be redriven has ended as it did before.
        if !matches!(self.redrive(snapshot, Some(parent)), Ok(Ok(()))) {
            self.child_ended(parent, number);
        }
        Ok(())
    }

    /// Has an execution that ended badly go on; `Ok(Err)` says why it cannot.
    pub(super) fn redrive(
        self: &Arc<Self>,
        snapshot: Snapshot,
        parent: Option<Parent>,
    ) -> Result<Result<(), &'static str>, Unable<Infallible>> {
        let number = snapshot.number;
        let (sender, receiver) = channel();
        {
            let mut state = self.state();
            if !state.open.contains_key(&number) {
                self.bring_back(&mut state, snapshot)?;
            }
            let now = self.now();
            let Some(open) = state.open.get_mut(&number) else {
                return Ok(Ok(()));
            };
            let is_done = parent.is_some() && open.parent == parent;
            let refused = if is_done {
                // An earlier process redrove it for this very task, and it has ended since.
                Err("Execution was redriven already")
            } else {
                open.execution.redrivable(now)
            };
            if let Err(reason) = refused {
                if open.has_ended() && open.unwritten == 0 {
                    state.forget(number);
                }
                return Ok(Err(reason));
            }
            let before = open.parent;
            let mut told = open.tell(Report::Redrive { parent }, now);
            let (about, redrives) = (Arc::clone(&open.about), open.standing().redrives);
            before.map(|before| state.children.remove(&before));
            parent.map(|parent| state.children.insert(parent, number));
            let begun = self.announce(&mut state, &about, redrives, None, &mut told.writes);
            self.keep(&mut state, number, told, begun, move |written| {
                // Whoever asked may have gone.
                let _ = sender.send(written);
            });
        }
        receiver.recv().unwrap_or_else(|_| Err(Broken::closed()))?;
        Ok(Ok(()))
    }

    /// Tells a task that the execution it waits for has ended.
    pub(super) fn child_ended(self: &Arc<Self>, parent: Parent, child: u64) {
        let Parent { execution, task } = parent;
        if let Err(error) = self.load(&mut self.state(), execution).map(|_| ()) {
            return complain(execution, Err(error));
        }
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
        self.hear(
            child,
            Report::Stop {
                error: None,
                cause: None,
            },
        );
    }

    /// Finds the task that waits for an execution, and stops the execution where none does.
    pub(super) fn adopt(self: &Arc<Self>, parent: Parent, child: u64) {
        let waits = {
            let mut state = self.state();
            self.load(&mut state, parent.execution)
                .map(|open| open.is_some_and(|open| open.waits.tasks.contains_key(&parent.task)))
        };
        match waits {
            Ok(true) => {}
            Ok(false) => self.abandon(parent, child),
            Err(error) => complain(child, Err(error)),
        }
    }
}
