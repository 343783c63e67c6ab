//! Sends a mail.
//!
//! ```json
//! { "type": "email_send", "parameters": { "to": "ada@example.com", "subject": "Welcome", "body": "Hi Ada" } }
//! ```
//! SMTP takes no idempotency key, so the visit is claimed before the mail goes out. In the outbox, a file per visit
//! shows what was sent, and that it was sent once.

mod outbox;
mod smtp;

use std::time::SystemTime;

use lettre::Message;
use lettre::message::{Mailbox, Mailboxes, MultiPart, SinglePart, header};
use pawl_contract::{StepError, code};
use serde_json::{Value, json};

use super::parameters::Parameters;
use crate::work::{Acted, Context};
use crate::{Error, Mail as Destination, Services};

/// What to do where mail cannot go anywhere.
pub(crate) const NOWHERE: &str =
    "there is nowhere to send mail: set PAWL_SMTP_URL, or PAWL_OUTBOX to a folder for `.eml` files";

/// A mail that is ready to go.
#[derive(Debug)]
pub(super) struct Mail {
    message: Message,
    /// The same for every attempt of the visit.
    key: String,
    output: Value,
}

/// Writes the mail. Whatever is wrong with it is wrong here, before anything is claimed.
pub(super) fn write(parameters: &Parameters<'_>, context: &Context<'_>) -> Result<Mail, StepError> {
    let settings = context.services.settings();
    if settings.mail == Destination::None {
        return Err(StepError::new(code::TOOL_ERROR, NOWHERE));
    }
    let from = parameters.text("from")?.unwrap_or(&settings.mail_from);
    let from: Mailbox = from
        .parse()
        .map_err(|error| bad_address("from", from, error))?;
    let key = context.idempotency_key();
    let id = format!("<{}@{}>", key.replace('/', "."), from.email.domain());
    let to = addresses(parameters, "to")?;
    let names: Vec<String> = to.iter().map(|mailbox| mailbox.email.to_string()).collect();
    let mut message = Message::builder()
        .message_id(Some(id.clone()))
        .date(SystemTime::from(context.now.0))
        .from(from)
        .subject(parameters.required_text("subject")?)
        .mailbox(header::To::from(to));
    for mailbox in addresses(parameters, "cc")? {
        message = message.cc(mailbox);
    }
    for mailbox in addresses(parameters, "bcc")? {
        message = message.bcc(mailbox);
    }
    for mailbox in addresses(parameters, "replyTo")? {
        message = message.reply_to(mailbox);
    }
    let text = match parameters.text("body")? {
        Some(text) => Some(text),
        None => parameters.text("text")?,
    };
    let plain = |text: &str| SinglePart::plain(text.to_owned());
    let message = match (text, parameters.text("html")?) {
        (Some(text), None) => message.singlepart(plain(text)),
        (None, Some(html)) => message.singlepart(SinglePart::html(html.to_owned())),
        (Some(text), Some(html)) => message.multipart(MultiPart::alternative_plain_html(
            text.to_owned(),
            html.to_owned(),
        )),
        (None, None) => message.singlepart(plain("")),
    };
    let invalid =
        |error: lettre::error::Error| StepError::new(code::VALIDATION_ERROR, error.to_string());
    let output = json!({ "messageId": id, "to": names, "sent": true });
    Ok(Mail {
        message: message.map_err(invalid)?,
        key,
        output,
    })
}

impl Mail {
    /// What the step gives once it is sent.
    pub(super) fn answer(&self) -> Acted {
        self.output.clone().into()
    }
}

/// Whether the target says that a mail is out. A server cannot be asked.
pub(super) fn is_sent(mail: &Mail, services: &Services) -> bool {
    match &services.settings().mail {
        Destination::Outbox(folder) => outbox::has(folder, &mail.key),
        Destination::Smtp(_) | Destination::None => false,
    }
}

