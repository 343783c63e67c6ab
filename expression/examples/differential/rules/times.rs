//! Times in forms that only one of both reads.

use serde_json::Value;

use super::{Finding, Rule};

pub(crate) static RULES: [Rule; 2] = [
    Rule {
        name: "forms-of-times",
        explains: |finding| is_about_times(finding) && finding.values().any(is_loose_form),
    },
    Rule {
        name: "times-far-away",
        explains: |finding| {
            is_about_times(finding)
                && finding.values().any(|value| {
                    value
                        .as_f64()
                        .is_some_and(|number| number.abs() >= 1e14 || number <= -1e11)
                })
        },
    },
];

fn is_about_times(finding: &Finding<'_>) -> bool {
    let names = [
        "parseDate",
        "isoDate",
        "epochSeconds",
        "daysAgo",
        "hoursAgo",
        "minutesAgo",
        "isBefore",
        "isAfter",
    ];
    names.contains(&finding.transform().unwrap_or_default())
}

/// Neither a whole ISO 8601 date, with or without a time, nor the date of a mail.
fn is_loose_form(value: &Value) -> bool {
    let Some(text) = value.as_str() else {
        return false;
    };
    let is_digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let is_iso = [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(is_digit);
    let is_mail = text.contains(", ") && text.ends_with("GMT");
    !(is_iso || is_mail) || text == "2025-02-30"
}
