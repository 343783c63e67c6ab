//! Whether a request is from whom it says: signatures over the body as it came, compared in constant time.
//!
//! ```text
//! github    x-hub-signature-256: sha256=<hex>            of the body
//! shopify   x-shopify-hmac-sha256: <base64>              of the body
//! stripe    stripe-signature: t=<time>,v1=<hex>,...      of `<time>.<body>`
//! slack     x-slack-signature: v0=<hex>                  of `v0:<time>:<body>`
//! standard  webhook-signature: v1,<base64> v1,...        of `<id>.<time>.<body>`
//! gitlab    x-gitlab-token: <secret>
//! ```

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use pawl_compiler::triggers::{Algorithm, Provider, Verify};
use sha2::{Digest, Sha256};

/// How many signatures of one request are looked at: providers send two while a secret is rotated.
const MOST_SIGNATURES: usize = 8;

/// What the secrets of Standard Webhooks begin with.
const STANDARD_SECRET: &str = "whsec_";

/// A request that claims to be from somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'request> {
    pub(crate) headers: &'request HeaderMap,
    pub(crate) body: &'request [u8],
    /// Now, in seconds since 1970.
    pub(crate) now: i64,
}

/// Why a claim is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Doubt {
    /// What proves it is not there.
    #[error("the header `{0}` is missing")]
    Missing(String),
    /// What proves it cannot be read.
    #[error("the header `{0}` is not what the provider sends")]
    Unreadable(String),
    /// What was signed was signed too long ago, or later than now.
    #[error("it was signed {0} seconds away from now, and {1} are accepted")]
    Untimely(u64, u64),
    /// No secret makes this signature.
    #[error("the signature is not one of this body with a secret of this webhook")]
    Signature,
    /// The secret is another one.
    #[error("the header `{0}` does not hold a secret of this webhook")]
    Secret(String),
}

/// Believes a claim that any of the secrets proves.
pub(crate) fn verify(rule: &Verify, secrets: &[String], claim: Claim<'_>) -> Result<(), Doubt> {
    match rule.provider {
        Provider::Github => {
            let signature = claim.header("x-hub-signature-256")?;
            let bytes = signature.strip_prefix("sha256=").and_then(hexadecimal);
            let bytes = bytes.ok_or_else(|| unreadable("x-hub-signature-256"))?;
            signed(secrets, Algorithm::Sha256, &[claim.body], &[bytes])
        }
        Provider::Shopify => {
            let bytes = base_64(claim.header("x-shopify-hmac-sha256")?);
            let bytes = bytes.ok_or_else(|| unreadable("x-shopify-hmac-sha256"))?;
            signed(secrets, Algorithm::Sha256, &[claim.body], &[bytes])
        }
        Provider::Stripe => stripe(rule, secrets, claim),
        Provider::Slack => {
            let time = claim.timely("x-slack-request-timestamp", rule.tolerance_seconds)?;
            let signature = claim.header("x-slack-signature")?;
            let bytes = signature.strip_prefix("v0=").and_then(hexadecimal);
            let bytes = bytes.ok_or_else(|| unreadable("x-slack-signature"))?;
            let text: [&[u8]; 4] = [b"v0:", time.as_bytes(), b":", claim.body];
            signed(secrets, Algorithm::Sha256, &text, &[bytes])
        }
        Provider::Standard => standard(rule, secrets, claim),
        Provider::Hmac => generic(rule, secrets, claim),
        Provider::Gitlab => same("x-gitlab-token", secrets, claim),
        Provider::Header => same(rule.header.as_deref().unwrap_or_default(), secrets, claim),
        // Whoever asks by the address with the token has proved it by that.
        Provider::Token => Ok(()),
    }
}

fn stripe(rule: &Verify, secrets: &[String], claim: Claim<'_>) -> Result<(), Doubt> {
    const HEADER: &str = "stripe-signature";
    let header = claim.header(HEADER)?;
    let parts = || {
        header
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
    };
    let mut times = parts()
        .filter(|(name, _)| *name == "t")
        .map(|(_, time)| time);
    let (Some(time), None) = (times.next(), times.next()) else {
        return Err(unreadable(HEADER));
    };
    claim.near(time, HEADER, rule.tolerance_seconds)?;
    let signatures = parts().filter(|(name, _)| *name == "v1");
    let signatures = signatures.filter_map(|(_, text)| hexadecimal(text));
    let signatures: Vec<Vec<u8>> = signatures.take(MOST_SIGNATURES).collect();
    if signatures.is_empty() {
        return Err(unreadable(HEADER));
    }
    let text: [&[u8]; 3] = [time.as_bytes(), b".", claim.body];
    signed(secrets, Algorithm::Sha256, &text, &signatures)
}

