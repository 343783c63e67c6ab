//! `pawl login`: remembers a deployment, and a key for it.

use std::io::{IsTerminal, Read};

use anyhow::Context;
use reqwest::Method;
use serde_json::Value;

use super::{Outcome, print, runtime};
use crate::deployment::Deployment;
use crate::login;
use crate::project::Misuse;

const EXAMPLES: &str = "Examples:
  pawl login https://pawl.example.com
  pass show pawl/key | pawl login https://pawl.example.com

The key is read from the terminal without showing it, or from standard input; `POST /api/keys` makes one. It is kept in a file
that only you can read, and every command that asks a deployment asks this one until `pawl logout`, in whatever folder; PAWL_URL
goes before it, and so do `--url`, `--state` and `--endpoint`. A `pawl dev` in this folder needs no login.";

/// Remember a deployment, and a key for it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Login {
    /// The address of the API
    url: String,
}

impl Login {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let login = login::Login {
            url: self.url,
            key: key()?,
        };
        let deployment = Deployment::new(login);
        let me = runtime()?.block_on(deployment.want(Method::GET, "/api/me", None))?;
        let path = deployment.login().remember()?;
        let text = |field: &str| me.get(field).and_then(Value::as_str).unwrap_or_default();
        print(&format!(
            "{} of {} at {}, remembered in {}\n",
            text("role"),
            text("organization"),
            deployment.login().url,
            path.display()
        ))?;
        Ok(Outcome::Done)
    }
}

fn key() -> anyhow::Result<String> {
    let key = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Key: ").context("cannot read the key")?
    } else {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read the key")?;
        text
    };
    let key = key.trim().to_owned();
    if key.is_empty() {
        return Err(Misuse::new("the key is empty").into());
    }
    Ok(key)
}
