//! Buses and rules through EventBridge's SDK client: what is kept, listed, deleted and refused.

use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use serde_json::json;

use crate::events::{FUNCTION, client, target};
use crate::world::simulated;

#[tokio::test]
async fn buses_are_listed_and_described() {
    let world = simulated().await;
    let client = client(&world);
    client
        .create_event_bus()
        .name("shop")
        .description("orders")
        .send()
        .await
        .expect("a bus");
    let buses = client.list_event_buses().send().await.expect("a list");
    let names: Vec<_> = buses
        .event_buses()
        .iter()
        .filter_map(|bus| bus.name())
        .collect();
    assert_eq!(names, ["default", "shop"]);
    let shop = client
        .describe_event_bus()
        .name("shop")
        .send()
        .await
        .expect("it is there");
    assert_eq!(shop.description(), Some("orders"));
    client
        .delete_event_bus()
        .name("shop")
        .send()
        .await
        .expect("it is deleted");
    let gone = client
        .describe_event_bus()
        .name("shop")
        .send()
        .await
        .expect_err("it is gone");
    assert_eq!(
        (gone.code(), gone.message()),
        (
            Some("ResourceNotFoundException"),
            Some("Event bus shop does not exist.")
        )
    );
}

#[tokio::test]
async fn rules_are_kept_listed_and_deleted() {
    let world = simulated().await;
    let client = client(&world);
    client
        .create_event_bus()
        .name("shop")
        .send()
        .await
        .expect("a bus");
    let pattern = json!({ "source": ["a"] }).to_string();
    for name in ["one", "two", "three"] {
        let put = client
            .put_rule()
            .name(name)
            .event_bus_name("shop")
            .event_pattern(&pattern);
        put.send().await.expect("a rule");
    }
    let page = client
        .list_rules()
        .event_bus_name("shop")
        .limit(2)
        .send()
        .await
        .expect("a page");
    let rest = client
        .list_rules()
        .event_bus_name("shop")
        .set_next_token(page.next_token.clone());
    let rest = rest.send().await.expect("a page");
    let names: Vec<_> = page
        .rules()
        .iter()
        .chain(rest.rules())
        .filter_map(|rule| rule.name())
        .collect();
    assert_eq!(names, ["one", "three", "two"]);
    let one = client
        .describe_rule()
        .name("one")
        .event_bus_name("shop")
        .send()
        .await
        .expect("a rule");
    assert_eq!(
        one.arn(),
        Some("arn:aws:events:us-east-1:000000000000:rule/shop/one")
    );
    assert_eq!(one.event_pattern(), Some(pattern.as_str()));
    let tag = aws_sdk_eventbridge::types::Tag::builder()
        .key("team")
        .value("red")
        .build()
        .expect("a tag");
    let arn = one.arn().expect("an ARN");
    client
        .tag_resource()
        .resource_arn(arn)
        .tags(tag.clone())
        .send()
        .await
        .expect("tagged");
    let tags = client
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .expect("tags");
    assert_eq!(tags.tags(), [tag]);
}

