//! The details of a state's entry and exit, which are most of all events: written as they stand, without a copy.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde::ser::SerializeMap;

use super::EventDetails;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entered<'event> {
    name: &'event str,
    input: &'event str,
    input_details: Whole,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exited<'event> {
    name: &'event str,
    output: &'event str,
    output_details: Whole,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_variables: Option<&'event IndexMap<String, Arc<str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_variables_details: Option<Whole>,
}

/// Nothing is left out.
#[derive(Default, Serialize)]
struct Whole {
    truncated: bool,
}

/// Writes the details of an entry or exit; whether it was one.
pub(super) fn write<Fields: SerializeMap>(
    details: &EventDetails,
    fields: &mut Fields,
) -> Result<bool, Fields::Error> {
    if let EventDetails::StateEntered { name, input, .. } = details {
        let entered = Entered {
            name,
            input,
            input_details: Whole::default(),
        };
        fields.serialize_entry("stateEnteredEventDetails", &entered)?;
        return Ok(true);
    }
    let EventDetails::StateExited {
        name,
        output,
        assigned,
        ..
    } = details
    else {
        return Ok(false);
    };
    let has_assigned = !assigned.is_empty();
    let exited = Exited {
        name,
        output,
        output_details: Whole::default(),
        assigned_variables: has_assigned.then_some(assigned),
        assigned_variables_details: has_assigned.then(Whole::default),
    };
    fields.serialize_entry("stateExitedEventDetails", &exited)?;
    Ok(true)
}
