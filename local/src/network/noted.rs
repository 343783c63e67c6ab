//! Which function asks AWS for what, for whoever compares it with what the functions' roles allow.
//!
//! Where the environment names a file in `PAWL_CALLS`, every pair of a function and an action, in the words of IAM, is
//! written to it once: `action dynamodb:PutItem table`.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::Value;

use super::{Invocation, Service};

/// The file, and what stands in it from this process.
struct Noted {
    file: File,
    lines: BTreeSet<String>,
}

static NOTED: LazyLock<Option<Mutex<Noted>>> = LazyLock::new(|| {
    let path = std::env::var_os("PAWL_CALLS")?;
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let file = file.inspect_err(|error| {
        tracing::error!(%error, path = %path.display(), "calls cannot be noted");
    });
    let (file, lines) = (file.ok()?, BTreeSet::new());
    Some(Mutex::new(Noted { file, lines }))
});

/// Notes a request of a function.
pub(super) fn note(
    service: Service,
    operation: &str,
    body: &Bytes,
    invocation: Option<&Invocation>,
) {
    let (Some(noted), Some(invocation)) = (&*NOTED, invocation) else {
        return;
    };
    for (action, resource) in actions(service, operation, body) {
        let line = format!("{} {action} {resource}\n", invocation.function);
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.lines.contains(&line) {
            continue;
        }
        if let Err(error) = noted.file.write_all(line.as_bytes()) {
            tracing::error!(%error, "a call is not noted");
        }
        noted.lines.insert(line);
    }
}

/// What a request needs to be allowed, and on what.
fn actions(service: Service, operation: &str, body: &Bytes) -> BTreeSet<(String, &'static str)> {
    let one = |prefix: &str, name: &str, resource| {
        BTreeSet::from([(format!("{prefix}:{name}"), resource)])
    };
    match service {
        Service::DynamoDb => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let resource = match body.get("IndexName") {
                Some(_) => "index",
                None => "table",
            };
            let Some(items) = body.get("TransactItems").and_then(Value::as_array) else {
                return one("dynamodb", operation, resource);
            };
            // A transaction needs the rights of what it holds.
            let words = items.iter().filter_map(Value::as_object);
            let words = words.flat_map(|item| item.keys());
            words
                .map(|word| match word.as_str() {
                    "ConditionCheck" => "ConditionCheckItem".to_owned(),
                    word => format!("{word}Item"),
                })
                .map(|name| (format!("dynamodb:{name}"), resource))
                .collect()
        }
        Service::S3 => match operation {
            "HeadObject" => one("s3", "GetObject", "bucket"),
            _ => one("s3", operation, "bucket"),
        },
        Service::StepFunctions => one("states", operation, "machine"),
        Service::Lambda => match operation {
            "Invoke" => one("lambda", "InvokeFunction", "function"),
            _ => one("lambda", operation, "function"),
        },
        Service::EventBridge => one("events", operation, "bus"),
        Service::Scheduler => one("scheduler", operation, "schedule"),
        Service::Sqs => one("sqs", operation, "queue"),
        Service::Sts => one("sts", operation, "nobody"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_named_as_iam_names_it() {
        let rows = [
            (
                Service::DynamoDb,
                "GetItem",
                "{}",
                vec![("dynamodb:GetItem", "table")],
            ),
            (
                Service::DynamoDb,
                "Query",
                r#"{"IndexName":"lists"}"#,
                vec![("dynamodb:Query", "index")],
            ),
            (
                Service::DynamoDb,
                "TransactWriteItems",
                r#"{"TransactItems":[{"Put":{}},{"ConditionCheck":{}},{"Put":{}}]}"#,
                vec![
                    ("dynamodb:ConditionCheckItem", "table"),
                    ("dynamodb:PutItem", "table"),
                ],
            ),
            (
                Service::S3,
                "HeadObject",
                "",
                vec![("s3:GetObject", "bucket")],
            ),
            (
                Service::Lambda,
                "Invoke",
                "",
                vec![("lambda:InvokeFunction", "function")],
            ),
        ];
        for (service, operation, body, expected) in rows {
            let found = actions(service, operation, &Bytes::from_static(body.as_bytes()));
            let found: Vec<_> = found
                .iter()
                .map(|(name, on)| (name.as_str(), *on))
                .collect();
            assert_eq!(found, expected, "{operation}");
        }
    }
}
