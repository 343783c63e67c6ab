//! Whatever is delivered is believed or refused: what somebody signs with another implementation of HMAC is believed,
//! and is not once a byte of it, of its signature or of its time is another one; what is believed of anything else is
//! what that implementation signs, too. A body is JSON or a form, or is refused, and no run sees what proves it.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use pawl_compiler::triggers::{Verify, Webhook};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

#[path = "../../api/src/webhooks/body.rs"]
mod body;
// Its tests are not found from here.
#[rustfmt::skip]
#[path = "../../api/src/webhooks/verify.rs"]
mod verify;

/// The moment at which everything is delivered, in seconds since 1970.
const NOW: i64 = 1_790_000_000;

/// How many seconds a time may be away.
const TOLERANCE: u64 = 300;

/// The names of headers that somebody looks at, and of others.
const NAMES: &[&str] = &[
    "content-type",
    "x-hub-signature-256",
    "x-shopify-hmac-sha256",
    "stripe-signature",
    "x-slack-signature",
    "x-slack-request-timestamp",
    "webhook-signature",
    "webhook-id",
    "webhook-timestamp",
    "x-gitlab-token",
    "x-own",
    "x-time",
    "x-github-delivery",
    "idempotency-key",
    "authorization",
    "x-other",
];

/// Those that prove who delivers, which no run may see.
const PROOFS: &[&str] = &[
    "authorization",
    "stripe-signature",
    "webhook-signature",
    "x-gitlab-token",
    "x-hub-signature-256",
    "x-shopify-hmac-sha256",
    "x-slack-signature",
];

/// Who signs how.
#[derive(Debug, Clone, Copy)]
enum Signer {
    Github,
    Shopify,
    Stripe,
    Slack,
    Standard,
    Sha1,
    Sha256,
    Sha512,
    Timed,
}

/// A delivery that nobody has signed, or somebody else.
#[derive(Debug)]
struct Delivery {
    signer: Signer,
    secret: String,
    body: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    query: String,
    away: i16,
    changed: usize,
}

impl<'data> Arbitrary<'data> for Delivery {
    fn arbitrary(input: &mut Unstructured<'data>) -> Result<Self> {
        let mut headers = Vec::new();
        for _ in 0..input.int_in_range(0..=6)? {
            headers.push((*input.choose(NAMES)?, Vec::arbitrary(input)?));
        }
        Ok(Self {
            headers,
            signer: *input.choose(&Signer::ALL)?,
            secret: input.arbitrary()?,
            query: input.arbitrary()?,
            away: input.arbitrary()?,
            changed: input.arbitrary()?,
            body: input.arbitrary()?,
        })
    }
}

impl Signer {
    const ALL: [Self; 9] = [
        Self::Github,
        Self::Shopify,
        Self::Stripe,
        Self::Slack,
        Self::Standard,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Timed,
    ];

    /// The rule of the trigger.
    fn rule(self) -> Verify {
        let rule = match self {
            Self::Github => json!({ "provider": "github" }),
            Self::Shopify => json!({ "provider": "shopify" }),
            Self::Stripe => json!({ "provider": "stripe" }),
            Self::Slack => json!({ "provider": "slack" }),
            Self::Standard => json!({ "provider": "standard" }),
            Self::Sha1 => json!({ "provider": "hmac", "header": "x-own", "algorithm": "sha1" }),
            Self::Sha256 => json!({ "provider": "hmac", "header": "x-own" }),
            Self::Sha512 => json!({ "provider": "hmac", "header": "x-own", "algorithm": "sha512" }),
            Self::Timed => {
                json!({ "provider": "hmac", "header": "x-own", "timestampHeader": "x-time" })
            }
        };
        let mut rule = rule;
        rule["toleranceSeconds"] = TOLERANCE.into();
        serde_json::from_value(rule).expect("a rule")
    }

    /// What is signed.
    fn text(self, time: &str, body: &[u8]) -> Vec<u8> {
        let before = match self {
            Self::Stripe | Self::Timed => format!("{time}."),
            Self::Slack => format!("v0:{time}:"),
            Self::Standard => format!("evt_1.{time}."),
            Self::Github | Self::Shopify | Self::Sha1 | Self::Sha256 | Self::Sha512 => {
                String::new()
            }
        };
        [before.as_bytes(), body].concat()
    }

    /// The signature.
    fn sign(self, secret: &[u8], text: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => {
                let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("a key");
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha512 => {
                let mut mac = Hmac::<Sha512>::new_from_slice(secret).expect("a key");
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
            _ => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key");
                mac.update(text);
                mac.finalize().into_bytes().to_vec()
            }
        }
    }

