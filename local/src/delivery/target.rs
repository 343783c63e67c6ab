//! Every kind of target, and how it is reached.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use crate::Aws;
use crate::FunctionError;
use crate::answer::Answer;
use crate::jobs::again;
use crate::network::Service;
use crate::refusal::Refusal;
use crate::sdk::Call;
use crate::sqs::Letter;

use super::{Delivery, Failure, Origin, Outcome, whole_seconds};

/// What a universal target of Scheduler begins with; then come a service and one of its operations.
pub(crate) const UNIVERSAL: &str = "arn:aws:scheduler:::aws-sdk:";

/// Delivers once.
pub(crate) async fn deliver(aws: &Arc<Aws>, delivery: &Delivery) -> Outcome {
    let arn = delivery.target_arn.as_str();
    let input = rendered(delivery);
    if let Some(named) = arn.strip_prefix(UNIVERSAL) {
        return match universal(named) {
            Some(call) => perform(aws, delivery, &call, &input).await,
            None => unsupported(arn),
        };
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, _] => invoke(aws, arn, input).await,
        ["arn", _, "states", _, _, machine] if machine.starts_with("stateMachine:") => {
            let body = json!({ "stateMachineArn": arn, "name": delivery.name, "input": input });
            start(aws, body).await
        }
        ["arn", _, "sqs", _, _, _] => {
            let letter = Letter {
                body: input,
                group: delivery.group.clone(),
                deduplication: Some(delivery.name.clone()),
                ..Letter::default()
            };
            let (aws, arn) = (Arc::clone(aws), arn.to_owned());
            settled(spawn_blocking(move || aws.sqs.send(&arn, letter)).await)
        }
        ["arn", _, "events", _, _, bus] => match bus.strip_prefix("event-bus/") {
            Some(bus) => put_event(aws, delivery, bus, input).await,
            None => unsupported(arn),
        },
        _ => unsupported(arn),
    }
}

/// Whether there are targets of this kind here.
pub(crate) fn is_supported(arn: &str) -> bool {
    if let Some(named) = arn.strip_prefix(UNIVERSAL) {
        return universal(named).is_some();
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, function] => function.starts_with("function:"),
        ["arn", _, "states", _, _, machine] => machine.starts_with("stateMachine:"),
        ["arn", _, "events", _, _, bus] => bus.starts_with("event-bus/"),
        ["arn", _, "sqs", _, _, queue] => !queue.is_empty(),
        _ => false,
    }
}

/// The input, with what Scheduler puts into it.
pub(super) fn rendered(delivery: &Delivery) -> String {
    match &delivery.origin {
        Origin::Rule { .. } => delivery.input.clone(),
        Origin::Schedule {
            schedule_arn,
            scheduled,
            ..
        } => delivery
            .input
            .replace("<aws.scheduler.schedule-arn>", schedule_arn)
            .replace("<aws.scheduler.scheduled-time>", &whole_seconds(*scheduled))
            .replace("<aws.scheduler.execution-id>", &delivery.name)
            .replace(
                "<aws.scheduler.attempt-number>",
                &(delivery.attempts + 1).to_string(),
            ),
    }
}

/// Hands an event to a function; whether it succeeds is Lambda's business from then on.
async fn invoke(aws: &Arc<Aws>, named: &str, payload: String) -> Outcome {
    let name = named
        .rsplit_once("function:")
        .map_or(named, |(_, name)| name);
    let function = name.to_owned();
    let Ok(input) = serde_json::from_str::<Value>(&payload) else {
        return Outcome::Failed(Failure {
            code: "InvalidRequestContentException".to_owned(),
            message: "the input of a function has to be JSON".to_owned(),
            is_final: true,
        });
    };
    let shared = aws.step_functions.engine.shared();
    match shared.invoke(&function, Bytes::from(payload)).await {
        Ok(_) => Outcome::Delivered,
        Err(FunctionError::Missing) => Outcome::Failed(Failure {
            code: "ResourceNotFoundException".to_owned(),
            message: format!("Function not found: {named}"),
            is_final: true,
        }),
        Err(FunctionError::Raised { .. }) => {
            let again = again(function, input, 0, aws.clock.now());
            Outcome::Then(again.into_iter().collect())
        }
    }
}

/// Starts an execution; one of the same name is the one that an earlier try has started.
async fn start(aws: &Arc<Aws>, body: Value) -> Outcome {
    let aws = Arc::clone(aws);
    let body = body.to_string();
    let answered =
        spawn_blocking(move || aws.step_functions.answer("StartExecution", body.as_bytes())).await;
    match answered {
        Ok(answer) => match outcome(&answer) {
            Outcome::Failed(failure) if failure.code == "ExecutionAlreadyExists" => {
                Outcome::Delivered
            }
            other @ (Outcome::Delivered | Outcome::Then(_) | Outcome::Failed(_)) => other,
        },
        Err(error) => crashed(&error),
    }
}

