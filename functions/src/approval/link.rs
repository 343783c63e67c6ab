//! Links that decide: each for one person, one question and one decision, signed, and good as long as the question is.
//!
//! ```text
//! <claims, as base64url>.<their HMAC-SHA256 under the question's own key, as base64url>
//! ```
//! A link needs no memory: the decision is recorded once, and says the same again to whoever follows the link again.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pawl_contract::{At, Kind, StepError, code};
use pawl_store::{Record, key};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Decided, Decision, decide, refuse};
use crate::secret::random;
use crate::{Error, Services, token};

/// The bytes of a key that signs links.
const KEY: usize = 32;

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The organisation.
    pub org: String,
    /// The run that asks.
    pub run: String,
    /// The visit that asks.
    pub at: At,
    /// Who decides by it.
    pub by: String,
    /// What they decide.
    pub approved: bool,
    /// The last moment at which it is good, as ISO 8601.
    pub until: String,
}

impl Link {
    /// Reads a link, and believes it: [`decide_by_link`] does not.
    pub fn read(text: &str) -> Result<Self, StepError> {
        let (claims, _) = halves(text).ok_or_else(none_of_ours)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok();
        let link = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        link.ok_or_else(none_of_ours)
    }

    /// The link's text, signed.
    pub(super) fn sign(&self, key: &str) -> String {
        let claims = serde_json::to_vec(self).expect("it is made of strings");
        let claims = URL_SAFE_NO_PAD.encode(claims);
        let signature = hmac::sign(&signing(key), claims.as_bytes());
        format!("{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A key for the links of one question, encrypted.
pub(super) async fn new_key(services: &Services, org: &str) -> Result<String, Error> {
    let bytes: [u8; KEY] = random();
    token::seal(services, org, &URL_SAFE_NO_PAD.encode(bytes)).await
}

/// The key of a question's links.
pub(super) async fn key_of(
    services: &Services,
    org: &str,
    record: &Record,
) -> Result<Option<String>, Error> {
    match record.wait.as_ref().and_then(|wait| wait.link_key.as_ref()) {
        Some(sealed) => token::open(services, org, sealed).await.map(Some),
        None => Ok(None),
    }
}

/// Decides as a signed link says. What else the person says, such as a comment, comes along in `decision`.
pub async fn decide_by_link(
    services: &Services,
    text: &str,
    decision: Decision,
) -> Result<Decided, StepError> {
    let link = Link::read(text)?;
    let record = verify(services, &link, text).await;
    let record = record.map_err(Error::into_step)?;
    // Whoever only follows a link again says again what was said with it.
    let says_nothing =
        decision.comment.is_none() && decision.form.is_none() && decision.payload.is_none();
    let decision = if says_nothing {
        said_before(&record)
    } else {
        decision
    };
    let decision = Decision {
        approved: link.approved,
        by: Some(link.by.clone()),
        ..decision
    };
    let at = Some(link.at.as_str());
    decide(services, &link.org, &link.run, at, &decision).await
}

/// What came along with a decision that stands.
fn said_before(record: &Record) -> Decision {
    let given = |name: &str| record.output.get(name).filter(|value| !value.is_null());
    Decision {
        comment: given("comment").and_then(Value::as_str).map(str::to_owned),
        form: given("form").cloned(),
        payload: given("payload").cloned(),
        ..Decision::default()
    }
}

/// The record of the question, if the link was signed for it and is still good.
async fn verify(services: &Services, link: &Link, text: &str) -> Result<Record, Error> {
    let unknown = || Error::Step(none_of_ours());
    if !key::is_organisation(&link.org) {
        return Err(unknown());
    }
    let pk = key::partition(&link.org, &link.run);
    let store = services.store();
    let items = store.fetch(&pk, [key::record(&link.at)]).await?;
    let record = store.record(&items, &link.at).await?;
    let record = record.filter(|record| record.kind == Some(Kind::Approval));
    let record = record.ok_or_else(unknown)?;
    let key = key_of(services, &link.org, &record).await?;
    let (claims, signature) = halves(text).ok_or_else(unknown)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| unknown())?;
    let key = signing(&key.ok_or_else(unknown)?);
    hmac::verify(&key, claims.as_bytes(), &signature).map_err(|_| unknown())?;
    if services.now().iso() > link.until {
        return Err(refuse(format!("this link was good until {}", link.until)));
    }
    Ok(record)
}

fn signing(key: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes())
}

fn halves(text: &str) -> Option<(&str, &str)> {
    // Whoever copies the whole address has the token behind its last slash.
    let token = text.trim().rsplit('/').next()?;
    token.split_once('.')
}

fn none_of_ours() -> StepError {
    StepError::new(code::VALIDATION_ERROR, "this link is none of ours")
}
