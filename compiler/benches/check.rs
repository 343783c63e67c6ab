//! How long it takes to check and to compile definitions of 10 to 10,000 steps; it should grow as they do.
//!
//!     cargo bench --package pawl-compiler

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark looks at the clock, the crate does not"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use pawl_compiler::diagnostic::codes;
use pawl_compiler::{Diagnostic, Notation, Options, check, compile, read};
use serde_json::{Value, json};

const SIZES: [usize; 5] = [10, 100, 1_000, 3_000, 10_000];

/// How many steps one block has.
const BLOCK: usize = 10;

/// How the blocks of a definition stand to each other.
#[derive(Clone, Copy)]
enum Shape {
    /// One after the other.
    Chain,
    /// One after the other, all of them in one loop.
    Loop,
}

/// A definition of so many steps, the head of the outer loop not counted.
fn definition(shape: Shape, steps: usize) -> String {
    let blocks = steps / BLOCK;
    let mut list: Vec<Value> = Vec::new();
    let after_all = match shape {
        Shape::Chain => "end",
        Shape::Loop => {
            let config = json!({ "items": "{{input.pages}}" });
            let next = json!({ "next": "find_0", "done": "end" });
            list.push(step("each_page", "loop", &config, &next));
            "each_page"
        }
    };
    for number in 0..blocks {
        let next = if number + 1 == blocks {
            after_all.to_owned()
        } else {
            format!("find_{}", number + 1)
        };
        list.extend(block(number, &next));
    }
    let variables = json!({ "texts": [], "count": 0, "note": "" });
    let definition =
        json!({ "name": "Large", "config": { "variables": variables }, "steps": list });
    serde_json::to_string_pretty(&definition).expect("JSON can be written")
}

/// Ten steps: a query, a loop with a condition over what it found, and a decision about what came of it.
fn block(number: usize, next: &str) -> Vec<Value> {
    let slug = |name: &str| format!("{name}_{number}");
    let earlier = format!("find_{}", number.saturating_sub(1));
    let success = |name: &str| json!({ "success": slug(name) });
    let either = |yes: &str, no: &str| json!({ "true": slug(yes), "false": slug(no) });
    let set = |name: &str, value: String| json!({ "type": "set_variables", "parameters": { name: value } });
    let find = json!({ "type": "customer", "parameters": { "operation": "query", "status": "{{input.status}}" } });
    let each = json!({ "items": format!("{{{{steps.find_{number}.output.customers}}}}") });
    let choose = json!({ "expression": "loop.item.status == 'active' && loop.item.total > 100" });
    let write = json!({
        "name": "Writer",
        "systemPrompt": "You write short letters to customers.",
        "userPrompt": format!("Write to {{{{loop.item.name}}}}, one of {{{{steps.find_{number}.output.count}}}}."),
    });
    let remember = set(
        "texts",
        format!("{{{{texts|concat([steps.write_{number}.output.data])}}}}"),
    );
    let summarize = json!({
        "name": "Summarizer",
        "systemPrompt": "You summarize letters.",
        "userPrompt": "Summarize {{texts|join(', ')}}; they are {{count}}.",
    });
    let decide =
        json!({ "expression": format!("steps.summarize_{number}.output.data contains 'urgent'") });
    let update = json!({
        "type": "customer",
        "parameters": {
            "operation": "update",
            "customerId": "{{input.customerId}}",
            "updates": { "metadata": { "summary": format!("{{{{steps.summarize_{number}.output.data}}}}") } },
        },
    });
    let note = set(
        "note",
        format!(
            "{{{{steps.summarize_{number}.output.data}}}} of {{{{steps.{earlier}.output.count}}}}"
        ),
    );
    vec![
        step(&slug("find"), "action", &find, &success("each")),
        step(
            &slug("each"),
            "loop",
            &each,
            &json!({ "next": slug("choose"), "done": slug("summarize") }),
        ),
        step(
            &slug("choose"),
            "condition",
            &choose,
            &either("write", "tally"),
        ),
        step(&slug("write"), "llm", &write, &success("remember")),
        step(&slug("remember"), "action", &remember, &success("tally")),
        step(
            &slug("tally"),
            "action",
            &set("count", "{{count + 1}}".to_owned()),
            &success("each"),
        ),
        step(&slug("summarize"), "llm", &summarize, &success("decide")),
        step(
            &slug("decide"),
            "condition",
            &decide,
            &either("update", "note"),
        ),
        step(&slug("update"), "action", &update, &success("note")),
        step(&slug("note"), "action", &note, &json!({ "success": next })),
    ]
}

fn step(slug: &str, step_type: &str, config: &Value, next_steps: &Value) -> Value {
    json!({ "stepSlug": slug, "name": slug, "stepType": step_type, "config": config, "nextSteps": next_steps })
}

/// Everything that needs no machine: what is wrong with a definition.
fn checked(text: &str) -> Vec<Diagnostic> {
    let definition = read(text, Notation::Json).expect("a definition");
    let mut diagnostics = Vec::new();
    black_box(check::check(text, definition, &mut diagnostics));
    diagnostics
}

/// A definition in which nothing is wrong but, where it is large, the size of its machine, which is found last.
fn sound_definition(shape: Shape, steps: usize) -> String {
    let text = definition(shape, steps);
    let found = compile(&text, Notation::Json, Options::default()).diagnostics;
    let wrong: Vec<&Diagnostic> = found
        .iter()
        .filter(|found| found.is_error() && found.code != codes::MACHINE_LIMIT)
        .collect();
    assert!(wrong.is_empty(), "a sound definition: {wrong:?}");
    text
}

/// The time that some calls take, on the processor: others that are busy on the machine do not count.
fn timed<T>(count: u64, call: impl Fn() -> T) -> Duration {
    let (start, on_processor) = (Instant::now(), processor_time());
    for _ in 0..count {
        black_box(call());
    }
    match (on_processor, processor_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    }
}

/// The time that this thread has been on a processor; only Linux says.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn benches_of(criterion: &mut Criterion, name: &str, shape: Shape) {
    let mut group = criterion.benchmark_group(name);
    group
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    for steps in SIZES {
        group.throughput(Throughput::Elements(steps as u64));
        group.bench_function(BenchmarkId::new("parse", steps), |bencher| {
            let text = sound_definition(shape, steps);
            bencher.iter_custom(|count| timed(count, || read(black_box(&text), Notation::Json)));
        });
        group.bench_function(BenchmarkId::new("check", steps), |bencher| {
            let text = sound_definition(shape, steps);
            bencher.iter_custom(|count| timed(count, || checked(black_box(&text))));
        });
        group.bench_function(BenchmarkId::new("compile", steps), |bencher| {
            let text = sound_definition(shape, steps);
            let once = || compile(black_box(&text), Notation::Json, Options::default());
            bencher.iter_custom(|count| timed(count, once));
        });
    }
    group.finish();
}

fn chain(criterion: &mut Criterion) {
    benches_of(criterion, "chain", Shape::Chain);
}

fn in_one_loop(criterion: &mut Criterion) {
    benches_of(criterion, "loop", Shape::Loop);
}

criterion_group!(benches, chain, in_one_loop);
criterion_main!(benches);
