//! A web server on this machine that answers by script, and keeps every request as it came.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `GET /orders?id=7`
    pub(crate) line: String,
    /// Each as `name: value`, the name in small letters.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Asked {
    /// The value of a header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found == name).then_some(value)
        });
        found.unwrap_or_default()
    }
}

/// A server that stops with its process.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Web {
    /// Serves on this machine. The script gets each request, and how many came before it; it gives the whole answer,
    /// where an empty one hangs up.
    pub(crate) fn serve(script: impl Fn(&Asked, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, kept) = (Arc::new(script), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, kept) = (Arc::clone(&script), Arc::clone(&kept));
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    let Ok(asked) = read(&mut stream) else { return };
                    let before = {
                        let mut kept = kept.lock().expect("no panic");
                        kept.push(asked.clone());
                        kept.len() - 1
                    };
                    let answer = script(&asked, before);
                    stream.get_mut().write_all(answer.as_bytes()).ok();
                });
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            asked,
        }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }
}

/// An answer with these headers.
pub(crate) fn answer(status: u16, headers: &[&str], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|line| (*line).to_owned() + "\r\n")
        .collect();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Whatever\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// An answer in JSON.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> String {
    answer(
        status,
        &["content-type: application/json"],
        &body.to_string(),
    )
}

fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let mut lines = lines.into_iter();
    let line = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines
        .map(|line| match line.split_once(':') {
            Some((name, value)) => format!("{}: {}", name.to_ascii_lowercase(), value.trim()),
            None => line,
        })
        .collect();
    let mut asked = Asked {
        line: line.trim_end_matches(" HTTP/1.1").to_owned(),
        headers,
        body: String::new(),
    };
    let length = asked.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    asked.body = String::from_utf8_lossy(&body).into_owned();
    Ok(asked)
}
