//! The executions of a run and their histories, as Step Functions tells them.

use jiff::Timestamp;
use pawl_functions::execution_arn;
use pawl_functions::history::{self, Execution, Order, PAGE};
use pawl_store::Run;
use serde_json::{Map, Value};

use super::Aws;

/// One event of an execution.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number.
    pub id: u64,
    /// The event that led to it.
    pub previous: u64,
    /// When it happened.
    pub moment: Timestamp,
    /// Its type, such as `TaskStateEntered`.
    pub event_type: String,
    /// The event as AWS gives it, with its moment as ISO 8601.
    pub whole: Map<String, Value>,
}

impl Event {
    /// What the event says beside its type: the object whose name ends in `EventDetails`.
    pub fn details(&self) -> Option<&Map<String, Value>> {
        let mut fields = self.whole.iter();
        let found = fields.find(|(name, _)| name.ends_with("EventDetails"));
        found.and_then(|(_, details)| details.as_object())
    }

    /// A text in the details.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.details()?.get(name)?.as_str()
    }

    /// The state that begins with this event.
    pub fn entered(&self) -> Option<&str> {
        let is_entered = self.event_type.ends_with("StateEntered");
        self.text("name").filter(|_| is_entered)
    }

    /// An event as it is told, with its moment as ISO 8601.
    pub fn read(whole: Map<String, Value>) -> Option<Self> {
        let number = |name: &str| whole.get(name).and_then(Value::as_u64);
        let (id, previous) = (number("id")?, number("previousEventId").unwrap_or(0));
        let moment = whole.get("timestamp").and_then(Value::as_str)?;
        let moment = moment.parse().ok()?;
        let event_type = whole.get("type").and_then(Value::as_str)?.to_owned();
        Some(Self {
            id,
            previous,
            moment,
            event_type,
            whole,
        })
    }
}

impl Aws {
    /// The executions of a run, in the order in which they began.
    pub async fn executions(&self, run: &Run) -> anyhow::Result<Vec<Execution>> {
        Ok(history::executions(&self.step_functions, run).await?)
    }

    /// The history of an execution; empty where Step Functions has none any more.
    pub async fn history(&self, execution_arn: &str) -> anyhow::Result<Vec<Event>> {
        let client = &self.step_functions;
        let mut events = Vec::new();
        let mut place = None;
        loop {
            let page = history::events(client, execution_arn, PAGE, Order::Forward, place);
            let (page, next) = page.await?;
            events.extend(page.into_iter().filter_map(Event::read));
            place = next;
            if place.is_none() {
                return Ok(events);
            }
        }
    }

    /// The state that a run is in, and since when; none where it is over or Step Functions does not know.
    pub async fn current(&self, run: &Run) -> anyhow::Result<Option<(String, Timestamp)>> {
        if !run.is_open() {
            return Ok(None);
        }
        let arn = execution_arn(&run.machine, &run.execution);
        let client = &self.step_functions;
        let (latest, _) = history::events(client, &arn, 25, Order::Reverse, None).await?;
        let mut latest = latest.into_iter().filter_map(Event::read);
        let entered =
            latest.find_map(|event| Some((step_of(event.entered()?).to_owned(), event.moment)));
        Ok(entered)
    }
}

/// The step that a state is of: `each (advance)` is `each`.
pub fn step_of(state: &str) -> &str {
    state.split_once(" (").map_or(state, |(step, _)| step)
}
