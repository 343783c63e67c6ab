//! Schedules, row by row: what is written, and what Scheduler is told or why it is not.

use super::{Seconds, convert, every};

/// What is written, and what Scheduler is told or why it is not.
const ROWS: &[(&str, &[&str])] = &[
    ("0 9 * * 1", &["cron(0 9 ? * MON *)"]),
    ("*/15 * * * *", &["cron(*/15 * * * ? *)"]),
    ("0 0 1 * *", &["cron(0 0 1 * ? *)"]),
    ("0 2 * * 0", &["cron(0 2 ? * SUN *)"]),
    ("0 2 * * 7", &["cron(0 2 ? * SUN *)"]),
    ("30 8 * * 1-5", &["cron(30 8 ? * MON-FRI *)"]),
    ("30 8 * * mon-fri", &["cron(30 8 ? * MON-FRI *)"]),
    // Ranges that wrap, by number and by name.
    ("0 0 * * 5-7", &["cron(0 0 ? * FRI,SAT,SUN *)"]),
    ("0 0 * * FRI-MON", &["cron(0 0 ? * FRI,SAT,SUN,MON *)"]),
    ("0 22-2 * * *", &["cron(0 22,23,0,1,2 * * ? *)"]),
    ("0 0 1 nov-feb *", &["cron(0 0 1 11,12,1,2 ? *)"]),
    ("0 0 * * 1,6-2", &["cron(0 0 ? * MON,SAT,SUN,TUE *)"]),
    // Steps.
    ("5/20 * * * *", &["cron(5/20 * * * ? *)"]),
    ("59/7 * * * *", &["cron(59 * * * ? *)"]),
    ("10-40/15 * * * *", &["cron(10,25,40 * * * ? *)"]),
    ("*/40 * * * *", &["cron(*/40 * * * ? *)"]),
    ("*/60 */24 * * *", &["cron(0 0 * * ? *)"]),
    ("0 0 * * */2", &["cron(0 0 ? * */2 *)"]),
    ("0 0 * * 1/3", &["cron(0 0 ? * MON,THU *)"]),
    ("0 0 */10 */5 *", &["cron(0 0 */10 */5 ? *)"]),
    // Both day fields: either will do.
    ("0 0 13 * 5", &["cron(0 0 13 * ? *)", "cron(0 0 ? * FRI *)"]),
    ("0 0 1-31 * 1", &["cron(0 0 * * ? *)"]),
    ("0 0 13 * 0-6", &["cron(0 0 * * ? *)"]),
    ("0 0 ? * 1", &["cron(0 0 ? * MON *)"]),
    ("0 0 1 * ?", &["cron(0 0 1 * ? *)"]),
    // The last day, the second Friday, the last one, the day of work next to the fifteenth.
    ("0 0 L * *", &["cron(0 0 L * ? *)"]),
    ("0 0 1,L * *", &["cron(0 0 1 * ? *)", "cron(0 0 L * ? *)"]),
    (
        "0 0 15W,LW * *",
        &["cron(0 0 15W * ? *)", "cron(0 0 LW * ? *)"],
    ),
    ("0 0 * * 5#2", &["cron(0 0 ? * 6#2 *)"]),
    (
        "0 0 * * mon#1,fri",
        &["cron(0 0 ? * FRI *)", "cron(0 0 ? * 2#1 *)"],
    ),
    ("0 0 * * 5L", &["cron(0 0 ? * 6L *)"]),
    ("0 0 * * L5", &["cron(0 0 ? * 6L *)"]),
    // Words.
    ("@daily", &["cron(0 0 * * ? *)"]),
    ("@Hourly", &["cron(0 * * * ? *)"]),
    ("@weekly", &["cron(0 0 ? * SUN *)"]),
    ("@monthly", &["cron(0 0 1 * ? *)"]),
    ("@yearly", &["cron(0 0 1 1 ? *)"]),
    // Six fields whose seconds are zero.
    ("0 0 9 * * 1", &["cron(0 9 ? * MON *)"]),
    ("30 9 * * 1 0", &["cron(30 9 ? * MON *)"]),
    (
        "0 9 * * * 0",
        &[
            "refused: the first and the last field of `0 9 * * * 0` are zero: either may be the seconds",
        ],
    ),
    ("0 0 31 9-10 * 00", &["cron(0 0 31 9-10 ? *)"]),
    ("  0   9  * * 1 ", &["cron(0 9 ? * MON *)"]),
    // What has no expression.
    (
        "0 9 * *",
        &["refused: a schedule has five fields, `0 9 * *` has 4 fields"],
    ),
    (
        "",
        &["refused: a schedule has five fields, `` has 0 fields"],
    ),
    ("0 25 * * 1", &["refused: `25` is no hour of a schedule"]),
    ("60 * * * *", &["refused: `60` is no minute of a schedule"]),
    (
        "* * 0 * *",
        &["refused: `0` is no day of month of a schedule"],
    ),
    ("* * * 13 *", &["refused: `13` is no month of a schedule"]),
    (
        "* * * * 8",
        &["refused: `8` is no day of week of a schedule"],
    ),
    (
        "* * * * monday",
        &["refused: `monday` is no day of week of a schedule"],
    ),
    ("1, * * * *", &["refused: `1,` is no minute of a schedule"]),
    (
        "*/0 * * * *",
        &["refused: `*/0` is no minute of a schedule"],
    ),
    ("+5 * * * *", &["refused: `+5` is no minute of a schedule"]),
    (
        "*/90 * * * *",
        &["refused: `*/90` is no minute of a schedule: a step of 90 is longer than an hour"],
    ),
    (
        "50-10/7 * * * *",
        &["refused: `50-10/7` goes past the end of an hour by a step"],
    ),
    ("0 0 30 2 *", &["refused: `0 0 30 2 *` never comes"]),
    (
        "0 0 31 4,6,9,11 *",
        &["refused: `0 0 31 4,6,9,11 *` never comes"],
    ),
    ("0 0 30 2 1", &["cron(0 0 30 2 ? *)", "cron(0 0 ? 2 MON *)"]),
    (
        "*/10 * * * * *",
        &["refused: `*/10` asks for seconds, and runs start at whole minutes"],
    ),
    (
        "@reboot",
        &["refused: `@reboot` is no time at which runs start"],
    ),
    (
        "cron(0 9 ? * MON *)",
        &["refused: `cron(...)` is how AWS writes schedules"],
    ),
    (
        "0 0 L-3 * *",
        &["refused: `L-3` is no day of month of a schedule"],
    ),
    (
        "0 9 * * 1#6",
        &["refused: `1#6` asks for a weekday that no month has: they are counted from 1 to 5"],
    ),
    ("H H * * *", &["refused: `H` is no minute of a schedule"]),
];

