//! One request and its answer, for clients in this process and on the port alike.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};

use crate::Aws;
use crate::answer::{Answer, refuse};
use crate::route::Target;

use super::{Fault, Invocation, noted};

/// How a request ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The connection failed before the request was sent.
    Refused,
    /// The request was applied, and the connection failed before the answer came.
    Lost,
    /// Nobody answers any more: whoever asks waits for ever, and must let go of the services first.
    Silence,
}

impl Unanswered {
    /// What a client sees of it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Refused => "the connection was refused by the fault layer",
            Self::Lost => "the answer was lost by the fault layer",
            Self::Silence => "nobody answers",
        }
    }
}

impl Aws {
    /// Takes a request through the network to its service.
    pub(crate) async fn receive(
        self: &Arc<Self>,
        target: Target,
        request: Request<Bytes>,
        invocation: Option<Invocation>,
    ) -> Result<Answer, Unanswered> {
        let (service, operation) = (target.service, &target.operation);
        noted::note(service, operation, request.body(), invocation.as_ref());
        let admitted = self
            .network
            .admit(target.service, &target.operation, invocation);
        let killed = self.journal.killed();
        let (Ok(fault), false) = (admitted, *killed.borrow()) else {
            // A dead process keeps nothing more.
            self.journal.kill_after(0);
            return Err(Unanswered::Silence);
        };
        let refused = |status, code| {
            let message = "this was asked for by the fault layer";
            Ok(refuse(target.service, status, code, message))
        };
        let answer = match fault {
            Some(Fault::Unreachable) => Err(Unanswered::Refused),
            Some(Fault::Throttled) => {
                let (status, code) = target.service.throttle();
                refused(status, code)
            }
            Some(Fault::ServerError) => refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                target.service.internal_error(),
            ),
            Some(Fault::LostResponse) => {
                self.answer(target, request, fault).await;
                Err(Unanswered::Lost)
            }
            Some(Fault::Conflict | Fault::Unprocessed | Fault::Stale) | None => {
                Ok(self.answer(target, request, fault).await)
            }
        };
        // It may have died while it worked on the answer.
        if *killed.borrow() {
            return Err(Unanswered::Silence);
        }
        answer
    }
}
