//! What holds for every machine, whatever its tasks come to and whenever they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pawl_asl::Machine;
use pawl_interpreter::{
    EventDetails, Execution, Failure, HistoryEvent, Start, Status, TaskId, TaskRequest, TimerId,
    World,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bench::start;
use crate::generate::machines;

/// What an execution is told.
#[derive(Debug, Clone)]
enum Report {
    Succeeded(TaskId, Value),
    Failed(TaskId, Failure),
    Submitted(TaskId, Value),
    Heartbeat(TaskId),
    Fired(TimerId),
    Stop,
    GoOn,
    Redrive,
}

impl Report {
    fn tell(&self, execution: &mut Execution, world: &mut Chance) {
        match self.clone() {
            Self::Succeeded(task, output) => execution.task_succeeded(task, output, world),
            Self::Failed(task, failure) => execution.task_failed(task, failure, world),
            Self::Submitted(task, output) => execution.task_submitted(task, output, world),
            Self::Heartbeat(task) => execution.task_heartbeat(task, world),
            Self::Fired(timer) => execution.timer_fired(timer, world),
            Self::Stop => execution.stop(Some("Stopped".to_owned()), None, world),
            Self::GoOn => execution.go_on(world),
            Self::Redrive => execution.redrive(world).expect("it can be redriven"),
        }
    }
}

/// A world in which chance decides what happens next.
struct Chance {
    /// Decides what happens.
    seed: u64,
    /// Decides what executions draw, so that a repetition draws the same.
    drawn: u64,
    now: Timestamp,
    tasks: BTreeMap<TaskId, TaskRequest>,
    timers: BTreeMap<TimerId, Timestamp>,
    events: Vec<HistoryEvent>,
    /// What the execution was told, and when.
    told: Vec<(Timestamp, Report)>,
    /// The tasks and timers that are over.
    over: Vec<Report>,
}

impl World for Chance {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn random(&mut self) -> f64 {
        let drawn = draw(&mut self.drawn) % 1_000;
        f64::from(u32::try_from(drawn).expect("a small number")) / 1_000.0
    }

    fn start_task(&mut self, task: TaskId, request: TaskRequest) {
        self.tasks.insert(task, request);
    }

    /// A child execution is a task here: it ends by chance.
    fn start_child(&mut self, task: TaskId, child: Start) {
        let request = TaskRequest {
            state: child.execution_name,
            resource: child.execution_arn,
            arguments: child.input,
            credentials: None,
            retry_count: 0,
            token: None,
        };
        self.tasks.insert(task, request);
    }

    fn cancel_task(&mut self, task: TaskId) {
        self.close_task(task);
    }

    fn set_timer(&mut self, timer: TimerId, due: Timestamp) {
        assert!(due >= self.now, "a timer is for later");
        self.timers.insert(timer, due);
    }

    fn cancel_timer(&mut self, timer: TimerId) {
        self.timers.remove(&timer);
        self.over.push(Report::Fired(timer));
    }

    fn append(&mut self, event: HistoryEvent) {
        self.events.push(event);
    }
}

impl Chance {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: seed,
            now: "2026-01-01T00:00:00Z".parse().expect("a moment"),
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            events: Vec::new(),
            told: Vec::new(),
            over: Vec::new(),
        }
    }

    fn draw(&mut self) -> u64 {
        draw(&mut self.seed)
    }

    fn close_task(&mut self, task: TaskId) {
        if self.tasks.remove(&task).is_some() {
            self.over.push(Report::Succeeded(task, json!("late")));
            self.over
                .push(Report::Failed(task, Failure::new("A", "late")));
            self.over.push(Report::Submitted(task, json!("late")));
            self.over.push(Report::Heartbeat(task));
        }
    }

    /// Runs a machine to its end; it may be stopped, and it may be redriven once.
    fn run(&mut self, machine: &Machine) -> Execution {
        let machine = Arc::new(machine.clone());
        let mut execution = Execution::start(machine, start(json!({ "in": 1 })), self);
        let mut redriven = false;
        loop {
            if let Some(report) = self.next(&execution) {
                self.tell(&mut execution, &report);
                self.lies(&mut execution);
            } else if !redriven && execution.redrivable(self.now).is_ok() {
                redriven = true;
                self.tell(&mut execution, &Report::Redrive);
            } else {
                return execution;
            }
        }
    }

    /// What happens next; `None` at the end.
    fn next(&mut self, execution: &Execution) -> Option<Report> {
        if execution.is_ready() {
            return Some(Report::GoOn);
        }
        if self.draw().is_multiple_of(97) {
            return Some(Report::Stop).filter(|_| *execution.status() == Status::Running);
        }
        let first = self
            .timers
            .iter()
            .min_by_key(|(timer, due)| (**due, **timer));
        let first = first.map(|(timer, due)| (*timer, *due));
        let draw = self.draw();
        let count = u64::try_from(self.tasks.len()).expect("a count");
        if count > 0 && (first.is_none() || !draw.is_multiple_of(4)) {
            let chosen = usize::try_from(self.draw() % count).expect("a place");
            let (task, request) = self.tasks.iter().nth(chosen).expect("there are as many");
            let (task, has_token) = (*task, request.token.is_some());
            // Some time passes, but no timer is missed.
            let later = self.now + SignedDuration::from_millis((self.draw() % 3_000).cast_signed());
            self.now = first.map_or(later, |(_, due)| later.min(due));
            return Some(match self.draw() % 10 {
                0 => Report::Heartbeat(task),
                1 if has_token => Report::Submitted(task, json!({ "taken": true })),
                2 | 3 => Report::Failed(task, Failure::new("A", "by chance")),
                4 => Report::Failed(task, Failure::new("B", "by chance")),
                _ => Report::Succeeded(task, json!({ "done": task.0 })),
            });
        }
        let (timer, due) = first?;
        self.now = self.now.max(due);
        Some(Report::Fired(timer))
    }

    fn tell(&mut self, execution: &mut Execution, report: &Report) {
        let events = self.events.len();
        let mut is_outcome = matches!(
            report,
            Report::Succeeded(..) | Report::Failed(..) | Report::Fired(_)
        );
        match report {
            Report::Succeeded(task, _) | Report::Failed(task, _) => {
                // What comes of a child or of what a Map writes may show only at the end of the Map Run.
                let request = self.tasks.get(task);
                is_outcome &=
                    request.is_some_and(|request| request.arguments["Payload"].is_object());
                self.close_task(*task);
            }
            Report::Fired(timer) => {
                self.timers.remove(timer);
                self.over.push(Report::Fired(*timer));
            }
            Report::Submitted(..)
            | Report::Heartbeat(_)
            | Report::Stop
            | Report::GoOn
            | Report::Redrive => {}
        }
        self.told.push((self.now, report.clone()));
        report.tell(execution, self);
        // What is open is open for something. An execution that pauses hears it first, and goes on then.
        assert!(
            !is_outcome || self.events.len() > events,
            "something comes of {report:?}"
        );
    }

    /// Says again what is over, and something about what never was: nothing comes of it.
    fn lies(&mut self, execution: &mut Execution) {
        let before = (self.events.len(), self.tasks.len(), self.timers.clone());
        let (status, ready) = (execution.status().clone(), execution.is_ready());
        let mut lies = vec![
            Report::Fired(TimerId(1 << 40)),
            Report::Heartbeat(TaskId(1 << 40)),
        ];
        if !self.over.is_empty() {
            let places = u64::try_from(self.over.len()).expect("a count");
            let place = usize::try_from(self.draw() % places).expect("a place");
            lies.push(self.over[place].clone());
        }
        if status != Status::Running {
            lies.extend([Report::Stop, Report::GoOn]);
        }
        // What is over lets an execution that pauses go on, as any report does.
        if !ready {
            for lie in lies {
                lie.tell(execution, self);
                let after = (self.events.len(), self.tasks.len(), self.timers.clone());
                assert_eq!(before, after, "nothing comes of {lie:?}");
                assert_eq!(&status, execution.status(), "nothing comes of {lie:?}");
            }
        }
    }
}

