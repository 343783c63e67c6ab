//! Follows a run until it ends, somebody interrupts it, or it waits for somebody.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use pawl_compiler::Authored;
use pawl_contract::Kind;
use pawl_interpreter::{EventDetails, HistoryEvent};
use pawl_local::Rest;
use pawl_store::{RunStatus, Waiting};
use serde_json::Value;

use super::super::approvals::asks;
use super::super::watching::Watching;
use super::super::{Outcome, print, say};
use crate::laptop::{Events, Laptop, ORG, state_folder};
use crate::place::is_deployment_named;
use crate::report::{Figures, Report, text};

/// How long to wait before looking again at what models say.
const LOOK: Duration = Duration::from_millis(250);

/// Somebody who follows runs from now on.
pub(in super::super) struct Follower<'laptop> {
    laptop: &'laptop Laptop,
    events: Events,
    progress: Progress,
    figures: Figures,
    /// What models have said, where somebody wants to hear it.
    watching: Option<Watching>,
}

/// How a run came to rest.
pub(in super::super) struct Followed {
    /// What it cost while somebody followed.
    pub figures: Figures,
    /// Whether Ctrl-C was pressed.
    pub is_interrupted: bool,
    /// What it waits for.
    pub waits: Vec<Waiting>,
    /// Whether something else of it happens once time has passed.
    pub is_timed: bool,
}

impl<'laptop> Follower<'laptop> {
    /// Hears what happens from here on; on a terminal, it shows on one line.
    pub(in super::super) fn new(laptop: &'laptop Laptop, states: usize, json: bool) -> Self {
        let figures = Figures {
            states,
            ..Figures::default()
        };
        Self {
            events: laptop.events(),
            progress: Progress::new(json),
            figures,
            laptop,
            watching: None,
        }
    }

    /// Tells what models say and do, which the line that shows the state makes room for.
    pub(in super::super) fn hear_models(&mut self) {
        if self.progress.is_for_people {
            self.progress.is_shown = false;
            self.watching = Some(Watching::default());
        }
    }

    /// Tells what models have said and done since the last look.
    async fn tell(&mut self, run: &str) -> anyhow::Result<()> {
        if let Some(watching) = &mut self.watching {
            let news = watching.news(&self.laptop.told(run).await?);
            let _ = std::io::stderr().write_all(news.as_bytes());
        }
        Ok(())
    }

    /// Follows a run until it comes to rest.
    pub(in super::super) async fn follow(mut self, run: &str) -> anyhow::Result<Followed> {
        let mut rest = self.laptop.local.rest();
        let mut is_interrupted = false;
        let mut waits = Vec::new();
        let mut is_timed;
        let mut looks = tokio::time::interval(LOOK);
        let hears = self.watching.is_some();
        loop {
            let now = *rest.borrow_and_update();
            is_timed = now == Rest::Timed;
            // Whoever decides need not wait for what else may happen as time passes.
            if now != Rest::Busy {
                waits = people(self.laptop, run).await?;
            }
            if now == Rest::Settled || !waits.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                _ = tokio::signal::ctrl_c() => {
                    is_interrupted = true;
                    break;
                }
                Some((_, event)) = self.events.recv() => {
                    self.figures.count(&event);
                    self.progress.show(&event);
                }
                _ = rest.changed() => {}
                _ = looks.tick(), if hears => self.tell(run).await?,
            }
        }
        while let Ok((_, event)) = self.events.try_recv() {
            self.figures.count(&event);
        }
        self.tell(run).await?;
        if let Some(watching) = &mut self.watching {
            let _ = std::io::stderr().write_all(watching.end_line().as_bytes());
        }
        self.progress.end();
        Ok(Followed {
            figures: self.figures,
            is_interrupted,
            waits,
            is_timed,
        })
    }
}

/// What a run, or one that it waits for, waits for from outside.
async fn people(laptop: &Laptop, run: &str) -> anyhow::Result<Vec<Waiting>> {
    let waits = laptop.services.store().waits(ORG).await?;
    let mut mine = BTreeSet::from([run.to_owned()]);
    let mut found = Vec::new();
    for waiting in &waits {
        if !mine.contains(&waiting.run) && descends(laptop, &waiting.run, run).await? {
            mine.insert(waiting.run.clone());
        }
        if mine.contains(&waiting.run) && waiting.record.kind != Some(Kind::Subflow) {
            found.push(waiting.clone());
        }
    }
    Ok(found)
}

