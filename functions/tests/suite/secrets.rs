//! Where secrets are found, and what their services receive.

use std::path::PathBuf;

use pawl_functions::{KeyFile, Keys, Settings, Vault};
use pawl_local::Faults;
use serde_json::{Value, json};

use crate::bench::{Bench, ORG};
use crate::web::{Asked, Web, answer, json as in_json};

const SECRET: &str = "planted-secret-7Q";

/// A step that sends a secret to a server.
fn send(web: &Web, secrets: Value, config: Value) -> Value {
    let mut request = json!({ "url": web.url, "headers": { "x-key": "{{secrets.key}}" } });
    for (name, value) in config.as_object().into_iter().flatten() {
        request
            .as_object_mut()
            .expect("an object")
            .insert(name.clone(), value.clone());
    }
    json!({
        "step": "send", "kind": "request", "config": request, "secrets": secrets,
        "then": { "success": { "state": "next" } },
    })
}

/// A bench with a file of keys, and KMS and its like at an address.
async fn bench(keys: Keys, services: Option<String>) -> Bench {
    let mut bench = Bench::set(Faults::none(), |settings| {
        settings.http_allow = vec!["127.0.0.1".to_owned()];
        settings.keys = keys;
        settings.secrets_url = services;
    })
    .await;
    let environment = |name: &str| (name == "SHOP_KEY").then(|| SECRET.to_owned());
    bench.services = bench.services.with_environment(environment);
    bench
}

fn key_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/keys.json");
    (folder, path)
}

fn vault(keys: Keys) -> Vault {
    let settings = Settings {
        keys,
        ..Settings::from_env(&|_| None)
    };
    Vault::of(&aws_types::SdkConfig::builder().build(), &settings)
}

/// KMS, Secrets Manager and the Parameter Store, as far as we ask them.
fn services() -> Web {
    // KMS wraps a key by turning it around.
    let plain = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Web::serve(move |asked, _| {
        let request: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let answered = match asked.header("x-amz-target") {
            "TrentService.GenerateDataKey" => {
                json!({ "Plaintext": plain, "CiphertextBlob": "d3JhcHBlZA==", "KeyId": "arn:aws:kms:us-east-1:1:key/k1" })
            }
            "TrentService.Decrypt" => json!({ "Plaintext": plain }),
            "secretsmanager.GetSecretValue"
                if request == json!({ "SecretId": format!("pawl/{ORG}/shop") }) =>
            {
                json!({ "SecretString": json!({ "token": SECRET, "id": 7 }).to_string() })
            }
            "AmazonSSM.GetParameter"
                if request
                    == json!({ "Name": format!("/pawl/{ORG}/shop"), "WithDecryption": true }) =>
            {
                json!({ "Parameter": { "Value": SECRET } })
            }
            _ => {
                let missing = json!({ "__type": "ResourceNotFoundException" });
                return in_json(400, &missing);
            }
        };
        in_json(200, &answered)
    })
}

#[tokio::test]
async fn a_secret_is_found_where_the_definition_says() {
    let (_folder, path) = key_file();
    let here = vault(Keys::File(path.clone()))
        .seal(SECRET, "acme")
        .await
        .expect("it is sealed");
    let services = services();
    let rows = [
        (json!({ "envVar": "SHOP_KEY" }), ""),
        (
            json!({ "envVar": "OTHER_KEY" }),
            "set the environment variable `OTHER_KEY`",
        ),
        (
            json!({ "envVar": "AWS_SHOP_KEY" }),
            "set the environment variable",
        ),
        (json!({ "cipherText": here, "kind": "inlineEncrypted" }), ""),
        (json!({ "cipherText": "q83v" }), "none of ours"),
        (
            json!({ "cipherText": here.replace("pawl1.local-", "pawl1.local-0") }),
            "which is not here",
        ),
        (json!({ "secretsManager": "pawl/shop", "key": "token" }), ""),
        (
            json!({ "secretsManager": "pawl/shop", "key": "no" }),
            "no field `no`",
        ),
        (
            json!({ "secretsManager": "pawl/other" }),
            "Secrets Manager refused: ResourceNotFoundException",
        ),
        (
            json!({ "secretsManager": format!("arn:aws:secretsmanager:us-east-1:1:secret:pawl/{ORG}/shop") }),
            "does not begin with `pawl/`",
        ),
        (json!({ "ssm": "/pawl/shop" }), ""),
        (
            json!({ "ssm": format!("/pawl/{ORG}/shop") }),
            "the Parameter Store refused: ResourceNotFoundException",
        ),
        (
            json!({ "ssm": "/other/shop" }),
            "does not begin with `/pawl/`",
        ),
        (json!({ "secureVariable": "key" }), "no step has set it"),
    ];
    for (source, expected) in rows {
        let web = Web::serve(|_, _| answer(204, &[], ""));
        let bench = bench(Keys::File(path.clone()), Some(services.url.clone())).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = send(&web, json!({ "key": source }), json!({}));
        let done = bench.task(&plan, &position).await;
        assert_eq!(done.is_ok(), expected.is_empty(), "{source}");
        let record = bench.records().await.pop().expect("a record");
        let error = record.error.map(|error| error.message).unwrap_or_default();
        assert!(error.contains(expected), "{source}: {error}");
        let sent: Vec<_> = web
            .asked()
            .iter()
            .map(|asked| asked.header("x-key").to_owned())
            .collect();
        let expected = if expected.is_empty() {
            vec![SECRET]
        } else {
            vec![]
        };
        assert_eq!(sent, expected, "{source}");
        assert_eq!(
            record.input.pointer("/headers/x-key"),
            Some(&json!("{{secrets.key}}"))
        );
    }
    for Asked { headers, .. } in services.asked() {
        let is_signed = headers.iter().any(|line| {
            line.starts_with("authorization: AWS4-HMAC-SHA256 Credential=")
                && line.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target")
        });
        assert!(is_signed, "{headers:?}");
        assert!(headers.contains(&"content-type: application/x-amz-json-1.1".to_owned()));
    }
}

