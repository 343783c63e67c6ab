//! The step Lambdas' own code: one module per kind, and the invocation that all kinds share.
//!
//! A Task's payload `{ position, attempt, plan }` comes in, the next position goes out:
//!
//! ```text
//! look -> settled already? -> evaluate or act -> ride-alongs -> one transaction -> next position
//! ```
//!
//! What an invocation asks of AWS, which is what its role must allow:
//!
//! | who | requests |
//! |---|---|
//! | every kind | BatchGetItem, then TransactWriteItems of puts and updates; GetObject and PutObject for values above 32 KB; where something is to be told, PutEvents and DeleteItem |
//! | `llm` | besides: Query of its thread; TransactWriteItems for each turn that uses tools, each tool and the answer; PutItem for each batch of what watchers see; where only so many may ask at a time Query, PutItem, UpdateItem and DeleteItem of their turnstile |
//! | `action` | besides: GetItem or Query of business records; PutItem for the claim before a mail |
//! | `request` | besides: PutItem for the claim before a request that is not to be made twice; GetObject and PutObject of files; Decrypt of KMS, GetSecretValue, GetParameter |
//! | `trigger` | besides: DescribeStateMachine and StartExecution; UpdateItem when it hands over |
//! | a step that asks somebody | besides: Query and PutItem of its questions |
//! | `approval`, `signal`, `subflow` | besides: GenerateDataKey of KMS; UpdateItem when a later attempt brings a new token; `signal` Query, `subflow` what `trigger` does, `approval` Query of what other steps ask, UpdateItem for each mail, CreateSchedule for a reminder |
//! | whoever answers, or ends a subflow's run | besides: Decrypt of KMS, SendTaskSuccess or SendTaskFailure, UpdateItem |
//! | `recorder` | BatchGetItem, TransactWriteItems with one update; GetObject where the run's input is large; Query for what the run asks, TransactWriteItems with one update for each; Query, PutEvents, DeleteItem, and what whoever answers asks for what was not told; DescribeExecution and UpdateItem for each run that has been open for long |

mod action;
mod answer;
mod approval;
mod cache;
mod cancel;
mod catch_up;
mod clock;
mod close;
mod condition;
mod delay;
mod error;
mod events;
mod follow_up;
mod id;
mod invocation;
mod llm;
mod r#loop;
mod merge;
mod metrics;
mod pure;
mod question;
mod reads;
mod reconcile;
mod record;
mod recorder;
mod request;
mod scope;
mod scopes;
mod secret;
mod services;
mod settings;
mod signal;
mod subflow;
mod switch;
mod template;
mod token;
mod transform;
mod trigger;
mod unknown;
mod work;

pub mod history;
pub mod lambda;
pub mod signed;

pub use answer::{Closing, close_waits};
pub use approval::{
    Decided, Decision, Link, asked_in, decide, decide_by_link, decide_noted, delegate, waits,
};
pub use cancel::cancel;
pub use catch_up::catch_up;
pub use clock::Moment;
pub use error::Error;
pub use id::hexadecimal;
pub use llm::{Price, mocked_answer};
pub use reconcile::reconcile;
pub use record::write_record;
pub use secret::random;
pub use secret::{KeyFile, KeyFileError, Keys, Reach, Vault, VaultError, find_secret};
pub use services::Services;
pub use settings::{BedrockSettings, LlmSettings, Mail, Schedules, Settings};
pub use signal::{Sent, send};
pub use trigger::resume::{Onto, node, resume, resume_noted};
pub use trigger::{Started, StartedStatus, execution_arn, start, start_noted};

use pawl_contract::{Kind, Payload, Start, StepError, code};
use serde_json::Value;

/// A Lambda of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The Lambda of a step kind.
    Step(Kind),
    /// The Lambda that hears how executions end.
    Recorder,
}

impl Function {
    /// The function whose binary has this name.
    ///
    /// ```
    /// use pawl_contract::Kind;
    /// use pawl_functions::Function;
    ///
    /// assert_eq!(Function::from_name("action"), Some(Function::Step(Kind::Action)));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let kind = Kind::with_functions()
            .find(|kind| kind.name() == name)
            .map(Self::Step);
        kind.or((name == "recorder").then_some(Self::Recorder))
    }
}

/// Handles one invocation, as the Lambda of that name does.
///
/// The error's message never holds data of the run: that stands in the records.
pub async fn handle(
    function: Function,
    payload: Value,
    services: &Services,
) -> Result<Value, StepError> {
    match function {
        Function::Recorder => Box::pin(recorder::record(payload, services)).await,
        // Only a Task sends a plan; everything else that reaches the trigger asks for a run.
        Function::Step(Kind::Trigger) if payload.get("plan").is_none() => {
            let start: Start = parse(payload, "a request to start a run")?;
            let started = Box::pin(trigger::start(start, services)).await?;
            Ok(serde_json::to_value(started).expect("it is made of strings"))
        }
        Function::Step(Kind::Approval) if payload.get("onTime").is_some() => {
            Box::pin(approval::on_time(payload, services)).await
        }
        Function::Step(_) => {
            let payload: Payload = parse(payload, "a Task's payload")?;
            // One box keeps the futures of every caller small.
            Box::pin(invocation::invoke(payload, services)).await
        }
    }
}

/// What reached a Lambda, as what it must be.
fn parse<T: serde::de::DeserializeOwned>(payload: Value, what: &str) -> Result<T, StepError> {
    serde_json::from_value(payload).map_err(|error| {
        StepError::new(
            code::VALIDATION_ERROR,
            format!("this is not {what}: {error}"),
        )
    })
}
