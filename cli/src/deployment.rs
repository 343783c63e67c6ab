//! A deployment of Pawl, asked over HTTP.

mod reading;

use std::time::Duration;

use anyhow::Context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::Value;

pub use reading::execution;

use crate::login::Login;
use crate::project::Misuse;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

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

impl Deployment {
    /// A deployment, asked with this login.
    pub fn new(login: Login) -> Self {
        let http = Client::builder().connect_timeout(CONNECT).build();
        Self {
            login,
            http: http.unwrap_or_default(),
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
        let request = self.http.request(method, self.address(path));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = self.send(request.bearer_auth(&self.login.key)).await?;
        answer.map_or_else(
            |refusal| Ok(Err(refusal)),
            |text| match text.as_str() {
                "" => Ok(Ok(Value::Null)),
                text => serde_json::from_str(text)
                    .map(Ok)
                    .map_err(|_| self.is_no_pawl()),
            },
        )
    }

    /// Presses the button of a link's page; whoever has the link may.
    pub async fn press(&self, link: &str, comment: &str) -> anyhow::Result<()> {
        let request = self
            .http
            .post(self.address(&format!("/links/{}", segment(link))))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("comment={}", segment(comment)));
        let answer = self.send(request).await?;
        answer.map(|_| ()).map_err(|(_, refusal)| refusal.into())
    }

    /// The text of a success, or why there is none.
    async fn send(
        &self,
        request: RequestBuilder,
    ) -> anyhow::Result<Result<String, (StatusCode, Refusal)>> {
        let answer = request.send().await.map_err(|error| {
            let why = anyhow::Error::new(error.without_url());
            let address = &self.login.url;
            Misuse::new(format!("nothing answers at {address}: {}", why.root_cause()))
                .help("is it the address of the API, and does it run? `pawl dev` starts one here; `pawl logout` forgets a login")
        })?;
        let status = answer.status();
        let text = answer.text().await.context("the answer broke off")?;
        if status.is_success() {
            return Ok(Ok(text));
        }
        let refusal = serde_json::from_str(&text).map_err(|_| self.is_no_pawl())?;
        Ok(Err((status, refusal)))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.login.url.trim_end_matches('/'))
    }

    /// What is said where the answers are of something else.
    fn is_no_pawl(&self) -> anyhow::Error {
        let address = &self.login.url;
        Misuse::new(format!("what answers at {address} is not the API of Pawl"))
            .help("give the address of the API, as `pawl dev` says it: `http://127.0.0.1:4567`")
            .into()
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

/// A name as a part of a path, whatever it holds.
pub fn segment(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}

impl From<Refusal> for anyhow::Error {
    fn from(refusal: Refusal) -> Self {
        let help = match refusal.code.as_str() {
            "UNAUTHENTICATED" => {
                "log in anew with `pawl login URL`, or set PAWL_KEY to a key that is good"
            }
            "FORBIDDEN" => "ask an administrator for a key with that role",
            _ => return Misuse::new(refusal.message).into(),
        };
        Misuse::new(refusal.message).help(help).into()
    }
}
