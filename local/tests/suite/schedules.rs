//! Schedules and their groups: what is kept, listed, deleted and refused.

use serde_json::{Value, json};

use crate::raw::scheduler;
use crate::scheduler::{create, schedule, with};
use crate::world::{World, simulated, start_of_time};

const GROUP: &str = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/red";

fn in_group(group: &str) -> Value {
    let target =
        json!({ "Arn": "arn:aws:lambda:us-east-1:000000000000:function:echo", "Input": "{}" });
    let more = json!({ "State": "DISABLED", "ClientToken": "t", "GroupName": group });
    schedule("rate(1 day)", &target, &more)
}

async fn ask(world: &World, method: &str, path: &str, body: Value) -> Value {
    scheduler(&world.local, method, path, body).await.ok()
}

/// The names of the schedules that a query finds, and the token of the next page.
async fn list(world: &World, query: &str) -> (Vec<String>, Option<String>) {
    let found = ask(world, "GET", &format!("/schedules{query}"), Value::Null).await;
    let schedules = found
        .get("Schedules")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let names = schedules
        .iter()
        .filter_map(|schedule| schedule.get("Name")?.as_str());
    let token = found
        .get("NextToken")
        .and_then(Value::as_str)
        .map(str::to_owned);
    (names.map(str::to_owned).collect(), token)
}

#[tokio::test]
async fn a_schedule_is_made_once() {
    let world = simulated().await;
    let (code, message) = create(&world, "a", in_group("red")).await.refused();
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "ResourceNotFoundException",
            "Schedule group red does not exist."
        )
    );
    let made = ask(&world, "POST", "/schedule-groups/red", json!({})).await;
    assert_eq!(made, json!({ "ScheduleGroupArn": GROUP }));
    create(&world, "a", in_group("red")).await.ok();
    // The same request again is answered again; another one of the same name is not.
    create(&world, "a", in_group("red")).await.ok();
    let other = with(in_group("red"), &json!({ "ClientToken": "u" }));
    let (code, message) = create(&world, "a", other).await.refused();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ConflictException", "Schedule a already exists.")
    );

    let found = ask(&world, "GET", "/schedules/a?groupName=red", Value::Null).await;
    let policy = json!({ "MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185 });
    assert_eq!(found.pointer("/Target/RetryPolicy"), Some(&policy));
    assert_eq!(found.get("State"), Some(&json!("DISABLED")));
    assert_eq!(found.get("ScheduleExpressionTimezone"), Some(&json!("UTC")));
    let created = found
        .get("CreationDate")
        .and_then(Value::as_f64)
        .map(|seconds| seconds.to_string());
    assert_eq!(created, Some(start_of_time().as_second().to_string()));
}

#[tokio::test]
async fn schedules_are_listed_in_pages_and_go_with_their_group() {
    let world = simulated().await;
    ask(&world, "POST", "/schedule-groups/red", json!({})).await;
    for name in ["a", "b", "c"] {
        create(&world, name, in_group("red")).await.ok();
    }
    let (names, token) = list(&world, "?ScheduleGroup=red&MaxResults=2").await;
    assert_eq!(names, ["a", "b"]);
    let next = format!(
        "?ScheduleGroup=red&MaxResults=2&NextToken={}",
        token.expect("there is more")
    );
    assert_eq!(list(&world, &next).await, (vec!["c".to_owned()], None));
    assert_eq!(list(&world, "?State=ENABLED").await.0, [""; 0]);
    assert_eq!(list(&world, "?NamePrefix=b").await.0, ["b"]);
    ask(&world, "DELETE", "/schedules/b?groupName=red", Value::Null).await;
    assert_eq!(list(&world, "").await.0, ["a", "c"]);
    ask(&world, "DELETE", "/schedule-groups/red", Value::Null).await;
    assert_eq!(list(&world, "").await.0, [""; 0]);
}

#[tokio::test]
async fn groups_have_tags() {
    let world = simulated().await;
    let tags = json!({ "Tags": [{ "Key": "team", "Value": "x" }] });
    ask(&world, "POST", "/schedule-groups/red", tags).await;
    let path = format!("/tags/{}", GROUP.replace(':', "%3A").replace('/', "%2F"));
    ask(
        &world,
        "POST",
        &path,
        json!({ "Tags": [{ "Key": "b", "Value": "y" }] }),
    )
    .await;
    ask(
        &world,
        "DELETE",
        &format!("{path}?TagKeys=team"),
        Value::Null,
    )
    .await;
    let tags = ask(&world, "GET", &path, Value::Null).await;
    assert_eq!(tags, json!({ "Tags": [{ "Key": "b", "Value": "y" }] }));
}

#[tokio::test]
async fn what_scheduler_refuses() {
    let world = simulated().await;
    let lambda = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    let target = json!({ "Arn": lambda });
    let daily = |more: Value| schedule("rate(1 day)", &target, &more);
    let to = |target: Value| schedule("rate(1 day)", &target, &json!({}));
    let past = start_of_time().as_second() - 301;
    let rows = [
        (
            schedule("cron(0 9 * * * *)", &target, &json!({})),
            "Invalid Schedule Expression cron(0 9 * * * *).",
        ),
        (
            daily(json!({ "ScheduleExpressionTimezone": "Mars/Base" })),
            "Invalid ScheduleExpressionTimezone Mars/Base.",
        ),
        (
            daily(json!({ "StartDate": past })),
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        ),
        (
            daily(json!({ "FlexibleTimeWindow": { "Mode": "FLEXIBLE" } })),
            "MaximumWindowInMinutes must be set when FlexibleTimeWindow Mode is FLEXIBLE.",
        ),
        (
            to(json!({ "Arn": "arn:aws:sns:us-east-1:000000000000:topic" })),
            "Provided Arn arn:aws:sns:us-east-1:000000000000:topic is not a target of this Scheduler.",
        ),
        (
            to(json!({ "Arn": "arn:aws:scheduler:::aws-sdk:dynamodb:getItem", "Input": "{}" })),
            "The operation getItem is not supported as a target.",
        ),
        (
            to(
                json!({ "Arn": "arn:aws:lambda:us-east-1:000000000000:function:echo", "Input": "{" }),
            ),
            "The Input of this target must be well-formed JSON.",
        ),
    ];
    for (request, message) in rows {
        let refused = create(&world, "x", request).await.refused();
        assert_eq!(
            refused,
            ("ValidationException".to_owned(), message.to_owned())
        );
    }
    let (code, _) = create(&world, "a%20b", daily(json!({}))).await.refused();
    assert_eq!(code, "ValidationException");
    let missing = scheduler(&world.local, "GET", "/schedule-groups/none", Value::Null).await;
    assert_eq!(
        (missing.status, missing.error.as_str()),
        (404, "ResourceNotFoundException")
    );
}