/// Puts an event on a bus.
async fn put_event(aws: &Arc<Aws>, delivery: &Delivery, bus: &str, input: String) -> Outcome {
    let (aws, bus) = (Arc::clone(aws), bus.to_owned());
    let id = delivery.name.clone();
    match delivery.origin.clone() {
        // An event goes from one bus to another, and no further.
        Origin::Rule {
            is_forwarded: true, ..
        } => Outcome::Delivered,
        Origin::Rule { event, .. } => {
            let event = serde_json::from_str(&input).unwrap_or(event);
            settled(spawn_blocking(move || aws.event_bridge.forward(&aws, &bus, &event)).await)
        }
        Origin::Schedule { event, .. } => {
            let (source, detail_type) = event.unwrap_or_default();
            let put = move || {
                aws.event_bridge
                    .put_one(&aws, &bus, &id, &source, &detail_type, &input)
            };
            settled(spawn_blocking(put).await)
        }
    }
}

/// The call that a universal target names: `sqs:sendMessage`.
fn universal(named: &str) -> Option<Call> {
    let (service, operation) = named.split_once(':')?;
    Call::named(service, operation)
}

/// Calls any operation of a service, with its parameters as the input gives them.
async fn perform(aws: &Arc<Aws>, delivery: &Delivery, call: &Call, input: &str) -> Outcome {
    let mut parameters: Map<String, Value> = match serde_json::from_str(input) {
        Ok(parameters) => parameters,
        Err(error) => {
            return Outcome::Failed(Failure {
                code: "ValidationException".to_owned(),
                message: format!("the input is no JSON object: {error}"),
                is_final: true,
            });
        }
    };
    let is = |service, operation| call.service == service && call.operation == operation;
    let starts = is(Service::StepFunctions, "StartExecution");
    if is(Service::Lambda, "Invoke") {
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let payload = match parameters.get("Payload") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "{}".to_owned(),
        };
        return invoke(aws, text("FunctionName").unwrap_or_default(), payload).await;
    }
    if starts {
        // A second try starts nothing.
        let name = || Value::from(delivery.name.clone());
        parameters.entry("Name").or_insert_with(name);
    }
    match call.perform(aws, &Value::Object(parameters)).await {
        Ok(_) => Outcome::Delivered,
        Err(refused) if starts && refused.code == "ExecutionAlreadyExists" => Outcome::Delivered,
        Err(refused) => Outcome::Failed(Failure {
            is_final: is_final(refused.status, &refused.code),
            code: refused.code,
            message: refused.message,
        }),
    }
}

/// What a service's answer means for a delivery.
fn outcome(answer: &Answer) -> Outcome {
    if answer.status().is_success() {
        return Outcome::Delivered;
    }
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let code = text("__type").unwrap_or("InternalFailure");
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    Outcome::Failed(Failure {
        code: code.to_owned(),
        message: text("message")
            .or(text("Message"))
            .unwrap_or_default()
            .to_owned(),
        is_final: is_final(answer.status(), code),
    })
}

/// Whether a refusal stays one, however often one asks.
fn is_final(status: StatusCode, code: &str) -> bool {
    let is_busy = ["Throttl", "LimitExceeded", "ThroughputExceeded"];
    status.is_client_error()
        && status != StatusCode::TOO_MANY_REQUESTS
        && !is_busy.iter().any(|busy| code.contains(busy))
}

fn settled(answered: Result<Result<(), Refusal>, tokio::task::JoinError>) -> Outcome {
    match answered {
        Ok(Ok(())) => Outcome::Delivered,
        Ok(Err(refusal)) => Outcome::Failed(Failure {
            code: refusal.code.to_owned(),
            is_final: is_final(refusal.status, refusal.code),
            message: refusal.message,
        }),
        Err(error) => crashed(&error),
    }
}

fn crashed(error: &tokio::task::JoinError) -> Outcome {
    Outcome::Failed(Failure {
        code: "InternalFailure".to_owned(),
        message: error.to_string(),
        is_final: false,
    })
}

fn unsupported(arn: &str) -> Outcome {
    Outcome::Failed(Failure {
        code: "UNSUPPORTED_TARGET".to_owned(),
        message: format!("there is no target like {arn} here"),
        is_final: true,
    })
}
