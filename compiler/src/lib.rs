//! The compiler: a workflow's definition to a Step Functions machine.
//!
//! `definition -> parse -> check -> lower -> prove -> machine`. Pure: no clock, no IO, no AWS.

pub mod check;
pub mod cost;
pub mod definition;
pub mod diagnostic;
pub mod diff;
mod fields;
pub mod graph;
mod lints;
pub mod lower;
pub mod mocks;
pub mod parse;
pub mod policy;
pub mod prove;
mod schedule;
mod schema;
mod shape;
pub mod source;
pub mod steps;
pub mod triggers;

pub use diagnostic::{Diagnostic, Severity};
pub use lower::{Level, Options};
pub use source::Notation;

use check::Checked;
use lints::Allowances;
use lower::Lowered;

/// What came of a definition.
#[derive(Debug)]
pub struct Compiled {
    /// The checked definition and its machine; `None` when a diagnostic is an error.
    pub program: Option<Program>,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A definition without errors and what it became.
#[derive(Debug)]
pub struct Program {
    /// The definition and what is known about it.
    pub checked: Checked,
    /// The machine and its plans.
    pub lowered: Lowered,
    /// What begins its runs by itself.
    pub triggers: Vec<triggers::Trigger>,
}

/// Compiles a definition.
///
/// ```
/// use pawl_compiler::{compile, Notation, Options};
///
/// let text = r#"{
///   "name": "Greet",
///   "steps": [{
///     "stepSlug": "greet",
///     "stepType": "output",
///     "config": { "mapping": { "text": "Hello {{input.name}}" } }
///   }]
/// }"#;
/// let compiled = compile(text, Notation::Json, Options::default());
/// assert!(compiled.diagnostics.is_empty());
/// assert!(compiled.program.is_some());
/// ```
pub fn compile(text: &str, notation: Notation, options: Options) -> Compiled {
    let parse::Parsed {
        definition,
        mut diagnostics,
    } = parse::parse(text, notation);
    let allowances = definition.as_ref().map(Allowances::of);
    let checked =
        definition.and_then(|definition| check::check(text, definition, &mut diagnostics));
    let program = checked.map(|checked| Program {
        lowered: lower::lower(&checked, options),
        triggers: triggers::of(&checked),
        checked,
    });
    if let Some(program) = &program {
        prove::prove(&program.lowered, &program.checked, &mut diagnostics);
        cost::check_budget(program, &mut diagnostics);
    }
    if let Some(allowances) = allowances {
        allowances.apply(&mut diagnostics);
    }
    diagnostic::arrange(&mut diagnostics);
    diagnostic::fix::place(text, notation, &mut diagnostics);
    let is_sound = !diagnostics.iter().any(Diagnostic::is_error);
    Compiled {
        program: program.filter(|_| is_sound),
        diagnostics,
    }
}
