//! What came of a report is written first, and done then.

use std::sync::mpsc::channel;
use std::sync::{Arc, Weak};

use pawl_interpreter::HistoryEvent;

use crate::jobs::{Job, JobWork};
use crate::journal::{Broken, Row, Standing, Write};

use super::about::{About, Parent};
use super::driver::Work;
use super::notice::notice;
use super::open::{Open, Told, text};
use super::{Shared, State};

/// What follows once a report is kept.
struct Following {
    execution: u64,
    about: Arc<About>,
    work: Vec<Work>,
    events: Vec<HistoryEvent>,
    has_ended: bool,
}

impl Shared {
    /// Keeps an execution that has just begun, and puts it among the open ones.
    pub(super) fn keep_new(
        self: &Arc<Self>,
        state: &mut State,
        open: Open,
        mut told: Told,
        mut first: Vec<Write>,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        let about = Arc::clone(&open.about);
        let row = Row {
            number: open.number,
            arn: about.arn.clone(),
            about: text(&*about),
            machine: about.machine_arn.clone(),
            version: about.version_arn.clone(),
            alias: about.alias_arn.clone(),
            map_run: about.map_run_arn.clone(),
            standing: open.standing(),
        };
        first.push(Write::Execution(Box::new(row)));
        first.append(&mut told.writes);
        told.writes = first;
        let number = open.number;
        state.add(open);
        let begun = self.announce(state, &about, 0, None, &mut told.writes);
        self.keep(state, number, told, begun, answer);
    }

    /// Keeps what came of a report.
    pub(super) fn keep(
        self: &Arc<Self>,
        state: &mut State,
        number: u64,
        told: Told,
        mut work: Vec<Work>,
        answer: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        let Some(open) = state.open.get_mut(&number) else {
            return;
        };
        let Told {
            mut writes,
            events,
            begun,
            cancelled,
        } = told;
        open.unwritten += 1;
        let about = Arc::clone(&open.about);
        let wakes = open.waits.next().map(|(due, _)| due);
        if wakes != open.wakes {
            let before = std::mem::replace(&mut open.wakes, wakes);
            before.map(|due| state.wakes.remove(&(due, number)));
            wakes.map(|due| state.wakes.insert((due, number)));
        }
        writes.push(Write::Standing(number, open.standing()));
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
        let has_ended = open.has_ended();
        if has_ended {
            let outcome = open.outcome();
            let Standing {
                status, redrives, ..
            } = open.standing();
            work.extend(open.parent.map(|parent| Work::Ended {
                parent,
                child: number,
            }));
            work.extend(self.announce(
                state,
                &about,
                redrives,
                Some((status, &outcome)),
                &mut writes,
            ));
        }
        let following = Following {
            execution: number,
            about,
            work,
            events: if state.listeners.is_empty() {
                Vec::new()
            } else {
                events
            },
            has_ended,
        };
        state.unwritten += 1;
        self.idle.send_replace(false);
        let shared = Arc::downgrade(self);
        self.journal.write(writes, move |written| {
            if let Some(shared) = Weak::upgrade(&shared) {
                shared.follow(following, written.is_ok());
            }
            answer(written);
        });
    }

    /// The announcement of a status, and its place among the jobs.
    pub(super) fn announce(
        &self,
        state: &mut State,
        about: &About,
        redrives: u32,
        end: Option<(&str, &super::about::Outcome)>,
        writes: &mut Vec<Write>,
    ) -> Vec<Work> {
        let job = Job {
            due: self.clock.now(),
            work: JobWork::Announce {
                event: notice(about, redrives, end),
            },
        };
        let number = state.next_job();
        writes.push(job.write(number));
        vec![Work::Job {
            number,
            work: job.work,
        }]
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
            self.idle.send_replace(false);
            let shared = Arc::downgrade(self);
            self.journal.write(writes, move |written| {
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
            let jobs = jobs.into_iter();
            state
                .jobs
                .extend(jobs.map(|(number, job)| ((job.due, number), job.work)));
        }
        self.stir();
    }

    /// Does what had to wait until the report was kept.
    fn follow(&self, following: Following, is_kept: bool) {
        let Following {
            execution,
            about,
            work,
            events,
            has_ended,
        } = following;
        let mut state = self.state();
        state.unwritten -= 1;
        if is_kept {
            state.work.extend(work);
            for event in events {
                state
                    .listeners
                    .retain(|listener| listener.send((about.arn.clone(), event.clone())).is_ok());
            }
        }
        if let Some(open) = state.open.get_mut(&execution) {
            open.unwritten -= 1;
            if has_ended && open.unwritten == 0 {
                state.forget(execution);
            }
        }
        self.wake.notify_one();
    }
}
