//! What the fields of a distributed Map come to when it begins.

use pawl_asl::{Dynamic, Map, expression};
use serde_json::Value;

use super::items::{Batching, Item, STATE_DATA};
use super::reader::Reader;
use super::run::Thresholds;
use super::writer::Style;
use crate::fault::{Fault, name};
use crate::query::{Scope, evaluate, resolve, resolve_whole, unexpected};

/// Where a ResultWriter writes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Export {
    /// The ARN of the call that writes.
    pub(super) resource: String,
    pub(super) bucket: String,
    pub(super) prefix: String,
}

/// The fields of a distributed Map, resolved.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) concurrency: u64,
    pub(super) thresholds: Thresholds,
    pub(super) batching: Option<Batching>,
    pub(super) reader: Option<Result<Reader, String>>,
    pub(super) style: Style,
    pub(super) export: Option<Export>,
}

impl Settings {
    /// Resolves everything but the items and what is selected from them.
    pub(super) fn resolve(map: &Map, scope: &Scope) -> Result<Self, Fault> {
        let whole = |field: &Option<Dynamic<u64>>, place: &str| {
            field
                .as_ref()
                .map(|number| resolve_whole(number, place, scope))
                .transpose()
        };
        let batching = match &map.item_batcher {
            Some(batcher) => Some(Batching {
                input: batcher
                    .batch_input
                    .as_ref()
                    .map(|input| resolve(input, "ItemBatcher/BatchInput", scope))
                    .transpose()?,
                most_items: whole(&batcher.max_items_per_batch, "ItemBatcher/MaxItemsPerBatch")?
                    .filter(|most| *most > 0),
                most_bytes: whole(
                    &batcher.max_input_bytes_per_batch,
                    "ItemBatcher/MaxInputBytesPerBatch",
                )?
                .filter(|most| *most > 0),
            }),
            None => None,
        };
        let (style, export) = writer(map, scope)?;
        Ok(Self {
            concurrency: whole(&map.max_concurrency, "MaxConcurrency")?.unwrap_or(0),
            thresholds: thresholds(map, scope)?,
            batching,
            reader: reader(map, scope)?,
            style,
            export,
        })
    }
}

/// How many items may fail.
pub(in crate::states) fn thresholds(map: &Map, scope: &Scope) -> Result<Thresholds, Fault> {
    let count = map
        .tolerated_failure_count
        .as_ref()
        .map(|count| resolve_count(count, scope))
        .transpose()?;
    let percentage = map
        .tolerated_failure_percentage
        .as_ref()
        .map(|percentage| resolve_percentage(percentage, scope))
        .transpose()?;
    Ok(Thresholds { count, percentage })
}

/// The items in the state's own data: a list, or the members of an object.
pub(super) fn items(map: &Map, scope: &Scope) -> Result<Vec<Item>, Fault> {
    let source = map
        .items
        .as_ref()
        .and_then(Value::as_str)
        .and_then(expression);
    let value = match (&map.items, source) {
        (_, Some(source)) => evaluate(source, "Items", scope)?,
        (Some(template), None) => resolve(template, "Items", scope)?,
        (None, None) => scope.input.clone(),
    };
    Item::all(value, STATE_DATA).map_err(|value| {
        if let Some(source) = source {
            return unexpected(source, "Items", "array", &value);
        }
        let cause = format!("Map state input must be an array but was: {value}");
        Fault::expression("Items", cause)
    })
}

fn reader(map: &Map, scope: &Scope) -> Result<Option<Result<Reader, String>>, Fault> {
    let Some(reader) = &map.item_reader else {
        return Ok(None);
    };
    let field = |template: &Option<Value>, place| {
        template
            .as_ref()
            .map(|template| resolve(template, place, scope))
            .transpose()
    };
    let arguments = field(&reader.arguments, "ItemReader/Arguments")?.unwrap_or_default();
    let config = field(&reader.reader_config, "ItemReader/ReaderConfig")?.unwrap_or_default();
    Ok(Some(Reader::new(&reader.resource, arguments, &config)))
}

fn writer(map: &Map, scope: &Scope) -> Result<(Style, Option<Export>), Fault> {
    let Some(writer) = &map.result_writer else {
        return Ok((Style::default(), None));
    };
    let config = writer
        .writer_config
        .as_ref()
        .map(|config| resolve(config, "ResultWriter/WriterConfig", scope))
        .transpose()?;
    let export = match &writer.resource {
        Some(resource) => {
            let arguments = match &writer.arguments {
                Some(arguments) => resolve(arguments, "ResultWriter/Arguments", scope)?,
                None => Value::Null,
            };
            let text = |name: &str| arguments.get(name).and_then(Value::as_str);
            Some(Export {
                resource: resource.clone(),
                bucket: text("Bucket").unwrap_or_default().to_owned(),
                prefix: text("Prefix").unwrap_or_default().to_owned(),
            })
        }
        None => None,
    };
    let style = Style::new(config.as_ref(), export.is_some())
        .map_err(|cause| Fault::state(name::RUNTIME, cause))?;
    Ok((style, export))
}

/// A count below zero is an error of the execution on AWS, not one of the expression.
fn resolve_count(field: &Dynamic<u64>, scope: &Scope) -> Result<u64, Fault> {
    let place = "ToleratedFailureCount";
    let Dynamic::Expression(text) = field else {
        return resolve_whole(field, place, scope);
    };
    let source = expression(text).unwrap_or(text);
    let value = evaluate(source, place, scope)?;
    if value.as_i64().is_some_and(i64::is_negative) {
        let cause = "ToleratedFailureCount cannot be negative.";
        return Err(Fault::state(name::RUNTIME, cause));
    }
    value
        .as_u64()
        .ok_or_else(|| unexpected(source, place, "number", &value))
}

fn resolve_percentage(field: &Dynamic<f64>, scope: &Scope) -> Result<f64, Fault> {
    let place = "ToleratedFailurePercentage";
    let percentage = match field {
        Dynamic::Fixed(percentage) => *percentage,
        Dynamic::Expression(text) => {
            let source = expression(text).unwrap_or(text);
            let value = evaluate(source, place, scope)?;
            value
                .as_f64()
                .ok_or_else(|| unexpected(source, place, "number", &value))?
        }
    };
    if !(0.0..=100.0).contains(&percentage) {
        let cause = "ToleratedFailurePercentage must be between 0 and 100.";
        return Err(Fault::state(name::RUNTIME, cause));
    }
    Ok(percentage)
}