fn standard(rule: &Verify, secrets: &[String], claim: Claim<'_>) -> Result<(), Doubt> {
    const HEADER: &str = "webhook-signature";
    let id = claim.header("webhook-id")?;
    let time = claim.timely("webhook-timestamp", rule.tolerance_seconds)?;
    let signatures = claim.header(HEADER)?.split(' ');
    let signatures = signatures.filter_map(|text| base_64(text.strip_prefix("v1,")?));
    let signatures: Vec<Vec<u8>> = signatures.take(MOST_SIGNATURES).collect();
    if signatures.is_empty() {
        return Err(unreadable(HEADER));
    }
    let text: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", claim.body];
    let keys = secrets.iter().map(|secret| {
        let encoded = secret.strip_prefix(STANDARD_SECRET).unwrap_or(secret);
        base_64(encoded).unwrap_or_else(|| secret.clone().into_bytes())
    });
    let keys: Vec<Vec<u8>> = keys.collect();
    signed(&keys, Algorithm::Sha256, &text, &signatures)
}

/// A signature in hexadecimal or base64, with or without the name of the hash before it.
fn generic(rule: &Verify, secrets: &[String], claim: Claim<'_>) -> Result<(), Doubt> {
    let header = rule.header.as_deref().unwrap_or_default();
    let given = claim.header(header)?;
    let names = ["sha256=", "sha1=", "sha512=", "v1=", "v0="];
    let plain = names.iter().find_map(|name| given.strip_prefix(name));
    let plain = plain.unwrap_or(given);
    let bytes = hexadecimal(plain).or_else(|| base_64(plain));
    let bytes = bytes.ok_or_else(|| unreadable(header))?;
    match &rule.timestamp_header {
        None => signed(secrets, rule.algorithm, &[claim.body], &[bytes]),
        Some(header) => {
            let time = claim.timely(header, rule.tolerance_seconds)?;
            let text: [&[u8]; 3] = [time.as_bytes(), b".", claim.body];
            signed(secrets, rule.algorithm, &text, &[bytes])
        }
    }
}

/// The secret itself stands in a header.
fn same(header: &str, secrets: &[String], claim: Claim<'_>) -> Result<(), Doubt> {
    let given = claim.header(header)?;
    // Hashes are of one length, so that time tells nothing of the secret's.
    let given = Sha256::digest(given);
    let is_same = |secret: &&String| {
        let secret = Sha256::digest(secret);
        verify_slices_are_equal(secret.as_slice(), given.as_slice()).is_ok()
    };
    // An empty secret is none.
    let mut known = secrets.iter().filter(|secret| !secret.is_empty());
    if known.any(|secret| is_same(&secret)) {
        return Ok(());
    }
    Err(Doubt::Secret(header.to_owned()))
}

/// Whether one of the signatures is that of the text, in parts, with one of the secrets.
fn signed<Secret: AsRef<[u8]>>(
    secrets: &[Secret],
    algorithm: Algorithm,
    text: &[&[u8]],
    signatures: &[Vec<u8>],
) -> Result<(), Doubt> {
    let hash = match algorithm {
        Algorithm::Sha256 => HMAC_SHA256,
        Algorithm::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha512 => HMAC_SHA512,
    };
    // An empty secret is none: everybody can sign with it.
    let known = secrets.iter().map(AsRef::as_ref);
    let mut known = known.filter(|secret: &&[u8]| !secret.is_empty());
    let is_signed = |secret: &[u8]| {
        let key = hmac::Key::new(hash, secret);
        let mut context = hmac::Context::with_key(&key);
        for part in text {
            context.update(part);
        }
        let own = context.sign();
        signatures
            .iter()
            .any(|signature| verify_slices_are_equal(own.as_ref(), signature).is_ok())
    };
    if known.any(is_signed) {
        return Ok(());
    }
    Err(Doubt::Signature)
}

impl<'request> Claim<'request> {
    /// The one value of a header: where there are two, nobody knows which one others have looked at.
    fn header(&self, name: &str) -> Result<&'request str, Doubt> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().map_err(|_| unreadable(name)),
            (None, _) => Err(Doubt::Missing(name.to_owned())),
            (Some(_), Some(_)) => Err(unreadable(name)),
        }
    }

    /// The time in a header, in seconds since 1970, if it is near enough to now.
    fn timely(&self, name: &str, tolerance: u64) -> Result<&'request str, Doubt> {
        let time = self.header(name)?;
        self.near(time, name, tolerance)?;
        Ok(time)
    }

    fn near(&self, time: &str, header: &str, tolerance: u64) -> Result<(), Doubt> {
        let is_plain = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = is_plain.then(|| time.parse::<i64>().ok()).flatten();
        let away = seconds
            .ok_or_else(|| unreadable(header))?
            .abs_diff(self.now);
        if away > tolerance {
            return Err(Doubt::Untimely(away, tolerance));
        }
        Ok(())
    }
}

fn unreadable(header: &str) -> Doubt {
    Doubt::Unreadable(header.to_owned())
}

/// The bytes that hexadecimal digits mean.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
    let (pairs, _) = digits.as_chunks::<2>();
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// The bytes that base64 means, in either alphabet, with or without what fills it up.
fn base_64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new();
    let config = config.with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabets = [&alphabet::STANDARD, &alphabet::URL_SAFE];
    let mut decoded = alphabets
        .iter()
        .filter_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok());
    decoded.next().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests;
