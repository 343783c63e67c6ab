//! State folders of other versions.

use aws_sdk_sfn::types::ExecutionStatus;
use pawl_local::{Clock, Error, Local, Options};
use serde_json::{Value, json};

use crate::world::{machine, open, start_of_time};

fn options(folder: &tempfile::TempDir) -> Options {
    Options {
        state: Some(folder.path().to_owned()),
        clock: Clock::simulated(start_of_time()),
        ..Options::default()
    }
}

#[tokio::test]
async fn machines_of_the_first_version_are_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = |output: u64| {
        machine(&json!({ "first": { "Type": "Pass", "Output": output, "End": true } })).to_string()
    };
    let revision = |number: u64| json!({ "number": number, "definition": definition(number), "roleArn": "arn:aws:iam::000000000000:role/x" });
    let version = |number: u64| json!({ "number": number + 1, "created": start_of_time(), "description": Value::Null, "revision": revision(number) });
    let kept = json!({
        "name": "old", "created": start_of_time(), "current": revision(2), "versions": [version(0), version(1)],
    });
    let machines = folder.path().join("machines");
    std::fs::create_dir(&machines).expect("a folder");
    std::fs::write(machines.join("old.json"), kept.to_string()).expect("a file");

    for life in 0..2 {
        let world = open(options(&folder)).await;
        let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:old";
        for (machine, output) in [
            (format!("{arn}:1"), "0"),
            (format!("{arn}:2"), "1"),
            (arn.to_owned(), "2"),
        ] {
            let ended = world
                .run(&machine, &format!("{output}-{life}"), &json!({}))
                .await;
            assert_eq!(
                ended,
                (ExecutionStatus::Succeeded, output.to_owned()),
                "{machine}"
            );
        }
        assert!(!machines.exists(), "the old files are gone");
        world.local.close().await;
    }
}

#[tokio::test]
async fn a_folder_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("version"), "99\n").expect("a file");
    let opened = Local::open(options(&folder)).await;
    let Err(Error::Newer { found, known, .. }) = opened else {
        panic!("it was opened");
    };
    assert!(found > known);
    let files = std::fs::read_dir(folder.path()).expect("the folder");
    let mut names: Vec<String> = files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["lock", "version"]);
}

#[tokio::test]
async fn what_cannot_be_read_does_not_keep_the_rest_from_going_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let by_the_clock = || Options {
        state: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let world = open(by_the_clock()).await;
    let waits = machine(&json!({ "first": { "Type": "Wait", "Seconds": 1, "End": true } }));
    let version = world.create("waits", &waits).await;
    let start = async |name: &str| world.start(&version, name, &json!({})).await;
    start("one").await.expect("it starts");
    let two = start("two").await.expect("it starts");
    world.local.close().await;

    let journal = rusqlite::Connection::open(folder.path().join("aws.sqlite")).expect("it is open");
    let broken = "UPDATE executions SET about = '{' WHERE arn LIKE '%:one';
        INSERT INTO jobs VALUES (1000000, 0, '{\"Unheard\":1}');";
    journal.execute_batch(broken).expect("it is written");
    drop(journal);

    let world = open(by_the_clock()).await;
    assert_eq!(world.local.go_on("").await.expect("the rest is fine"), 2);
    world.local.settled().await;
    assert_eq!(world.outcome(&two).await.0, ExecutionStatus::Succeeded);
}
