//! A world without waiting: tasks are answered by a function, and time jumps from timer to timer.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pawl_asl::Machine;
use pawl_interpreter::{
    Execution, Failure, HistoryEvent, Refusal, Start, Status, TaskId, TaskRequest, TimerId, World,
};
use serde_json::Value;

/// What becomes of a task.
pub(crate) enum Outcome {
    /// It ends well at once.
    Succeeds(Value),
    /// It fails at once.
    Fails(Failure),
    /// It is taken on first, then ends.
    Submitted(Value, Box<Outcome>),
    /// It is not taken on.
    NotSubmitted(Failure),
    /// A worker asks for it first, for an activity.
    Started(Option<String>, Box<Outcome>),
    /// It never ends.
    Hangs,
}

/// A world in which nothing takes time but timers. Child executions run beside the one that they belong to.
pub(crate) struct Simulation<'a> {
    now: Timestamp,
    random: f64,
    answer: Box<dyn FnMut(&TaskRequest) -> Outcome + 'a>,
    /// The execution that is being told something, by its place in the lists below; the first is the root.
    told: usize,
    started: VecDeque<(usize, TaskId, TaskRequest)>,
    timers: BTreeSet<(Timestamp, usize, TimerId)>,
    events: Vec<Vec<HistoryEvent>>,
    /// The children that nobody has begun yet, with the execution and the task that they are for.
    born: VecDeque<(usize, TaskId, Start)>,
    /// The children that are to be redriven.
    redriven: VecDeque<(usize, TaskId, Start)>,
    /// The executions and tasks whose children are to be stopped.
    given_up: Vec<(usize, TaskId)>,
    /// How each child was started.
    starts: Vec<Start>,
    /// The children, while nothing happens.
    family: Vec<Child>,
    machine: Option<Arc<Machine>>,
}

/// A child execution, and the execution and task that it is for.
struct Child {
    execution: Execution,
    parent: (usize, TaskId),
    is_reported: bool,
}

/// An execution with its children; the first place is its own.
struct Family<'e> {
    root: &'e mut Execution,
    children: Vec<Child>,
}

impl Family<'_> {
    fn at(&mut self, place: usize) -> &mut Execution {
        match place.checked_sub(1) {
            Some(child) => &mut self.children[child].execution,
            None => self.root,
        }
    }

    fn find(&self, is_meant: impl Fn(&Execution) -> bool) -> Option<usize> {
        if is_meant(self.root) {
            return Some(0);
        }
        let child = self
            .children
            .iter()
            .position(|child| is_meant(&child.execution))?;
        Some(child + 1)
    }
}

impl Child {
    fn is_to_be_reported(&self) -> bool {
        *self.execution.status() != Status::Running && !self.is_reported
    }
}

impl World for Simulation<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&mut self) -> f64 {
        self.random
    }

    fn refuses(&self, request: &TaskRequest) -> Option<Refusal> {
        let refused = Failure::new("Refused", "as told");
        match request.arguments["refuse"].as_str()? {
            "missing" => Some(Refusal::Missing("It is not there.".to_owned())),
            "schedule" => Some(Refusal::NotScheduled(refused)),
            _ => Some(Refusal::NotStarted(refused)),
        }
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        self.started.push_back((self.told, task, request));
    }

    fn cancel_task(&mut self, task: TaskId) {
        let told = self.told;
        self.started
            .retain(|(whose, started, _)| (*whose, *started) != (told, task));
        self.born
            .retain(|(whose, born, _)| (*whose, *born) != (told, task));
        self.given_up.push((told, task));
    }

    fn set_timer(&mut self, timer: TimerId, due: Timestamp) {
        self.timers.insert((due, self.told, timer));
    }

    fn cancel_timer(&mut self, timer: TimerId) {
        let told = self.told;
        self.timers
            .retain(|(_, whose, set)| (*whose, *set) != (told, timer));
    }

    fn append(&mut self, event: HistoryEvent) {
        self.events[self.told].push(event);
    }

    fn redrive_child(&mut self, task: TaskId, child: Start) {
        self.redriven.push_back((self.told, task, child));
    }

    fn start_child(&mut self, task: TaskId, child: Start) {
        self.born.push_back((self.told, task, child));
    }
}

impl<'a> Simulation<'a> {
    /// A world that answers tasks with a function.
    pub(crate) fn new(answer: impl FnMut(&TaskRequest) -> Outcome + 'a) -> Self {
        Self {
            now: "2026-01-01T00:00:00Z".parse().expect("a moment"),
            random: 0.5,
            answer: Box::new(answer),
            told: 0,
            started: VecDeque::new(),
            timers: BTreeSet::new(),
            events: vec![Vec::new()],
            born: VecDeque::new(),
            redriven: VecDeque::new(),
            given_up: Vec::new(),
            starts: Vec::new(),
            family: Vec::new(),
            machine: None,
        }
    }

    /// The same world with another number for chance.
    pub(crate) fn with_random(mut self, random: f64) -> Self {
        self.random = random;
        self
    }

    /// How many tasks and timers are open.
    pub(crate) fn at_work(&self) -> (usize, usize) {
        (self.started.len(), self.timers.len())
    }

    /// The task that was started first, out of those that are open.
    pub(crate) fn first_task(&mut self) -> (TaskId, TaskRequest) {
        let (_, task, request) = self.started.pop_front().expect("a task is open");
        (task, request)
    }

