//! A Map at work, its iterations inside the execution; `distributed` has those with executions of their own.

use std::sync::Arc;

use pawl_asl::limits::INLINE_MAP_CONCURRENCY;
use pawl_asl::{Map, QueryLanguage, expression};
use serde_json::Value;

use super::Sight;
use super::distributed::thresholds;
use crate::execution::Engine;
use crate::fault::{Fault, name};
use crate::history::EventDetails;
use crate::query::{Scope, evaluate, resolve, resolve_whole, unexpected};
use crate::strand::StrandId;

impl Engine<'_> {
    /// Finds the items and begins as many iterations as may run at once.
    pub(super) fn map(&mut self, id: StrandId, name: &str, map: &Map) -> Result<(), Fault> {
        if map.is_distributed() {
            return self.distribute(id, name, map);
        }
        let (concurrency, items) = self.with_scope(id, Sight::default(), |scope| {
            let concurrency = match &map.max_concurrency {
                Some(concurrency) => resolve_whole(concurrency, "MaxConcurrency", scope)?,
                None => 0,
            };
            // Only a distributed Map heeds the thresholds, but AWS takes them here, too.
            thresholds(map, scope)?;
            Ok((concurrency, items(map, scope)?))
        })?;
        let concurrency = match usize::try_from(concurrency) {
            Ok(0) | Err(_) => INLINE_MAP_CONCURRENCY,
            Ok(concurrency) => concurrency.min(INLINE_MAP_CONCURRENCY),
        };
        self.record(
            id,
            EventDetails::StateStarted {
                kind: "Map",
                length: Some(items.len()),
            },
        );
        let items = items.into_iter().map(Arc::new).collect();
        self.begin_children(id, items, concurrency);
        Ok(())
    }
}

fn items(map: &Map, scope: &Scope) -> Result<Vec<Value>, Fault> {
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
    // An object is none either: only what a distributed Map reads from S3 can be one.
    let Value::Array(items) = value else {
        if scope.language == QueryLanguage::JsonPath {
            let cause = "Reference path \"$\" must point to array.";
            return Err(Fault::state(name::RUNTIME, cause));
        }
        let fault = |source| unexpected(source, "Items", "array", &value);
        let cause = format!("Map state input must be an array but was: {value}");
        return Err(source.map_or_else(|| Fault::expression("Items", cause), fault));
    };
    Ok(items)
}
