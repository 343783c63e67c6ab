//! A single state: the fields of its kind and of its language.

use serde_json::{Map, Value};

use super::block::StateAt;
use super::expressions::{self, Sees};
use super::fields::STATES;
use super::{Checker, choice, errors, language, map, object, task, wait};
use crate::limits::{CAUSE_CHARACTERS, ERROR_CHARACTERS};
use crate::{MachineType, QueryLanguage, expression};

impl Checker<'_> {
    /// Checks the fields of a state; the states inside it are not looked at.
    pub(super) fn state(&mut self, state: &StateAt, machine_type: MachineType) {
        let StateAt { fields, place, .. } = state;
        let findings = &mut self.findings;
        object::required(fields, &["Type"], place, findings);
        let Some(named) = fields.get("Type") else {
            return;
        };
        let Some((kind, table)) = STATES.iter().find(|(kind, _)| named == kind) else {
            let kinds: Vec<&str> = STATES.iter().map(|(kind, _)| *kind).collect();
            let message = format!(
                "The field 'Type' should have one of these values: [{}]",
                kinds.join(", ")
            );
            findings.schema(&place.field("Type"), message);
            return;
        };
        let own = language(fields.get("QueryLanguage"), self.language);
        if self.language == QueryLanguage::Jsonata && own == QueryLanguage::JsonPath {
            let message =
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            findings.schema(place, message);
        } else {
            object::languages(fields, table, own, place, findings);
        }
        object::shapes(fields, table, own, place, findings);
        leaving(state, kind, findings);
        errors::check(state, own, findings);
        match *kind {
            "Task" => task::check(state, own, machine_type, findings),
            "Choice" => choice::check(state, own, findings),
            "Wait" => wait::check(state, findings),
            "Fail" => fail(state, own, findings),
            "Parallel" => object::required(fields, &["Branches"], place, findings),
            "Map" => map::check(state, own, machine_type, findings),
            _ => {}
        }
        if own == QueryLanguage::Jsonata {
            self.expressions(state);
        }
    }

    /// Checks the expressions of a state in JSONata mode.
    fn expressions(&mut self, state: &StateAt) {
        let survey = self.survey;
        let kind = state.fields.get("Type").and_then(Value::as_str);
        let has_result = matches!(kind, Some("Task" | "Parallel" | "Map"));
        for (name, value) in state.fields {
            let place = state.place.field(name);
            match name.as_str() {
                // Text, whatever it looks like, or states of their own.
                "Type" | "Comment" | "QueryLanguage" | "Resource" | "Next" | "Default"
                | "Retry" | "Label" | "Branches" | "ItemProcessor" | "Iterator" => {}
                "Catch" | "Choices" => {
                    for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
                        let place = place.item(index);
                        for (name, value) in entry.as_object().into_iter().flatten() {
                            if matches!(name.as_str(), "Assign" | "Output" | "Condition") {
                                let sees = if state.fields.contains_key("Choices") {
                                    Sees::Neither
                                } else {
                                    Sees::Error
                                };
                                let place = place.field(name);
                                expressions::check(value, &place, sees, survey, &mut self.findings);
                            }
                        }
                    }
                }
                "ItemReader" => {
                    // The names of columns are names.
                    let without_headers = without(value, "ReaderConfig", "CSVHeaders");
                    let (value, sees) = (&without_headers, Sees::Neither);
                    expressions::check(value, &place, sees, survey, &mut self.findings);
                }
                "Output" | "Assign" if has_result => {
                    expressions::check(value, &place, Sees::Result, survey, &mut self.findings);
                }
                _ => expressions::check(value, &place, Sees::Neither, survey, &mut self.findings),
            }
        }
    }
}

/// A value without one member of one of its members.
fn without(value: &Value, outer: &str, inner: &str) -> Value {
    let mut value = value.clone();
    if let Some(member) = value.get_mut(outer).and_then(Value::as_object_mut) {
        member.shift_remove(inner);
    }
    value
}

/// Checks that a state says in exactly one way what follows it.
fn leaving(state: &StateAt, kind: &str, findings: &mut super::diagnostic::Findings) {
    if matches!(kind, "Choice" | "Succeed" | "Fail") {
        return;
    }
    let has = |name: &str| match name {
        // `"End": false` says nothing.
        "End" => state.fields.get(name).is_some_and(|end| *end != false),
        name => state.fields.contains_key(name),
    };
    object::exactly_one(has, &["Next", "End"], &state.place, findings);
}

fn fail(state: &StateAt, language: QueryLanguage, findings: &mut super::diagnostic::Findings) {
    let StateAt { fields, place, .. } = state;
    let rows = [
        (["Error", "ErrorPath"], ERROR_CHARACTERS),
        (["Cause", "CausePath"], CAUSE_CHARACTERS),
    ];
    for (names, most) in rows {
        object::not_both(fields, names, place, findings);
        let [name, _] = names;
        let is_dynamic =
            |text: &str| language == QueryLanguage::Jsonata && expression(text).is_some();
        let characters = written(fields, name)
            .filter(|text| !is_dynamic(text))
            .map_or(0, |text| text.chars().count());
        if characters > most {
            let message = format!("Maximum length is {most}");
            findings.schema(&place.field(name), message);
        }
    }
}

fn written<'d>(fields: &'d Map<String, Value>, name: &str) -> Option<&'d str> {
    fields.get(name)?.as_str()
}
