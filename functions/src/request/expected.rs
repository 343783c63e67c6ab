//! The statuses that a step takes for success.

use pawl_contract::StepError;
use serde_json::Value;

use super::call::invalid;

/// A status, or a class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// `404`
    Status(u16),
    /// The hundreds of `2xx`.
    Class(u16),
}

impl Expected {
    /// The statuses that a configuration expects.
    pub(super) fn of(config: &Value) -> Result<Vec<Self>, StepError> {
        match config.get("expectedStatus") {
            None | Some(Value::Null) => Ok(vec![Self::Class(2)]),
            Some(Value::Array(listed)) => listed.iter().map(Self::one).collect(),
            Some(one) => Ok(vec![Self::one(one)?]),
        }
    }

    fn one(value: &Value) -> Result<Self, StepError> {
        let number = || {
            let text = value.as_str().map(str::to_owned);
            let text = text.unwrap_or_else(|| value.to_string());
            let status = text.parse::<u16>().ok();
            status.filter(|status| (100..600).contains(status))
        };
        let class = || {
            let text = value.as_str()?.to_ascii_lowercase();
            let class = text.strip_suffix("xx")?.parse::<u16>().ok()?;
            (1..6).contains(&class).then_some(class)
        };
        let found = number()
            .map(Self::Status)
            .or_else(|| class().map(Self::Class));
        found.ok_or_else(|| {
            invalid("a status is a number such as `404`, or a class of them such as `\"2xx\"`")
        })
    }

    pub(super) fn admits(self, status: u16) -> bool {
        match self {
            Self::Status(expected) => status == expected,
            Self::Class(class) => status / 100 == class,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statuses_are_numbers_and_classes() {
        let rows = [
            (json!(null), 204, Some(true)),
            (json!(null), 302, Some(false)),
            (json!(404), 404, Some(true)),
            (json!("404"), 404, Some(true)),
            (json!(["2xx", 404]), 404, Some(true)),
            (json!(["2XX", 404]), 405, Some(false)),
            (json!("7xx"), 200, None),
            (json!(20), 200, None),
            (json!({}), 200, None),
        ];
        for (expected, status, admitted) in rows {
            let found = Expected::of(&json!({ "expectedStatus": expected }));
            let found = found.map(|listed| listed.iter().any(|one| one.admits(status)));
            assert_eq!(found.ok(), admitted, "{expected} {status}");
        }
    }
}
