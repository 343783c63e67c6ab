//! One life of the process, and what somebody outside asks it for.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType};
use jiff::{SignedDuration, Timestamp};
use pawl_local::{Clock, Local, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::machines::{Outside, Scene, arn, quick_states};
use super::oracle::Oracle;
use crate::raw::scheduler;
use crate::world::machine;

pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/x";

/// One life of the process.
pub(super) struct Life {
    pub(super) local: Local,
    pub(super) client: Client,
    pub(super) oracle: Oracle,
}

impl Life {
    pub(super) async fn begin(folder: &TempDir, clock: &Clock, oracle: &Oracle, seed: u64) -> Self {
        let options = Options {
            state: Some(folder.path().to_owned()),
            clock: clock.clone(),
            seed,
            ..Options::default()
        };
        let local = Local::open(options).await.expect("it opens");
        local.install(oracle.functions());
        let client = Client::new(&local.sdk_config());
        oracle.reach(&client);
        Self {
            local,
            client,
            oracle: oracle.clone(),
        }
    }

    /// Makes machines, and what they and others need.
    pub(super) async fn prepare(&self, scenes: &[Scene]) {
        for scene in scenes {
            let request = self.client.create_state_machine().name(scene.name);
            let definition = machine(&scene.states).to_string();
            let created = request.role_arn(ROLE).definition(definition).send().await;
            created.unwrap_or_else(|error| panic!("{}: {error:?}", scene.name));
        }
        let quick = self.client.create_state_machine().name("quick");
        let quick = quick.r#type(StateMachineType::Express).role_arn(ROLE);
        let quick = quick.definition(machine(&quick_states()).to_string());
        quick.send().await.expect("an Express machine");
        let activity = self.client.create_activity().name("crashes").send();
        activity.await.expect("an activity");
        let s3 = aws_sdk_s3::Client::new(&self.local.sdk_config());
        let bucket = s3.create_bucket().bucket("crashes").send();
        bucket.await.expect("a bucket");
        let items = ByteStream::from_static(b"n\n1\n2\n3\n4\n5\n");
        let object = s3.put_object().bucket("crashes").key("items.csv");
        object.body(items).send().await.expect("items");
        self.rule().await;
    }

    /// The rule that starts an execution for what an event says.
    async fn rule(&self) {
        let events = aws_sdk_eventbridge::Client::new(&self.local.sdk_config());
        let pattern = json!({ "source": ["crashes"] }).to_string();
        let rule = events.put_rule().name("crashes").event_pattern(pattern);
        rule.send().await.expect("a rule");
        let target = aws_sdk_eventbridge::types::Target::builder().id("sent");
        let target = target.arn(arn("stateMachine", "sent")).role_arn(ROLE);
        let target = target.input_path("$.detail").build().expect("a target");
        let targets = events.put_targets().rule("crashes").targets(target);
        targets.send().await.expect("targets");
    }

    /// Plays a scene to its end, or until the process is dead. Whether it lives. Played again, it is the same scene.
    pub(super) async fn play(&self, scene: &Scene, name: &str) -> bool {
        self.lives(async {
            self.begins(scene, name).await;
            self.local.settled().await;
            self.accompany(scene, name).await;
        })
        .await
    }

    /// Starts a scene and does nothing more. Whether anybody answered.
    pub(super) async fn start(&self, scene: &Scene, name: &str) -> bool {
        self.lives(self.begins(scene, name)).await
    }

    /// Waits until nothing happens any more. Whether it lives.
    pub(super) async fn settle(&self) -> bool {
        self.lives(self.local.settled()).await
    }

    /// Waits for something to be done, or for the death of the process. Whether it lives.
    async fn lives(&self, done: impl Future<Output = ()>) -> bool {
        tokio::select! {
            biased;
            () = self.local.killed() => false,
            () = done => true,
        }
    }

    async fn begins(&self, scene: &Scene, name: &str) {
        match scene.outside {
            Outside::Sends => self.send(name).await,
            Outside::Schedules => self.schedule(scene, name).await,
            Outside::Starts
            | Outside::Works
            | Outside::Answers
            | Outside::Stops
            | Outside::Redrives => {
                let request = self.client.start_execution().name(name).input("{}");
                let machine = arn("stateMachine", scene.name);
                // One that has ended keeps its name.
                let _ = request.state_machine_arn(machine).send().await;
            }
        }
    }

    /// Does what somebody outside does to what has been begun.
    async fn accompany(&self, scene: &Scene, name: &str) {
        let execution = arn("execution", &format!("{}:{name}", scene.name));
        match scene.outside {
            Outside::Starts | Outside::Sends => {}
            Outside::Works => self.work().await,
            Outside::Answers => self.answer().await,
            Outside::Stops => self.stop(&execution).await,
            Outside::Redrives => self.redrive(&execution).await,
            Outside::Schedules => {
                let moment = self.local.clock().now() + SignedDuration::from_mins(2);
                self.local.pass_until(moment).await;
            }
        }
    }

    async fn send(&self, name: &str) {
        if self.oracle.sends(name) {
            let events = aws_sdk_eventbridge::Client::new(&self.local.sdk_config());
            let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
                .source("crashes")
                .detail_type("run")
                .detail(json!({ "run": name }).to_string())
                .build();
            let sent = events.put_events().entries(entry).send().await;
            assert_eq!(sent.expect("an answer").failed_entry_count, 0);
            self.oracle.confirmed(name);
        }
    }

    async fn schedule(&self, scene: &Scene, name: &str) {
        // Time may jump far while others wait, and a moment that has passed never comes.
        self.local.settled().await;
        let path = format!("/schedules/{name}");
        let moment: Timestamp = self.local.clock().now() + SignedDuration::from_mins(1);
        let moment = moment.strftime("%Y-%m-%dT%H:%M:%S");
        let schedule = json!({
            "ScheduleExpression": format!("at({moment})"),
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "Target": {
                "Arn": arn("stateMachine", scene.name),
                "RoleArn": ROLE,
                "Input": json!({ "run": name }).to_string(),
            },
        });
        let made = scheduler(&self.local, "POST", &path, schedule).await;
        assert!(
            made.status == 200 || made.error == "ConflictException",
            "{made:?}"
        );
    }

    /// What was fetched is done, and answered until somebody confirms it.
    async fn work(&self) {
        loop {
            self.answer().await;
            let activity = arn("activity", "crashes");
            let fetch = self.client.get_activity_task().activity_arn(activity);
            let task = fetch.send().await.expect("an answer");
            let Some(token) = task.task_token else {
                return;
            };
            let input: Value =
                serde_json::from_str(&task.input.unwrap_or_default()).expect("arguments are JSON");
            let said = self.oracle.note(input["key"].as_str().expect("a key"));
            self.oracle.owe(&token, said);
        }
    }

    /// Gives the answers that are owed.
    async fn answer(&self) {
        for (token, said) in self.oracle.owed() {
            let answer = self.client.send_task_success().task_token(&token);
            // One that was kept before the process died is refused now.
            let _ = answer.output(said.to_string()).send().await;
            self.oracle.answered(&token);
        }
        self.local.settled().await;
    }

    async fn stop(&self, execution: &str) {
        if self.status(execution).await == ExecutionStatus::Running {
            let stop = self.client.stop_execution().execution_arn(execution);
            stop.error("STOPPED").send().await.expect("it is stopped");
            self.local.settled().await;
        }
    }

    async fn redrive(&self, execution: &str) {
        if self.status(execution).await == ExecutionStatus::Failed {
            let redrive = self.client.redrive_execution().execution_arn(execution);
            redrive.send().await.expect("it goes on");
            self.local.settled().await;
        }
    }

    async fn status(&self, execution: &str) -> ExecutionStatus {
        let describe = self.client.describe_execution().execution_arn(execution);
        describe.send().await.expect("it is there").status
    }
}
