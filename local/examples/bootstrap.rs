//! A function for tests: it does what its payload says.

use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

/// An error with the name that the payload gave it.
#[derive(Debug)]
struct Raised(String);

impl From<Raised> for Diagnostic {
    fn from(Raised(name): Raised) -> Self {
        Self {
            error_message: format!("{name} was asked for"),
            error_type: name,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    assert!(
        std::env::var("BREAK").is_err(),
        "it breaks before it begins"
    );
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Raised> {
    let LambdaEvent { payload, context } = event;
    let text = |name: &str| {
        payload
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match text("do") {
        "fail" => Err(Raised(text("name").to_owned())),
        "exit" => std::process::exit(7),
        "sleep" => {
            let milliseconds = payload.get("milliseconds").and_then(Value::as_u64);
            tokio::time::sleep(Duration::from_millis(milliseconds.unwrap_or(60_000))).await;
            Ok(json!(std::process::id()))
        }
        "say" => {
            say(text("line"));
            Ok(Value::Null)
        }
        "large" => Ok("x".repeat(7 * 1024 * 1024).into()),
        "environment" => Ok(std::env::vars()
            .map(|(name, value)| (name, Value::from(value)))
            .collect()),
        "context" => Ok(json!({
            "id": context.request_id,
            "arn": context.invoked_function_arn,
            "seconds": context.deadline().duration_since(std::time::SystemTime::now()).unwrap_or_default().as_secs(),
        })),
        _ => Ok(payload),
    }
}

#[expect(clippy::print_stdout, reason = "a function's log is what it prints")]
fn say(line: &str) {
    println!("{line}");
}
