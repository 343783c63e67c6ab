//! Workflows as code: what `pawl build` writes is what publishing makes.

use std::fs;

use pawl::laptop::ORG;
use pawl_api::{App, Settings};
use serde_json::{Map, Value, json};

use super::Front;
use super::triggers::started_by;
use crate::command_line::{pawl, text};
use crate::corpus::root;

const MACHINES: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:";
const FUNCTIONS: &str = "arn:aws:lambda:us-east-1:000000000000:function:";
const ROLES: &str = "arn:aws:iam::000000000000:role/";

/// What `pawl build` makes of definitions, beside each other in a folder.
struct Built {
    folder: tempfile::TempDir,
    told: Value,
}

impl Built {
    fn of(definitions: &[Value]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, definition) in definitions.iter().enumerate() {
            let file = folder.path().join(format!("{number}.json"));
            fs::write(file, definition.to_string()).expect("a file");
        }
        let output = pawl(
            folder.path(),
            &["build", ".", "--json", "-o", "out/stack.yaml"],
        );
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let told = serde_json::from_slice(&output.stdout).expect("JSON");
        Self { folder, told }
    }

    /// The properties of every resource of a kind, as CloudFormation resolves them.
    fn resources(&self, kind: &str) -> Vec<Value> {
        let resources = self.told["template"]["Resources"].as_object();
        let resources = resources.expect("resources").values();
        let resources = resources.filter(|resource| resource["Type"] == kind);
        resources
            .map(|resource| resolved(&resource["Properties"]))
            .collect()
    }

    /// The text of a machine, with functions in the place of what stands for them.
    fn machine(&self, properties: &Value) -> String {
        let file = properties["DefinitionUri"].as_str().expect("a file");
        let file = self.folder.path().join("out").join(file);
        let mut machine = fs::read_to_string(file).expect("a machine");
        let functions = properties["DefinitionSubstitutions"].as_object();
        for (placeholder, function) in functions.expect("functions") {
            let function = function.as_str().expect("an ARN");
            machine = machine.replace(&format!("${{{placeholder}}}"), function);
        }
        machine
    }
}

