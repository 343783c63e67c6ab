//! Conversations from mails: those that came in, and those that were sent.
//!
//! A mail is known by its `messageId`, so the same mail makes one message, however often it is read. It belongs to the
//! conversation of the mails that it answers, and to a new one where there are none.

use std::collections::BTreeSet;

use lettre::message::Mailbox;
use pawl_contract::code;
use pawl_store::{Business, Window, Writes};
use serde_json::{Value, json};

use super::call::Call;
use super::collection::{CONVERSATIONS, CUSTOMERS, MESSAGES};
use super::fields::{Fields, fields, has, text};
use super::parameters::Parameters;
use crate::work::Acted;
use crate::{Error, id};

/// So many messages a conversation tells of itself, and so many letters of each; `query_messages` has all of them.
const MOST_TOLD: usize = 10;
const MOST_LETTERS: usize = 2_000;

/// Who began: the customer, or we.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Inbound,
    Outbound,
}

/// A mail, as `imap` gives it or as authors write it.
struct Mail<'given> {
    given: &'given Fields,
    /// The message that it makes.
    id: String,
    /// When it was sent, in milliseconds since 1970.
    sent_at: i64,
}

/// Creates or continues a conversation by mails that came in.
pub(super) async fn create_from_email(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    converse(Direction::Inbound, parameters, call).await
}

/// Creates or continues a conversation by mails that were sent.
pub(super) async fn create_from_sent_email(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    converse(Direction::Outbound, parameters, call).await
}

async fn converse(
    direction: Direction,
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let invalid = |message: &str| Error::step(code::VALIDATION_ERROR, message);
    let given = match parameters.get("emails").or_else(|| parameters.get("email")) {
        Some(Value::Array(mails)) => mails.iter().collect(),
        Some(mail) => vec![mail],
        None => Vec::new(),
    };
    let now = call.context.now.milliseconds();
    let mut mails = Vec::new();
    for mail in given {
        let Value::Object(mail) = mail else {
            return Err(invalid("a mail is an object"));
        };
        mails.push(Mail::read(mail, now));
    }
    mails.sort_by(|one, other| (one.sent_at, &one.id).cmp(&(other.sent_at, &other.id)));
    mails.dedup_by(|one, other| one.id == other.id);
    let Some(first) = mails.first() else {
        return Err(invalid("`emails` holds no mail"));
    };
    let mut writes = Writes::default();
    let related: BTreeSet<String> = mails.iter().flat_map(Mail::related).collect();
    let known = call.find_each(MESSAGES.plural, related).await?;
    let conversation_id = known.values().find_map(|message| {
        let id = message.get(CONVERSATIONS.id).and_then(Value::as_str);
        id.map(str::to_owned)
    });
    let existing = match &conversation_id {
        Some(id) => call.find(CONVERSATIONS.plural, id).await?,
        None => None,
    };
    let customer = match &existing {
        Some((conversation, _)) => conversation.get(CUSTOMERS.id).cloned().unwrap_or_default(),
        None => customer(first, direction, parameters, call, &mut writes).await?,
    };
    let new: Vec<&Mail> = mails
        .iter()
        .filter(|mail| !known.contains_key(&mail.id))
        .collect();
    let is_new = existing.is_none();
    let said = existing
        .as_ref()
        .and_then(|(found, _)| found.get("messages"));
    let told = told(said, &new, direction);
    let conversation = if let Some(found) = existing {
        let id = conversation_id.unwrap_or_default();
        if new.is_empty() {
            let none = Writes::default();
            return Ok(answer(&id, &found.0, &customer, &[], none, is_new));
        }
        let mut changes = told;
        if has(&found.0, "status", "closed") && direction == Direction::Inbound {
            changes.insert("status".to_owned(), "open".into());
        }
        CONVERSATIONS.changed(&id, found, changes, call)
    } else {
        let mut begun = first.conversation(direction, &customer);
        begun.extend(told);
        begun.extend(parameters.fields(&["emails", "email"]));
        let root = id::of(&[call.context.org(), &first.id]);
        CONVERSATIONS.made(format!("conversation_{root}"), begun, call)
    };
    let messages: Vec<Business> = new
        .into_iter()
        .map(|mail| {
            let message = mail.message(direction, &conversation.id, &customer);
            MESSAGES.made(mail.id.clone(), message, call)
        })
        .collect();
    let (id, value) = (conversation.id.clone(), conversation.value.clone());
    writes.add(conversation);
    let records: Vec<Value> = messages
        .iter()
        .map(|message| message.value.clone().into())
        .collect();
    for message in messages {
        writes.add(message);
    }
    Ok(answer(&id, &value, &customer, &records, writes, is_new))
}

