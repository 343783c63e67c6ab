//! Where secrets are found: the environment, encrypted text, Secrets Manager and the Parameter Store.

use pawl_contract::secret::may_be_read;
use pawl_contract::{SecretSource, code};
use pawl_store::Items;
use serde_json::{Value, json};

use super::{AwsError, VaultError};
use crate::scopes::Scopes;
use crate::{Error, Services};

/// Where one invocation looks.
#[derive(Clone, Copy)]
pub(super) struct Sources<'invocation> {
    pub services: &'invocation Services,
    pub org: &'invocation str,
    /// What the invocation has read of its run.
    pub items: &'invocation Items,
    /// The scopes in which its variables are.
    pub scopes: &'invocation Scopes,
}

impl Sources<'_> {
    /// The value of a secret.
    pub(super) async fn find(&self, name: &str, source: &SecretSource) -> Result<String, Error> {
        let missing = |what: String| {
            let message = format!("the secret `{name}` is not there: {what}");
            Error::step(code::VALIDATION_ERROR, message)
        };
        match source {
            SecretSource::Environment { env_var } => {
                let found = may_be_read(env_var).then(|| self.services.variable(env_var));
                found
                    .flatten()
                    .ok_or_else(|| missing(format!("set the environment variable `{env_var}`")))
            }
            SecretSource::Encrypted { cipher_text } => self.open(cipher_text).await,
            SecretSource::Stored { stored } => {
                let sealed = self.services.store().secret(self.org, stored).await?;
                let help = || missing(format!("the organisation keeps no secret `{stored}`"));
                self.open(&sealed.ok_or_else(help)?).await
            }
            SecretSource::SecretsManager {
                secrets_manager,
                key,
            } => {
                let request = json!({ "SecretId": self.own(name, "pawl/", secrets_manager)? });
                let answer = self
                    .ask("secretsmanager", "secretsmanager.GetSecretValue", &request)
                    .await?;
                let text = answer.get("SecretString").and_then(Value::as_str);
                let text = text.ok_or_else(|| {
                    missing(format!(
                        "`{secrets_manager}` holds no text in Secrets Manager"
                    ))
                })?;
                let Some(key) = key else {
                    return Ok(text.to_owned());
                };
                let fields: Value = serde_json::from_str(text).unwrap_or_default();
                let field = fields.get(key).filter(|value| !value.is_null());
                let field = field.map(|value| {
                    let text = value.as_str().map(str::to_owned);
                    text.unwrap_or_else(|| value.to_string())
                });
                field.ok_or_else(|| {
                    missing(format!(
                        "`{secrets_manager}` has no field `{key}` in Secrets Manager"
                    ))
                })
            }
            SecretSource::Ssm { ssm } => {
                let request =
                    json!({ "Name": self.own(name, "/pawl/", ssm)?, "WithDecryption": true });
                let answer = self.ask("ssm", "AmazonSSM.GetParameter", &request).await?;
                let text = answer.pointer("/Parameter/Value").and_then(Value::as_str);
                text.map(str::to_owned)
                    .ok_or_else(|| missing(format!("`{ssm}` is empty in the Parameter Store")))
            }
            SecretSource::Variable { secure_variable } => {
                let sealed = self.items.secret(self.scopes.all(), secure_variable);
                let sealed = sealed.ok_or_else(|| missing("no step has set it".to_owned()))?;
                self.open(sealed).await
            }
        }
    }

    /// What an encrypted text holds.
    pub(super) async fn open(&self, text: &str) -> Result<String, Error> {
        let opened = self.services.vault().open(text, self.org).await;
        opened.map_err(|error| failure(&error))
    }

    /// A name as it stands in AWS: below the organisation, so that no definition reads the secrets of another one.
    ///
    /// `pawl/shop` of the organisation `acme` is `pawl/acme/shop`. An ARN would name anything, so it is refused.
    fn own(&self, secret: &str, prefix: &str, written: &str) -> Result<String, Error> {
        let rest = written.strip_prefix(prefix).ok_or_else(|| {
            let message = format!(
                "the secret `{secret}` cannot be read: `{written}` does not begin with `{prefix}`"
            );
            Error::step(code::VALIDATION_ERROR, message)
        })?;
        Ok(format!("{prefix}{}/{rest}", self.org))
    }

    async fn ask(&self, service: &str, target: &str, request: &Value) -> Result<Value, Error> {
        let answer = self.services.aws().ask(service, target, request).await;
        answer.map_err(|error| failure(&error.into()))
    }
}

/// A secret that was not found, as the step's failure.
pub(crate) fn failure(error: &VaultError) -> Error {
    // Asking once more may go better; nothing else can.
    let code = if matches!(error, VaultError::Kms(AwsError::Silent(_))) {
        code::STORE_ERROR
    } else {
        code::VALIDATION_ERROR
    };
    Error::step(code, error.to_string())
}
