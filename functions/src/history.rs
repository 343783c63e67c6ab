//! The executions of a run and their histories, as Step Functions tells them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::get_execution_history::GetExecutionHistoryError;
use aws_sdk_sfn::types::ExecutionListItem;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use pawl_contract::{StepError, code};
use pawl_store::Run;
use pawl_store::time::iso;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;
use crate::trigger::unavailable;

/// The longest page that Step Functions gives.
pub const PAGE: i32 = 1000;

/// An event as AWS gives it, with its moment as ISO 8601.
pub type Event = Map<String, Value>;

/// One execution of a run. A run has several where a cycle was handed over, or where it was resumed.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Which end of a history comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Its beginning.
    Forward,
    /// Its end.
    Reverse,
}

impl Execution {
    /// An execution as it is listed.
    pub fn of(listed: ExecutionListItem) -> Self {
        Self {
            start_date: moment(&listed.start_date).map(iso).unwrap_or_default(),
            stop_date: listed.stop_date.as_ref().and_then(moment).map(iso),
            execution_arn: listed.execution_arn,
            name: listed.name,
            status: listed.status.as_str().to_owned(),
        }
    }
}

/// The executions of a run, in the order in which they began.
pub async fn executions(client: &Client, run: &Run) -> Result<Vec<Execution>, StepError> {
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let list = client.list_executions().state_machine_arn(&run.machine);
        let page = list.max_results(PAGE).set_next_token(token).send().await;
        let page = page.map_err(|failed| failed_call("ListExecutions", &run.machine, &failed))?;
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

/// One page of an execution's history, and where the next one begins; empty where Step Functions has none any more.
///
/// The client's types cannot be written as JSON again, so the answer is read as it came.
pub async fn events(
    client: &Client,
    execution_arn: &str,
    most: i32,
    order: Order,
    place: Option<String>,
) -> Result<(Vec<Event>, Option<String>), StepError> {
    let answer = Answer::default();
    let asked = client
        .get_execution_history()
        .execution_arn(execution_arn)
        .max_results(most)
        .reverse_order(order == Order::Reverse)
        .set_next_token(place)
        .customize()
        .interceptor(answer.clone())
        .send()
        .await;
    let page = match asked {
        Ok(page) => page,
        Err(failed) => {
            return match failed.as_service_error() {
                Some(error) if error.is_execution_does_not_exist() => Ok((Vec::new(), None)),
                Some(error) if is_of_no_page(error) => {
                    let message = "no page of this history begins there";
                    Err(StepError::new(code::VALIDATION_ERROR, message))
                }
                _ => Err(failed_call("GetExecutionHistory", execution_arn, &failed)),
            };
        }
    };
    let mut body: Value = serde_json::from_slice(&answer.take()).unwrap_or_default();
    let events = body.get_mut("events").and_then(Value::as_array_mut);
    let events = events.map(std::mem::take).unwrap_or_default();
    Ok((
        events.into_iter().filter_map(read).collect(),
        page.next_token,
    ))
}

fn is_of_no_page(error: &GetExecutionHistoryError) -> bool {
    error.is_invalid_token()
}

/// An event with its moment as ISO 8601.
fn read(event: Value) -> Option<Event> {
    let Value::Object(mut event) = event else {
        return None;
    };
    let seconds = event.get("timestamp").and_then(Value::as_f64)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds of any date fit, and AWS gives no more digits"
    )]
    let moment = Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()?;
    event.insert("timestamp".to_owned(), iso(moment).into());
    Some(event)
}

fn failed_call<E: std::error::Error>(call: &str, of: &str, failed: &E) -> StepError {
    Error::into_step(unavailable(call, of, failed))
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

fn moment(date: &DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(date.to_millis().ok()?).ok()
}

/// Whether an execution is a run's: named like it, after the generation of a resumed run, and after the visit of a hand-over.
pub fn is_of(execution: &str, run: &str) -> bool {
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
