//! The HTTP API on this machine, and the key with which its owner reaches it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use pawl_api::{App, NewKey, Provider, Role, Settings, make_key};
use pawl_contract::Kind;

use crate::laptop::{Laptop, ORG, function_arn};
use crate::login::write_private;

/// The file in the state folder that holds the owner's key.
pub const KEY_FILE: &str = "key";

/// The file in the state folder that holds the API's address while it is served.
pub const URL_FILE: &str = "api";

impl Laptop {
    /// What the API works with on this machine, reached at this address; who asks has a key, or a token of this provider.
    pub fn app(&self, url: &str, provider: Option<Provider>) -> App {
        App::new(self.services.clone(), self.api_settings(url, provider))
    }

    /// What this machine decides about its API.
    pub fn api_settings(&self, url: &str, provider: Option<Provider>) -> Settings {
        let functions = Kind::with_functions().map(|kind| {
            let function = function_arn(kind.name());
            (kind.placeholder().to_owned(), function)
        });
        Settings {
            functions: functions.collect(),
            trigger_function: function_arn(Kind::Trigger.name()),
            machine_role: "arn:aws:iam::000000000000:role/pawl-machine".to_owned(),
            schedule_role: "arn:aws:iam::000000000000:role/pawl-schedule".to_owned(),
            schedule_group: "default".to_owned(),
            dead_letters: None,
            prefix: "pawl".to_owned(),
            is_traced: false,
            url: url.to_owned(),
            stream_url: None,
            // Pages that are made on this machine.
            origins: ["localhost", "127.0.0.1", "[::1]"]
                .map(|host| format!("http://{host}:*"))
                .to_vec(),
            provider,
        }
    }
}

/// The owner's key: the one in the state folder, or a new one that is written there.
pub async fn owners_key(app: &App, state: &Path) -> anyhow::Result<String> {
    let path = state.join(KEY_FILE);
    if let Ok(kept) = fs::read_to_string(&path)
        && pawl_api::is_key(app, kept.trim()).await
    {
        return Ok(kept.trim().to_owned());
    }
    let new = NewKey {
        name: "the owner of this machine".to_owned(),
        role: Role::Admin,
        workflows: None,
        actions: None,
        expires_at: None,
    };
    let token = make_key(app, ORG, &new, "pawl dev").await?;
    write_private(&path, &token.text)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(token.text)
}
