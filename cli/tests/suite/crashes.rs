//! Nothing is lost: the process may die between any two requests, and the run goes on as if it had not.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pawl::laptop::{Laptop, ORG, Options, Started};
use pawl::project::Project;
use pawl::report::{Figures, Report};
use pawl_compiler::{Level, Program};
use pawl_local::{Call, Faults};

use crate::corpus::{Case, assert_same, cases, finish, in_memory, mails, normal, root};

/// A case on disk, to be killed and resumed.
struct Scene<'a> {
    case: &'a Case,
    program: Program,
    folder: tempfile::TempDir,
}

impl<'a> Scene<'a> {
    fn new(case: &'a Case, hand_over_after: Option<u32>) -> Self {
        let options = pawl_compiler::Options {
            level: Level::O1,
            hand_over_after,
            ..pawl_compiler::Options::default()
        };
        let program = case
            .project
            .compile(options)
            .program
            .expect("the case compiles");
        Self {
            case,
            program,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    async fn open(&self) -> Laptop {
        let outbox = self.folder.path().join("outbox");
        let options = Options {
            state: Some(self.folder.path().join("state")),
            ..in_memory(&outbox, Faults::none())
        };
        Laptop::open(options).await.expect("a laptop")
    }

    /// Starts the run; the same key makes it the same run however often it is started.
    async fn start(&self, laptop: &Laptop) -> Option<Started> {
        let project: &Project = &self.case.project;
        laptop.load(&project.data(None).expect("data")).await.ok()?;
        let subflows = project.subflows(&self.program, pawl_compiler::Options::default());
        for (name, subflow) in subflows.expect("sound definitions") {
            let published = laptop.publish(&name, &subflow.lowered.machine);
            published.await.ok()?;
        }
        let machine = laptop
            .publish("crash", &self.program.lowered.machine)
            .await
            .ok()?;
        let input = project.input(None).expect("input");
        laptop
            .start(
                machine,
                input,
                project.mocks(None).expect("mocks"),
                Some("crash".to_owned()),
            )
            .await
            .ok()
    }

    async fn calm(&self) -> (Report, Vec<Call>) {
        let laptop = self.open().await;
        let events = laptop.events();
        let started = self.start(&laptop).await.expect("a run");
        let report = finish(&laptop, events, &started, 0).await;
        (report, laptop.local.calls())
    }

    fn mails(&self) -> usize {
        mails(&self.folder.path().join("outbox"))
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn a_run_killed_between_any_two_requests_is_resumed_to_the_same_end() {
    let scenes = [
        ("examples/auto-reply", None),
        ("examples/email-with-error-handling", None),
        ("examples/paging", Some(10)),
    ];
    let cases = cases();
    for (name, hand_over_after) in scenes {
        let case = cases.iter().find(|case| case.name == name).expect(name);
        let scene = Scene::new(case, hand_over_after);
        let (calm, calls) = Box::pin(scene.calm()).await;
        let requests = calls.len() as u64;
        let (mut killed, mut unknown) = (0, 0);
        for point in 1..requests {
            let scene = Scene::new(case, hand_over_after);
            let laptop = scene.open().await;
            laptop
                .local
                .kill_after(point.saturating_sub(laptop.local.calls().len() as u64));
            tokio::select! {
                () = laptop.local.killed() => {}
                () = async { if scene.start(&laptop).await.is_some() { laptop.local.settled().await } } => {}
            }
            laptop.local.close().await;
            killed += 1;

            let laptop = scene.open().await;
            let started = match laptop.resume(&calm.run).await {
                Ok(started) => started,
                // It died before there was a run.
                Err(_) => scene.start(&laptop).await.expect("a run"),
            };
            let report = finish(&laptop, laptop.events(), &started, 0).await;
            assert!(
                scene.mails() <= 1,
                "{} killed after {point} requests sent {} mails",
                case.name,
                scene.mails()
            );
            if is_unknown(&report) {
                unknown += 1;
                continue;
            }
            let what = format!("{} killed after {point} requests", case.name);
            assert_same(&normal(&report), &normal(&calm), &what);
        }
        println!(
            "{}: killed at {killed} points of {requests} requests, {unknown} with an unknown outcome, 0 lost, 0 doubled",
            case.name
        );
    }
}

fn is_unknown(report: &Report) -> bool {
    report
        .steps
        .iter()
        .filter_map(|step| step.error.as_ref())
        .any(|error| error.code == "OUTCOME_UNKNOWN")
}

/// The process itself is killed, at moments that nobody chose.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_it_runs_leaves_a_run_that_can_be_resumed() {
    let example = root().join("workflows/examples/auto-reply");
    let folder = tempfile::tempdir().expect("a folder");
    for (attempt, wait) in [20, 60, 100, 150, 200, 300].into_iter().enumerate() {
        let state = folder.path().join(attempt.to_string());
        let arguments = [
            "run".to_owned(),
            example.display().to_string(),
            "--state".to_owned(),
            state.display().to_string(),
        ];
        let mut child = pawl(&arguments).spawn().expect("pawl runs");
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(wait) {
            tokio::task::yield_now().await;
        }
        child.kill().expect("a signal");
        child.wait().expect("an end");
        let Some(run) = run_in(&state).await else {
            continue;
        };
        let resume = [arguments.as_slice(), &["--resume".to_owned(), run]].concat();
        let status = pawl(&resume).status().expect("pawl runs");
        assert!(status.success(), "killed after {wait} ms");
    }
}

fn pawl(arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pawl"));
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env_remove("PAWL_SMTP_URL");
    command
}

/// The run that a state folder holds and that is not over yet.
async fn run_in(state: &Path) -> Option<String> {
    if !state.exists() {
        return None;
    }
    let outbox = state.join("outbox");
    let options = Options {
        state: Some(state.to_owned()),
        ..in_memory(&outbox, Faults::none())
    };
    let laptop = Laptop::open(options).await.expect("a laptop");
    laptop.open_runs().await.expect("runs").into_iter().next()
}

/// A paging cycle whose budget is forced low crosses executions and leaves the same records.
#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_is_handed_over_leaves_the_same_records() {
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "examples/paging")
        .expect("the paging example");
    let mut reports = Vec::new();
    for hand_over_after in [None, Some(10)] {
        let program = case
            .project
            .compile(pawl_compiler::Options {
                level: Level::O1,
                hand_over_after,
                ..pawl_compiler::Options::default()
            })
            .program
            .expect("it compiles");
        let outbox = tempfile::tempdir().expect("a folder");
        let laptop = Laptop::open(in_memory(outbox.path(), Faults::none()))
            .await
            .expect("a laptop");
        laptop
            .load(&case.project.data(None).expect("data"))
            .await
            .expect("records");
        let machine = laptop
            .publish("paging", &program.lowered.machine)
            .await
            .expect("a version");
        let input = case.project.input(None).expect("input");
        let mocks = case.project.mocks(None).expect("mocks");
        let mut events = laptop.events();
        let started = laptop
            .start(machine, input, mocks, Some("paging".to_owned()))
            .await
            .expect("a run");
        laptop.local.settled().await;
        let mut executions = std::collections::BTreeSet::new();
        while let Ok((execution, _)) = events.try_recv() {
            executions.insert(execution);
        }
        reports.push((
            laptop
                .report(&started.run, Figures::default())
                .await
                .expect("a report"),
            executions.len(),
        ));
    }
    let [(whole, one), (divided, several)] = reports.try_into().expect("two runs");
    assert_eq!(one, 1);
    assert!(several >= 3, "{several} executions");
    assert_same(&normal(&divided), &normal(&whole), "handed over");
}

/// Whoever closes a run may die before, between or after noting and starting what follows: it is started once.
#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_run_is_started_once_wherever_the_process_dies() {
    let cases = cases();
    for name in ["follow-up/on-complete", "follow-up/on-error"] {
        let case = cases.iter().find(|case| case.name == name).expect(name);
        let scene = Scene::new(case, None);
        let (calm, calls) = Box::pin(scene.calm()).await;
        // What comes after the start of what follows belongs to that alone.
        let start = |call: &Call| call.operation == "StartExecution";
        let requests = calls.iter().rposition(start).expect("a start") as u64 + 2;
        assert_eq!(calm.follow_ups.len(), 1, "{name}");
        for point in 1..=requests {
            let scene = Scene::new(case, None);
            let laptop = scene.open().await;
            let before = laptop.local.calls().len() as u64;
            laptop.local.kill_after(point.saturating_sub(before));
            tokio::select! {
                () = laptop.local.killed() => {}
                () = async { if scene.start(&laptop).await.is_some() { laptop.local.settled().await } } => {}
            }
            laptop.local.close().await;

            let laptop = scene.open().await;
            let started = match laptop.resume(&calm.run).await {
                Ok(started) => started,
                Err(_) => scene.start(&laptop).await.expect("a run"),
            };
            laptop.local.settled().await;
            laptop.catch_up().await.expect("what follows");
            for run in laptop.open_runs().await.expect("runs") {
                laptop.resume(&run).await.expect("a run that goes on");
            }
            let report = finish(&laptop, laptop.events(), &started, 0).await;
            let what = format!("{name} killed at request {point}");
            assert_same(&normal(&report), &normal(&calm), &what);
            let runs = laptop.services.store().runs(ORG, 10).await.expect("runs");
            assert_eq!(runs.len(), 2, "{what}");
            laptop.local.close().await;
        }
    }
}
