//! Finds what AWS refuses in a definition, in AWS's words, codes and places.
//!
//! A definition is looked at as JSON, before it is read as a [`Machine`]: what is no machine at all is described like
//! everything else. Fields and their bounds stand in tables (`fields.rs`); what holds between states comes after them,
//! and only for a definition whose fields are right, so that one mistake is one diagnostic.

mod block;
mod choice;
mod diagnostic;
mod errors;
mod expressions;
mod fields;
mod graph;
mod map;
mod object;
mod place;
mod references;
mod state;
mod task;
mod variables;
mod wait;
mod warnings;

use serde_json::Value;

pub use diagnostic::{Diagnostic, Severity};
pub use expressions::Survey;
pub use references::variable_references;

use crate::limits::DEFINITION_BYTES;
use crate::{Machine, MachineType, QueryLanguage};
use block::Block;
use diagnostic::Findings;
use place::Place;

/// Something wrong with a machine, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The JSON Pointer of the value that must change.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// Everything that AWS would refuse in a machine; empty where nothing is.
///
/// Expressions are not parsed here, only found: whether one can be read is for whoever evaluates it.
pub fn validate(machine: &Machine) -> Vec<Problem> {
    let definition = serde_json::to_value(machine).unwrap_or_default();
    let mut problems = Vec::new();
    let bytes = definition.to_string().len();
    if bytes > DEFINITION_BYTES {
        problems.push(Problem {
            pointer: String::new(),
            message: format!("the definition has {bytes} bytes; {DEFINITION_BYTES} are allowed"),
        });
    }
    let diagnostics = diagnose(&definition, MachineType::Standard, &|_| Survey::default());
    problems.extend(
        diagnostics
            .into_iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .map(|diagnostic| Problem {
                pointer: diagnostic.pointer,
                message: diagnostic.message,
            }),
    );
    problems
}

/// What AWS has to say about a definition, errors and warnings.
///
/// `survey` is asked what stands in each JSONata expression, without its delimiters.
pub fn diagnose(
    definition: &Value,
    machine_type: MachineType,
    survey: &dyn Fn(&str) -> Survey,
) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    let Some(machine) = definition.as_object() else {
        let message = "Definition must be a valid JSON object";
        findings.anywhere("SCHEMA_VALIDATION_FAILED", message);
        return findings.found;
    };
    let place = Place::root();
    object::check(
        machine,
        fields::MACHINE,
        QueryLanguage::JsonPath,
        &place,
        &mut findings,
    );
    let mut checker = Checker {
        language: language(machine.get("QueryLanguage"), QueryLanguage::JsonPath),
        survey,
        findings,
    };
    let block = Block::new(machine, place, machine_type);
    checker.block(&block);
    let mut findings = checker.findings;
    if findings.has_errors() {
        return findings.found;
    }
    graph::check(&block, &mut findings);
    block::names(&block, &mut findings);
    variables::check(&block, checker.language, survey, &mut findings);
    warnings::check(&block, checker.language, &mut findings);
    findings.found
}

/// The JSON Pointer of a member of the value at another pointer.
pub fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// What is known while the fields of a definition are gone through.
struct Checker<'d> {
    /// The machine's language, that of every state that names none.
    language: QueryLanguage,
    survey: &'d dyn Fn(&str) -> Survey,
    findings: Findings,
}

/// The language that a `QueryLanguage` means: whatever is not exactly `JSONPath` is JSONata.
fn language(named: Option<&Value>, otherwise: QueryLanguage) -> QueryLanguage {
    match named {
        None => otherwise,
        Some(Value::String(name)) if name == "JSONPath" => QueryLanguage::JsonPath,
        Some(_) => QueryLanguage::Jsonata,
    }
}