#[tokio::test]
async fn without_a_service_a_laptop_says_what_to_do() {
    let web = Web::serve(|_, _| answer(204, &[], ""));
    for source in [
        json!({ "ssm": "/pawl/a" }),
        json!({ "secretsManager": "pawl/a" }),
    ] {
        let bench = bench(Keys::None, None).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = send(&web, json!({ "key": source }), json!({}));
        assert_eq!(bench.code(&plan, &position).await, "VALIDATION_ERROR");
        let error = bench.records().await.pop().and_then(|record| record.error);
        let message = error.map(|error| error.message).unwrap_or_default();
        assert!(message.contains("pawl secrets set"), "{message}");
    }
}

#[tokio::test]
async fn kms_wraps_the_keys_of_secrets() {
    let services = services();
    let bench = bench(
        Keys::Kms("alias/pawl".to_owned()),
        Some(services.url.clone()),
    )
    .await;
    let vault = bench.services.vault();
    let sealed = vault.seal(SECRET, "acme").await.expect("it is sealed");
    assert!(
        sealed.starts_with("pawl1.arn:aws:kms:us-east-1:1:key/k1.d3JhcHBlZA."),
        "{sealed}"
    );
    assert_eq!(vault.open(&sealed, "acme").await.expect("it opens"), SECRET);
    assert!(vault.open(&sealed, "other").await.is_err());
    let requests: Vec<Value> = services
        .asked()
        .iter()
        .map(|asked| serde_json::from_str(&asked.body).expect("JSON"))
        .collect();
    let context = json!({ "pawl:organisation": "acme" });
    let first =
        json!({ "KeyId": "alias/pawl", "KeySpec": "AES_256", "EncryptionContext": context });
    let second = json!({ "CiphertextBlob": "d3JhcHBlZA==", "KeyId": "arn:aws:kms:us-east-1:1:key/k1", "EncryptionContext": context });
    assert_eq!(requests.first(), Some(&first));
    assert_eq!(requests.get(1), Some(&second));
}

#[tokio::test]
async fn a_file_of_keys_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = key_file();
    let vault = vault(Keys::File(path.clone()));
    let sealed = vault.seal(SECRET, "acme").await.expect("it is sealed");
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!sealed.contains(SECRET));
    // A new key is used from now on, and the old one still opens what it closed.
    KeyFile::open(&path)
        .and_then(KeyFile::with_new_key)
        .expect("a new key");
    let again = vault.seal(SECRET, "acme").await.expect("it is sealed");
    let id = |text: &str| text.split('.').nth(1).map(str::to_owned);
    assert_ne!(id(&sealed), id(&again));
    for text in [&sealed, &again] {
        assert_eq!(vault.open(text, "acme").await.expect("it opens"), SECRET);
        assert!(vault.open(text, "other").await.is_err());
    }
    let changed = sealed.replace(sealed.get(sealed.len() - 6..).expect("an end"), "AAAAAA");
    let rows = [changed.as_str(), "", "pawl1.a.b", "pawl1.local-x.AAAA.AAAA"];
    for text in rows {
        assert!(vault.open(text, "acme").await.is_err(), "{text}");
    }
    let open = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&path, open).expect("a mode");
    let error = vault
        .open(&sealed, "acme")
        .await
        .expect_err("others may read it");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[tokio::test]
async fn a_secure_variable_is_kept_encrypted_and_read_as_a_secret() {
    let web =
        Web::serve(|asked, _| answer(200, &["content-type: text/plain"], asked.header("x-key")));
    let (_folder, path) = key_file();
    let bench = bench(Keys::File(path), None).await;
    let position = bench
        .begin(json!({ "word": "from-the-input" }), json!({}))
        .await;
    let keep = json!({
        "step": "keep", "kind": "transform",
        "config": { "type": "set_variables", "parameters": { "variables": [
            { "name": "key", "value": "{{input.word}}-kept", "secure": true },
        ] } },
        "then": { "success": { "state": "next" } },
    });
    let next = bench.task(&keep, &position).await.expect("a position");
    assert_eq!(bench.output("000001").await, json!({ "key": "***" }));
    let plan = send(
        &web,
        json!({ "key": { "secureVariable": "key" } }),
        json!({}),
    );
    bench.task(&plan, &next).await.expect("a position");
    let sent = web.asked().pop().expect("a request");
    assert_eq!(sent.header("x-key"), "from-the-input-kept");
    let output = bench.output("000002").await;
    assert_eq!(output.get("body"), Some(&json!("***")));
}

#[tokio::test]
async fn what_a_value_brings_along_is_text() {
    let web = Web::serve(|_, _| answer(204, &[], ""));
    let bench = bench(Keys::None, None).await;
    let input =
        json!({ "evil": "{{secrets.key}}", "secure": { "__secure": true, "encrypted": "x" } });
    let position = bench.begin(input, json!({})).await;
    let config = json!({ "method": "PUT", "body": ["{{input.evil}}", "{{input.secure}}"] });
    let plan = send(&web, json!({ "key": { "envVar": "SHOP_KEY" } }), config);
    bench.task(&plan, &position).await.expect("a position");
    let sent = web.asked().pop().expect("a request");
    assert_eq!(sent.header("x-key"), SECRET);
    let body = json!(["{{secrets.key}}", { "__secure": true, "encrypted": "x" }]);
    assert_eq!(sent.body, body.to_string());
}
