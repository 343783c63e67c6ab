//! The secrets of webhooks that were opened a moment ago, so that not every delivery asks for a key.
//!
//! They are found by what they were opened from. A secret that is replaced or taken back is looked for no more, since
//! what a webhook has is read for every delivery.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use pawl_functions::{Moment, Vault, VaultError};

/// How long an opened secret is kept, in milliseconds.
const KEPT: u64 = 5 * 60 * 1000;

/// How many are kept.
const MOST: usize = 1000;

/// Opened secrets, by organisation and encrypted text.
#[derive(Default)]
pub(crate) struct Opened(Mutex<BTreeMap<(String, String), Secret>>);

struct Secret {
    text: String,
    until: Moment,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Opened")
    }
}

impl Opened {
    /// A secret of an organisation, opened now or a moment ago.
    pub(super) async fn open(
        &self,
        vault: &Vault,
        org: &str,
        sealed: &str,
        now: Moment,
    ) -> Result<String, VaultError> {
        let key = (org.to_owned(), sealed.to_owned());
        if let Some(text) = self.find(&key, now) {
            return Ok(text);
        }
        let text = vault.open(sealed, org).await?;
        self.keep(key, &text, now);
        Ok(text)
    }

    fn find(&self, key: &(String, String), now: Moment) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = kept.get(key).filter(|secret| now < secret.until)?;
        Some(secret.text.clone())
    }

    fn keep(&self, key: (String, String), text: &str, now: Moment) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, secret| now < secret.until);
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        let secret = Secret {
            text: text.to_owned(),
            until: now.after(KEPT),
        };
        kept.insert(key, secret);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_secret_is_kept_for_a_while_and_not_without_bound() {
        let opened = Opened::default();
        let now = Moment(Timestamp::UNIX_EPOCH);
        let key = |number: usize| ("acme".to_owned(), format!("sealed-{number}"));
        opened.keep(key(0), "secret", now);
        let found = |number: usize, later: u64| opened.find(&key(number), now.after(later));
        assert_eq!(found(0, KEPT - 1).as_deref(), Some("secret"));
        assert_eq!(found(0, KEPT), None);
        assert_eq!(found(1, 0), None, "another text is another secret");
        assert_eq!(
            opened.find(&("other".to_owned(), "sealed-0".to_owned()), now),
            None
        );
        for number in 1..=MOST {
            opened.keep(key(number), "secret", now);
        }
        let kept = opened.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(kept.len() <= MOST, "{} are kept", kept.len());
    }
}
