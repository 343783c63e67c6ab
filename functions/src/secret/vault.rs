//! Envelopes: a secret under a key of its own, which is wrapped by a key that stays where it is.
//!
//! ```text
//! pawl1.<key id>.<wrapped data key>.<nonce and encrypted secret>
//! ```
//! The data key encrypts by AES-256-GCM, bound to the organisation: what another organisation copies does not open.
//! On a laptop a key of a file wraps it, in the cloud KMS does.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_types::SdkConfig;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::aws::{Aws, AwsError};
use super::keys::{KeyFile, KeyFileError};
use crate::Settings;

/// What every encrypted text of ours begins with.
const FORM: &str = "pawl1";

/// The bytes of a key.
pub(super) const KEY: usize = 32;

/// Where the keys are that wrap the keys of secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Keys {
    /// In a file that only its owner can read.
    File(std::path::PathBuf),
    /// In KMS, under this id, ARN or alias.
    Kms(String),
    /// Nowhere: nothing can be encrypted.
    #[default]
    None,
}

/// Why a secret could not be encrypted or decrypted.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no key to encrypt with.
    #[error(
        "there is no key for secrets: set PAWL_KEY_FILE to a file, or PAWL_KMS_KEY to a key of KMS"
    )]
    NoKeys,
    /// The file of keys cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The text was not made by us.
    #[error("the encrypted text is none of ours: make one with `pawl secrets set`")]
    NotOurs,
    /// The key that wrapped it is not there.
    #[error("the secret was encrypted with the key `{0}`, which is not here")]
    UnknownKey(String),
    /// The key does not open it.
    #[error("the secret does not open: it was changed, or encrypted for another organisation")]
    Sealed,
    /// KMS did not do its part.
    #[error(transparent)]
    Kms(#[from] AwsError),
}

/// Encrypts and decrypts with the keys that a deployment has.
#[derive(Debug, Clone)]
pub struct Vault {
    keys: Keys,
    aws: Aws,
}

/// The key of one secret, as it is and wrapped.
struct DataKey {
    plain: [u8; KEY],
    id: String,
    wrapped: Vec<u8>,
}

impl Vault {
    pub(crate) fn new(keys: Keys, aws: Aws) -> Self {
        Self { keys, aws }
    }

    /// The vault of a deployment.
    pub fn of(sdk: &SdkConfig, settings: &Settings) -> Self {
        let endpoint = settings.secrets_url.as_deref();
        let aws = Aws::new(sdk, reqwest::Client::new(), endpoint, settings.reach);
        Self::new(settings.keys.clone(), aws)
    }

    /// Encrypts a secret for an organisation.
    pub async fn seal(&self, secret: &str, org: &str) -> Result<String, VaultError> {
        let key = match &self.keys {
            Keys::File(path) => {
                let file = KeyFile::open_or_create(path)?;
                let (id, wrapping) = file.current();
                let plain: [u8; KEY] = random();
                let wrapped = encrypt(wrapping, &plain, &bound(id, org));
                DataKey {
                    plain,
                    id: id.to_owned(),
                    wrapped,
                }
            }
            Keys::Kms(key) => self.generate(key, org).await?,
            Keys::None => return Err(VaultError::NoKeys),
        };
        let text = encrypt(&key.plain, secret.as_bytes(), &bound(&key.id, org));
        let [wrapped, text] = [key.wrapped, text].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Ok(format!("{FORM}.{}.{wrapped}.{text}", key.id))
    }

    /// Whether a text is one that was encrypted here.
    pub(crate) fn is_sealed(text: &str) -> bool {
        text.split('.').next() == Some(FORM)
    }

