//! An execution in memory: told something, it says what is to be kept and what is to be done.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_interpreter::{Execution, HistoryEvent, Status, TaskId};

use crate::Error;
use crate::journal::{Entry, Standing, Write, deep};
use crate::random::Random;

use super::about::{About, KeptMapRun, MAP_RUNS, Outcome, Parent, status_name};
use super::report::{Dated, Report};
use super::world::{Begun, Surroundings, Waits};

/// An execution that has not ended, or whose end is not kept yet.
pub(super) struct Open {
    pub(super) number: u64,
    pub(super) about: Arc<About>,
    pub(super) waits: Waits,
    pub(super) execution: Execution,
    random: Random,
    /// When it was told something last.
    last: Timestamp,
    /// How many of its changes are not kept yet.
    pub(super) unwritten: u32,
    /// When it is to be woken, as the engine knows it.
    pub(super) wakes: Option<Timestamp>,
    /// The task that waits for its end.
    pub(super) parent: Option<Parent>,
}

/// What came of a report.
pub(super) struct Told {
    pub(super) writes: Vec<Write>,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) begun: Vec<Begun>,
    pub(super) cancelled: Vec<TaskId>,
}

impl Open {
    /// Begins an execution.
    pub(super) fn begin(number: u64, about: Arc<About>, machine: Arc<Machine>) -> (Self, Told) {
        let mut random = Random::new(about.seed);
        let mut waits = Waits::default();
        let mut world = Surroundings::new(about.started, &mut random, &mut waits);
        let execution = Execution::start(machine, about.start(), &mut world);
        let heard = Heard::of(world);
        let open = Self {
            number,
            waits,
            execution,
            random,
            last: about.started,
            unwritten: 0,
            wakes: None,
            parent: about.parent,
            about,
        };
        let dated = Dated {
            at: open.last,
            report: Report::Begin,
        };
        let told = open.told(text(&dated), heard);
        (open, told)
    }

    /// Tells the execution something.
    pub(super) fn tell(&mut self, report: Report, now: Timestamp) -> Told {
        let dated = Dated {
            at: now.max(self.last),
            report,
        };
        let kept = text(&dated);
        let heard = self.hear(dated);
        self.told(kept, heard)
    }

    /// Brings an execution back to where it was; the tasks that have to be begun again come with it.
    pub(super) fn replay(
        number: u64,
        about: &Arc<About>,
        machine: Arc<Machine>,
        entries: Vec<Entry>,
    ) -> Result<(Self, Vec<Begun>), Error> {
        let differs = |reason: String| Error::Unreadable {
            path: about.arn.clone().into(),
            reason,
        };
        let mut entries = entries.into_iter();
        let first = entries
            .next()
            .ok_or_else(|| differs("it has no history".to_owned()))?;
        let (mut open, told) = Self::begin(number, Arc::clone(about), machine);
        let by_task = |begun: Vec<Begun>| begun.into_iter().map(|begun| (begun.task(), begun));
        let mut begun: BTreeMap<TaskId, Begun> = by_task(told.begun).collect();
        let mut expected = first.last;
        for entry in entries {
            open.is_as_kept(expected)?;
            expected = entry.last;
            let dated: Dated = deep(&entry.report).map_err(|error| differs(error.to_string()))?;
            let over = dated.report.ended_task();
            let heard = open.hear(dated);
            begun.extend(by_task(heard.begun));
            for task in heard.cancelled.iter().chain(&over) {
                begun.remove(task);
            }
        }
        open.is_as_kept(expected)?;
        let waits = &open.waits;
        let begun = begun.into_values();
        let begun = begun
            .filter(|begun| waits.has_to_begin(begun.task()))
            .collect();
        Ok((open, begun))
    }

    /// Whether the execution has as many events as were kept: another version might have gone another way.
    fn is_as_kept(&self, events: u64) -> Result<(), Error> {
        if self.execution.events() == events {
            return Ok(());
        }
        Err(Error::Unreadable {
            path: self.about.arn.clone().into(),
            reason: format!(
                "its history has {events} events where this version of the program comes to {}: go on with the version that began it",
                self.execution.events()
            ),
        })
    }

    fn hear(&mut self, Dated { at, report }: Dated) -> Heard {
        self.last = at;
        if let Some(task) = report.ended_task() {
            self.waits.finish(task);
        }
        match &report {
            Report::Submitted { task, .. } | Report::Started { task, .. } => {
                self.waits.take_on(*task);
            }
            Report::Redrive { parent } => self.parent = *parent,
            Report::Timer { timer } => self.waits.take(*timer),
            Report::Begin
            | Report::Succeeded { .. }
            | Report::Failed { .. }
            | Report::ChildEnded { .. }
            | Report::GoOn
            | Report::Heartbeat { .. }
            | Report::Stop { .. }
            | Report::UpdateMapRun { .. } => {}
        }
        let mut world = Surroundings::new(at, &mut self.random, &mut self.waits);
        report.tell(&mut self.execution, &mut world);
        Heard::of(world)
    }

    fn told(&self, report: String, heard: Heard) -> Told {
        let Heard {
            events,
            begun,
            cancelled,
        } = heard;
        let mut lines = String::new();
        for event in &events {
            if !lines.is_empty() {
                lines.push('\n');
            }
            lines.push_str(&text(event));
        }
        let mut writes = vec![Write::History {
            execution: self.number,
            last: self.execution.events(),
            report,
            events: lines,
        }];
        writes.extend(self.execution.map_runs().map(|run| Write::Document {
            collection: MAP_RUNS,
            name: run.map_run_arn.clone(),
            document: Some(text(&KeptMapRun {
                execution_arn: self.about.arn.clone(),
                map_run: run.clone(),
            })),
        }));
        for begun in &begun {
            if let Begun::Task(_, request) = begun
                && let Some(token) = &request.token
            {
                writes.push(Write::Token {
                    token: token.clone(),
                    execution: self.number,
                });
            }
        }
        Told {
            writes,
            events,
            begun,
            cancelled,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        *self.execution.status() != Status::Running
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome::of(self.execution.status(), self.last)
    }

    /// Where the execution stands, to be kept.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            status: status_name(self.execution.status()),
            outcome: text(&self.outcome()),
            events: self.execution.events(),
            redrives: u32::try_from(self.execution.redrives().0).unwrap_or(u32::MAX),
            is_busy: self.execution.is_ready() || self.waits.is_busy(),
            wakes: self.waits.next().map(|(due, _)| due),
        }
    }
}

/// What an execution asked for while it was told something.
struct Heard {
    events: Vec<HistoryEvent>,
    begun: Vec<Begun>,
    cancelled: Vec<TaskId>,
}

impl Heard {
    fn of(world: Surroundings) -> Self {
        Self {
            events: world.events,
            begun: world.begun,
            cancelled: world.cancelled,
        }
    }
}

/// The JSON of something of ours.
pub(super) fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("what is kept has only text keys")
}
