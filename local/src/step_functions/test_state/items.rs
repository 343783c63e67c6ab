//! The items of a mocked Map: found and selected from by the Map itself, which then hands them out to nobody.

use pawl_interpreter::{EventDetails, Failure, Status};
use serde_json::{Map, Value};

use super::bench::{Bench, Work};
use super::definition::{ITEM, Tested};
use super::mock::Configuration;
use super::verdict::Verdict;
use super::{Asked, Refusal};
use crate::engine::Engine;

/// The fields of a Map that are numbers, by the names that an inspection has for them.
const NUMBERS: [(&str, &str); 3] = [
    ("MaxConcurrency", "maxConcurrency"),
    ("ToleratedFailureCount", "toleratedFailureCount"),
    ("ToleratedFailurePercentage", "toleratedFailurePercentage"),
];

/// What a Map hands out.
#[derive(Debug, Default)]
pub(super) struct Handed {
    /// What every iteration is given, and every child execution where there are batches; nothing where it is not known
    /// what the items are.
    inputs: Option<Vec<Value>>,
    /// Whether the items of a child execution are together in a batch.
    is_batched: bool,
    numbers: Map<String, Value>,
}

impl Handed {
    /// Lets a Map hand its items out. The verdict is that of a Map that comes to no items.
    pub(super) fn of(
        engine: &Engine,
        asked: &Asked,
        tested: &Tested,
        configuration: &Configuration,
    ) -> Result<Result<Self, Verdict>, Refusal> {
        let machine = tested.handing_out(&asked.variables);
        let data = configuration.map_item_reader_data.clone();
        let mut bench = Bench::new(engine, Work::Read(data), false);
        bench.run(&machine, asked, tested)?;
        let inputs = if bench.has_stopped_at_reading {
            None
        } else {
            let verdict = Verdict::of(&bench, tested);
            if !verdict.has_succeeded() {
                return Ok(Err(verdict));
            }
            Some(inputs(&bench))
        };
        let names = NUMBERS.map(|(name, _)| name);
        let machine = tested.settings(&names, &asked.variables);
        let mut bench = Bench::new(engine, Work::Real, false);
        bench.run(&machine, asked, tested)?;
        let numbers = match bench.status {
            Status::Succeeded { output } => output.as_object().cloned().unwrap_or_default(),
            Status::Running
            | Status::Failed { .. }
            | Status::TimedOut { .. }
            | Status::Aborted { .. } => Map::new(),
        };
        Ok(Ok(Self {
            inputs,
            is_batched: tested.fields.contains_key("ItemBatcher"),
            numbers,
        }))
    }

    /// What the Map fails with where more iterations have failed than it tolerates. A Map that says nothing of them goes
    /// by its mock alone, as on AWS.
    pub(super) fn threshold(
        &self,
        configuration: &Configuration,
    ) -> Result<Option<Failure>, Refusal> {
        let Some(failed) = configuration.map_iteration_failure_count else {
            return Ok(None);
        };
        let count = self.inputs.as_ref().map(|_| self.selected().len());
        let count = count.and_then(|count| u32::try_from(count).ok());
        if count.is_some_and(|count| failed > u64::from(count)) {
            let message =
                "stateConfiguration.mapIterationFailureCount exceeds the number of items.";
            return Err(Refusal::invalid(message));
        }
        let number = |name: &str| self.numbers.get(name).and_then(Value::as_f64);
        let failed = f64::from(u32::try_from(failed).unwrap_or(u32::MAX));
        let tolerated = number("ToleratedFailureCount");
        let percentage = number("ToleratedFailurePercentage");
        let share = count.map(|count| 100.0 * failed / f64::from(count.max(1)));
        if percentage.is_some() && share.is_none() {
            let message = "stateConfiguration.mapIterationFailureCount needs mapItemReaderData where \
                           the Map has a ToleratedFailurePercentage.";
            return Err(Refusal::invalid(message));
        }
        // A threshold of zero counts as none; where there is no other, nothing may fail.
        let most = tolerated.filter(|most| *most > 0.0);
        let largest = percentage.filter(|largest| *largest > 0.0);
        let is_named = tolerated.is_some() || percentage.is_some();
        let is_exceeded = match (most, largest) {
            (None, None) => is_named && failed > 0.0,
            (most, largest) => {
                most.is_some_and(|most| failed > most)
                    || matches!((largest, share), (Some(largest), Some(share)) if share > largest)
            }
        };
        Ok(is_exceeded.then(|| {
            let cause = "The specified tolerated failure threshold was exceeded";
            Failure::new("States.ExceedToleratedFailureThreshold", cause)
        }))
    }

    /// What an inspection shows of a Map.
    pub(super) fn inspect(&self, tested: &Tested, data: &mut Map<String, Value>) {
        for (name, shown) in NUMBERS {
            let number = self.numbers.get(name).cloned();
            let number = number.or_else(|| (name == "MaxConcurrency").then(|| 0.into()));
            if let Some(number) = number {
                data.insert(shown.to_owned(), number);
            }
        }
        let Some(inputs) = &self.inputs else {
            return;
        };
        let has = |name: &str| tested.fields.contains_key(name);
        let selected = Value::from(self.selected()).to_string();
        if has("ItemSelector") {
            data.insert("afterItemSelector".to_owned(), selected.into());
        } else if !tested.is_jsonata() {
            // Here the items are the input, and nothing selects from them.
            data.insert("afterItemsPath".to_owned(), selected.into());
        }
        if self.is_batched {
            let batches = Value::from(inputs.clone()).to_string();
            data.insert("afterItemBatcher".to_owned(), batches.into());
        }
    }

    /// What every item came to, whatever batch it is in.
    fn selected(&self) -> Vec<Value> {
        let inputs = self.inputs.iter().flatten();
        let items = inputs.flat_map(|input| match (self.is_batched, input.get("Items")) {
            (true, Some(Value::Array(items))) => items.clone(),
            _ => vec![input.clone()],
        });
        items.collect()
    }
}

/// What iterations and child executions were given, in their order.
fn inputs(bench: &Bench) -> Vec<Value> {
    let iterations = bench.events.iter().filter_map(|event| {
        let EventDetails::StateEntered { name, input, .. } = &event.details else {
            return None;
        };
        (name == ITEM).then(|| serde_json::from_str(input).unwrap_or_default())
    });
    iterations.chain(bench.inputs.iter().cloned()).collect()
}
