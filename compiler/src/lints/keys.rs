//! Keys and passwords that stand in the text of a definition.

use std::collections::BTreeMap;

use super::Facts;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};

/// How keys of well-known services begin, the service, and how many characters follow at least.
const PREFIXES: [(&str, &str, usize); 29] = [
    ("sk_live_", "Stripe", 6),
    ("rk_live_", "Stripe", 6),
    ("sk_test_", "Stripe", 6),
    ("whsec_", "Stripe", 8),
    ("sk-ant-", "Anthropic", 8),
    ("sk-proj-", "OpenAI", 8),
    ("sk-", "OpenAI", 20),
    ("AKIA", "AWS", 16),
    ("ASIA", "AWS", 16),
    ("AIza", "Google", 30),
    ("ya29.", "Google", 12),
    ("ghp_", "GitHub", 12),
    ("gho_", "GitHub", 12),
    ("ghs_", "GitHub", 12),
    ("github_pat_", "GitHub", 12),
    ("glpat-", "GitLab", 12),
    ("xoxb-", "Slack", 10),
    ("xoxp-", "Slack", 10),
    ("xapp-", "Slack", 10),
    ("shpat_", "Shopify", 12),
    ("shpss_", "Shopify", 12),
    ("shppa_", "Shopify", 12),
    ("SG.", "SendGrid", 16),
    ("sq0atp-", "Square", 12),
    ("npm_", "npm", 20),
    ("pypi-", "PyPI", 16),
    ("hf_", "Hugging Face", 16),
    ("dop_v1_", "DigitalOcean", 16),
    ("eyJhbGciOi", "a JSON web token", 20),
];

/// Words in the names of fields that hold something secret.
const SECRET_WORDS: [&str; 8] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
];

/// Words that end like a secret, and name a place in a list.
const PAGE_TOKENS: [&str; 4] = ["pagetoken", "nexttoken", "continuationtoken", "synctoken"];

/// A definition is read by many; what opens a door belongs into `secrets`.
pub(super) fn hard_coded(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for node in facts.definition.settings.variables.values() {
        walk(None, node, diagnostics);
    }
    for (_, step) in facts.steps() {
        walk(None, &step.config, diagnostics);
    }
}

fn walk(field: Option<&str>, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    match &node.data {
        Data::String(text) => {
            if let Some(what) = key_in(field, text) {
                diagnostics.push(
                    Diagnostic::warning(codes::HARD_CODED_KEY, format!("this looks like {what}"))
                        .on(node)
                        .help("declare it in `config.secrets`, read it as `{{secrets.<name>}}`, and replace the old one: it has been seen"),
                );
            }
        }
        Data::Array(elements) => elements
            .iter()
            .for_each(|element| walk(field, element, diagnostics)),
        Data::Object(entries) => {
            // What stands under `__secure` is encrypted.
            if node.get("__secure").is_none() {
                for entry in entries {
                    walk(Some(&entry.key), &entry.node, diagnostics);
                }
            }
        }
        Data::Null | Data::Bool(_) | Data::Number(_) => {}
    }
}

