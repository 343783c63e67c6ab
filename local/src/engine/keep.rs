//! What came of a report is written first, and done then.

use std::sync::mpsc::channel;
use std::sync::{Arc, Weak};

use pawl_interpreter::HistoryEvent;

use crate::jobs::{Job, JobWork};
use crate::journal::{Broken, Row, Standing, Write};

use super::about::{About, Definition, Outcome, Parent};
use super::driver::Work;
use super::notice::notice;
use super::open::{Open, Told, text};
use super::slot::Slot;
use super::{Shared, State};

/// What follows once a report is kept.
struct Following {
    execution: u64,
    /// Where it lies.
    slot: Arc<Slot>,
    about: Arc<About>,
    work: Vec<Work>,
    events: Vec<HistoryEvent>,
}

/// What a report is to its execution.
pub(super) enum Occasion<'definition> {
    /// It begins. A definition that may be new comes with it.
    Beginning(Option<&'definition Definition>),
    /// It had ended badly, and goes on.
    Redrive,
    /// It goes on.
    Report,
}

impl Shared {
    /// Keeps what came of a report. The caller has the execution, so that its changes are kept in their order.
    pub(super) fn keep(
        self: &Arc<Self>,
        open: &Open,
        told: Told,
        occasion: &Occasion,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        let Told {
            writes: history,
            events,
            begun,
            cancelled,
        } = told;
        let (number, about) = (open.number, Arc::clone(&open.about));
        // What takes time comes before the engine's lock.
        let standing = open.standing();
        let (status, redrives, has_ended) = (standing.status, standing.redrives, open.has_ended());
        let is_heard = self.is_heard(&about);
        let begins = !matches!(occasion, Occasion::Report);
        let begin = (begins && is_heard).then(|| self.notice(&about, redrives, None));
        let end = (has_ended && is_heard)
            .then(|| self.notice(&about, redrives, Some((status, &open.outcome()))));
        let mut writes = Vec::with_capacity(history.len() + 5);
        let (row, standing) = match occasion {
            // Where it stands is in its row, but what has ended leaves no token behind.
            Occasion::Beginning(_) => {
                let standing_too = standing.has_had_tokens.then(|| standing.clone());
                let row = Write::Execution(Box::new(row(open, standing)));
                (Some(row), standing_too)
            }
            Occasion::Redrive | Occasion::Report => (None, Some(standing)),
        };
        let mut state = self.state();
        if let Occasion::Beginning(definition) = occasion {
            writes.extend(definition.and_then(|definition| state.learn(definition)));
        }
        writes.extend(row);
        writes.extend(history);
        let mut work: Vec<Work> = Vec::new();
        work.extend(begin.map(|job| announce(&mut state, job, &mut writes)));
        let place = state.place(open);
        place.unwritten += 1;
        let slot = Arc::clone(&place.slot);
        writes.extend(standing.map(|standing| Write::Standing(number, standing)));
        work.extend(cancelled.into_iter().filter_map(|task| {
            let parent = Parent {
                execution: number,
                task,
            };
            let child = *state.children.get(&parent)?;
            Some(Work::Abandoned { parent, child })
        }));
        work.extend(begun.into_iter().map(|begun| Work::of(number, begun)));
        if open.execution.is_ready() {
            work.push(Work::GoOn { execution: number });
        }
        if has_ended {
            work.extend(open.parent.map(|parent| Work::Ended {
                parent,
                child: number,
            }));
            work.extend(end.map(|job| announce(&mut state, job, &mut writes)));
        }
        let following = Following {
            execution: number,
            slot,
            about,
            work,
            events: if state.listeners.is_empty() {
                Vec::new()
            } else {
                events
            },
        };
        state.unwritten += 1;
        self.note_work();
        let shared = Arc::downgrade(self);
        // Handed over while nobody else can: a definition is written before all that need it.
        self.journal.add(writes, move |written| {
            if let Some(shared) = Weak::upgrade(&shared) {
                shared.follow(following, written.is_ok());
            }
            answer(written);
        });
        drop(state);
        self.journal.write_here();
    }

    /// Whether anybody would hear of an execution's status. Nobody hears of executions of Express machines.
    fn is_heard(&self, about: &About) -> bool {
        !about.is_express && self.audience.listens()
    }

    /// The announcement of a status.
    fn notice(&self, about: &About, redrives: u32, end: Option<(&str, &Outcome)>) -> Job {
        Job {
            due: self.clock.now(),
            work: JobWork::Announce {
                event: notice(about, redrives, end),
            },
        }
    }

    /// Keeps jobs, and has them happen once they are kept.
    pub(super) fn add_jobs(self: &Arc<Self>, jobs: Vec<Job>) -> Result<(), Broken> {
        if jobs.is_empty() {
            return Ok(());
        }
        let (sender, receiver) = channel();
        {
            let mut state = self.state();
            let jobs: Vec<(u64, Job)> = jobs
                .into_iter()
                .map(|job| (state.next_job(), job))
                .collect();
            let writes = jobs
                .iter()
                .map(|(number, job)| job.write(*number))
                .collect();
            state.unwritten += 1;
            self.note_work();
            let shared = Arc::downgrade(self);
            self.journal.try_write(writes, move |written| {
                if let Some(shared) = Weak::upgrade(&shared) {
                    shared.begin_jobs(jobs, written.is_ok());
                }
                // Whoever asked may have gone.
                let _ = sender.send(written);
            });
        }
        receiver.recv().unwrap_or_else(|_| Err(Broken::closed()))
    }

    fn begin_jobs(&self, jobs: Vec<(u64, Job)>, is_kept: bool) {
        let mut state = self.state();
        state.unwritten -= 1;
        if is_kept {
            for (number, job) in jobs {
                state.jobs.add(job.due, number, job.work);
            }
        }
        self.stir();
    }

    /// Does what had to wait until the report was kept.
    fn follow(&self, following: Following, is_kept: bool) {
        let Following {
            execution,
            slot,
            about,
            work,
            events,
        } = following;
        if !is_kept {
            slot.fall_back();
        }
        let mut state = self.state();
        state.unwritten -= 1;
        let is_needed = !work.is_empty() || !is_kept;
        if is_kept {
            state.work.extend(work);
            for event in events {
                state
                    .listeners
                    .retain(|listener| listener.send((about.arn.clone(), event.clone())).is_ok());
            }
        }
        let mut has_wake = false;
        if let Some(place) = state.open.get_mut(&execution) {
            place.unwritten -= 1;
            has_wake = place.wakes.is_some();
            // What is kept of it is brought back when somebody asks for it.
            place.is_open &= is_kept;
            if !place.is_open {
                for end in state.ends.remove(&about.arn).into_iter().flatten() {
                    // Whoever waited may have gone.
                    let _ = end.send(());
                }
            }
        }
        state.forget_if_over(execution);
        if is_needed || has_wake {
            self.wake.notify_one();
        } else {
            self.rest();
        }
    }
}

/// Gives a job its number, and has it kept; the work is done then.
fn announce(state: &mut State, job: Job, writes: &mut Vec<Write>) -> Work {
    let number = state.next_job();
    writes.push(job.write(number));
    Work::Job {
        number,
        work: job.work,
    }
}

/// An execution as it is kept when it begins.
fn row(open: &Open, standing: Standing) -> Row {
    let about = &open.about;
    Row {
        number: open.number,
        arn: about.arn.clone(),
        about: text(&**about),
        machine: about.machine_arn.clone(),
        version: about.version_arn.clone(),
        alias: about.alias_arn.clone(),
        map_run: about.map_run_arn.clone(),
        standing,
    }
}