    /// The headers with the signature.
    fn headers(self, signature: &[u8], time: &str) -> HeaderMap {
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let encoded = STANDARD.encode(signature);
        let headers = match self {
            Self::Github => vec![("x-hub-signature-256", format!("sha256={digits}"))],
            Self::Shopify => vec![("x-shopify-hmac-sha256", encoded)],
            Self::Stripe => vec![("stripe-signature", format!("t={time},v0=00,v1={digits}"))],
            Self::Slack => vec![
                ("x-slack-signature", format!("v0={digits}")),
                ("x-slack-request-timestamp", time.to_owned()),
            ],
            Self::Standard => vec![
                ("webhook-signature", format!("v1,AAAA v1,{encoded}")),
                ("webhook-id", "evt_1".to_owned()),
                ("webhook-timestamp", time.to_owned()),
            ],
            Self::Sha1 | Self::Sha256 | Self::Sha512 => vec![("x-own", digits)],
            Self::Timed => vec![("x-own", digits), ("x-time", time.to_owned())],
        };
        let headers = headers.into_iter().map(|(name, value)| {
            let value = HeaderValue::from_str(&value).expect("a value");
            (HeaderName::from_static(name), value)
        });
        headers.collect()
    }

    /// Whether the time is a part of what is signed.
    fn is_timed(self) -> bool {
        matches!(
            self,
            Self::Stripe | Self::Slack | Self::Standard | Self::Timed
        )
    }
}

fuzz_target!(|delivery: Delivery| {
    let Delivery {
        signer,
        secret,
        body,
        ..
    } = &delivery;
    let rule = signer.rule();
    // Standard Webhooks gives the secret in base64.
    let given = match signer {
        Signer::Standard => format!("whsec_{}", STANDARD.encode(secret)),
        _ => secret.clone(),
    };
    let believed = |headers: &HeaderMap, body: &[u8]| {
        let secrets = ["another secret".to_owned(), given.clone()];
        let claim = verify::Claim {
            headers,
            body,
            now: NOW,
        };
        verify::verify(&rule, &secrets, claim).is_ok()
    };
    reads(&delivery, &rule);

    let key = secret.as_bytes();
    let time = (NOW + i64::from(delivery.away)).to_string();
    let signature = signer.sign(key, &signer.text(&time, body));
    let is_near = !signer.is_timed() || delivery.away.unsigned_abs() <= 300;
    let headers = signer.headers(&signature, &time);
    assert_eq!(believed(&headers, body), is_near && !secret.is_empty());

    // Another byte anywhere, and nobody believes it.
    let mut other = body.clone();
    let place = delivery
        .changed
        .checked_rem(other.len())
        .unwrap_or_default();
    match other.get_mut(place) {
        Some(byte) => *byte ^= 1 << (delivery.changed % 8),
        None => other.push(0),
    }
    assert!(!believed(&headers, &other));
    let mut forged = signature.clone();
    let place = delivery.changed % forged.len();
    let byte = forged.get_mut(place).expect("a signature has bytes");
    *byte ^= 1 << (delivery.changed % 8);
    assert!(!believed(&signer.headers(&forged, &time), body));
    if signer.is_timed() {
        let later = (NOW + i64::from(delivery.away) + 1).to_string();
        assert!(!believed(&signer.headers(&signature, &later), body));
    }

    // What anybody sends is believed only where it holds what the other implementation signs.
    let sent = sent(&delivery);
    if believed(&sent, body) {
        let texts: Vec<String> = sent
            .values()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase())
            .collect();
        let holds = |text: &str| texts.iter().any(|value| value.contains(text));
        let times: Vec<&str> = texts
            .iter()
            .flat_map(|text| text.split(|letter: char| !letter.is_ascii_digit()))
            .collect();
        let proves = times.iter().any(|time| {
            let signature = signer.sign(key, &signer.text(time, body));
            let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
            holds(&digits)
                || holds(
                    STANDARD
                        .encode(&signature)
                        .trim_end_matches('=')
                        .to_lowercase()
                        .as_str(),
                )
        });
        assert!(proves, "{sent:?}");
    }
});

/// The headers as somebody sends them.
fn sent(delivery: &Delivery) -> HeaderMap {
    let headers = delivery.headers.iter().filter_map(|(name, value)| {
        Some((
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value).ok()?,
        ))
    });
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    map
}

/// Reads a body, what makes it the same as another one, and what a run sees of the rest.
fn reads(delivery: &Delivery, rule: &Verify) {
    let headers = sent(delivery);
    let webhook = json!({ "step": "start", "path": "/a", "verify": rule });
    let webhook: Webhook = serde_json::from_value(webhook).expect("a webhook");
    let shown = body::context(&webhook, &headers, Some(&delivery.query));
    for part in ["headers", "query"] {
        for name in PROOFS {
            assert_eq!(
                shown.get(part).and_then(|part| part.get(name)),
                None,
                "{shown}"
            );
        }
    }
    let Ok(input) = body::read(&headers, &delivery.body) else {
        return;
    };
    if let Ok(value) = serde_json::from_slice::<Value>(&delivery.body)
        && headers
            .get("content-type")
            .is_some_and(|kind| kind == "application/json")
    {
        assert_eq!(input, value);
    }
    if let Ok(Some(key)) = body::key(&webhook, &headers, &input) {
        assert!(key.is_signed || headers.values().any(|value| value == key.text.as_str()));
    }
    assert!(delivery.body.len() <= body::LARGEST);
}
