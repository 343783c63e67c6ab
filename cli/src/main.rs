//! `pawl`: check, compile and run workflows.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use pawl::{commands, project};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let commands = match commands::Pawl::try_parse() {
        Ok(commands) => commands,
        Err(error) => {
            // Clap prints help and versions to standard output, and what was wrong with the call to standard error.
            let is_misuse = error.use_stderr();
            return match error.print() {
                Ok(()) if !is_misuse => ExitCode::SUCCESS,
                _ => ExitCode::from(2),
            };
        }
    };
    log();
    match commands.run() {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            report(&error);
            ExitCode::from(if error.is::<project::Misuse>() { 2 } else { 1 })
        }
    }
}

/// Writes what the libraries note to standard error, as far as PAWL_LOG asks for it: `PAWL_LOG=debug`.
fn log() {
    let filter = tracing_subscriber::EnvFilter::from_env("PAWL_LOG");
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    lines.with_writer(std::io::stderr).init();
}

/// Prints an error and, once, the chain of what caused it.
#[expect(clippy::print_stderr, reason = "the command line's own output")]
fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        // Some libraries repeat their cause in their own message.
        if !said.contains(&cause.to_string()) {
            eprintln!("  because: {cause}");
        }
        said = cause.to_string();
    }
    if let Some(help) = error
        .downcast_ref::<project::Misuse>()
        .and_then(|misuse| misuse.help.as_ref())
    {
        eprintln!("  = help: {help}");
    }
}
