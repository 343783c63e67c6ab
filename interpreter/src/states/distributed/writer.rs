//! The results of a distributed Map: as its own result, or as files for its ResultWriter.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::run::Place;
use crate::Failure;
use crate::context::moment;

/// How a child execution ended, or that it never did.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    /// It was not begun, or not to its end.
    Pending,
    /// It ended well.
    Succeeded(Value),
    /// It failed.
    Failed(Failure),
    /// It took too long.
    TimedOut(Failure),
    /// It was stopped.
    Aborted(Failure),
}

impl Ending {
    /// Where the child is counted.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Pending => Place::Pending,
            Self::Succeeded(_) => Place::Succeeded,
            Self::Failed(_) => Place::Failed,
            Self::TimedOut(_) => Place::TimedOut,
            Self::Aborted(_) => Place::Aborted,
        }
    }
}

/// A child execution, as far as its result tells of it.
#[derive(Debug)]
pub(super) struct Child {
    /// What it is given.
    pub(super) input: Value,
    /// How many items it is for.
    pub(super) items: u64,
    /// Its ARN and name, once it was begun.
    pub(super) begun: Option<Begun>,
    /// How it ended, and when.
    pub(super) ending: Ending,
    pub(super) stopped_at: Option<Timestamp>,
}

/// What a child execution has from its beginning on.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) at: Timestamp,
}

/// How results are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Style {
    pub(super) transformation: Transformation,
    pub(super) lines: Lines,
}

/// What is left of the result of a child execution that ended well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Transformation {
    /// Everything that is known of it.
    None,
    /// Its output; of one that failed only its error, as measured on AWS where a Map has no ResultWriter.
    #[default]
    Plain,
    /// Its output.
    Compact,
    /// Its output; the elements of one that is a list.
    Flatten,
}

/// Whether results stand in a list or each in a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lines {
    #[default]
    Json,
    JsonLines,
}

impl Style {
    /// Reads a WriterConfig; `exports` says whether results go to S3, where everything is kept unless told otherwise.
    pub(super) fn new(config: Option<&Value>, exports: bool) -> Result<Self, String> {
        let text = |name: &str| {
            let value = config.and_then(|config| config.get(name));
            value.map(|value| value.as_str().unwrap_or_default())
        };
        let transformation = match text("Transformation") {
            Some("NONE") => Transformation::None,
            Some("COMPACT") => Transformation::Compact,
            Some("FLATTEN") => Transformation::Flatten,
            Some(other) => return Err(format!("The Transformation '{other}' is not supported.")),
            None if exports => Transformation::None,
            None => Transformation::Compact,
        };
        let lines = match text("OutputType") {
            None | Some("JSON") => Lines::Json,
            Some("JSONL") => Lines::JsonLines,
            Some(other) => return Err(format!("The OutputType '{other}' is not supported.")),
        };
        Ok(Self {
            transformation,
            lines,
        })
    }

    /// The results of some children, in order.
    fn results<'c>(
        &self,
        children: impl Iterator<Item = &'c Child>,
        machine_arn: &str,
    ) -> Vec<Value> {
        let mut results = Vec::new();
        for child in children {
            match (&child.ending, self.transformation) {
                (Ending::Succeeded(Value::Array(items)), Transformation::Flatten) => {
                    results.extend(items.iter().cloned());
                }
                (
                    Ending::Succeeded(output),
                    Transformation::Plain | Transformation::Compact | Transformation::Flatten,
                ) => results.push(output.clone()),
                (_, Transformation::Plain) => results.push(child.failure()),
                _ => results.push(child.record(machine_arn)),
            }
        }
        results
    }

    /// The result of the Map where nothing is written elsewhere.
    pub(super) fn result(&self, children: &[Child], machine_arn: &str) -> Value {
        let results = self.results(children.iter(), machine_arn);
        match self.lines {
            Lines::Json => Value::Array(results),
            Lines::JsonLines => Value::String(lines(&results)),
        }
    }

    /// The files of results, by the status in their names; one without results is not written.
    pub(super) fn files(&self, children: &[Child], machine_arn: &str) -> Vec<File> {
        let mut files = Vec::new();
        for status in ["SUCCEEDED", "FAILED", "PENDING"] {
            let some = children.iter().filter(|child| child.file() == status);
            let results = self.results(some, machine_arn);
            if results.is_empty() {
                continue;
            }
            let (extension, text) = match self.lines {
                Lines::Json => ("json", Value::Array(results).to_string()),
                Lines::JsonLines => ("jsonl", lines(&results)),
            };
            files.push(File {
                status,
                name: format!("{status}_0.{extension}"),
                text,
            });
        }
        files
    }
}

/// A file of results.
#[derive(Debug)]
pub(super) struct File {
    pub(super) status: &'static str,
    pub(super) name: String,
    pub(super) text: String,
}