/// A value with what the stack of this machine's deployment would be given.
fn resolved(value: &Value) -> Value {
    if let Some(name) = value.get("Ref").and_then(Value::as_str) {
        return parameter(name).into();
    }
    if let Some(text) = value.get("Fn::Sub").and_then(Value::as_str) {
        return text.replace("${Prefix}", &parameter("Prefix")).into();
    }
    if let Some(parts) = value.get("Fn::If") {
        // Nothing is traced here.
        return parts[2].clone();
    }
    match value {
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, member)| (name.clone(), resolved(member)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(resolved).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn parameter(name: &str) -> String {
    match name {
        "Prefix" => "pawl".to_owned(),
        "ScheduleGroup" | "EventBus" => "default".to_owned(),
        "MachineRole" => format!("{ROLES}pawl-machine"),
        "ScheduleRole" => format!("{ROLES}pawl-schedule"),
        "Trigger" => format!("{FUNCTIONS}trigger:1"),
        "DeadLetters" => DEAD_LETTERS.to_owned(),
        function => {
            let kind = function.strip_suffix("Function").expect("a function");
            format!("{FUNCTIONS}{}:1", kind.to_lowercase())
        }
    }
}

const DEAD_LETTERS: &str = "arn:aws:sqs:us-east-1:000000000000:dead-letters";

/// Definitions that start in every way that AWS knows, and one whose texts look like what a template puts in.
fn definitions() -> Vec<Value> {
    let example = root().join("workflows/examples/auto-reply/workflow.json");
    let example = fs::read_to_string(example).expect("an example");
    let mut quoting = super::greeting("${ActionFunction} ${AWS::Region} {{input.name}}");
    quoting["description"] = json!("Says ${hello}");
    vec![
        serde_json::from_str(&example).expect("JSON"),
        quoting,
        started_by(
            "Tick",
            &json!({ "type": "schedule", "schedule": "0,30 9 1 * 1", "timezone": "Europe/Berlin" }),
        ),
        started_by(
            "Hear",
            &json!({ "type": "event", "eventType": "customer.created", "eventFilter": { "status": "active" } }),
        ),
        started_by(
            "Hear what others tell, by a name that is long",
            &json!({ "type": "event", "eventType": "order.paid" }),
        ),
    ]
}

#[tokio::test]
async fn a_template_has_what_publishing_makes() {
    let front = Front::open().await;
    let front = front.undelivered_to(DEAD_LETTERS);
    let definitions = definitions();
    let built = Built::of(&definitions);
    for definition in definitions {
        front.publish(definition).await;
    }
    let services = &front.laptop.services;
    let machines = built.resources("AWS::Serverless::StateMachine");
    assert_eq!(machines.len(), 5);
    for properties in machines {
        let arn = format!("{MACHINES}{}", properties["Name"].as_str().expect("a name"));
        let found = services
            .states()
            .describe_state_machine()
            .state_machine_arn(&arn);
        let found = found.send().await.expect("a machine");
        assert_eq!(found.definition, built.machine(&properties));
        assert_eq!(found.role_arn, properties["Role"]);
        let tracing = found.tracing_configuration.expect("tracing");
        assert_eq!(tracing.enabled, properties["Tracing"]["Enabled"]);
        let alias = format!(
            "{arn}:{}",
            properties["AutoPublishAlias"].as_str().expect("an alias")
        );
        let alias = services
            .states()
            .describe_state_machine_alias()
            .state_machine_alias_arn(alias);
        alias.send().await.expect("an alias");
    }
    let schedules = built.resources("AWS::Scheduler::Schedule");
    assert_eq!(schedules.len(), 2);
    for properties in schedules {
        assert_eq!(front.schedule(&properties["Name"]).await, properties);
    }
    let rules = built.resources("AWS::Events::Rule");
    assert_eq!(rules.len(), 2);
    for properties in rules {
        assert_eq!(front.rule(&properties["Name"]).await, properties);
    }
}

#[tokio::test]
async fn publishing_takes_the_machine_that_a_stack_has_made() {
    let front = Front::open().await;
    let definition = super::greeting("Hello");
    let built = Built::of(std::slice::from_ref(&definition));
    let properties = &built.resources("AWS::Serverless::StateMachine")[0];
    let states = front.laptop.services.states();
    // As CloudFormation does it: first the machine, then its version.
    let create = states
        .create_state_machine()
        .definition(built.machine(properties));
    let create = create.name(properties["Name"].as_str().expect("a name"));
    let made = create.role_arn(parameter("MachineRole")).send().await;
    let arn = made.expect("a machine").state_machine_arn;
    let version = states
        .publish_state_machine_version()
        .state_machine_arn(&arn);
    let version = version
        .send()
        .await
        .expect("a version")
        .state_machine_version_arn;
    let id = front.publish(definition).await;
    let published = front.laptop.services.store().published(ORG, &id).await;
    assert_eq!(
        published.expect("an answer").expect("published").machine,
        version
    );
    let versions = states.list_state_machine_versions().state_machine_arn(&arn);
    let versions = versions.send().await.expect("versions");
    assert_eq!(versions.state_machine_versions.len(), 1);
}

impl Front {
    /// The same laptop, with an API that says where to put what cannot be delivered.
    fn undelivered_to(&self, queue: &str) -> Self {
        let settings = Settings {
            dead_letters: Some(queue.to_owned()),
            ..self.laptop.api_settings("http://pawl.test", None)
        };
        let app = App::new(self.laptop.services.clone(), settings);
        Self {
            router: pawl_api::router(app.clone()),
            app,
            ..self.clone()
        }
    }

    /// A schedule in the words of a template.
    async fn schedule(&self, name: &Value) -> Value {
        let scheduler = self.laptop.services.scheduler();
        let found = scheduler
            .get_schedule()
            .name(name.as_str().expect("a name"));
        let found = found.send().await.expect("a schedule");
        let (window, target) = (found.flexible_time_window, found.target);
        let (window, target) = (window.expect("a window"), target.expect("a target"));
        let retry = target.retry_policy.expect("a policy");
        json!({
            "Name": found.name,
            "GroupName": found.group_name,
            "ScheduleExpression": found.schedule_expression,
            "ScheduleExpressionTimezone": found.schedule_expression_timezone,
            "FlexibleTimeWindow": { "Mode": window.mode.as_str() },
            "Target": {
                "Arn": target.arn,
                "RoleArn": target.role_arn,
                "Input": target.input,
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": retry.maximum_event_age_in_seconds,
                    "MaximumRetryAttempts": retry.maximum_retry_attempts,
                },
                "DeadLetterConfig": { "Arn": target.dead_letter_config.expect("a queue").arn },
            },
        })
    }

    /// A rule in the words of a template.
    async fn rule(&self, name: &Value) -> Value {
        let bridge = self.laptop.services.event_bridge();
        let name = name.as_str().expect("a name");
        let found = bridge
            .describe_rule()
            .name(name)
            .send()
            .await
            .expect("a rule");
        let pattern = found.event_pattern.expect("a pattern");
        let targets = bridge.list_targets_by_rule().rule(name).send().await;
        let targets = targets.expect("a list").targets.unwrap_or_default();
        let targets = targets.into_iter().map(|target| {
            let transformer = target.input_transformer.expect("a transformer");
            let paths = transformer.input_paths_map.unwrap_or_default();
            json!({
                "Id": target.id,
                "Arn": target.arn,
                "InputTransformer": {
                    "InputPathsMap": paths,
                    "InputTemplate": transformer.input_template,
                },
                "DeadLetterConfig": { "Arn": target.dead_letter_config.expect("a queue").arn },
            })
        });
        json!({
            "Name": name,
            "EventBusName": found.event_bus_name,
            "EventPattern": serde_json::from_str::<Value>(&pattern).expect("JSON"),
            "Targets": targets.collect::<Vec<_>>(),
        })
    }
}
