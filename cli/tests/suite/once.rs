//! Effects happen once: the process dies right after an effect, before anything is known of it, and goes on.
//!
//! The world is the oracle. It counts what reached it: mails, orders with and without an idempotency key, turns of a
//! model. An effect may come twice only where its step says `retry`, or where somebody said so.

mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pawl::laptop::{Laptop, ORG, Options, Started};
use pawl::report::{Figures, Report};
use pawl_compiler::Level;
use pawl_functions::{Decision, Mail};
use pawl_local::{Durability, Faults};
use pawl_store::{RecordStatus, RunStatus};
use serde_json::{Value, json};

use crate::corpus::in_memory;
use crate::kills::Chance;
use crate::stage::{open, publish, with_model};
use world::{Armed, Moment, World};

/// Kills, where the environment does not say how many (`PAWL_KILLS=500`).
const KILLS: u64 = 60;
/// A run is killed so often at the most.
const KILLS_OF_A_RUN: u64 = 6;

/// What the author of each step has decided.
const POLICIES: [(&str, Option<&str>); 8] = [
    ("mail_fail", None),
    ("mail_retry", Some("retry")),
    ("mail_skip", Some("skip")),
    ("mail_ask", Some("ask")),
    ("order_fail", None),
    ("order_retry", Some("retry")),
    ("order_skip", Some("skip")),
    ("order_ask", Some("ask")),
];

/// A workflow with every kind of effect.
fn workflow(web: &str) -> Value {
    let mut steps = vec![
        json!({ "stepSlug": "note", "stepType": "action", "config": { "type": "customer", "parameters": {
            "operation": "create", "name": "{{input.number}}", "status": "active"
        } }, "nextSteps": { "success": "ring" } }),
        json!({ "stepSlug": "ring", "stepType": "request", "config": {
            "url": format!("{web}/ring"), "method": "POST", "idempotencyKey": true, "body": { "number": "{{input.number}}" }
        }, "nextSteps": { "success": "think" } }),
        json!({ "stepSlug": "think", "stepType": "llm", "config": {
            "systemPrompt": "{{input.number}}", "userPrompt": "{{steps.note.output._id}}", "tools": ["customer_update"]
        }, "nextSteps": { "success": "mail_fail" } }),
    ];
    let next = POLICIES.iter().skip(1).map(|(step, _)| *step);
    for ((step, policy), next) in POLICIES.iter().zip(next.chain(["end"])) {
        let mut config = if step.starts_with("mail") {
            json!({ "type": "email_send", "parameters": {
                "to": format!("{step}@example.com"), "subject": "Number {{input.number}}.", "body": "Hello"
            } })
        } else {
            json!({ "url": format!("{web}/{step}"), "method": "POST", "body": { "number": "{{input.number}}" } })
        };
        if let (Some(policy), Some(config)) = (policy, config.as_object_mut()) {
            config.insert("onUnknown".to_owned(), json!(policy));
        }
        let kind = if step.starts_with("mail") {
            "action"
        } else {
            "request"
        };
        let ports = json!({ "success": next, "error": next });
        steps.push(
            json!({ "stepSlug": step, "stepType": kind, "config": config, "nextSteps": ports }),
        );
    }
    json!({ "name": "Once", "steps": steps })
}

/// A folder with the workflow in it, which is opened again and again.
struct Scene {
    folder: tempfile::TempDir,
    world: Arc<World>,
    web: crate::web::Web,
    smtp: String,
}

impl Scene {
    fn new() -> Self {
        let world = Arc::new(World::default());
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            web: world::web(&world),
            smtp: world::smtp(&world),
            world,
        }
    }

    async fn open(&self) -> Laptop {
        let mut options = Options {
            state: Some(self.folder.path().join("state")),
            durability: Durability::Relaxed,
            ..in_memory(self.folder.path(), Faults::none())
        };
        options.settings.http_allow = vec!["127.0.0.1".to_owned()];
        options.settings.mail = Mail::Smtp(self.smtp.clone());
        with_model(&mut options.settings, &self.web);
        open(options).await
    }
}

