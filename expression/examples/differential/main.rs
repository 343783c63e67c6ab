//! Compares expressions and templates with npm `jexl` and npm `mustache` on random cases.
//!
//! Run from the root of the repository, after `npm ci` in a copy of `infra/reference/`:
//!
//! ```text
//! cargo run -p pawl-expression --example differential -- --packages .tools/reference
//! ```
//!
//! Every difference is explained by a rule of `rules.rs`, each of which stands in
//! `docs/decisions/differences-from-jexl.md`, or the run fails. So it does when a rule explains nothing.
//!
//! `--dump corpus.jsonl` also writes the cases that have a value with both, for `infra/bench/bench.py --corpus`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the generator and the rules pick out few shapes of many, and a new one is like most"
)]

mod case;
mod compare;
mod data;
mod dump;
mod grow;
mod outcome;
mod probe;
mod production;
mod random;
mod reference;
mod relative;
mod report;
mod rules;
mod style;
mod template;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use case::Case;
use production::Production;
use reference::Reference;

/// What is asked for on the command line.
struct Options {
    seed: u64,
    cases: usize,
    json: bool,
    script: PathBuf,
    packages: PathBuf,
    dump: Option<PathBuf>,
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            report::complain(&message);
            ExitCode::from(2)
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        seed: 1,
        cases: 20_000,
        json: false,
        script: PathBuf::from("infra/reference/reference.mjs"),
        packages: PathBuf::from(".tools/reference"),
        dump: None,
    };
    while let Some(argument) = arguments.next() {
        if argument == "--json" {
            options.json = true;
            continue;
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("`{argument}` needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("`{argument}` needs a number, not `{value}`"))
        };
        match argument.as_str() {
            "--seed" => options.seed = number()?,
            "--cases" => {
                options.cases = usize::try_from(number()?)
                    .map_err(|_| "so many cases do not fit".to_owned())?;
            }
            "--script" => options.script = PathBuf::from(value),
            "--packages" => options.packages = PathBuf::from(value),
            "--dump" => options.dump = Some(PathBuf::from(value)),
            _ => {
                return Err(format!(
                    "`{argument}` is not an option; there are --seed, --cases, --json, --script, --packages and --dump"
                ));
            }
        }
    }
    Ok(options)
}

/// Whether everything is as it should be.
fn run(options: &Options) -> Result<bool, String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the report says how long it took"
    )]
    let started = std::time::Instant::now();
    let productions = Production::all();
    let cases = (0..options.cases)
        .map(|number| Case::new(options.seed, number, &productions))
        .collect::<Vec<_>>();
    let mut reference = Reference::start(&options.script, &options.packages)
        .map_err(|error| format!("node did not start: {error}"))?;
    let compared = compare::compare(&cases, &mut reference)
        .map_err(|error| format!("the reference did not answer: {error}"))?;
    reference.stop().map_err(|error| error.to_string())?;
    if let Some(path) = &options.dump {
        dump::write(path, &cases, &compared)
            .map_err(|error| format!("`{}` was not written: {error}", path.display()))?;
    }
    let report = report::Report::new(options.seed, &cases, &compared, started.elapsed());
    report.print(options.json);
    Ok(report.is_good())
}