/// Whether a run was started by a step or by the end of another one, or of one that that one started.
async fn descends(laptop: &Laptop, run: &str, ancestor: &str) -> anyhow::Result<bool> {
    let mut next = Some(run.to_owned());
    while let Some(run) = next {
        if run == ancestor {
            return Ok(true);
        }
        let found = laptop.services.store().run(ORG, &run).await?;
        next = found.and_then(|run| run.parent.map(|parent| parent.run).or(run.after));
    }
    Ok(false)
}

/// Prints a run, whose steps are named as their author does where that is known.
pub(in super::super) fn show(
    report: &Report,
    authored: Option<&Authored>,
    json: bool,
) -> anyhow::Result<()> {
    if json {
        print(&(serde_json::to_string_pretty(report)? + "\n"))?;
    } else {
        print(&text(report, authored))?;
    }
    Ok(())
}

/// Says how to answer what a run waits for.
pub(in super::super) fn how_to_answer(followed: &Followed, state: Option<&Path>) {
    let waits = &followed.waits;
    // Where a deployment is named, whoever means a folder has to say so.
    let is_said = state.is_some() || is_deployment_named();
    let state = if is_said {
        format!(" --state {}", state_folder(state).display())
    } else {
        String::new()
    };
    for waiting in waits {
        let Waiting { run, record, .. } = waiting;
        let word = |field: &str| record.input.get(field).and_then(Value::as_str);
        let until = waiting.expires_at.as_ref();
        let until = until.map(|moment| format!(" until {moment}"));
        let until = until.unwrap_or_default();
        if record.kind == Some(Kind::Signal) {
            let signal = word("signal").unwrap_or_default();
            say(&format!(
                "\nThe run waits for the signal `{signal}`{until}. Send it:\n  pawl signal {run} {signal} '{{...}}'{state}"
            ));
        } else {
            let message = asks(waiting);
            let same = waits
                .iter()
                .filter(|other| other.run == *run && other.record.step == record.step);
            // The name of a step that asks in the middle of its work holds a space.
            let step = if same.count() > 1 {
                record.at.to_string()
            } else if record.step.contains(' ') {
                format!("'{}'", record.step)
            } else {
                record.step.clone()
            };
            say(&format!(
                "\nThe run waits for a decision{until}: {message}\n  pawl approve {run} {step}{state}\n  pawl reject {run} {step} --comment '...'{state}"
            ));
        }
    }
    if let (true, Some(Waiting { run, .. })) = (followed.is_timed, waits.first()) {
        say(&format!(
            "\nWhat time brings besides (delays, retries, time limits) goes on while a command runs: with the answer, or with\n  pawl run ... --resume {run}{state}"
        ));
    }
}

/// How a command ends that followed a run.
pub(in super::super) fn outcome(report: &Report) -> Outcome {
    if report.status == RunStatus::Completed {
        Outcome::Done
    } else {
        Outcome::Refused
    }
}

/// The state that a run is in, on one line of a terminal.
struct Progress {
    is_shown: bool,
    is_for_people: bool,
}

impl Progress {
    fn new(json: bool) -> Self {
        Self {
            is_shown: !json && std::io::stderr().is_terminal(),
            is_for_people: !json,
        }
    }

    fn show(&mut self, event: &HistoryEvent) {
        if let EventDetails::StateEntered { name, .. } = &event.details {
            self.write(&format!("\r\x1b[2K▸ {name}"));
        }
    }

    fn end(&mut self) {
        self.write("\r\x1b[2K");
    }

    /// What cannot be shown is not worth failing a run for.
    fn write(&self, text: &str) {
        if self.is_shown {
            let mut stderr = std::io::stderr();
            let _ = stderr
                .write_all(text.as_bytes())
                .and_then(|()| stderr.flush());
        }
    }
}