#[test]
fn what_scheduler_is_told() {
    for (written, expected) in ROWS {
        let found = convert(written, None).map_or_else(
            |refusal| vec![format!("refused: {}", refusal.message)],
            |converted| converted.expressions,
        );
        assert_eq!(found, *expected, "{written}");
    }
}

#[test]
fn where_the_seconds_stand_can_be_said() {
    let rows = [
        ("0 9 * * 1 0", Seconds::Last, Some("cron(0 9 ? * MON *)")),
        ("0 9 * * 1 0", Seconds::First, Some("cron(9 * ? 1 SUN *)")),
        ("0 9 * * 1 30", Seconds::Last, None),
        ("30 0 9 * * 1", Seconds::First, None),
        ("0 9 * * 1", Seconds::First, Some("cron(0 9 ? * MON *)")),
    ];
    for (written, seconds, expected) in rows {
        let found = convert(written, Some(seconds)).ok();
        let found = found.map(|found| found.expressions.join(" "));
        assert_eq!(found.as_deref(), expected, "{written}");
    }
}

#[test]
fn the_longest_lists_fit() {
    // Pairs with one left out between them have the longest ranges.
    let list = |least: u8, most: u8| {
        let numbers = (least..=most).filter(|number| (number - least) % 3 != 2);
        let numbers = numbers.map(|number| number.to_string());
        numbers.collect::<Vec<_>>().join(",")
    };
    let (minutes, hours, days) = (list(0, 59), list(0, 23), list(1, 31));
    let text = format!("{minutes},{minutes} {hours} {days} {} 1,3,5", list(1, 12));
    let found = convert(&text, None).expect("a schedule");
    let lengths: Vec<usize> = found.expressions.iter().map(String::len).collect();
    assert_eq!(lengths, [238, 193], "{:?}", found.expressions);
    let wraps = convert("24-22,41-16 0 * * *", None).expect("a schedule");
    let longest = wraps.expressions.iter().map(String::len).max();
    assert!(longest.is_some_and(|longest| longest <= super::LONGEST));
}

#[test]
fn a_week_may_end_on_sunday() {
    let rows = [
        ("0 0 * * 0-7", "cron(0 0 * * ? *)"),
        ("0 0 * * 1-7", "cron(0 0 * * ? *)"),
        ("0 0 * * 5-7", "cron(0 0 ? * FRI,SAT,SUN *)"),
        ("0 0 * * 1-7/2", "cron(0 0 ? * MON,WED,FRI,SUN *)"),
        ("0 0 * * 7", "cron(0 0 ? * SUN *)"),
    ];
    for (written, expected) in rows {
        let found = convert(written, None).expect(written);
        assert_eq!(found.expressions, [expected], "{written}");
    }
}

#[test]
fn a_step_of_days_beside_other_days_is_doubtful() {
    let rows = [
        ("0 0 */2 * 1", true),
        ("0 0 1 * */2", true),
        ("0 0 */2 * *", false),
        ("0 0 1 * 1", false),
    ];
    for (written, expected) in rows {
        let doubt = convert(written, None).expect(written).doubt;
        assert_eq!(doubt.is_some(), expected, "{written}");
    }
}

#[test]
fn intervals_are_whole_minutes() {
    let rows = [
        (60, Ok("rate(1 minute)")),
        (300, Ok("rate(5 minutes)")),
        (3600, Ok("rate(1 hour)")),
        (5400, Ok("rate(90 minutes)")),
        (86_400, Ok("rate(1 day)")),
        (172_800, Ok("rate(2 days)")),
        (5, Err("every 5 seconds is more often than runs can start")),
        (90, Err("90 seconds are no whole minutes")),
    ];
    for (seconds, expected) in rows {
        let found = every(seconds).map_err(|refusal| refusal.message);
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(found, expected, "{seconds}");
    }
}
