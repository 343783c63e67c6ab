//! Any text is a schedule or refused, wherever its seconds stand; what Scheduler is told has six fields, of which
//! exactly one is `?`, is no longer than it takes, and is the same when its own fields are read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pawl_compiler::triggers::cron::{LONGEST, Seconds, convert};

fuzz_target!(|text: &str| {
    for seconds in [None, Some(Seconds::First), Some(Seconds::Last)] {
        match convert(text, seconds) {
            Ok(converted) => {
                assert!(!converted.expressions.is_empty());
                assert!(converted.runs_per_month > 0.0 && converted.runs_per_month < 44_641.0);
                for expression in &converted.expressions {
                    holds(expression);
                }
            }
            Err(refusal) => assert!(!refusal.message.is_empty() && !refusal.help.is_empty()),
        }
    }
});

/// Checks an expression of Scheduler.
fn holds(expression: &str) {
    assert!(expression.len() <= LONGEST, "{expression}");
    let fields = expression.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')'));
    let fields: Vec<&str> = fields.expect(expression).split(' ').collect();
    let [minute, hour, day, month, weekday, "*"] = *fields.as_slice() else {
        panic!("{expression}");
    };
    assert!((day == "?") != (weekday == "?"), "{expression}");
    // Days are counted and named otherwise there; the rest is read alike.
    let again = convert(&format!("{minute} {hour} * {month} *"), None).expect(expression);
    let plain = [format!("cron({minute} {hour} * {month} ? *)")];
    assert_eq!(again.expressions, plain, "{expression}");
}
