//! What a deployment decides about its API, read once where a process begins.

use std::collections::BTreeMap;

use crate::oidc::Provider;
use crate::publish::names::LONGEST_PREFIX;

/// What a deployment decides about its API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The ARN of the published version of each function, by the placeholder that machines name it with.
    pub functions: BTreeMap<String, String>,
    /// The function that schedules and events call.
    pub trigger_function: String,
    /// The role with which machines run.
    pub machine_role: String,
    /// The role with which Scheduler calls the trigger.
    pub schedule_role: String,
    /// The group of Scheduler in which schedules stand.
    pub schedule_group: String,
    /// The queue of what could not be delivered to the trigger.
    pub dead_letters: Option<String>,
    /// What the names of machines, schedules and rules begin with.
    pub prefix: String,
    /// Whether X-Ray follows what machines do.
    pub is_traced: bool,
    /// The address at which the API is reached.
    pub url: String,
    /// The address at which streams are, where it is another one.
    pub stream_url: Option<String>,
    /// The origins whose pages may ask, such as `https://app.example.com`; `http://localhost:*` means every port.
    pub origins: Vec<String>,
    /// The identity provider whose tokens are believed beside keys.
    pub provider: Option<Provider>,
}

/// Settings with which no API can be served.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable that must be there is not.
    #[error("`{0}` is not set: the template of the deployment sets it")]
    Missing(&'static str),
    /// The functions are not JSON.
    #[error("`PAWL_FUNCTIONS` is no JSON object of names and ARNs: {0}")]
    Functions(String),
    /// The beginning of names leaves them no room.
    #[error("`PAWL_PREFIX` has {0} characters, and names have room for {LONGEST_PREFIX}")]
    Prefix(usize),
}

impl Settings {
    /// Reads the settings from an environment.
    ///
    /// | name | meaning | where absent |
    /// |---|---|---|
    /// | `PAWL_FUNCTIONS` | a JSON object: the ARN of each function's version, by its placeholder | an error |
    /// | `PAWL_TRIGGER_FUNCTION` | the function that schedules and events call | an error |
    /// | `PAWL_TRIGGER_ROLE` | the role with which Scheduler calls it | an error |
    /// | `PAWL_SCHEDULE_GROUP` | the group of schedules | `default` |
    /// | `PAWL_DEAD_LETTERS` | the ARN of the queue of what could not be delivered to it | it is lost |
    /// | `PAWL_MACHINE_ROLE` | the role with which machines run | an error |
    /// | `PAWL_PREFIX` | what names of machines, schedules and rules begin with | `pawl` |
    /// | `PAWL_TRACING` | `Active` where X-Ray is to follow machines | it follows none |
    /// | `PAWL_URL` | the API's own address | links in answers are paths |
    /// | `PAWL_STREAM_URL` | the address of streams | the API's own |
    /// | `PAWL_ORIGINS` | origins whose pages may ask, with commas | none |
    ///
    /// The identity provider's are those of [`Provider::from_env`].
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let read = |name: &str| get(name).filter(|value| !value.is_empty());
        let needed = |name: &'static str| read(name).ok_or(SettingsError::Missing(name));
        let functions = serde_json::from_str(&needed("PAWL_FUNCTIONS")?)
            .map_err(|error| SettingsError::Functions(error.to_string()))?;
        let prefix = read("PAWL_PREFIX").unwrap_or_else(|| "pawl".to_owned());
        if prefix.len() > LONGEST_PREFIX {
            return Err(SettingsError::Prefix(prefix.len()));
        }
        let address = |name: &str| read(name).map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self {
            functions,
            trigger_function: needed("PAWL_TRIGGER_FUNCTION")?,
            machine_role: needed("PAWL_MACHINE_ROLE")?,
            schedule_role: needed("PAWL_TRIGGER_ROLE")?,
            schedule_group: read("PAWL_SCHEDULE_GROUP").unwrap_or_else(|| "default".to_owned()),
            dead_letters: read("PAWL_DEAD_LETTERS"),
            prefix,
            is_traced: read("PAWL_TRACING").as_deref() == Some("Active"),
            url: address("PAWL_URL").unwrap_or_default(),
            stream_url: address("PAWL_STREAM_URL"),
            ..Self::of_readers(get)
        })
    }

    /// Reads the settings of whoever publishes nothing: `PAWL_ORIGINS`, and those of [`Provider::from_env`].
    pub fn of_readers(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let origins = get("PAWL_ORIGINS").unwrap_or_default();
        let origins = origins.split(',').map(str::trim);
        Self {
            origins: origins
                .filter(|origin| !origin.is_empty())
                .map(str::to_owned)
                .collect(),
            provider: Provider::from_env(get),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [(&str, &str); 4] = [
        (
            "PAWL_FUNCTIONS",
            r#"{"ActionFunction":"arn:aws:lambda:r:1:function:a:1"}"#,
        ),
        ("PAWL_TRIGGER_FUNCTION", "arn:aws:lambda:r:1:function:t"),
        ("PAWL_TRIGGER_ROLE", "arn:aws:iam::1:role/t"),
        ("PAWL_MACHINE_ROLE", "arn:aws:iam::1:role/m"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_env(&|name| {
            let mut rows = changes.iter().chain(&WHOLE);
            let found = rows.find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_not_said_has_a_usual_value() {
        let settings = read(&[]).expect("whole");
        assert_eq!(settings.prefix, "pawl");
        assert_eq!(settings.schedule_group, "default");
        assert!(!settings.is_traced);
        assert_eq!((settings.stream_url, settings.provider), (None, None));
        assert_eq!(settings.origins, Vec::<String>::new());
        let settings = read(&[
            ("PAWL_ORIGINS", "https://a.example, http://localhost:*"),
            ("PAWL_STREAM_URL", "https://stream.example/"),
            ("PAWL_TRACING", "Active"),
        ]);
        let settings = settings.expect("whole");
        assert!(settings.is_traced);
        assert_eq!(
            settings.origins,
            ["https://a.example", "http://localhost:*"]
        );
        assert_eq!(
            settings.stream_url.as_deref(),
            Some("https://stream.example")
        );
    }

    #[test]
    fn settings_with_which_nothing_can_be_published_are_refused() {
        for (name, _) in WHOLE {
            assert_eq!(read(&[(name, "")]), Err(SettingsError::Missing(name)));
        }
        assert!(matches!(
            read(&[("PAWL_FUNCTIONS", "arn")]),
            Err(SettingsError::Functions(_))
        ));
        let long = "p".repeat(LONGEST_PREFIX + 1);
        assert_eq!(
            read(&[("PAWL_PREFIX", &long)]),
            Err(SettingsError::Prefix(LONGEST_PREFIX + 1))
        );
    }
}
