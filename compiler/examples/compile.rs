//! Compiles definitions in this process and says how long that took, for comparisons with other compilers.
//!
//!     cargo run --release --package pawl-compiler --example compile -- --rounds 20 order.json ...
//!
//! A line of JSON for each file: the seconds of its fastest and its median round, what the machine has, and the most
//! memory of this process so far.

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement reads files and looks at the clock, the crate does not"
)]

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use pawl_asl::State;
use pawl_compiler::{Notation, Options, compile};
use serde_json::json;

// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rounds = 1;
    let mut files = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--rounds" {
            rounds = arguments.next().unwrap_or_default().parse()?;
        } else {
            files.push(argument);
        }
    }
    if files.is_empty() {
        writeln!(std::io::stdout(), "{}", json!({ "peak": peak() }))?;
    }
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let mut seconds = Vec::new();
        for _ in 0..rounds {
            let begun = Instant::now();
            // As others do, until the machine is text, and all else is forgotten.
            let compiled = compile(black_box(&text), Notation::Json, Options::default());
            black_box(compiled.program.map(|program| program.lowered.text));
            seconds.push(begun.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        let compiled = compile(&text, Notation::Json, Options::default());
        let Some(program) = compiled.program else {
            let mut errors = compiled.diagnostics;
            errors.retain(pawl_compiler::Diagnostic::is_error);
            return Err(format!("{file}: {errors:?}").into());
        };
        let pawl_compiler::Lowered { machine, text, .. } = program.lowered;
        let kind = |name: &str| {
            machine
                .states
                .values()
                .filter(|state| is(state, name))
                .count()
        };
        let line = json!({
            "file": file,
            "best": seconds.first(),
            "median": seconds.get(seconds.len() / 2),
            "states": machine.states.len(),
            "tasks": kind("Task"),
            "choices": kind("Choice"),
            "bytes": text.len(),
            "peak": peak(),
        });
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}

/// The most memory that this process had so far, in KiB, where the system says that.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn is(state: &State, name: &str) -> bool {
    state.kind() == name
}
