//! Asks a person, and takes the decision.
//!
//! ```json
//! { "message": "Send this to {{input.email}}?", "approvers": ["anna@example.com"],
//!   "payload": { "text": "{{steps.draft.output.text}}" }, "form": { "properties": { "reason": { "type": "string" } } } }
//! ```
//! gives `{ "decision": "approved", "approved": true, "payload": {...}, "edited": false, "form": {...}, "comment": "...",
//! "decidedBy": "anna@example.com", "decidedAt": "..." }`, and leaves by `approved` or `rejected`.
//!
//! Who may decide and has a mail address is told, with links that decide; later on somebody is reminded, or somebody
//! else may decide, too.

mod link;
mod notice;
mod people;
mod schedule;

pub use link::{Link, decide_by_link};
pub use people::delegate;
pub(crate) use schedule::on_time;

use pawl_contract::reference::QUESTION;
use pawl_contract::{At, Kind, StepError, code, mock};
use pawl_store::{Change, Record, RecordStatus, Run, Transaction, Waiting};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::answer::{self, Given, Outcome};
use crate::trigger::accept_by_schema;
use crate::{Error, Services};

/// What a person decides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Yes or no.
    pub approved: bool,
    /// Who decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What was filled into the step's form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
    /// The payload as the person changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// The visit that was decided.
    pub at: At,
    /// The step's slug.
    pub step: String,
    /// What the step gives.
    pub output: Value,
    /// Whether the same was decided before.
    pub again: bool,
}

/// Whether a rendered configuration asks anything.
pub(crate) fn check(input: &Value, services: &Services) -> Result<(), StepError> {
    if question(input).is_none() {
        let message = "an approval needs a `message` that says what is to be decided";
        return Err(StepError::new(code::VALIDATION_ERROR, message));
    }
    schedule::check(input, services)?;
    notice::check(input, services)
}

/// The key that signs the links of a question, encrypted; nothing where nobody is sent one.
pub(crate) async fn link_key(
    services: &Services,
    org: &str,
    input: &Value,
) -> Result<Option<String>, Error> {
    if notice::is_sent(input, services) {
        link::new_key(services, org).await.map(Some)
    } else {
        Ok(None)
    }
}

/// What happens once a question stands: people are told, and what is to happen later is planned. Each of it once.
pub(crate) async fn asked(services: &Services, run: &Run, record: &Record) -> Result<(), Error> {
    let people = people::named(&record.input);
    notice::tell(
        services,
        &run.org,
        &run.run,
        record,
        notice::Occasion::Asked,
        &people,
    )
    .await?;
    schedule::plan(services, run, record).await
}

/// What a mock says as an approval says it, and by which port.
pub(crate) fn settled(output: Value, input: &Value) -> (&'static str, Value) {
    let port = mock::decision(&output).unwrap_or("approved");
    let mut said = if let Value::Object(said) = output {
        said
    } else {
        Map::new()
    };
    let word = if port == "rejected" {
        rejected_as(input)
    } else {
        port
    };
    said.insert("decision".to_owned(), word.into());
    said.insert("approved".to_owned(), (port == "approved").into());
    for (older, name) in [("decided_by", "decidedBy"), ("decided_at", "decidedAt")] {
        if let Some(given) = said.get(older).cloned() {
            said.entry(name).or_insert(given);
        }
    }
    if let Some(payload) = said.get("payload") {
        let edited = Some(payload) != input.get("payload");
        said.entry("edited").or_insert_with(|| edited.into());
    }
    (port, said.into())
}

/// What a rejection is called where an approval says so.
fn rejected_as(input: &Value) -> &str {
    let word = input.get("rejectedAs").and_then(Value::as_str);
    word.unwrap_or("rejected")
}

/// Prints what is to be decided where a template gave something that is no text.
pub(crate) fn print(input: &mut Value) {
    for field in QUESTION {
        let asked = input.get_mut(field);
        if let Some(asked) = asked.filter(|asked| !asked.is_string() && !asked.is_null()) {
            *asked = asked.to_string().into();
        }
    }
}

