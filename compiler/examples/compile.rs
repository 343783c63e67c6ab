//! Compiles definitions in this process and says how long that took, for comparisons with other compilers.
//!
//!     cargo run --release --package pawl-compiler --example compile -- --rounds 20 order.json ...
//!
//! A line of JSON for each file: the seconds of its fastest and its median round, and what the machine has.

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
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let mut seconds = Vec::new();
        for _ in 0..rounds {
            let begun = Instant::now();
            // As others do, until the machine is text.
            let compiled = compile(black_box(&text), Notation::Json, Options::default());
            let machine = compiled.program.map(|program| program.lowered.machine);
            let written = machine.map(|machine| serde_json::to_string(&machine));
            black_box(written.transpose()?);
            seconds.push(begun.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        let compiled = compile(&text, Notation::Json, Options::default());
        let Some(program) = compiled.program else {
            return Err(format!("{file}: {:?}", compiled.diagnostics).into());
        };
        let machine = program.lowered.machine;
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
            "bytes": serde_json::to_string(&machine)?.len(),
        });
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}

fn is(state: &State, name: &str) -> bool {
    state.kind() == name
}
