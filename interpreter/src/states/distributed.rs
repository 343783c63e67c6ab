//! A distributed Map at work: a Map Run whose iterations are executions of their own.
//!
//! ```text
//! MapStateStarted ─ MapRunStarted ─ (read) ─ select ─ batch ─ children ─ (write) ─ MapRunSucceeded ─ MapStateSucceeded
//! ```

mod conclusion;
mod formats;
mod items;
mod names;
mod progress;
mod reader;
mod run;
mod settings;
mod writer;

use std::collections::{BTreeMap, VecDeque};

use pawl_asl::Map;
use serde_json::Value;

use super::{ItemSight, Sight, current};
use crate::data::Data;
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::history::{EventDetails, MapRunPhase};
use crate::program::Hop;
use crate::query::resolve;
use crate::strand::{StrandId, WaitsFor};
use crate::{Execution, Failure, Status, TaskId, TaskRequest, World};

use items::{Batching, Item};
use names::{Names, random_uuid};
use reader::Reader;
use settings::{Export, Settings};
use writer::{Child, File, Style};

pub(super) use settings::thresholds;

pub use run::{MapRun, MapRunCounts, MapRunStatus, UpdateMapRun};

/// A Map Run and what it works on.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) map_run: MapRun,
    /// What it works on; `None` once it has ended well.
    work: Option<Work>,
}

/// What a Map Run works on. Of one that failed it stays, so that its children can be found again.
#[derive(Debug)]
struct Work {
    strand: StrandId,
    names: Names,
    /// Where the item processor stands in the machine.
    block: Vec<Hop>,
    reader: Option<Reader>,
    batching: Option<Batching>,
    style: Style,
    export: Option<Export>,
    children: Vec<Child>,
    /// The children that are to begin, or to be redriven.
    waiting: VecDeque<usize>,
    /// The children at work.
    running: BTreeMap<usize, TaskId>,
    writing: Option<Writing>,
}

/// What is being written for the ResultWriter.
#[derive(Debug)]
struct Writing {
    files: Vec<File>,
    /// How many files are still being written.
    open: usize,
    /// What the run will end with.
    outcome: Result<(), Fault>,
    is_manifest: bool,
}

/// What a task of a Map Run is for; the number is the run's place in the execution's list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MapTask {
    Read(usize),
    Child(usize, usize),
    Write(usize),
}

impl MapTask {
    fn run(self) -> usize {
        match self {
            Self::Read(run) | Self::Child(run, _) | Self::Write(run) => run,
        }
    }
}

impl Execution {
    /// The Map Runs so far, one for each time that a distributed Map was tried.
    pub fn map_runs(&self) -> impl Iterator<Item = &MapRun> {
        self.map_runs.iter().map(|run| &run.map_run)
    }

    /// Changes how a Map Run goes on, at once; whether there is one at work that has this ARN.
    pub fn update_map_run(
        &mut self,
        arn: &str,
        update: UpdateMapRun,
        world: &mut dyn World,
    ) -> bool {
        let is_at_work = |run: &Run| {
            run.map_run.map_run_arn == arn && run.map_run.status == MapRunStatus::Running
        };
        let Some(number) = self.map_runs.iter().position(is_at_work) else {
            return false;
        };
        self.told(world, |engine| {
            if let Some(run) = engine.execution.map_runs.get_mut(number) {
                run.map_run.update(update);
                if run.is_running_children() {
                    engine.continue_map_run(number);
                }
            }
        });
        true
    }
}

impl Run {
    fn is_running_children(&self) -> bool {
        self.map_run.status == MapRunStatus::Running
            && self
                .work
                .as_ref()
                .is_some_and(|work| work.reader.is_none() && work.writing.is_none())
    }
}