/// What is to be decided.
pub(crate) fn question(input: &Value) -> Option<&str> {
    let says = |field: &&str| {
        let text = input.get(*field)?.as_str()?.trim();
        Some(text).filter(|text| !text.is_empty())
    };
    QUESTION.iter().find_map(says)
}

/// Decides an approval of a run: the one that waits, or the last visit of the step that is named.
///
/// The same decision again is no mistake: the machine is told again. Another one, or one that comes too late, is refused.
pub async fn decide(
    services: &Services,
    org: &str,
    run: &str,
    step: Option<&str>,
    decision: &Decision,
) -> Result<Decided, StepError> {
    decide_noted(services, org, run, step, decision, None).await
}

/// The same along with another change, where the decision is the first one.
pub async fn decide_noted(
    services: &Services,
    org: &str,
    run: &str,
    step: Option<&str>,
    decision: &Decision,
    noted: Option<Change>,
) -> Result<Decided, StepError> {
    let decided = Box::pin(decide_one(services, org, run, step, decision, noted)).await;
    decided.map_err(Error::into_step)
}

async fn decide_one(
    services: &Services,
    org: &str,
    run: &str,
    step: Option<&str>,
    decision: &Decision,
    noted: Option<Change>,
) -> Result<Decided, Error> {
    let store = services.store();
    let Some(found) = store.run(org, run).await? else {
        return Err(refuse(format!("there is no run `{run}`")));
    };
    let record = asked_by(services, org, run, step).await?;
    let output = output(&record, decision, &services.now().iso())?;
    let port = if decision.approved {
        "approved"
    } else {
        "rejected"
    };
    let decided = |record: &Record, output: Value, again| Decided {
        at: record.at.clone(),
        step: record.step.clone(),
        output,
        again,
    };
    if record.status != RecordStatus::Waiting {
        return again(services, org, run, &record, output).await;
    }
    if !found.is_open() {
        return Err(refuse(format!("run `{run}` is {}", found.status.name())));
    }
    let outcome = Outcome::Port(port, output.clone());
    let mut more = Transaction::new(org, run);
    if let Some(noted) = noted {
        more.change(store, noted).await?;
    }
    match answer::give(services, org, run, &record, outcome, more).await? {
        Given::Taken => Ok(decided(&record, output, false)),
        Given::Closed => Err(refuse(format!("run `{run}` is closed"))),
        Given::Overtaken => {
            let items = store.records(org, run).await?;
            let record = items.into_iter().find(|other| other.at == record.at);
            match record {
                Some(record) if record.status != RecordStatus::Waiting => {
                    again(services, org, run, &record, output).await
                }
                _ => Err(Error::step(
                    code::STORE_ERROR,
                    "something else happened to the step meanwhile: try again",
                )),
            }
        }
    }
}

/// What a decision is worth that comes after one that stands.
async fn again(
    services: &Services,
    org: &str,
    run: &str,
    record: &Record,
    output: Value,
) -> Result<Decided, Error> {
    let was = record.output.get("decision").and_then(Value::as_str);
    let Some(was) = was.filter(|_| record.wait.is_some()) else {
        let why = record.error.as_ref().map(|error| &error.message);
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let message = format!("step `{}` waits for no decision any more{why}", record.step);
        return Err(refuse(message));
    };
    let same = |name: &str| record.output.get(name) == output.get(name);
    if !["decision", "payload", "form", "comment", "decidedBy"]
        .iter()
        .all(|name| same(name))
    {
        let by = record.output.get("decidedBy").and_then(Value::as_str);
        let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
        let message = format!("step `{}` was {was} before{by}: that stands", record.step);
        return Err(refuse(message));
    }
    answer::tell(services, org, run, record).await?;
    Ok(Decided {
        at: record.at.clone(),
        step: record.step.clone(),
        output: record.output.clone(),
        again: true,
    })
}

