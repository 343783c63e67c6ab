//! How a webhook knows that a request is from whom it says: the provider's way of signing, and where the secret is.
//!
//! `{ "provider": "github", "secret": "{{secrets.hook}}" }` is GitHub's signature over the body, with a secret of the
//! workflow; without `secret`, it is set where the workflow is published.

use pawl_contract::SecretSource;
use serde::{Deserialize, Serialize};

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::Node;

/// Who signs, and so how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// GitHub: HMAC-SHA256 of the body.
    Github,
    /// GitLab: a token in a header.
    Gitlab,
    /// Stripe: HMAC-SHA256 of a time and the body.
    Stripe,
    /// Shopify: HMAC-SHA256 of the body.
    Shopify,
    /// Slack: HMAC-SHA256 of a time and the body.
    Slack,
    /// Whoever follows Standard Webhooks: HMAC-SHA256 of an id, a time and the body.
    Standard,
    /// Anybody else who signs: HMAC of the body, with or without a time.
    Hmac,
    /// Whoever sends the secret itself in a header.
    Header,
    /// Whoever knows the address that has a token in it.
    Token,
}

/// The hash of an HMAC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-1.
    Sha1,
    /// SHA-512.
    Sha512,
}

/// How requests are verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verify {
    /// Who signs.
    pub provider: Provider,
    /// Where the secret is, where the definition says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSource>,
    /// The header with the signature or the secret, in small letters; the provider's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The header with the time that is signed, in small letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_header: Option<String>,
    /// The hash.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// How many seconds a signed time may be away.
    pub tolerance_seconds: u64,
}

/// The signed times that are accepted where nobody says: what Stripe and Slack recommend.
const TOLERANCE_SECONDS: u64 = 300;

/// The fields of `verify`.
const FIELDS: &[Field] = &[
    (
        "provider",
        Shape::OneOf(&[
            "github", "gitlab", "stripe", "shopify", "slack", "standard", "hmac", "header", "token",
        ]),
    ),
    ("secret", Shape::Text),
    ("header", Shape::Text),
    ("timestampHeader", Shape::Text),
    ("algorithm", Shape::OneOf(&["sha256", "sha1", "sha512"])),
    ("toleranceSeconds", Shape::Between(1, 86_400)),
];

impl Provider {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Stripe => "stripe",
            Self::Shopify => "shopify",
            Self::Slack => "slack",
            Self::Standard => "standard",
            Self::Hmac => "hmac",
            Self::Header => "header",
            Self::Token => "token",
        }
    }

    fn of(node: &Node) -> Option<Self> {
        serde_json::from_value(node.get("provider")?.to_json()).ok()
    }

    /// The fields that mean something to it, beside `provider`.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Github | Self::Gitlab | Self::Shopify => &["secret"],
            Self::Stripe | Self::Slack | Self::Standard => &["secret", "toleranceSeconds"],
            Self::Hmac => &[
                "secret",
                "header",
                "timestampHeader",
                "algorithm",
                "toleranceSeconds",
            ],
            Self::Header => &["secret", "header"],
            Self::Token => &[],
        }
    }
}

/// How a webhook's requests are verified, once it was checked.
pub(super) fn of(definition: &Definition, node: &Node) -> Option<Verify> {
    let provider = Provider::of(node)?;
    let given = |field: &str| {
        let is_own = provider.fields().contains(&field);
        node.get(field).filter(|node| is_own && !node.is_null())
    };
    let header = |field: &str| Some(given(field)?.as_str()?.to_ascii_lowercase());
    let secret = given("secret").and_then(|node| {
        let declared = definition.settings.secrets.get(name_in(node.as_str()?)?)?;
        serde_json::from_value(declared.to_json()).ok()
    });
    let algorithm = given("algorithm").and_then(|node| serde_json::from_value(node.to_json()).ok());
    let tolerance = given("toleranceSeconds").and_then(Node::as_u64);
    Some(Verify {
        provider,
        secret,
        header: header("header"),
        timestamp_header: header("timestampHeader"),
        algorithm: algorithm.unwrap_or_default(),
        tolerance_seconds: tolerance.unwrap_or(TOLERANCE_SECONDS),
    })
}

/// Checks what `verify` says.
pub(crate) fn check(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if !node.is_object() {
        return;
    }
    fields::check(node, FIELDS, "`verify`", Templates::Refused, diagnostics);
    let is_given = |field: &str| node.get(field).is_some_and(|node| !node.is_null());
    if !is_given("provider") {
        if !fields::is_misspelt(node, "provider", diagnostics) {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, "`verify` has no `provider`")
                    .on(node)
                    .help("say who signs: `\"provider\": \"github\"`, or `hmac` for others"),
            );
        }
        return;
    }
    let Some(provider) = Provider::of(node) else {
        return;
    };
    let name = provider.name();
    for entry in node.entries() {
        let field = entry.key.as_str();
        let is_known = FIELDS.iter().any(|(known, _)| *known == field);
        if field == "provider" || !is_known || provider.fields().contains(&field) {
            continue;
        }
        let message = format!("the provider `{name}` has no `{field}`; it is ignored");
        diagnostics.push(
            Diagnostic::warning(codes::UNKNOWN_FIELD, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help("`hmac` is for whoever signs in another way"),
        );
    }
    let takes_header = provider.fields().contains(&"header");
    if takes_header && !is_given("header") && !fields::is_misspelt(node, "header", diagnostics) {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("`verify` does not say which header the provider `{name}` uses"),
            )
            .on(node)
            .help("add the header's name, such as `\"header\": \"x-signature\"`"),
        );
    }
    for header in ["header", "timestampHeader"] {
        if let Some(node) = node.get(header) {
            check_header(header, node, diagnostics);
        }
    }
}

/// Refuses what is no name of a header.
pub(crate) fn check_header(field: &str, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(name) = node.as_str() else {
        return;
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(fits) {
        return;
    }
    let message = format!("`{field}` is `{name}`, which is no name of a header");
    diagnostics.push(
        Diagnostic::error(codes::INVALID_VALUE, message)
            .on(node)
            .help("use letters, digits and `-`, such as `x-signature`"),
    );
}

/// Refuses a secret that the workflow's `config` does not have: there is no run yet in which a step could set it.
pub(crate) fn check_secret(
    definition: &Definition,
    step: &Step,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(node) = secret(step) else {
        return;
    };
    let Some(text) = node.as_str() else {
        return;
    };
    let declared = &definition.settings.secrets;
    let (message, help) = match name_in(text) {
        None => (
            "`secret` is one secret of the workflow and nothing else".to_owned(),
            "write `{{secrets.<name>}}`, or leave it out and set the secret once it is published",
        ),
        // That nobody has it is said of every reference.
        Some(name) if declared.contains_key(name) => return,
        Some(name) => (
            format!("no run has set the secret `{name}` before there is one"),
            "declare it in `config.secrets`, or leave it out and set the secret once it is published",
        ),
    };
    let is_said = diagnostics
        .iter()
        .any(|found| found.pointer == node.pointer);
    if !is_said {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help(help),
        );
    }
}

/// Where a trigger names the secret of its webhook.
pub(crate) fn secret(step: &Step) -> Option<&Node> {
    let verify = step.config.get("verify")?;
    verify.get("secret").filter(|node| !node.is_null())
}

/// The name in `{{secrets.name}}`.
fn name_in(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let name = inner.trim().strip_prefix("secrets.")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!name.is_empty() && name.bytes().all(fits)).then_some(name)
}