/// The text of `manifest.json`, which names the files of results under a prefix.
pub(super) fn manifest(bucket: &str, prefix: &str, map_run_arn: &str, files: &[File]) -> String {
    let of = |status: &str| -> Vec<Value> {
        files
            .iter()
            .filter(|file| file.status == status)
            .map(|file| json!({ "Key": format!("{prefix}{}", file.name), "Size": file.text.len() }))
            .collect()
    };
    json!({
        "DestinationBucket": bucket,
        "MapRunArn": map_run_arn,
        "ResultFiles": {
            "FAILED": of("FAILED"),
            "PENDING": of("PENDING"),
            "SUCCEEDED": of("SUCCEEDED"),
        },
    })
    .to_string()
}

/// Where the files of a Map Run go: under its own name, below the prefix that the ResultWriter gives.
pub(super) fn folder(prefix: &str, map_run_arn: &str) -> String {
    let run = map_run_arn.rsplit(':').next().unwrap_or(map_run_arn);
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        format!("{run}/")
    } else {
        format!("{prefix}/{run}/")
    }
}

impl Child {
    /// A child that is not begun.
    pub(super) fn new(input: Value, items: u64) -> Self {
        Self {
            input,
            items,
            begun: None,
            ending: Ending::Pending,
            stopped_at: None,
        }
    }

    /// Whose file its result belongs in.
    fn file(&self) -> &'static str {
        match self.ending {
            Ending::Succeeded(_) => "SUCCEEDED",
            Ending::Failed(_) | Ending::TimedOut(_) | Ending::Aborted(_) => "FAILED",
            Ending::Pending => "PENDING",
        }
    }

    /// The status of its end, as AWS names it.
    fn status(&self) -> &'static str {
        match self.ending {
            Ending::Pending => "PENDING",
            Ending::Succeeded(_) => "SUCCEEDED",
            Ending::Failed(_) => "FAILED",
            Ending::TimedOut(_) => "TIMED_OUT",
            Ending::Aborted(_) => "ABORTED",
        }
    }

    /// The cause and the name of its error, as far as there are any.
    fn error(&self) -> impl DoubleEndedIterator<Item = (&'static str, &str)> {
        let failure = match &self.ending {
            Ending::Failed(failure) | Ending::TimedOut(failure) | Ending::Aborted(failure) => {
                Some(failure)
            }
            Ending::Pending | Ending::Succeeded(_) => None,
        };
        let cause = failure.and_then(|failure| failure.cause.as_deref());
        let error = failure.and_then(|failure| failure.error.as_deref());
        let cause = cause.map(|cause| ("Cause", cause));
        cause.into_iter().chain(error.map(|error| ("Error", error)))
    }

    /// Its status and its error.
    fn failure(&self) -> Value {
        let fields = [("Status", self.status())]
            .into_iter()
            .chain(self.error().rev());
        let fields = fields.map(|(name, text)| (name.to_owned(), json!(text)));
        Value::Object(fields.collect())
    }

    /// Everything that is known of it, as AWS writes it.
    fn record(&self, machine_arn: &str) -> Value {
        let included = json!({ "Included": true });
        let mut record = Map::new();
        let mut add = |name: &str, value: Value| record.insert(name.to_owned(), value);
        for (name, text) in self.error() {
            add(name, json!(text));
        }
        if let Some(begun) = &self.begun {
            add("ExecutionArn", json!(begun.arn));
        }
        add("Input", json!(self.input.to_string()));
        add("InputDetails", included.clone());
        if let Some(begun) = &self.begun {
            add("Name", json!(begun.name));
        }
        if let Ending::Succeeded(output) = &self.ending {
            add("Output", json!(output.to_string()));
        }
        if self.ending != Ending::Pending {
            add("OutputDetails", included);
        }
        let (redrive, reason) = match &self.ending {
            Ending::Pending => (None, None),
            Ending::Succeeded(_) => (
                Some("NOT_REDRIVABLE"),
                Some("Execution is SUCCEEDED and cannot be redriven"),
            ),
            Ending::Failed(_) | Ending::TimedOut(_) | Ending::Aborted(_) => {
                (Some("REDRIVABLE_BY_MAP_RUN"), None)
            }
        };
        if let Some(redrive) = redrive {
            add("RedriveCount", json!(0));
            add("RedriveStatus", json!(redrive));
        }
        if let Some(reason) = reason {
            add("RedriveStatusReason", json!(reason));
        }
        if let Some(begun) = &self.begun {
            add("StartDate", json!(moment(begun.at)));
        }
        add("StateMachineArn", json!(machine_arn));
        add("Status", json!(self.status()));
        if let Some(stopped_at) = self.stopped_at {
            add("StopDate", json!(moment(stopped_at)));
        }
        Value::Object(record)
    }
}

fn lines(results: &[Value]) -> String {
    results.iter().fold(String::new(), |mut text, result| {
        writeln!(text, "{result}").expect("a text can be written to");
        text
    })
}
