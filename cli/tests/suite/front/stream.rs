//! Streams: the whole story, live and late, resumed anywhere, and who may read it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use http::Response;
use pawl_api::{App, Role, Settings};
use pawl_functions::{Decision, decide};
use pawl_store::Change;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Front, greeting};
use crate::corpus::root;
use crate::stage::{calls, says, with_model};
use crate::web::Web;

/// An event as a client gets it.
#[derive(Debug, Clone, PartialEq)]
struct Got {
    id: Option<u64>,
    event: String,
    data: Value,
}

impl Got {
    fn text(&self, name: &str) -> &str {
        self.data[name].as_str().unwrap_or_default()
    }

    /// The event in few words.
    fn brief(&self) -> String {
        let words = ["step", "status", "content", "tool", "code"].map(|name| self.text(name));
        let words = words.into_iter().filter(|word| !word.is_empty());
        let words: Vec<&str> = std::iter::once(self.event.as_str()).chain(words).collect();
        words.join(" ")
    }
}

/// A stream that is being read.
struct Reading {
    body: axum::body::BodyDataStream,
    text: String,
}

impl Reading {
    /// The next event; none where the stream has ended.
    async fn next(&mut self) -> Option<Got> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (got, rest) = (parse(event), rest.to_owned());
                self.text = rest;
                if got.is_some() {
                    return got;
                }
                continue;
            }
            let read = tokio::time::timeout(Duration::from_mins(1), self.body.next()).await;
            let bytes = read.expect("something within a minute")?.expect("bytes");
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Everything up to an event that is wanted; to the end where none is.
    async fn until(&mut self, is_wanted: impl Fn(&Got) -> bool) -> Vec<Got> {
        let mut got = Vec::new();
        while let Some(event) = self.next().await {
            let is_last = is_wanted(&event);
            got.push(event);
            if is_last {
                break;
            }
        }
        got
    }

    async fn rest(&mut self) -> Vec<Got> {
        self.until(|_| false).await
    }
}

fn parse(text: &str) -> Option<Got> {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Some(Got {
        event: field("event: ")?.to_owned(),
        id: field("id: ").map(|id| id.parse().expect("a number")),
        data: serde_json::from_str(field("data: ")?).expect("JSON"),
    })
}

impl Front {
    async fn start(&self, id: &str, body: Value) -> String {
        let path = format!("/api/workflows/{id}/execute");
        let started = self.want(202, "POST", &path, body).await;
        started["execution_id"].as_str().expect("an id").to_owned()
    }

    async fn open_stream(&self, path: &str, last: Option<u64>) -> Response<Body> {
        let mut request = self.request("GET", path);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).expect("a request");
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
    }

    async fn follow(&self, run: &str, last: Option<u64>) -> Reading {
        let path = format!("/api/executions/{run}/stream");
        let response = self.open_stream(&path, last).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Reading {
            body: response.into_body().into_data_stream(),
            text: String::new(),
        }
    }

    /// The story that a client is told who comes now, as events of the run alone.
    async fn story(&self, run: &str, last: Option<u64>) -> Vec<Got> {
        let mut got = self.follow(run, last).await.rest().await;
        got.retain(|event| event.id.is_some());
        got
    }

    async fn decide(&self, run: &str, decision: Value) {
        let decision: Decision = serde_json::from_value(decision).expect("a decision");
        let decided = decide(self.app_services(), "default", run, None, &decision).await;
        decided.expect("a decision that is taken");
    }

    fn app_services(&self) -> &pawl_functions::Services {
        &self.laptop.services
    }
}

