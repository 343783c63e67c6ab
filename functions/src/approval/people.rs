//! Who may decide: those whom the step names, and those to whom it was delegated.

use pawl_contract::{StepError, code};
use pawl_store::{Change, Committed, Delegate, Record, RecordStatus, Transaction};
use serde_json::Value;

use super::notice::{self, Occasion};
use super::{asked_by, refuse};
use crate::{Error, Services};

/// Whom the step names; nobody means anybody.
pub(super) fn named(input: &Value) -> Vec<String> {
    let listed = match input.get("approvers") {
        Some(Value::Array(listed)) => listed.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => one.split(',').collect(),
        _ => Vec::new(),
    };
    let trimmed = listed.into_iter().map(str::trim);
    trimmed
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Everybody who may decide; nobody means anybody.
pub(super) fn who_may(record: &Record) -> Vec<String> {
    if named(&record.input).is_empty() {
        Vec::new()
    } else {
        everybody(record)
    }
}

/// Everybody who is known to look after a question.
pub(super) fn everybody(record: &Record) -> Vec<String> {
    let delegates = record.wait.iter().flat_map(|wait| &wait.delegates);
    let delegates = delegates.map(|delegate| delegate.to.clone());
    named(&record.input).into_iter().chain(delegates).collect()
}

/// Lets somebody else decide, too, along with another change, and tells them if they have a mail address: the step that
/// asks.
pub async fn delegate(
    services: &Services,
    org: &str,
    run: &str,
    step: Option<&str>,
    to: &str,
    by: &str,
    noted: Option<Change>,
) -> Result<String, StepError> {
    let delegated = async {
        let to = to.trim();
        if to.is_empty() {
            return Err(refuse("a question is delegated to somebody".to_owned()));
        }
        let found = services.store().run(org, run).await?;
        let found = found.ok_or_else(|| refuse(format!("there is no run `{run}`")))?;
        if !found.is_open() {
            return Err(refuse(format!("run `{run}` is {}", found.status.name())));
        }
        let record = asked_by(services, org, run, step).await?;
        let slug = record.step.clone();
        let may = everybody(&record);
        let is_of_them = may.iter().any(|name| name.eq_ignore_ascii_case(by.trim()));
        if !named(&record.input).is_empty() && !is_of_them {
            let message = format!("only {} may delegate this", may.join(", "));
            return Err(refuse(message));
        }
        if record.status != RecordStatus::Waiting
            || !hand(services, org, run, record, to, Some(by), noted).await?
        {
            let message = format!("step `{slug}` waits for no decision any more");
            return Err(refuse(message));
        }
        Ok(slug)
    };
    Box::pin(delegated).await.map_err(Error::into_step)
}

/// Adds somebody to those who may decide, and tells them. Whether the visit still waits.
pub(super) async fn hand(
    services: &Services,
    org: &str,
    run: &str,
    mut record: Record,
    to: &str,
    by: Option<&str>,
    noted: Option<Change>,
) -> Result<bool, Error> {
    let Some(wait) = &mut record.wait else {
        return Ok(false);
    };
    let is_there = wait
        .delegates
        .iter()
        .any(|one| one.to.eq_ignore_ascii_case(to));
    if !is_there {
        let delegate = Delegate {
            to: to.to_owned(),
            by: by.map(str::to_owned),
            since: services.now().iso(),
        };
        let store = services.store();
        let mut transaction = Transaction::new(org, run);
        transaction.delegate(store, &record.at, &delegate)?;
        if let Some(noted) = noted {
            transaction.change(store, noted).await?;
        }
        if transaction.commit(store).await? != Committed::Done {
            return Ok(false);
        }
        wait.delegates.push(delegate);
    }
    let people = [to.to_owned()];
    notice::tell(services, org, run, &record, Occasion::Delegated, &people).await?;
    Ok(true)
}

/// What is wrong with a list of people whom nobody can write to.
pub(super) fn nobody_to_write_to() -> StepError {
    let message = "`notify` is `email`, and none of the `approvers` is a mail address";
    StepError::new(code::VALIDATION_ERROR, message)
}
