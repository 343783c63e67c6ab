//! Definitions: what is refused, and what runs.

use pawl_asl::{Diagnostic, Machine, MachineType, Severity, State, StateMap, Survey, diagnose};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::{Definition, is_invocable};

use super::super::syntax;
use crate::refusal::Refusal;

/// Something that is wrong with a definition, or hardly meant so.
pub(in super::super) struct Finding {
    pub(in super::super) severity: Severity,
    pub(in super::super) code: &'static str,
    pub(in super::super) message: String,
    pub(in super::super) location: Option<String>,
}

/// Reads a definition that AWS would take and that can run here; otherwise AWS's refusal.
pub(in super::super) fn read(text: &str, machine_type: MachineType) -> Result<Machine, Refusal> {
    let (machine, findings) = examine(text, machine_type);
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| {
            let location = finding.location.as_deref().unwrap_or("null");
            format!("{}: {} at {location}", finding.code, finding.message)
        })
        .collect();
    match machine {
        Some(machine) if errors.is_empty() => Ok(machine),
        _ => Err(Refusal::new(
            "InvalidDefinition",
            format!("Invalid State Machine Definition: '{}'", errors.join(", ")),
        )),
    }
}

/// Everything that is to be said about a definition, and the machine if it can run.
pub(in super::super) fn examine(
    text: &str,
    machine_type: MachineType,
) -> (Option<Machine>, Vec<Finding>) {
    let definition: Value = match serde_json::from_str(text) {
        Ok(definition) => definition,
        Err(error) => {
            let mistake = syntax::describe(text, &error);
            let location = mistake.location(text);
            let finding = Finding {
                severity: Severity::Error,
                code: "INVALID_JSON_DESCRIPTION",
                message: format!("{}\n at {location}", mistake.message),
                location: Some(location),
            };
            return (None, vec![finding]);
        }
    };
    let said = diagnose(&definition, machine_type, &pawl_interpreter::survey);
    let mut findings: Vec<Finding> = said.into_iter().map(Finding::from).collect();
    if findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        return (None, findings);
    }
    match serde_json::from_value::<Machine>(definition) {
        Ok(machine) => {
            let before = findings.len();
            unavailable(&machine, &mut findings);
            let can_run = findings.len() == before;
            (can_run.then_some(machine), findings)
        }
        Err(error) => {
            findings.push(Finding::schema(error.to_string(), None));
            (None, findings)
        }
    }
}

/// What executions run.
pub(in super::super) fn runnable(
    text: &str,
    machine: Machine,
    machine_type: MachineType,
) -> Definition {
    Definition {
        hash: hash(text, machine_type).into(),
        text: text.into(),
        machine: machine.into(),
    }
}

/// The name of what executions run among all definitions.
pub(in super::super) fn hash(text: &str, machine_type: MachineType) -> String {
    let digest = Sha256::digest(text);
    match machine_type {
        MachineType::Standard => format!("{digest:x}"),
        MachineType::Express => format!("express-{digest:x}"),
    }
}

/// The variables that each state of a definition reads.
pub(in super::super) fn variable_references(text: &str) -> Value {
    let definition: Value = serde_json::from_str(text).unwrap_or_default();
    let survey: &dyn Fn(&str) -> Survey = &pawl_interpreter::survey;
    let references = pawl_asl::variable_references(&definition, survey);
    serde_json::to_value(references).unwrap_or_default()
}

impl From<Diagnostic> for Finding {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            severity: diagnostic.severity,
            code: diagnostic.code,
            message: diagnostic.message,
            location: diagnostic.location,
        }
    }
}

impl Finding {
    fn schema(message: String, location: Option<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: "SCHEMA_VALIDATION_FAILED",
            message,
            location,
        }
    }
}

/// Finds what AWS would take and what is not here.
fn unavailable(machine: &Machine, findings: &mut Vec<Finding>) {
    for problem in pawl_interpreter::unsupported(machine) {
        findings.push(Finding::schema(problem.message, Some(problem.pointer)));
    }
    not_invocable(&machine.states, "/States", findings);
}

/// Finds the Tasks that invoke what is not here.
fn not_invocable(states: &StateMap, place: &str, findings: &mut Vec<Finding>) {
    for (name, state) in states {
        let place = format!("{place}/{name}");
        match state {
            State::Task(task) if !is_invocable(&task.resource) => {
                let message = format!("The resource {} is not available here", task.resource);
                findings.push(Finding::schema(message, Some(format!("{place}/Resource"))));
            }
            State::Parallel(parallel) => {
                for (index, branch) in parallel.branches.iter().enumerate() {
                    let place = format!("{place}/Branches[{index}]/States");
                    not_invocable(&branch.states, &place, findings);
                }
            }
            State::Map(map) => {
                if let Some(processor) = &map.item_processor {
                    let place = format!("{place}/ItemProcessor/States");
                    not_invocable(&processor.states, &place, findings);
                }
            }
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => {}
        }
    }
}
