//! The API on Lambda: behind an HTTP API, and its streams behind a Function URL, which waits as long as a function may.
//!
//! The first key of a deployment is asked of the function itself, by whoever AWS lets invoke it:
//!
//! ```sh
//! aws lambda invoke --function-name NAME --cli-binary-format raw-in-base64-out \
//!   --payload '{"make_key":{"name":"Ada","role":"admin"}}' /dev/stdout
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, RequestExt, Service, run_with_streaming_response};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pawl_functions::lambda::{log, services};
use pawl_store::key;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::app::App;
use crate::keys::{self, NewKey};
use crate::settings::Settings;
use crate::stream::Until;

/// So long before a function is ended its streams end, with everything sent.
const TO_END: Duration = Duration::from_secs(5);

/// A key that is asked of the function itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    make_key: NewKey,
    org: Option<String>,
}

/// Serves the API until Lambda ends the process.
pub async fn serve() -> Result<(), Error> {
    log();
    let settings = &Settings::from_env(&environment)?;
    let parts = &OnceCell::new();
    let make = async || {
        let app = App::new(services().await, settings.clone());
        let http = Adapter::from(crate::router(app.clone()));
        (app, http)
    };
    let answer = async |event: LambdaEvent<Value>| -> Result<Value, Error> {
        let (app, http) = parts.get_or_init(make).await;
        let LambdaEvent { payload, context } = event;
        if payload.get("make_key").is_some() {
            return make_key(app, serde_json::from_value(payload)?).await;
        }
        let request: LambdaRequest = serde_json::from_value(payload)?;
        let answered = http.clone().call(LambdaEvent::new(request, context)).await;
        let answered = answered.unwrap_or_else(|never| match never {});
        Ok(serde_json::to_value(answered)?)
    };
    Box::pin(lambda_runtime::run(service_fn(answer))).await
}

/// Serves the streams of runs until Lambda ends the process.
pub async fn serve_streams() -> Result<(), Error> {
    log();
    let parts = &OnceCell::new();
    let make = async || {
        let app = App::new(services().await, Settings::of_readers(&environment));
        crate::stream_router(app).layer(from_fn(limit))
    };
    let answer = async |request: lambda_http::Request| {
        let mut router = parts.get_or_init(make).await.clone();
        router.call(request).await
    };
    Box::pin(run_with_streaming_response(service_fn(answer))).await
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn make_key(app: &App, asked: Asked) -> Result<Value, Error> {
    let usual = || app.services().settings().org.clone();
    let org = asked.org.unwrap_or_else(usual);
    asked.make_key.check()?;
    if !key::is_organisation(&org) {
        return Err("`org` has letters, digits, `-` and `_`".into());
    }
    let by = "whoever may invoke this function";
    let token = keys::make(app, &org, &asked.make_key, by).await?;
    Ok(json!({ "id": token.id, "key": token.text, "organization": org }))
}

/// Says how long a stream may take.
async fn limit(mut request: Request, next: Next) -> Response {
    let deadline = request.lambda_context_ref().map(|context| context.deadline);
    if let Some(deadline) = deadline {
        let deadline = UNIX_EPOCH + Duration::from_millis(deadline);
        let left = deadline.duration_since(SystemTime::now());
        let left = left.unwrap_or_default().saturating_sub(TO_END);
        request.extensions_mut().insert(Until::after(left));
    }
    next.run(request).await
}
