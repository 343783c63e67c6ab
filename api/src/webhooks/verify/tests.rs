//! What the providers' public documentation gives as examples, and everything that is nearly right.

use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;

/// A request that is believed, with its secret and the moment.
struct Row {
    rule: Verify,
    secret: &'static str,
    now: i64,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
}

fn rule(provider: Provider) -> Verify {
    Verify {
        provider,
        secret: None,
        header: None,
        timestamp_header: None,
        algorithm: Algorithm::Sha256,
        tolerance_seconds: 300,
    }
}

fn hmac(algorithm: Algorithm) -> Verify {
    Verify {
        header: Some("x-signature".to_owned()),
        algorithm,
        ..rule(Provider::Hmac)
    }
}

fn map(headers: &[(&str, &str)]) -> HeaderMap {
    let named = headers.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().expect("a name");
        (name, HeaderValue::from_str(value).expect("a value"))
    });
    let mut map = HeaderMap::new();
    for (name, value) in named {
        map.append(name, value);
    }
    map
}

fn asked(row: &Row, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Result<(), Doubt> {
    let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    let now = row.now;
    verify(&row.rule, &secrets, Claim { headers, body, now })
}

/// The examples that GitHub, Slack and Standard Webhooks publish, those of RFC 2202 and RFC 4231 for HMAC, and for the
/// others signatures in their form that another implementation made.
fn rows() -> Vec<Row> {
    [of_providers(), of_others()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_providers() -> Vec<Row> {
    vec![
        Row {
            rule: rule(Provider::Github),
            secret: "It's a Secret to Everybody",
            now: 0,
            headers: vec![(
                "x-hub-signature-256",
                "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            )],
            body: "Hello, World!",
        },
        Row {
            rule: rule(Provider::Slack),
            secret: "8f742231b10e8888abcd99yyyzzz85a5",
            now: 1_531_420_618,
            headers: vec![
                ("x-slack-request-timestamp", "1531420618"),
                (
                    "x-slack-signature",
                    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
                ),
            ],
            body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        },
        Row {
            rule: rule(Provider::Standard),
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            now: 1_614_265_330,
            headers: vec![
                ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                ("webhook-timestamp", "1614265330"),
                (
                    "webhook-signature",
                    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                ),
            ],
            body: r#"{"test": 2432232314}"#,
        },
        Row {
            rule: rule(Provider::Stripe),
            secret: "whsec_test_secret",
            now: 1_767_603_600,
            headers: vec![(
                "stripe-signature",
                "t=1767603600,v1=61b00f205cac1a713b1ef519d39819ea9f28bdfc47a8d462bc598535664ad4f9,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
            )],
            body: r#"{"id":"evt_1","object":"event"}"#,
        },
        Row {
            rule: rule(Provider::Shopify),
            secret: "hush",
            now: 0,
            headers: vec![(
                "x-shopify-hmac-sha256",
                "yi2xVY9/ZkF2VJ6a0kqiyUGNRkBwBHgakWO+Gsh1My8=",
            )],
            body: r#"{"id":9554194432293,"title":"T-Shirt"}"#,
        },
        Row {
            rule: rule(Provider::Gitlab),
            secret: "a token",
            now: 0,
            headers: vec![("x-gitlab-token", "a token")],
            body: "{}",
        },
        Row {
            rule: Verify {
                header: Some("x-shared-secret".to_owned()),
                ..rule(Provider::Header)
            },
            secret: "another token",
            now: 0,
            headers: vec![("x-shared-secret", "another token")],
            body: "{}",
        },
    ]
}

fn of_others() -> Vec<Row> {
    const JEFE: &str = "what do ya want for nothing?";
    vec![
        Row {
            rule: hmac(Algorithm::Sha256),
            secret: "Jefe",
            now: 0,
            headers: vec![(
                "x-signature",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            )],
            body: JEFE,
        },
        Row {
            rule: hmac(Algorithm::Sha256),
            secret: "Jefe",
            now: 0,
            headers: vec![(
                "x-signature",
                "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
            )],
            body: JEFE,
        },
        Row {
            rule: hmac(Algorithm::Sha1),
            secret: "Jefe",
            now: 0,
            headers: vec![(
                "x-signature",
                "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            )],
            body: JEFE,
        },
        Row {
            rule: hmac(Algorithm::Sha512),
            secret: "Jefe",
            now: 0,
            headers: vec![(
                "x-signature",
                "164B7A7BFCF819E2E395FBE73B56E0A387BD64222E831FD610270CD7EA2505549758BF75C05A994A6D034F65F8F0E6FDCAEAB1A34D4A6B4B636E070A38BCE737",
            )],
            body: JEFE,
        },
        Row {
            rule: Verify {
                timestamp_header: Some("x-time".to_owned()),
                ..hmac(Algorithm::Sha256)
            },
            secret: "Jefe",
            now: 1_767_603_600,
            headers: vec![
                ("x-time", "1767603600"),
                (
                    "x-signature",
                    "sha256=5e3fa29c783af27ab1e91e334f60fe3bd0853485828641d1829220df21aabd70",
                ),
            ],
            body: JEFE,
        },
    ]
}

#[test]
fn what_providers_publish_is_believed() {
    for row in rows() {
        let headers = map(&row.headers);
        let body = row.body.as_bytes();
        let name = row.rule.provider.name();
        assert_eq!(asked(&row, &headers, body, &[row.secret]), Ok(()), "{name}");
        // While a secret is rotated, either is good.
        let both = ["a new one", row.secret];
        assert_eq!(asked(&row, &headers, body, &both), Ok(()), "{name}");
        for secrets in [&["a new one"][..], &[""], &[]] {
            assert!(asked(&row, &headers, body, secrets).is_err(), "{name}");
        }
    }
}

#[test]
fn what_is_nearly_right_is_not_believed() {
    for row in rows() {
        let name = row.rule.provider.name();
        let body = row.body.as_bytes();
        for (index, (header, value)) in row.headers.iter().enumerate() {
            let mut others = row.headers.clone();
            others.remove(index);
            let without = map(&others);
            let doubt = asked(&row, &without, body, &[row.secret]);
            assert_eq!(doubt, Err(Doubt::Missing((*header).to_owned())), "{name}");
            // Twice, with the right one first or last.
            for twice in [[*value, "x"], ["x", *value]] {
                let mut headers = without.clone();
                for value in twice {
                    let name: HeaderName = header.parse().expect("a name");
                    headers.append(name, HeaderValue::from_static(value));
                }
                assert!(
                    asked(&row, &headers, body, &[row.secret]).is_err(),
                    "{name}"
                );
            }
            for wrong in [
                "",
                "x",
                "sha256=",
                "v0=",
                "v1,",
                "t=1",
                "t=1767603600,v1=",
                "ü",
            ] {
                let mut headers = without.clone();
                let name: HeaderName = header.parse().expect("a name");
                headers.append(name, HeaderValue::from_str(wrong).expect("a value"));
                let doubt = asked(&row, &headers, body, &[row.secret]);
                assert!(doubt.is_err(), "{header}: {wrong}");
            }
        }
        let signs = !matches!(row.rule.provider, Provider::Gitlab | Provider::Header);
        let headers = map(&row.headers);
        let changed = asked(&row, &headers, &[body, b" "].concat(), &[row.secret]);
        assert_eq!(changed.is_err(), signs, "{name}");
        assert_eq!(
            asked(&row, &headers, b"", &[row.secret]).is_err(),
            signs,
            "{name}"
        );
    }
}

#[test]
fn what_was_signed_long_ago_is_not_believed() {
    for row in rows().into_iter().filter(|row| row.now > 0) {
        let headers = map(&row.headers);
        let body = row.body.as_bytes();
        for (away, is_believed) in [
            (0, true),
            (300, true),
            (-300, true),
            (301, false),
            (-301, false),
            (i64::MAX - row.now, false),
        ] {
            let row = Row {
                now: row.now + away,
                rule: row.rule.clone(),
                headers: row.headers.clone(),
                ..row
            };
            let found = asked(&row, &headers, body, &[row.secret]);
            assert_eq!(
                found.is_ok(),
                is_believed,
                "{} {away}",
                row.rule.provider.name()
            );
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_others_make_up_is_believed(
        index in 0..12_usize,
        values in prop::collection::vec("[ -~]{0,90}", 3),
        body in prop::collection::vec(any::<u8>(), 0..64),
        now in any::<i64>(),
    ) {
        let rows = rows();
        let row = rows.get(index).expect("a row");
        let named: Vec<(&str, &str)> = row
            .headers
            .iter()
            .zip(&values)
            .map(|((name, _), value)| (*name, value.as_str()))
            .collect();
        let headers = map(&named);
        let secrets = ["a secret that nobody knows".to_owned()];
        let claim = Claim { headers: &headers, body: &body, now };
        prop_assert!(verify(&row.rule, &secrets, claim).is_err());
    }

    #[test]
    fn one_bit_is_enough_to_be_noticed(index in 0..12_usize, at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let rows = rows();
        let row = rows.get(index).expect("a row");
        let headers = map(&row.headers);
        let mut body = row.body.as_bytes().to_vec();
        let at = at.index(body.len());
        if let Some(byte) = body.get_mut(at) {
            *byte ^= 1 << bit;
        }
        let signs = !matches!(row.rule.provider, Provider::Gitlab | Provider::Header);
        prop_assert_eq!(asked(row, &headers, &body, &[row.secret]).is_err(), signs);
    }
}
