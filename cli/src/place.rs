//! Which Pawl a command asks. One rule for all commands; the first of these that is there:
//!
//! 1. `--url`, `--endpoint` or `--state`,
//! 2. `PAWL_URL`, with the key in `PAWL_KEY`,
//! 3. what `pawl login` remembers,
//! 4. the state folder `.pawl` here, and the `pawl dev` that has it open.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::aws;
use crate::deployment::Deployment;
use crate::front::{KEY_FILE, URL_FILE};
use crate::keys::environment;
use crate::laptop::state_folder;
use crate::login::Login;
use crate::project::Misuse;

/// Which deployment is asked, and by whom: a command that needs the API.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Which {
    /// Ask the API at this address [default: PAWL_URL, the login, or the `pawl dev` of this folder]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A file with the key for that address [default: PAWL_KEY, or the login there]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub key_file: Option<PathBuf>,
    /// Ask the `pawl dev` that has this folder open, whatever deployment is named [default: .pawl]
    #[arg(long, value_name = "DIR", conflicts_with = "url")]
    pub state: Option<PathBuf>,
}

/// Where runs are looked into: a deployment, or what keeps them on this machine.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Place {
    /// Ask the API at this address [default: PAWL_URL, the login, or the folder `.pawl` here]
    #[arg(long, value_name = "URL", conflicts_with_all = ["state", "endpoint"])]
    pub url: Option<String>,
    /// A file with the key for that address [default: PAWL_KEY, or the login there]
    #[arg(long, value_name = "FILE", requires = "url")]
    pub key_file: Option<PathBuf>,
    /// An AWS on this machine, asked in place of any deployment.
    #[command(flatten)]
    pub aws: aws::Place,
}

/// Where a command finds what it asks.
#[derive(Debug, Clone)]
pub enum Found {
    /// Behind the API of a deployment.
    Deployment(Box<Deployment>),
    /// In an AWS: a state folder, or an endpoint.
    Aws(aws::Place),
}

impl Which {
    /// Finds the deployment.
    pub fn find(&self) -> anyhow::Result<Deployment> {
        let login = match (&self.state, &self.url) {
            (None, url) => named(url.as_deref(), self.key_file.as_deref())?,
            (Some(_), _) => None,
        };
        let folder = state_folder(self.state.as_deref());
        let login = login.or_else(|| served(&folder)).ok_or_else(|| {
            let message = match self.state {
                Some(_) => format!("no `pawl dev` has the folder `{}` open", folder.display()),
                None => "no deployment is named".to_owned(),
            };
            Misuse::new(message).help(
                "start one with `pawl dev`, log in with `pawl login URL`, or set PAWL_URL and PAWL_KEY",
            )
        })?;
        Ok(Deployment::new(login))
    }
}

impl Place {
    /// Finds what is asked.
    pub fn find(&self) -> anyhow::Result<Found> {
        if !self.aws.is_given()
            && let Some(login) = named(self.url.as_deref(), self.key_file.as_deref())?
        {
            return Ok(Found::Deployment(Box::new(Deployment::new(login))));
        }
        Ok(Found::Aws(self.aws.clone()))
    }
}

impl aws::Place {
    /// Itself, unless a deployment is named, which does not tell what only AWS knows.
    pub fn find(&self) -> anyhow::Result<&Self> {
        if self.is_given() {
            return Ok(self);
        }
        match named(None, None)? {
            None => Ok(self),
            Some(login) => Err(only_aws(&login)),
        }
    }

    fn is_given(&self) -> bool {
        self.state.is_some() || self.endpoint.is_some()
    }
}

/// What a deployment is asked in vain.
pub fn only_aws(login: &Login) -> anyhow::Error {
    Misuse::new(format!("the API at {} does not do that", login.url))
        .help("ask AWS itself, with `--state DIR` or `--endpoint URL`; `pawl show` and `pawl logs` ask the API")
        .into()
}

/// Whether commands ask a deployment where nothing else is said, so that who means a folder has to say so.
pub fn is_deployment_named() -> bool {
    named(None, None).is_ok_and(|login| login.is_some())
}

/// The deployment that is given, that the environment names, or that somebody has logged in to.
fn named(url: Option<&str>, key_file: Option<&Path>) -> anyhow::Result<Option<Login>> {
    match url.map(str::to_owned).or_else(|| given("PAWL_URL")) {
        Some(url) => {
            let key = key(&url, key_file)?;
            Ok(Some(Login { url, key }))
        }
        None => Login::remembered(),
    }
}

/// The key for an address. One that was kept for another address goes nowhere else.
fn key(url: &str, file: Option<&Path>) -> anyhow::Result<String> {
    let read = |path: &Path| {
        let text = fs::read_to_string(path);
        text.with_context(|| format!("cannot read {}", path.display()))
    };
    let of_environment = given("PAWL_KEY").map(|key| Login {
        url: given("PAWL_URL").unwrap_or_else(|| url.to_owned()),
        key,
    });
    let kept = || {
        let kept = [
            of_environment,
            Login::remembered().ok().flatten(),
            served(&state_folder(None)),
        ];
        let mut kept = kept.into_iter().flatten();
        kept.find(|login| login.is_of(url)).map(|login| login.key)
    };
    let key = file.map(read).transpose()?.or_else(kept);
    let key = key.map(|key| key.trim().to_owned());
    key.filter(|key| !key.is_empty()).ok_or_else(|| {
        Misuse::new(format!("there is no key for {url}"))
            .help("set PAWL_KEY, give `--key-file`, or log in with `pawl login URL`")
            .into()
    })
}

/// The `pawl dev` that has a folder open.
fn served(folder: &Path) -> Option<Login> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    Some(Login {
        url: read(URL_FILE)?.trim().to_owned(),
        key: read(KEY_FILE)?.trim().to_owned(),
    })
}

fn given(name: &str) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}
