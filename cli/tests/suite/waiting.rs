//! What runs wait for: told once, decided once, and lost nowhere in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use aws_sdk_sfn::Client;
use pawl::laptop::{Laptop, ORG, Options};
use pawl_compiler::source::Notation;
use pawl_functions::{Decision, Function, Mail, decide, decide_by_link, delegate, handle};
use pawl_local::{Fault, Faults};
use pawl_store::{Record, RecordStatus, Run};
use serde_json::{Value, json};

use crate::command_line::{pawl, text};
use crate::corpus::{in_memory, root};
use crate::server::{serve, smtp};

/// A run on a laptop in memory.
struct Scene {
    laptop: Laptop,
    run: String,
    /// The keys, and mail that goes nowhere else.
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn begin(steps: Value, faults: Faults, change: impl FnOnce(&mut Options)) -> Self {
        // A whole run is too large to stand on the stack of every test that waits for it.
        Box::pin(Self::begun(steps, faults, change)).await
    }

    async fn begun(steps: Value, faults: Faults, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = in_memory(folder.path(), faults);
        change(&mut options);
        let laptop = Laptop::open(options).await.expect("a laptop");
        let definition = json!({ "name": "Waiting", "steps": steps }).to_string();
        let options = pawl_compiler::Options::default();
        let compiled = pawl_compiler::compile(&definition, Notation::Json, options);
        let program = compiled.program.unwrap_or_else(|| {
            let said = compiled.diagnostics.iter().map(|one| one.message.clone());
            panic!("{:?}", said.collect::<Vec<_>>())
        });
        let machine = laptop.publish("waiting", &program.lowered.machine);
        let machine = machine.await.expect("a version");
        let started = laptop
            .start(machine, json!({}), [].into(), None)
            .await
            .expect("a run");
        let scene = Self {
            laptop,
            run: started.run,
            _folder: folder,
        };
        scene.laptop.local.settled().await;
        scene
    }

    async fn run(&self) -> Run {
        let store = self.laptop.services.store();
        let run = store.run(ORG, &self.run).await.expect("an answer");
        run.expect("the run")
    }

    async fn status(&self) -> &'static str {
        self.laptop.local.settled().await;
        self.run().await.status.name()
    }

    /// The record of the step that asks.
    async fn asked(&self) -> Record {
        let store = self.laptop.services.store();
        let records = store.records(ORG, &self.run).await.expect("records");
        let mut records = records.into_iter().rev();
        records
            .find(|record| record.kind.is_some_and(pawl_contract::Kind::waits))
            .expect("a step that waits")
    }

    async fn decide(&self, decision: &Decision) -> Result<bool, String> {
        let decided = decide(&self.laptop.services, ORG, &self.run, None, decision).await;
        decided
            .map(|decided| decided.again)
            .map_err(|error| error.message)
    }

    /// Lets so many seconds pass.
    async fn pass(&self, seconds: u64) {
        let then = self.laptop.local.clock().now() + Duration::from_secs(seconds);
        self.laptop.local.pass_until(then).await;
    }

    async fn waits(&self) -> usize {
        let waits = self.laptop.services.store().waits(ORG).await;
        waits.expect("waits").len()
    }
}

fn ask(config: &Value) -> Value {
    json!([{ "stepSlug": "ask", "stepType": "approval", "config": config, "nextSteps": { "approved": "end" } }])
}

