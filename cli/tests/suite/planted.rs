//! A secret is planted, and searched for in everything that a run leaves.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use pawl::laptop::{Laptop, ORG, Options};
use pawl_compiler::{Level, Notation, Program, compile};
use pawl_functions::LlmSettings;
use pawl_local::{Clock, Faults};
use serde_json::{Value, json};

use crate::corpus::{finish, in_memory};
use crate::web::{Asked, Web, answer, json as in_json};

/// It looks different in every encoding.
const SECRET: &str = "Pl4nted/s3cret+\"é\"&value";

/// A part of it that no encoding but hexadecimal and base64 changes, so that half a secret is found too.
const PART: &str = "s3cret";

/// What the provider of models must know, and says again.
const MODEL_KEY: &str = "Pl4nted-model-key/7+b";

/// A token that a server gives for the secret.
const TOKEN: &str = "token/for+Pl4nted";

/// What the process logs.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn environment(name: &str) -> Option<String> {
    (name == "SHOP_KEY").then(|| SECRET.to_owned())
}

/// The secret and the token, as someone who searches would write them.
fn needles() -> Vec<Vec<u8>> {
    let mut found = vec![PART.as_bytes().to_vec()];
    for secret in [SECRET, TOKEN, MODEL_KEY] {
        let hexadecimal: String = secret
            .bytes()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let url = percent(secret);
        let pair = STANDARD.encode(format!("ada:{secret}"));
        // What stands before the secret in a pair, and its last characters, are no part of it.
        let pair = pair.get(8..pair.len() - 6).unwrap_or_default().to_owned();
        let texts = [
            secret.to_owned(),
            secret.to_uppercase(),
            json!(secret).to_string().trim_matches('"').to_owned(),
            STANDARD.encode(secret).trim_end_matches('=').to_owned(),
            URL_SAFE.encode(secret).trim_end_matches('=').to_owned(),
            hexadecimal.to_uppercase(),
            hexadecimal,
            url.to_lowercase(),
            url,
            pair,
        ];
        found.extend(texts.map(String::into_bytes));
    }
    found
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |text, byte| {
        if byte.is_ascii_alphanumeric() {
            text + &char::from(byte).to_string()
        } else {
            text + &format!("%{byte:02X}")
        }
    })
}

/// A server that gives back what it gets, in every way that it can.
fn echo() -> Web {
    Web::serve(|asked, _| {
        let path = asked.line.split([' ', '?']).nth(1).unwrap_or_default();
        let echoed = everything(asked);
        match path {
            "/token" => {
                let token = json!({ "access_token": TOKEN, "expires_in": 3600 });
                in_json(200, &token)
            }
            "/error" => answer(500, &["content-type: text/plain"], &echoed),
            "/refuse" => in_json(422, &json!({ "error": echoed })),
            "/file" => answer(200, &["content-type: application/octet-stream"], &echoed),
            "/moved" => {
                let to = format!("location: /json?key={}", percent(asked.header("x-key")));
                answer(302, &[&to], "")
            }
            _ => {
                let headers = [
                    "content-type: application/json".to_owned(),
                    format!("x-echo: {}", asked.header("x-key")),
                    format!("set-cookie: key={}", percent(asked.header("x-key"))),
                ];
                let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
                let body = json!({ "plain": echoed, echoed.clone(): 1 });
                answer(200, &headers, &body.to_string())
            }
        }
    })
}

/// A provider of models that says again all that it hears, its key first.
fn model() -> Web {
    Web::serve(|asked, _| {
        let key = asked.header("authorization").to_owned();
        if asked.body.contains("REFUSE") {
            return in_json(
                401,
                &json!({ "error": { "message": format!("wrong key: {key}") } }),
            );
        }
        let text = format!("{key} {}", asked.body);
        // The first answer is a wish that holds what only the provider should know, and so does the last.
        let has_result = asked.body.contains("\"role\":\"tool\"");
        let message = if has_result {
            json!({ "content": text })
        } else {
            let arguments = json!({ "customerId": key }).to_string();
            json!({ "content": text, "tool_calls": [{ "id": "1", "function": { "name": "customer_get", "arguments": arguments } }] })
        };
        in_json(200, &json!({ "choices": [{ "message": message }] }))
    })
}

fn everything(asked: &Asked) -> String {
    let key = asked.header("x-key");
    let token = asked.header("authorization").trim_start_matches("Bearer ");
    let hexadecimal = key
        .bytes()
        .fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    let parts = [
        asked.line.clone(),
        asked.headers.join("\n"),
        asked.body.clone(),
        percent(key),
        percent(key).to_lowercase(),
        percent(token),
        STANDARD.encode(key),
        STANDARD.encode(token),
        URL_SAFE.encode(format!("x{key}")),
        STANDARD.encode(json!({ "key": key }).to_string()),
        json!({ "key": key }).to_string(),
        hexadecimal,
    ];
    parts.join(" ")
}

