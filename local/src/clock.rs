//! The time of this AWS: the machine's own, or a simulated one that moves only when nothing else can happen.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};

/// Where the time comes from. Clones show the same time.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    Real,
    Simulated(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// The time of the machine.
    pub fn real() -> Self {
        Self(Source::Real)
    }

    /// A time that begins at `start` and jumps to the next timer whenever no function is running.
    pub fn simulated(start: Timestamp) -> Self {
        Self(Source::Simulated(Arc::new(Mutex::new(start))))
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Real => Timestamp::now(),
            Source::Simulated(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Whether time is simulated, so that nobody needs to wait for it.
    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self.0, Source::Simulated(_))
    }

    /// Moves a simulated time on to `moment`; it never goes back.
    pub(crate) fn advance_to(&self, moment: Timestamp) {
        if let Source::Simulated(now) = &self.0 {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = moment.max(*now);
        }
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        Clock::now(self).into()
    }
}

/// The pauses of SDK clients last whole steps of this length in simulated time.
///
/// Their jitter comes from a source that nobody can seed; rounded up, every short pause is the same.
const PAUSE: Duration = Duration::from_millis(10);

impl AsyncSleep for Clock {
    /// In simulated time a pause is over at once, and the time is later by it.
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Sleep::new(async move {
            match clock.0 {
                Source::Real => tokio::time::sleep(duration).await,
                Source::Simulated(_) => {
                    let pauses = duration.as_nanos().div_ceil(PAUSE.as_nanos()).max(1);
                    let whole = PAUSE.saturating_mul(u32::try_from(pauses).unwrap_or(u32::MAX));
                    let later = SignedDuration::try_from(whole).unwrap_or(SignedDuration::MAX);
                    let due = Clock::now(&clock)
                        .saturating_add(later)
                        .unwrap_or(Timestamp::MAX);
                    clock.advance_to(due);
                }
            }
        })
    }
}

/// How long a processor has worked for this thread, where the system says that.
pub(crate) fn processor_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
    }
    #[cfg(not(unix))]
    None
}
