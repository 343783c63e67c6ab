//! The port: raw requests as other people's tools send them.

mod objects;

use std::net::SocketAddr;

use pawl_local::{Fault, Faults, Local, Options};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// This AWS on a free port. It stops when it is dropped.
pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    pub(crate) local: Local,
    pub(crate) client: Client,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Port {
    pub(crate) async fn open(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let local = Local::open(options).await.expect("it opens");
        let (stop, stopped) = oneshot::channel::<()>();
        let served = local.clone();
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            served.serve(listener, stopped).await;
        });
        Self {
            address,
            local,
            client: Client::builder().no_proxy().build().expect("a client"),
            stop,
            serving,
        }
    }

    /// Stops it and waits until its folder is free.
    pub(crate) async fn close(self) {
        let Self {
            local,
            stop,
            serving,
            ..
        } = self;
        stop.send(()).expect("it runs");
        serving.await.expect("it ends");
        local.close().await;
    }

    /// A request, signed for a service as far as anybody looks.
    pub(crate) fn request(&self, method: Method, service: &str, path: &str) -> RequestBuilder {
        let scope = format!("Credential=local/20260101/us-east-1/{service}/aws4_request");
        self.client
            .request(method, format!("http://{}{path}", self.address))
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
            )
    }

    /// An operation of a service that speaks JSON.
    pub(crate) async fn json(
        &self,
        service: &str,
        target: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = self.request(Method::POST, service, "/");
        let request = request
            .header("x-amz-target", target)
            .body(body.to_string());
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        (status, answer.json().await.expect("JSON"))
    }
}

pub(crate) fn header<'answer>(answer: &'answer Response, name: &str) -> &'answer str {
    let value = answer.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[tokio::test]
async fn it_says_what_it_is() {
    let port = Port::open(Options::default()).await;
    for path in ["/", "/_pawl/health"] {
        let address = format!("http://{}{path}", port.address);
        let answer = port.client.get(address).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!header(&answer, "x-amzn-requestid").is_empty());
        let said: Value = answer.json().await.expect("JSON");
        assert_eq!(said.get("name"), Some(&json!("pawl")));
        let endpoint = said.pointer("/endpoints/states");
        assert_eq!(endpoint, Some(&json!(format!("http://{}", port.address))));
    }
}

#[tokio::test]
async fn every_service_answers_behind_one_address() {
    let port = Port::open(Options::default()).await;
    let (status, tables) = port
        .json("dynamodb", "DynamoDB_20120810.ListTables", &json!({}))
        .await;
    assert_eq!(
        (status, tables),
        (StatusCode::OK, json!({ "TableNames": [] }))
    );
    let (status, machines) = port
        .json("states", "AWSStepFunctions.ListStateMachines", &json!({}))
        .await;
    assert_eq!(
        (status, machines),
        (StatusCode::OK, json!({ "stateMachines": [] }))
    );
    let identity = port
        .request(Method::POST, "sts", "/")
        .body("Action=GetCallerIdentity&Version=2011-06-15");
    let identity = identity.send().await.expect("an answer");
    let identity = identity.text().await.expect("text");
    assert!(
        identity.contains("<Account>000000000000</Account>"),
        "{identity}"
    );
    let buckets = port.request(Method::GET, "s3", "/").send().await;
    let buckets = buckets.expect("an answer");
    assert!(!header(&buckets, "x-amz-request-id").is_empty());
    let buckets = buckets.text().await.expect("text");
    assert!(buckets.contains("<Buckets></Buckets>"), "{buckets}");
}