/// What a conversation itself tells of its messages, so that whoever finds it can go on from there: the last ones, each
/// with the begin of its text.
fn told(said: Option<&Value>, new: &[&Mail<'_>], direction: Direction) -> Fields {
    let mut messages: Vec<Value> = said.and_then(Value::as_array).cloned().unwrap_or_default();
    messages.extend(new.iter().map(|mail| {
        let content: String = mail
            .content()
            .unwrap_or_default()
            .chars()
            .take(MOST_LETTERS)
            .collect();
        json!({ "direction": direction.word(), "content": content, "sentAt": mail.sent_at })
    }));
    messages.sort_by_key(|message| message.get("sentAt").and_then(Value::as_i64));
    messages.drain(..messages.len().saturating_sub(MOST_TOLD));
    let last = messages.last().cloned().unwrap_or_default();
    fields(json!({
        "lastMessage": last.get("content"),
        "lastMessageAt": last.get("sentAt"),
        "messages": messages,
    }))
}

fn answer(
    id: &str,
    conversation: &Fields,
    customer: &Value,
    messages: &[Value],
    writes: Writes,
    is_new: bool,
) -> Acted {
    let output = json!({
        "success": true,
        "conversationId": id,
        "customerId": customer,
        "created": is_new,
        "conversation": conversation,
        "messages": messages,
        "count": messages.len(),
    });
    Acted {
        output,
        meta: None,
        writes,
    }
}

/// The customer that a mail is from or to: the one with that address, or a new one.
async fn customer(
    mail: &Mail<'_>,
    direction: Direction,
    parameters: &Parameters<'_>,
    call: &Call<'_>,
    writes: &mut Writes,
) -> Result<Value, Error> {
    if let Some(id) = parameters.text(CUSTOMERS.id)? {
        return Ok(id.into());
    }
    let party = match direction {
        Direction::Inbound => "from",
        Direction::Outbound => "to",
    };
    let Some((address, name)) = mail.given.get(party).and_then(address) else {
        return Ok(Value::Null);
    };
    let is_theirs = |record: &Fields| {
        let email = record.get("email").and_then(Value::as_str);
        Ok(email.is_some_and(|email| email.eq_ignore_ascii_case(&address)))
    };
    let first = Window {
        limit: 1,
        ..Window::all()
    };
    let found = call.select(CUSTOMERS.plural, &first, is_theirs).await?;
    if let Some(id) = found.records.first().and_then(|record| record.get("_id")) {
        return Ok(id.clone());
    }
    let new = fields(json!({
        "name": name.unwrap_or_else(|| address.clone()),
        "email": address,
        "status": "potential",
        "source": "email",
    }));
    // Two mails of a new customer, read by two runs at once, make one customer.
    let id = format!("customer_{}", id::of(&[call.context.org(), &address]));
    let customer = match call.find(CUSTOMERS.plural, &id).await? {
        Some(_) => return Ok(id.into()),
        None => CUSTOMERS.made(id.clone(), new, call),
    };
    writes.add(customer);
    Ok(id.into())
}

impl<'given> Mail<'given> {
    fn read(given: &'given Fields, now: i64) -> Self {
        let key = match text(given, "messageId") {
            Some(id) => bare(id).to_owned(),
            // Without an id of its own, a mail is known by all that it says.
            None => Value::Object(given.clone()).to_string(),
        };
        Self {
            given,
            id: message_id(&key),
            sent_at: given.get("date").and_then(moment).unwrap_or(now),
        }
    }

    /// The messages that it makes or answers.
    fn related(&self) -> Vec<String> {
        let header = |name: &str| {
            self.given
                .get("headers")
                .and_then(|headers| headers.get(name))
        };
        let given = |name: &str| self.given.get(name);
        let values = [
            given("inReplyTo").or_else(|| header("in-reply-to")),
            given("references").or_else(|| header("references")),
        ];
        let mut ids = vec![self.id.clone()];
        for value in values.into_iter().flatten() {
            let texts = match value {
                Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
                Value::String(text) => vec![text.as_str()],
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
            };
            let words = texts.into_iter().flat_map(str::split_whitespace);
            ids.extend(words.map(|word| message_id(bare(word))));
        }
        ids
    }

    /// The fields of the conversation that it begins.
    fn conversation(&self, direction: Direction, customer: &Value) -> Fields {
        fields(json!({
            "customerId": customer,
            "subject": self.given.get("subject"),
            "status": "open",
            "channel": "email",
            "direction": direction.word(),
            "externalMessageId": self.given.get("messageId"),
        }))
    }

    /// What it says.
    fn content(&self) -> Option<&str> {
        let texts = ["text", "content", "body", "html"];
        texts.into_iter().find_map(|name| text(self.given, name))
    }

    /// The fields of its message.
    fn message(&self, direction: Direction, conversation: &str, customer: &Value) -> Fields {
        let given = |name: &str| self.given.get(name).cloned().unwrap_or_default();
        let content = self.content();
        let state = match direction {
            Direction::Inbound => "delivered",
            Direction::Outbound => "sent",
        };
        let mut message = fields(json!({
            "conversationId": conversation,
            "customerId": customer,
            "channel": "email",
            "direction": direction.word(),
            "deliveryState": state,
            "subject": given("subject"),
            "content": content,
            "html": given("html"),
            "from": given("from"),
            "to": given("to"),
            "cc": given("cc"),
            "attachments": given("attachments"),
            "externalMessageId": given("messageId"),
            "sentAt": self.sent_at,
        }));
        message.retain(|_, value| !value.is_null());
        message
    }
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// The message that a mail of this id makes.
fn message_id(mail: &str) -> String {
    format!("message_{}", id::of(&[mail]))
}

/// The id of a mail without its brackets.
fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

/// The first address of a party, and the name beside it: text, an object, or a list of either.
fn address(party: &Value) -> Option<(String, Option<String>)> {
    match party {
        Value::String(text) => {
            let mailbox: Mailbox = text.split(',').next()?.parse().ok()?;
            Some((mailbox.email.to_string().to_lowercase(), mailbox.name))
        }
        Value::Object(party) => {
            let address = text(party, "address").or_else(|| text(party, "email"))?;
            let name = text(party, "name").filter(|name| !name.is_empty());
            Some((address.to_lowercase(), name.map(str::to_owned)))
        }
        Value::Array(parties) => parties.first().and_then(address),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A date, as ISO 8601, as mails write it, or in milliseconds since 1970.
fn moment(date: &Value) -> Option<i64> {
    match date {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let iso = text.parse::<jiff::Timestamp>().ok();
            let mail = || jiff::fmt::rfc2822::parse(text).ok();
            let moment = iso.or_else(|| mail().map(|date| date.timestamp()));
            moment.map(jiff::Timestamp::as_millisecond)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_written_in_many_ways() {
        let ada = Some(("ada@example.com".to_owned(), Some("Ada".to_owned())));
        let rows = [
            (json!("Ada <Ada@example.com>"), ada.clone()),
            (json!("Ada <ada@example.com>, bob@example.com"), ada.clone()),
            (
                json!({ "address": "ada@example.com", "name": "Ada" }),
                ada.clone(),
            ),
            (json!([{ "email": "ada@example.com", "name": "Ada" }]), ada),
            (
                json!("ada@example.com"),
                Some(("ada@example.com".to_owned(), None)),
            ),
            (json!("nobody"), None),
            (json!([]), None),
            (json!(7), None),
        ];
        for (party, expected) in rows {
            assert_eq!(address(&party), expected, "{party}");
        }
    }

    #[test]
    fn a_date_is_written_in_many_ways() {
        let rows = [
            (json!("1970-01-01T00:00:01Z"), Some(1000)),
            (json!("Thu, 1 Jan 1970 00:00:01 +0000"), Some(1000)),
            (json!(1000), Some(1000)),
            (json!("soon"), None),
        ];
        for (date, expected) in rows {
            assert_eq!(moment(&date), expected, "{date}");
        }
    }
}
