//! How long something took, for people.

use jiff::Timestamp;

/// The time between two moments as they stand in records; nothing where one is no moment.
///
/// ```
/// use pawl::duration::between;
///
/// assert_eq!(between("2026-01-05T09:00:00.000Z", "2026-01-05T09:00:01.250Z"), "1.2 s");
/// ```
pub fn between(start: &str, end: &str) -> String {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    let moments = moment(start).zip(moment(end));
    moments.map_or_else(String::new, |(start, end)| since(start, end))
}

/// The time between two moments.
pub fn since(start: Timestamp, end: Timestamp) -> String {
    words(end.as_millisecond() - start.as_millisecond())
}

fn words(milliseconds: i64) -> String {
    let seconds = milliseconds / 1_000;
    match milliseconds {
        ..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{seconds}.{} s", milliseconds % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600_000..86_400_000 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn durations_have_two_units_at_most() {
        let rows = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (59_999, "59.9 s"),
            (61_000, "1 min 1 s"),
            (3_660_000, "1 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ];
        for (milliseconds, expected) in rows {
            assert_eq!(words(milliseconds), expected);
        }
    }
}