/// What nobody here does is refused at once, in the protocol in which it was asked.
#[tokio::test]
async fn what_is_not_here_is_refused_at_once() {
    let port = Port::open(Options::default()).await;
    let rows = [
        (
            "POST",
            "states",
            "/",
            "AWSStepFunctions.Invent",
            400,
            "UnknownOperationException",
        ),
        (
            "POST",
            "dynamodb",
            "/",
            "DynamoDB_20120810.Invent",
            400,
            "UnknownOperationException",
        ),
        (
            "POST",
            "ssm",
            "/",
            "AmazonSSM.GetParameter",
            400,
            "UnknownOperationException",
        ),
        ("POST", "iam", "/", "", 400, "InvalidAction"),
        ("POST", "sts", "/", "", 400, "InvalidAction"),
        (
            "GET",
            "apigateway",
            "/restapis",
            "",
            404,
            "UnknownOperationException",
        ),
        (
            "GET",
            "lambda",
            "/2015-03-31/nothing",
            "",
            404,
            "UnknownOperationException",
        ),
        ("GET", "s3", "/bucket?acl", "", 501, "NotImplemented"),
        (
            "GET",
            "s3",
            "/no-such-bucket?list-type=2",
            "",
            404,
            "NoSuchBucket",
        ),
        ("GET", "s3", "/no-such-bucket/key", "", 404, "NoSuchBucket"),
    ];
    for (method, service, path, target, status, code) in rows {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = port.request(method, service, path).body("Action=Invent");
        if !target.is_empty() {
            request = request.header("x-amz-target", target);
        }
        let answer = request.send().await.expect("an answer");
        let name = format!("{service} {path} {target}");
        assert_eq!(answer.status().as_u16(), status, "{name}");
        assert!(!header(&answer, "x-amzn-requestid").is_empty(), "{name}");
        let said =
            header(&answer, "x-amzn-errortype").to_owned() + &answer.text().await.expect("text");
        assert!(said.contains(code), "{name}: {said}");
    }
}

/// What cannot be read is refused in the words of the services.
#[tokio::test]
async fn what_cannot_be_read_is_refused_in_aws_words() {
    let port = Port::open(Options::default()).await;
    let null = |member: &str| {
        format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        )
    };
    let rows = [
        ("events", "/", "AWSEvents.PutRule", "{}", null("name")),
        (
            "events",
            "/",
            "AWSEvents.PutRule",
            "{",
            "Unexpected end-of-input".to_owned(),
        ),
        (
            "events",
            "/",
            "AWSEvents.PutRule",
            r#"{"Name": 1}"#,
            "NUMBER_VALUE can not be converted to a String".to_owned(),
        ),
        (
            "events",
            "/",
            "AWSEvents.PutTargets",
            r#"{"Rule": "a", "Targets": [{"Id": "b"}]}"#,
            null("targets.1.member.arn"),
        ),
        (
            "scheduler",
            "/schedules/a",
            "",
            "{}",
            null("scheduleExpression"),
        ),
        (
            "lambda",
            "/2015-03-31/functions",
            "",
            "{,}",
            "Could not parse request body into json: Unexpected token".to_owned(),
        ),
    ];
    for (service, path, target, body, message) in rows {
        let mut request = port.request(Method::POST, service, path).body(body);
        if !target.is_empty() {
            request = request.header("x-amz-target", target);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 400, "{service} {body}");
        let said = answer.text().await.expect("text");
        assert!(said.contains(&message), "{service} {body}: {said}");
    }
}

#[tokio::test]
async fn a_fault_breaks_the_connection() {
    let faults = Faults::new(|call| (call.number == 1).then_some(Fault::LostResponse));
    let port = Port::open(Options {
        faults,
        ..Options::default()
    })
    .await;
    let made = port.request(Method::PUT, "s3", "/bucket").send().await;
    assert!(made.is_err(), "{made:?}");
    let made = port.request(Method::HEAD, "s3", "/bucket").send().await;
    assert_eq!(made.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn it_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = Port::open(Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    })
    .await;
    let Port {
        address,
        local,
        client,
        stop,
        serving,
    } = port;
    let answer = client.get(format!("http://{address}/")).send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    stop.send(()).expect("it runs");
    serving.await.expect("it ends");
    local.close().await;
    let answer = client.get(format!("http://{address}/")).send().await;
    assert!(answer.is_err(), "{answer:?}");
    let again = Local::open(Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    });
    again.await.expect("the folder is free");
}
