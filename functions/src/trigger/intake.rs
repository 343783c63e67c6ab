//! Intake: a request becomes a run, with its record `000000` and the workflow's variables.

use pawl_contract::{At, Intake, Kind, Plan, Start, code};
use pawl_store::key::ROOT;
use pawl_store::{
    Change, Committed, Expect, Latest, Record, RecordStatus, Run, RunStatus, Transaction,
};
use serde_json::{Map, Value, json};

use super::input;
use crate::clock::Moment;
use crate::scope::Scope;
use crate::{Error, Services, template};

/// The run that a request asks for, if its input is what the trigger wants.
pub(super) fn run(
    plan: &Plan,
    start: Start,
    org: String,
    id: String,
    now: Moment,
) -> Result<Run, Error> {
    let intake = plan.intake.as_ref().ok_or_else(|| {
        Error::step(
            code::VALIDATION_ERROR,
            "the machine's first Task has no intake",
        )
    })?;
    if !pawl_store::key::is_organisation(&org) {
        let message =
            format!("`{org}` cannot be an organisation: use letters, digits, `-`, `_` and `.`");
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let input = input::accept(&intake.config, start.input)?;
    let asked = Asked {
        kind: start.kind,
        user: start.user,
        context: start.context,
    };
    let mut run = Run {
        org,
        execution: id.clone(),
        run: id,
        workflow: plan.workflow.clone(),
        name: intake.name.clone(),
        version: intake.version.clone(),
        number: start.number,
        machine: start.machine,
        stretches: Vec::new(),
        status: RunStatus::Running,
        input,
        trigger: Value::Null,
        mocks: start.mocks,
        thread_id: start.thread_id,
        parent: start.parent,
        draft: start.draft,
        follow_ups: intake.follow_ups.clone(),
        after: start.after,
        started_at: now.iso(),
        timeout_ms: intake.timeout_ms,
        deadline: intake.timeout_ms.map(|timeout| now.after(timeout).iso()),
        executing_since: None,
        base: At::intake(),
        generation: 0,
        completed_at: None,
        error: None,
        closed_by: None,
    };
    run.trigger = trigger(intake, &run, asked, now)?;
    Ok(run)
}

/// Writes a run that does not exist yet, along with other changes. Whether it did not.
pub(super) async fn write(
    plan: &Plan,
    run: &Run,
    noted: Vec<Change>,
    services: &Services,
) -> Result<bool, Error> {
    let Some(intake) = &plan.intake else {
        return Ok(false);
    };
    let store = services.store();
    let record = Record {
        at: At::intake(),
        step: intake.trigger.clone(),
        name: None,
        kind: Some(Kind::Trigger),
        status: RecordStatus::Completed,
        attempts: 1,
        visit: 1,
        scope: ROOT.to_owned(),
        input: run.input.clone(),
        output: run.trigger.get("data").unwrap_or(&run.input).clone(),
        meta: Some(meta(run)),
        error: None,
        port: Some("success".to_owned()),
        iteration: Vec::new(),
        mocked: false,
        started_at: run.started_at.clone(),
        completed_at: Some(run.started_at.clone()),
        result: None,
        nonce: None,
        wait: None,
    };
    let mut transaction = Transaction::new(&run.org, &run.run);
    transaction.begin(store, run).await?;
    transaction
        .record(store, &record, &Expect::Anything)
        .await?;
    transaction
        .latest(store, ROOT, &record.step, &Latest::of(&record))
        .await?;
    let mut scope = Scope::of_run(run, services.now());
    for (name, value) in &intake.variables {
        let value = template::render(value, &scope.fixed())?;
        transaction.variable(store, ROOT, name, &value).await?;
        scope.set_variable(name, value);
    }
    for change in noted {
        transaction.change(store, change).await?;
    }
    Ok(transaction.commit(store).await? == Committed::Done)
}

/// How somebody asked for a run.
struct Asked {
    kind: Option<String>,
    user: Option<String>,
    context: Value,
}

/// How a run is triggered: the configured type where nobody says how they asked, and the configured `data` and
/// `context` after templates; what whoever asks gives as context stands in it too.
fn trigger(intake: &Intake, run: &Run, asked: Asked, now: Moment) -> Result<Value, Error> {
    let config = |field: &str| intake.config.get(field);
    let configured = config("type").and_then(Value::as_str);
    let kind = asked.kind.as_deref().or(configured);
    let mut trigger = Map::from_iter([("type".to_owned(), json!(kind.unwrap_or("manual")))]);
    if let Some(user) = asked.user {
        trigger.insert("userId".to_owned(), user.into());
    }
    let scope = Scope::of_run(run, now);
    for (name, value) in ["data", "context"].map(|name| (name, config(name))) {
        if let Some(value) = value {
            let value = template::render(value, &scope.fixed())?;
            trigger.insert(name.to_owned(), value);
        }
    }
    match (trigger.get_mut("context"), asked.context) {
        (_, Value::Null) => {}
        (Some(Value::Object(configured)), Value::Object(given)) => configured.extend(given),
        (_, given) => {
            trigger.insert("context".to_owned(), given);
        }
    }
    Ok(Value::Object(trigger))
}

/// What intake notes beside the trigger's data: how and when the run began.
fn meta(run: &Run) -> Value {
    let kind = run.trigger.get("type");
    json!({
        "trigger": {
            "triggerType": kind,
            "timestamp": run.started_at,
            "executionId": run.run,
        },
        "triggerData": run.trigger.get("data").unwrap_or(&run.input),
        "triggerSource": kind,
    })
}

/// The plan of the first Task in a machine's definition; a Choice before it leads there by its `Default`.
pub(super) fn first_plan(definition: &str) -> Option<Plan> {
    let machine: Value = serde_json::from_str(definition).ok()?;
    let states = machine.get("States")?;
    let mut state = states.get(machine.get("StartAt")?.as_str()?)?;
    if state.get("Type")?.as_str()? == "Choice" {
        state = states.get(state.get("Default")?.as_str()?)?;
    }
    let plan = state
        .get("Arguments")?
        .get("Payload")?
        .get("plan")?
        .as_str()?;
    let plan: Plan = serde_json::from_str(plan).ok()?;
    plan.intake.is_some().then_some(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_plan_is_found_behind_a_choice_too() {
        let plan = |intake: Value| {
            json!({ "workflow": "w", "step": "a", "kind": "action", "intake": intake }).to_string()
        };
        let task =
            |plan: String| json!({ "Type": "Task", "Arguments": { "Payload": { "plan": plan } } });
        let intake = json!({ "name": "W", "trigger": "trigger" });
        let choice = json!({ "Type": "Choice", "Default": "a", "Choices": [] });
        let rows = [
            (
                json!({ "StartAt": "a", "States": { "a": task(plan(intake.clone())) } }),
                true,
            ),
            (
                json!({ "StartAt": "c", "States": { "c": choice, "a": task(plan(intake)) } }),
                true,
            ),
            (
                json!({ "StartAt": "a", "States": { "a": task(plan(Value::Null)) } }),
                false,
            ),
            (
                json!({ "StartAt": "a", "States": { "a": { "Type": "Pass" } } }),
                false,
            ),
            (json!({}), false),
        ];
        for (machine, is_found) in rows {
            assert_eq!(
                first_plan(&machine.to_string()).is_some(),
                is_found,
                "{machine}"
            );
        }
    }
}
