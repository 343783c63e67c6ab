//! What a laptop's environment says, the file of keys included: in the folder of the user, since a project is shared.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use pawl_functions::{Keys, Reach, Settings};

/// The environment of this process.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The settings that an environment gives, with a file of keys where it names none.
pub fn settings(environment: fn(&str) -> Option<String>) -> Settings {
    let mut settings = Settings::from_env(&environment);
    if settings.keys == Keys::None
        && let Some(path) = key_file(environment)
    {
        settings.keys = Keys::File(path);
    }
    // Who names a key of KMS means the one at AWS.
    if matches!(settings.keys, Keys::Kms(_)) {
        settings.reach = Reach::Aws;
    }
    settings
}

/// AWS as an environment names it, for what is asked there with keys.
pub fn sdk(environment: fn(&str) -> Option<String>) -> SdkConfig {
    let mut sdk = SdkConfig::builder();
    let given = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(region) = given("AWS_REGION").or_else(|| given("AWS_DEFAULT_REGION")) {
        sdk = sdk.region(Region::new(region));
    }
    if let (Some(id), Some(key)) = (given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY")) {
        let token = given("AWS_SESSION_TOKEN");
        let credentials = Credentials::new(id, key, token, None, "environment");
        sdk = sdk.credentials_provider(SharedCredentialsProvider::new(credentials));
    }
    sdk.build()
}

/// Where the keys of a user are.
fn key_file(environment: fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(user_folder(environment)?.join("keys.json"))
}

/// Where the settings of a user are.
pub fn user_folder(environment: fn(&str) -> Option<String>) -> Option<PathBuf> {
    let given = |name: &str| environment(name).filter(|value| !value.is_empty());
    let configuration = given("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(given("HOME")?).join(".config"));
    let folder = configuration.or_else(home)?;
    Some(folder.join("pawl"))
}
