//! An execution in memory: told something, it says what is to be kept and what is to be done.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pawl_asl::Machine;
use pawl_interpreter::{Execution, HistoryEvent, Status, TaskId};

use crate::Error;
use crate::journal::{Entry, Standing, Write, deep};
use crate::random::Random;

use super::about::{About, KeptMapRun, MAP_RUNS, Outcome, Parent, status_name};
use super::report::{Dated, Report};
use super::world::{Begun, Expressions, Surroundings, Waits};

/// An execution that has not ended, or whose end is not kept yet.
pub(super) struct Open {
    pub(super) number: u64,
    pub(super) about: Arc<About>,
    pub(super) waits: Waits,
    pub(super) execution: Execution,
    random: Random,
    /// When it was told something last.
    last: Timestamp,
    /// The task that waits for its end.
    pub(super) parent: Option<Parent>,
    /// The requests by which it was redriven, and when.
    redrives: Vec<(String, Timestamp)>,
}

/// For how long a request to redrive an execution is known again.
const REPEATABLE: SignedDuration = SignedDuration::from_mins(15);

/// What came of a report.
pub(super) struct Told {
    pub(super) writes: Vec<Write>,
    pub(super) events: Vec<HistoryEvent>,
    pub(super) begun: Vec<Begun>,
    pub(super) cancelled: Vec<TaskId>,
}

impl Open {
    /// Begins an execution. Its expressions may take seconds.
    pub(super) fn begin(number: u64, about: Arc<About>, machine: Arc<Machine>) -> (Self, Told) {
        let (open, heard) = Self::start(number, about, machine, Expressions::first());
        open.begun(heard)
    }

    /// Begins an execution, unless one of its expressions takes long.
    pub(super) fn begin_at_once(
        number: u64,
        about: Arc<About>,
        machine: Arc<Machine>,
    ) -> Option<(Self, Told)> {
        let (open, heard) = Self::start(number, about, machine, Expressions::at_once());
        heard.too_long.is_empty().then(|| open.begun(heard))
    }

    fn begun(self, mut heard: Heard) -> (Self, Told) {
        let dated = Dated {
            at: self.last,
            report: Report::Begin,
            too_long: std::mem::take(&mut heard.too_long),
        };
        let told = self.told(text(&dated), heard);
        (self, told)
    }

    fn start(
        number: u64,
        about: Arc<About>,
        machine: Arc<Machine>,
        expressions: Expressions,
    ) -> (Self, Heard) {
        let mut random = Random::new(about.seed);
        let mut waits = Waits::default();
        let mut world = Surroundings::new(about.started, &mut random, &mut waits, expressions);
        let execution = Execution::start(machine, about.start(), &mut world);
        let heard = Heard::of(world);
        let open = Self {
            number,
            waits,
            execution,
            random,
            last: about.started,
            parent: about.parent,
            redrives: Vec::new(),
            about,
        };
        (open, heard)
    }

    /// Tells the execution something.
    pub(super) fn tell(&mut self, report: Report, now: Timestamp) -> Told {
        let mut dated = Dated {
            at: now.max(self.last),
            report,
            too_long: Vec::new(),
        };
        let mut kept = text(&dated);
        let mut heard = self.hear(dated.at, dated.report, Expressions::first());
        if !heard.too_long.is_empty() {
            // It is known only now, and happens so seldom that nothing else is kept ready for it.
            dated = deep(&kept).expect("it was written a moment ago");
            dated.too_long = std::mem::take(&mut heard.too_long);
            kept = text(&dated);
        }
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
        let read = |entry: &Entry| -> Result<Dated, Error> {
            deep(&entry.report).map_err(|error| differs(error.to_string()))
        };
        let expressions = Expressions::again(read(&first)?.too_long);
        let (mut open, heard) = Self::start(number, Arc::clone(about), machine, expressions);
        let by_task = |begun: Vec<Begun>| begun.into_iter().map(|begun| (begun.task(), begun));
        let mut begun: BTreeMap<TaskId, Begun> = by_task(heard.begun).collect();
        let mut expected = first.last;
        for entry in entries {
            open.is_as_kept(expected)?;
            expected = entry.last;
            let Dated {
                at,
                report,
                too_long,
            } = read(&entry)?;
            let over = report.ended_task();
            let heard = open.hear(at, report, Expressions::again(too_long));
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

    fn hear(&mut self, at: Timestamp, report: Report, expressions: Expressions) -> Heard {
        self.last = at;
        if let Some(task) = report.ended_task() {
            self.waits.finish(task);
        }
        match &report {
            Report::Submitted { task, .. } | Report::Started { task, .. } => {
                self.waits.take_on(*task);
            }
            Report::Redrive {
                parent,
                client_token,
            } => {
                self.parent = *parent;
                self.redrives.extend(client_token.clone().zip(Some(at)));
            }
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
        let mut world = Surroundings::new(at, &mut self.random, &mut self.waits, expressions);
        report.tell(&mut self.execution, &mut world);
        Heard::of(world)
    }

    fn told(&self, report: String, heard: Heard) -> Told {
        let Heard {
            events,
            begun,
            cancelled,
            ..
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

    /// When it was redriven by a request that has come before, a while ago at most.
    pub(super) fn redriven_by(&self, client_token: &str, now: Timestamp) -> Option<Timestamp> {
        let known = self.redrives.iter().rev();
        let mut known = known.take_while(|(_, at)| now.duration_since(*at) <= REPEATABLE);
        known
            .find(|(known, _)| known == client_token)
            .map(|(_, at)| *at)
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
            has_had_tokens: self.waits.has_had_tokens,
        }
    }
}

/// What an execution asked for while it was told something.
struct Heard {
    events: Vec<HistoryEvent>,
    begun: Vec<Begun>,
    cancelled: Vec<TaskId>,
    /// The expressions that took too long, by their places.
    too_long: Vec<u32>,
}

impl Heard {
    fn of(world: Surroundings) -> Self {
        Self {
            events: world.events,
            begun: world.begun,
            cancelled: world.cancelled,
            too_long: world.expressions.too_long,
        }
    }
}

/// The JSON of something of ours.
pub(super) fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("what is kept has only text keys")
}