/// What kind of key a text holds, if it holds one.
fn key_in(field: Option<&str>, text: &str) -> Option<String> {
    if text.contains("PRIVATE KEY-----") {
        return Some("a private key".to_owned());
    }
    if has_password(text) {
        return Some("a URL with a password".to_owned());
    }
    for word in text.split(|character: char| !is_key_character(character)) {
        let owner = PREFIXES.iter().find(|(prefix, _, least)| {
            word.len() >= prefix.len() + least && word.strip_prefix(prefix).is_some_and(is_mixed)
        });
        if let Some((_, owner, _)) = owner {
            return Some(if owner.starts_with("a ") {
                (*owner).to_owned()
            } else {
                format!("a key of {owner}")
            });
        }
    }
    if text.contains("{{") {
        return None;
    }
    let value = ["Bearer ", "Basic ", "bearer ", "basic "]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .unwrap_or(text)
        .trim();
    let ends = |words: &[&str]| field.is_some_and(|field| ends_with(field, words));
    if value.len() >= 6 && !value.contains(' ') && ends(&["password"]) {
        return Some("a password".to_owned());
    }
    let is_long = value.len() >= 12 && value.chars().all(is_key_character);
    if !is_long {
        return None;
    }
    let named = || {
        let field: String = field?.chars().filter(char::is_ascii_alphanumeric).collect();
        // A number of tokens, or an id of a key, is no secret.
        Some(ends_with(&field, &SECRET_WORDS) && !ends_with(&field, &PAGE_TOKENS))
    };
    // Ids are random too, and open nothing; so are the names of pages in a list.
    let is_random = || {
        value.len() >= 32
            && !ends(&["id", "ids", "cursor"])
            && entropy(value) >= 4.4
            && has_long_part(value)
    };
    let is_likely = || is_mixed(value) && named() == Some(true) && entropy(value) >= 3.0;
    (is_random() || is_likely()).then(|| "a key".to_owned())
}

/// Whether a name ends with one of these words, whatever its capitals.
fn ends_with(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        let end = name.len().checked_sub(word.len());
        let end = end.and_then(|end| name.get(end..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word))
    })
}

fn is_key_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '+' | '/' | '=')
}

/// Whether a part of the text is long and mixed, as names of files and models, made of words and dates, have none.
fn has_long_part(text: &str) -> bool {
    let mut parts = text.split(['-', '_', '.', '/']);
    parts.any(|part| part.len() >= 16 && is_mixed(part))
}

/// Whether letters and digits are mixed, as they are in keys and seldom in words.
fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether a URL carries a password: `https://name:password@host`.
fn has_password(text: &str) -> bool {
    let after = text.split("://").skip(1);
    after
        .filter_map(|rest| rest.split(['/', ' ', '?']).next()?.split_once('@'))
        .any(|(user, _)| {
            user.split_once(':')
                .is_some_and(|(_, password)| !password.is_empty() && !password.contains("{{"))
        })
}

/// How surprising a character of the text is on average, in bits.
fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<u8, f64> = BTreeMap::new();
    for byte in text.bytes() {
        *counts.entry(byte).or_default() += 1.0;
    }
    let total: f64 = counts.values().sum();
    counts
        .values()
        .map(|count| {
            let share = count / total;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_words() {
        let rows = [
            ("apiKey", "sk_live_abc123", true),
            (
                "prompt",
                "Use the key sk_live_4eC39HqLyjWDarjtT1zdp7dc please.",
                true,
            ),
            ("apiKey", "{{secrets.apiKey}}", false),
            ("authorization", "Bearer {{secrets.token}}", false),
            ("authorization", "Bearer 9f8a7b6c5d4e3f2a1b0c", true),
            ("url", "https://robot:hunter2@example.com/feed", true),
            ("url", "https://example.com/@team/feed", false),
            ("password", "correct-horse", true),
            ("maxTokens", "4096", false),
            ("customerId", "cust_000000000123", false),
            ("id", "01a1fd2b-9c24-7b44-8b84-459a57ac350f", false),
            (
                "body",
                "Dear customer, your 30-day trial sk- ends soon.",
                false,
            ),
            ("value", "kJ8sX2pQvR7tLm4nWc9zYb3dHf6gAe1u", true),
            ("token", "next-page", false),
            ("file", "Quarterly-Report_2026-Q3_Final_v2.docx", false),
            (
                "template",
                "onboarding/welcome-mail/2026/Version_B2.html",
                false,
            ),
            ("model", "eu.anthropic.claude-sonnet-4-20250514-v1", false),
            ("folderId", "1A2b3C4d5E6f7G8h9I0jKlMnOpQrStUvW", false),
            ("nextPageToken", "page-2-of-2026", false),
        ];
        for (field, text, expected) in rows {
            assert_eq!(
                key_in(Some(field), text).is_some(),
                expected,
                "{field}: {text}"
            );
        }
    }
}
