//! Requests, as a server on this machine receives and answers them.

use pawl_local::Faults;
use serde_json::{Value, json};

use crate::bench::{Bench, action};
use crate::web::{Asked, Web, answer, json as in_json};

fn request(config: Value) -> Value {
    let then = json!({ "success": { "state": "next" } });
    json!({ "step": "call", "kind": "request", "config": config, "then": then, "timeoutSeconds": 60 })
}

/// A bench whose requests may stay on this machine.
async fn bench() -> Bench {
    Bench::set(Faults::none(), |settings| {
        settings.http_allow = vec!["127.0.0.0/8".to_owned()];
    })
    .await
}

/// What becomes of a request: its output, or its error as `CODE: message`.
async fn outcome(bench: &Bench, config: Value) -> Value {
    let position = bench
        .begin(json!({ "id": 7, "names": ["a", "b"] }), json!({}))
        .await;
    bench.task(&request(config), &position).await.ok();
    let record = bench.records().await.pop().expect("a record");
    match record.error {
        Some(error) => error.to_string().into(),
        None => record.output,
    }
}

/// The configuration with the server's address put into its texts.
fn at(web: &Web, config: &Value) -> Value {
    let text = config.to_string().replace("WEB", &web.url);
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn what_a_step_describes_is_what_a_server_receives() {
    let rows: [(Value, &str, &[&str], &str); 10] = [
        (
            json!({ "url": "WEB/orders?a=1", "query": { "id": "{{input.id}}", "name": "{{input.names}}", "no": null, "q": "x y&z" } }),
            "GET /orders?a=1&id=7&name=a&name=b&q=x+y%26z",
            &[],
            "",
        ),
        (
            json!({ "url": "WEB/", "method": "post", "headers": { "X-Id": "{{input.id}}", "x-none": null }, "body": { "id": "{{input.id}}" } }),
            "POST /",
            &["content-type: application/json", "x-id: 7"],
            "{\"id\":7}",
        ),
        (
            json!({ "url": "WEB/", "method": "PUT", "body": "id {{input.id}}", "headers": { "Content-Type": "text/csv" } }),
            "PUT /",
            &["content-type: text/csv"],
            "id 7",
        ),
        (
            json!({ "url": "WEB/", "method": "POST", "form": { "a": "b c", "n": [1, 2] } }),
            "POST /",
            &["content-type: application/x-www-form-urlencoded"],
            "a=b+c&n=1&n=2",
        ),
        (
            json!({ "url": "WEB/", "method": "DELETE" }),
            "DELETE /",
            &[],
            "",
        ),
        (
            json!({ "url": "WEB/", "auth": { "type": "basic", "username": "ada", "password": "pw" } }),
            "GET /",
            &["authorization: Basic YWRhOnB3"],
            "",
        ),
        (
            json!({ "url": "WEB/", "auth": { "type": "bearer", "token": "t{{input.id}}" } }),
            "GET /",
            &["authorization: Bearer t7"],
            "",
        ),
        (
            json!({ "url": "WEB/", "auth": { "type": "header", "name": "X-Key", "value": "k" } }),
            "GET /",
            &["x-key: k"],
            "",
        ),
        (
            json!({ "url": "WEB/", "method": "POST", "idempotencyKey": true }),
            "POST /",
            &["idempotency-key: run-1/000001", "content-length: 0"],
            "",
        ),
        (
            json!({ "url": "WEB/", "method": "PATCH", "idempotencyKey": "X-Once" }),
            "PATCH /",
            &["x-once: run-1/000001"],
            "",
        ),
    ];
    for (config, line, headers, body) in rows {
        let web = Web::serve(|_, _| in_json(200, &json!({ "is": "fine" })));
        let bench = bench().await;
        let output = outcome(&bench, at(&web, &config)).await;
        assert_eq!(output.pointer("/body/is"), Some(&json!("fine")), "{output}");
        let asked = web.asked();
        let [asked] = asked.as_slice() else {
            panic!("{config}: {asked:?}")
        };
        assert_eq!(asked.line, line);
        assert_eq!(asked.body, body, "{config}");
        for header in headers {
            assert!(
                asked.headers.iter().any(|one| one == header),
                "{header}: {asked:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_is_read_by_its_type_or_as_the_step_wants() {
    let json_type = "content-type: application/problem+json; charset=utf-8";
    let rows = [
        (
            json_type,
            "{\"a\": [1]}",
            json!({}),
            "body",
            json!({ "a": [1] }),
        ),
        (json_type, "", json!({}), "body", json!(null)),
        (
            "content-type: text/html",
            "<b>",
            json!({}),
            "body",
            json!("<b>"),
        ),
        (
            json_type,
            "{}",
            json!({ "response": "text" }),
            "body",
            json!("{}"),
        ),
        (
            "content-type: text/html",
            "7",
            json!({ "response": "json" }),
            "body",
            json!(7),
        ),
        ("x-a: 1", "pdf", json!({}), "body", json!(null)),
        (
            "x-a: 1\r\nX-A: 2",
            "",
            json!({}),
            "headers/x-a",
            json!(["1", "2"]),
        ),
        (
            "content-type: text/html",
            "",
            json!({}),
            "contentType",
            json!("text/html"),
        ),
        (
            "x-a: 1",
            "",
            json!({ "expectedStatus": [202] }),
            "status",
            json!(202),
        ),
    ];
    for (header, body, more, path, expected) in rows {
        let status = if more.get("expectedStatus").is_some() {
            202
        } else {
            200
        };
        let web = Web::serve(move |_, _| answer(status, &[header], body));
        let mut config = more;
        config
            .as_object_mut()
            .expect("an object")
            .insert("url".to_owned(), web.url.clone().into());
        let bench = bench().await;
        let output = outcome(&bench, config).await;
        assert_eq!(
            output.pointer(&format!("/{path}")),
            Some(&expected),
            "{output}"
        );
    }
}

#[tokio::test]
async fn a_file_is_kept_and_can_be_sent_on() {
    let web = Web::serve(|asked, _| match asked.line.as_str() {
        "GET /report.pdf" => answer(200, &["content-type: application/pdf"], "%PDF and more"),
        _ => answer(204, &[], ""),
    });
    let bench = bench().await;
    let position = bench.begin(json!({}), json!({})).await;
    let get = request(json!({ "url": format!("{}/report.pdf", web.url) }));
    let next = bench.task(&get, &position).await.expect("a position");
    let file = bench
        .output("000001")
        .await
        .get("file")
        .cloned()
        .expect("a file");
    assert_eq!(file.get("name"), Some(&json!("report.pdf")));
    assert_eq!(file.get("bytes"), Some(&json!(13)));
    let parts = json!({
        "note": "for {{steps.call.output.file.name}}",
        "tag": ["a", "b"],
        "report": { "file": "{{steps.call.output.file}}" },
        "picture": { "base64": "aGk=", "filename": "a\"b.png", "contentType": "image/png" },
    });
    let mut post = request(json!({ "url": web.url, "method": "POST", "multipart": parts }));
    post.as_object_mut().expect("a plan").extend([
        ("step".to_owned(), json!("send")),
        ("reads".to_owned(), json!({ "steps": [{ "slug": "call" }] })),
    ]);
    bench.task(&post, &next).await.expect("a position");
    let asked = web.asked().pop().expect("a request");
    let boundary = asked
        .header("content-type")
        .rsplit('=')
        .next()
        .expect("a boundary");
    let expected = [
        "Content-Disposition: form-data; name=\"note\"\r\n\r\nfor report.pdf",
        "Content-Disposition: form-data; name=\"tag\"\r\n\r\na",
        "Content-Disposition: form-data; name=\"tag\"\r\n\r\nb",
        "Content-Disposition: form-data; name=\"report\"; filename=\"report.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF and more",
        "Content-Disposition: form-data; name=\"picture\"; filename=\"a%22b.png\"\r\nContent-Type: image/png\r\n\r\nhi",
    ];
    let expected = expected.join(&format!("\r\n--{boundary}\r\n"));
    let expected = format!("--{boundary}\r\n{expected}\r\n--{boundary}--\r\n");
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn another_organisations_file_is_none() {
    let web = Web::serve(|_, _| answer(204, &[], ""));
    let bench = bench().await;
    let sha256 = bench
        .store()
        .keep_file("other", b"theirs".to_vec(), "text/plain")
        .await
        .expect("it is kept");
    for sha256 in [sha256.as_str(), "../other/files/x"] {
        let parts = json!({ "a": { "file": { "sha256": sha256 } } });
        let found = outcome(
            &bench,
            json!({ "url": web.url, "method": "POST", "multipart": parts }),
        )
        .await;
        let expected = "VALIDATION_ERROR: part `a`: `file` is no file that a step kept";
        assert_eq!(found, json!(expected));
    }
    assert!(web.asked().is_empty());
}

/// How a server answers, what becomes of the step, and how often it was asked.
type Failing = (&'static str, &'static [&'static str], &'static str, usize);

#[tokio::test]
async fn only_what_may_be_repeated_is_tried_again() {
    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const BUSY: &str = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const SLOW: &str =
        "HTTP/1.1 429 Slow\r\nretry-after: 50\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const LATE: &str =
        "HTTP/1.1 503 Late\r\nretry-after: 3600\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const LOST: &str = "HTTP/1.1 502 Lost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const BAD: &str = "HTTP/1.1 422 Bad\r\ncontent-length: 7\r\nconnection: close\r\n\r\nno name";
    const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nabc";
    const LONG: &str =
        "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n01234567890";
    let rows: [Failing; 16] = [
        ("GET", &[BUSY, OK], "", 2),
        ("GET", &["", "", OK], "", 3),
        ("GET", &[BUSY], "TOOL_ERROR: `GET WEB/` answered 503", 3),
        (
            "GET",
            &[BAD],
            "TOOL_ERROR: `GET WEB/` answered 422: no name",
            1,
        ),
        ("GET", &[SLOW, OK], "", 2),
        ("GET", &[SLOW], "RATE_LIMIT: `GET WEB/` answered 429", 2),
        ("GET", &[LATE], "TOOL_ERROR: `GET WEB/` answered 503", 1),
        ("GET", &[CUT, OK], "", 2),
        (
            "GET",
            &[LONG],
            "TOOL_ERROR: `GET WEB/` answered 200, with more than the 10 bytes that the step takes: see `maxBytes`",
            1,
        ),
        ("POST", &[BUSY], "TOOL_ERROR: `POST WEB/` answered 503", 1),
        (
            "POST",
            &[LOST],
            "OUTCOME_UNKNOWN: `POST WEB/` answered 502",
            1,
        ),
        (
            "POST",
            &[BAD],
            "TOOL_ERROR: `POST WEB/` answered 422: no name",
            1,
        ),
        (
            "POST",
            &[""],
            "OUTCOME_UNKNOWN: `POST WEB/` did not answer: the connection broke: it may or may not have done what it was asked",
            1,
        ),
        (
            "POST",
            &[CUT],
            "OUTCOME_UNKNOWN: `POST WEB/` answered 200, and broke off",
            1,
        ),
        ("POST once", &[BUSY, "", OK], "", 3),
        (
            "POST once",
            &[LOST],
            "TOOL_ERROR: `POST WEB/` answered 502",
            3,
        ),
    ];
    for (what, answers, expected, times) in rows {
        let web = Web::serve(move |_, before| {
            let last = answers.last().copied().unwrap_or_default();
            answers.get(before).copied().unwrap_or(last).to_owned()
        });
        let mut words = what.split(' ');
        let method = words.next().unwrap_or_default();
        let config = json!({
            "url": web.url, "method": method, "maxBytes": 10, "idempotencyKey": words.next().is_some(),
        });
        let bench = bench().await;
        let found = outcome(&bench, config).await;
        let expected = expected.replace("WEB", &web.url);
        assert_eq!(
            found.as_str().unwrap_or_default(),
            expected,
            "{what} {answers:?}"
        );
        assert_eq!(web.asked().len(), times, "{what} {answers:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_not_to_be_made_twice_is_not() {
    let web = Web::serve(|_, _| String::new());
    let bench = bench().await;
    let position = bench.begin(json!({}), json!({})).await;
    let post = request(json!({ "url": web.url, "method": "POST" }));
    for attempt in 0..3 {
        let error = bench
            .attempt(&post, &position, attempt)
            .await
            .expect_err("nobody knows");
        assert_eq!(error.code, "OUTCOME_UNKNOWN");
    }
    assert_eq!(web.asked().len(), 1);
    // A server that is not there has done nothing, so the next attempt may.
    let bench = self::bench().await;
    let position = bench.begin(json!({}), json!({})).await;
    let post = request(json!({ "url": "http://127.0.0.1:1/", "method": "POST", "retries": 0 }));
    assert_eq!(bench.code(&post, &position).await, "TOOL_ERROR");
    assert_eq!(bench.code(&post, &position).await, "TOOL_ERROR");
}

#[tokio::test]
async fn only_public_addresses_are_called_unless_the_deployment_allows_more() {
    let web = Web::serve(|_, _| answer(200, &[], ""));
    let port = web.url.rsplit(':').next().expect("a port").to_owned();
    let redirects = Web::serve(|asked, _| {
        let to = asked.line.trim_start_matches("GET /?");
        answer(302, &[&format!("location: {to}")], "")
    });
    let rows = [
        ("http://127.0.0.1:PORT/", "", false),
        ("http://localhost:PORT/", "", false),
        ("http://[::ffff:127.0.0.1]:PORT/", "", false),
        ("http://2130706433:PORT/", "", false),
        ("http://127.0.0.1:PORT/", "localhost", false),
        ("http://localhost:PORT/", "localhost", true),
        ("http://127.0.0.1:PORT/", "10.0.0.0/8, 127.0.0.0/8", true),
        ("REDIRECT?http://127.0.0.1:PORT/", "127.0.0.1", true),
        ("REDIRECT?http://[::1]:PORT/", "127.0.0.1", false),
        (
            "REDIRECT?http://169.254.169.254/latest/meta-data/",
            "127.0.0.1",
            false,
        ),
        ("REDIRECT?http://ada:pw@127.0.0.1:PORT/", "127.0.0.1", false),
    ];
    for (url, allowed, is_called) in rows {
        let url = url.replace("PORT", &port);
        let url = url.replace("REDIRECT", &format!("{}/", redirects.url));
        let before = web.asked().len();
        let bench = Bench::set(Faults::none(), |settings| {
            settings.http_allow = allowed.split(", ").map(str::to_owned).collect();
        })
        .await;
        let found = outcome(&bench, json!({ "url": url })).await;
        assert_eq!(web.asked().len() > before, is_called, "{url}: {found}");
        let is_refused = found.to_string().starts_with("\"VALIDATION_ERROR");
        assert_eq!(is_refused, !is_called, "{url}: {found}");
    }
}

#[tokio::test]
async fn redirects_are_followed_and_credentials_stay_behind() {
    let other = Web::serve(|_, _| answer(200, &["content-type: text/plain"], "there"));
    let to = other.url.clone();
    let web = Web::serve(move |asked, _| {
        let path = asked.line.split(' ').nth(1).unwrap_or_default();
        let (status, location) = match path {
            "/loop" => (302, "/loop".to_owned()),
            "/here" => (301, "/there".to_owned()),
            "/kept" => (307, "/there".to_owned()),
            "/see" => (303, "/there".to_owned()),
            "/away" => (302, format!("{to}/away")),
            "/bad" => (302, "http://169.254.169.254/".to_owned()),
            _ => return answer(200, &["content-type: text/plain"], "here"),
        };
        answer(status, &[&format!("location: {location}")], "")
    });
    let auth = json!({ "type": "header", "name": "x-key", "value": "k" });
    let rows = [
        (
            json!({ "url": "WEB/here", "auth": auth }),
            "here",
            "GET /there",
            "k",
        ),
        (
            json!({ "url": "WEB/kept", "method": "PUT", "body": "b" }),
            "here",
            "PUT /there",
            "",
        ),
        (
            json!({ "url": "WEB/see", "method": "PUT", "body": "b" }),
            "here",
            "GET /there",
            "",
        ),
        (
            json!({ "url": "WEB/here", "method": "POST", "body": "b" }),
            "here",
            "GET /there",
            "",
        ),
        (
            json!({ "url": "WEB/away", "auth": auth, "headers": { "cookie": "c" } }),
            "there",
            "",
            "",
        ),
        (
            json!({ "url": "WEB/loop", "expectedStatus": 302 }),
            "",
            "GET /loop",
            "",
        ),
        (
            json!({ "url": "WEB/here", "redirects": 0, "expectedStatus": 301 }),
            "",
            "GET /here",
            "",
        ),
    ];
    for (config, body, line, key) in rows {
        let bench = bench().await;
        let output = outcome(&bench, at(&web, &config)).await;
        let found = output
            .get("body")
            .and_then(Value::as_str)
            .unwrap_or_default();
        assert_eq!(found, body, "{config}: {output}");
        let last = web.asked().pop().expect("a request");
        if !line.is_empty() {
            assert_eq!(last.line, line, "{config}");
            assert_eq!(last.header("x-key"), key, "{config}");
            assert_eq!(last.body.is_empty(), !line.starts_with("PUT"), "{config}");
        }
    }
    let Asked { headers, .. } = other.asked().pop().expect("a request");
    let is_private = |line: &&String| line.starts_with("x-key") || line.starts_with("cookie");
    assert_eq!(headers.iter().find(is_private), None);
    let bench = bench().await;
    let found = outcome(&bench, at(&web, &json!({ "url": "WEB/bad" }))).await;
    assert!(found.to_string().contains("PAWL_HTTP_ALLOW"), "{found}");
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_again_when_it_is_refused() {
    let web = Web::serve(|asked, before| match asked.line.as_str() {
        "POST /token" => in_json(
            200,
            &json!({ "access_token": format!("token-{before}"), "expires_in": 3600 }),
        ),
        // The third request finds its token withdrawn.
        _ if before == 3 => answer(401, &[], ""),
        _ => answer(200, &[], ""),
    });
    let bench = bench().await;
    let auth = json!({
        "type": "oauth2", "tokenUrl": format!("{}/token", web.url), "clientId": "a b", "clientSecret": "s:t",
        "scope": "read",
    });
    let config = json!({ "url": web.url, "auth": auth });
    let mut position = bench.begin(json!({}), json!({})).await;
    for _ in 0..3 {
        position = bench
            .task(&request(config.clone()), &position)
            .await
            .expect("it goes on");
    }
    let asked = web.asked();
    let lines: Vec<_> = asked
        .iter()
        .map(|asked| (asked.line.as_str(), asked.header("authorization")))
        .collect();
    let basic = "Basic YStiOnMlM0F0";
    assert_eq!(
        lines,
        [
            ("POST /token", basic),
            ("GET /", "Bearer token-0"),
            ("GET /", "Bearer token-0"),
            ("GET /", "Bearer token-0"),
            ("POST /token", basic),
            ("GET /", "Bearer token-4"),
        ]
    );
    let body = asked.first().map(|asked| asked.body.as_str());
    assert_eq!(body, Some("grant_type=client_credentials&scope=read"));
}

#[tokio::test]
async fn a_request_is_claimed_only_where_it_must_be() {
    let web = Web::serve(|_, _| answer(200, &[], ""));
    let two = ["BatchGetItem", "TransactWriteItems"];
    let three = ["BatchGetItem", "PutItem", "TransactWriteItems"];
    let rows: [(Value, &[&str]); 3] = [
        (json!({ "url": web.url }), &two),
        (
            json!({ "url": web.url, "method": "POST", "idempotencyKey": true }),
            &two,
        ),
        (json!({ "url": web.url, "method": "POST" }), &three),
    ];
    for (config, expected) in rows {
        let bench = bench().await;
        let position = bench.begin(json!({}), json!({})).await;
        let before = bench.local.calls().len();
        bench
            .task(&request(config), &position)
            .await
            .expect("a position");
        let calls = bench.local.calls();
        let made: Vec<&str> = calls
            .iter()
            .skip(before)
            .map(|call| call.operation.as_str())
            .collect();
        assert_eq!(made, expected);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is() {
    let web = Web::serve(|_, _| answer(200, &[], ""));
    let rows = [
        (
            json!({ "url": "nowhere" }),
            "`url` is no address of the web",
        ),
        (
            json!({ "url": "file:///etc/passwd" }),
            "`file` is no address of the web",
        ),
        (
            json!({ "url": "http://ada:pw@127.0.0.1/" }),
            "holds no user",
        ),
        (
            json!({ "url": "WEB", "method": "FETCH" }),
            "`method` is `FETCH`",
        ),
        (
            json!({ "url": "WEB", "headers": { "a b": 1 } }),
            "`a b` cannot be the name",
        ),
        (
            json!({ "url": "WEB", "headers": { "Host": "x" } }),
            "`Host` cannot be the name",
        ),
        (
            json!({ "url": "WEB", "headers": { "a": "x\r\nb: y" } }),
            "the header `a` holds a line break",
        ),
        (
            json!({ "url": "WEB", "auth": { "type": "basic" } }),
            "`auth` has no `username`",
        ),
        (
            json!({ "url": "WEB", "retries": 99 }),
            "`retries` is a number from 0 to 10",
        ),
    ];
    for (config, expected) in rows {
        let bench = bench().await;
        let found = outcome(&bench, at(&web, &config)).await;
        let found = found.as_str().unwrap_or_default();
        assert!(found.starts_with("VALIDATION_ERROR"), "{config}: {found}");
        assert!(found.contains(expected), "{config}: {found}");
    }
    assert!(web.asked().is_empty());
    // Secrets of other kinds of steps stay where they are.
    let bench = bench().await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = action(
        "write",
        json!({ "type": "customer_create", "name": "{{secrets.key}}" }),
    );
    assert_eq!(bench.code(&plan, &position).await, "VALIDATION_ERROR");
}
