//! The children of a Map Run: begun as there is room for them, counted when they end.

use std::collections::VecDeque;

use serde_json::Value;

use super::run::Place;
use super::writer::{Begun, Ending};
use super::{MapRunStatus, MapTask, Run};
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::history::{EventDetails, MapRunPhase};
use crate::strand::StrandId;
use crate::{Failure, Start, Status, TaskId};

/// How many child executions run at once where the Map names no number.
const CONCURRENCY: u64 = 10_000;

impl Engine<'_> {
    /// Begins the children that there is room for; ends the run when all have ended or too many have failed.
    pub(super) fn continue_map_run(&mut self, run: usize) {
        while let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get(run)
            && self.execution.status == Status::Running
        {
            let concurrency = match map_run.max_concurrency {
                0 => CONCURRENCY,
                concurrency => concurrency,
            };
            if map_run.has_failed_too_often() {
                let cause = "The specified tolerated failure threshold was exceeded";
                let failure = Failure::new(name::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause);
                return self.end_map_run(run, Err(Fault::outcome(failure)));
            }
            if work.waiting.is_empty() {
                if work.running.is_empty() {
                    self.end_map_run(run, Ok(()));
                }
                return;
            }
            if u64::try_from(work.running.len()).is_ok_and(|running| running >= concurrency) {
                return;
            }
            self.begin_map_child(run);
        }
    }

    fn begin_map_child(&mut self, run: usize) {
        let (new_name, task, now) = (self.uuid(), TaskId(self.count()), self.world.now());
        let role_arn = self.execution.start.role_arn.clone();
        let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get_mut(run)
        else {
            return;
        };
        let Some(index) = work.waiting.pop_front() else {
            return;
        };
        let Some(child) = work.children.get_mut(index) else {
            return;
        };
        work.running.insert(index, task);
        map_run.change(Place::Pending, Place::Running, child.items);
        // One that was begun before is redriven under its own name; an express one begins anew.
        let is_redriven = child.begun.is_some() && !work.names.is_express;
        if !is_redriven {
            child.begun = Some(Begun {
                arn: work.names.child_arn(&new_name),
                name: new_name,
                at: now,
            });
        }
        let Some(begun) = &child.begun else {
            return;
        };
        let start = Start {
            execution_arn: begun.arn.clone(),
            execution_name: begun.name.clone(),
            machine_arn: map_run.state_machine_arn.clone(),
            machine_name: work.names.machine.clone(),
            role_arn,
            input: child.input.clone(),
            input_text: None,
            block: work.block.clone(),
            map_run_arn: Some(map_run.map_run_arn.clone()),
            is_express: work.names.is_express,
        };
        self.execution
            .map_tasks
            .insert(task, MapTask::Child(run, index));
        if is_redriven {
            self.world.redrive_child(task, start);
        } else {
            self.world.start_child(task, start);
        }
    }

    /// A Map goes on where it was stopped: its run goes on at the children that did not end well.
    ///
    /// A run that never came to its children has to begin anew; one that has them all writes its results again.
    pub(in crate::states) fn redrive_map_run(&mut self, id: StrandId, run: usize) {
        let now = self.world.now();
        let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get_mut(run)
        else {
            return self.attempt(id);
        };
        if map_run.status == MapRunStatus::Running {
            return;
        }
        if work.children.is_empty() {
            return self.attempt(id);
        }
        let waiting: VecDeque<usize> = work
            .children
            .iter()
            .enumerate()
            .filter(|(_, child)| !matches!(child.ending, Ending::Succeeded(_)))
            .map(|(index, _)| index)
            .collect();
        for index in &waiting {
            if let Some(child) = work.children.get_mut(*index) {
                map_run.change(child.ending.place(), Place::Pending, child.items);
                child.ending = Ending::Pending;
                child.stopped_at = None;
            }
        }
        work.waiting = waiting;
        work.writing = None;
        map_run.status = MapRunStatus::Running;
        map_run.stopped_at = None;
        map_run.redrive_count += 1;
        map_run.redriven_at = Some(now);
        let redriven = MapRunPhase::Redriven {
            arn: map_run.map_run_arn.clone(),
            count: map_run.redrive_count,
        };
        self.record(id, EventDetails::MapRun(redriven));
        self.continue_map_run(run);
    }

    /// A task of a Map Run has done its work.
    pub(in crate::states) fn map_task_succeeded(&mut self, task: TaskId, output: Value) {
        match self.execution.map_tasks.remove(&task) {
            Some(MapTask::Child(run, index)) => {
                self.map_child_ended(run, index, Ending::Succeeded(output));
            }
            Some(MapTask::Read(run)) => {
                let Some(reader) = self.work(run).and_then(|work| work.reader.as_mut()) else {
                    return;
                };
                match reader.take(&output) {
                    Ok(None) => self.read_items(run),
                    Ok(Some(items)) => self.begin_map_run(run, items),
                    Err(cause) => self.reading_failed(run, cause),
                }
            }
            Some(MapTask::Write(run)) => self.written(run),
            None => {}
        }
    }

    /// A task of a Map Run has failed.
    pub(in crate::states) fn map_task_failed(&mut self, task: TaskId, failure: Failure) {
        let said = |failure: &Failure| {
            let cause = failure.cause.clone().or_else(|| failure.error.clone());
            cause.unwrap_or_default()
        };
        match self.execution.map_tasks.remove(&task) {
            Some(MapTask::Child(run, index)) => {
                self.map_child_ended(run, index, Ending::Failed(failure));
            }
            Some(MapTask::Read(run)) => self.reading_failed(run, said(&failure)),
            Some(MapTask::Write(run)) => {
                let failure = Failure::new(name::RESULT_WRITER_FAILED, said(&failure));
                self.give_up_tasks(run);
                self.conclude(run, Err(Fault::outcome(failure)));
            }
            None => {}
        }
    }

    /// A child execution has ended in any way.
    pub(crate) fn child_ended(&mut self, task: TaskId, status: Status) {
        let ending = match status {
            Status::Running => return,
            Status::Succeeded { output } => Ending::Succeeded(output),
            Status::Failed { error, cause } => Ending::Failed(Failure { error, cause }),
            Status::TimedOut { error, cause } => Ending::TimedOut(Failure { error, cause }),
            Status::Aborted { error, cause } => Ending::Aborted(Failure { error, cause }),
        };
        if let Some(MapTask::Child(run, index)) = self.execution.map_tasks.get(&task).copied() {
            self.execution.map_tasks.remove(&task);
            self.map_child_ended(run, index, ending);
        }
    }

    fn map_child_ended(&mut self, run: usize, index: usize, ending: Ending) {
        let now = self.world.now();
        if let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get_mut(run)
            && let Some(child) = work.children.get_mut(index)
        {
            work.running.remove(&index);
            map_run.change(Place::Running, ending.place(), child.items);
            child.ending = ending;
            child.stopped_at = Some(now);
        }
        self.continue_map_run(run);
    }
}
