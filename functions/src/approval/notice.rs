//! Mail to those who may decide: what is asked, and links that decide.
//!
//! Each mail is claimed before it goes out, so that it goes out once however often its visit is asked. One that
//! certainly did not go out is tried again; the question stands in any case.

use std::time::Duration;

use futures_util::future::join_all;
use pawl_contract::{StepError, code};
use pawl_store::Record;
use serde_json::Value;

use super::link::{self, Link};
use super::{people, question};
use crate::action::email;
use crate::{Error, Mail, Services};

/// How often a mail is tried.
const MOST_TRIES: u32 = 3;

/// How long a server may take; with its tries less than the function has.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The question is new.
    Asked,
    /// It has waited for a while.
    Reminded,
    /// It is theirs now, too.
    Delegated,
}

impl Occasion {
    fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Reminded => "reminded",
            Self::Delegated => "delegated",
        }
    }

    fn subject(self) -> &'static str {
        match self {
            Self::Asked => "Please decide",
            Self::Reminded => "Reminder: please decide",
            Self::Delegated => "Please decide for others",
        }
    }
}

/// Whether people can be told in the way that a rendered configuration asks for.
pub(super) fn check(input: &Value, services: &Services) -> Result<(), StepError> {
    match input.get("notify").and_then(Value::as_str) {
        Some("email") if services.settings().mail == Mail::None => {
            Err(StepError::new(code::TOOL_ERROR, email::NOWHERE))
        }
        Some("email") if !people::named(input).iter().any(|name| name.contains('@')) => {
            Err(people::nobody_to_write_to())
        }
        Some("email" | "none") | None => Ok(()),
        Some(word) => {
            let message = format!("`notify` is `email` or `none`, not `{word}`");
            Err(StepError::new(code::VALIDATION_ERROR, message))
        }
    }
}

/// Whether those who may decide are sent mail: where they have addresses and mail goes anywhere, unless the step says no.
pub(super) fn is_sent(input: &Value, services: &Services) -> bool {
    let is_wanted = input.get("notify").and_then(Value::as_str) != Some("none");
    let is_addressed = |name: &str| name.contains('@');
    let named = people::named(input);
    let later = input.get("delegateTo").and_then(Value::as_str);
    is_wanted
        && services.settings().mail != Mail::None
        && (named.iter().any(|name| is_addressed(name)) || later.is_some_and(is_addressed))
}

/// Tells people of a question, each once for an occasion; those without a mail address look by themselves.
pub(super) async fn tell(
    services: &Services,
    org: &str,
    run: &str,
    record: &Record,
    occasion: Occasion,
    people: &[String],
) -> Result<(), Error> {
    if record.input.get("notify").and_then(Value::as_str) == Some("none")
        || services.settings().mail == Mail::None
    {
        return Ok(());
    }
    let key = link::key_of(services, org, record).await?;
    let question = Question {
        services,
        org,
        run,
        record,
        key: key.as_deref(),
    };
    let people = people.iter().filter(|person| person.contains('@'));
    let told = join_all(people.map(|person| question.tell(person, occasion)));
    told.await.into_iter().collect()
}

/// A question, and what is needed to tell somebody of it.
struct Question<'question> {
    services: &'question Services,
    org: &'question str,
    run: &'question str,
    record: &'question Record,
    /// Signs the links.
    key: Option<&'question str>,
}

