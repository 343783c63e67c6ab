//! Lambda's own protocol: operations are methods and paths, bodies are JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::answer::{Answer, answer as written, refuse_rest, rest_answer};
use crate::random::fresh_id;
use crate::route::{decode, query};
use crate::unreadable::{self, Mistake};
use crate::{Aws, FunctionError};

use super::function::{Function, LATEST};
use super::invocation::{Ending, LARGEST, LARGEST_EVENT};
use super::refusal::Refusal;
use super::{COLLECTION, Lambda, Manner, Named, aliases, create, lock, tags};

/// A request, taken apart.
pub(super) struct Call {
    /// The parts of the path behind the API's version, decoded.
    path: Vec<String>,
    query: BTreeMap<String, String>,
    /// All values of the parameters that may come more than once.
    pub(super) tag_keys: Vec<String>,
    body: Bytes,
}

/// Answers one request.
pub(crate) async fn answer(aws: &Arc<Aws>, operation: &str, request: Request<Bytes>) -> Answer {
    let answered = if operation == "Invoke" {
        invoke(aws, &request).await
    } else {
        let (aws, operation) = (Arc::clone(aws), operation.to_owned());
        let performed = spawn_blocking(move || perform(&aws, &operation, &Call::read(&request)));
        let performed = performed.await;
        performed.unwrap_or_else(|error| Err(Refusal::internal(error.to_string())))
    };
    answered.unwrap_or_else(|refusal| refuse_rest(refusal.status, refusal.code, &refusal.message))
}

impl Call {
    fn read(request: &Request<Bytes>) -> Self {
        let path = request.uri().path().trim_matches('/').split('/');
        let query = query(request);
        let tag_keys = query.iter().filter(|(name, _)| name == "tagKeys");
        Self {
            path: path.skip(1).map(decode).collect(),
            tag_keys: tag_keys.map(|(_, value)| value.clone()).collect(),
            query: query.into_iter().collect(),
            body: request.body().clone(),
        }
    }

    /// The function that the path names.
    pub(super) fn named(&self) -> Named {
        let named = self.path.get(1).map_or("", String::as_str);
        Named::read(named, self.parameter("Qualifier"))
    }

