//! Timetables, row by row: an expression, a time zone, a moment, and the moments after it.

use jiff::Timestamp;

use super::{Timed, Timetable, zone};

fn moment(text: &str) -> Timestamp {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn timed(expression: &str, zone_name: &str, anchor: &str) -> Timed {
    Timed {
        timetable: Timetable::parse(expression).unwrap_or_else(|| panic!("{expression}")),
        zone: zone(zone_name).unwrap_or_else(|| panic!("{zone_name}")),
        anchor: moment(anchor),
    }
}

/// Expression, zone, a moment, and what comes after it, in order.
const ROWS: &[(&str, &str, &str, &[&str])] = &[
    (
        "cron(0 9 ? * MON-FRI *)",
        "UTC",
        "2026-11-20T09:00:00Z",
        &["2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"],
    ),
    (
        "cron(0 9 ? * 2 *)",
        "UTC",
        "2026-11-20T09:00:00Z",
        &["2026-11-23T09:00:00Z"],
    ),
    (
        "cron(*/15 * * * ? *)",
        "UTC",
        "2026-11-20T23:50:10Z",
        &["2026-11-21T00:00:00Z", "2026-11-21T00:15:00Z"],
    ),
    (
        "cron(5/20 10-11 * * ? *)",
        "UTC",
        "2026-01-01T10:06:00Z",
        &[
            "2026-01-01T10:25:00Z",
            "2026-01-01T10:45:00Z",
            "2026-01-01T11:05:00Z",
        ],
    ),
    (
        "cron(10-40/15 0 1 JAN,jul ? *)",
        "UTC",
        "2026-01-01T00:25:00Z",
        &["2026-01-01T00:40:00Z", "2026-07-01T00:10:00Z"],
    ),
    // Months that are too short are left out.
    (
        "cron(0 0 31 * ? *)",
        "UTC",
        "2026-01-31T00:00:00Z",
        &["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"],
    ),
    (
        "cron(0 0 29 2 ? *)",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
    ),
    (
        "cron(0 0 29 2 ? *)",
        "UTC",
        "2096-03-01T00:00:00Z",
        &["2104-02-29T00:00:00Z"],
    ),
    ("cron(0 0 30 2 ? *)", "UTC", "2026-01-01T00:00:00Z", &[]),
    // The last day, and the last weekday of a kind.
    (
        "cron(0 0 L * ? *)",
        "UTC",
        "2026-01-31T00:00:00Z",
        &["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"],
    ),
    (
        "cron(0 0 L 2 ? *)",
        "UTC",
        "2027-12-31T00:00:00Z",
        &["2028-02-29T00:00:00Z"],
    ),
    (
        "cron(0 0 LW * ? *)",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"],
    ),
    (
        "cron(0 0 ? * L *)",
        "UTC",
        "2026-11-20T00:00:00Z",
        &["2026-11-21T00:00:00Z", "2026-11-28T00:00:00Z"],
    ),
    (
        "cron(0 0 ? * 6L *)",
        "UTC",
        "2026-11-01T00:00:00Z",
        &["2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"],
    ),
    (
        "cron(0 0 ? * FRIL *)",
        "UTC",
        "2026-11-01T00:00:00Z",
        &["2026-11-27T00:00:00Z"],
    ),
    // The nearest day of work stays in its month.
    (
        "cron(0 0 1W * ? *)",
        "UTC",
        "2026-07-31T00:00:00Z",
        &["2026-08-03T00:00:00Z", "2026-09-01T00:00:00Z"],
    ),
    (
        "cron(0 0 15W * ? *)",
        "UTC",
        "2026-08-01T00:00:00Z",
        &["2026-08-14T00:00:00Z"],
    ),
    (
        "cron(0 0 31W * ? *)",
        "UTC",
        "2026-05-01T00:00:00Z",
        &["2026-05-29T00:00:00Z", "2026-07-31T00:00:00Z"],
    ),
    (
        "cron(0 0 15W * ? *)",
        "UTC",
        "2026-11-01T00:00:00Z",
        &["2026-11-16T00:00:00Z"],
    ),
    // The second Tuesday, and the fifth Friday where there is one.
    (
        "cron(0 0 ? * 3#2 *)",
        "UTC",
        "2026-11-01T00:00:00Z",
        &["2026-11-10T00:00:00Z", "2026-12-08T00:00:00Z"],
    ),
    (
        "cron(0 0 ? * FRI#5 *)",
        "UTC",
        "2026-11-01T00:00:00Z",
        &["2027-01-29T00:00:00Z", "2027-04-30T00:00:00Z"],
    ),
    // Years.
    (
        "cron(0 0 1 1 ? 2027-2029/2)",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z"],
    ),
    ("cron(0 0 1 1 ? 2020)", "UTC", "2026-01-01T00:00:00Z", &[]),
    (
        "cron(59 23 31 12 ? 2199)",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2199-12-31T23:59:00Z"],
    ),
    // Local times in both halves of the year.
    (
        "cron(0 9 * * ? *)",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        &["2026-03-29T07:00:00Z"],
    ),
    (
        "cron(0 9 * * ? *)",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T08:00:00Z"],
    ),
    (
        "cron(0 9 * * ? *)",
        "Asia/Kolkata",
        "2026-01-01T00:00:00Z",
        &["2026-01-01T03:30:00Z"],
    ),
    (
        "cron(0 0 1 * ? *)",
        "Pacific/Auckland",
        "2026-01-01T00:00:00Z",
        &["2026-01-31T11:00:00Z"],
    ),
    // In spring half past two does not exist; in autumn it is there twice and counts once.
    (
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-03-28T00:00:00Z",
        &["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"],
    ),
    (
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    ),
    (
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-10-25T01:10:00Z",
        &["2026-10-26T01:30:00Z"],
    ),
    (
        "cron(30 1 * * ? *)",
        "America/New_York",
        "2026-11-01T00:00:00Z",
        &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
    ),
    (
        "cron(0 * * * ? *)",
        "America/New_York",
        "2026-03-08T05:30:00Z",
        &["2026-03-08T06:00:00Z", "2026-03-08T07:00:00Z"],
    ),
    // Where the clock moves by half an hour.
    (
        "cron(15 2 * * ? *)",
        "Australia/Lord_Howe",
        "2026-10-02T00:00:00Z",
        &["2026-10-02T15:45:00Z", "2026-10-04T15:15:00Z"],
    ),
    // Rates count from where they began, and know of no clock that changes.
    (
        "rate(5 minutes)",
        "UTC",
        "2026-01-01T00:07:00Z",
        &["2026-01-01T00:10:00Z", "2026-01-01T00:15:00Z"],
    ),
    (
        "rate(1 hour)",
        "UTC",
        "2025-12-31T00:00:00Z",
        &["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"],
    ),
    (
        "rate(1 day)",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        &["2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"],
    ),
    // Once.
    (
        "at(2026-07-01T12:00:00)",
        "Europe/Berlin",
        "2026-01-01T00:00:00Z",
        &["2026-07-01T10:00:00Z"],
    ),
    (
        "at(2026-07-01T12:00:00)",
        "UTC",
        "2026-07-01T12:00:00Z",
        &[],
    ),
];

#[test]
fn what_comes_next() {
    for (expression, zone, from, expected) in ROWS {
        let timed = timed(expression, zone, "2026-01-01T00:00:00Z");
        let mut at = moment(from);
        for next in *expected {
            let found = timed.after(at);
            assert_eq!(
                found,
                Some(moment(next)),
                "{expression} in {zone} after {at}"
            );
            at = moment(next);
        }
        if expected.is_empty() {
            assert_eq!(timed.after(at), None, "{expression}");
        }
    }
}

#[test]
fn what_was_missed_happens_once() {
    let rows = [
        (
            "cron(0 * * * ? *)",
            "2026-01-01T00:00:00Z",
            "2026-03-05T07:59:59Z",
            "2026-03-05T07:00:00Z",
        ),
        (
            "cron(* * * * ? *)",
            "2026-01-01T00:00:00Z",
            "2027-01-01T00:00:30Z",
            "2027-01-01T00:00:00Z",
        ),
        (
            "rate(7 minutes)",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:20:59Z",
            "2026-01-01T00:14:00Z",
        ),
        (
            "cron(0 0 1 1 ? *)",
            "2026-01-01T00:00:00Z",
            "2026-12-31T23:59:59Z",
            "2026-01-01T00:00:00Z",
        ),
    ];
    for (expression, due, now, latest) in rows {
        let timed = timed(expression, "UTC", "2026-01-01T00:00:00Z");
        assert_eq!(
            timed.latest(moment(due), moment(now)),
            moment(latest),
            "{expression}"
        );
    }
}

#[test]
fn a_rate_may_begin_at_its_anchor() {
    let timed = timed("rate(10 minutes)", "UTC", "2026-01-01T00:03:00Z");
    assert_eq!(
        timed.not_before(moment("2026-01-01T00:03:00Z")),
        Some(moment("2026-01-01T00:03:00Z"))
    );
    assert_eq!(
        timed.not_before(moment("2025-06-01T00:00:00Z")),
        Some(moment("2026-01-01T00:03:00Z"))
    );
    assert_eq!(
        timed.after(moment("2026-01-01T00:03:00Z")),
        Some(moment("2026-01-01T00:13:00Z"))
    );
}

#[test]
fn what_aws_refuses_is_refused() {
    let rows = [
        "",
        "cron",
        "cron()",
        "every(1 day)",
        "cron(0 9 * * *)",
        "cron(0 9 * * * *)",
        "cron(0 9 ? * ? *)",
        "cron(0 9 1 * MON *)",
        "cron(60 9 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 0 * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 1 13 ? *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * MON#6 *)",
        "cron(0 0 ? * 2#1,3#1 *)",
        "cron(0 0 1 1 ? 1969)",
        "cron(0 0 1 1 ? 2200)",
        "cron(*/0 * * * ? *)",
        "cron(5-1 * * * ? *)",
        "cron(0 0 ? * FRI-MON *)",
        "cron(-5 * * * ? *)",
        "cron(+5 * * * ? *)",
        "cron(0 9 ? MON * *)",
        "rate(0 minutes)",
        "rate(-1 minutes)",
        "rate(5 seconds)",
        "rate(5)",
        "rate(1.5 hours)",
        "rate(5  minutes)",
        "rate(+5 minutes)",
        "at(2026-01-01)",
        "at(2026-02-30T00:00:00)",
        "at(2026-01-01T00:00:00Z)",
        "at(2026-01-01 00:00)",
    ];
    for text in rows {
        assert_eq!(Timetable::parse(text), None, "{text}");
    }
    let rows = [
        ("rate(1 minute)", true),
        ("rate(1 minutes)", false),
        ("rate(2 minutes)", true),
        ("rate(2 minute)", false),
        ("cron(0 9 * * ? *)", true),
        ("at(2026-01-01T00:00:00)", false),
    ];
    for (text, taken) in rows {
        assert_eq!(Timetable::parse_for_rule(text).is_some(), taken, "{text}");
    }
}
