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