/// The next number by chance (an LCG, with Knuth's figures).
fn draw(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Numbers without gaps, earlier events before later ones, one end.
fn check_order(events: &[HistoryEvent]) {
    for (place, event) in (1..).zip(events) {
        assert_eq!(event.id, place, "numbers have no gaps");
        assert!(event.previous_id < event.id, "{event:?}");
        let follows_an_end = events
            .iter()
            .take(usize::try_from(place).expect("a count") - 1)
            .next_back()
            .is_some_and(HistoryEvent::is_terminal);
        let redriven = matches!(event.details, EventDetails::ExecutionRedriven { .. });
        assert_eq!(
            follows_an_end, redriven,
            "only a redrive follows an end: {event:?}"
        );
    }
    let times = events.iter().map(|event| event.timestamp);
    assert!(times.is_sorted(), "time does not go backwards");
}

/// Every state that is left was entered, once, and nothing else of its line was left in between.
fn check_balance(events: &[HistoryEvent]) {
    let by_id: BTreeMap<u64, &HistoryEvent> =
        events.iter().map(|event| (event.id, event)).collect();
    let mut left = BTreeSet::new();
    for event in events {
        let EventDetails::StateExited { name, kind, .. } = &event.details else {
            continue;
        };
        let mut at = event.previous_id;
        let entered = loop {
            let Some(earlier) = by_id.get(&at) else {
                panic!("nothing entered the state that {event:?} leaves");
            };
            if let EventDetails::StateEntered {
                name: entered,
                kind: of,
                ..
            } = &earlier.details
                && entered == name
            {
                assert_eq!(kind, of);
                break earlier.id;
            }
            at = earlier.previous_id;
        };
        assert!(left.insert(entered), "left once: {event:?}");
    }
    // Where nothing went wrong, whatever is entered is left.
    let trouble = events.iter().any(|event| {
        let event_type = event.event_type();
        ["Failed", "TimedOut", "Aborted"]
            .iter()
            .any(|end| event_type.ends_with(end))
            || event_type == "FailStateEntered"
    });
    if !trouble {
        let entered = events
            .iter()
            .filter(|event| matches!(event.details, EventDetails::StateEntered { .. }));
        assert_eq!(entered.count(), left.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn laws_hold_for_every_machine(machine in machines(), seed in any::<u64>()) {
        let mut world = Chance::new(seed);
        let execution = world.run(&machine);
        prop_assert!(*execution.status() != Status::Running, "it ends");
        prop_assert!(world.events.last().is_some_and(HistoryEvent::is_terminal), "the end is the last event");
        prop_assert!(world.tasks.is_empty() && world.timers.is_empty(), "nothing is open after the end");
        prop_assert_eq!(execution.events(), u64::try_from(world.events.len()).expect("a count"));
        check_order(&world.events);
        check_balance(&world.events);
    }

    #[test]
    fn a_repetition_gives_the_same_events(machine in machines(), seed in any::<u64>()) {
        let mut world = Chance::new(seed);
        world.run(&machine);
        prop_assert_eq!(&repeat(&machine, &world.told, seed), &world.events);
        prop_assert_eq!(&repeat(&machine, &with_pauses(&world.told), seed), &world.events);
    }
}

/// Tells an execution the same again; gives its events.
fn repeat(machine: &Machine, told: &[(Timestamp, Report)], seed: u64) -> Vec<HistoryEvent> {
    let mut world = Chance::new(seed);
    let machine = Arc::new(machine.clone());
    let mut execution = Execution::start(machine, start(json!({ "in": 1 })), &mut world);
    for (now, report) in told {
        world.now = *now;
        report.tell(&mut execution, &mut world);
    }
    world.events
}

/// The same reports with a pause after each.
fn with_pauses(told: &[(Timestamp, Report)]) -> Vec<(Timestamp, Report)> {
    told.iter()
        .flat_map(|(now, report)| [(*now, report.clone()), (*now, Report::GoOn)])
        .collect()
}
