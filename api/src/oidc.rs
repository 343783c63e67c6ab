//! Tokens of an identity provider: believed if the provider that the deployment names has signed them for this API.
//!
//! The provider's keys are fetched when they are first needed, kept for a while, and fetched again when a token names a
//! key that is not among them, but not more often than once in a while: whoever makes up key ids costs nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use pawl_functions::Moment;
use pawl_store::key;
use serde::Deserialize;
use serde_json::Value;

use crate::access::{Identity, Role, Scope};
use crate::app::App;
use crate::problem::Problem;

/// The signatures that are believed: asymmetric ones, so that a public key is never taken for a shared one.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How long keys are kept, in milliseconds.
const KEPT: u64 = 3_600_000;

/// How long nobody asks again for a key that was not there, in milliseconds.
const PATIENCE: u64 = 30_000;

/// By so many seconds clocks may differ.
const LEEWAY: u64 = 30;

/// How long a provider may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its address, which its tokens name as `iss`.
    pub issuer: String,
    /// What its tokens for this API name as `aud`.
    pub audience: String,
    /// The claim that holds the organisation.
    pub org_claim: String,
    /// The claim that holds the role, or a list of roles of which the highest counts.
    pub role_claim: String,
}

impl Provider {
    /// The provider that an environment names.
    ///
    /// | name | meaning | where absent |
    /// |---|---|---|
    /// | `PAWL_OIDC_ISSUER` | its address | only keys are believed |
    /// | `PAWL_OIDC_AUDIENCE` | what its tokens for this API name as `aud` | `pawl` |
    /// | `PAWL_OIDC_ORG_CLAIM` | the claim that holds the organisation | `org` |
    /// | `PAWL_OIDC_ROLE_CLAIM` | the claim that holds the role, or several | `role` |
    pub fn from_env(get: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let read = |name: &str| get(name).filter(|value| !value.is_empty());
        let or = |name: &str, usual: &str| read(name).unwrap_or_else(|| usual.to_owned());
        Some(Self {
            issuer: read("PAWL_OIDC_ISSUER")?,
            audience: or("PAWL_OIDC_AUDIENCE", "pawl"),
            org_claim: or("PAWL_OIDC_ORG_CLAIM", "org"),
            role_claim: or("PAWL_OIDC_ROLE_CLAIM", "role"),
        })
    }
}

/// The keys of the provider, by their ids.
#[derive(Clone, Default)]
pub(crate) struct Keys(Arc<Mutex<Fetched>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keys").finish_non_exhaustive()
    }
}

#[derive(Clone, Default)]
struct Fetched {
    keys: BTreeMap<String, (Algorithm, DecodingKey)>,
    at: Option<Moment>,
}

/// What a provider says of itself.
#[derive(Debug, Deserialize)]
struct About {
    issuer: String,
    jwks_uri: String,
}

/// Who sends this token.
pub(crate) async fn identify(
    app: &App,
    provider: &Provider,
    token: &str,
    request: String,
) -> Result<Identity, Problem> {
    let refuse = |why: &str| Problem::unauthenticated(format!("this token is not believed: {why}"));
    if token.len() > LONGEST {
        return Err(refuse("it is too long"));
    }
    let header = decode_header(token).map_err(|_| refuse("it is no JWT"))?;
    let id = header.kid.ok_or_else(|| refuse("it names no key"))?;
    let known = find(app, provider, &id).await?;
    let (algorithm, key) = known.ok_or_else(|| refuse("the provider has no such key"))?;
    // The key says how it signs, never the token.
    if header.alg != algorithm {
        return Err(refuse("its key signs in another way"));
    }
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[&provider.issuer]);
    validation.set_audience(&[&provider.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The moment is that of this deployment's clock, which tests set.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let token =
        decode::<Value>(token, &key, &validation).map_err(|error| refuse(&error.to_string()))?;
    let claims = token.claims;
    let now = u64::try_from(app.now().0.as_second()).unwrap_or_default();
    let second = |name: &str| claims.get(name).and_then(Value::as_f64);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 are far from 2^53"
    )]
    let (earliest, latest) = (now.saturating_sub(LEEWAY) as f64, (now + LEEWAY) as f64);
    if !second("exp").is_some_and(|until| until > earliest) {
        return Err(refuse("it has expired"));
    }
    if second("nbf").is_some_and(|from| from > latest) {
        return Err(refuse("it is not good yet"));
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject = text("sub").filter(|subject| !subject.is_empty());
    let subject = subject.ok_or_else(|| refuse("it names nobody"))?;
    let forbid = |claim: &str, what: &str| {
        Problem::forbidden(format!("the token's claim `{claim}` names no {what}"))
    };
    let org = text(&provider.org_claim).filter(|org| key::is_organisation(org));
    let role = claims.get(&provider.role_claim).and_then(role);
    Ok(Identity {
        org: org
            .ok_or_else(|| forbid(&provider.org_claim, "organisation"))?
            .to_owned(),
        who: format!("user:{subject}"),
        role: role.ok_or_else(|| forbid(&provider.role_claim, "role of ours"))?,
        scope: Scope::default(),
        request,
    })
}

