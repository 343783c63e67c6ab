//! SQS: queues and their messages behind SQS's own protocol, as far as dead letters and `sqs:sendMessage` need them.

mod batch;
mod message;
mod queue;
mod receive;
mod requests;
mod send;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

use crate::answer::{Answer, json_answer, refuse};
use crate::journal::Journal;
use crate::network::Service;
use crate::random::Names;
use crate::refusal::{Refusal, read};
use crate::{Aws, Clock, Error};

pub(crate) use message::Attribute;
use message::Message;
use queue::Queue;
pub(crate) use queue::queue_arn;
pub(crate) use send::Letter;

/// Where queues are kept, and where their messages are.
const QUEUES: &str = "sqs-queues";
const MESSAGES: &str = "sqs-messages";

/// The queues of this AWS.
pub(crate) struct Sqs {
    journal: Arc<Journal>,
    clock: Clock,
    names: Names,
    state: Mutex<State>,
    /// Tells those who wait that there may be something for them.
    arrived: Notify,
}

/// Everything that changes.
#[derive(Default)]
struct State {
    queues: BTreeMap<String, Queue>,
    /// The messages of each queue, in the order in which they were sent.
    messages: BTreeMap<String, BTreeMap<u64, Message>>,
    /// The number of the last message of any queue.
    last: u64,
}

impl Sqs {
    /// Opens the queues that are kept.
    pub(crate) fn open(journal: Arc<Journal>, clock: Clock, names: Names) -> Result<Self, Error> {
        let mut state = State {
            queues: journal.documents(QUEUES)?,
            ..State::default()
        };
        for message in journal.documents::<Message>(MESSAGES)?.into_values() {
            state.last = state.last.max(message.number);
            let queue = state.messages.entry(message.queue.clone()).or_default();
            queue.insert(message.number, message);
        }
        Ok(Self {
            journal,
            clock,
            names,
            state: Mutex::new(state),
            arrived: Notify::new(),
        })
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        reply(self.perform(operation, request))
    }

    fn perform(&self, operation: &str, request: &Request<Bytes>) -> Result<Value, Refusal> {
        let body = request.body();
        match operation {
            "CreateQueue" => self.create(&read(body)?, &origin(request)),
            "GetQueueUrl" => self.url(&read(body)?, &origin(request)),
            "ListQueues" => Ok(self.list(&read(body)?, &origin(request))),
            "DeleteQueue" => self.delete(&read(body)?),
            "GetQueueAttributes" => self.attributes(&read(body)?),
            "SetQueueAttributes" => self.set_attributes(&read(body)?),
            "ListQueueTags" => self.tags(&read(body)?),
            "TagQueue" => self.tag(&read(body)?),
            "UntagQueue" => self.untag(&read(body)?),
            "PurgeQueue" => self.purge(&read(body)?),
            "SendMessage" => self.send_message(&read(body)?),
            "SendMessageBatch" => self.send_batch(&read(body)?),
            "ReceiveMessage" => self.receive_now(&read(body)?),
            "DeleteMessage" => self.delete_message(&read(body)?),
            "DeleteMessageBatch" => self.delete_batch(&read(body)?),
            "ChangeMessageVisibility" => self.change_visibility(&read(body)?),
            "ChangeMessageVisibilityBatch" => self.change_visibility_batch(&read(body)?),
            unknown => Err(Refusal::new(
                "UnsupportedOperation",
                format!("the local SQS has no operation `{unknown}`"),
            )),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest that a receiver waits at a time; a message that becomes visible again wakes nobody.
const LONGEST_NAP: Duration = Duration::from_millis(250);

/// Receives messages, and waits for one as long as the request says. In simulated time nobody waits.
pub(crate) async fn receive(aws: &Arc<Aws>, body: &Bytes) -> Answer {
    let request: requests::Receive = match read(body) {
        Ok(request) => request,
        Err(refusal) => return reply(Err(refusal)),
    };
    let seconds = match aws.sqs.waiting_time(&request) {
        Ok(seconds) if !aws.clock.is_simulated() => seconds,
        Ok(_) => 0,
        Err(refusal) => return reply(Err(refusal)),
    };
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let request = Arc::new(request);
    loop {
        let arrived = aws.sqs.arrived.notified();
        let (asking, asked) = (Arc::clone(aws), Arc::clone(&request));
        let received = spawn_blocking(move || asking.sqs.receive_now(&asked)).await;
        let received = received.unwrap_or_else(|error| Err(Refusal::internal(error.to_string())));
        let is_empty = received
            .as_ref()
            .is_ok_and(|answer| answer.get("Messages").is_none());
        let left = end.saturating_duration_since(tokio::time::Instant::now());
        if !is_empty || left.is_zero() {
            return reply(received);
        }
        // Whether it was the time or a message, the next look shows.
        let _ = tokio::time::timeout(left.min(LONGEST_NAP), arrived).await;
    }
}

impl Refusal {
    fn no_queue() -> Self {
        Self::new("QueueDoesNotExist", "The specified queue does not exist.")
    }

    /// A request that lacks something or has too much of it.
    fn parameter(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, message)
    }
}

/// Puts an answer or a refusal into SQS's form.
fn reply(answer: Result<Value, Refusal>) -> Answer {
    match answer {
        Ok(answer) => json_answer(StatusCode::OK, answer.to_string()),
        Err(refusal) => {
            let code = match refusal.code {
                "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
                "QueueNameExists" => "QueueAlreadyExists",
                "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
                "UnsupportedOperation" => "AWS.SimpleQueueService.UnsupportedOperation",
                "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
                "TooManyEntriesInBatchRequest" => {
                    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
                }
                "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                "InvalidBatchEntryId" => "AWS.SimpleQueueService.InvalidBatchEntryId",
                code => code,
            };
            let type_name = format!("com.amazonaws.sqs#{}", refusal.code);
            let mut answer = refuse(Service::Sqs, refusal.status, &type_name, &refusal.message);
            // Clients of the older protocol know errors by these names.
            let fault = if refusal.status.is_server_error() {
                "Receiver"
            } else {
                "Sender"
            };
            if let Ok(header) = HeaderValue::from_str(&format!("{code};{fault}")) {
                answer.headers_mut().insert("x-amzn-query-error", header);
            }
            answer
        }
    }
}

/// Where the request came in, so that a queue's URL leads there again.
fn origin(request: &Request<Bytes>) -> String {
    let host = request.headers().get(http::header::HOST);
    let host = host.and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    match host.or(authority) {
        Some(host) if !host.contains("amazonaws.com") => {
            let scheme = request.uri().scheme_str().unwrap_or("http");
            format!("{scheme}://{host}")
        }
        _ => format!(
            "https://sqs.{}.amazonaws.com",
            crate::step_functions::REGION
        ),
    }
}

/// An answer without content.
fn nothing() -> Value {
    json!({})
}
