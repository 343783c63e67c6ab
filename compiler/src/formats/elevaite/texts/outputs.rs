//! What a path into a step's output means, by the kind of the step.

use std::collections::{BTreeMap, BTreeSet};

use super::path::{divide, is_path, member, normal, place, skip};
use super::{OUTPUTS, Texts, alone};
use crate::formats::elevaite::steps::Step;
use crate::formats::elevaite::words::What;
use crate::formats::literal::quoted;
use crate::source::{Entry, Node};

/// The words for the answer of an agent that answers by text.
const ANSWERS: [&str; 9] = [
    "response",
    "content",
    "text",
    "message",
    "answer",
    "output",
    "result",
    "data",
    "final_response",
];

impl Texts<'_> {
    /// What a path into a step's output means.
    pub(super) fn of_step(&self, id: &str, rest: &str) -> String {
        let Some((slug, what)) = self.steps.get(id) else {
            return member("input", id);
        };
        if what.begins() {
            return self.of_trigger(rest);
        }
        let (word, after) = divide(rest.trim_start_matches('.'));
        if word == "error" && !self.is_member(id, word) {
            let failure = format!("steps.{slug}.error{after}");
            // What these give is not known, and may say in a field of its own what went wrong.
            return if *what == What::Request {
                format!("{failure} ?? steps.{slug}.output.body{rest}")
            } else if matches!(what, What::Tool | What::Subflow) {
                format!("{failure} ?? steps.{slug}.output{rest}")
            } else {
                failure
            };
        }
        let output = format!("steps.{slug}.output");
        let rest = self.of_answer(id, rest);
        let (word, after) = divide(rest.trim_start_matches('.'));
        let is_other = !matches!(what, What::Approval | What::Subflow);
        if word == "status" && after.is_empty() && is_other && self.reads_ending.get() {
            return format!("{output}.status ?? steps.{slug}.status");
        }
        match what {
            What::Agent => self.of_agent(id, &output, rest),
            What::Condition | What::Verdict => format!("{output}.passed"),
            What::Approval => match divide(skip(rest, &OUTPUTS).trim_start_matches('.')).0 {
                "decision" | "status" if self.reads_rejected.get() => {
                    format!("({output}.decision == 'denied' ? 'rejected' : {output}.decision)")
                }
                "status" => format!("{output}.decision"),
                "decided_by" | "approver" => format!("{output}.decidedBy"),
                "decided_at" => format!("{output}.decidedAt"),
                _ => format!("{output}{}", skip(rest, &OUTPUTS)),
            },
            What::Request => {
                let rest = skip(rest, &["result"]);
                let (word, after) = divide(rest.trim_start_matches('.'));
                match word {
                    "data" | "response" | "json" | "body" => format!("{output}.body{after}"),
                    "status_code" => format!("{output}.status ?? {output}|at('status_code')"),
                    "" | "status" | "headers" | "url" => format!("{output}{rest}"),
                    // A mock may give the body alone.
                    _ => {
                        let path = quoted(&place(rest));
                        format!("{output}.body{rest} ?? {output}|at({path})")
                    }
                }
            }
            What::Subflow => self.of_subflow(id, slug, rest),
            What::Loop => match word {
                "result" => format!("{output}.results{after}"),
                // All that it gave that anybody wants.
                "" if self.gathering.contains(id) => format!("{output}.results"),
                _ => format!("{output}{rest}"),
            },
            What::Trigger
            | What::Input
            | What::Output
            | What::Merge
            | What::Prompt
            | What::Tool
            | What::Data
            | What::Transform
            | What::Parallel
            | What::Delay
            | What::Refused(_) => either(&output, rest, skip(rest, &["result"])),
        }
    }

    /// A path into what an agent answered, by text or by data.
    fn of_agent(&self, id: &str, output: &str, rest: &str) -> String {
        let mut left = rest;
        while ANSWERS.contains(&first(left)) && !self.is_member(id, first(left)) {
            left = divide(left.trim_start_matches('.')).1;
        }
        if left.is_empty() {
            return either(output, rest, left);
        }
        // The answer may be a text that holds data.
        let path = quoted(&place(left));
        let within = format!("{output}|at({path}) ?? {output}.response|at({path})");
        // Behind an output, `data` may be the output as well.
        if first(left) == "data" {
            return within;
        }
        let skipped = format!("{output}{left} ?? {within}");
        if first(rest) == "data" {
            format!("{output}|at({}) ?? {skipped}", quoted(&place(rest)))
        } else {
            skipped
        }
    }

    /// A path into what a subflow gave, whose `output_mapping` may give names to paths into it.
    fn of_subflow(&self, id: &str, slug: &str, rest: &str) -> String {
        let output = format!("steps.{slug}.output");
        let (word, after) = divide(rest.trim_start_matches('.'));
        match word {
            "subflow_output" | "result" => {
                let written = either(&output, rest, after);
                let (name, behind) = divide(after.trim_start_matches('.'));
                match self.renamed(id, name, behind) {
                    Some(path) => format!("{written} ?? {output}|at({path})"),
                    None => written,
                }
            }
            // A mock may say what the format says of a subflow's run.
            "subflow_status" => format!("{output}{rest} ?? steps.{slug}.status"),
            "subflow_id" => {
                let workflow = self.workflows.get(id).copied().unwrap_or_default();
                format!("{output}{rest} ?? {}", quoted(workflow))
            }
            _ => match self.renamed(id, word, after) {
                Some(path) => {
                    let written = quoted(&place(rest));
                    format!("{output}|at({path}) ?? {output}|at({written})")
                }
                None => given(&output, rest),
            },
        }
    }

    /// A path into an output without the word for it, unless that is a member of the answer.
    fn of_answer<'p>(&self, id: &str, rest: &'p str) -> &'p str {
        let bare = skip(rest, &["output"]);
        let next = first(bare);
        let is_of_answer = ANSWERS.contains(&next) || self.is_member(id, next);
        let goes_on = !bare.is_empty() && !is_of_answer;
        if goes_on && self.is_member(id, "output") {
            rest
        } else {
            bare
        }
    }

    /// Where in what a subflow gave a path stands that begins with a name of its `output_mapping`.
    fn renamed(&self, id: &str, name: &str, behind: &str) -> Option<String> {
        let path = self.outputs.get(id)?.get(name)?;
        Some(quoted(&place(&format!("{path}{behind}"))))
    }

    /// Whether the schema of a step's answer has a member of that name.
    fn is_member(&self, id: &str, name: &str) -> bool {
        self.members
            .get(id)
            .is_some_and(|members| members.contains(name))
    }
}

