//! Only so many may ask a model at a time, and who came first asks first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pawl_functions::LlmSettings;
use pawl_local::Faults;
use pawl_store::{Comer, Place, Standing, Turnstile};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::ask;
use crate::bench::{Bench, ORG};
use crate::web::{Web, json as in_json};

/// A model that takes a while, and knows how many ask at a time and in which order.
#[derive(Default)]
struct Counter {
    inside: AtomicUsize,
    most: AtomicUsize,
    order: Mutex<Vec<usize>>,
}

fn model(counter: &Arc<Counter>, takes: Duration) -> Web {
    let counter = Arc::clone(counter);
    Web::serve(move |asked, _| {
        let inside = counter.inside.fetch_add(1, Ordering::SeqCst) + 1;
        counter.most.fetch_max(inside, Ordering::SeqCst);
        let body: Value = serde_json::from_str(&asked.body).expect("JSON");
        let prompt = body.pointer("/messages/0/content").and_then(Value::as_str);
        let number = prompt.and_then(|prompt| prompt.parse().ok()).unwrap_or(0);
        counter.order.lock().expect("no panic").push(number);
        std::thread::sleep(takes);
        counter.inside.fetch_sub(1, Ordering::SeqCst);
        in_json(
            200,
            &json!({ "choices": [{ "message": { "content": "Fine." } }] }),
        )
    })
}

async fn bench(web: &Web, concurrency: Option<u32>) -> Arc<Bench> {
    let bench = Bench::set(Faults::none(), |settings| {
        settings.llm = Some(LlmSettings {
            base_url: web.url.clone(),
            api_key: None,
        });
        settings.model = Some("m".to_owned());
        settings.llm_concurrency = concurrency;
    });
    Arc::new(bench.await)
}

