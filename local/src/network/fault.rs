//! What can go wrong with a request on purpose.

use std::fmt;
use std::sync::Arc;

use crate::random::Random;

use super::{Call, Service};

/// Something that goes wrong with a request, as it does on AWS now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The connection fails before the request is sent: nothing is applied.
    Unreachable,
    /// The service refuses for lack of capacity: nothing is applied.
    Throttled,
    /// The service answers 500: nothing is applied.
    ServerError,
    /// The request is applied, and then the connection fails before the answer arrives.
    LostResponse,
    /// A `TransactWriteItems` or `TransactGetItems` is cancelled by another transaction.
    Conflict,
    /// A `BatchGetItem` or `BatchWriteItem` leaves its last key or item unprocessed.
    Unprocessed,
    /// A read that is not strongly consistent misses the latest writes.
    Stale,
}

/// Operations that set an account up. They are spared by [`Faults::rates`], so that a test can begin.
const SET_UP: [&str; 10] = [
    "CreateTable",
    "DescribeTable",
    "UpdateTable",
    "DescribeTimeToLive",
    "UpdateTimeToLive",
    "CreateBucket",
    "HeadBucket",
    "CreateStateMachine",
    "UpdateStateMachine",
    "PublishStateMachineVersion",
];

impl Fault {
    /// Whether the fault can befall such a request.
    pub fn fits(self, service: Service, operation: &str) -> bool {
        match self {
            Self::Unreachable | Self::Throttled | Self::ServerError | Self::LostResponse => true,
            Self::Conflict => matches!(operation, "TransactWriteItems" | "TransactGetItems"),
            Self::Unprocessed => matches!(operation, "BatchGetItem" | "BatchWriteItem"),
            Self::Stale => {
                service == Service::DynamoDb
                    && matches!(operation, "GetItem" | "BatchGetItem" | "Query" | "Scan")
            }
        }
    }
}

/// Which requests go wrong, and how.
///
/// ```
/// use pawl_local::{Fault, Faults};
///
/// // Every tenth transaction or so is cancelled, and every twentieth answer is lost.
/// let often = Faults::rates(7, &[(Fault::Conflict, 0.1), (Fault::LostResponse, 0.05)]);
/// // The answer to the third request is lost.
/// let once = Faults::new(|call| (call.number == 3).then_some(Fault::LostResponse));
/// ```
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Choose>>);

type Choose = dyn Fn(&Call) -> Option<Fault> + Send + Sync;

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self(None)
    }

    /// What goes wrong is chosen for each request. A fault that does not fit the request is not applied.
    pub fn new(choose: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(choose)))
    }

    /// Each fault befalls its share of the requests that it fits; the same ones for the same seed.
    pub fn rates(seed: u64, rates: &[(Fault, f64)]) -> Self {
        let rates = rates.to_vec();
        Self::new(move |call| {
            let mut random = Random::new(Random::new(seed ^ call.number).next());
            let fault = rates.iter().filter(|(_, rate)| random.fraction() < *rate);
            let mut fitting = fault.filter(|(fault, _)| fault.fits(call.service, &call.operation));
            let (fault, _) = fitting.next()?;
            (!SET_UP.contains(&call.operation.as_str())).then_some(*fault)
        })
    }

    /// Whether anything can go wrong.
    pub(super) fn are_any(&self) -> bool {
        self.0.is_some()
    }

    /// What goes wrong with a request.
    pub(super) fn draw(&self, call: &Call) -> Option<Fault> {
        let fault = self.0.as_ref()?(call)?;
        fault.fits(call.service, &call.operation).then_some(fault)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() {
            "Faults::new(..)"
        } else {
            "Faults::none()"
        })
    }
}
