//! Logging, tracing and encryption of a machine: what AWS takes, and what it makes of what is left out.

use serde::Deserialize;
use serde_json::{Value, json};

use super::stored::Settings;
use crate::refusal::Refusal;

/// The part of a request that is about them.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct Asked {
    #[serde(default, rename = "loggingConfiguration")]
    logging: Option<Value>,
    #[serde(default, rename = "tracingConfiguration")]
    tracing: Option<Value>,
    #[serde(default, rename = "encryptionConfiguration")]
    encryption: Option<Value>,
}

impl Asked {
    /// Whether there is anything about them.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.logging.is_none() && self.tracing.is_none() && self.encryption.is_none()
    }

    /// What they are then; what is not asked for stays.
    pub(in super::super) fn over(&self, mut settings: Settings) -> Result<Settings, Refusal> {
        if let Some(asked) = &self.logging {
            settings.logging = logging(asked)?;
        }
        if let Some(asked) = &self.tracing {
            let enabled = asked.get("enabled").is_some_and(|enabled| *enabled == true);
            settings.tracing = json!({ "enabled": enabled });
        }
        if let Some(asked) = &self.encryption {
            settings.encryption = encryption(asked)?;
        }
        Ok(settings)
    }
}

fn logging(asked: &Value) -> Result<Value, Refusal> {
    let refuse = |message: &str| {
        let message = format!("Invalid Logging Configuration: {message}");
        Err(Refusal::new("InvalidLoggingConfiguration", message))
    };
    let level = asked.get("level").cloned().unwrap_or_else(|| json!("OFF"));
    let data = asked.get("includeExecutionData").cloned();
    let mut logging = json!({
        "level": level,
        "includeExecutionData": data.unwrap_or(Value::Bool(false)),
    });
    let destinations = asked.get("destinations").and_then(Value::as_array);
    let count = destinations.map_or(0, Vec::len);
    if count > 1 || (level != "OFF" && count == 0) {
        return refuse("Must specify exactly one Log Destination.");
    }
    for destination in destinations.into_iter().flatten() {
        let group = destination
            .get("cloudWatchLogsLogGroup")
            .and_then(|group| group.get("logGroupArn"))
            .and_then(Value::as_str);
        let Some(group) = group else {
            return refuse("Must set valid CloudWatch Log Group ARN.");
        };
        let parts: Vec<&str> = group.splitn(7, ':').collect();
        let is_group = matches!(parts.as_slice(), ["arn", _, "logs", _, _, "log-group", _]);
        if !is_group {
            return refuse("Provided ARN is not CloudWatch Logs Log Group ARN.");
        }
        if !group.ends_with(":*") {
            return refuse("Log Group ARN must be provided with '*' qualifier.");
        }
    }
    if let (Some(logging), Some(destinations)) = (logging.as_object_mut(), destinations) {
        logging.insert("destinations".to_owned(), json!(destinations));
    }
    Ok(logging)
}

fn encryption(asked: &Value) -> Result<Value, Refusal> {
    let refuse = |message: String| Err(Refusal::new("InvalidEncryptionConfiguration", message));
    let has = |name: &str| asked.get(name).is_some();
    if asked
        .get("type")
        .is_some_and(|kind| kind == "AWS_OWNED_KEY")
    {
        for name in ["kmsKeyId", "kmsDataKeyReusePeriodSeconds"] {
            if has(name) {
                return refuse(format!(
                    "Custom {name} is not allowed when selecting AWS_OWNED_KEY."
                ));
            }
        }
        return Ok(asked.clone());
    }
    if !has("kmsKeyId") {
        return refuse("Must set a valid kmsKeyId.".to_owned());
    }
    let mut encryption = asked.clone();
    if let Some(encryption) = encryption.as_object_mut() {
        encryption
            .entry("kmsDataKeyReusePeriodSeconds")
            .or_insert(json!(300));
    }
    Ok(encryption)
}
