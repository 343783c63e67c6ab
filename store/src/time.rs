//! Moments, as they stand in items: ISO 8601 in UTC with milliseconds, so that their order is the order of the text.

use jiff::Timestamp;

/// A moment as text.
///
/// ```
/// assert_eq!(pawl_store::time::iso(jiff::Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
/// ```
pub fn iso(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
