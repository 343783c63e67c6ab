//! The reference: a Node process that answers lines with lines.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Map, Value, json};

use crate::outcome::{Failure, Kind, Outcome, Stage};

/// The running process. It is started once.
pub(crate) struct Reference {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) kind: Kind,
    pub(crate) text: &'q str,
    pub(crate) data: &'q Map<String, Value>,
    /// Whether null in `v` is to be undefined.
    pub(crate) is_missing: bool,
}

impl Reference {
    /// Starts the process; its packages stand in a folder's `node_modules`.
    pub(crate) fn start(script: &Path, packages: &Path) -> std::io::Result<Self> {
        let mut process = Command::new("node")
            .arg(script)
            .arg(packages)
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take();
        let output = process
            .stdout
            .take()
            .ok_or_else(|| std::io::Error::other("node has no output"))?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
        })
    }

    /// Asks all questions and reads all answers; the writing has its own thread, so that neither side waits for ever.
    pub(crate) fn ask(&mut self, questions: &[Question<'_>]) -> std::io::Result<Vec<Outcome>> {
        let input = self
            .input
            .as_mut()
            .ok_or_else(|| std::io::Error::other("node has no input"))?;
        let output = &mut self.output;
        std::thread::scope(|scope| {
            let writing = scope.spawn(move || {
                let mut input = BufWriter::new(input);
                for (id, question) in questions.iter().enumerate() {
                    let line = json!({ "id": id, "kind": question.kind.name(), "text": question.text, "data": question.data, "missing": question.is_missing });
                    writeln!(input, "{line}")?;
                }
                input.flush()
            });
            let mut answers = BTreeMap::new();
            let mut line = String::new();
            while answers.len() < questions.len() {
                line.clear();
                if output.read_line(&mut line)? == 0 {
                    return Err(std::io::Error::other(
                        "node stopped before it answered everything",
                    ));
                }
                let answer: Value = serde_json::from_str(&line)?;
                let id = answer
                    .get("id")
                    .and_then(Value::as_u64)
                    .ok_or_else(|| std::io::Error::other("an answer without a number"))?;
                answers.insert(id, outcome(answer));
            }
            writing
                .join()
                .map_err(|_| std::io::Error::other("the writer stopped"))??;
            Ok(answers.into_values().collect())
        })
    }

    /// Ends the process by closing its input.
    pub(crate) fn stop(mut self) -> std::io::Result<()> {
        drop(self.input.take());
        self.process.wait().map(|_| ())
    }
}

fn outcome(mut answer: Value) -> Outcome {
    let message = answer
        .get("error")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let Some(message) = message else {
        return Outcome::Value(answer.get_mut("value").map(Value::take).unwrap_or_default());
    };
    let is_parse = answer.get("phase").is_some_and(|phase| phase == "parse");
    Outcome::Failed(Failure {
        stage: if is_parse {
            Stage::Parse
        } else {
            Stage::Evaluate
        },
        message,
    })
}