#[tokio::test]
async fn what_is_in_use_cannot_be_deleted() {
    let world = simulated().await;
    let client = client(&world);
    client
        .create_event_bus()
        .name("shop")
        .send()
        .await
        .expect("a bus");
    let put = client
        .put_rule()
        .name("one")
        .event_bus_name("shop")
        .event_pattern(r#"{"source":["a"]}"#);
    put.send().await.expect("a rule");
    let arn = format!("{FUNCTION}echo");
    let put = client.put_targets().rule("one").event_bus_name("shop");
    put.targets(target("function", &arn).build().expect("a target"))
        .send()
        .await
        .expect("targets");
    let found = client
        .list_rule_names_by_target()
        .target_arn(&arn)
        .event_bus_name("shop");
    assert_eq!(found.send().await.expect("names").rule_names(), ["one"]);
    let kept = client
        .delete_rule()
        .name("one")
        .event_bus_name("shop")
        .send()
        .await
        .expect_err("it has targets");
    assert_eq!(
        kept.message(),
        Some("Rule can't be deleted since it has targets.")
    );
    let kept = client
        .delete_event_bus()
        .name("shop")
        .send()
        .await
        .expect_err("it has rules");
    assert_eq!(kept.code(), Some("ValidationException"));
    client
        .remove_targets()
        .rule("one")
        .event_bus_name("shop")
        .ids("function")
        .send()
        .await
        .expect("removed");
    client
        .delete_rule()
        .name("one")
        .event_bus_name("shop")
        .send()
        .await
        .expect("deleted");
    client
        .delete_event_bus()
        .name("shop")
        .send()
        .await
        .expect("deleted");
    let default = client
        .delete_event_bus()
        .name("default")
        .send()
        .await
        .expect_err("it stays");
    assert_eq!(default.message(), Some("Cannot delete event bus default."));
}

#[tokio::test]
async fn rules_that_are_none_are_refused() {
    let world = simulated().await;
    let client = client(&world);
    client
        .create_event_bus()
        .name("shop")
        .send()
        .await
        .expect("a bus");
    let rows = [
        (
            client.put_rule().event_bus_name("y").event_pattern("{}"),
            "ResourceNotFoundException",
            "Event bus y does not exist.",
        ),
        (
            client.put_rule(),
            "ValidationException",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        ),
        (
            client.put_rule().schedule_expression("rate(1 minutes)"),
            "ValidationException",
            "Parameter ScheduleExpression is not valid.",
        ),
        (
            client
                .put_rule()
                .event_bus_name("shop")
                .schedule_expression("rate(1 minute)"),
            "ValidationException",
            "ScheduleExpression is supported only on the default event bus.",
        ),
        (
            client.put_rule().event_pattern(r#"{"source":"shop"}"#),
            "InvalidEventPatternException",
            "Event pattern is not valid. Reason: \"source\" must be an object or an array",
        ),
    ];
    for (request, code, message) in rows {
        let refused = request.name("x").send().await.expect_err(message);
        assert_eq!(
            (refused.code(), refused.message()),
            (Some(code), Some(message))
        );
    }
    let missing = client
        .describe_rule()
        .name("x")
        .send()
        .await
        .expect_err("no rule");
    assert_eq!(
        (missing.code(), missing.message()),
        (
            Some("ResourceNotFoundException"),
            Some("Rule x does not exist on EventBus default.")
        )
    );
    let twice = client
        .create_event_bus()
        .name("shop")
        .send()
        .await
        .expect_err("there is one");
    assert_eq!(
        (twice.code(), twice.message()),
        (
            Some("ResourceAlreadyExistsException"),
            Some("Event bus shop already exists.")
        )
    );
}

#[tokio::test]
async fn targets_that_are_none_are_refused() {
    let world = simulated().await;
    let client = client(&world);
    client
        .put_rule()
        .name("x")
        .event_pattern(r#"{"source":["a"]}"#)
        .send()
        .await
        .expect("a rule");
    let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
    let unfit = client
        .put_targets()
        .rule("x")
        .targets(target("a", machine).build().expect("a target"))
        .send()
        .await
        .expect_err("no role");
    assert_eq!(
        unfit.message(),
        Some(
            "RoleArn is required for target arn:aws:states:us-east-1:000000000000:stateMachine:m."
        )
    );
    let many = (0..6).map(|number| {
        target(&number.to_string(), &format!("{FUNCTION}echo"))
            .build()
            .expect("a target")
    });
    let many = client
        .put_targets()
        .rule("x")
        .set_targets(Some(many.collect()))
        .send()
        .await
        .expect_err("too many");
    assert_eq!(many.code(), Some("LimitExceededException"));
}

#[tokio::test]
async fn a_pattern_can_be_tried() {
    let world = simulated().await;
    let client = client(&world);
    let event = json!({ "id": "1", "account": "2", "source": "a", "time": "t", "region": "r", "resources": [], "detail-type": "d" });
    for (pattern, matches) in [
        (r#"{"source":["a"]}"#, true),
        (r#"{"source":["b"]}"#, false),
    ] {
        let test = client
            .test_event_pattern()
            .event_pattern(pattern)
            .event(event.to_string());
        assert_eq!(
            test.send().await.expect("an answer").result,
            matches,
            "{pattern}"
        );
    }
    let test = client
        .test_event_pattern()
        .event_pattern(r#"{"source":["a"]}"#)
        .event("{}");
    assert_eq!(
        test.send().await.expect_err("no event").code(),
        Some("ValidationException")
    );
}
