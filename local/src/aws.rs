//! All services together, and the way from a request to the one that answers it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::answer::{Answer, refuse};
use crate::audience::Audience;
use crate::dynamodb::{DynamoDb, Pending};
use crate::engine::Engine;
use crate::event_bridge::EventBridge;
use crate::folder::Folder;
use crate::journal::Journal;
use crate::lambda::{self, Lambda};
use crate::migration::migrate;
use crate::network::{Fault, Network, Service};
use crate::random::Names;
use crate::route::Target;
use crate::s3::S3;
use crate::scheduler::Scheduler;
use crate::sqs::Sqs;
use crate::step_functions::StepFunctions;
use crate::{Clock, Error, Options, sqs, sts};

/// The services. The fields are dropped in this order: the lock of the folder goes after what uses the folder.
pub(crate) struct Aws {
    pub(crate) clock: Clock,
    pub(crate) network: Network,
    pub(crate) dynamodb: DynamoDb,
    pub(crate) s3: S3,
    pub(crate) step_functions: StepFunctions,
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) event_bridge: EventBridge,
    pub(crate) scheduler: Scheduler,
    pub(crate) sqs: Sqs,
    pub(crate) journal: Arc<Journal>,
    _folder: Option<Folder>,
    /// Closed when everything above is gone.
    pub(crate) closed: watch::Sender<()>,
}

impl Aws {
    /// Opens every service. It blocks on the disk.
    pub(crate) fn open(options: Options) -> Result<Self, Error> {
        let folder = options.state.as_deref().map(Folder::open).transpose()?;
        if let Some(folder) = &folder {
            // Nothing of a later version is touched.
            folder.version()?;
        }
        let journal = Arc::new(Journal::open(folder.as_ref(), options.durability)?);
        let clock = || options.clock.clone();
        let audience = Arc::new(Audience::default());
        let lambda = Lambda::open(
            folder.as_ref(),
            &journal,
            clock(),
            Arc::clone(&audience),
            options.seed,
        )?;
        let lambda = Arc::new(lambda);
        let engine = Engine::new(
            clock(),
            Arc::clone(&journal),
            Arc::clone(&lambda),
            Arc::clone(&audience),
            options.seed,
        )?;
        let names = Names::new(options.seed, &options.clock);
        let step_functions =
            StepFunctions::open(Arc::clone(&journal), clock(), engine, options.seed)?;
        if let Some(folder) = &folder {
            migrate(folder, &step_functions)?;
        }
        Ok(Self {
            event_bridge: EventBridge::open(
                Arc::clone(&journal),
                clock(),
                names.clone(),
                audience,
            )?,
            scheduler: Scheduler::open(Arc::clone(&journal), clock(), names.clone())?,
            sqs: Sqs::open(Arc::clone(&journal), clock(), names)?,
            dynamodb: DynamoDb::open(folder.as_ref(), options.durability)?,
            s3: S3::open(folder.as_ref(), options.durability)?,
            step_functions,
            lambda,
            clock: options.clock,
            network: Network::new(options.faults),
            journal,
            _folder: folder,
            closed: watch::Sender::new(()),
        })
    }

    /// Answers a request that the network has let in.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        target: Target,
        request: Request<Bytes>,
        fault: Option<Fault>,
    ) -> Answer {
        let service = target.service;
        if service == Service::Lambda {
            return lambda::answer(self, &target.operation, request).await;
        }
        let aws = Arc::clone(self);
        if service == Service::Sqs && target.operation == "ReceiveMessage" {
            return sqs::receive(&aws, request.body()).await;
        }
        if service == Service::StepFunctions
            && let Some(answer) =
                StepFunctions::answer_later(&aws, &target.operation, request.body()).await
        {
            return answer;
        }
        let answered = if self.is_brief(&target) {
            Ok(self.perform(&target, &request, fault))
        } else {
            spawn_blocking(move || aws.perform(&target, &request, fault)).await
        };
        let answered = match answered {
            Ok(pending) => Ok(DynamoDb::kept(pending).await),
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            refuse(
                service,
                status,
                service.internal_error(),
                &error.to_string(),
            )
        })
    }

    /// Whether an answer takes no longer than to hand the request to a thread that may wait.
    fn is_brief(&self, target: &Target) -> bool {
        let Target { service, operation } = target;
        match service {
            Service::DynamoDb => !self.network.has_faults() && DynamoDb::is_brief(operation),
            Service::StepFunctions => operation == "DescribeExecution",
            Service::S3
            | Service::Sts
            | Service::EventBridge
            | Service::Scheduler
            | Service::Sqs
            | Service::Lambda => false,
        }
    }

    fn perform(
        &self,
        target: &Target,
        request: &Request<Bytes>,
        fault: Option<Fault>,
    ) -> Pending<Answer> {
        let Target { service, operation } = target;
        Pending::ready(match service {
            Service::DynamoDb => {
                if self.network.has_faults() {
                    self.dynamodb.remember(operation, request.body());
                }
                return self.dynamodb.answer(operation, request.body(), fault);
            }
            Service::S3 => self.s3.answer(operation, request, self.clock.now()),
            Service::StepFunctions => self.step_functions.answer(operation, request.body()),
            Service::Sts => sts::perform(operation),
            Service::EventBridge => self.event_bridge.answer(self, operation, request.body()),
            Service::Scheduler => self.scheduler.answer(self, operation, request),
            Service::Sqs => self.sqs.answer(operation, request),
            Service::Lambda => unknown_operation(*service, operation),
        })
    }
}

impl Drop for Aws {
    /// The driver may hold the journal for a moment longer; nothing is written then.
    fn drop(&mut self) {
        self.journal.close();
    }
}

/// There is no such operation.
fn unknown_operation(service: Service, operation: &str) -> Answer {
    let status = match service {
        Service::Lambda | Service::Scheduler => StatusCode::NOT_FOUND,
        Service::DynamoDb
        | Service::S3
        | Service::StepFunctions
        | Service::EventBridge
        | Service::Sqs
        | Service::Sts => StatusCode::BAD_REQUEST,
    };
    let message = format!("the local {service} has no operation `{operation}`");
    refuse(service, status, "UnknownOperationException", &message)
}
