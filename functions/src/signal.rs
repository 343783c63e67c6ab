//! Waits for a message from outside, and delivers it.
//!
//! ```json
//! { "signal": "payment-received", "timeoutDays": 3 }
//! ```
//! gives what the message says. A message that comes before anybody waits for it is kept until someone does.

use pawl_contract::{StepError, code};
use pawl_store::{RecordStatus, Transaction};
use serde::Serialize;
use serde_json::Value;

use crate::answer::{self, Given, Outcome};
use crate::trigger::accept_by_schema;
use crate::{Error, Services};

/// How often a delivery looks again when something overtook it.
const MOST_LOOKS: u32 = 20;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sent {
    /// A step that waited has it.
    Delivered,
    /// It is kept until a step waits for it.
    Kept,
}

/// The signal that a rendered configuration names.
pub(crate) fn name(input: &Value) -> Result<&str, StepError> {
    let name = input.get("signal").and_then(Value::as_str);
    let name = name.map(str::trim).unwrap_or_default();
    check(name)?;
    Ok(name)
}

/// Names stand in keys.
fn check(name: &str) -> Result<(), StepError> {
    if name.is_empty() || name.len() > 200 || name.contains('#') {
        let message =
            format!("`{name}` cannot be a signal: use 1 to 200 characters, none of them `#`");
        return Err(StepError::new(code::VALIDATION_ERROR, message));
    }
    Ok(())
}

/// Sends a message to a run.
pub async fn send(
    services: &Services,
    org: &str,
    run: &str,
    signal: &str,
    payload: &Value,
    by: Option<&str>,
) -> Result<Sent, StepError> {
    check(signal)?;
    let store = services.store();
    let sent = async {
        let Some(found) = store.run(org, run).await? else {
            return Err(refuse(format!("there is no run `{run}`")));
        };
        if !found.is_open() {
            return Err(refuse(format!("run `{run}` is {}", found.status.name())));
        }
        refuse_misfit(services, org, run, signal, payload).await?;
        store.keep_message(org, run, signal, payload, by).await?;
        deliver(services, org, run, signal).await?;
        let left = store.message(org, run, signal).await?;
        Ok(match left {
            Some(_) => Sent::Kept,
            None => Sent::Delivered,
        })
    };
    sent.await.map_err(Error::into_step)
}

/// Refuses what the step that waits could not take.
async fn refuse_misfit(
    services: &Services,
    org: &str,
    run: &str,
    signal: &str,
    payload: &Value,
) -> Result<(), Error> {
    let store = services.store();
    let Some(at) = store.listener(org, run, signal).await? else {
        return Ok(());
    };
    let pk = pawl_store::key::partition(org, run);
    let items = store.fetch(&pk, [pawl_store::key::record(&at)]).await?;
    let listening = store.record(&items, &at).await?;
    let schema = listening.and_then(|record| record.input.get("schema").cloned());
    if let Some(schema) = schema {
        accept_by_schema(&schema, payload.clone())
            .map_err(|error| refuse(format!("the payload: {}", error.message)))?;
    }
    Ok(())
}

/// Brings the messages of a name to the steps that wait for them, the oldest to the one that waited longest.
pub(crate) async fn deliver(
    services: &Services,
    org: &str,
    run: &str,
    signal: &str,
) -> Result<(), Error> {
    let store = services.store();
    for _ in 0..MOST_LOOKS {
        let Some(message) = store.message(org, run, signal).await? else {
            return Ok(());
        };
        let Some(at) = store.listener(org, run, signal).await? else {
            return Ok(());
        };
        let pk = pawl_store::key::partition(org, run);
        let items = store.fetch(&pk, [pawl_store::key::record(&at)]).await?;
        let listening = store.record(&items, &at).await?;
        let listening = listening.filter(|record| record.status == RecordStatus::Waiting);
        let mut more = Transaction::new(org, run);
        more.stop_listening(store, signal, &at)?;
        let Some(record) = listening else {
            // It has stopped waiting in another way, and left this behind.
            more.commit(store).await?;
            continue;
        };
        more.take(store, &message)?;
        let outcome = match record.input.get("schema") {
            Some(schema) => match accept_by_schema(schema, message.payload) {
                Ok(payload) => Outcome::Port("success", payload),
                Err(error) => Outcome::Failure(error),
            },
            None => Outcome::Port("success", message.payload),
        };
        match answer::give(services, org, run, &record, outcome, more).await? {
            Given::Taken | Given::Overtaken => {}
            Given::Closed => return Ok(()),
        }
    }
    Ok(())
}

fn refuse(message: String) -> Error {
    Error::step(code::VALIDATION_ERROR, message)
}