fn yes(by: &str) -> Decision {
    Decision {
        approved: true,
        by: Some(by.to_owned()),
        ..Decision::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_and_not_told_is_told_without_another_decision() {
    for (approved, expected) in [(true, "completed"), (false, "failed")] {
        let is_cut = Arc::new(AtomicBool::new(true));
        let cut = Arc::clone(&is_cut);
        let faults = Faults::new(move |call| {
            let tells = call.operation.starts_with("SendTask");
            (tells && cut.load(Ordering::SeqCst)).then_some(Fault::Unreachable)
        });
        let scene = Scene::begin(ask(&json!({ "message": "Go on?" })), faults, |_| {}).await;
        let decision = Decision {
            approved,
            ..Decision::default()
        };
        let error = scene.decide(&decision).await.expect_err("nobody hears it");
        assert!(error.contains("SendTask"), "{error}");
        assert_eq!(scene.status().await, "running");
        assert_ne!(scene.asked().await.status, RecordStatus::Waiting);
        is_cut.store(false, Ordering::SeqCst);
        let services = &scene.laptop.services;
        if approved {
            let told = pawl_functions::catch_up(services).await;
            assert_eq!(told.expect("it is told"), 1);
        } else {
            // In the cloud the recorder is asked now and then. It leaves alone what somebody may be about to tell.
            for (seconds, expected) in [(0, 0), (120, 1)] {
                scene.pass(seconds).await;
                let asked = json!({ "detail-type": "Scheduled Event" });
                let told = handle(Function::Recorder, asked, services).await;
                assert_eq!(told.expect("an answer"), json!({ "told": expected }));
            }
        }
        assert_eq!(scene.status().await, expected);
        let told = pawl_functions::catch_up(&scene.laptop.services).await;
        assert_eq!(told.expect("nothing is left"), 0);
        // What was heard at once is not told again either.
        assert_eq!(scene.decide(&decision).await, Ok(true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_somebody_decides_loses_no_decision() {
    let mut ends = Vec::new();
    for requests in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let options = || Options {
            state: Some(folder.path().join("state")),
            ..in_memory(folder.path(), Faults::none())
        };
        let steps = ask(&json!({ "message": "Go on?" }));
        let scene = Scene::begin(steps, Faults::none(), |given| *given = options()).await;
        scene.laptop.local.kill_after(requests);
        let decision = yes("anna");
        let is_said = tokio::select! {
            () = scene.laptop.local.killed() => false,
            decided = scene.decide(&decision) => decided.is_ok(),
        };
        let Scene { laptop, run, .. } = scene;
        laptop.close().await;
        let laptop = Laptop::open(options()).await.expect("a laptop");
        // A run that has ended goes on no more.
        let _ = laptop.resume(&run).await;
        let scene = Scene {
            laptop,
            run,
            _folder: folder,
        };
        let status = scene.status().await;
        let is_asking = scene.asked().await.status == RecordStatus::Waiting;
        assert_eq!(is_asking, status == "running", "after {requests} requests");
        assert!(!(is_said && is_asking), "after {requests} requests");
        ends.push((is_said, is_asking));
        scene.laptop.close().await;
    }
    // Before it was recorded, between that and the machine, and after all of it.
    for end in [(false, true), (false, false), (true, false)] {
        assert!(ends.contains(&end), "{end:?} in {ends:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_is_encrypted_where_it_rests() {
    let steps = [
        ask(&json!({ "message": "Go on?" })),
        json!([{ "stepSlug": "hear", "stepType": "signal", "config": { "signal": "go" } }]),
    ];
    for steps in steps {
        let scene = Scene::begin(steps, Faults::none(), |_| {}).await;
        let wait = scene.asked().await.wait.expect("it waits");
        assert!(wait.token.starts_with("pawl1."), "{}", wait.token);
        let _ = scene.decide(&yes("anna")).await;
        let services = &scene.laptop.services;
        let _ = pawl_functions::send(services, ORG, &scene.run, "go", &json!({}), None).await;
        assert_eq!(scene.status().await, "completed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_run_asks_nothing_any_more() {
    let scene = Scene::begin(ask(&json!({ "message": "Go on?" })), Faults::none(), |_| {}).await;
    assert_eq!(scene.waits().await, 1);
    let states = Client::new(&scene.laptop.local.sdk_config());
    let run = scene.run().await;
    let executions = states.list_executions().state_machine_arn(&run.machine);
    let executions = executions.send().await.expect("executions").executions;
    let execution = executions.first().expect("an execution");
    let stop = states.stop_execution();
    let stop = stop.execution_arn(&execution.execution_arn);
    stop.send().await.expect("it stops");
    assert_eq!(scene.status().await, "cancelled");
    assert_eq!(scene.waits().await, 0);
    let asked = scene.asked().await;
    assert_eq!(asked.status, RecordStatus::Failed);
    let error = scene.decide(&yes("anna")).await.expect_err("too late");
    assert_eq!(
        error,
        "step `ask` waits for no decision any more: the run was closed before anybody answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_is_stopped_asks_nothing_any_more() {
    let approval = json!({ "message": "Go on?" });
    let mail = json!({ "type": "email_send", "to": "{{'no' + 'body'}}", "subject": "Hi" });
    let steps = json!([
        { "stepSlug": "both", "stepType": "parallel", "config": { "branches": ["ask", "write"] },
          "nextSteps": { "success": "end", "error": "after" } },
        { "stepSlug": "ask", "stepType": "approval", "config": approval, "nextSteps": { "approved": "end" } },
        { "stepSlug": "write", "stepType": "action", "interruptBefore": true, "config": mail },
        { "stepSlug": "after", "stepType": "approval", "config": approval, "nextSteps": { "approved": "end" } },
    ]);
    let scene = Scene::begin(steps, Faults::none(), |_| {}).await;
    assert_eq!(scene.waits().await, 2);
    let decide = async |step: &str| {
        let services = &scene.laptop.services;
        let decided = decide(services, ORG, &scene.run, Some(step), &yes("anna")).await;
        decided
            .map(|decided| decided.step)
            .map_err(|error| error.message)
    };
    // What is agreed to fails, and the other branch with it.
    decide("write_approval").await.expect("it is taken");
    assert_eq!(scene.status().await, "running");
    assert_eq!(scene.waits().await, 1);
    let late = "step `ask` waits for no decision any more: its branch was given up before anybody answered";
    assert_eq!(decide("ask").await, Err(late.to_owned()));
    decide("after").await.expect("it is taken");
    assert_eq!(scene.status().await, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_gives_is_what_its_last_step_gave_that_acted_or_waited() {
    let scene = Scene::begin(
        ask(&json!({ "message": "Go on?", "payload": { "text": "Hi" } })),
        Faults::none(),
        |_| {},
    )
    .await;
    scene.decide(&yes("anna")).await.expect("it is taken");
    assert_eq!(scene.status().await, "completed");
    let run = scene.run().await;
    let output = scene.laptop.services.store().output(&run).await;
    let output = output.expect("an output");
    assert_eq!(output.pointer("/payload/text"), Some(&json!("Hi")));
}

/// The mails that a server has got since it was asked last: so many are waited for, and more would be seen.
fn mails(sessions: &Receiver<String>, wanted: usize) -> Vec<String> {
    let mut mails: Vec<String> = Vec::new();
    loop {
        let patience = if mails.len() < wanted { 5_000 } else { 100 };
        let Ok(said) = sessions.recv_timeout(Duration::from_millis(patience)) else {
            return mails;
        };
        if !said.is_empty() {
            // Long lines are quoted.
            let plain = said.replace("=\r\n", "").replace("=3D", "=");
            mails.push(plain.replace("\r\n", "\n"));
        }
    }
}

/// The link that a mail has behind a command.
fn link(mail: &str, command: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix(command));
    line.unwrap_or_else(|| panic!("no `{command}` in {mail}"))
        .trim()
        .to_owned()
}

/// A server that takes every mail.
fn server() -> (Mail, Receiver<String>) {
    const FINE: &str = "250 fine";
    let (port, sessions) = serve(move |stream| smtp(stream, [FINE, FINE, "354 go on", FINE]));
    (Mail::Smtp(format!("smtp://127.0.0.1:{port}")), sessions)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_decide_gets_a_mail_with_links_that_decide_once() {
    let (mail, sessions) = server();
    let config = json!({
        "message": "Send the offer?", "title": "An offer", "payload": { "percent": 10 },
        "approvers": ["anna@example.com", "Bo", "cy@example.com"],
    });
    let scene = Scene::begin(ask(&config), Faults::none(), |options| {
        options.settings.mail = mail;
    })
    .await;
    let sent = mails(&sessions, 2);
    let to = |name: &str| {
        let mut to = sent
            .iter()
            .filter(|mail| mail.contains(&format!("To: {name}")));
        to.next()
            .unwrap_or_else(|| panic!("no mail to {name} in {sent:?}"))
    };
    assert_eq!(sent.len(), 2, "{sent:?}");
    let anna = to("anna@example.com");
    for part in [
        "Subject: Please decide: An offer",
        "Send the offer?",
        "\"percent\": 10",
    ] {
        assert!(anna.contains(part), "{part} in {anna}");
    }
    let services = &scene.laptop.services;
    let follow = async |link: &str| {
        let decided = decide_by_link(services, link, Decision::default()).await;
        decided
            .map(|decided| (decided.output.get("decidedBy").cloned(), decided.again))
            .map_err(|error| error.message)
    };
    let approve = link(anna, "pawl approve --link ");
    let reject = link(anna, "pawl reject --link ");
    // Neither half of one goes with the other half of another, and nobody writes one.
    let (claims, _) = approve.split_once('.').expect("two halves");
    let (_, signature) = reject.split_once('.').expect("two halves");
    for forged in [
        format!("{claims}.{signature}"),
        format!("{claims}."),
        "x.y".to_owned(),
        String::new(),
    ] {
        assert_eq!(
            follow(&forged).await,
            Err("this link is none of ours".to_owned()),
            "{forged}"
        );
    }
    let by = Some(json!("anna@example.com"));
    assert_eq!(follow(&approve).await, Ok((by.clone(), false)));
    assert_eq!(
        follow(&format!("https://example.com/links/{approve}")).await,
        Ok((by, true))
    );
    let stands = "step `ask` was approved before by anna@example.com: that stands";
    assert_eq!(follow(&reject).await, Err(stands.to_owned()));
    let other = link(to("cy@example.com"), "pawl approve --link ");
    assert_eq!(follow(&other).await, Err(stands.to_owned()));
    assert_eq!(scene.status().await, "completed");
    scene.pass(366 * 86_400).await;
    assert!(
        follow(&approve)
            .await
            .is_err_and(|error| error.contains("was good until"))
    );
    assert!(mails(&sessions, 0).is_empty(), "one mail each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_does_not_go_out_leaves_the_question_open() {
    let config = json!({ "message": "Go on?", "approvers": ["anna@example.com"] });
    let refused = Mail::Smtp("smtp://127.0.0.1:1".to_owned());
    let scene = Scene::begin(ask(&config), Faults::none(), |options| {
        options.settings.mail = refused;
    })
    .await;
    scene
        .decide(&yes("anna@example.com"))
        .await
        .expect("it is taken");
    assert_eq!(scene.status().await, "completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_where_the_step_says_so_or_has_no_address() {
    let rows = [
        (
            json!({ "approvers": ["anna@example.com"], "notify": "none" }),
            "",
        ),
        (json!({ "approvers": ["anna"] }), ""),
        (
            json!({ "approvers": ["anna"], "notify": "email" }),
            "none of the `approvers`",
        ),
    ];
    for (config, failure) in rows {
        let (mail, sessions) = server();
        let mut whole = json!({ "message": "Go on?" });
        let fields = whole.as_object_mut().expect("an object");
        fields.extend(config.as_object().expect("an object").clone());
        let scene = Scene::begin(ask(&whole), Faults::none(), |options| {
            options.settings.mail = mail;
        })
        .await;
        assert!(mails(&sessions, 0).is_empty());
        let error = scene.asked().await.error.map(|error| error.message);
        let error = error.unwrap_or_default();
        assert_eq!(error.is_empty(), failure.is_empty(), "{error}");
        assert!(error.contains(failure), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_reminded_of_once_and_then_somebody_else_may_decide() {
    let config = json!({
        "message": "Go on?", "approvers": ["anna@example.com"],
        "remindAfter": { "hours": 1 }, "delegateTo": "bo@example.com", "delegateAfter": { "minutes": 90, "hours": 0.5 },
    });
    // Decided before it waits for long, nothing more is heard of it.
    for is_early in [true, false] {
        let (mail, sessions) = server();
        let scene = Scene::begin(ask(&config), Faults::none(), |options| {
            options.settings.mail = mail;
        })
        .await;
        assert_eq!(mails(&sessions, 1).len(), 1);
        if is_early {
            scene
                .decide(&yes("anna@example.com"))
                .await
                .expect("it is taken");
            scene.pass(3 * 3_600).await;
            assert!(mails(&sessions, 0).is_empty());
            continue;
        }
        assert!(scene.decide(&yes("bo@example.com")).await.is_err());
        scene.pass(3_660).await;
        let reminded = mails(&sessions, 1);
        assert_eq!(reminded.len(), 1, "{reminded:?}");
        let mail = reminded.first().expect("a mail");
        assert!(
            mail.contains("Subject: Reminder: please decide: Waiting"),
            "{mail}"
        );
        scene.pass(3_600).await;
        let delegated = mails(&sessions, 1);
        assert_eq!(delegated.len(), 1, "{delegated:?}");
        let delegated = delegated.first().expect("a mail");
        assert!(delegated.contains("To: bo@example.com"), "{delegated}");
        // Those who could decide before still can, and whoever is added by hand.
        let services = &scene.laptop.services;
        let step = delegate(
            services,
            ORG,
            &scene.run,
            None,
            "cy@example.com",
            "cy",
            None,
        )
        .await;
        assert!(
            step.is_err(),
            "who may not decide may not say who else does"
        );
        let step = delegate(
            services,
            ORG,
            &scene.run,
            None,
            "cy@example.com",
            "anna@example.com",
            None,
        )
        .await;
        assert_eq!(step.expect("it waits"), "ask");
        let by_hand = mails(&sessions, 1);
        assert_eq!(by_hand.len(), 1, "{by_hand:?}");
        let approve = link(delegated, "pawl approve --link ");
        let decided = decide_by_link(services, &approve, Decision::default()).await;
        assert_eq!(
            decided.expect("bo may").output.get("decidedBy"),
            Some(&json!("bo@example.com"))
        );
        assert_eq!(scene.status().await, "completed");
        let late = delegate(services, ORG, &scene.run, None, "di", "anna", None).await;
        assert!(late.is_err());
    }
}

#[test]
fn a_question_is_handed_on_and_decided_by_link_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let steps = ask(&json!({ "message": "Go on?", "approvers": ["anna@example.com"] }));
    let definition = json!({ "name": "Waiting", "steps": steps }).to_string();
    std::fs::write(folder.path().join("workflow.json"), definition).expect("it is written");
    let said = |arguments: &[&str], code: i32| {
        let output = pawl(folder.path(), arguments);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    };
    said(&["run", "."], 1);
    let handed = said(
        &[
            "approvals",
            "delegate",
            "latest",
            "--to",
            "bo@example.com",
            "--as",
            "anna@example.com",
        ],
        0,
    );
    assert!(
        handed.contains("`bo@example.com` may decide step `ask`, too"),
        "{handed}"
    );
    let outbox = folder.path().join(".pawl/outbox");
    let mails = std::fs::read_dir(outbox).expect("the outbox");
    let mails = mails.map(|file| std::fs::read(file.expect("a file").path()).expect("a mail"));
    let mails: Vec<String> = mails
        .map(|mail| text(&mail).replace("=\r\n", "").replace("=3D", "="))
        .collect();
    assert_eq!(mails.len(), 2);
    let to_bo = mails
        .iter()
        .find(|mail| mail.contains("To: bo@example.com"));
    let to_bo = to_bo.expect("bo's mail");
    let (approve, reject) = (
        link(to_bo, "pawl approve --link "),
        link(to_bo, "pawl reject --link "),
    );
    let swapped = said(&["reject", "--link", &approve], 2);
    assert!(swapped.contains("this link approves"), "{swapped}");
    said(&["approve", "--link", "nonsense"], 2);
    let approved = said(&["approve", "--link", &approve, "--comment", "Fine"], 0);
    assert!(approved.contains("step `ask` is approved"), "{approved}");
    let again = said(&["approve", "--link", &approve], 0);
    assert!(again.contains("is already approved"), "{again}");
    let late = said(&["reject", "--link", &reject], 2);
    assert!(
        late.contains("was approved before by bo@example.com"),
        "{late}"
    );
}

#[test]
fn an_approval_in_a_loop_is_given_changed_and_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = root().join("workflows/examples/discount-approval");
    for file in ["data.json", "input.json"] {
        std::fs::copy(example.join(file), folder.path().join(file)).expect("a file");
    }
    let definition = std::fs::read_to_string(example.join("workflow.json")).expect("a definition");
    // Patience for those who decide at once, and not for a test that waits for its end.
    let definition = definition.replace("\"timeoutHours\": 24", "\"timeoutSeconds\": 20");
    std::fs::write(folder.path().join("workflow.json"), definition).expect("it is written");
    let run = |arguments: &[&str]| -> Value {
        let output = pawl(folder.path(), arguments);
        let said = serde_json::from_slice(&output.stdout);
        said.unwrap_or_else(|_| panic!("{arguments:?}: {}", text(&output.stderr)))
    };
    let asked = run(&["run", ".", "--json"]);
    let id = asked.get("run").and_then(Value::as_str).expect("a run");
    run(&["approve", id, "--as", "anna", "--json"]);
    let payload = r#"{ "percent": 5, "text": "Five for you" }"#;
    run(&[
        "approve",
        id,
        "--as",
        "anna",
        "--payload",
        payload,
        "--json",
    ]);
    // Nobody answers the third question: the machine's own time ends it.
    let mut ended = Value::Null;
    for _ in 0..60 {
        std::thread::sleep(Duration::from_secs(1));
        ended = run(&["run", ".", "--resume", id, "--json"]);
        if ended.get("status") == Some(&json!("completed")) {
            break;
        }
    }
    let decisions: Vec<Value> = ended
        .get("steps")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|visit| visit.get("step") == Some(&json!("sign_off")))
        .map(|visit| json!([visit.get("port"), visit.pointer("/output/edited")]))
        .collect();
    assert_eq!(
        json!(decisions),
        json!([["approved", false], ["approved", true], ["timeout", null]]),
        "{ended}"
    );
}
