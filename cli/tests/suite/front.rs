//! The HTTP API, over AWS on this machine.

#![expect(
    clippy::indexing_slicing,
    reason = "an answer that lacks a field fails its test"
)]

mod access;
mod as_code;
mod described;
mod history;
mod life;
mod lost;
mod machines;
mod noted;
mod onward;
mod resources;
mod scopes;
mod starts;
mod stream;
mod templates;
mod tokens;
mod triggers;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use pawl::laptop::{Laptop, ORG, Options};
use pawl_api::{App, NewKey, Provider, Role, make_key};
use pawl_functions::Settings;
use pawl_local::{Clock, Faults, acting_as};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::corpus::in_memory;
use crate::stage::open;

/// A laptop with its API, and somebody who asks.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) laptop: Laptop,
    pub(crate) app: App,
    router: Router,
    key: String,
    /// Where its mail goes.
    outbox: Arc<tempfile::TempDir>,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Front {
    /// An API with nothing in it, asked by an administrator.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same where time does not jump to the end of what waits for somebody.
    pub(crate) async fn open_in_real_time() -> Self {
        Self::open_as(|options| options.clock = Clock::real()).await
    }

    /// The same with other settings.
    pub(crate) async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::open_as(|options| change(&mut options.settings)).await
    }

    async fn open_as(change: impl FnOnce(&mut Options)) -> Self {
        let outbox = Arc::new(tempfile::tempdir().expect("a folder"));
        let mut options = in_memory(outbox.path(), Faults::none());
        options.settings.bus = Some("default".to_owned());
        options.settings.links_url = Some("http://pawl.test/links".to_owned());
        options.settings.http_allow = vec!["127.0.0.1".to_owned()];
        change(&mut options);
        let laptop = open(options).await;
        let app = laptop.app("http://pawl.test", None);
        let router = pawl_api::router(app.clone());
        let front = Self {
            laptop,
            app,
            router,
            key: String::new(),
            outbox,
        };
        front.with(ORG, Role::Admin).await
    }

    /// The same API, asked by somebody of an organisation.
    pub(crate) async fn with(&self, org: &str, role: Role) -> Self {
        let new = NewKey {
            name: format!("{} of {org}", role.name()),
            role,
            workflows: None,
            actions: None,
            expires_at: None,
        };
        let token = make_key(&self.app, org, &new, "a test").await;
        self.by(&token.expect("a key").text)
    }

    /// The same laptop, with an API that believes an identity provider.
    pub(crate) fn believing(&self, provider: Provider) -> Self {
        let app = self.laptop.app("http://pawl.test", Some(provider));
        Self {
            router: pawl_api::router(app.clone()),
            app,
            ..self.clone()
        }
    }

    /// The same API, asked with a token.
    pub(crate) fn by(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// Asks with a body of JSON.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let is_empty = body.is_null();
        let request = self.request(method, path);
        let request = if is_empty {
            request.body(Body::empty())
        } else {
            let typed = request.header("content-type", "application/json");
            typed.body(Body::from(body.to_string()))
        };
        self.send(request.expect("a request")).await
    }

    /// Asks, and wants an answer of this status.
    pub(crate) async fn want(&self, status: u16, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(method, path, &body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// A request that says who asks.
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let method: Method = method.parse().expect("a method");
        let request = Request::builder().method(method).uri(path);
        if self.key.is_empty() {
            return request;
        }
        request.header("authorization", format!("Bearer {}", self.key))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = acting_as("api", self.router.clone().oneshot(request)).await;
        let (head, body) = response.expect("an answer").into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let text = || json!(String::from_utf8_lossy(&body));
        Answer {
            status: head.status,
            headers: head.headers,
            body: serde_json::from_slice(&body).unwrap_or_else(|_| text()),
        }
    }

    /// The path of the first link in the mail that was sent.
    pub(crate) async fn link_in_mail(&self) -> String {
        const BEFORE: &str = "http://pawl.test";
        for _ in 0..400 {
            for file in self.outbox.path().read_dir().expect("a folder") {
                let mail = std::fs::read_to_string(file.expect("a file").path());
                let mail = mail
                    .unwrap_or_default()
                    .replace("=\r\n", "")
                    .replace("=3D", "=");
                let link = mail
                    .split_whitespace()
                    .find_map(|word| word.strip_prefix(BEFORE));
                if let Some(link) = link.filter(|link| link.starts_with("/links/")) {
                    return link.to_owned();
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("there is no mail with a link");
    }

    /// Waits until nothing goes on.
    pub(crate) async fn settled(&self) {
        self.laptop.local.settled().await;
    }

    /// Runs a workflow until nothing goes on: the path of its run.
    pub(crate) async fn run(&self, workflow: &str, body: Value) -> String {
        let path = format!("/api/workflows/{workflow}/execute");
        let started = self.want(202, "POST", &path, body).await;
        self.settled().await;
        let id = started["execution_id"].as_str().expect("an id");
        format!("/api/executions/{id}")
    }

    /// Creates and publishes a workflow: its id.
    pub(crate) async fn publish(&self, definition: Value) -> String {
        let made = self.want(201, "POST", "/api/workflows", definition).await;
        let id = made["id"].as_str().expect("an id").to_owned();
        self.publish_draft(&id).await;
        id
    }

    /// Publishes what was written last.
    pub(crate) async fn publish_draft(&self, id: &str) {
        let path = format!("/api/workflows/{id}/publish");
        self.want(200, "POST", &path, Value::Null).await;
    }

    /// Writes a draft over a workflow and publishes it.
    pub(crate) async fn publish_again(&self, id: &str, definition: Value) {
        let path = format!("/api/workflows/{id}");
        self.want(200, "PUT", &path, definition).await;
        self.publish_draft(id).await;
    }
}

/// A workflow that greets.
pub(crate) fn greeting(text: &str) -> Value {
    json!({
        "name": "Greet",
        "description": "Says hello",
        "steps": [
            { "stepSlug": "start", "stepType": "trigger", "config": { "type": "manual" }, "nextSteps": { "success": "greet" } },
            { "stepSlug": "greet", "stepType": "output", "config": { "mapping": { "text": text } } },
        ],
    })
}
