//! What happens to a question that waits for long: a reminder, or somebody else who may decide, too.
//!
//! ```json
//! { "remindAfter": { "hours": 24 }, "delegateTo": "bo@example.com", "delegateAfter": { "days": 2 } }
//! ```
//! One schedule each, made when the question stands, which invokes the function of approvals once. Who comes after the
//! decision finds that nothing waits, and does nothing.

use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use pawl_contract::{At, Kind, StepError, code};
use pawl_store::{Record, RecordStatus, Run, key};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::notice::{self, Occasion};
use super::people;
use crate::clock::Moment;
use crate::{Error, Services, delay, id};

/// Scheduler calls any operation of AWS under such a name.
const INVOKE: &str = "arn:aws:scheduler:::aws-sdk:lambda:invoke";

/// What a schedule asks the function of approvals to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnTime {
    org: String,
    run: String,
    at: At,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Remind,
    Delegate,
}

impl What {
    const ALL: [Self; 2] = [Self::Remind, Self::Delegate];

    fn field(self) -> &'static str {
        match self {
            Self::Remind => "remindAfter",
            Self::Delegate => "delegateAfter",
        }
    }
}

/// Whether what a rendered configuration plans can be planned.
pub(super) fn check(input: &Value, services: &Services) -> Result<(), StepError> {
    let wrong = |message: String| Err(StepError::new(code::VALIDATION_ERROR, message));
    for what in What::ALL {
        if after(input, what)?.is_some() && services.settings().schedules.is_none() {
            let message = format!(
                "`{}` needs Scheduler: set PAWL_SCHEDULE_ROLE and PAWL_SCHEDULE_FUNCTION",
                what.field()
            );
            return wrong(message);
        }
    }
    let to = delegate_to(input);
    match (to, after(input, What::Delegate)?) {
        (Some(_), None) => wrong("`delegateTo` needs `delegateAfter`".to_owned()),
        (None, Some(_)) => wrong("`delegateAfter` needs `delegateTo`".to_owned()),
        _ => Ok(()),
    }
}

/// Milliseconds after which something is to happen.
fn after(input: &Value, what: What) -> Result<Option<u64>, StepError> {
    let field = what.field();
    let Some(length) = input.get(field).filter(|length| !length.is_null()) else {
        return Ok(None);
    };
    let milliseconds = if length.is_object() {
        delay::length(length)?
    } else {
        0
    };
    if milliseconds == 0 {
        let message =
            format!("`{field}` is a length of time such as `{{ \"hours\": 24 }}`, not {length}");
        return Err(StepError::new(code::VALIDATION_ERROR, message));
    }
    Ok(Some(milliseconds))
}

fn delegate_to(input: &Value) -> Option<&str> {
    let to = input.get("delegateTo")?.as_str()?.trim();
    Some(to).filter(|to| !to.is_empty())
}

/// Plans what is to happen to a question; what is planned already stays as it is.
pub(super) async fn plan(services: &Services, run: &Run, record: &Record) -> Result<(), Error> {
    let Some(schedules) = &services.settings().schedules else {
        return Ok(());
    };
    let Ok(asked) = record.started_at.parse() else {
        return Ok(());
    };
    for what in What::ALL {
        let Some(after) = after(&record.input, what)? else {
            continue;
        };
        let order = OnTime {
            org: run.org.clone(),
            run: run.run.clone(),
            at: record.at.clone(),
            what,
        };
        let payload = json!({ "onTime": order }).to_string();
        let input = json!({
            "FunctionName": schedules.function,
            "InvocationType": "Event",
            "Payload": payload,
        });
        let target = Target::builder()
            .arn(INVOKE)
            .role_arn(&schedules.role)
            .input(input.to_string());
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
        // A question that is asked once more, after the run was resumed, is another one.
        let words = [
            &run.org,
            &run.run,
            record.at.as_str(),
            what.field(),
            &record.started_at,
        ];
        let call = services
            .scheduler()
            .create_schedule()
            .name(format!("pawl-{}", id::of(&words)))
            .schedule_expression(at(Moment(asked).after(after)))
            .schedule_expression_timezone("UTC")
            .flexible_time_window(window.build().map_err(unplanned)?)
            .target(target.build().map_err(unplanned)?)
            .action_after_completion(ActionAfterCompletion::Delete);
        let Err(failed) = call.send().await else {
            continue;
        };
        let is_there = failed
            .as_service_error()
            .is_some_and(CreateScheduleError::is_conflict_exception);
        if !is_there {
            return Err(unplanned(failed));
        }
    }
    Ok(())
}

/// A moment as Scheduler wants it, in whole seconds and never too early.
fn at(moment: Moment) -> String {
    let seconds = moment.0.as_millisecond().div_euclid(1_000);
    let seconds = seconds + i64::from(moment.0.as_millisecond().rem_euclid(1_000) > 0);
    let whole = jiff::Timestamp::from_second(seconds).unwrap_or(moment.0);
    format!("at({})", whole.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn unplanned(error: impl std::error::Error) -> Error {
    let source = error.source().map(|source| format!(": {source}"));
    let message = format!(
        "CreateSchedule failed: {error}{}",
        source.unwrap_or_default()
    );
    Error::step(code::STORE_ERROR, message)
}

/// Does what a schedule was made for. Whether anything still waited.
pub(crate) async fn on_time(payload: Value, services: &Services) -> Result<Value, StepError> {
    let order = payload.get("onTime").cloned().unwrap_or_default();
    let order: OnTime = crate::parse(order, "what a schedule of an approval asks for")?;
    let done = act(order, services).await.map_err(Error::into_step)?;
    Ok(json!({ "done": done }))
}

async fn act(order: OnTime, services: &Services) -> Result<bool, Error> {
    let OnTime { org, run, at, what } = order;
    let store = services.store();
    let found = store.run(&org, &run).await?;
    if !found.is_some_and(|run| run.is_open()) {
        return Ok(false);
    }
    let pk = key::partition(&org, &run);
    let items = store.fetch(&pk, [key::record(&at)]).await?;
    let record = store.record(&items, &at).await?.filter(|record| {
        record.kind == Some(Kind::Approval) && record.status == RecordStatus::Waiting
    });
    let Some(record) = record else {
        return Ok(false);
    };
    match what {
        What::Remind => {
            let people = people::everybody(&record);
            notice::tell(services, &org, &run, &record, Occasion::Reminded, &people).await?;
            Ok(true)
        }
        What::Delegate => {
            let Some(to) = delegate_to(&record.input).map(str::to_owned) else {
                return Ok(false);
            };
            people::hand(services, &org, &run, record, &to, None, None).await
        }
    }
}