/// The highest of the roles that a claim names.
fn role(claim: &Value) -> Option<Role> {
    let named = |word: &str| Role::ALL.into_iter().find(|role| role.name() == word);
    match claim {
        Value::String(words) => words.split_whitespace().filter_map(named).max(),
        Value::Array(words) => words
            .iter()
            .filter_map(Value::as_str)
            .filter_map(named)
            .max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// The provider's key of this id.
async fn find(
    app: &App,
    provider: &Provider,
    id: &str,
) -> Result<Option<(Algorithm, DecodingKey)>, Problem> {
    let now = app.now();
    let kept = || {
        app.provider_keys()
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    };
    let Fetched { keys, at } = kept();
    let age = |most: u64| at.is_some_and(|at| now < at.after(most));
    let found = keys.get(id).cloned();
    if (found.is_some() && age(KEPT)) || (found.is_none() && age(PATIENCE)) {
        return Ok(found);
    }
    match fetch(provider).await {
        Ok(fetched) => {
            let found = fetched.get(id).cloned();
            let fetched = Fetched {
                keys: fetched,
                at: Some(now),
            };
            *app.provider_keys()
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = fetched;
            Ok(found)
        }
        // Known keys stay good while the provider is away for a while.
        Err(error) if found.is_some() => {
            tracing::warn!(%error, "the identity provider does not answer; its known keys are used");
            Ok(found)
        }
        Err(error) => Err(Problem::unavailable(
            "the identity provider does not answer",
            &error,
        )),
    }
}

async fn fetch(
    provider: &Provider,
) -> Result<BTreeMap<String, (Algorithm, DecodingKey)>, std::io::Error> {
    let wrong = |why: String| std::io::Error::other(why);
    let issuer = provider.issuer.trim_end_matches('/');
    let about: About = get(&format!("{issuer}/.well-known/openid-configuration")).await?;
    if about.issuer.trim_end_matches('/') != issuer {
        return Err(wrong(format!(
            "`{issuer}` says that it is `{}`",
            about.issuer
        )));
    }
    let set: JwkSet = get(&about.jwks_uri).await?;
    let mut keys = BTreeMap::new();
    for jwk in &set.keys {
        let Some(id) = &jwk.common.key_id else {
            continue;
        };
        let named = jwk
            .common
            .key_algorithm
            .and_then(|named| named.to_string().parse().ok());
        // What shares its secret is no key of a provider.
        let usual = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Some(Algorithm::RS256),
            AlgorithmParameters::EllipticCurve(_) => Some(Algorithm::ES256),
            AlgorithmParameters::OctetKeyPair(_) => Some(Algorithm::EdDSA),
            AlgorithmParameters::OctetKey(_) => None,
        };
        let algorithm = usual.map(|usual| named.unwrap_or(usual));
        let algorithm = algorithm.filter(|algorithm| ALGORITHMS.contains(algorithm));
        if let (Some(algorithm), Ok(key)) = (algorithm, DecodingKey::from_jwk(jwk)) {
            keys.insert(id.clone(), (algorithm, key));
        }
    }
    Ok(keys)
}

async fn get<T: serde::de::DeserializeOwned>(url: &str) -> Result<T, std::io::Error> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build();
    let client = client.map_err(std::io::Error::other)?;
    let answer = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    let answer = answer.map_err(std::io::Error::other)?;
    answer.json().await.map_err(std::io::Error::other)
}
