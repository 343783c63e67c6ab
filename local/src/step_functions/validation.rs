//! What is to be said about a definition that is not yet a machine.

use pawl_asl::{MachineType, Severity};
use serde::Deserialize;
use serde_json::{Value, json};

use super::machines::examine;

/// `ValidateStateMachineDefinition`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Validate {
    definition: String,
    #[serde(default, rename = "type")]
    machine_type: MachineType,
    #[serde(default)]
    severity: Option<String>,
    #[serde(default)]
    max_results: usize,
}

/// The most diagnostics that an answer shows.
const MOST: usize = 100;

/// Says whether a machine can be made of a definition, and what is wrong with it.
pub(super) fn validate(request: &Validate) -> Value {
    let (_, findings) = examine(&request.definition, request.machine_type);
    let is_refused = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let least = match request.severity.as_deref() {
        Some("WARNING") => Severity::Warning,
        _ => Severity::Error,
    };
    let mut diagnostics: Vec<Value> = findings
        .iter()
        .filter(|finding| finding.severity >= least)
        .map(|finding| {
            let severity = match finding.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
            };
            let mut diagnostic = json!({
                "severity": severity,
                "code": finding.code,
                "message": finding.message,
            });
            if let (Some(members), Some(location)) = (diagnostic.as_object_mut(), &finding.location)
            {
                members.insert("location".to_owned(), location.as_str().into());
            }
            diagnostic
        })
        .collect();
    let most = match request.max_results {
        0 => MOST,
        most => most.min(MOST),
    };
    let truncated = diagnostics.len() > most;
    diagnostics.truncate(most);
    let result = if is_refused { "FAIL" } else { "OK" };
    json!({ "result": result, "diagnostics": diagnostics, "truncated": truncated })
}