fn workflow(web: &str) -> String {
    let header = json!({ "x-key": "{{secrets.key}}" });
    let call = |slug: &str, config: Value, next: &str| {
        let ports = json!({ "success": next, "error": next });
        json!({ "stepSlug": slug, "stepType": "request", "config": config, "nextSteps": ports })
    };
    let path = |path: &str| format!("{web}{path}");
    let steps = json!([
        { "stepSlug": "keep", "stepType": "action", "config": { "type": "set_variables", "parameters": { "variables": [
            { "name": "kept", "value": "{{input.word}}", "secure": true }
        ] } }, "nextSteps": { "success": "in_header" } },
        call("in_header", json!({ "url": path("/json"), "headers": header }), "in_query"),
        call("in_query", json!({ "url": path("/json"), "query": { "key": "{{secrets.key}}" }, "headers": { "x-kept": "{{secrets.kept}}" } }), "in_path"),
        call("in_path", json!({ "url": path("/json/{{secrets.key}}") }), "in_body"),
        call("in_body", json!({ "url": path("/json"), "method": "POST", "body": { "key": ["a {{secrets.key}} b"] } }), "in_form"),
        call("in_form", json!({ "url": path("/json"), "method": "POST", "form": { "key": "{{secrets.key}}" } }), "in_pair"),
        call("in_pair", json!({ "url": path("/json"), "auth": { "type": "basic", "username": "ada", "password": "{{secrets.key}}" } }), "for_token"),
        call("for_token", json!({ "url": path("/json"), "auth": { "type": "oauth2", "tokenUrl": path("/token"), "clientId": "ada", "clientSecret": "{{secrets.key}}" } }), "fails"),
        call("fails", json!({ "url": path("/error"), "headers": header, "retries": 1 }), "refused"),
        call("refused", json!({ "url": path("/refuse"), "headers": header }), "moved"),
        call("moved", json!({ "url": path("/moved"), "headers": header }), "file"),
        call("file", json!({ "url": path("/file"), "headers": header }), "derived"),
        call("derived", json!({ "url": path("/json"), "headers": { "x-key": "{{secrets.key | upper}}" } }), "mail"),
        { "stepSlug": "mail", "stepType": "action", "config": { "type": "email_send", "parameters": {
            "to": "ada@example.com", "subject": "All", "body": "{{steps.in_header.output}} {{steps.refused.error}} {{steps.in_pair.output}}"
        } }, "nextSteps": { "success": "reshape" } },
        { "stepSlug": "reshape", "stepType": "transform", "config": {
            "input": "{{[steps.in_header.output, steps.in_body.output, steps.file.output]}}",
            "operations": [{ "type": "map", "to": { "all": "{{item}}", "error": "{{steps.fails.error}}" } }, { "type": "sort" }],
            "mappings": [{ "field": "all", "type": "script", "expression": "data" }, { "field": "text", "type": "template", "template": "{{data}}" }]
        }, "nextSteps": { "success": "ask" } },
        { "stepSlug": "ask", "stepType": "llm", "config": { "name": "Ask", "systemPrompt": "{{steps.in_query.output}} {{steps.for_token.output}}",
            "userPrompt": "{{steps.reshape.output.text}}", "tools": ["customer_get"] },
            "nextSteps": { "success": "is_refused", "error": "is_refused" } },
        { "stepSlug": "is_refused", "stepType": "llm", "config": { "name": "Refuse", "systemPrompt": "REFUSE" },
            "nextSteps": { "success": "listen", "error": "listen" } },
        { "stepSlug": "listen", "stepType": "signal", "config": { "signal": "go" }, "nextSteps": { "success": "approve" } },
        { "stepSlug": "approve", "stepType": "approval", "config": {
            "message": "{{steps.in_form.output}} {{steps.ask.output}} {{steps.is_refused.error}}", "payload": { "all": "{{steps.moved.output}}", "said": "{{steps.listen.output}}" },
            "description": "{{steps.in_path.output}}"
        }, "nextSteps": { "approved": "delegate" } },
        { "stepSlug": "delegate", "stepType": "subflow", "config": { "workflow": "Planted below", "input": {
            "all": "{{steps.reshape.output}}", "payload": "{{steps.approve.output.payload}}"
        } }, "nextSteps": { "success": "report", "error": "report" } },
        { "stepSlug": "report", "stepType": "output", "config": { "mapping": { "all": "{{steps.file.output}}", "one": "{{steps.moved.output}}", "below": "{{steps.delegate.output}}" } } }
    ]);
    json!({
        "name": "Planted",
        "config": { "secrets": { "key": { "envVar": "SHOP_KEY" } } },
        "steps": steps,
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_encoding_of_a_secret_is_in_anything_that_a_run_leaves() {
    tracing_subscriber::fmt()
        .with_env_filter("info,pawl=trace,pawl_functions=trace,pawl_store=trace")
        .with_writer(|| Log)
        .init();
    let echo = echo();
    let model = model();
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = folder.path().join("outbox");
    let mut options = Options {
        environment,
        clock: Clock::simulated("2026-01-05T09:00:00Z".parse().expect("a moment")),
        ..in_memory(&outbox, Faults::none())
    };
    options.settings.http_allow = vec!["127.0.0.1".to_owned()];
    options.settings.llm = Some(LlmSettings {
        base_url: model.url.clone(),
        api_key: Some(MODEL_KEY.to_owned()),
    });
    options.settings.model = Some("m".to_owned());
    let program = compiled(&workflow(&echo.url));
    let laptop = Laptop::open(options).await.expect("a laptop");
    let below = compiled(&below(&echo.url));
    laptop
        .publish("planted_below", &below.lowered.machine)
        .await
        .expect("a version");
    let machine = laptop
        .publish("planted", &program.lowered.machine)
        .await
        .expect("a version");
    let events = laptop.events();
    let mut watched = laptop.events();
    let input = json!({ "word": "kept-for-later" });
    let started = laptop
        .start(machine, input, std::collections::BTreeMap::new(), None)
        .await
        .expect("a run");
    answer_it(&laptop, &started.run).await;
    let report = tokio::time::timeout(Duration::from_mins(2), finish(&laptop, events, &started, 0));
    let report = report.await.expect("it ends");
    was_sent(&echo.asked());
    let mut left = vec![
        (
            "report".to_owned(),
            serde_json::to_vec(&report).expect("JSON"),
        ),
        (
            "machine".to_owned(),
            serde_json::to_vec(&program.lowered.machine).expect("JSON"),
        ),
    ];
    for asked in model.asked() {
        let bearer = format!("Bearer {MODEL_KEY}");
        assert_eq!(asked.header("authorization"), bearer, "the model is asked");
        // What a step sends back of what a model has said holds its key still: that is known there.
        let said = asked.body.replace(MODEL_KEY, "");
        left.push(("model".to_owned(), said.into_bytes()));
    }
    while let Ok((_, event)) = watched.try_recv() {
        left.push(("event".to_owned(), format!("{event:?}").into_bytes()));
    }
    collect(&laptop, &mut left).await;
    files(&outbox, &mut left);
    left.push(("log".to_owned(), LOG.lock().expect("no panic").clone()));
    is_whole(&left, &json!(report).to_string());
    search(&left);
    count(&left);
}

/// Everything is there, or the search would find nothing for another reason.
fn is_whole(left: &[(String, Vec<u8>)], steps: &str) {
    for kind in [
        "report", "machine", "model", "event", "item", "object", "history", "file",
    ] {
        assert!(
            left.iter().any(|(place, _)| place.starts_with(kind)),
            "no {kind} was searched"
        );
    }
    let (_, logged) = left.last().expect("the log");
    let logged = String::from_utf8_lossy(logged);
    assert!(logged.contains("step raised"), "nothing was logged");
    for step in [
        "reshape",
        "ask",
        "is_refused",
        "listen",
        "approve",
        "delegate",
    ] {
        assert!(
            steps.contains(&format!("\"step\":\"{step}\"")),
            "{step} did not run: {steps}"
        );
    }
    let shown = String::from_utf8_lossy(&left.first().expect("the report").1).into_owned();
    assert!(shown.contains("***"), "{shown}");
}

/// Says in how many places was searched.
#[expect(
    clippy::print_stderr,
    reason = "`cargo test -p pawl --test suite planted -- --nocapture` shows it"
)]
fn count(left: &[(String, Vec<u8>)]) {
    let mut places: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for (place, _) in left {
        *places
            .entry(place.split(' ').next().unwrap_or_default())
            .or_default() += 1;
    }
    let bytes: usize = left.iter().map(|(_, bytes)| bytes.len()).sum();
    eprintln!(
        "searched {} places, {bytes} bytes, for {} spellings: {places:?}",
        left.len(),
        needles().len()
    );
    assert!(left.len() > 300, "{places:?}");
}

/// Says to a run what it waits for.
async fn answer_it(laptop: &Laptop, run: &str) {
    let services = &laptop.services;
    laptop.local.settled().await;
    let payload = json!({ "word": "nothing secret" });
    pawl_functions::send(services, ORG, run, "go", &payload, None)
        .await
        .expect("it is heard");
    laptop.local.settled().await;
    let decision = serde_json::from_value(json!({ "approved": true, "by": "anna" }));
    let decision = decision.expect("a decision");
    pawl_functions::decide(services, ORG, run, Some("approve"), &decision)
        .await
        .expect("it is taken");
}

/// The workflow that is run from within: it gives back what it gets, by way of the server.
fn below(web: &str) -> String {
    let steps = json!([
        { "stepSlug": "send_on", "stepType": "request", "config": { "url": format!("{web}/json"), "method": "POST", "headers": { "x-key": "{{secrets.key}}" }, "body": "{{input}}" },
            "nextSteps": { "success": "give_back", "error": "give_back" } },
        { "stepSlug": "give_back", "stepType": "output", "config": { "mapping": { "all": "{{steps.send_on.output}}", "given": "{{input}}" } } }
    ]);
    let secrets = json!({ "secrets": { "key": { "envVar": "SHOP_KEY" } } });
    json!({ "name": "Planted below", "config": secrets, "steps": steps }).to_string()
}

fn compiled(text: &str) -> Program {
    let options = pawl_compiler::Options {
        level: Level::O1,
        hand_over_after: None,
        ..pawl_compiler::Options::default()
    };
    let compiled = compile(text, Notation::Json, options);
    let problems: Vec<_> = compiled
        .diagnostics
        .iter()
        .filter(|one| one.is_error())
        .collect();
    compiled.program.unwrap_or_else(|| panic!("{problems:?}"))
}

/// Everything was sent as it should be, or the search would find nothing for another reason.
fn was_sent(sent: &[Asked]) {
    let keys = sent
        .iter()
        .filter(|asked| asked.header("x-key") == SECRET)
        .count();
    assert_eq!(
        keys, 8,
        "in_header, fails twice, refused, moved twice, file, and the run below"
    );
    let [basic, bearer] = [
        format!("Basic {}", STANDARD.encode(format!("ada:{SECRET}"))),
        format!("Bearer {TOKEN}"),
    ];
    for wanted in [basic, bearer] {
        assert!(
            sent.iter()
                .any(|asked| asked.header("authorization") == wanted),
            "{wanted}"
        );
    }
    assert!(
        sent.iter()
            .any(|asked| asked.header("x-kept") == "kept-for-later")
    );
}

/// Fails where anything holds the secret in any encoding.
fn search(left: &[(String, Vec<u8>)]) {
    for needle in needles() {
        for (place, bytes) in left {
            let found = bytes
                .windows(needle.len())
                .position(|window| window == needle);
            if let Some(at) = found {
                let around = bytes.get(at.saturating_sub(80)..(at + 80).min(bytes.len()));
                let around = String::from_utf8_lossy(around.unwrap_or_default());
                panic!(
                    "{place} holds `{}`: {around}",
                    String::from_utf8_lossy(&needle)
                );
            }
        }
    }
}

/// Every item, every object and every history.
async fn collect(laptop: &Laptop, left: &mut Vec<(String, Vec<u8>)>) {
    let sdk = laptop.local.sdk_config();
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let scanned = dynamodb
        .scan()
        .table_name("pawl")
        .send()
        .await
        .expect("items");
    for item in scanned.items() {
        // Debug escapes; every text is looked at as it is, too.
        left.push(("item".to_owned(), format!("{item:?}").into_bytes()));
        let texts = item.values().filter_map(|value| value.as_s().ok());
        left.extend(texts.map(|text| ("item".to_owned(), text.clone().into_bytes())));
    }
    let s3 = aws_sdk_s3::config::Builder::from(&sdk)
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let listed = s3
        .list_objects_v2()
        .bucket("pawl")
        .send()
        .await
        .expect("objects");
    for object in listed.contents() {
        let key = object.key().unwrap_or_default();
        let got = s3
            .get_object()
            .bucket("pawl")
            .key(key)
            .send()
            .await
            .expect("an object");
        let bytes = got
            .body
            .collect()
            .await
            .expect("bytes")
            .into_bytes()
            .to_vec();
        left.push((format!("object {key}"), bytes));
    }
    let states = aws_sdk_sfn::Client::new(&sdk);
    let machines = states.list_state_machines().send().await.expect("machines");
    for machine in machines.state_machines() {
        let executions = states
            .list_executions()
            .state_machine_arn(machine.state_machine_arn());
        for execution in executions.send().await.expect("executions").executions() {
            let history = states
                .get_execution_history()
                .execution_arn(execution.execution_arn());
            let history = history.max_results(1000).send().await.expect("a history");
            left.push(("history".to_owned(), format!("{history:?}").into_bytes()));
        }
    }
}

fn files(folder: &Path, left: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let bytes = std::fs::read(entry.path()).expect("a mail");
        left.push((format!("file {}", entry.path().display()), bytes));
    }
}