    /// What the path names behind the function.
    pub(super) fn second(&self) -> &str {
        self.path.get(3).map_or("", String::as_str)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body. An empty one is an empty object.
    pub(super) fn body<Body: DeserializeOwned>(&self) -> Result<Body, Refusal> {
        let body: &[u8] = if self.body.is_empty() {
            b"{}"
        } else {
            &self.body
        };
        unreadable::read(body).map_err(|mistake| match mistake {
            Mistake::Syntax(message) | Mistake::Kind(message) => {
                Refusal::content(format!("Could not parse request body into json: {message}"))
            }
            Mistake::Constraint(message) => Refusal::broken(message),
        })
    }

    /// Cuts the page that is asked for out of a list: `Marker` is the name of the last item of the page before.
    pub(super) fn page(&self, list: &str, items: Vec<(String, Value)>) -> Value {
        let most = self.parameter("MaxItems");
        let most = most.and_then(|most| most.parse::<usize>().ok());
        let most = most.unwrap_or(50).clamp(1, 10_000);
        let begin = self.parameter("Marker").and_then(|marker| {
            let before = items.iter().position(|(name, _)| name == marker)?;
            Some(before + 1)
        });
        let begin = begin.unwrap_or(0);
        let is_last = items.len() <= begin.saturating_add(most);
        let page: Vec<_> = items.into_iter().skip(begin).take(most).collect();
        let marker = page
            .last()
            .filter(|_| !is_last)
            .map(|(name, _)| name.clone());
        let page: Vec<Value> = page.into_iter().map(|(_, item)| item).collect();
        match marker {
            Some(marker) => json!({ list: page, "NextMarker": marker }),
            None => json!({ list: page }),
        }
    }
}

/// Does what is asked for. It blocks on the disk.
fn perform(aws: &Aws, operation: &str, call: &Call) -> Result<Answer, Refusal> {
    let lambda = &aws.lambda;
    let done = |value: Value| Ok(rest_answer(StatusCode::OK, &value));
    let made = |value: Value| Ok(rest_answer(StatusCode::CREATED, &value));
    let gone = |()| Ok(written(StatusCode::NO_CONTENT, "application/json", ""));
    match operation {
        "CreateFunction" => create::create(aws, call).and_then(made),
        "UpdateFunctionCode" => create::update_code(aws, call).and_then(done),
        "UpdateFunctionConfiguration" => create::update_configuration(aws, call).and_then(done),
        "PublishVersion" => create::publish(aws, call).and_then(made),
        "DeleteFunction" => create::delete(aws, call).and_then(gone),
        "ListFunctions" => done(lambda.list(call)),
        "ListVersionsByFunction" => lambda.list_versions(call).and_then(done),
        "GetFunctionConfiguration" => lambda.configuration(&call.named()).and_then(done),
        "GetFunction" => {
            let named = call.named();
            let function = lambda.find(&named)?;
            let mut shown = json!({
                "Configuration": lambda.configuration(&named)?,
                "Code": { "RepositoryType": "S3" },
            });
            if let Some(shown) = shown.as_object_mut().filter(|_| !function.tags.is_empty()) {
                shown.insert("Tags".to_owned(), json!(function.tags));
            }
            done(shown)
        }
        "CreateAlias" => aliases::create(aws, call).and_then(made),
        "UpdateAlias" => aliases::update(aws, call).and_then(done),
        "GetAlias" => aliases::get(aws, call).and_then(done),
        "ListAliases" => aliases::list(aws, call).and_then(done),
        "DeleteAlias" => aliases::delete(aws, call).and_then(gone),
        "AddPermission" => tags::permit(aws, call).and_then(made),
        "GetPolicy" => tags::policy(aws, call).and_then(done),
        "RemovePermission" => tags::forbid(aws, call).and_then(gone),
        "ListTags" => tags::list(aws, call).and_then(done),
        "TagResource" => tags::tag(aws, call).and_then(gone),
        "UntagResource" => tags::untag(aws, call).and_then(gone),
        // What tools ask of every function, and what nobody sets here.
        "GetFunctionCodeSigningConfig" => {
            let function = lambda.find(&call.named())?;
            done(json!({ "FunctionName": function.name, "CodeSigningConfigArn": "" }))
        }
        "GetFunctionConcurrency" => lambda.find(&call.named()).and_then(|_| done(json!({}))),
        unknown => Err(Refusal::unknown(unknown)),
    }
}

/// Invokes a function, and waits for it unless the client does not.
async fn invoke(aws: &Arc<Aws>, request: &Request<Bytes>) -> Result<Answer, Refusal> {
    let named = Call::read(request).named();
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    let payload = match request.body() {
        empty if empty.is_empty() => Bytes::from_static(b"{}"),
        body => body.clone(),
    };
    let kind = header("x-amz-invocation-type").unwrap_or("RequestResponse");
    let most = match kind {
        "RequestResponse" | "DryRun" => LARGEST,
        "Event" => LARGEST_EVENT,
        other => {
            let rule = "Member must satisfy enum value set: [Event, RequestResponse, DryRun]";
            return Err(Refusal::constraint(other, "invocationType", rule));
        }
    };
    if payload.len() > most {
        return Err(Refusal::too_large(most));
    }
    let value: Value = serde_json::from_slice(&payload).map_err(|error| {
        Refusal::content(format!("Could not parse request body into json: {error}"))
    })?;
    let missing = || Refusal::missing(&named.qualified());
    if kind != "RequestResponse" {
        if !aws.lambda.may_be_there(&named) {
            return Err(missing());
        }
        if kind == "DryRun" {
            return Ok(written(StatusCode::NO_CONTENT, "application/json", ""));
        }
        let aws = Arc::clone(aws);
        let qualified = named.qualified();
        let taken = spawn_blocking(move || {
            aws.step_functions
                .engine
                .shared()
                .invoke_later(qualified, value)
        });
        taken
            .await
            .map_err(|error| Refusal::internal(error.to_string()))??;
        return Ok(written(StatusCode::ACCEPTED, "application/json", ""));
    }
    let wants_log = header("x-amz-log-type") == Some("Tail");
    let manner = Manner {
        id: Some(fresh_id()),
        client_context: header("x-amz-client-context").map(str::to_owned),
        wants_log,
    };
    let lambda = Arc::clone(&aws.lambda);
    let invoked = match lambda.invoke(&named, payload, manner).await {
        Ok(invoked) => invoked,
        Err(FunctionError::Missing) => return Err(missing()),
        Err(error @ FunctionError::Raised { .. }) => {
            return Err(Refusal::internal(error.to_string()));
        }
    };
    let (body, has_failed) = match invoked.ending {
        Ending::Answered(body) => (body, false),
        Ending::Failed { payload, .. } => (payload, true),
    };
    let mut answer = written(StatusCode::OK, "application/json", body);
    let headers = answer.headers_mut();
    if let Ok(version) = HeaderValue::from_str(&invoked.version) {
        headers.insert(HeaderName::from_static("x-amz-executed-version"), version);
    }
    if has_failed {
        let name = HeaderName::from_static("x-amz-function-error");
        headers.insert(name, HeaderValue::from_static("Unhandled"));
    }
    if wants_log && let Ok(log) = HeaderValue::from_str(&BASE64_STANDARD.encode(&invoked.log)) {
        headers.insert(HeaderName::from_static("x-amz-log-result"), log);
    }
    Ok(answer)
}

impl Lambda {
    /// A function; whether the qualifier means something is not looked at.
    pub(super) fn find(&self, named: &Named) -> Result<Function, Refusal> {
        let functions = lock(&self.functions);
        let found = functions.get(&named.name).cloned();
        found.ok_or_else(|| Refusal::missing(&named.qualified()))
    }

