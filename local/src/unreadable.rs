//! What is wrong with a request that cannot be read, as the services word it.
//!
//! A member that is missing, or none of those allowed, breaks a constraint; one of another kind is no request at all.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

/// A mistake in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// It is no JSON.
    Syntax(String),
    /// Something is of another kind.
    Kind(String),
    /// A rule of a member is broken.
    Constraint(String),
}

impl Mistake {
    /// AWS's name of it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) | Self::Kind(_) => "SerializationException",
            Self::Constraint(_) => "ValidationException",
        }
    }

    /// What is wrong.
    pub(crate) fn message(self) -> String {
        match self {
            Self::Syntax(message) | Self::Kind(message) | Self::Constraint(message) => message,
        }
    }
}

/// Reads a request.
pub(crate) fn read<Request: DeserializeOwned>(body: &[u8]) -> Result<Request, Mistake> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let request = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| mistake(error.path(), error.inner()))?;
    let ended = deserializer.end();
    ended.map_err(|_| Mistake::Syntax("Unexpected content after the request".to_owned()))?;
    Ok(request)
}

fn mistake(path: &Path, error: &serde_json::Error) -> Mistake {
    if error.is_eof() {
        return Mistake::Syntax("Unexpected end-of-input".to_owned());
    }
    if !error.is_data() {
        let (line, column) = (error.line(), error.column());
        return Mistake::Syntax(format!("Unexpected token at line {line}, column {column}"));
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    if let Some(name) = after(text, "missing field `") {
        return constraint(
            "Value null",
            &place(path, Some(name)),
            "Member must not be null",
        );
    }
    if let Some(value) = after(text, "unknown variant `") {
        let allowed = text.split_once(", expected ").map_or("", |(_, rest)| rest);
        let allowed: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
        let rule = format!(
            "Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        );
        return constraint(&format!("Value '{value}'"), &place(path, None), &rule);
    }
    match text.split_once(", expected ") {
        Some((found, expected)) => Mistake::Kind(format!(
            "{} can not be converted to {}",
            token(found),
            kind(expected)
        )),
        None => Mistake::Kind(text.to_owned()),
    }
}

fn constraint(value: &str, member: &str, rule: &str) -> Mistake {
    Mistake::Constraint(format!(
        "1 validation error detected: {value} at '{member}' failed to satisfy constraint: {rule}"
    ))
}

/// What stands between an opening and the next backtick.
fn after<'text>(text: &'text str, opening: &str) -> Option<&'text str> {
    text.strip_prefix(opening)?.split('`').next()
}

/// Where a member is, as AWS writes it: `entries.1.member.source`.
fn place(path: &Path, member: Option<&str>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => parts.push(format!("{}.member", index + 1)),
            Segment::Map { key } => parts.push(lowered(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    parts.extend(member.map(lowered));
    parts.join(".")
}

fn lowered(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// What was found, by the name of its token.
fn token(found: &str) -> &'static str {
    let found = found.split_once(": ").map_or(found, |(_, found)| found);
    let is = |kind: &str| found.starts_with(kind);
    if is("string") {
        "STRING_VALUE"
    } else if is("boolean `true`") {
        "TRUE_VALUE"
    } else if is("boolean") {
        "FALSE_VALUE"
    } else if is("floating point") {
        "DECIMAL_VALUE"
    } else if is("integer") {
        "NUMBER_VALUE"
    } else if is("sequence") {
        "START_ARRAY"
    } else if is("map") {
        "START_OBJECT"
    } else {
        "NULL_VALUE"
    }
}

/// What was expected, by the name of its shape.
fn kind(expected: &str) -> &'static str {
    if expected.contains("string") {
        "a String"
    } else if expected.contains("boolean") {
        "a Boolean"
    } else if expected.starts_with('f') {
        "a Double"
    } else if expected.starts_with(['i', 'u']) {
        "an Integer"
    } else if expected.contains("sequence") {
        "a List"
    } else {
        "a Structure"
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::read;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Request {
        name: String,
        #[serde(default)]
        count: u32,
        #[serde(default)]
        state: Option<State>,
        #[serde(default)]
        entries: Vec<Entry>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "what is read is not looked at")]
    struct Entry {
        id: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "UPPERCASE")]
    enum State {
        Enabled,
        Disabled,
    }

    #[test]
    fn mistakes_are_worded_as_the_services_do() {
        let constraint = "1 validation error detected: Value";
        let fails = "failed to satisfy constraint: Member must";
        let rows = [
            (
                "{",
                "SerializationException: Unexpected end-of-input".to_owned(),
            ),
            (
                "{,}",
                "SerializationException: Unexpected token at line 1, column 2".to_owned(),
            ),
            (
                "{\"Name\": \"a\"} {}",
                "SerializationException: Unexpected content after the request".to_owned(),
            ),
            (
                "{}",
                format!("ValidationException: {constraint} null at 'name' {fails} not be null"),
            ),
            (
                "{\"Name\": \"a\", \"Entries\": [{\"Id\": \"a\"}, {}]}",
                format!(
                    "ValidationException: {constraint} null at 'entries.2.member.id' {fails} not be null"
                ),
            ),
            (
                "{\"Name\": \"a\", \"State\": \"ON\"}",
                format!(
                    "ValidationException: {constraint} 'ON' at 'state' {fails} satisfy enum value set: [ENABLED, DISABLED]"
                ),
            ),
            (
                "{\"Name\": 1}",
                "SerializationException: NUMBER_VALUE can not be converted to a String".to_owned(),
            ),
            (
                "{\"Name\": null}",
                "SerializationException: NULL_VALUE can not be converted to a String".to_owned(),
            ),
            (
                "{\"Name\": {}}",
                "SerializationException: START_OBJECT can not be converted to a String".to_owned(),
            ),
            (
                "{\"Name\": \"a\", \"Count\": \"1: 2\"}",
                "SerializationException: STRING_VALUE can not be converted to an Integer"
                    .to_owned(),
            ),
            (
                "{\"Name\": \"a\", \"Count\": true}",
                "SerializationException: TRUE_VALUE can not be converted to an Integer".to_owned(),
            ),
            (
                "{\"Name\": \"a\", \"Entries\": {}}",
                "SerializationException: START_OBJECT can not be converted to a List".to_owned(),
            ),
            (
                "{\"Name\": \"a\", \"Entries\": [1.5]}",
                "SerializationException: DECIMAL_VALUE can not be converted to a Structure"
                    .to_owned(),
            ),
            (
                "7",
                "SerializationException: NUMBER_VALUE can not be converted to a Structure"
                    .to_owned(),
            ),
        ];
        for (body, expected) in rows {
            let mistake = read::<Request>(body.as_bytes()).expect_err(body);
            let said = format!("{}: {}", mistake.code(), mistake.clone().message());
            assert_eq!(said, expected, "{body}");
        }
    }
}
