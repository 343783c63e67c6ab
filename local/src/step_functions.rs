//! Step Functions: machines and their executions behind Step Functions' own protocol.

mod executions;
mod machines;
mod names;
mod tokens;

use std::convert::Infallible;

use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::{Answer, json_answer, refuse};
use crate::engine::{About, Engine, Unable};
use crate::folder::Folder;
use crate::journal::Broken;
use crate::network::Service;
use crate::{Clock, Error};

pub(crate) use executions::Nesting;
use machines::Machines;
pub(crate) use names::{ACCOUNT, REGION};

/// The machines and executions of this AWS.
pub(crate) struct StepFunctions {
    clock: Clock,
    machines: Machines,
    pub(crate) engine: Engine,
}

/// Why Step Functions did not do what it was asked to: a name of AWS's, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }

    fn internal(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure",
            message: message.into(),
        }
    }
}

impl StepFunctions {
    /// Opens the machines in a state folder, or in memory.
    pub(crate) fn open(
        folder: Option<&Folder>,
        clock: Clock,
        engine: Engine,
    ) -> Result<Self, Error> {
        Ok(Self {
            clock,
            machines: Machines::open(folder)?,
            engine,
        })
    }

    /// Starts an execution for a Task, which gives the arguments; `name` is for one that it gives no name.
    pub(crate) fn start_nested(
        &self,
        arguments: &Value,
        name: &str,
        nesting: Nesting,
    ) -> Result<About, Refusal> {
        executions::start_nested(&self.machines, &self.engine, arguments, name, nesting)
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(&self, operation: &str, body: &[u8]) -> Answer {
        match self.perform(operation, body) {
            Ok(answer) => json_answer(StatusCode::OK, answer.to_string()),
            Err(refusal) => refuse(
                Service::StepFunctions,
                refusal.status,
                refusal.code,
                &refusal.message,
            ),
        }
    }

    fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        match operation {
            "CreateStateMachine" => self.machines.create(&read(body)?, self.clock.now()),
            "UpdateStateMachine" => self.machines.update(&read(body)?, self.clock.now()),
            "PublishStateMachineVersion" => self.machines.publish(&read(body)?, self.clock.now()),
            "DescribeStateMachine" => self.machines.describe(&read(body)?),
            "ListStateMachines" => self.machines.list(&read(body)?),
            "ListStateMachineVersions" => self.machines.list_versions(&read(body)?),
            "StartExecution" => executions::start(&self.machines, &self.engine, read(body)?),
            "DescribeExecution" => executions::describe(&self.engine, &read(body)?),
            "ListExecutions" => executions::list(&self.machines, &self.engine, &read(body)?),
            "StopExecution" => executions::stop(&self.engine, read(body)?),
            "GetExecutionHistory" => executions::history(&self.engine, &read(body)?),
            "SendTaskSuccess" => tokens::succeed(&self.engine, &read(body)?),
            "SendTaskFailure" => tokens::fail(&self.engine, read(body)?),
            "SendTaskHeartbeat" => tokens::heartbeat(&self.engine, &read(body)?),
            unknown => Err(Refusal::new(
                "UnknownOperationException",
                format!("the local Step Functions has no operation `{unknown}`"),
            )),
        }
    }
}

impl From<Unable<Refusal>> for Refusal {
    fn from(unable: Unable<Refusal>) -> Self {
        match unable {
            Unable::Refused(refusal) => refusal,
            Unable::Broken(broken) => broken.into(),
            Unable::Unreadable(error) => error.into(),
        }
    }
}

impl From<Unable<Infallible>> for Refusal {
    fn from(unable: Unable<Infallible>) -> Self {
        match unable {
            Unable::Refused(never) => match never {},
            Unable::Broken(broken) => broken.into(),
            Unable::Unreadable(error) => error.into(),
        }
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::internal(broken.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::internal(error.to_string())
    }
}

/// Reads a request.
fn read<Request: DeserializeOwned>(body: &[u8]) -> Result<Request, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new("ValidationException", error.to_string()))
}

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paging {
    #[serde(default)]
    max_results: usize,
    #[serde(default)]
    next_token: Option<String>,
}

/// The longest page that Step Functions gives, and how long one is if nobody says.
const LONGEST_PAGE: usize = 1000;
const USUAL_PAGE: usize = 100;

impl Paging {
    /// How many items a page has.
    fn length(&self) -> usize {
        match self.max_results {
            0 => USUAL_PAGE,
            length => length.min(LONGEST_PAGE),
        }
    }

    /// The number in a token, for lists whose tokens are numbers of what they list.
    fn number(&self) -> Result<Option<u64>, Refusal> {
        self.next_token
            .as_ref()
            .map(|token| {
                token
                    .parse()
                    .map_err(|_| Refusal::new("InvalidToken", format!("Invalid Token: '{token}'")))
            })
            .transpose()
    }

    /// Cuts the page out of a list, under the list's name in the answer. A token is the place where a page begins.
    fn answer<Item>(
        &self,
        name: &str,
        items: &[Item],
        render: impl Fn(&Item) -> Value,
    ) -> Result<Value, Refusal> {
        let begin = match &self.next_token {
            None => 0,
            Some(token) => token
                .parse::<usize>()
                .map_err(|_| Refusal::new("InvalidToken", format!("Invalid Token: '{token}'")))?,
        };
        let length = self.length();
        let page: Vec<Value> = items.iter().skip(begin).take(length).map(render).collect();
        let end = begin.saturating_add(length);
        let next_token = (end < items.len()).then(|| end.to_string());
        let mut answer = json!({ name: page });
        if let (Some(answer), Some(token)) = (answer.as_object_mut(), next_token) {
            answer.insert("nextToken".to_owned(), token.into());
        }
        Ok(answer)
    }
}

/// A moment as a Task's result has it.
pub(crate) fn moment(moment: Timestamp) -> Value {
    json!(moment.as_millisecond())
}

/// A moment as the JSON protocol writes it: seconds, to the millisecond.
fn seconds(moment: Timestamp) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of any date fit a float exactly"
    )]
    let milliseconds = moment.as_millisecond() as f64;
    json!(milliseconds / 1000.0)
}
