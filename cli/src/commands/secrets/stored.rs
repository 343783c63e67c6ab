//! `pawl secrets store`, `stored` and `forget`: the secrets that a deployment keeps for its organisation.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::runs::readable;
use super::super::{Outcome, print, print_json, say};
use super::ask;
use crate::deployment::{Deployment, segment};
use crate::place::Which;
use crate::table::{Side, table};

/// Keep a secret in a deployment
#[derive(clap::Args)]
pub(super) struct Store {
    /// Its name: a definition reads it by `{ "stored": "<name>" }`
    name: String,
    #[command(flatten)]
    which: Which,
}

/// List the secrets that a deployment keeps, without what they are
#[derive(clap::Args)]
pub(super) struct Stored {
    #[command(flatten)]
    which: Which,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Have a deployment forget a secret
#[derive(clap::Args)]
pub(super) struct Forget {
    /// Its name
    name: String,
    #[command(flatten)]
    which: Which,
}

impl Store {
    pub(super) async fn run(self) -> anyhow::Result<Outcome> {
        let deployment = self.which.find()?;
        let body = json!({ "value": ask(&self.name)? });
        let path = path(&self.name);
        deployment.want(Method::PUT, &path, Some(&body)).await?;
        say(&format!(
            "{} keeps `{1}`; a definition reads it by `\"{1}\": {{ \"stored\": \"{1}\" }}` in `config.secrets`",
            deployment.login().url,
            self.name
        ));
        Ok(Outcome::Done)
    }
}

impl Stored {
    pub(super) async fn run(self) -> anyhow::Result<Outcome> {
        let secrets = all(&self.which.find()?).await?;
        if self.json {
            print_json(&secrets)?;
        } else if secrets.is_empty() {
            say("No secret is kept; `pawl secrets store NAME` keeps one");
        } else {
            let row = |secret: &Value| {
                let text = |field: &str| secret.get(field).and_then(Value::as_str);
                let text = |field: &str| text(field).unwrap_or_default().to_owned();
                let updated = readable(&text("updated_at"));
                [text("name"), updated, text("updated_by")]
            };
            let rows: Vec<_> = secrets.iter().map(row).collect();
            let headings = ["NAME", "WRITTEN (UTC)", "BY"];
            print(&table(headings.map(|name| (name, Side::Left)), &rows))?;
        }
        Ok(Outcome::Done)
    }
}

impl Forget {
    pub(super) async fn run(self) -> anyhow::Result<Outcome> {
        let deployment = self.which.find()?;
        let path = path(&self.name);
        deployment.want(Method::DELETE, &path, None).await?;
        say(&format!("`{}` is forgotten", self.name));
        Ok(Outcome::Done)
    }
}

/// Every secret that is kept, page by page.
async fn all(deployment: &Deployment) -> anyhow::Result<Vec<Value>> {
    let mut secrets = Vec::new();
    let mut path = "/api/secrets?limit=100".to_owned();
    loop {
        let page = deployment.want(Method::GET, &path, None).await?;
        let items = page.get("items").and_then(Value::as_array);
        secrets.extend(items.into_iter().flatten().cloned());
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(cursor) => path = format!("/api/secrets?limit=100&cursor={}", segment(cursor)),
            None => return Ok(secrets),
        }
    }
}

fn path(name: &str) -> String {
    format!("/api/secrets/{}", segment(name))
}
