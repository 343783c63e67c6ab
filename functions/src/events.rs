//! What the bus hears: `customer.created`, `conversation.closed`, `workflow.completed` and the like.
//!
//! ```json
//! { "id": "9f86d0...", "organizationId": "acme", "collection": "customers", "recordId": "c1", "record": { ... },
//!   "execution": { "executionId": "run-1", "wfDefinitionId": "welcome", "rootWfDefinitionId": "welcome" } }
//! ```
//! An event is written in the transaction of what it tells of and told after it: never of something that did not
//! happen, and at least once. Whoever must not act twice goes by its `id`.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use pawl_store::{Close, Event, Key, LARGEST_INLINE, Run, RunStatus, Transaction, Untold, Writes};
use serde_json::{Value, json};

use crate::clock::Moment;
use crate::{Error, Services, id};

/// Who speaks.
const SOURCE: &str = "pawl";

/// So many events fit one request.
const MOST_EVENTS: usize = 10;

/// Where and when events happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'invocation> {
    pub org: &'invocation str,
    pub run: &'invocation str,
    pub workflow: &'invocation str,
    /// No other transaction has it.
    pub key: &'invocation str,
    pub time: Moment,
}

/// What is told of records that are written.
pub(crate) fn of_writes(writes: &Writes, occasion: &Occasion<'_>) -> Vec<Event> {
    let told = writes
        .iter()
        .flat_map(|write| write.events.iter().map(move |name| (name, write)));
    told.map(|(name, write)| {
        let record = Value::Object(write.value.clone());
        // An event is small; whoever needs a large record reads it.
        let fits = record.to_string().len() <= LARGEST_INLINE;
        let detail = json!({
            "collection": write.collection,
            "recordId": write.id,
            "record": fits.then_some(record),
        });
        occasion.event(name, &write.id, detail)
    })
    .collect()
}

/// What is told of a run's end. Who tries a draft must start nobody who listens.
pub(crate) fn of_end(run: Option<&Run>, close: &Close, occasion: &Occasion<'_>) -> Option<Event> {
    if run.is_some_and(|run| run.draft) {
        return None;
    }
    let name = match close.status {
        RunStatus::Completed => "workflow.completed",
        RunStatus::Pending
        | RunStatus::Running
        | RunStatus::Waiting
        | RunStatus::Failed
        | RunStatus::Timeout => "workflow.failed",
        RunStatus::Cancelled => "workflow.cancelled",
    };
    // A message may hold what only the record should.
    let error = close
        .error
        .as_ref()
        .map(|error| json!({ "code": error.code, "step": error.step }));
    let detail = json!({ "status": close.status, "error": error });
    Some(occasion.event(name, occasion.run, detail))
}

impl Occasion<'_> {
    fn event(&self, name: &str, what: &str, mut detail: Value) -> Event {
        let id = id::of(&[self.key, name, what]);
        if let Some(detail) = detail.as_object_mut() {
            detail.insert("id".to_owned(), id.clone().into());
            detail.insert("organizationId".to_owned(), self.org.into());
            let execution = json!({
                "executionId": self.run,
                "wfDefinitionId": self.workflow,
                "rootWfDefinitionId": self.workflow,
            });
            detail.insert("execution".to_owned(), execution);
        }
        Event {
            id,
            name: name.to_owned(),
            time: self.time.iso(),
            detail,
        }
    }
}

/// Events that are written, and are to be told.
#[derive(Debug)]
pub(crate) struct News(Option<Untold>);

impl From<Untold> for News {
    fn from(untold: Untold) -> Self {
        Self(Some(untold))
    }
}

impl News {
    /// Adds events to a transaction. There are none where nobody listens.
    pub(crate) async fn write(
        events: Vec<Event>,
        nonce: &str,
        transaction: &mut Transaction,
        services: &Services,
    ) -> Result<Self, Error> {
        if events.is_empty() || services.settings().bus.is_none() {
            return Ok(Self(None));
        }
        let key: Key = transaction.events(services.store(), nonce, &events).await?;
        Ok(Self::from(Untold { key, events }))
    }

    /// Tells the bus, and forgets what was told. Whether it was: what was not is told later, by the recorder.
    pub(crate) async fn tell(self, services: &Services) -> bool {
        let (Some(untold), Some(bus)) = (self.0, &services.settings().bus) else {
            return true;
        };
        for events in untold.events.chunks(MOST_EVENTS) {
            if let Err(reason) = put(events, bus, services).await {
                tracing::warn!(reason, "the bus was not told");
                return false;
            }
        }
        // Told again is better than not told: the id says that it is the same.
        if let Err(error) = services.store().told(&untold.key).await {
            tracing::warn!(%error, "the bus will be told again");
        }
        true
    }
}

/// Puts events on the bus, or says why it did not take them.
async fn put(events: &[Event], bus: &str, services: &Services) -> Result<(), String> {
    let entry = |event: &Event| {
        let time = event.time.parse::<jiff::Timestamp>().ok();
        let time = time.map(|time| DateTime::from_millis(time.as_millisecond()));
        PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(&event.name)
            .detail(event.detail.to_string())
            .event_bus_name(bus)
            .set_time(time)
            .build()
    };
    let entries: Vec<_> = events.iter().map(entry).collect();
    let request = services
        .event_bridge()
        .put_events()
        .set_entries(Some(entries));
    let answer = request.send().await.map_err(|error| error.to_string())?;
    if answer.failed_entry_count == 0 {
        return Ok(());
    }
    let codes = answer.entries.unwrap_or_default().into_iter();
    let codes: Vec<String> = codes.filter_map(|entry| entry.error_code).collect();
    Err(codes.join(", "))
}
