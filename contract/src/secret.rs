//! Where a secret is found. What it is stands nowhere in a definition, a plan or a record.

use serde::{Deserialize, Serialize};

/// Where a secret is found, as a definition's `config.secrets` says it.
///
/// ```
/// use pawl_contract::SecretSource;
///
/// let source: SecretSource = serde_json::from_str(r#"{ "envVar": "SHOP_KEY" }"#)?;
/// assert_eq!(source, SecretSource::Environment { env_var: "SHOP_KEY".to_owned() });
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum SecretSource {
    /// In the environment of the functions.
    Environment {
        /// The variable's name.
        env_var: String,
    },
    /// Here, encrypted.
    Encrypted {
        /// The encrypted text, which names its key.
        cipher_text: String,
    },
    /// Kept by the organisation, encrypted, where the API takes it.
    Stored {
        /// The secret's name there.
        stored: String,
    },
    /// In AWS Secrets Manager.
    SecretsManager {
        /// The secret's name or ARN.
        secrets_manager: String,
        /// The field, where the secret is a JSON object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// In the Parameter Store of AWS Systems Manager.
    Ssm {
        /// The parameter's name.
        ssm: String,
    },
    /// Among the run's secure variables, which a step sets.
    Variable {
        /// The variable's name.
        secure_variable: String,
    },
}

/// Whether a secret may be read from an environment variable of this name: not those of the functions themselves.
///
/// ```
/// use pawl_contract::secret::may_be_read;
///
/// assert!(may_be_read("SHOP_KEY"));
/// assert!(!may_be_read("AWS_SECRET_ACCESS_KEY"));
/// ```
pub fn may_be_read(variable: &str) -> bool {
    const OURS: [&str; 5] = ["AWS_", "LAMBDA_", "PAWL_", "OPENAI_", "_"];
    let upper = variable.to_ascii_uppercase();
    !OURS.iter().any(|prefix| upper.starts_with(prefix))
}
