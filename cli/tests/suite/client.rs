//! `pawl` as the client of a deployment: what it says of runs is what it says beside them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::command_line::{command, pawl_reads, text};
use crate::dev::Served;

/// A deployment, and somebody who asks it from elsewhere.
struct Client {
    served: Served,
    /// The folder of the deployment.
    there: tempfile::TempDir,
    /// The folder of whoever asks.
    here: tempfile::TempDir,
}

impl Client {
    fn new() -> Self {
        let folder = || tempfile::tempdir().expect("a folder");
        let (there, here) = (folder(), folder());
        let served = Served::start(there.path(), &[]);
        Self {
            served,
            there,
            here,
        }
    }

    fn of_deployment(&self, name: &str) -> String {
        let path = self.there.path().join(".pawl").join(name);
        let text = std::fs::read_to_string(path).expect("a file");
        text.trim().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.here.path(), arguments);
        command
            .env("PAWL_URL", self.of_deployment("api"))
            .env("PAWL_KEY", self.of_deployment("key"))
            .stdin(Stdio::null());
        command
    }

    /// What the deployment says by its API.
    fn says(&self, arguments: &[&str], code: i32) -> String {
        said(&mut self.command(arguments), arguments, code)
    }

    /// What AWS says in the deployment's folder.
    fn says_there(&self, arguments: &[&str]) -> String {
        said(&mut command(self.there.path(), arguments), arguments, 0)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let said = self.says(&[arguments, &["--json"]].concat(), 0);
        serde_json::from_str(&said).expect("JSON")
    }

    fn waits_for(&self, kind: &str) {
        for _ in 0..200 {
            if self.json(&["approvals"]).pointer("/0/kind") == Some(&json!(kind)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nothing waits for a {kind}");
    }
}

fn said(command: &mut Command, arguments: &[&str], code: i32) -> String {
    let done = command.output().expect("pawl runs");
    let (said, complained) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(
        done.status.code(),
        Some(code),
        "{arguments:?}: {said}{complained}"
    );
    if code == 0 { said } else { said + &complained }
}

fn asking(folder: &Path) {
    let definition = json!({
        "name": "Ask twice",
        "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" },
              "nextSteps": { "approved": "listen", "rejected": "end" } },
            { "stepSlug": "listen", "stepType": "signal", "config": { "signal": "paid" }, "nextSteps": { "success": "tell" } },
            { "stepSlug": "tell", "stepType": "output", "config": { "mapping": { "paid": "{{steps.listen.output.amount}}" } } },
        ],
    });
    std::fs::write(folder.join("ask.json"), definition.to_string()).expect("a file");
}

