//! The executions of a run and their histories, as Step Functions tells them.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use pawl_functions::execution_arn;
use pawl_store::Run;
use pawl_store::time::iso;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Aws;

/// The longest page that Step Functions gives.
const PAGE: i32 = 1000;

/// One execution of a run. A run has several where a cycle was handed over, or where it was resumed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its ARN.
    pub execution_arn: String,
    /// Its name.
    pub name: String,
    /// How it stands, in AWS's words.
    pub status: String,
    /// When it began.
    pub start_date: String,
    /// When it ended.
    pub stop_date: Option<String>,
}

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

    fn read(mut whole: Map<String, Value>) -> Option<Self> {
        let number = |name: &str| whole.get(name).and_then(Value::as_u64);
        let (id, previous) = (number("id")?, number("previousEventId").unwrap_or(0));
        let seconds = whole.get("timestamp").and_then(Value::as_f64)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds of any date fit, and AWS gives no more digits"
        )]
        let moment = Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()?;
        let event_type = whole.get("type").and_then(Value::as_str)?.to_owned();
        whole.insert("timestamp".to_owned(), iso(moment).into());
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
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .step_functions
                .list_executions()
                .state_machine_arn(&run.machine)
                .max_results(PAGE)
                .set_next_token(token)
                .send()
                .await
                .with_context(|| format!("cannot list the executions of run `{}`", run.run))?;
            // The latest come first: what began before the run is of others, and so is all that follows.
            let is_over = page.executions.last().is_some_and(|execution| {
                moment(&execution.start_date).is_some_and(|start| iso(start) < run.started_at)
            });
            let of_run = page.executions.into_iter();
            found.extend(of_run.filter(|execution| is_of(&execution.name, &run.run)));
            token = page.next_token;
            if is_over || token.is_none() {
                break;
            }
        }
        found.reverse();
        Ok(found.into_iter().map(Execution::of).collect())
    }

    /// The history of an execution; empty where Step Functions has none any more.
    pub async fn history(&self, execution_arn: &str) -> anyhow::Result<Vec<Event>> {
        let mut events = Vec::new();
        let mut token = None;
        loop {
            let (page, next) = self
                .page(execution_arn, PAGE, Order::Forward, token)
                .await?;
            events.extend(page);
            token = next;
            if token.is_none() {
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
        let (latest, _) = self.page(&arn, 25, Order::Reverse, None).await?;
        let mut entered = latest.iter();
        let entered = entered.find_map(|event| Some((event.entered()?, event.moment)));
        Ok(entered.map(|(state, since)| (step_of(state).to_owned(), since)))
    }

    /// One page of a history.
    ///
    /// The client's types cannot be written as JSON again, so the answer is read as it came.
    async fn page(
        &self,
        execution_arn: &str,
        most: i32,
        order: Order,
        token: Option<String>,
    ) -> anyhow::Result<(Vec<Event>, Option<String>)> {
        let answer = Answer::default();
        let asked = self
            .step_functions
            .get_execution_history()
            .execution_arn(execution_arn)
            .max_results(most)
            .reverse_order(order == Order::Reverse)
            .set_next_token(token)
            .customize()
            .interceptor(answer.clone())
            .send()
            .await;
        let page = match asked {
            Ok(page) => page,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetExecutionHistoryError::is_execution_does_not_exist) =>
            {
                return Ok((Vec::new(), None));
            }
            Err(error) => return Err(error).context("cannot read a history"),
        };
        let mut body: Value = serde_json::from_slice(&answer.take())
            .context("Step Functions did not answer with JSON")?;
        let events = body.get_mut("events").and_then(Value::as_array_mut);
        let events = events.map(std::mem::take).unwrap_or_default();
        let events = events.into_iter().filter_map(|event| {
            let Value::Object(whole) = event else {
                return None;
            };
            Event::read(whole)
        });
        Ok((events.collect(), page.next_token))
    }
}

/// Which end of a history comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Forward,
    Reverse,
}

/// Keeps the body of the answer that a client reads.
#[derive(Debug, Clone, Default)]
struct Answer(Arc<Mutex<Vec<u8>>>);

impl Answer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Answer {
    fn name(&self) -> &'static str {
        "Answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body.to_vec();
        Ok(())
    }
}

pub(super) fn moment(date: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(date.to_millis().ok()?).ok()
}

/// The step that a state is of: `each (advance)` is `each`.
pub fn step_of(state: &str) -> &str {
    state.split_once(" (").map_or(state, |(step, _)| step)
}

/// Whether an execution is a run's: named like it, after the generation of a resumed run, and after the visit of a hand-over.
fn is_of(execution: &str, run: &str) -> bool {
    let Some(mut rest) = execution.strip_prefix(run) else {
        return false;
    };
    if let Some(generation) = rest.strip_prefix('.') {
        let digits = generation.trim_start_matches(|digit: char| digit.is_ascii_digit());
        if digits.len() == generation.len() {
            return false;
        }
        rest = digits;
    }
    let Some(at) = rest.strip_prefix('-') else {
        return rest.is_empty();
    };
    at.split('.')
        .all(|segment| segment.len() == 6 && segment.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_of_the_run_that_it_is_named_after() {
        let rows = [
            ("run-1", true),
            ("run-1.2", true),
            ("run-1-000012", true),
            ("run-1.2-000012", true),
            ("run-1-000012.000001.000003", true),
            ("run-1-2", false),
            ("run-12", false),
            ("run-1.", false),
            ("run-1.x", false),
            ("run-", false),
        ];
        for (execution, expected) in rows {
            assert_eq!(is_of(execution, "run-1"), expected, "{execution}");
        }
    }
}