    /// Decrypts a secret of an organisation.
    pub async fn open(&self, text: &str, org: &str) -> Result<String, VaultError> {
        let mut parts = text.trim().split('.');
        let parts = [
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ];
        let [Some(FORM), Some(id), Some(wrapped), Some(text), None] = parts else {
            return Err(VaultError::NotOurs);
        };
        let decoded = |part: &str| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| VaultError::NotOurs)
        };
        let (wrapped, text) = (decoded(wrapped)?, decoded(text)?);
        let plain = if KeyFile::is_id(id) {
            let Keys::File(path) = &self.keys else {
                return Err(VaultError::UnknownKey(id.to_owned()));
            };
            let file = KeyFile::open(path)?;
            let unknown = || VaultError::UnknownKey(id.to_owned());
            let wrapping = file.find(id).ok_or_else(unknown)?;
            decrypt(wrapping, &wrapped, &bound(id, org))?
        } else {
            self.decrypt(id, &wrapped, org).await?
        };
        let key: [u8; KEY] = plain.try_into().map_err(|_| VaultError::Sealed)?;
        let secret = decrypt(&key, &text, &bound(id, org))?;
        String::from_utf8(secret).map_err(|_| VaultError::Sealed)
    }

    async fn generate(&self, key: &str, org: &str) -> Result<DataKey, VaultError> {
        let request =
            json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context(org) });
        let answer = self
            .aws
            .ask("kms", "TrentService.GenerateDataKey", &request)
            .await?;
        let plain = blob(&answer, "Plaintext").and_then(|bytes| bytes.try_into().ok());
        let (Some(plain), Some(wrapped)) = (plain, blob(&answer, "CiphertextBlob")) else {
            return Err(VaultError::Sealed);
        };
        let id = answer.get("KeyId").and_then(Value::as_str).unwrap_or(key);
        Ok(DataKey {
            plain,
            // A dot would end it.
            id: id.replace('.', "_"),
            wrapped,
        })
    }

    async fn decrypt(&self, id: &str, wrapped: &[u8], org: &str) -> Result<Vec<u8>, VaultError> {
        let wrapped = STANDARD.encode(wrapped);
        let request =
            json!({ "CiphertextBlob": wrapped, "KeyId": id, "EncryptionContext": context(org) });
        let answer = self
            .aws
            .ask("kms", "TrentService.Decrypt", &request)
            .await?;
        blob(&answer, "Plaintext").ok_or(VaultError::Sealed)
    }
}

/// What KMS binds a key to.
fn context(org: &str) -> Value {
    json!({ "pawl:organisation": org })
}

fn blob(answer: &Value, field: &str) -> Option<Vec<u8>> {
    STANDARD.decode(answer.get(field)?.as_str()?).ok()
}

/// What an encrypted text is bound to.
fn bound(id: &str, org: &str) -> String {
    format!("{FORM}.{id}.{org}")
}

/// Random bytes that nobody can foresee.
pub fn random<const SIZE: usize>() -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness to give");
    bytes
}

fn key(bytes: &[u8; KEY]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).expect("a key has as many bytes"))
}

/// Encrypts under a nonce of its own, which comes first.
fn encrypt(with: &[u8; KEY], plain: &[u8], bound: &str) -> Vec<u8> {
    let nonce: [u8; NONCE_LEN] = random();
    let mut text = plain.to_vec();
    let unique = Nonce::assume_unique_for_key(nonce);
    key(with)
        .seal_in_place_append_tag(unique, Aad::from(bound.as_bytes()), &mut text)
        .expect("a secret is shorter than what one key can encrypt");
    [nonce.to_vec(), text].concat()
}

fn decrypt(with: &[u8; KEY], text: &[u8], bound: &str) -> Result<Vec<u8>, VaultError> {
    let (nonce, text) = text.split_at_checked(NONCE_LEN).ok_or(VaultError::Sealed)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Sealed)?;
    let mut text = text.to_vec();
    let plain = key(with)
        .open_in_place(nonce, Aad::from(bound.as_bytes()), &mut text)
        .map_err(|_| VaultError::Sealed)?;
    Ok(plain.to_vec())
}