    /// Whether an invocation could find a function: handlers without a name in the lists are asked only then.
    pub(crate) fn may_be_there(&self, named: &Named) -> bool {
        match self.find(named) {
            Ok(function) => function.resolve(named.qualifier.as_deref(), 1.0).is_some(),
            Err(_) => lock(&self.handlers).is_some(),
        }
    }

    /// Changes a function: the change shows when it is kept. What came with the program stays as it is.
    pub(super) fn change(
        aws: &Aws,
        named: &Named,
        change: impl FnOnce(&mut Function) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        let mut functions = lock(&aws.lambda.functions);
        let found = functions.get(&named.name);
        let mut function = found
            .ok_or_else(|| Refusal::missing(&named.qualified()))?
            .clone();
        if function.is_given() {
            return Err(Refusal::invalid(format!(
                "The function {} came with the program, so that it cannot be changed",
                function.name
            )));
        }
        let shown = change(&mut function)?;
        aws.journal.put(COLLECTION, &function.name, &function)?;
        functions.insert(function.name.clone(), function);
        Ok(shown)
    }

    fn configuration(&self, named: &Named) -> Result<Value, Refusal> {
        let function = self.find(named)?;
        let qualifier = named.qualifier.as_deref();
        let found = function.resolve(qualifier, 1.0);
        let (version, revision) = found.ok_or_else(|| Refusal::missing(&named.qualified()))?;
        Ok(function.configuration(&version, qualifier, revision))
    }

    fn list(&self, call: &Call) -> Value {
        let has_versions = call.parameter("FunctionVersion") == Some("ALL");
        let functions = lock(&self.functions);
        let mut items = Vec::new();
        for (name, function) in functions.iter() {
            let latest = function.configuration(LATEST, None, &function.latest);
            items.push((name.clone(), latest));
            if has_versions {
                items.extend(versions(function));
            }
        }
        call.page("Functions", items)
    }

    fn list_versions(&self, call: &Call) -> Result<Value, Refusal> {
        let function = self.find(&call.named())?;
        let latest = function.configuration(LATEST, Some(LATEST), &function.latest);
        let mut items = vec![(LATEST.to_owned(), latest)];
        items.extend(versions(&function));
        Ok(call.page("Versions", items))
    }
}

/// The published versions of a function, by names that no other item of a list has.
fn versions(function: &Function) -> impl Iterator<Item = (String, Value)> {
    function.versions.iter().map(|(number, revision)| {
        let version = number.to_string();
        let shown = function.configuration(&version, Some(&version), revision);
        (format!("{}:{version}", function.name), shown)
    })
}
