//! A server on this machine that holds a few conversations by script, and keeps what it was told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Serves connections one after the other: its port, and what each of them said.
pub(crate) fn serve(
    talk: impl Fn(&mut BufReader<TcpStream>) -> std::io::Result<String> + Send + 'static,
) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let said = talk(&mut BufReader::new(stream)).unwrap_or_default();
            if sender.send(said).is_err() {
                return;
            }
        }
    });
    (port, receiver)
}

/// Hears an HTTP request: its body.
pub(crate) fn hear(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let whole = hear_whole(stream)?;
    let body = whole.split_once("\n\n").map(|(_, body)| body.to_owned());
    Ok(body.unwrap_or_default())
}

/// Hears an HTTP request: its head, an empty line, and its body.
pub(crate) fn hear_whole(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut length = 0;
    let mut whole = String::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        let line = line.trim_end();
        whole.push_str(line);
        whole.push('\n');
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    whole.push_str(&String::from_utf8_lossy(&body));
    Ok(whole)
}

/// Answers an HTTP request: a status, further headers, and a body that ends with the connection.
pub(crate) fn answer(
    stream: &mut BufReader<TcpStream>,
    status: u16,
    headers: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status} Whatever\r\n{headers}Connection: close\r\n\r\n");
    stream.get_mut().write_all(head.as_bytes())?;
    stream.get_mut().write_all(body)
}

/// One SMTP session: `answers` to MAIL, RCPT, DATA and the mail itself, where an empty one hangs up. Gives the mail.
pub(crate) fn smtp(
    stream: &mut BufReader<TcpStream>,
    answers: [&str; 4],
) -> std::io::Result<String> {
    let [mail, rcpt, data, accepted] = answers;
    say(stream, "220 here")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(String::new());
        }
        let verb = line
            .split([' ', '\r'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let answer = match verb.as_str() {
            "MAIL" => mail,
            "RCPT" => rcpt,
            "DATA" => data,
            "QUIT" => {
                say(stream, "221 bye")?;
                return Ok(String::new());
            }
            _ => "250 fine",
        };
        say(stream, answer)?;
        if verb == "DATA" && answer.starts_with('3') {
            let mut body = String::new();
            while !body.ends_with("\r\n.\r\n") {
                stream.read_line(&mut body)?;
            }
            if !accepted.is_empty() {
                say(stream, accepted)?;
            }
            return Ok(body);
        }
    }
}

fn say(stream: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes())
}