/// What has happened to a run so far.
#[derive(Default)]
struct Life {
    kills: u64,
    /// The steps for which somebody said that they act again, and how often.
    agreed: BTreeMap<String, u64>,
    /// What was decided last; whoever died before the machine was told says it again.
    last: Option<(String, Decision)>,
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn a_step_killed_after_its_effect_loses_nothing_and_doubles_what_it_may() {
    let wanted = std::env::var("PAWL_KILLS");
    let wanted = wanted.map_or(KILLS, |kills| kills.parse().expect("a number"));
    let scene = Scene::new();
    let mut chance = Chance(5);
    let mut laptop = scene.open().await;
    let machine = publish(&laptop, &workflow(&scene.web.url), Level::O1).await;
    let (mut runs, mut kills, mut sum) = (0, 0, Tally::default());
    while kills < wanted {
        runs += 1;
        let number = runs.to_string();
        let mut life = Life::default();
        let mut started = None;
        loop {
            if life.kills < KILLS_OF_A_RUN {
                scene.world.arm(armed(&laptop, &mut chance));
            }
            let ended = tokio::time::timeout(
                Duration::from_secs(20),
                live(
                    &laptop,
                    &machine,
                    &number,
                    &mut started,
                    &mut life,
                    &mut chance,
                ),
            );
            tokio::select! {
                report = ended => {
                    scene.world.disarm();
                    // A kill that has not come yet comes to nobody.
                    laptop.local.kill_after(u64::MAX / 2);
                    sum.judge(&laptop, &scene.world, &report.expect("it ends"), &life, &number).await;
                    break;
                }
                () = laptop.local.killed() => {
                    scene.world.disarm();
                    life.kills += 1;
                    laptop.close().await;
                    laptop = scene.open().await;
                }
            }
        }
        kills += life.kills;
    }
    println!("{kills} kills in {runs} runs: {sum}");
    assert_eq!(sum.lost, 0);
    laptop.close().await;
}

/// When the next kill comes: right after an effect, before or after its answer, or at any request to AWS.
fn armed(laptop: &Laptop, chance: &mut Chance) -> Armed {
    let moment = match chance.below(3) {
        0 => Moment::BeforeItsAnswer,
        1 => Moment::AfterItsAnswer,
        _ => {
            laptop.local.kill_after(chance.below(60));
            Moment::Never
        }
    };
    Armed {
        local: laptop.local.clone(),
        left: chance.below(12),
        moment,
    }
}

/// Lets a run go on until it ends, and decides what it asks.
async fn live(
    laptop: &Laptop,
    machine: &str,
    number: &str,
    started: &mut Option<Started>,
    life: &mut Life,
    chance: &mut Chance,
) -> Report {
    let resumed = match started {
        Some(run) => laptop.resume(&run.run).await.is_ok(),
        None => false,
    };
    let run = match started {
        Some(run) if resumed || is_over(laptop, run).await => run.clone(),
        _ => {
            let input = json!({ "number": number });
            let key = Some(number.to_owned());
            let run = laptop.start(machine.to_owned(), input, BTreeMap::new(), key);
            started.insert(run.await.expect("a run")).clone()
        }
    };
    loop {
        laptop.local.settled().await;
        let services = &laptop.services;
        let waits = services.store().waits(ORG).await.expect("an answer");
        let Some(question) = waits.iter().find(|waiting| waiting.run == run.run) else {
            let report = laptop.report(&run.run, Figures::default());
            let report = report.await.expect("a report");
            match &life.last {
                Some((step, decision)) if report.status.is_open() => {
                    let again =
                        pawl_functions::decide(services, ORG, &run.run, Some(step), decision);
                    again.await.expect("the same decision");
                    continue;
                }
                _ => return report,
            }
        };
        let choice = chance.below(3);
        let form = (choice == 1).then(|| json!({ "choice": "skip" }));
        let decision = Decision {
            approved: choice < 2,
            form,
            ..Decision::default()
        };
        let step = question.record.step.clone();
        if choice == 0 {
            *life.agreed.entry(step.clone()).or_default() += 1;
        }
        life.last = Some((step.clone(), decision.clone()));
        let decided = pawl_functions::decide(services, ORG, &run.run, Some(&step), &decision);
        decided.await.expect("a decision");
    }
}

/// Whether a run is over.
async fn is_over(laptop: &Laptop, run: &Started) -> bool {
    let found = laptop.services.store().run(ORG, &run.run).await;
    found.expect("an answer").is_some_and(|run| !run.is_open())
}

/// What came of all runs.
#[derive(Default)]
struct Tally {
    lost: u64,
    effects: u64,
    doubled: BTreeMap<String, u64>,
    unknown: u64,
}

impl Tally {
    /// Holds what a run says against what reached the world.
    async fn judge(
        &mut self,
        laptop: &Laptop,
        world: &World,
        report: &Report,
        life: &Life,
        number: &str,
    ) {
        let what = format!("run {number}, killed {} times", life.kills);
        assert_eq!(
            report.status,
            RunStatus::Completed,
            "{what}: {:?}",
            report.error
        );
        for (step, policy) in POLICIES {
            let count = world.count(number, step);
            let visit = report.steps.iter().find(|visit| visit.step == step);
            let visit = visit.unwrap_or_else(|| panic!("{what}: no `{step}`"));
            // Where nobody can know, the record says so; whoever reads it knows that it may not have happened.
            let is_unknown = visit.status == RecordStatus::Failed
                || visit.output.get("outcome") == Some(&json!("unknown"));
            if let Some(error) = &visit.error {
                assert_eq!(error.code, "OUTCOME_UNKNOWN", "{what}: {step}");
            }
            self.lost += u64::from(count == 0 && !is_unknown);
            self.unknown += u64::from(is_unknown);
            self.effects += count;
            let agreed = life.agreed.get(&format!("{step} (ask)")).copied();
            let most = match policy {
                Some("retry") => u64::MAX,
                Some("ask") => 1 + agreed.unwrap_or(0),
                _ => 1,
            };
            assert!(count <= most, "{what}: `{step}` happened {count} times");
            if count > 1 {
                let policy = policy.unwrap_or_default().to_owned();
                *self.doubled.entry(policy).or_default() += count - 1;
            }
        }
        // A key makes one order of several calls.
        assert_eq!(world.count(number, "ring"), 1, "{what}");
        let customers = laptop.services.store().collection(ORG, "customers").await;
        let customers = customers.expect("an answer");
        let mut own = customers
            .iter()
            .filter(|customer| customer.get("name") == Some(&json!(number)));
        let customer = own.next().unwrap_or_else(|| panic!("{what}: no customer"));
        assert_eq!(own.next(), None, "{what}");
        assert_eq!(customer.get("status"), Some(&json!("vip")), "{what}");
        let id = customer
            .get("_id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let found = laptop.services.store().find(ORG, "customers", id).await;
        let version = found.expect("an answer").map(|(_, version)| version);
        assert_eq!(version, Some(pawl_store::Version::Number(2)), "{what}");
        let visit = report.steps.iter().find(|visit| visit.step == "think");
        let at = visit.map(|visit| visit.at.as_str()).unwrap_or_default();
        let thread = format!("{}/{at}", report.run);
        let said = laptop.services.store().thread(ORG, &thread).await;
        // A prompt, a call, its result, an answer; each once.
        assert_eq!(said.expect("an answer").len(), 4, "{what}");
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |policy: &str| self.doubled.get(policy).copied().unwrap_or(0);
        let (retry, ask) = (count("retry"), count("ask"));
        write!(
            formatter,
            "{} mails and orders, {} lost, {retry} doubled by `retry`, {ask} because somebody said so, {} steps that say \
             that nobody knows",
            self.effects, self.lost, self.unknown
        )
    }
}
