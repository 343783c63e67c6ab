//! EventBridge through its SDK client: events find their targets, and what does not arrive is not lost.

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::types::{
    DeadLetterConfig, InputTransformer, PutEventsRequestEntry, RetryPolicy, Target,
};
use aws_sdk_eventbridge::{Client, primitives::DateTime};
use aws_sdk_sfn::types::ExecutionStatus;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::raw::{attribute, bodies, messages, queue};
use crate::world::{World, machine, simulated, start_of_time};

pub(crate) const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:";
const ROLE: &str = "arn:aws:iam::000000000000:role/x";

pub(crate) fn client(world: &World) -> Client {
    Client::new(&world.local.sdk_config())
}

fn entry(source: &str, detail: &Value) -> PutEventsRequestEntry {
    PutEventsRequestEntry::builder()
        .source(source)
        .detail_type("order")
        .detail(detail.to_string())
        .build()
}

pub(crate) fn target(id: &str, arn: &str) -> aws_sdk_eventbridge::types::builders::TargetBuilder {
    Target::builder().id(id).arn(arn)
}

/// A rule on the default bus, and what it sends to.
async fn rule(client: &Client, name: &str, pattern: &Value, targets: Vec<Target>) {
    let put = client
        .put_rule()
        .name(name)
        .event_pattern(pattern.to_string());
    put.send().await.expect("a rule");
    let put = client.put_targets().rule(name).set_targets(Some(targets));
    let put = put.send().await.expect("targets");
    assert_eq!(put.failed_entry_count, 0);
}