impl Engine<'_> {
    /// Begins a Map Run: reads its items, or hands out those in the state's data.
    pub(super) fn distribute(&mut self, id: StrandId, name: &str, map: &Map) -> Result<(), Fault> {
        let items = match map.item_reader {
            Some(_) => None,
            None => {
                Some(self.with_scope(id, Sight::default(), |scope| settings::items(map, scope))?)
            }
        };
        let started = EventDetails::StateStarted {
            kind: "Map",
            // How many there are is known only after reading.
            length: Some(items.as_ref().map_or(0, Vec::len)),
        };
        self.record(id, started);
        let settings =
            self.with_scope(id, Sight::default(), |scope| Settings::resolve(map, scope))?;
        let uuid = self.uuid();
        let Some(strand) = self.execution.strands.get(&id) else {
            return Ok(());
        };
        let mut block = strand.path.clone();
        block.push(Hop {
            state: strand.visit.state,
            branch: 0,
        });
        let names = Names::new(&self.execution.start, name, map, uuid);
        let map_run = MapRun {
            map_run_arn: names.map_run_arn(),
            state_machine_arn: names.machine_arn(),
            state: name.to_owned(),
            status: MapRunStatus::Running,
            started_at: self.world.now(),
            stopped_at: None,
            redrive_count: 0,
            redriven_at: None,
            max_concurrency: settings.concurrency,
            tolerated_failure_count: settings.thresholds.count.unwrap_or(0),
            tolerated_failure_percentage: settings.thresholds.percentage.unwrap_or(0.0),
            item_counts: MapRunCounts::default(),
            execution_counts: MapRunCounts::default(),
            thresholds: settings.thresholds,
        };
        let started = MapRunPhase::Started {
            arn: map_run.map_run_arn.clone(),
        };
        let (reader, trouble) = match settings.reader {
            None => (None, None),
            Some(Ok(reader)) => (Some(reader), None),
            Some(Err(cause)) => (None, Some(cause)),
        };
        let work = Work {
            strand: id,
            names,
            block,
            reader,
            batching: settings.batching,
            style: settings.style,
            export: settings.export,
            children: Vec::new(),
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            writing: None,
        };
        let number = self.execution.map_runs.len();
        self.execution.map_runs.push(Run {
            map_run,
            work: Some(work),
        });
        if let Some(strand) = self.execution.strands.get_mut(&id) {
            strand.visit.waits_for = WaitsFor::MapRun(number);
        }
        self.record(id, EventDetails::MapRun(started));
        match (items, trouble) {
            (Some(items), _) => self.begin_map_run(number, items),
            (None, Some(cause)) => self.reading_failed(number, cause),
            (None, None) => self.read_items(number),
        }
        Ok(())
    }

    fn uuid(&mut self) -> String {
        let count = self.count();
        let random = self.world.random();
        random_uuid(&self.execution.start.execution_arn, count, random)
    }

    fn work(&mut self, run: usize) -> Option<&mut Work> {
        self.execution.map_runs.get_mut(run)?.work.as_mut()
    }

    /// Makes the next call of the ItemReader.
    fn read_items(&mut self, run: usize) {
        let call = self
            .work(run)
            .and_then(|work| work.reader.as_ref())
            .map(Reader::call);
        if let Some((resource, arguments)) = call {
            self.start_map_task(run, MapTask::Read(run), resource, arguments);
        }
    }

    fn start_map_task(&mut self, run: usize, part: MapTask, resource: String, arguments: Value) {
        // The history may be full by now, and the execution at its end.
        if self.execution.status != Status::Running {
            return;
        }
        let Some(state) = self
            .execution
            .map_runs
            .get(run)
            .map(|run| run.map_run.state.clone())
        else {
            return;
        };
        let task = TaskId(self.count());
        self.execution.map_tasks.insert(task, part);
        let request = TaskRequest {
            state,
            resource,
            arguments,
            credentials: None,
            retry_count: 0,
            token: None,
        };
        self.world.start_task(task, request);
    }

    fn reading_failed(&mut self, run: usize, cause: String) {
        let failure = Failure::new(name::ITEM_READER_FAILED, cause);
        self.end_map_run(run, Err(Fault::outcome(failure)));
    }

    /// Makes children of the items and begins as many as may run at once.
    fn begin_map_run(&mut self, run: usize, items: Vec<Item>) {
        let Some(work) = self.work(run) else {
            return;
        };
        work.reader = None;
        let (id, batching) = (work.strand, work.batching.clone());
        let children = match self.select_items(id, items, batching) {
            Ok(children) => children,
            Err(fault) => {
                let previous = self.line(id);
                let fault = self.recorded(id, fault, previous);
                return self.end_map_run(run, Err(fault));
            }
        };
        if let Some(run) = self.execution.map_runs.get_mut(run) {
            for child in &children {
                run.map_run.add(child.items);
            }
            if let Some(work) = &mut run.work {
                work.waiting = (0..children.len()).collect();
                work.children = children;
            }
        }
        self.continue_map_run(run);
    }

    fn select_items(
        &mut self,
        id: StrandId,
        items: Vec<Item>,
        batching: Option<Batching>,
    ) -> Result<Vec<Child>, Fault> {
        let machine = self.machine();
        let Some((name, pawl_asl::State::Map(map))) = self
            .execution
            .strands
            .get(&id)
            .and_then(|strand| current(&machine, strand))
        else {
            return Ok(Vec::new());
        };
        let mut inputs = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let Some(selector) = &map.item_selector else {
                inputs.push(item.into_value());
                continue;
            };
            let sight = Sight {
                item: Some(ItemSight {
                    index,
                    value: item.own_value(),
                    key: item.key(),
                    source: Some(&item.source),
                }),
                ..Sight::default()
            };
            inputs.push(
                self.with_scope(id, sight, |scope| resolve(selector, "ItemSelector", scope))?,
            );
        }
        let children: Vec<Child> = match batching {
            Some(batching) => batching
                .batches(inputs)
                .into_iter()
                .map(|batch| Child::new(batch.input, batch.items))
                .collect(),
            None => inputs
                .into_iter()
                .map(|input| Child::new(input, 1))
                .collect(),
        };
        for child in &children {
            Data::limited(child.input.clone(), name)?;
        }
        Ok(children)
    }
}
