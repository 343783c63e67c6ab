//! What stands for the work of a state, and what it has been through already.

use pawl_interpreter::Failure;
use serde::Deserialize;
use serde_json::Value;

use super::answers::{self, Mode};
use super::definition::Tested;
use crate::refusal::Refusal;

/// What stands for the work of the state.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mock {
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    error_output: Option<Failure>,
    #[serde(default)]
    field_validation_mode: Option<Mode>,
}

/// What the state has been through already.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configuration {
    #[serde(default)]
    pub(super) retrier_retry_count: Option<u64>,
    #[serde(default)]
    error_caused_by_state: Option<String>,
    #[serde(default)]
    pub(super) map_iteration_failure_count: Option<u64>,
    #[serde(default)]
    pub(super) map_item_reader_data: Option<String>,
}

impl Mock {
    /// What the work of the state comes to, as far as that can be.
    pub(super) fn outcome(self, tested: &Tested) -> Result<Result<Value, Failure>, Refusal> {
        let kind = tested.kind();
        if !matches!(kind, "Task" | "Parallel" | "Map") {
            let message = format!("State type '{kind}' is not supported when a mock is specified");
            return Err(Refusal::invalid(message));
        }
        let result = match (self.result, self.error_output) {
            (Some(result), None) => result,
            (None, Some(failure)) if failure.error.is_none() => {
                let message = "mock.errorOutput.error must be specified with mock.errorOutput.";
                return Err(Refusal::invalid(message));
            }
            (None, Some(failure)) => return Ok(Err(failure)),
            (Some(_), Some(_)) | (None, None) => {
                let message = "A test mock should have only one of the following fields: [result, errorOutput].";
                return Err(Refusal::invalid(message));
            }
        };
        let result: Value = serde_json::from_str(&result)
            .map_err(|_| Refusal::invalid("Mocked result must be valid JSON"))?;
        match kind {
            "Map" if tested.fields.contains_key("ResultWriter") => {
                must_be(result.is_object(), "be a JSON object")?;
            }
            "Map" => must_be(result.is_array(), "be an array")?,
            "Parallel" => {
                must_be(result.is_array(), "be an array")?;
                let count = |value: Option<&Value>| value.and_then(Value::as_array).map(Vec::len);
                let branches = count(tested.fields.get("Branches"));
                let is_complete = branches.is_none() || count(Some(&result)) == branches;
                let rule = "contain the same number of items as number of Parallel branches";
                must_be(is_complete, rule)?;
            }
            _ => {
                let mode = self.field_validation_mode.unwrap_or_default();
                answers::check(tested.resource(), &result, mode)?;
            }
        }
        Ok(Ok(result))
    }
}

fn must_be(holds: bool, rule: &str) -> Result<(), Refusal> {
    let refusal = || Refusal::invalid(format!("Mocked result must {rule}."));
    holds.then_some(()).ok_or_else(refusal)
}

impl Configuration {
    /// Refuses what has nothing to do with the state or with its mock.
    pub(super) fn check(
        &self,
        tested: &Tested,
        mock: Option<&Result<Value, Failure>>,
    ) -> Result<(), Refusal> {
        let refuse = |is_wrong: bool, name: &str, rule: &str| {
            let message = || Refusal::invalid(format!("stateConfiguration.{name} {rule}."));
            (!is_wrong).then_some(()).ok_or_else(message)
        };
        let kind = tested.kind();
        let is_mocked_map = kind == "Map" && mock.is_some();
        refuse(
            self.map_iteration_failure_count.is_some() && !is_mocked_map,
            "mapIterationFailureCount",
            "can only be specified for a Map state with a mock",
        )?;
        refuse(
            self.map_item_reader_data.is_some()
                && !(is_mocked_map && tested.fields.contains_key("ItemReader")),
            "mapItemReaderData",
            "can only be specified for a Map state with an ItemReader and a mock",
        )?;
        let Some(cause) = &self.error_caused_by_state else {
            return Ok(());
        };
        let name = "errorCausedByState";
        let has_failed = matches!(mock, Some(Err(_))) && matches!(kind, "Map" | "Parallel");
        let rule = "can only be specified for a Map or Parallel state with mock.errorOutput";
        refuse(!has_failed, name, rule)?;
        let inner = tested.inner(cause);
        refuse(
            inner.is_none(),
            name,
            "must be a state inside the tested one",
        )?;
        let handles = |field: &str| {
            inner
                .as_ref()
                .is_some_and(|state| state.contains_key(field))
        };
        refuse(
            handles("Retry") || handles("Catch"),
            name,
            "is not supported here for a state with a Retry or Catch of its own",
        )
    }
}