impl Question<'_> {
    /// Tells one person, if nobody has.
    async fn tell(&self, person: &str, occasion: Occasion) -> Result<(), Error> {
        let Self {
            services,
            org,
            run,
            record,
            ..
        } = *self;
        let at = &record.at;
        let notice = format!("{}:{}", occasion.name(), person.to_lowercase());
        let words = [run, at.as_str(), occasion.name(), person];
        let name = words.map(email::plain_word).join("/");
        let store = services.store();
        let is_mine = store.claim_notice(org, run, at, &notice).await?;
        // A folder shows whether whoever claimed it was killed before it was there.
        if !is_mine && !email::is_lost(services, &name) {
            return Ok(());
        }
        let links = self
            .key
            .map(|key| [true, false].map(|approved| self.link(person, approved, key)));
        let text = self.text(links.as_ref());
        let subject = subject(record, occasion);
        if let Err(error) = send(services, person, &subject, text, &name).await {
            let error = error.into_step();
            tracing::warn!(org, run, %at, code = error.code, error.message, "mail to who may decide did not go out");
            if error.code != code::OUTCOME_UNKNOWN {
                store.release_notice(org, run, at, &notice).await?;
            }
        }
        Ok(())
    }

    /// How a person decides.
    fn link(&self, person: &str, approved: bool, key: &str) -> String {
        const YEAR: u64 = 365 * 86_400_000;
        let Self {
            services,
            org,
            run,
            record,
            ..
        } = *self;
        let until = record
            .wait
            .as_ref()
            .and_then(|wait| wait.expires_at.clone());
        let link = Link {
            org: org.to_owned(),
            run: run.to_owned(),
            at: record.at.clone(),
            by: person.to_owned(),
            approved,
            // Nobody waits longer than an execution lasts.
            until: until.unwrap_or_else(|| services.now().after(YEAR).iso()),
        };
        let token = link.sign(key);
        match &services.settings().links_url {
            Some(url) => format!("{}/{token}", url.trim_end_matches('/')),
            None if approved => format!("pawl approve --link {token}"),
            None => format!("pawl reject --link {token}"),
        }
    }

    fn text(&self, links: Option<&[String; 2]>) -> String {
        let record = self.record;
        let mut parts = vec![question(&record.input).unwrap_or_default().to_owned()];
        let payload = record.input.get("payload").filter(|value| !value.is_null());
        parts.extend(payload.and_then(|payload| serde_json::to_string_pretty(payload).ok()));
        if let Some(wait) = &record.wait {
            let mut facts = format!("Workflow: {}\nAsked: {}", wait.workflow, record.started_at);
            if let Some(until) = &wait.expires_at {
                facts.push_str("\nUntil: ");
                facts.push_str(until);
            }
            parts.push(facts);
        }
        if let Some([approve, reject]) = links {
            parts.push(format!("Approve:\n{approve}"));
            parts.push(format!("Reject:\n{reject}"));
            let hint = "Whoever has these links can decide as you: keep them to yourself.";
            parts.push(hint.to_owned());
        } else {
            let Self { run, record, .. } = self;
            parts.push(format!("Decide:\npawl approve {run} {}", record.step));
        }
        parts.join("\n\n") + "\n"
    }
}

/// Sends a mail, a few times where it certainly did not go out.
async fn send(
    services: &Services,
    person: &str,
    subject: &str,
    text: String,
    name: &str,
) -> Result<(), Error> {
    let mut tries = 1;
    loop {
        let sending = email::send_text(services, person, subject, text.clone(), name);
        let sent = tokio::time::timeout(PATIENCE, sending).await;
        let sent = sent.unwrap_or_else(|_| {
            let message = "the mail server took too long: the mail may or may not be out";
            Err(Error::step(code::OUTCOME_UNKNOWN, message))
        });
        match sent {
            Err(Error::Step(error)) if error.code == code::TOOL_ERROR && tries < MOST_TRIES => {
                services.sleep(Duration::from_secs(u64::from(tries))).await;
                tries += 1;
            }
            sent => return sent,
        }
    }
}

fn subject(record: &Record, occasion: Occasion) -> String {
    let title = record.input.get("title").and_then(Value::as_str);
    let workflow = record.wait.as_ref().map(|wait| wait.workflow.as_str());
    let about = title.or(workflow).unwrap_or(&record.step);
    // A header is one line.
    let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{}: {about}", occasion.subject())
}