async fn put(client: &Client, entries: Vec<PutEventsRequestEntry>) -> Vec<String> {
    let put = client.put_events().set_entries(Some(entries)).send().await;
    let put = put.expect("an answer");
    put.entries()
        .iter()
        .map(|entry| {
            entry
                .event_id()
                .or(entry.error_code())
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

fn seen(world: &World, function: &str) -> Vec<Value> {
    let seen = world.seen.lock().expect("nobody else holds it");
    seen.iter()
        .filter(|(name, _)| name == function)
        .map(|(_, payload)| payload.clone())
        .collect()
}

#[tokio::test]
async fn an_event_reaches_every_target_of_every_rule_it_is_for() {
    let world = simulated().await;
    let client = client(&world);
    let passes = machine(&json!({ "first": { "Type": "Pass", "End": true } }));
    let version = world.create("passes", &passes).await;
    let (url, queue_arn) = queue(&world.local, "orders", json!({})).await;
    let transformer = InputTransformer::builder()
        .input_paths_map("total", "$.detail.total")
        .input_template(r#"{"total": <total>, "rule": <aws.events.rule-name>}"#)
        .build()
        .expect("a transformer");
    let targets = vec![
        target("function", &format!("{FUNCTION}echo"))
            .build()
            .expect("a target"),
        target("machine", &version)
            .role_arn(ROLE)
            .input_path("$.detail")
            .build()
            .expect("a target"),
        target("queue", &queue_arn)
            .input_transformer(transformer)
            .build()
            .expect("a target"),
    ];
    rule(
        &client,
        "large",
        &json!({ "source": ["shop"], "detail": { "total": [{ "numeric": [">", 100] }] } }),
        targets,
    )
    .await;

    let time = DateTime::from_secs(1_700_000_000);
    let large = PutEventsRequestEntry::builder()
        .source("shop")
        .detail_type("order")
        .detail(r#"{"total": 120}"#)
        .time(time)
        .resources("one");
    let ids = put(
        &client,
        vec![large.build(), entry("shop", &json!({ "total": 80 }))],
    )
    .await;
    world.local.settled().await;

    let id = ids.first().expect("an id");
    let expected = json!({
        "version": "0", "id": id, "detail-type": "order", "source": "shop", "account": "000000000000",
        "time": "2023-11-14T22:13:20Z", "region": "us-east-1", "resources": ["one"], "detail": { "total": 120 },
    });
    assert_eq!(seen(&world, "echo"), [expected]);
    let bodies = bodies(&world.local, &url).await;
    assert_eq!(bodies, [r#"{"total": 120, "rule": "large"}"#]);
    let executions = world.client.list_executions().state_machine_arn(&version);
    let executions = executions.send().await.expect("a list").executions;
    let [execution] = executions.as_slice() else {
        panic!("not one execution: {executions:?}");
    };
    assert!(
        execution.name.starts_with(id.as_str()),
        "{}",
        execution.name
    );
    let outcome = world.outcome(&execution.execution_arn).await;
    assert_eq!(
        outcome,
        (ExecutionStatus::Succeeded, r#"{"total":120}"#.to_owned())
    );

    client
        .disable_rule()
        .name("large")
        .send()
        .await
        .expect("it is switched off");
    put(&client, vec![entry("shop", &json!({ "total": 200 }))]).await;
    world.local.settled().await;
    assert_eq!(seen(&world, "echo").len(), 1);
}

#[tokio::test]
async fn entries_are_refused_one_by_one() {
    let world = simulated().await;
    let client = client(&world);
    let whole = || {
        PutEventsRequestEntry::builder()
            .source("shop")
            .detail_type("order")
            .detail("{}")
    };
    let rows = [
        (whole().build(), None, None),
        (
            PutEventsRequestEntry::builder()
                .detail_type("order")
                .detail("{}")
                .build(),
            Some("InvalidArgument"),
            Some("Parameter Source is not valid. Reason: Source is a required argument."),
        ),
        (
            PutEventsRequestEntry::builder()
                .source("shop")
                .detail("{}")
                .build(),
            Some("InvalidArgument"),
            Some("Parameter DetailType is not valid. Reason: DetailType is a required argument."),
        ),
        (
            PutEventsRequestEntry::builder()
                .source("shop")
                .detail_type("order")
                .build(),
            Some("InvalidArgument"),
            Some("Parameter Detail is not valid. Reason: Detail is a required argument."),
        ),
        (
            whole().detail("[1]").build(),
            Some("MalformedDetail"),
            Some("Detail is malformed."),
        ),
        (
            whole().source("aws.ec2").build(),
            Some("NotAuthorizedForSourceException"),
            Some("Not authorized for the source."),
        ),
    ];
    let entries: Vec<_> = rows.iter().map(|(entry, ..)| entry.clone()).collect();
    let answer = client
        .put_events()
        .set_entries(Some(entries))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.failed_entry_count, 5);
    for ((_, code, message), found) in rows.iter().zip(answer.entries()) {
        assert_eq!(
            (found.error_code(), found.error_message()),
            (*code, *message)
        );
        assert_eq!(found.event_id().is_some(), code.is_none());
    }
    let eleven = client
        .put_events()
        .set_entries(Some(vec![whole().build(); 11]))
        .send()
        .await;
    assert_eq!(
        eleven.expect_err("too many").code(),
        Some("ValidationException")
    );
    let heavy = whole()
        .detail(json!({ "a": "x".repeat(1_048_576) }).to_string())
        .build();
    let heavy = client
        .put_events()
        .entries(heavy)
        .send()
        .await
        .expect_err("too large");
    assert_eq!(
        heavy.message(),
        Some("Total size of the entries in the request is over the limit.")
    );
}

#[tokio::test]
async fn what_cannot_be_delivered_ends_among_the_dead_letters() {
    let world = simulated().await;
    let client = client(&world);
    let (dead, dead_arn) = queue(&world.local, "dead", json!({})).await;
    let letters = || DeadLetterConfig::builder().arn(&dead_arn).build();
    let targets = vec![
        target("function", &format!("{FUNCTION}missing"))
            .dead_letter_config(letters())
            .build()
            .expect("a target"),
        target("queue", "arn:aws:sqs:us-east-1:000000000000:missing")
            .dead_letter_config(letters())
            .build()
            .expect("a target"),
    ];
    rule(&client, "lost", &json!({ "source": ["shop"] }), targets).await;
    put(&client, vec![entry("shop", &json!({ "a": 1 }))]).await;
    world.local.settled().await;
    let found = messages(&world.local, &dead).await;
    let facts: Vec<_> = found
        .iter()
        .map(|message| {
            (
                attribute(message, "ERROR_CODE"),
                attribute(message, "RETRY_ATTEMPTS"),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            (Some("NO_RESOURCE"), Some("0")),
            (Some("NO_RESOURCE"), Some("0"))
        ]
    );
    for message in &found {
        assert_eq!(
            attribute(message, "RULE_ARN"),
            Some("arn:aws:events:us-east-1:000000000000:rule/lost")
        );
        let body = message.get("Body").and_then(Value::as_str).expect("a body");
        let event: Value = serde_json::from_str(body).expect("the event");
        assert_eq!(event.get("detail"), Some(&json!({ "a": 1 })));
    }
}

#[tokio::test]
async fn a_function_that_fails_is_invoked_twice_more() {
    let world = simulated().await;
    let client = client(&world);
    let policy = RetryPolicy::builder().maximum_retry_attempts(0).build();
    let failing = target("function", &format!("{FUNCTION}broken")).retry_policy(policy);
    rule(
        &client,
        "fails",
        &json!({ "source": ["shop"] }),
        vec![failing.build().expect("a target")],
    )
    .await;
    put(&client, vec![entry("shop", &json!({}))]).await;
    world.local.settled().await;
    // How often is Lambda's business, whatever the rule says about its own retries.
    assert_eq!(seen(&world, "broken").len(), 3);
    let passed = world.local.clock().now().duration_since(start_of_time());
    assert_eq!(passed, SignedDuration::from_mins(3));
}

#[tokio::test]
async fn an_event_goes_from_one_bus_to_another_and_no_further() {
    let world = simulated().await;
    let client = client(&world);
    let mut arns = Vec::new();
    for name in ["second", "third"] {
        let made = client
            .create_event_bus()
            .name(name)
            .send()
            .await
            .expect("a bus");
        arns.push(made.event_bus_arn.expect("its ARN"));
    }
    let [second, third] = arns.as_slice() else {
        panic!("two buses")
    };
    let pattern = json!({ "source": ["shop"] });
    rule(
        &client,
        "on",
        &pattern,
        vec![
            target("bus", second)
                .role_arn(ROLE)
                .build()
                .expect("a target"),
        ],
    )
    .await;
    for (bus, arn, function) in [
        ("second", third.as_str(), "echo"),
        ("third", second.as_str(), "flaky"),
    ] {
        let put = client
            .put_rule()
            .name("on")
            .event_bus_name(bus)
            .event_pattern(pattern.to_string());
        put.send().await.expect("a rule");
        let put = client.put_targets().rule("on").event_bus_name(bus);
        let put = put.targets(target("bus", arn).role_arn(ROLE).build().expect("a target"));
        let function = target("function", &format!("{FUNCTION}{function}")).build();
        put.targets(function.expect("a target"))
            .send()
            .await
            .expect("targets");
    }
    put(&client, vec![entry("shop", &json!({}))]).await;
    world.local.settled().await;
    assert_eq!(
        (seen(&world, "echo").len(), seen(&world, "flaky").len()),
        (1, 0)
    );
}

#[tokio::test]
async fn a_rule_with_a_schedule_fires_by_itself() {
    let world = simulated().await;
    let client = client(&world);
    let put = client
        .put_rule()
        .name("hourly")
        .schedule_expression("rate(1 hour)");
    put.send().await.expect("a rule");
    let echo = target("function", &format!("{FUNCTION}echo"))
        .build()
        .expect("a target");
    client
        .put_targets()
        .rule("hourly")
        .targets(echo)
        .send()
        .await
        .expect("targets");
    world
        .local
        .pass_until(start_of_time() + SignedDuration::from_mins(150))
        .await;
    let times: Vec<_> = seen(&world, "echo")
        .iter()
        .map(|event| event.get("time").cloned())
        .collect();
    assert_eq!(
        times,
        [
            Some(json!("2026-01-01T01:00:00Z")),
            Some(json!("2026-01-01T02:00:00Z"))
        ]
    );
    let event = seen(&world, "echo").pop().expect("an event");
    assert_eq!(event.get("detail-type"), Some(&json!("Scheduled Event")));
    assert_eq!(
        event.get("resources"),
        Some(&json!([
            "arn:aws:events:us-east-1:000000000000:rule/hourly"
        ]))
    );
    // A day is over in no time, and a rule that is gone does not fire.
    client
        .remove_targets()
        .rule("hourly")
        .ids("function")
        .send()
        .await
        .expect("removed");
    client
        .delete_rule()
        .name("hourly")
        .send()
        .await
        .expect("deleted");
    world
        .local
        .pass_until(start_of_time() + SignedDuration::from_hours(24))
        .await;
    assert_eq!(seen(&world, "echo").len(), 2);
}
