//! The world around a workflow: it counts what reaches it, and kills who reached it when it is asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use pawl_local::Local;
use serde_json::{Value, json};

use crate::stage::{calls, says};
use crate::web::{Asked, Web, json as in_json};

/// When a kill comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    BeforeItsAnswer,
    AfterItsAnswer,
    Never,
}

/// A kill that is to come.
pub(super) struct Armed {
    pub(super) local: Local,
    /// So many effects are spared.
    pub(super) left: u64,
    pub(super) moment: Moment,
}

/// Everything that happened.
#[derive(Default)]
pub(super) struct World {
    counts: Mutex<BTreeMap<(String, String), u64>>,
    keys: Mutex<BTreeSet<String>>,
    armed: Mutex<Option<Armed>>,
}

impl World {
    pub(super) fn arm(&self, armed: Armed) {
        *lock(&self.armed) = Some(armed);
    }

    pub(super) fn disarm(&self) {
        *lock(&self.armed) = None;
    }

    /// How often an effect of a run happened.
    pub(super) fn count(&self, number: &str, step: &str) -> u64 {
        let key = (number.to_owned(), step.to_owned());
        lock(&self.counts).get(&key).copied().unwrap_or(0)
    }

    /// Something happens. Whether whoever did it hears so.
    fn happens(&self, number: &str, step: &str) -> bool {
        let key = (number.to_owned(), step.to_owned());
        *lock(&self.counts).entry(key).or_default() += 1;
        self.strikes()
    }

    /// Kills whoever asks, if it is time. Whether they hear an answer.
    fn strikes(&self) -> bool {
        let mut armed = lock(&self.armed);
        let Some(next) = armed.as_mut() else {
            return true;
        };
        if next.moment == Moment::Never {
            return true;
        }
        if next.left > 0 {
            next.left -= 1;
            return true;
        }
        next.local.kill_after(0);
        let is_answered = next.moment == Moment::AfterItsAnswer;
        *armed = None;
        is_answered
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().expect("no panic")
}

/// A shop that takes orders, and a model.
pub(super) fn web(world: &Arc<World>) -> Web {
    let world = Arc::clone(world);
    Web::serve(move |asked, _| {
        let path = asked.line.split(' ').nth(1).unwrap_or_default();
        let step = path.trim_start_matches('/');
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        if step == "chat/completions" {
            return turn(&world, &body);
        }
        let number = body.get("number").map(shown).unwrap_or_default();
        let is_new = is_new(&world, asked);
        let is_answered = if is_new {
            world.happens(&number, step)
        } else {
            world.strikes()
        };
        if is_answered {
            in_json(200, &json!({ "ok": true }))
        } else {
            String::new()
        }
    })
}

fn shown(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether an order was not taken before, by its key if it has one.
fn is_new(world: &World, asked: &Asked) -> bool {
    let key = asked.header("idempotency-key");
    key.is_empty() || lock(&world.keys).insert(key.to_owned())
}

/// The model makes the customer a vip, once, and then says so.
fn turn(world: &World, body: &Value) -> String {
    let messages = body.get("messages").and_then(Value::as_array);
    let messages = messages.map(Vec::as_slice).unwrap_or_default();
    let content = |role: &str| {
        let is_it = |message: &&Value| message.get("role").and_then(Value::as_str) == Some(role);
        let found = messages.iter().find(is_it)?;
        found.get("content").map(shown)
    };
    let number = content("system").unwrap_or_default();
    if !world.happens(&number, "turn") {
        return String::new();
    }
    if content("tool").is_some() {
        return says("Done.");
    }
    let customer = content("user").unwrap_or_default();
    let arguments = json!({ "customerId": customer, "updates": { "status": "vip" } });
    calls("customer_update", &arguments)
}

/// A server that takes mail: its address.
pub(super) fn smtp(world: &Arc<World>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let world = Arc::clone(world);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let world = Arc::clone(&world);
            thread::spawn(move || session(&world, BufReader::new(stream)));
        }
    });
    format!("smtp://127.0.0.1:{port}")
}

fn session(world: &World, mut stream: BufReader<TcpStream>) -> std::io::Result<()> {
    let say = |stream: &mut BufReader<TcpStream>, line: &str| {
        stream.get_mut().write_all(format!("{line}\r\n").as_bytes())
    };
    say(&mut stream, "220 here")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.trim_end().to_ascii_uppercase().as_str() {
            "QUIT" => return say(&mut stream, "221 bye"),
            "DATA" => {
                say(&mut stream, "354 go on")?;
                let mut mail = String::new();
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail)? == 0 {
                        return Ok(());
                    }
                }
                let between = |start: &str, end: char| {
                    let rest = mail.split_once(start).map(|(_, rest)| rest);
                    let found = rest.and_then(|rest| rest.split_once(end));
                    found.map(|(found, _)| found.to_owned()).unwrap_or_default()
                };
                if !world.happens(&between("Subject: Number ", '.'), &between("To: ", '@')) {
                    return Ok(());
                }
                say(&mut stream, "250 fine")?;
            }
            _ => say(&mut stream, "250 fine")?,
        }
    }
}
