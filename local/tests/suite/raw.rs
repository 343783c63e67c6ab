//! Requests as a client of no SDK would send them, for services whose SDK would take minutes to build.

use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::Request;
use pawl_local::Local;
use serde_json::{Value, json};

/// An answer: its status, the error's name if it is one, and its body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) error: String,
    pub(crate) body: Value,
}

impl Answered {
    /// The body of an answer that is no error.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }

    /// The name and the text of an error.
    pub(crate) fn refused(self) -> (String, String) {
        assert_ne!(self.status, 200, "{self:?}");
        let text = |name: &str| self.body.get(name).and_then(Value::as_str);
        let message = text("message").or(text("Message")).unwrap_or_default();
        (self.error, message.to_owned())
    }
}

/// Calls an operation of SQS.
pub(crate) async fn sqs(local: &Local, operation: &str, body: Value) -> Answered {
    let request = Request::post("https://sqs.us-east-1.amazonaws.com/")
        .header("x-amz-target", format!("AmazonSQS.{operation}"));
    send(local, request, &body).await
}

/// Calls an operation of Step Functions.
pub(crate) async fn states(local: &Local, operation: &str, body: Value) -> Answered {
    let request = Request::post("https://states.us-east-1.amazonaws.com/")
        .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
    send(local, request, &body).await
}

/// Sends a request to Scheduler.
pub(crate) async fn scheduler(local: &Local, method: &str, path: &str, body: Value) -> Answered {
    let address = format!("https://scheduler.us-east-1.amazonaws.com{path}");
    send(local, Request::builder().method(method).uri(address), &body).await
}

async fn send(local: &Local, request: http::request::Builder, body: &Value) -> Answered {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = request.body(SdkBody::from(body)).expect("a request");
    let request = HttpRequest::try_from(request).expect("a request");
    let config = local.sdk_config();
    let client = config.http_client().expect("it has one");
    let components = RuntimeComponentsBuilder::for_tests()
        .build()
        .expect("components");
    let connector = client.http_connector(&HttpConnectorSettings::default(), &components);
    let response = connector.call(request).await.expect("an answer");
    let status = response.status().as_u16();
    let header = response
        .headers()
        .get("x-amzn-errortype")
        .map(str::to_owned);
    let body = ByteStream::new(response.into_body()).collect().await;
    let body = body.expect("a whole body").into_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap_or(json!({}));
    let named = body.get("__type").and_then(Value::as_str);
    let error = header.or(named.map(str::to_owned)).unwrap_or_default();
    let error = error.rsplit('#').next().unwrap_or_default().to_owned();
    Answered {
        status,
        error,
        body,
    }
}

/// Makes a queue; its URL and its ARN.
pub(crate) async fn queue(local: &Local, name: &str, attributes: Value) -> (String, String) {
    let made = sqs(
        local,
        "CreateQueue",
        json!({ "QueueName": name, "Attributes": attributes }),
    )
    .await;
    let url = made
        .ok()
        .get("QueueUrl")
        .and_then(Value::as_str)
        .expect("a URL")
        .to_owned();
    (url, format!("arn:aws:sqs:us-east-1:000000000000:{name}"))
}

/// The messages of a queue, ten at most.
pub(crate) async fn messages(local: &Local, url: &str) -> Vec<Value> {
    let request = json!({
        "QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "AttributeNames": ["All"],
    });
    let received = sqs(local, "ReceiveMessage", request).await.ok();
    received
        .get("Messages")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// The bodies of the messages of a queue.
pub(crate) async fn bodies(local: &Local, url: &str) -> Vec<String> {
    let messages = messages(local, url).await;
    let bodies = messages
        .iter()
        .filter_map(|message| message.get("Body")?.as_str());
    bodies.map(str::to_owned).collect()
}

/// The text of an attribute that was sent beside a message.
pub(crate) fn attribute<'message>(message: &'message Value, name: &str) -> Option<&'message str> {
    message
        .get("MessageAttributes")?
        .get(name)?
        .get("StringValue")?
        .as_str()
}
