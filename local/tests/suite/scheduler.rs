//! Schedules: they fire when they should, as often as they should, and say what they fire.

use aws_sdk_sfn::types::ExecutionStatus;
use jiff::{SignedDuration, Timestamp};
use pawl_local::{Clock, Options};
use serde_json::{Value, json};

use crate::raw::{Answered, attribute, bodies, messages, queue, scheduler};
use crate::world::{World, machine, open, simulated, start_of_time};

const ROLE: &str = "arn:aws:iam::000000000000:role/x";

pub(crate) fn with(base: Value, more: &Value) -> Value {
    let mut base = base;
    if let (Some(base), Some(more)) = (base.as_object_mut(), more.as_object()) {
        base.extend(more.clone());
    }
    base
}

pub(crate) fn schedule(expression: &str, target: &Value, more: &Value) -> Value {
    let base = json!({
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": with(json!({ "RoleArn": ROLE }), target),
    });
    with(base, more)
}

pub(crate) async fn create(world: &World, name: &str, schedule: Value) -> Answered {
    scheduler(
        &world.local,
        "POST",
        &format!("/schedules/{name}"),
        schedule,
    )
    .await
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

#[tokio::test]
async fn a_schedule_starts_an_execution_with_what_it_knows_of_itself() {
    let world = simulated().await;
    let passes = machine(&json!({ "first": { "Type": "Pass", "End": true } }));
    let version = world.create("passes", &passes).await;
    let input = json!({
        "at": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>",
        "attempt": "<aws.scheduler.attempt-number>", "arn": "<aws.scheduler.schedule-arn>",
    });
    let target = json!({ "Arn": version, "Input": input.to_string() });
    let in_berlin = json!({ "ScheduleExpressionTimezone": "Europe/Berlin" });
    let made = create(
        &world,
        "daily",
        schedule("cron(0 9 * * ? *)", &target, &in_berlin),
    )
    .await
    .ok();
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/daily";
    assert_eq!(made, json!({ "ScheduleArn": arn }));
    world.local.pass_until(moment("2026-04-01T00:00:00Z")).await;

    let executions = world.client.list_executions().state_machine_arn(&version);
    let executions = executions.send().await.expect("a list").executions;
    // January to March, one of them across the change of the clocks.
    assert_eq!(executions.len(), 90);
    let (status, output) = world
        .outcome(&executions.first().expect("the latest").execution_arn)
        .await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    let output: Value = serde_json::from_str(&output).expect("output is JSON");
    assert_eq!(output.get("at"), Some(&json!("2026-03-31T07:00:00Z")));
    assert_eq!(output.get("attempt"), Some(&json!("1")));
    assert_eq!(output.get("arn"), Some(&json!(arn)));
    let name = executions.first().map(|execution| json!(execution.name));
    assert_eq!(output.get("id"), name.as_ref());
    let winter = world
        .outcome(&executions.last().expect("the first").execution_arn)
        .await
        .1;
    assert!(winter.contains("2026-01-01T08:00:00Z"), "{winter}");
}

#[tokio::test]
async fn a_rate_begins_and_ends_where_it_was_told_to() {
    let world = simulated().await;
    let (url, arn) = queue(&world.local, "ticks", json!({})).await;
    let target = json!({ "Arn": arn, "Input": "<aws.scheduler.scheduled-time>" });
    let dates = json!({
        "StartDate": moment("2026-01-01T00:10:00Z").as_second(),
        "EndDate": moment("2026-01-01T00:31:00Z").as_second(),
        "ActionAfterCompletion": "DELETE",
    });
    create(
        &world,
        "ticks",
        schedule("rate(10 minutes)", &target, &dates),
    )
    .await
    .ok();
    world.local.pass_until(moment("2026-01-02T00:00:00Z")).await;
    let mut found = bodies(&world.local, &url).await;
    found.sort();
    assert_eq!(
        found,
        [
            "2026-01-01T00:10:00Z",
            "2026-01-01T00:20:00Z",
            "2026-01-01T00:30:00Z"
        ]
    );
    let (code, message) = scheduler(&world.local, "GET", "/schedules/ticks", Value::Null)
        .await
        .refused();
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "ResourceNotFoundException",
            "Schedule ticks does not exist."
        )
    );
}

