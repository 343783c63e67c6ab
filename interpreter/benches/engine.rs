//! How fast machines run, without a disk and without a network, and what an execution that waits costs in memory.
//!
//!     cargo bench --package pawl-interpreter

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_interpreter::{
    Execution, HistoryEvent, Start, Status, TaskId, TaskRequest, TimerId, World,
};
use serde_json::{Value, json};

/// A world in which no time passes, and in which events are only counted.
struct Idle {
    events: u64,
}

impl World for Idle {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn random(&mut self) -> f64 {
        0.5
    }

    fn start_task(&mut self, _: TaskId, request: TaskRequest) {
        black_box(request);
    }

    fn start_child(&mut self, _: TaskId, child: Start) {
        black_box(child);
    }

    fn cancel_task(&mut self, _: TaskId) {}

    fn set_timer(&mut self, _: TimerId, _: Timestamp) {}

    fn cancel_timer(&mut self, _: TimerId) {}

    fn append(&mut self, event: HistoryEvent) {
        self.events += 1;
        black_box(event);
    }
}

/// A Choice that leads to a Pass that counts, and back, until it has counted far enough.
fn cycle(rounds: u64) -> (Machine, Value) {
    let states = json!({
        "begin": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "more" },
        "more": {
            "Type": "Choice", "Default": "done",
            "Choices": [{ "Condition": "{% $n < $states.input.rounds %}", "Next": "count" }],
        },
        "count": { "Type": "Pass", "Assign": { "n": "{% $n + 1 %}" }, "Next": "more" },
        "done": { "Type": "Succeed" },
    });
    (
        machine("begin", &states),
        json!({ "rounds": rounds, "customer": "c-1" }),
    )
}

/// A cycle that adds up a list in a variable, item by item.
fn sum(items: u64) -> (Machine, Value) {
    let states = json!({
        "begin": { "Type": "Pass", "Assign": { "n": 0, "sum": 0, "lines": "{% $states.input.lines %}" }, "Next": "more" },
        "more": {
            "Type": "Choice", "Default": "done",
            "Choices": [{ "Condition": "{% $n < $count($lines) %}", "Next": "add" }],
        },
        "add": {
            "Type": "Pass", "Next": "more",
            "Assign": { "n": "{% $n + 1 %}", "sum": "{% $sum + $lines[$n].price %}" },
        },
        "done": { "Type": "Succeed", "Output": "{% $sum %}" },
    });
    let line =
        |number| json!({ "id": format!("line {number}"), "price": number, "tags": ["a", "b"] });
    let lines: Vec<Value> = (0..items).map(line).collect();
    (machine("begin", &states), json!({ "lines": lines }))
}

/// A Map over whole numbers.
fn map(items: u64) -> (Machine, Value) {
    let double = json!({ "Type": "Pass", "Output": "{% $states.input * 2 %}", "End": true });
    let states = json!({ "each": {
        "Type": "Map", "Items": "{% $states.input.items %}", "End": true,
        "ItemProcessor": { "StartAt": "double", "States": { "double": double } },
    } });
    let items: Vec<u64> = (0..items).collect();
    (machine("each", &states), json!({ "items": items }))
}

/// Ten Pass states in a row.
fn chain() -> (Machine, Value) {
    let mut states = json!({});
    for number in 1..=10 {
        let next = if number == 10 {
            json!({ "Type": "Pass", "End": true })
        } else {
            json!({ "Type": "Pass", "Next": format!("pass {}", number + 1) })
        };
        if let Some(states) = states.as_object_mut() {
            states.insert(format!("pass {number}"), next);
        }
    }
    (
        machine("pass 1", &states),
        json!({ "order": "o-1", "lines": [1, 2, 3] }),
    )
}

fn machine(first: &str, states: &Value) -> Machine {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": first, "States": states });
    serde_json::from_value(machine).expect("a machine")
}

/// Runs a machine to its end, or to where it waits; gives the execution and how many events it wrote.
fn run(machine: &Arc<Machine>, input: &Value) -> (Execution, u64) {
    let mut world = Idle { events: 0 };
    let start = Start {
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:m:e".to_owned(),
        execution_name: "e".to_owned(),
        machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
        machine_name: "m".to_owned(),
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        input: input.clone(),
        ..Start::default()
    };
    let mut execution = Execution::start(Arc::clone(machine), start, &mut world);
    while execution.is_ready() {
        execution.go_on(&mut world);
    }
    (execution, world.events)
}

/// Times machines by the state that they pass through.
fn speed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("states");
    let rows = [
        ("cycle of 100 rounds", cycle(100), 203),
        ("cycle of 1,000 rounds", cycle(1_000), 2_003),
        ("sum of 1,000 lines", sum(1_000), 2_003),
        ("map over 1,000 items", map(1_000), 1_001),
        ("chain of 10 passes", chain(), 10),
    ];
    for (name, (machine, input), states) in rows {
        let machine = Arc::new(machine);
        let (execution, _) = run(&machine, &input);
        assert!(
            matches!(execution.status(), Status::Succeeded { .. }),
            "{name}: {:?}",
            execution.status()
        );
        group.throughput(Throughput::Elements(states));
        group.bench_function(name, |bencher| bencher.iter(|| run(&machine, &input)));
    }
    group.finish();
}

/// Says how much memory executions take that wait for a task, each with a variable and a small input.
#[expect(
    clippy::print_stderr,
    reason = "the figure is for the person who runs it"
)]
fn memory(_: &mut Criterion) {
    let states = json!({
        "begin": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "work" },
        "work": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60, "End": true,
            "Arguments": { "FunctionName": "f", "Payload": "{% $states.input %}" },
        },
    });
    let (machine, input) = (
        Arc::new(machine("begin", &states)),
        json!({ "order": "o-1" }),
    );
    let count: usize = 10_000;
    let before = resident();
    let open: Vec<Execution> = (0..count).map(|_| run(&machine, &input).0).collect();
    let each = resident().saturating_sub(before) / open.len();
    eprintln!("memory: {count} executions that wait for a task take {each} bytes each\n");
}

/// The memory of this process that is in use, in bytes.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench reads the machine that it runs on"
)]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident = pages
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    resident.unwrap_or(0) * 4_096
}

criterion_group!(benches, memory, speed);
criterion_main!(benches);
