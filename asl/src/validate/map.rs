//! A Map, and what only a distributed one has.

use serde_json::{Map, Value};

use super::block::StateAt;
use super::diagnostic::Findings;
use super::fields::{
    ITEM_BATCHER, ITEM_READER, PROCESSOR_CONFIG, READER_CONFIG, RESULT_WRITER, WRITER_CONFIG,
};
use super::object;
use super::place::Place;
use crate::{MachineType, QueryLanguage};

/// Fields that mean nothing to the iterations of one execution. The thresholds of failures mean nothing either, but AWS
/// takes them anywhere, as recorded there.
const DISTRIBUTED_ONLY: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

/// Checks a Map; the states of its item processor are not looked at.
pub(super) fn check(
    state: &StateAt,
    language: QueryLanguage,
    machine_type: MachineType,
    findings: &mut Findings,
) {
    let StateAt { fields, place, .. } = state;
    let has = |name: &str| fields.contains_key(name);
    object::exactly_one(has, &["ItemProcessor", "Iterator"], place, findings);
    for name in [
        "MaxConcurrency",
        "ToleratedFailurePercentage",
        "ToleratedFailureCount",
    ] {
        let path = format!("{name}Path");
        object::not_both(fields, [name, &path], place, findings);
    }
    let mut is_distributed = false;
    for name in ["ItemProcessor", "Iterator"] {
        let config = fields
            .get(name)
            .and_then(|processor| processor.get("ProcessorConfig"))
            .and_then(Value::as_object);
        if let Some(config) = config {
            let place = place.field(name).field("ProcessorConfig");
            is_distributed |= processor_config(config, machine_type, &place, findings);
        }
    }
    if !is_distributed {
        for name in DISTRIBUTED_ONLY.iter().filter(|name| has(name)) {
            findings.schema(place, format!("Field '{name}' is not supported"));
        }
        return;
    }
    let part = |name: &str| {
        let part = fields.get(name)?.as_object()?;
        Some((part, place.field(name)))
    };
    if let Some((batcher, place)) = part("ItemBatcher") {
        object::check(batcher, ITEM_BATCHER, language, &place, findings);
    }
    if let Some((reader, place)) = part("ItemReader") {
        item_reader(reader, language, &place, findings);
    }
    if let Some((writer, place)) = part("ResultWriter") {
        result_writer(writer, language, &place, findings);
    }
}

/// Checks how iterations run; whether each is an execution of its own.
fn processor_config(
    config: &Map<String, Value>,
    machine_type: MachineType,
    place: &Place,
    findings: &mut Findings,
) -> bool {
    object::check(
        config,
        PROCESSOR_CONFIG,
        QueryLanguage::JsonPath,
        place,
        findings,
    );
    let is_distributed = config.get("Mode").is_some_and(|mode| mode == "DISTRIBUTED");
    if is_distributed {
        object::required(config, &["ExecutionType"], place, findings);
        if machine_type == MachineType::Express {
            let message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines";
            findings.schema(&place.field("Mode"), message);
        }
    } else if config.contains_key("ExecutionType") {
        findings.schema(place, "Field 'ExecutionType' is not supported");
    }
    is_distributed
}

fn item_reader(
    reader: &Map<String, Value>,
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    object::check(reader, ITEM_READER, language, place, findings);
    object::required(reader, &["Resource"], place, findings);
    let resource = reader.get("Resource").and_then(Value::as_str);
    let known = [":states:::s3:getObject", ":states:::s3:listObjectsV2"];
    if resource.is_some_and(|resource| !known.iter().any(|known| resource.ends_with(known))) {
        let message = "The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2]";
        findings.schema(&place.field("Resource"), message);
    }
    let Some(config) = reader.get("ReaderConfig").and_then(Value::as_object) else {
        return;
    };
    let place = place.field("ReaderConfig");
    object::check(config, READER_CONFIG, language, &place, findings);
    object::not_both(config, ["MaxItems", "MaxItemsPath"], &place, findings);
    let is = |name: &str, expected: &str| config.get(name).is_some_and(|value| value == expected);
    let has = |name: &str| config.contains_key(name);
    // The files of a manifest may be tables too.
    let is_table = is("InputType", "CSV");
    if is_table && !has("CSVHeaderLocation") {
        let message = "The field 'CSVHeaderLocation' is required";
        findings.schema(&place, message);
    }
    if has("InputType") && !is_table && !is("InputType", "MANIFEST") {
        for name in ["CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"] {
            if has(name) {
                findings.schema(&place, format!("Field '{name}' is not supported"));
            }
        }
    }
    if is("CSVHeaderLocation", "GIVEN") {
        object::required(config, &["CSVHeaders"], &place, findings);
    }
}

fn result_writer(
    writer: &Map<String, Value>,
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    object::check(writer, RESULT_WRITER, language, place, findings);
    let destination = match language {
        QueryLanguage::Jsonata => "Arguments",
        QueryLanguage::JsonPath => "Parameters",
    };
    let resource = writer.get("Resource").and_then(Value::as_str);
    if resource.is_some_and(|resource| !resource.ends_with(":states:::s3:putObject")) {
        let message = "The field 'Resource' does not match any of the allowed values. Examples: [arn:<partition>:states:::s3:putObject]";
        findings.schema(&place.field("Resource"), message);
    }
    // A destination, a form, or both.
    if resource.is_some() || !writer.contains_key("WriterConfig") {
        object::required(writer, &["Resource", destination], place, findings);
    }
    // Measured on AWS, in JSONata mode.
    let arguments = writer.get("Arguments").and_then(Value::as_object);
    if let Some(arguments) = arguments {
        let place = place.field("Arguments");
        object::required(arguments, &["Prefix"], &place, findings);
    }
    if let Some(config) = writer.get("WriterConfig").and_then(Value::as_object) {
        let place = place.field("WriterConfig");
        object::check(config, WRITER_CONFIG, language, &place, findings);
    }
}
