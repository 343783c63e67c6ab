//! A deployment of Pawl, asked over HTTP: the one that is named, that somebody has logged in to, or a `pawl dev` here.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use reqwest::{Client, Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::front::{KEY_FILE, URL_FILE};
use crate::keys::{environment, user_folder};
use crate::project::Misuse;

/// The file among a user's settings that holds a login.
const LOGIN: &str = "login.json";

/// Which deployment is asked, and by whom.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Which {
    /// The address of the API [default: PAWL_URL, the login, or the `pawl dev` of this folder]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A file with the key [default: PAWL_KEY, the login, or the one of `pawl dev`]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub key_file: Option<PathBuf>,
}

/// An address and a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The address of the API.
    pub url: String,
    /// The key.
    pub key: String,
}

/// A deployment that is asked.
#[derive(Debug, Clone)]
pub struct Deployment {
    login: Login,
    http: Client,
}

/// An answer that is no success.
#[derive(Debug, Clone, Deserialize)]
pub struct Refusal {
    /// What is wrong, for programs.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// What belongs to it.
    #[serde(default)]
    pub details: Value,
}

/// What a deployment answered.
pub type Answered = Result<Value, (StatusCode, Refusal)>;

impl Which {
    /// Finds the deployment.
    pub fn find(&self) -> anyhow::Result<Deployment> {
        let login = match &self.url {
            Some(url) => Login {
                url: url.clone(),
                key: self.key()?,
            },
            None => named().map_or_else(logged_in, |login| Ok(Some(login)))?.or_else(here).ok_or_else(|| {
                Misuse::new("no deployment is named").help(
                    "start one with `pawl dev`, log in with `pawl login URL`, or set PAWL_URL and PAWL_KEY",
                )
            })?,
        };
        Ok(Deployment::new(login))
    }

    fn key(&self) -> anyhow::Result<String> {
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path);
            text.with_context(|| format!("cannot read {}", path.display()))
        };
        let given = self.key_file.as_ref().map(read).transpose()?;
        let found = given
            .or_else(|| environment("PAWL_KEY"))
            .or_else(|| here().map(|login| login.key));
        let found = found
            .map(|key| key.trim().to_owned())
            .filter(|key| !key.is_empty());
        found.ok_or_else(|| {
            Misuse::new("there is no key")
                .help("set PAWL_KEY, or give `--key-file`")
                .into()
        })
    }
}

impl Deployment {
    /// A deployment, asked with this login.
    pub fn new(login: Login) -> Self {
        Self {
            login,
            http: Client::new(),
        }
    }

    /// The login.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Asks with a body of JSON, if there is one.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answered> {
        let url = format!("{}{path}", self.login.url.trim_end_matches('/'));
        let mut request = self.http.request(method, &url).bearer_auth(&self.login.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| {
            let why = error.without_url();
            Misuse::new(format!(
                "nothing of Pawl answers at {}: {why}",
                self.login.url
            ))
            .help("is it the address of the API, and does it run?")
        })?;
        let status = answer.status();
        let text = answer.text().await.context("the answer broke off")?;
        if status.is_success() {
            let value = if text.is_empty() {
                Value::Null
            } else {
                serde_json::from_str(&text).context("the answer is no JSON")?
            };
            return Ok(Ok(value));
        }
        let refusal = serde_json::from_str(&text).unwrap_or_else(|_| Refusal {
            code: status.as_str().to_owned(),
            message: text.chars().take(200).collect(),
            details: Value::Null,
        });
        Ok(Err((status, refusal)))
    }

    /// Asks, where nothing but a success goes on.
    pub async fn want(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.ask(method, path, body)
            .await?
            .map_err(|(_, refusal)| refusal.into())
    }
}

impl From<Refusal> for anyhow::Error {
    fn from(refusal: Refusal) -> Self {
        let misuse = Misuse::new(refusal.message.clone());
        let help = match refusal.code.as_str() {
            "UNAUTHENTICATED" => Some("log in anew: `pawl login URL`"),
            "FORBIDDEN" => Some("ask an administrator for a key with that role"),
            _ => None,
        };
        match help {
            Some(help) => misuse.help(help).into(),
            None => misuse.into(),
        }
    }
}

impl Login {
    /// Keeps it among the user's settings, where nobody else reads it: the file.
    pub fn keep(&self) -> anyhow::Result<PathBuf> {
        let folder =
            user_folder(environment).ok_or_else(|| Misuse::new("there is no home folder"))?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join(LOGIN);
        write_private(&path, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

/// The deployment that the environment names.
fn named() -> Option<Login> {
    let given = |name: &str| environment(name).filter(|value| !value.is_empty());
    Some(Login {
        url: given("PAWL_URL")?,
        key: given("PAWL_KEY")?,
    })
}

/// The deployment that somebody has logged in to.
fn logged_in() -> anyhow::Result<Option<Login>> {
    let Some(path) = user_folder(environment).map(|folder| folder.join(LOGIN)) else {
        return Ok(None);
    };
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(None);
    };
    let login = serde_json::from_str(&text);
    login
        .map(Some)
        .with_context(|| format!("{} is no login", path.display()))
}

/// The `pawl dev` of this folder.
fn here() -> Option<Login> {
    let folder = crate::laptop::state_folder(None);
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    Some(Login {
        url: read(URL_FILE)?.trim().to_owned(),
        key: read(KEY_FILE)?.trim().to_owned(),
    })
}

/// Writes a file that nobody else can read.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(path)?, "{text}")
}