/// Sends it.
pub(super) async fn send(mail: Mail, services: &Services) -> Result<Acted, Error> {
    match &services.settings().mail {
        Destination::Smtp(url) => smtp::send(url, mail.message).await?,
        Destination::Outbox(folder) => {
            outbox::send(folder.clone(), &mail.key, mail.message.formatted()).await?;
        }
        Destination::None => {
            return Err(Error::step(
                code::TOOL_ERROR,
                "there is nowhere to send mail",
            ));
        }
    }
    Ok(mail.output.into())
}

/// Sends a plain text to one person, under a key that no other mail has.
pub(crate) async fn send_text(
    services: &Services,
    to: &str,
    subject: &str,
    text: String,
    key: &str,
) -> Result<(), Error> {
    let from = &services.settings().mail_from;
    let from: Mailbox = from
        .parse()
        .map_err(|error| bad_address("from", from, error))?;
    let to: Mailbox = to.parse().map_err(|error| bad_address("to", to, error))?;
    let id = format!("<{}@{}>", key.replace('/', "."), from.email.domain());
    let message = Message::builder()
        .message_id(Some(id))
        .date(SystemTime::from(services.now().0))
        .from(from)
        .to(to)
        .subject(subject)
        .singlepart(SinglePart::plain(text));
    let message =
        message.map_err(|error| Error::step(code::VALIDATION_ERROR, error.to_string()))?;
    let mail = Mail {
        message,
        key: key.to_owned(),
        output: Value::Null,
    };
    send(mail, services).await.map(|_| ())
}

/// Whether mail goes to a folder in which the one with this key is not.
pub(crate) fn is_lost(services: &Services, key: &str) -> bool {
    match &services.settings().mail {
        Destination::Outbox(folder) => !outbox::has(folder, key),
        Destination::Smtp(_) | Destination::None => false,
    }
}

/// A word for a key: what could not stand in the name of a file or a mail's id is a dot.
pub(crate) fn plain_word(word: &str) -> String {
    let is_plain = |byte: char| byte.is_ascii_alphanumeric() || "-_.".contains(byte);
    word.chars()
        .map(|byte| if is_plain(byte) { byte } else { '.' })
        .collect()
}

/// The addresses of a field: text, with commas between several, or a list.
fn addresses(parameters: &Parameters<'_>, name: &str) -> Result<Mailboxes, StepError> {
    let texts = match parameters.get(name) {
        None => return Ok(Mailboxes::new()),
        Some(Value::Array(listed)) => listed.iter().collect(),
        Some(one) => vec![one],
    };
    let mut mailboxes = Mailboxes::new();
    for value in texts {
        let Some(text) = value.as_str() else {
            return Err(StepError::new(
                code::VALIDATION_ERROR,
                format!("`{name}` holds what is no address: {value}"),
            ));
        };
        let parsed: Mailboxes = text
            .parse()
            .map_err(|error| bad_address(name, text, error))?;
        mailboxes.extend(parsed);
    }
    if mailboxes.iter().next().is_none() {
        return Err(StepError::new(
            code::VALIDATION_ERROR,
            format!("`{name}` holds no address"),
        ));
    }
    Ok(mailboxes)
}

fn bad_address(name: &str, text: &str, error: lettre::address::AddressError) -> StepError {
    StepError::new(
        code::VALIDATION_ERROR,
        format!("`{name}`: `{text}` is not a mail address: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_as_text_or_as_a_list() {
        let rows = [
            (json!({ "to": "ada@example.com" }), Some(1)),
            (
                json!({ "to": "Ada <ada@example.com>, bob@example.com" }),
                Some(2),
            ),
            (
                json!({ "to": ["ada@example.com", "bob@example.com"] }),
                Some(2),
            ),
            (json!({}), Some(0)),
            (json!({ "to": [] }), None),
            (json!({ "to": "" }), None),
            (json!({ "to": "nobody" }), None),
            (json!({ "to": ["ada@example.com", 7] }), None),
        ];
        for (config, expected) in rows {
            let found = addresses(&Parameters::of(&config), "to").ok();
            assert_eq!(
                found.map(|found| found.iter().count()),
                expected,
                "{config}"
            );
        }
    }
}
