//! Machine versions: each says why it is kept, and those that nothing needs are removed.

use aws_sdk_sfn::types::RoutingConfigurationListItem;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Front, greeting};

/// The versions of a workflow's machine, by number, and why each is kept.
async fn kept(front: &Front, workflow: &str) -> Vec<(String, Option<String>)> {
    let path = format!("/api/workflows/{workflow}/machine-versions");
    let listed = front.want(200, "GET", &path, Value::Null).await;
    numbered(&listed)
}

async fn removed(front: &Front, workflow: &str) -> Vec<String> {
    let path = format!("/api/workflows/{workflow}/machine-versions");
    let gone = front.want(200, "DELETE", &path, Value::Null).await;
    let gone = numbered(&gone).into_iter();
    gone.map(|(number, _)| number).collect()
}

fn numbered(versions: &Value) -> Vec<(String, Option<String>)> {
    let versions = versions.as_array().expect("versions").iter();
    let versions = versions.map(|version| {
        let machine = version["machine"].as_str().expect("an ARN");
        let number = machine.rsplit(':').next().expect("a number");
        let kept = version["kept"].as_str().map(str::to_owned);
        (number.to_owned(), kept)
    });
    versions.collect()
}

fn because(number: &str, reason: &str) -> (String, Option<String>) {
    (number.to_owned(), Some(reason.to_owned()))
}

const ACTIVE: &str = "new runs begin with it";
const RECENT: &str = "it was replaced less than an hour ago";

#[tokio::test]
async fn versions_that_nothing_needs_are_removed_an_hour_after_they_were_replaced() {
    let front = Front::open().await;
    let id = front.publish(greeting("one")).await;
    for text in ["two", "three", "four"] {
        front.publish_again(&id, greeting(text)).await;
    }
    assert_eq!(
        kept(&front, &id).await,
        [
            because("4", ACTIVE),
            because("3", RECENT),
            because("2", RECENT),
            because("1", RECENT),
        ]
    );
    assert_eq!(removed(&front, &id).await, Vec::<String>::new());
    front.alias(&id, "canary", "2").await;
    let then = front.laptop.local.clock().now() + SignedDuration::from_mins(61);
    front.laptop.local.pass_until(then).await;
    let expected = [
        because("4", ACTIVE),
        ("3".to_owned(), None),
        because("2", "the alias `canary` names it"),
        ("1".to_owned(), None),
    ];
    assert_eq!(kept(&front, &id).await, expected);
    assert_eq!(removed(&front, &id).await, ["3", "1"]);
    assert_eq!(
        kept(&front, &id).await,
        [expected[0].clone(), expected[2].clone()]
    );
    // What runs is as it was, and an older definition can run again.
    let run = front.run(&id, json!({})).await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(run["result"], json!({ "text": "four" }));
    let activate = format!("/api/workflows/{id}/versions/1/activate");
    front.want(200, "POST", &activate, Value::Null).await;
    let run = front.run(&id, json!({})).await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(run["result"], json!({ "text": "one" }));
}

#[tokio::test]
async fn a_version_stays_while_a_run_that_began_with_it_is_open() {
    let front = Front::open_in_real_time().await;
    let asking = |message: &str| {
        json!({ "name": "Ask", "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": message }, "nextSteps": { "approved": "end" } },
        ] })
    };
    let id = front.publish(asking("Go on?")).await;
    let path = format!("/api/workflows/{id}/execute");
    let started = front.want(202, "POST", &path, json!({})).await;
    let run = started["execution_id"].as_str().expect("an id");
    front.publish_again(&id, asking("Really?")).await;
    front.publish_again(&id, asking("Really, really?")).await;
    let versions = kept(&front, &id).await;
    assert_eq!(
        versions,
        [
            because("3", ACTIVE),
            because("2", RECENT),
            because("1", &format!("the run `{run}` is open")),
        ]
    );
    let cancel = format!("/api/executions/{run}/cancel");
    front.want(200, "POST", &cancel, Value::Null).await;
    assert_eq!(kept(&front, &id).await[2], because("1", RECENT));
}

#[tokio::test]
async fn a_version_says_which_functions_it_calls() {
    let front = Front::open().await;
    let id = front.publish(greeting("one")).await;
    let path = format!("/api/workflows/{id}/machine-versions");
    let listed = front.want(200, "GET", &path, Value::Null).await;
    let functions = ["transform", "trigger"];
    let functions =
        functions.map(|name| format!("arn:aws:lambda:us-east-1:000000000000:function:{name}:1"));
    assert_eq!(listed[0]["functions"], json!(functions));
    // What was never published has none.
    let draft = json!({ "name": "Draft", "steps": greeting("x")["steps"] });
    front.want(201, "POST", "/api/workflows", draft).await;
    assert_eq!(kept(&front, "draft").await, []);
}

impl Front {
    /// Has an alias name a version of a workflow's machine.
    async fn alias(&self, workflow: &str, name: &str, number: &str) {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:pawl-default";
        let route = RoutingConfigurationListItem::builder()
            .state_machine_version_arn(format!("{machine}-{workflow}:{number}"))
            .weight(100)
            .build();
        let states = self.laptop.services.states();
        let create = states.create_state_machine_alias().name(name);
        let create = create.routing_configuration(route.expect("a route"));
        create.send().await.expect("an alias");
    }
}