/// The first name of a path that begins with a point.
fn first(path: &str) -> &str {
    divide(path.trim_start_matches('.')).0
}

/// The members of an agent's answer, where its schema says them.
pub(super) fn members<'a>(step: &Step<'a>) -> BTreeSet<&'a str> {
    let schema = (step.what == What::Agent).then(|| step.get("output_schema"));
    let properties = schema.flatten().and_then(|schema| schema.get("properties"));
    let entries = properties.map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

/// A path into an output as it is written, or without the word for the output, where the output is that itself.
fn either(output: &str, written: &str, bare: &str) -> String {
    let given_as_written = given(output, written);
    if written == bare {
        given_as_written
    } else {
        format!("{given_as_written} ?? {}", given(output, bare))
    }
}

/// A path into an output of which nothing is known: `data` is its member, where it has one, and else the output.
fn given(output: &str, path: &str) -> String {
    if first(path) == "data" {
        let member = quoted(&place(path));
        format!("{output}|at({member}) ?? {output}{path}")
    } else {
        format!("{output}{path}")
    }
}

/// The names that a subflow's `output_mapping` gives to paths into what it gave, where all of them are paths.
pub(in crate::formats::elevaite) fn renamed(step: &Step<'_>) -> Option<BTreeMap<String, String>> {
    let mapping = (step.what == What::Subflow).then(|| step.get("output_mapping"))??;
    let entry = |entry: &Entry| {
        let written = entry.node.as_str()?;
        let path = normal(alone(written).unwrap_or(written.trim()));
        let bare = format!(".{path}");
        let bare = skip(skip(&bare, &["subflow_output"]), &OUTPUTS);
        let bare = bare.trim_start_matches('.').to_owned();
        is_path(&path).then(|| (entry.key.clone(), bare))
    };
    mapping.entries().iter().map(entry).collect()
}

/// Whether an agent answers by data.
pub(in crate::formats::elevaite) fn answers_json(step: &Step<'_>) -> bool {
    let format = step.first(&["output_format", "response_format"]);
    let asks = format.is_some_and(|format| {
        let word = format.as_str().or_else(|| format.get("type")?.as_str());
        word.is_some_and(|word| word.contains("json"))
    });
    asks || step.get("output_schema").is_some_and(Node::is_object)
}