    /// The child that was started first, out of those that nobody has begun.
    pub(crate) fn first_child(&mut self) -> Option<(TaskId, Start)> {
        let (_, task, start) = self.born.pop_front()?;
        Some((task, start))
    }

    /// Every event of the execution so far.
    pub(crate) fn history(&self) -> &[HistoryEvent] {
        &self.events[0]
    }

    /// How the children were started, and their events.
    pub(crate) fn children(&self) -> impl Iterator<Item = (&Start, &[HistoryEvent])> {
        self.starts
            .iter()
            .zip(self.events.iter().skip(1).map(Vec::as_slice))
    }

    /// How long the world has existed.
    pub(crate) fn elapsed(&self) -> SignedDuration {
        self.now
            .duration_since("2026-01-01T00:00:00Z".parse().expect("a moment"))
    }

    /// Runs a machine until it ends or nothing can happen any more.
    pub(crate) fn run(&mut self, machine: Machine, start: Start) -> Execution {
        let machine = Arc::new(machine);
        let mut execution = Execution::start(Arc::clone(&machine), start, self);
        self.machine = Some(machine);
        self.settle(&mut execution);
        execution
    }

    /// Redrives an execution and runs it until it ends or nothing can happen any more.
    pub(crate) fn redrive(&mut self, execution: &mut Execution) -> Result<(), &'static str> {
        self.told = 0;
        execution.redrive(self)?;
        self.settle(execution);
        Ok(())
    }

    fn settle(&mut self, root: &mut Execution) {
        let mut family = Family {
            root,
            children: std::mem::take(&mut self.family),
        };
        while self.step(&mut family) {}
        for place in 0..=family.children.len() {
            let count = u64::try_from(self.events[place].len()).expect("a count");
            assert_eq!(family.at(place).events(), count, "the log has every event");
        }
        let ended = *family.root.status() != Status::Running;
        assert!(
            !ended || self.timers.is_empty(),
            "an execution that has ended leaves no timer behind, nor do its children"
        );
        self.family = family.children;
    }

    /// Does the next thing that there is to do, if any.
    fn step(&mut self, family: &mut Family) -> bool {
        if let Some(given_up) = self.given_up.pop() {
            self.stop(given_up, family);
        } else if let Some(place) = family.find(Execution::is_ready) {
            self.told = place;
            family.at(place).go_on(self);
        } else if let Some(child) = family.children.iter().position(Child::is_to_be_reported) {
            self.report_child(child, family);
        } else if let Some((whose, task, start)) = self.born.pop_front() {
            self.told = family.children.len() + 1;
            self.events.push(Vec::new());
            self.starts.push(start.clone());
            let machine = Arc::clone(self.machine.as_ref().expect("a machine"));
            family.children.push(Child {
                execution: Execution::start(machine, start, self),
                parent: (whose, task),
                is_reported: false,
            });
        } else if let Some((whose, task, start)) = self.redriven.pop_front() {
            let is_meant = |known: &Start| known.execution_arn == start.execution_arn;
            let child = self.starts.iter().position(is_meant).expect("a child");
            family.children[child].parent = (whose, task);
            family.children[child].is_reported = false;
            self.told = child + 1;
            let redriven = family.children[child].execution.redrive(self);
            redriven.expect("a child that ended badly can be redriven");
        } else if let Some((whose, task, request)) = self.started.pop_front() {
            let outcome = (self.answer)(&request);
            self.told = whose;
            self.report(family.at(whose), task, outcome);
        } else if let Some((due, whose, timer)) = self.timers.pop_first() {
            self.now = self.now.max(due);
            self.told = whose;
            family.at(whose).timer_fired(timer, self);
        } else {
            return false;
        }
        true
    }

    /// Stops the child of a task that was given up, if it is one.
    fn stop(&mut self, given_up: (usize, TaskId), family: &mut Family) {
        let mut children = family.children.iter_mut().enumerate();
        let child = children.find(|(_, child)| child.parent == given_up && !child.is_reported);
        if let Some((place, child)) = child {
            child.is_reported = true;
            self.told = place + 1;
            child.execution.stop(None, None, self);
        }
    }

    fn report_child(&mut self, child: usize, family: &mut Family) {
        let child = &mut family.children[child];
        child.is_reported = true;
        let (status, (whose, task)) = (child.execution.status().clone(), child.parent);
        self.told = whose;
        // Both ways of telling an end that is good are the same.
        if let Status::Succeeded { output } = status {
            family.at(whose).task_succeeded(task, output, self);
        } else {
            family.at(whose).child_ended(task, status, self);
        }
    }

    fn report(&mut self, execution: &mut Execution, task: TaskId, outcome: Outcome) {
        match outcome {
            Outcome::Succeeds(output) => execution.task_succeeded(task, output, self),
            Outcome::Fails(failure) => execution.task_failed(task, failure, self),
            Outcome::Submitted(output, then) => {
                execution.task_submitted(task, output, self);
                self.report(execution, task, *then);
            }
            Outcome::NotSubmitted(failure) => execution.task_not_submitted(task, failure, self),
            Outcome::Started(worker, then) => {
                execution.task_started(task, worker, self);
                self.report(execution, task, *then);
            }
            Outcome::Hangs => {}
        }
    }
}

/// The types of an execution's events.
pub(crate) fn event_types(events: &[HistoryEvent]) -> Vec<String> {
    events.iter().map(HistoryEvent::event_type).collect()
}
