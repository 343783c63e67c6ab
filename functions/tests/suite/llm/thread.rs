//! Threads: what steps and runs tell each other.

use serde_json::{Value, json};

use super::{ask, bench, member, request, says};
use crate::bench::ORG;

fn named(step: &str, config: Value) -> Value {
    let mut plan = ask(config);
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("step".to_owned(), step.into());
    }
    plan
}

/// The messages of a request in lines: `role text`.
fn told(request: &Value) -> Vec<String> {
    let messages = member(request, "/messages").as_array().cloned();
    let line = |message: &Value| {
        let text = |name: &str| {
            member(message, name)
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        format!("{} {}", text("/role"), text("/content"))
    };
    messages.unwrap_or_default().iter().map(line).collect()
}

#[tokio::test]
async fn steps_and_runs_of_a_thread_know_what_was_said() {
    let (bench, heard) = bench([says("They log in daily."), says("Active."), says("Still.")]).await;
    let first = bench.begin_in_thread("run-a", "t-1").await;
    let collect = named(
        "collect",
        json!({ "systemPrompt": "You collect.", "userPrompt": "Look at c1." }),
    );
    let analyse = named(
        "analyse",
        json!({ "systemPrompt": "You analyse.", "userPrompt": "So?" }),
    );
    let second = bench.task(&collect, &first).await.expect("a position");
    bench.task(&analyse, &second).await.expect("a position");
    let later = bench.begin_in_thread("run-b", "t-1").await;
    bench.task(&analyse, &later).await.expect("a position");

    assert_eq!(
        told(&request(&heard)),
        ["system You collect.", "user Look at c1."]
    );
    let shared = [
        "user Look at c1.",
        "assistant They log in daily.",
        "user So?",
    ];
    let expected = |more: &[&'static str]| [&["system You analyse."], &shared[..], more].concat();
    assert_eq!(told(&request(&heard)), expected(&[]));
    assert_eq!(
        told(&request(&heard)),
        expected(&["assistant Active.", "user So?"])
    );

    let said = bench.store().thread(ORG, "t-1").await.expect("messages");
    let lines: Vec<String> = said
        .iter()
        .map(|said| format!("{} {} {}#{}", said.run, said.step, said.at, said.number))
        .collect();
    let expected = [
        "run-a collect 000001#0",
        "run-a collect 000001#1",
        "run-a analyse 000002#0",
        "run-a analyse 000002#1",
        "run-b analyse 000001#0",
        "run-b analyse 000001#1",
    ];
    assert_eq!(lines, expected);
    let threads = bench.store().threads(ORG, 10).await.expect("threads");
    let lists: Vec<_> = threads
        .iter()
        .map(|thread| {
            (
                thread.thread.as_str(),
                thread.run.as_str(),
                thread.step.as_str(),
            )
        })
        .collect();
    assert_eq!(lists, [("t-1", "run-b", "analyse")]);
}

#[tokio::test]
async fn a_step_without_a_thread_has_one_of_its_own() {
    let (bench, heard) = bench([says("One."), says("Two.")]).await;
    let first = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "userPrompt": "Say something." }));
    let second = bench.task(&plan, &first).await.expect("a position");
    bench.task(&plan, &second).await.expect("a position");
    for _ in 0..2 {
        assert_eq!(told(&request(&heard)), ["user Say something."]);
    }
    let threads = bench.store().threads(ORG, 10).await.expect("threads");
    let mut names: Vec<_> = threads.into_iter().map(|thread| thread.thread).collect();
    names.sort();
    assert_eq!(names, ["run-1/000001", "run-1/000002"]);
}