#[test]
fn runs_are_seen_and_answered_by_the_api_as_beside_them() {
    let client = Client::new();
    asking(client.here.path());
    client.says(&["publish", "ask.json"], 0);
    client.says(&["execute", "Ask twice", "--follow"], 0);
    client.waits_for("approval");
    for arguments in [
        &["approvals"] as &[&str],
        &["show", "latest", "--step", "ask"],
    ] {
        assert_eq!(client.says(arguments, 0), client.says_there(arguments));
    }
    let delegate = ["approvals", "delegate", "latest", "--to", "bo"];
    assert_eq!(
        client.says(&delegate, 0),
        "`bo` may decide step `ask`, too\n"
    );
    let waits = client.json(&["approvals"]);
    assert_eq!(waits.pointer("/0/delegates/0/to"), Some(&json!("bo")));
    let by = waits.pointer("/0/delegates/0/by").and_then(Value::as_str);
    assert!(by.is_some_and(|by| by.starts_with("key:")), "{waits}");
    let approve = ["approve", "latest", "--comment", "Fine"];
    assert_eq!(client.says(&approve, 0), "step `ask` is approved\n");
    assert_eq!(client.says(&approve, 0), "step `ask` is already approved\n");
    assert!(
        client
            .says(&["reject", "latest"], 2)
            .contains("was approved before")
    );
    client.waits_for("signal");
    let signal = ["signal", "latest", "paid", r#"{ "amount": 12 }"#];
    assert_eq!(client.says(&signal, 0), "signal `paid` is delivered\n");
    assert!(
        client
            .says(&["logs", "latest", "--follow"], 0)
            .contains("run completed after")
    );
    assert!(client.says(&signal, 2).contains("is completed"));
    for arguments in [
        &["runs"] as &[&str],
        &[
            "runs",
            "--workflow",
            "Ask twice",
            "--status",
            "completed",
            "--json",
        ],
        &["approvals", "--json"],
        &["threads"],
        &["show", "latest", "--step", "listen", "--json"],
        &["show", "latest"],
        &["history", "latest"],
        &["history", "latest", "--reverse", "--json"],
        &["graph", "latest"],
        &["graph", "latest", "--format", "svg"],
    ] {
        assert_eq!(client.says(arguments, 0), client.says_there(arguments));
    }
    let console = client.says_there(&["open", "latest"]);
    assert_eq!(console, client.says(&["open", "latest"], 0));
    let begins = "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/arn:aws:states:us-east-1:000000000000:execution:";
    assert!(console.starts_with(begins), "{console}");
    let shown = client.json(&["show", "latest"]);
    assert_eq!(shown.pointer("/output/paid"), Some(&json!(12)), "{shown}");
    assert_eq!(client.served.end("-TERM"), Some(0));
}

#[test]
fn who_cannot_be_asked_is_said_with_what_to_do() {
    let client = Client::new();
    let aws = client.served.endpoint.clone();
    let key = client.of_deployment("key");
    let rows: [(&[&str], &str, &str, &str); 8] = [
        (&["runs"], "http://127.0.0.1:1", &key, "does it run?"),
        (&["runs"], &aws, &key, "is not the API of Pawl"),
        (
            &["threads"],
            &client.of_deployment("api"),
            "pawl_default.x.y",
            "log in anew",
        ),
        (
            &["show", "nothing"],
            &client.of_deployment("api"),
            &key,
            "there is no run `nothing`",
        ),
        (
            &["execute", "nothing"],
            &client.of_deployment("api"),
            &key,
            "pawl publish",
        ),
        (
            &["history", "nothing"],
            &client.of_deployment("api"),
            &key,
            "there is no run `nothing`",
        ),
        // The key of one address goes to no other.
        (
            &["runs", "--url", "http://127.0.0.1:1"],
            &client.of_deployment("api"),
            &key,
            "there is no key for http://127.0.0.1:1",
        ),
        (&["approvals"], "http://127.0.0.1:1", "", "PAWL_KEY"),
    ];
    for (arguments, url, key, help) in rows {
        let mut command = client.command(arguments);
        command.env("PAWL_URL", url).env("PAWL_KEY", key);
        let complained = said(&mut command, arguments, 2);
        assert!(complained.contains(help), "{arguments:?}: {complained}");
    }
}

#[test]
fn a_login_is_remembered_for_its_owner_alone_until_it_is_forgotten() {
    let client = Client::new();
    let folder = client.here.path();
    let file = folder.join("pawl/login.json");
    std::fs::create_dir_all(folder.join("pawl")).expect("a folder");
    // One that everybody could read.
    std::fs::write(&file, "{}").expect("a file");
    let url = client.of_deployment("api");
    let told = |arguments: &[&str], input: &str, code: i32| {
        let done = pawl_reads(folder, arguments, input);
        let (said, complained) = (text(&done.stdout), text(&done.stderr));
        assert_eq!(
            done.status.code(),
            Some(code),
            "{arguments:?}: {complained}"
        );
        said + &complained
    };
    assert!(told(&["login", &url], "pawl_default.x.y", 2).contains("log in anew"));
    assert!(told(&["login", &url], &client.of_deployment("key"), 0).contains("admin"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(told(&["runs"], "", 0).contains("no runs yet"));
    // A folder that is named goes before the login.
    assert!(told(&["runs", "--state", ".pawl"], "", 2).contains("no state folder"));
    assert!(told(&["cancel", "x", "--state", ".pawl"], "", 2).contains("pawl dev"));
    // The key of the login goes to no other address.
    assert!(told(&["runs", "--url", "http://127.0.0.1:1"], "", 2).contains("there is no key"));
    told(&["secrets", "store", "shop"], "s3cret", 0);
    let stored = told(&["secrets", "stored"], "", 0);
    assert!(
        stored.contains("shop") && !stored.contains("s3cret"),
        "{stored}"
    );
    told(&["secrets", "forget", "shop"], "", 0);
    assert!(told(&["secrets", "forget", "shop"], "", 2).contains("no secret `shop`"));
    assert!(told(&["logout"], "", 0).contains("is gone"));
    assert!(!file.exists());
    told(&["logout"], "", 0);
    assert!(told(&["runs"], "", 2).contains("no state folder"));
    assert_eq!(client.served.end("-TERM"), Some(0));
}

#[test]
fn machine_versions_say_why_they_are_kept() {
    let client = Client::new();
    let file = client.here.path().join("greet.json");
    for greeting in ["Hello", "Good day"] {
        let definition = json!({ "name": "Greet", "steps": [
            { "stepSlug": "greet", "stepType": "output", "config": { "mapping": { "text": greeting } } },
        ] });
        std::fs::write(&file, definition.to_string()).expect("a file");
        client.says(&["publish", "greet.json"], 0);
    }
    let shown = client.says(&["gc"], 0);
    let kept = [
        "new runs begin with it",
        "it was replaced less than an hour ago",
    ];
    let lines: Vec<&str> = shown.lines().skip(1).collect();
    assert_eq!(lines.len(), 2, "{shown}");
    for ((line, why), number) in lines.iter().zip(kept).zip(["2", "1"]) {
        assert!(line.starts_with(&format!("greet     {number}")), "{shown}");
        assert!(line.ends_with(why), "{shown}");
    }
    let versions = client.json(&["gc", "Greet", "--remove"]);
    assert_eq!(versions.as_array().map(Vec::len), Some(2));
    client.says(&["gc", "nobody"], 2);
}
