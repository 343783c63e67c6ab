//! Holds an object against the table of its fields.

use serde_json::{Map, Value};

use super::diagnostic::Findings;
use super::fields::{Field, Shape};
use super::place::Place;
use super::{expressions, wait};
use crate::QueryLanguage;

/// Checks the fields of an object: that it may have them, and what stands in them.
pub(super) fn check(
    object: &Map<String, Value>,
    fields: &[Field],
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    languages(object, fields, language, place, findings);
    shapes(object, fields, language, place, findings);
}

/// Checks that an object has no field of the other language.
pub(super) fn languages(
    object: &Map<String, Value>,
    fields: &[Field],
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    for name in object.keys() {
        if let Some(Some(only)) = find(fields, name).map(|field| field.language)
            && only != language
        {
            findings.schema(place, other_language(name, language));
        }
    }
}

/// Checks that an object has no field that nothing knows, and what stands in those that it has.
pub(super) fn shapes(
    object: &Map<String, Value>,
    fields: &[Field],
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    for (name, value) in object {
        match find(fields, name) {
            None => findings.schema(place, format!("Field '{name}' is not supported")),
            Some(field) if field.language.is_some_and(|only| only != language) => {}
            Some(field) => shape(value, field.shape, language, &place.field(name), findings),
        }
    }
}

fn find<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    fields.iter().find(|field| field.name == name)
}

/// That a field is of the other language.
pub(super) fn other_language(field: &str, language: QueryLanguage) -> String {
    let (own, other) = match language {
        QueryLanguage::Jsonata => ("JSONata", "JSONPath"),
        QueryLanguage::JsonPath => ("JSONPath", "JSONata"),
    };
    format!(
        "The QueryLanguage is set to '{own}', but field '{field}' is only supported for the '{other}' QueryLanguage"
    )
}

/// Checks that an object has some fields.
pub(super) fn required(
    object: &Map<String, Value>,
    names: &[&str],
    place: &Place,
    findings: &mut Findings,
) {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !object.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let message = format!("These fields are required: [{}]", missing.join(", "));
        findings.schema(place, message);
    }
}

/// Checks that an object has one of some fields and no more.
pub(super) fn exactly_one(
    has: impl Fn(&str) -> bool,
    names: &[&str],
    place: &Place,
    findings: &mut Findings,
) {
    let count = names.iter().filter(|name| has(name)).count();
    let names = names.join(", ");
    match count {
        0 => findings.schema(
            place,
            format!("This object should have only one of the following fields: [{names}]"),
        ),
        1 => {}
        _ => findings.schema(
            place,
            format!("There should only be one of the following fields: [{names}]"),
        ),
    }
}

/// Checks that an object has at most one of two fields.
pub(super) fn not_both(
    object: &Map<String, Value>,
    names: [&str; 2],
    place: &Place,
    findings: &mut Findings,
) {
    if names.iter().all(|name| object.contains_key(*name)) {
        exactly_one(|name| object.contains_key(name), &names, place, findings);
    }
}

fn shape(
    value: &Value,
    shape: Shape,
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    let dynamic = language == QueryLanguage::Jsonata && value.is_string();
    let mut expected = |is: bool, kind: &str| {
        if !is {
            findings.schema(place, format!("Expected value of type {kind}"));
        }
        is
    };
    match shape {
        Shape::Template if language == QueryLanguage::Jsonata => {
            expressions::template(value, place, findings);
        }
        Shape::Template | Shape::Anything => {}
        Shape::Templates => {
            if expected(value.is_object(), "[OBJECT]") && language == QueryLanguage::Jsonata {
                expressions::template(value, place, findings);
            }
        }
        Shape::Text => {
            expected(value.is_string(), "[STRING]");
        }
        Shape::TextTemplate => {
            if expected(value.is_string(), "[STRING]") && dynamic {
                expressions::template(value, place, findings);
            }
        }
        Shape::OneOf(allowed) => {
            if expected(value.is_string(), "[STRING]")
                && !allowed.iter().any(|allowed| value == allowed)
            {
                let allowed = allowed.join(", ");
                findings.schema(
                    place,
                    format!("Value should be one of the following: [{allowed}]"),
                );
            }
        }
        Shape::Flag => {
            expected(value.is_boolean(), "[BOOLEAN]");
        }
        Shape::Object => {
            expected(value.is_object(), "[OBJECT]");
        }
        Shape::List => {
            if expected(value.is_array(), "[ARRAY]") && value.as_array().is_some_and(Vec::is_empty)
            {
                findings.schema(place, "Value cannot be empty");
            }
        }
        Shape::Path => path(value, place, findings),
        Shape::Moment => wait::moment(value, language, place, findings),
        Shape::WholeTemplate(..) | Shape::Percentage if dynamic => {
            expressions::only(value, place, findings);
        }
        Shape::Whole(least, most) | Shape::WholeTemplate(least, most) => {
            whole(value, least, most, place, findings);
        }
        Shape::Percentage => bounds(value, 0.0, Some(100.0), place, findings),
        Shape::AtLeast(least) => bounds(value, least, None, place, findings),
    }
}

fn whole(value: &Value, least: u64, most: u64, place: &Place, findings: &mut Findings) {
    let is_negative = value.as_i64().is_some_and(|number| number < 0);
    match value.as_u64() {
        None if !is_negative => findings.schema(place, "Expected value of type Integer"),
        Some(number) if number > most => {
            findings.schema(place, format!("Maximum value is {most}"));
        }
        Some(number) if number >= least => {}
        _ => findings.schema(place, format!("Minimum value is {least}")),
    }
}

fn bounds(value: &Value, least: f64, most: Option<f64>, place: &Place, findings: &mut Findings) {
    match value.as_f64() {
        None => findings.schema(place, "Expected value of type Number"),
        Some(number) if number < least => {
            findings.schema(place, format!("Minimum value is {least}"));
        }
        Some(number) => {
            if let Some(most) = most.filter(|most| number > *most) {
                findings.schema(place, format!("Maximum value is {most}"));
            }
        }
    }
}

/// A path begins at the input, at a variable or at the context; `null` stands for nothing at all.
fn path(value: &Value, place: &Place, findings: &mut Findings) {
    let is_path = value.is_null()
        || value
            .as_str()
            .is_some_and(|path| path.starts_with('$') || path.starts_with("States."));
    if !is_path {
        findings.schema(place, "Value must be a valid JSONPath.");
    }
}
