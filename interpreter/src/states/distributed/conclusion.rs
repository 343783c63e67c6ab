//! The end of a Map Run: results are written, the Map goes on or is in trouble, or all is given up.

use serde_json::{Value, json};

use super::super::leave::Exit;
use super::super::{Sight, current};
use super::run::Place;
use super::settings::Export;
use super::writer::{Ending, folder, manifest};
use super::{MapRunStatus, MapTask, Run, Writing};
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::Fault;
use crate::history::{EventDetails, MapRunPhase};
use crate::strand::StrandId;
use crate::{Failure, TaskId};

impl Engine<'_> {
    /// No more children begin; those at work are stopped, and results are written where that was asked for.
    pub(super) fn end_map_run(&mut self, run: usize, outcome: Result<(), Fault>) {
        self.give_up_tasks(run);
        let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get_mut(run)
        else {
            return;
        };
        let Some(export) = work
            .export
            .clone()
            .filter(|_| !work.children.is_empty() || outcome.is_ok())
        else {
            return self.conclude(run, outcome);
        };
        let files = work.style.files(&work.children, &map_run.state_machine_arn);
        let folder = folder(&export.prefix, &map_run.map_run_arn);
        let calls: Vec<Value> = files
            .iter()
            .map(|file| put(&export, &folder, &file.name, &file.text))
            .collect();
        work.writing = Some(Writing {
            open: calls.len(),
            files,
            outcome,
            is_manifest: false,
        });
        if calls.is_empty() {
            return self.write_manifest(run);
        }
        for arguments in calls {
            let resource = export.resource.clone();
            self.start_map_task(run, MapTask::Write(run), resource, arguments);
        }
    }

    /// A file has been written; the manifest is the last one.
    pub(super) fn written(&mut self, run: usize) {
        let Some(writing) = self.work(run).and_then(|work| work.writing.as_mut()) else {
            return;
        };
        writing.open = writing.open.saturating_sub(1);
        if writing.open > 0 {
            return;
        }
        if writing.is_manifest {
            let outcome = std::mem::replace(&mut writing.outcome, Ok(()));
            self.conclude(run, outcome);
        } else {
            self.write_manifest(run);
        }
    }

    fn write_manifest(&mut self, run: usize) {
        let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get_mut(run)
        else {
            return;
        };
        let (Some(writing), Some(export)) = (&mut work.writing, &work.export) else {
            return;
        };
        let folder = folder(&export.prefix, &map_run.map_run_arn);
        let text = manifest(
            &export.bucket,
            &folder,
            &map_run.map_run_arn,
            &writing.files,
        );
        writing.open = 1;
        writing.is_manifest = true;
        let (resource, arguments) = (
            export.resource.clone(),
            put(export, &folder, "manifest.json", &text),
        );
        self.start_map_task(run, MapTask::Write(run), resource, arguments);
    }

    /// The run has ended: the Map goes on with its result, or is in trouble.
    pub(super) fn conclude(&mut self, run: usize, outcome: Result<(), Fault>) {
        let now = self.world.now();
        let Some(Run {
            map_run,
            work: Some(work),
        }) = self.execution.map_runs.get_mut(run)
        else {
            return;
        };
        let id = work.strand;
        let result = outcome.and_then(|()| {
            let result = match &work.export {
                None => work
                    .style
                    .result(&work.children, &map_run.state_machine_arn),
                Some(export) => {
                    let folder = folder(&export.prefix, &map_run.map_run_arn);
                    json!({
                        "MapRunArn": map_run.map_run_arn,
                        "ResultWriterDetails": {
                            "Bucket": export.bucket, "Key": format!("{folder}manifest.json"),
                        },
                    })
                }
            };
            Data::limited(result, &map_run.state)
        });
        map_run.stopped_at = Some(now);
        map_run.status = match result {
            Ok(_) => MapRunStatus::Succeeded,
            Err(_) => MapRunStatus::Failed,
        };
        match result {
            Ok(result) => {
                map_run.results_are_written();
                if let Some(run) = self.execution.map_runs.get_mut(run) {
                    run.work = None;
                }
                self.record(id, EventDetails::MapRun(MapRunPhase::Succeeded));
                self.leave_distributed(id, &result);
            }
            Err(fault) => {
                let fault = self.recorded(id, fault, self.line(id));
                let failed = MapRunPhase::Failed(fault.failure.clone());
                self.record(id, EventDetails::MapRun(failed));
                self.trouble(id, fault);
            }
        }
    }

    fn leave_distributed(&mut self, id: StrandId, result: &Data) {
        let machine = self.machine();
        let Some((_, state)) = self
            .execution
            .strands
            .get(&id)
            .and_then(|strand| current(&machine, strand))
        else {
            return;
        };
        // The state's exit comes after the run, not after this event.
        self.append(
            self.line(id),
            EventDetails::StateSucceeded { kind: state.kind() },
        );
        let sight = Sight {
            result: Some(&result.value),
            ..Sight::default()
        };
        if let Err(fault) = self.leave(id, Exit::of(state, result.clone()), sight) {
            self.trouble(id, fault);
        }
    }

    /// Gives up everything that a Map Run still does.
    pub(super) fn give_up_tasks(&mut self, run: usize) {
        let now = self.world.now();
        let tasks: Vec<TaskId> = self
            .execution
            .map_tasks
            .iter()
            .filter(|(_, part)| part.run() == run)
            .map(|(task, _)| *task)
            .collect();
        for task in tasks {
            self.world.cancel_task(task);
            let Some(MapTask::Child(_, index)) = self.execution.map_tasks.remove(&task) else {
                continue;
            };
            if let Some(Run {
                map_run,
                work: Some(work),
            }) = self.execution.map_runs.get_mut(run)
                && let Some(child) = work.children.get_mut(index)
            {
                work.running.remove(&index);
                map_run.change(Place::Running, Place::Aborted, child.items);
                child.ending = Ending::Aborted(Failure::default());
                child.stopped_at = Some(now);
            }
        }
    }

    /// A Map is given up together with what encloses it.
    pub(in crate::states) fn abort_map_run(&mut self, id: StrandId, run: usize) {
        if self.stop_map_run(run) {
            self.record(id, EventDetails::MapRun(MapRunPhase::Aborted));
        }
    }

    /// Everything is given up, as the execution ends.
    pub(crate) fn stop_map_runs(&mut self) {
        for run in 0..self.execution.map_runs.len() {
            self.stop_map_run(run);
        }
    }

    /// Stops a Map Run; whether it was at work.
    fn stop_map_run(&mut self, run: usize) -> bool {
        self.give_up_tasks(run);
        let now = self.world.now();
        let Some(run) = self.execution.map_runs.get_mut(run) else {
            return false;
        };
        let was_running = run.map_run.status == MapRunStatus::Running;
        if was_running {
            run.map_run.status = MapRunStatus::Aborted;
            run.map_run.stopped_at = Some(now);
        }
        was_running
    }
}

/// What `s3:putObject` is given.
fn put(export: &Export, folder: &str, name: &str, text: &str) -> Value {
    json!({ "Bucket": export.bucket, "Key": format!("{folder}{name}"), "Body": text })
}
