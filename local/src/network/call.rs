//! One request, as the network saw it.

use std::fmt;

use http::StatusCode;

use super::Fault;

/// A request to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its place among all requests, from 1.
    pub number: u64,
    /// The service that it went to.
    pub service: Service,
    /// The operation, as AWS names it: `TransactWriteItems`, `PutObject`, `StartExecution`.
    pub operation: String,
    /// The function invocation that made it; none for a request from outside.
    pub invocation: Option<Invocation>,
    /// What went wrong with it on purpose.
    pub fault: Option<Fault>,
}

/// One run of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Invocation {
    /// The function's name.
    pub function: String,
    /// Its place among all invocations, from 1.
    pub number: u64,
}

/// A service of this AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// DynamoDB.
    DynamoDb,
    /// S3.
    S3,
    /// Step Functions.
    StepFunctions,
    /// Lambda.
    Lambda,
    /// EventBridge: buses, rules and events.
    EventBridge,
    /// EventBridge Scheduler.
    Scheduler,
    /// SQS.
    Sqs,
    /// The Security Token Service, which tools ask who they are.
    Sts,
}

impl Service {
    /// How the service says that it has no capacity left.
    pub(crate) fn throttle(self) -> (StatusCode, &'static str) {
        match self {
            Self::DynamoDb => (
                StatusCode::BAD_REQUEST,
                "ProvisionedThroughputExceededException",
            ),
            Self::S3 => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
            Self::StepFunctions | Self::EventBridge => {
                (StatusCode::BAD_REQUEST, "ThrottlingException")
            }
            Self::Lambda => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            Self::Scheduler => (StatusCode::TOO_MANY_REQUESTS, "ThrottlingException"),
            Self::Sqs => (StatusCode::BAD_REQUEST, "RequestThrottled"),
            Self::Sts => (StatusCode::BAD_REQUEST, "Throttling"),
        }
    }

    /// How the service says that it failed by no fault of the client.
    pub(crate) fn internal_error(self) -> &'static str {
        match self {
            Self::DynamoDb => "InternalServerError",
            Self::S3 => "InternalError",
            Self::StepFunctions | Self::Sqs | Self::Sts => "InternalFailure",
            Self::Lambda => "ServiceException",
            Self::EventBridge => "InternalException",
            Self::Scheduler => "InternalServerException",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DynamoDb => "DynamoDB",
            Self::S3 => "S3",
            Self::StepFunctions => "Step Functions",
            Self::Lambda => "Lambda",
            Self::EventBridge => "EventBridge",
            Self::Scheduler => "EventBridge Scheduler",
            Self::Sqs => "SQS",
            Self::Sts => "STS",
        })
    }
}