#[tokio::test]
async fn once_is_once_and_a_window_is_kept() {
    let world = simulated().await;
    let (url, arn) = queue(&world.local, "ticks", json!({})).await;
    let target = json!({ "Arn": arn, "Input": "once" });
    let window =
        json!({ "FlexibleTimeWindow": { "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30 } });
    create(
        &world,
        "once",
        schedule("at(2026-01-02T12:00:00)", &target, &window),
    )
    .await
    .ok();
    world.local.pass_until(moment("2026-01-02T11:59:59Z")).await;
    assert!(bodies(&world.local, &url).await.is_empty());
    world.local.pass_until(moment("2026-01-03T00:00:00Z")).await;
    let found = messages(&world.local, &url).await;
    let [message] = found.as_slice() else {
        panic!("not one message: {found:?}")
    };
    let sent = message
        .pointer("/Attributes/SentTimestamp")
        .and_then(Value::as_str);
    let sent = sent
        .and_then(|sent| sent.parse().ok())
        .map(Timestamp::from_millisecond);
    let sent = sent.expect("a number").expect("a moment");
    let late = sent.duration_since(moment("2026-01-02T12:00:00Z"));
    assert!(
        late > SignedDuration::ZERO && late < SignedDuration::from_mins(30),
        "{late}"
    );
}

#[tokio::test]
async fn every_kind_of_target_is_reached() {
    let world = simulated().await;
    let passes = machine(&json!({ "first": { "Type": "Pass", "End": true } }));
    let version = world.create("passes", &passes).await;
    let (url, queue_arn) = queue(&world.local, "ticks", json!({})).await;
    let events = aws_sdk_eventbridge::Client::new(&world.local.sdk_config());
    events
        .put_rule()
        .name("r")
        .event_pattern(r#"{"source":["clock"]}"#)
        .send()
        .await
        .expect("a rule");
    let to_queue = aws_sdk_eventbridge::types::Target::builder()
        .id("q")
        .arn(&queue_arn)
        .input_path("$.detail")
        .build();
    events
        .put_targets()
        .rule("r")
        .targets(to_queue.expect("a target"))
        .send()
        .await
        .expect("targets");
    let targets = [
        json!({ "Arn": "arn:aws:lambda:us-east-1:000000000000:function:echo" }),
        json!({ "Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default", "Input": "{\"by\":\"bus\"}",
            "EventBridgeParameters": { "DetailType": "tick", "Source": "clock" } }),
        json!({ "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
            "Input": json!({ "QueueUrl": url, "MessageBody": "universal" }).to_string() }),
        json!({ "Arn": "arn:aws:scheduler:::aws-sdk:sfn:startExecution",
            "Input": json!({ "StateMachineArn": version, "Input": "{\"a\":1}" }).to_string() }),
        json!({ "Arn": "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents",
            "Input": json!({ "Entries": [{ "Source": "clock", "DetailType": "tick", "Detail": "{\"by\":\"universal\"}" }] }).to_string() }),
    ];
    for (number, target) in targets.iter().enumerate() {
        create(
            &world,
            &format!("s{number}"),
            schedule("at(2026-01-01T01:00:00)", target, &json!({})),
        )
        .await
        .ok();
    }
    world.local.pass_until(moment("2026-01-01T02:00:00Z")).await;
    let mut found = bodies(&world.local, &url).await;
    found.sort();
    assert_eq!(
        found,
        ["universal", r#"{"by":"bus"}"#, r#"{"by":"universal"}"#]
    );
    let executions = world.client.list_executions().state_machine_arn(&version);
    assert_eq!(executions.send().await.expect("a list").executions.len(), 1);
    let seen = world.seen.lock().expect("nobody else holds it");
    let notice = seen
        .iter()
        .find(|(name, _)| name == "echo")
        .map(|(_, payload)| payload);
    let notice = notice.expect("the function was invoked");
    assert_eq!(notice.get("source"), Some(&json!("aws.scheduler")));
    assert_eq!(notice.get("time"), Some(&json!("2026-01-01T01:00:00Z")));
}

#[tokio::test]
async fn what_cannot_be_delivered_ends_among_the_dead_letters() {
    let world = simulated().await;
    let (dead, dead_arn) = queue(&world.local, "dead", json!({})).await;
    let target = json!({
        "Arn": "arn:aws:sqs:us-east-1:000000000000:missing", "Input": "attempt <aws.scheduler.attempt-number>",
        "DeadLetterConfig": { "Arn": dead_arn },
    });
    create(
        &world,
        "lost",
        schedule("at(2026-01-01T01:00:00)", &target, &json!({})),
    )
    .await
    .ok();
    world.local.pass_until(moment("2026-01-01T02:00:00Z")).await;
    let found = messages(&world.local, &dead).await;
    let message = found.first().expect("a dead letter");
    assert_eq!(message.get("Body"), Some(&json!("attempt 1")));
    assert_eq!(attribute(message, "ERROR_CODE"), Some("QueueDoesNotExist"));
    assert_eq!(
        attribute(message, "SCHEDULED_TIME"),
        Some("2026-01-01T01:00:00Z")
    );
    assert_eq!(
        attribute(message, "SCHEDULE_ARN"),
        Some("arn:aws:scheduler:us-east-1:000000000000:schedule/default/lost")
    );
}

#[tokio::test]
async fn a_schedule_that_changes_forgets_what_it_was() {
    let world = simulated().await;
    let (url, arn) = queue(&world.local, "ticks", json!({})).await;
    let target = json!({ "Arn": arn, "Input": "<aws.scheduler.scheduled-time>" });
    create(
        &world,
        "s",
        schedule("cron(0 1 * * ? *)", &target, &json!({})),
    )
    .await
    .ok();
    let changed = schedule("cron(0 2 * * ? *)", &target, &json!({}));
    scheduler(&world.local, "PUT", "/schedules/s", changed.clone())
        .await
        .ok();
    world.local.pass_until(moment("2026-01-02T00:00:00Z")).await;
    assert_eq!(bodies(&world.local, &url).await, ["2026-01-01T02:00:00Z"]);
    let off = with(changed, &json!({ "State": "DISABLED" }));
    scheduler(&world.local, "PUT", "/schedules/s", off)
        .await
        .ok();
    let receipt = world.local.clock().now() + SignedDuration::from_hours(48);
    world.local.pass_until(receipt).await;
    assert_eq!(
        bodies(&world.local, &url).await.len(),
        1,
        "only the one from before"
    );
}

#[tokio::test]
async fn what_was_missed_while_nothing_ran_happens_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = |now: Timestamp| Options {
        state: Some(folder.path().to_owned()),
        clock: Clock::simulated(now),
        ..Options::default()
    };
    let world = open(options(start_of_time())).await;
    let (url, arn) = queue(&world.local, "ticks", json!({})).await;
    let target = json!({ "Arn": arn, "Input": "<aws.scheduler.scheduled-time>" });
    create(
        &world,
        "ticks",
        schedule("cron(0 * * * ? *)", &target, &json!({})),
    )
    .await
    .ok();
    world.local.pass_until(moment("2026-01-01T02:30:00Z")).await;
    let World { local, client, .. } = world;
    drop(client);
    local.close().await;

    let later = moment("2026-01-03T07:20:00Z");
    let world = open(options(later)).await;
    world.local.go_on("").await.expect("it goes on");
    world.local.pass_until(moment("2026-01-03T08:10:00Z")).await;
    let mut found = bodies(&world.local, &url).await;
    found.sort();
    let expected = [
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00Z",
        "2026-01-01T02:00:00Z",
        "2026-01-03T07:00:00Z",
        "2026-01-03T08:00:00Z",
    ];
    assert_eq!(found, expected);
}
