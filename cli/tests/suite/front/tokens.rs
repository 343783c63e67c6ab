//! Tokens of an identity provider, and everything that only looks like one.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pawl_api::Provider;
use serde_json::{Value, json};

use super::Front;
use crate::web::{Web, json as in_json};

/// 2026-01-05T09:00:00Z, when the clock of the tests begins.
const NOW: i64 = 1_767_603_600;

/// A key of a provider.
struct Key {
    id: &'static str,
    private: Vec<u8>,
    public: Vec<u8>,
}

impl Key {
    fn new(id: &'static str) -> Self {
        let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let private = EcdsaKeyPair::generate_pkcs8(signing, &SystemRandom::new()).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(signing, private.as_ref()).expect("a key");
        Self {
            id,
            private: private.as_ref().to_vec(),
            public: pair.public_key().as_ref().to_vec(),
        }
    }

    fn jwk(&self) -> Value {
        let part = |from: usize| URL_SAFE_NO_PAD.encode(&self.public[from..from + 32]);
        json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.id, "x": part(1), "y": part(33) })
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.to_owned());
        self.sign_as(&header, claims)
    }

    fn sign_as(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &EncodingKey::from_ec_der(&self.private)).expect("a token")
    }
}

/// A provider that serves these keys, and counts how often it is asked for them.
fn provider(keys: &Arc<Mutex<Vec<Value>>>) -> (Provider, Web) {
    let keys = Arc::clone(keys);
    let web = Web::serve(move |asked, _| {
        let host = asked.header("host");
        let about = json!({ "issuer": format!("http://{host}"), "jwks_uri": format!("http://{host}/keys") });
        let keys = keys.lock().expect("keys").clone();
        let is_about = asked.line.contains("openid-configuration");
        in_json(
            200,
            &if is_about {
                about
            } else {
                json!({ "keys": keys })
            },
        )
    });
    let provider = Provider {
        issuer: web.url.clone(),
        audience: "pawl".to_owned(),
        org_claim: "org".to_owned(),
        role_claim: "roles".to_owned(),
    };
    (provider, web)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_believed_only_if_the_provider_signed_it_for_this_api_and_this_moment() {
    let (key, stranger) = (Key::new("k-1"), Key::new("k-1"));
    let keys = Arc::new(Mutex::new(vec![key.jwk()]));
    let (provider, _web) = provider(&keys);
    let claims = json!({
        "iss": provider.issuer, "aud": "pawl", "sub": "anna", "exp": NOW + 600, "org": "default", "roles": ["guest", "editor"],
    });
    let front = Front::open().await.believing(provider);
    let me = front
        .by(&key.sign(&claims))
        .want(200, "GET", "/api/me", Value::Null)
        .await;
    assert_eq!(
        me,
        json!({ "organization": "default", "who": "user:anna", "role": "editor" })
    );
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        key.sign(&claims)
    };
    let good = key.sign(&claims);
    let mut parts = good.split('.');
    let (head, body, signature) = (
        parts.next().expect("a head"),
        parts.next().expect("a body"),
        parts.next().expect("a signature"),
    );
    let headed = |head: Value, signature: &str| {
        format!(
            "{}.{body}.{signature}",
            URL_SAFE_NO_PAD.encode(head.to_string())
        )
    };
    let mut shared = Header::new(Algorithm::HS256);
    shared.kid = Some("k-1".to_owned());
    let mut named = Header::new(Algorithm::ES256);
    let unnamed = key.sign_as(&named, &claims);
    named.kid = Some("../../etc/passwd".to_owned());
    let elsewhere = key.sign_as(&named, &claims);
    named.kid = Some("k-1".to_owned());
    named.jwk = Some(serde_json::from_value(stranger.jwk()).expect("a key"));
    named.jku = Some("http://127.0.0.1:1/keys".to_owned());
    let refused = [
        (
            "no signature",
            headed(json!({ "alg": "none", "kid": "k-1" }), ""),
        ),
        (
            "no algorithm that is a name",
            headed(json!({ "alg": "NoNe", "kid": "k-1" }), signature),
        ),
        (
            "the public key as a shared one",
            encode(&shared, &claims, &EncodingKey::from_secret(&key.public)).expect("a token"),
        ),
        (
            "another algorithm",
            headed(json!({ "alg": "RS256", "kid": "k-1" }), signature),
        ),
        ("another key", stranger.sign(&claims)),
        (
            "a key that it brings along",
            stranger.sign_as(&named, &claims),
        ),
        ("no key's name", unnamed),
        ("a key's name that is a path", elsewhere),
        (
            "another body",
            format!(
                "{head}.{}.{signature}",
                URL_SAFE_NO_PAD.encode(claims.to_string().replace("editor", "admin"))
            ),
        ),
        ("another audience", with("aud", json!("other"))),
        ("no audience", with("aud", Value::Null)),
        (
            "another issuer",
            with("iss", json!("https://elsewhere.example.com")),
        ),
        ("over", with("exp", json!(NOW - 60))),
        ("never over", with("exp", Value::Null)),
        ("over in a text", with("exp", json!("9999999999"))),
        ("not yet", with("nbf", json!(NOW + 600))),
        ("nobody", with("sub", json!(""))),
        ("too long", with("more", json!("x".repeat(20_000)))),
        ("no token", "a.b.c".to_owned()),
        ("a half", format!("{head}.{body}")),
    ];
    for (what, token) in refused {
        let answer = front.by(&token).ask("GET", "/api/me", &Value::Null).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reaches_what_its_claims_say_and_nothing_else() {
    let key = Key::new("k-1");
    let keys = Arc::new(Mutex::new(vec![key.jwk()]));
    let (provider, _web) = provider(&keys);
    let claims = json!({
        "iss": provider.issuer, "aud": "pawl", "sub": "anna", "exp": NOW + 600, "org": "default", "roles": "editor",
    });
    let front = Front::open().await.believing(provider);
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        key.sign(&claims)
    };
    let good = key.sign(&claims);
    for (what, token) in [
        ("no organisation", with("org", Value::Null)),
        ("half a key", with("org", json!("a#b"))),
        ("no role", with("roles", json!(["root"]))),
    ] {
        let answer = front.by(&token).ask("GET", "/api/me", &Value::Null).await;
        assert_eq!(answer.status, 403, "{what}: {}", answer.body);
    }
    // A list of audiences, and a clock that is a little late, are fine; and a token reaches its organisation alone.
    let listed = with("aud", json!(["other", "pawl"]));
    front
        .by(&listed)
        .want(200, "GET", "/api/me", Value::Null)
        .await;
    front
        .by(&with("exp", json!(NOW - 10)))
        .want(200, "GET", "/api/me", Value::Null)
        .await;
    front
        .by(&good)
        .want(403, "POST", "/api/workflows/x/publish", Value::Null)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_fetched_once_and_again_when_they_are_rotated() {
    let (first, second) = (Key::new("k-1"), Key::new("k-2"));
    let keys = Arc::new(Mutex::new(vec![first.jwk()]));
    let (provider, web) = provider(&keys);
    let claims = json!({
        "iss": provider.issuer, "aud": "pawl", "sub": "anna", "exp": NOW + 86_400, "org": "default", "roles": "viewer admin",
    });
    let front = Front::open().await.believing(provider);
    for _ in 0..5 {
        front
            .by(&first.sign(&claims))
            .want(200, "GET", "/api/keys", Value::Null)
            .await;
    }
    assert_eq!(web.asked().len(), 2);
    // Keys that nobody knows are asked for once in a while.
    for _ in 0..5 {
        front
            .by(&second.sign(&claims))
            .want(401, "GET", "/api/me", Value::Null)
            .await;
    }
    assert_eq!(web.asked().len(), 2);
    keys.lock().expect("keys").push(second.jwk());
    let later = front.laptop.local.clock().now() + jiff::SignedDuration::from_secs(31);
    front.laptop.local.pass_until(later).await;
    front
        .by(&second.sign(&claims))
        .want(200, "GET", "/api/me", Value::Null)
        .await;
    assert_eq!(web.asked().len(), 4);
    // A provider that is away is nobody's fault, and a key that was taken back is good no longer than it is kept.
    keys.lock().expect("keys").remove(0);
    let later = front.laptop.local.clock().now() + jiff::SignedDuration::from_mins(61);
    front.laptop.local.pass_until(later).await;
    front
        .by(&first.sign(&claims))
        .want(401, "GET", "/api/me", Value::Null)
        .await;
}