/// The visit that a decision is about, of a run as it is now.
async fn asked_by(
    services: &Services,
    org: &str,
    run: &str,
    step: Option<&str>,
) -> Result<Record, Error> {
    one_of(&services.store().records(org, run).await?, run, step)
}

/// The question among the records of a run that a decision answers: the one that waits, or the last one that did.
pub fn asked_in(records: &[Record], run: &str, step: Option<&str>) -> Result<Record, StepError> {
    one_of(records, run, step).map_err(Error::into_step)
}

fn one_of(records: &[Record], run: &str, step: Option<&str>) -> Result<Record, Error> {
    let approvals = records
        .iter()
        .filter(|record| record.kind == Some(Kind::Approval));
    let wanted: Vec<&Record> = approvals
        .filter(|record| step.is_none_or(|step| record.step == step || record.at.as_str() == step))
        .collect();
    let waiting: Vec<&&Record> = wanted
        .iter()
        .filter(|record| record.status == RecordStatus::Waiting)
        .collect();
    match (waiting.as_slice(), wanted.last()) {
        ([one], _) => Ok((**one).clone()),
        ([], Some(last)) => Ok((*last).clone()),
        ([], None) => Err(refuse(match step {
            Some(step) => format!("run `{run}` has asked for no approval by step `{step}`"),
            None => format!("run `{run}` has asked for no approval"),
        })),
        (several, _) => {
            let places: Vec<String> = several
                .iter()
                .map(|record| format!("`{}` ({})", record.at, record.step))
                .collect();
            Err(refuse(format!(
                "run `{run}` waits for several decisions, at {}: say which",
                places.join(", ")
            )))
        }
    }
}

/// What the step gives, if the decision is one that it takes.
fn output(record: &Record, decision: &Decision, now: &str) -> Result<Value, Error> {
    let asked = |field: &str| record.input.get(field).filter(|value| !value.is_null());
    let approvers = people::who_may(record);
    let may = |by: &str| approvers.iter().any(|name| name.eq_ignore_ascii_case(by));
    if !approvers.is_empty() && !decision.by.as_deref().is_some_and(may) {
        let message = format!("only {} may decide this", approvers.join(", "));
        return Err(refuse(message));
    }
    let needs_comment = asked("requireComment") == Some(&Value::Bool(true));
    let comment = decision.comment.as_deref().map(str::trim);
    if needs_comment && comment.is_none_or(str::is_empty) {
        return Err(refuse("this decision needs a comment".to_owned()));
    }
    // Who says no need not fill in anything.
    let form = match (asked("form"), &decision.form) {
        (Some(schema), form) if decision.approved => {
            let given = form.clone().unwrap_or(Value::Null);
            let accepted = accept_by_schema(schema, given);
            accepted.map_err(|error| refuse(format!("the form: {}", error.message)))?
        }
        (_, form) => form.clone().unwrap_or(Value::Null),
    };
    let word = if decision.approved {
        "approved"
    } else {
        rejected_as(&record.input)
    };
    let shown = asked("payload").cloned().unwrap_or_default();
    Ok(json!({
        "decision": word,
        "approved": decision.approved,
        "edited": decision.payload.as_ref().is_some_and(|payload| *payload != shown),
        "payload": decision.payload.clone().unwrap_or(shown),
        "form": form,
        "comment": decision.comment,
        "decidedBy": decision.by,
        "decidedAt": now,
    }))
}

fn refuse(message: String) -> Error {
    Error::step(code::VALIDATION_ERROR, message)
}

/// What waits for somebody in an organisation, longest waiting first.
pub async fn waits(services: &Services, org: &str) -> Result<Vec<Waiting>, StepError> {
    let waits = services.store().waits(org).await;
    waits.map_err(|error| Error::from(error).into_step())
}
