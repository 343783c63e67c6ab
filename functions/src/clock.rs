//! The time, as the SDK's configuration gives it: the machine's, or a simulated one.

use aws_types::SdkConfig;
use jiff::Timestamp;
use pawl_store::time;

/// A moment in the forms in which it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// Now.
    pub(crate) fn now(sdk: &SdkConfig) -> Self {
        let source = sdk.time_source().unwrap_or_default();
        // A clock outside jiff's years (-9999 to 9999) is a broken clock; the epoch is as good an answer as any.
        Self(Timestamp::try_from(source.now()).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// As ISO 8601.
    pub fn iso(self) -> String {
        time::iso(self.0)
    }

    /// In milliseconds since 1970.
    pub fn milliseconds(self) -> i64 {
        self.0.as_millisecond()
    }

    /// So many milliseconds earlier.
    #[must_use]
    pub fn before(self, milliseconds: u64) -> Self {
        let span =
            jiff::SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX));
        Self(self.0.checked_sub(span).unwrap_or(Timestamp::MIN))
    }

    /// So many milliseconds later.
    #[must_use]
    pub fn after(self, milliseconds: u64) -> Self {
        let span =
            jiff::SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX));
        Self(self.0.checked_add(span).unwrap_or(Timestamp::MAX))
    }
}