/// Runs `count` steps beside each other, each in a run of its own and a moment after the one before: their codes, which are empty where they do not fail.
async fn all_at_once(
    bench: &Arc<Bench>,
    count: usize,
    config: impl Fn(usize) -> Value,
) -> Vec<String> {
    let mut steps = JoinSet::new();
    for number in 0..count {
        let run = format!("run-{number:03}");
        let position = bench.begin_in_thread(&run, &run).await;
        let (bench, mut plan) = (Arc::clone(bench), ask(config(number)));
        if let Some(plan) = plan.as_object_mut() {
            plan.insert("timeoutSeconds".to_owned(), json!(120));
        }
        steps.spawn(async move { bench.code(&plan, &position).await });
        // So that it is known who came first.
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    steps.join_all().await
}

/// What each step asks.
type Config = fn(usize) -> Value;

#[tokio::test(flavor = "multi_thread")]
async fn never_too_many_ask_at_a_time_and_who_came_first_asks_first() {
    const RUNS: usize = 16;
    let own = |number: usize| json!({ "userPrompt": number.to_string(), "concurrency": 3 });
    let any = |number: usize| json!({ "userPrompt": number.to_string() });
    let rows: [(Option<u32>, Config, usize); 4] = [
        (None, own, 3),
        (Some(2), any, 2),
        // The narrower one counts.
        (Some(2), own, 2),
        (Some(5), own, 3),
    ];
    for (deployment, config, places) in rows {
        let counter = Arc::new(Counter::default());
        let web = model(&counter, Duration::from_millis(120));
        let bench = bench(&web, deployment).await;
        let codes = all_at_once(&bench, RUNS, config).await;
        assert!(codes.iter().all(String::is_empty), "{codes:?}");
        let most = counter.most.load(Ordering::SeqCst);
        assert!((2..=places).contains(&most), "{most} of {places}");
        let order = counter.order.lock().expect("no panic").clone();
        assert_eq!(order.len(), RUNS);
        let overtaken = |(place, number): (usize, &usize)| number.abs_diff(place);
        let most = order.iter().enumerate().map(overtaken).max();
        // They come within one moment; whoever finds a place free as they come need not stand in the queue.
        assert!(most <= Some(places + 1), "{order:?}");
    }
}

fn turnstile(places: u32) -> Turnstile {
    Turnstile {
        org: ORG.to_owned(),
        name: "test/ask".to_owned(),
        places,
    }
}

/// Somebody who comes now.
fn comer(bench: &Bench, who: &str) -> Comer {
    let now = bench.services_now();
    Comer {
        who: who.to_owned(),
        now: u64::try_from(now.as_millisecond()).expect("a moment"),
        time: now.to_string(),
        patience: 30_000,
    }
}

async fn enter(bench: &Bench, who: &str) -> Standing {
    let (turnstile, comer) = (turnstile(1), comer(bench, who));
    let entered = bench.store().enter(&turnstile, &comer);
    entered.await.expect("an answer")
}

async fn inside(bench: &Bench, who: &str) -> Place {
    match enter(bench, who).await {
        Standing::Inside(place) => place,
        Standing::Queued(before) => panic!("{who} has {before} before"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_one_that_died_is_free_after_a_while() {
    let counter = Arc::new(Counter::default());
    let web = model(&counter, Duration::ZERO);
    let bench = bench(&web, None).await;
    let position = bench.begin(json!({}), json!({})).await;
    inside(&bench, "dead").await;
    let plan = ask(json!({ "userPrompt": "1", "concurrency": 1 }));
    let time_passes = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(web.asked().is_empty(), "the place is taken");
        bench.pass(Duration::from_secs(31)).await;
    };
    let (code, ()) = tokio::join!(bench.code(&plan, &position), time_passes);
    assert_eq!((code.as_str(), web.asked().len()), ("", 1));
    // Who has left takes nobody's place.
    inside(&bench, "another").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_waits_keeps_its_turn_over_invocations() {
    let counter = Arc::new(Counter::default());
    let web = model(&counter, Duration::ZERO);
    let bench = bench(&web, None).await;
    let position = bench.begin(json!({}), json!({})).await;
    let place = inside(&bench, "first").await;
    let mut plan = ask(json!({ "userPrompt": "1", "concurrency": 1 }));
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("timeoutSeconds".to_owned(), json!(1));
    }
    for attempt in 0..2 {
        let code = bench.attempt(&plan, &position, attempt).await;
        assert_eq!(code.expect_err("it waits").code, "CONTINUE");
    }
    assert!(bench.records().await.is_empty(), "nothing has failed");
    assert_eq!(enter(&bench, "later").await, Standing::Queued(1));
    bench.store().leave(&place).await.expect("an answer");
    assert_eq!(enter(&bench, "later").await, Standing::Queued(1));
    bench.attempt(&plan, &position, 2).await.expect("its turn");
    inside(&bench, "later").await;
    let record = bench.records().await.pop().expect("a record");
    assert_eq!((record.attempts, web.asked().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_never_gets_its_turn_says_so() {
    let counter = Arc::new(Counter::default());
    let web = model(&counter, Duration::ZERO);
    let bench = bench(&web, None).await;
    let position = bench.begin(json!({}), json!({})).await;
    inside(&bench, "first").await;
    let store = bench.store();
    let turns = store.set_turns(
        ORG,
        &position.run,
        &position.at,
        u64::from(pawl_contract::MOST_WAITS),
    );
    turns.await.expect("an answer");
    let mut plan = ask(json!({ "userPrompt": "1", "concurrency": 1 }));
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("timeoutSeconds".to_owned(), json!(1));
    }
    let last = pawl_contract::MOST_WAITS;
    let error = bench
        .attempt(&plan, &position, last)
        .await
        .expect_err("no turn");
    assert_eq!(error.code, "RATE_LIMIT");
    let record = bench.records().await.pop().expect("a record");
    let message = record.error.expect("an error").message;
    assert_eq!(
        message,
        "only 1 may ask a model at a time, and there was no turn for this step"
    );
}
