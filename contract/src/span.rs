//! Spans of time as authors write them: `90s`, `15m`, `12h`, `7d`.

use serde_json::Value;

/// The seconds that a text such as `15m` means.
///
/// ```
/// use pawl_contract::span::seconds;
///
/// assert_eq!(seconds("15m"), Some(900));
/// assert_eq!(seconds("2 d"), Some(172_800));
/// assert_eq!(seconds("soon"), None);
/// ```
pub fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit: u64 = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// The seconds that a value means: a number of them, or a text such as `15m`.
pub fn seconds_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str().and_then(seconds))
}