/// Whoever is cut off behind any event gets exactly the rest.
async fn holds_at_every_id(front: &Front, run: &str, story: &[Got]) {
    let ids: Vec<u64> = story.iter().filter_map(|event| event.id).collect();
    assert_eq!(ids, (1..).take(ids.len()).collect::<Vec<u64>>());
    for (before, id) in ids.iter().enumerate().take(ids.len() - 1) {
        let rest = front.story(run, Some(*id)).await;
        assert_eq!(rest, story[before + 1..], "behind {id}");
    }
    let path = format!("/api/executions/{run}/stream");
    let over = front.open_stream(&path, ids.last().copied()).await;
    assert_eq!(
        over.status(),
        204,
        "nothing is left, and nobody need ask again"
    );
    let unknown = front.open_stream(&path, Some(ids.len() as u64 + 1)).await;
    assert_eq!(unknown.status(), 400);
}

fn briefs(story: &[Got]) -> Vec<String> {
    story.iter().map(Got::brief).collect()
}

fn asking() -> Value {
    json!({
        "name": "Ask",
        "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" },
              "nextSteps": { "approved": "say", "rejected": "end" } },
            { "stepSlug": "say", "stepType": "output", "config": { "mapping": { "text": "Done" } } },
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_client_gets_the_whole_story() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello {{input.name}}")).await;
    let run = front
        .start(&id, json!({ "input": { "name": "Ada" } }))
        .await;
    front.settled().await;
    let whole = front.follow(&run, None).await.rest().await;
    assert_eq!(
        briefs(&whole),
        [
            "connected",
            "status running",
            "step_start start",
            "step_complete start completed",
            "step_start greet",
            "step_complete greet completed",
            "status completed",
            "complete completed",
        ]
    );
    let last = whole.last().expect("an end");
    let expected = json!({ "text": "Hello Ada" });
    assert_eq!(last.data["result"], expected);
    assert_eq!(last.data["execution_id"], run.as_str());
    let greeted = whole
        .iter()
        .find(|event| event.brief().starts_with("step_complete greet"));
    assert_eq!(greeted.expect("a step").data["result"], expected);
    holds_at_every_id(&front, &run, &front.story(&run, None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_client_hears_of_an_approval_and_of_its_answer() {
    let front = Front::open().await;
    let id = front.publish(asking()).await;
    let run = front.start(&id, json!({})).await;
    let mut live = front.follow(&run, None).await;
    let before = live.until(|event| event.text("status") == "waiting").await;
    assert_eq!(
        before.last().expect("an event").brief(),
        "status ask waiting"
    );
    // Cut off while it waits, somebody reads on elsewhere.
    let last = before.last().and_then(|event| event.id);
    let mut other = front.follow(&run, last).await;
    front.decide(&run, json!({ "approved": true })).await;
    let after = live.rest().await;
    let mut there = other.rest().await;
    there.retain(|event| event.id.is_some());
    assert_eq!(there, after);
    assert_eq!(
        briefs(&after),
        [
            "step_complete ask completed",
            "status ask running",
            "step_start say",
            "step_complete say completed",
            "status completed",
            "complete completed",
        ]
    );
    let story = front.story(&run, None).await;
    let heard = before.into_iter().skip(1).chain(after);
    assert_eq!(story, heard.collect::<Vec<Got>>());
    holds_at_every_id(&front, &run, &story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_says_why_and_goes_on_when_it_is_resumed() {
    let front = Front::open().await;
    let id = front.publish(json!({
        "name": "Fail",
        "steps": [
            { "stepSlug": "mail", "stepType": "action", "config": { "type": "email_send",
                "parameters": { "to": "a@example.com", "subject": "Hi", "body": "Hello" } }, "nextSteps": { "success": "end" } },
        ],
    })).await;
    let body = json!({ "mocks": { "mail": [{ "error": { "code": "TOOL_ERROR", "message": "no" } }, { "sent": true }] } });
    let run = front.start(&id, body).await;
    front.settled().await;
    let first = front.story(&run, None).await;
    let ends = first.len() - 3;
    assert_eq!(
        briefs(&first[ends..]),
        ["error mail TOOL_ERROR", "status failed", "complete failed"]
    );
    assert_eq!(first[ends].data["error"], "no");
    holds_at_every_id(&front, &run, &first).await;
    let path = format!("/api/executions/{run}/resume");
    front.want(202, "POST", &path, Value::Null).await;
    front.settled().await;
    let ids = first.last().and_then(|event| event.id);
    let more = front.story(&run, ids).await;
    assert_eq!(
        more.first().map(Got::brief).as_deref(),
        Some("status running")
    );
    let end = more.last().expect("an end");
    assert_eq!(end.event, "complete");
    // Who comes now hears of one end.
    let story = front.story(&run, None).await;
    let ends = story.iter().filter(|event| event.event == "complete");
    assert_eq!(ends.collect::<Vec<_>>(), [end]);
    assert_eq!(story.len(), first.len() - 1 + more.len());
}

/// Every visit begins and ends once, and one after the other in its line.
fn is_in_order(story: &[Got]) {
    let mut open: BTreeMap<String, String> = BTreeMap::new();
    for event in story {
        let at = event.text("at").to_owned();
        let line = at.rsplit_once('/').map_or("", |(line, _)| line).to_owned();
        match event.event.as_str() {
            "step_start" => {
                let before = open.insert(line, at.clone());
                assert_eq!(before, None, "{at} begins before another one ended");
            }
            "step_complete" | "error" if !at.is_empty() => {
                assert_eq!(open.remove(&line), Some(at));
            }
            _ => {}
        }
    }
    assert_eq!(open, BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn strands_side_by_side_are_told_each_in_its_order() {
    let front = Front::open().await;
    for case in [
        "branches-and-a-merge",
        "loop-and-branches-in-items",
        "items-of-any-number-at-once",
        "branch-that-fails-and-is-caught",
        "branch-that-fails",
        "items-that-fail-and-the-others-go-on",
        "failure-two-branches-deep",
    ] {
        let folder = root().join("cases/side-by-side").join(case);
        let read = |name: &str| -> Option<Value> {
            let text = std::fs::read_to_string(folder.join(name)).ok()?;
            Some(serde_json::from_str(&text).expect("JSON"))
        };
        if let Some(data) = read("data.json") {
            let data = serde_json::from_value(data).expect("collections");
            front.laptop.load(&data).await.expect("data");
        }
        let id = front
            .publish(read("workflow.json").expect("a workflow"))
            .await;
        let body = json!({ "input": read("input.json").unwrap_or(json!({})), "mocks": read("mocks.json").unwrap_or(json!({})) });
        let run = front.start(&id, body).await;
        let mut live = front.follow(&run, None).await.rest().await;
        live.retain(|event| event.id.is_some());
        front.settled().await;
        let story = front.story(&run, None).await;
        assert_eq!(story, live, "{case}");
        is_in_order(&story);
        let path = format!("/api/executions/{run}/steps");
        let steps = front.want(200, "GET", &path, Value::Null).await;
        let mut recorded: Vec<&str> = steps
            .as_array()
            .expect("steps")
            .iter()
            .filter_map(|step| step["at"].as_str())
            .collect();
        let mut told: Vec<&str> = story
            .iter()
            .filter(|event| event.event == "step_start")
            .map(|event| event.text("at"))
            .collect();
        recorded.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, recorded, "{case}");
        if story.len() < 60 {
            holds_at_every_id(&front, &run, &story).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_says_is_told_before_its_step_ends() {
    let model = Web::serve(|_, before| match before {
        0 => calls("customer_get_by_id", &json!({ "customerId": "cust_1" })),
        _ => says("It is on its way."),
    });
    let front = Front::open_with(|settings| {
        settings.http_allow = vec!["127.0.0.1".to_owned()];
        with_model(settings, &model);
    })
    .await;
    let id = front.publish(json!({
        "name": "Help",
        "steps": [
            { "stepSlug": "help", "stepType": "llm", "config": {
                "systemPrompt": "Help.", "userPrompt": "Where is it?", "timeoutSeconds": 30, "tools": ["customer_get_by_id"] } },
        ],
    })).await;
    let run = front.start(&id, json!({})).await;
    let mut live = front.follow(&run, None).await.rest().await;
    live.retain(|event| event.id.is_some());
    let of_step: Vec<&Got> = live
        .iter()
        .filter(|event| event.text("step") == "help")
        .collect();
    let names: Vec<&str> = of_step.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(
        names,
        [
            "step_start",
            "tool_call",
            "tool_result",
            "delta",
            "step_complete"
        ],
        "{live:?}"
    );
    assert_eq!(
        of_step[1].data["arguments"],
        json!({ "customerId": "cust_1" })
    );
    assert_eq!(of_step[3].text("content"), "It is on its way.");
    let story = front.story(&run, None).await;
    assert_eq!(story, live);
    holds_at_every_id(&front, &run, &story).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_shows_that_it_is_alive() {
    let front = Front::open().await;
    let id = front.publish(json!({
        "name": "Sleep",
        "steps": [
            { "stepSlug": "first", "stepType": "approval", "config": { "message": "Begin?" }, "nextSteps": { "approved": "sleep" } },
            { "stepSlug": "sleep", "stepType": "delay", "config": { "seconds": 3600 }, "nextSteps": { "success": "second" } },
            { "stepSlug": "second", "stepType": "approval", "config": { "message": "End?" }, "nextSteps": { "approved": "end" } },
        ],
    })).await;
    let run = front.start(&id, json!({})).await;
    let mut live = front.follow(&run, None).await;
    live.until(|event| event.text("status") == "waiting").await;
    front.decide(&run, json!({ "approved": true })).await;
    // An hour passes at once.
    let beats = live.until(|event| event.event == "heartbeat").await;
    assert_eq!(beats.last().expect("a beat").id, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_one_stream_for_five_minutes() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello")).await;
    let run = front.start(&id, json!({})).await;
    let other = front
        .start(&id, json!({ "input": { "other": true } }))
        .await;
    front.settled().await;
    let viewer = front.with("default", Role::Viewer).await;
    let made = viewer
        .want(
            201,
            "POST",
            &format!("/api/executions/{run}/stream-token"),
            Value::Null,
        )
        .await;
    let token = made["token"].as_str().expect("a token");
    assert_eq!(
        made["url"],
        format!("http://pawl.test/api/executions/{run}/stream?token={token}")
    );
    let nobody = front.by("");
    let ask = async |run: &str, token: &str| {
        let path = format!("/api/executions/{run}/stream?token={token}");
        nobody.open_stream(&path, None).await.status().as_u16()
    };
    assert_eq!(ask(&run, token).await, 200);
    assert_eq!(ask(&other, token).await, 403);
    let (said, signature) = token.split_once('.').expect("two parts");
    for wrong in [
        String::new(),
        ".".to_owned(),
        said.to_owned(),
        format!("{said}."),
        format!(".{signature}"),
        format!("{said}.{}", &signature[1..]),
        format!("{said}.{signature}A"),
        format!("A{said}.{signature}"),
        format!("{}.{signature}", said.replace(['a', 'e'], "b")),
        "x".repeat(5_000),
    ] {
        assert_eq!(ask(&run, &wrong).await, 401, "{wrong}");
    }
    // A token of another organisation, which has a key of its own, reaches nothing of this one.
    let stranger = front.with("elsewhere", Role::Admin).await;
    let path = format!("/api/executions/{run}/stream-token");
    assert_eq!(stranger.ask("POST", &path, &Value::Null).await.status, 404);
    assert_eq!(
        stranger
            .ask(
                "GET",
                &format!("/api/executions/{run}/stream"),
                &Value::Null
            )
            .await
            .status,
        404
    );
    // Even the right key signs nothing for an organisation that it is not of.
    let kept: Option<pawl_store::Document<Value>> = front
        .laptop
        .services
        .store()
        .document("default", "signing", "streams")
        .await
        .expect("an answer");
    let kept = kept.expect("a key").value;
    assert_eq!(kept["is_sealed"], true);
    let copied = Change::create("signing", "streams", &kept);
    front
        .laptop
        .services
        .store()
        .change("elsewhere", [copied])
        .await
        .expect("a change");
    let forged = forged(said, "elsewhere");
    assert!([401, 503].contains(&ask(&run, &format!("{forged}.{signature}")).await));
    // Six minutes later.
    let id = front.publish(json!({
        "name": "Sleep",
        "steps": [{ "stepSlug": "sleep", "stepType": "delay", "config": { "seconds": 360 }, "nextSteps": { "success": "end" } }],
    })).await;
    front.start(&id, json!({})).await;
    front.settled().await;
    assert_eq!(ask(&run, token).await, 401);
}

/// What a token says, for another organisation.
fn forged(said: &str, org: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let said = URL_SAFE_NO_PAD.decode(said).expect("text");
    let mut claim: Value = serde_json::from_slice(&said).expect("JSON");
    claim["org"] = json!(org);
    URL_SAFE_NO_PAD.encode(claim.to_string())
}

#[tokio::test]
async fn pages_of_allowed_origins_may_ask() {
    let front = Front::open().await;
    for (origin, expected) in [
        ("http://localhost:5173", true),
        ("https://evil.example", false),
    ] {
        let request = front
            .by("")
            .request("OPTIONS", "/api/executions")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization");
        let answer = front
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(
            answer.headers.contains_key("access-control-allow-origin"),
            expected,
            "{origin}"
        );
        let request = front
            .by("")
            .request("GET", "/api/me")
            .header("origin", origin);
        let answer = front
            .send(request.body(Body::empty()).expect("a request"))
            .await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.headers.contains_key("access-control-allow-origin"),
            expected,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn where_streams_have_an_address_of_their_own_clients_are_sent_there() {
    let front = Front::open().await;
    let id = front.publish(greeting("Greet")).await;
    let path = front.run(&id, json!({})).await + "/stream";
    let settings = Settings {
        stream_url: Some("https://streams.test".to_owned()),
        ..Settings::default()
    };
    let app = App::new(front.laptop.services.clone(), settings);
    let elsewhere = Front {
        router: pawl_api::router(app.clone()),
        app,
        ..front.clone()
    };
    let sent = async |front: &Front, path: &str| {
        let request = front.request("GET", path).body(Body::empty());
        let answer = front.send(request.expect("a request")).await;
        assert_eq!(answer.status, 307, "{}", answer.body);
        answer.headers["location"]
            .to_str()
            .expect("text")
            .to_owned()
    };
    let there = sent(&elsewhere, &format!("{path}?last_event_id=2")).await;
    let address = there.strip_prefix("https://streams.test").expect(&there);
    // Who comes with a token is sent there with that one: nobody makes it good for longer.
    let again = sent(&elsewhere.by(""), address).await;
    assert_eq!(again, there);
    let streams = Front {
        router: pawl_api::stream_router(front.app.clone()),
        ..front.by("")
    };
    let told = async |path: &str| {
        let answer = streams.ask("GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body.as_str().expect("a stream").to_owned()
    };
    let (whole, _) = address.split_once("&last_event_id=").expect(address);
    let (whole, rest) = (told(whole).await, told(address).await);
    let (_, behind) = whole.split_once("id: 3\n").expect(&whole);
    assert!(rest.ends_with(&format!("\n\nid: 3\n{behind}")), "{rest}");
    assert!(!rest.contains("id: 2\n"), "{rest}");
    assert_eq!(
        streams.ask("GET", "/api/me", &Value::Null).await.status,
        404
    );
}
