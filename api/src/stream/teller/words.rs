//! What is told of a visit and of a run's end, in the words of the stream.

use pawl_contract::At;
use pawl_store::{Batch, Record, RecordStatus, Run, Told};
use serde_json::{Value, json};

use super::super::event::{Mark, Name, Said};
use super::Teller;

impl Teller {
    pub(super) fn tell_start(&mut self, at: &At, record: Option<&Record>, said: &[&Batch]) {
        let first = said.first();
        let step = record.map(|record| &record.step);
        let step = step.or_else(|| first.map(|batch| &batch.step));
        let began = record.map(|record| &record.started_at);
        let data = json!({
            "execution_id": self.run,
            "step": step,
            "name": record.and_then(|record| record.name.clone()),
            "kind": record.and_then(|record| record.kind).map(pawl_contract::Kind::name),
            "at": at,
            "visit": record.map(|record| record.visit),
            "iteration": record.map(|record| &record.iteration),
            "started_at": began.or_else(|| first.map(|batch| &batch.written_at)),
        });
        self.tell(Name::StepStart, data, Mark::Started { at: at.clone() });
    }

    pub(super) fn tell_said(&mut self, at: &At, batches: &[&Batch], is_ended: bool) {
        for batch in batches {
            let is_newer =
                |other: &&Batch| other.turn == batch.turn && other.attempt > batch.attempt;
            if batches.iter().any(is_newer) {
                continue;
            }
            let told = self.visits.get(at).and_then(|visit| visit.said.clone());
            let place = |said: &Said| (said.turn, said.text.clone());
            let here = (batch.turn, batch.attempt.clone());
            let (attempt, expected) = match &told {
                Some(told) if place(told) == here => (told.attempt, told.sequence + 1),
                Some(told) if place(told) > here => continue,
                Some(told) if told.turn == batch.turn => (told.attempt + 1, 0),
                _ => (1, 0),
            };
            if batch.sequence < expected {
                continue;
            }
            let goes_on = batches.iter().any(|other| other.turn > batch.turn);
            if batch.sequence > expected && !is_ended && !goes_on {
                return;
            }
            let said = Said {
                turn: batch.turn,
                text: batch.attempt.clone(),
                attempt,
                sequence: batch.sequence,
            };
            for told in &batch.events {
                self.tell_event(batch, told, &said);
            }
        }
    }

    fn tell_event(&mut self, batch: &Batch, told: &Told, said: &Said) {
        let (name, mut data) = match told {
            Told::Delta { text } => (Name::Delta, json!({ "content": text })),
            Told::ToolCall { tool, arguments } => (
                Name::ToolCall,
                json!({ "tool": tool, "arguments": arguments }),
            ),
            Told::ToolResult {
                tool,
                failed,
                preview,
            } => {
                let result = serde_json::from_str(preview).unwrap_or_else(|_| json!(preview));
                let data = json!({ "tool": tool, "result": result, "failed": failed });
                (Name::ToolResult, data)
            }
        };
        if let Value::Object(data) = &mut data {
            data.insert("step".to_owned(), json!(batch.step));
            data.insert("at".to_owned(), json!(batch.at));
            data.insert("turn".to_owned(), json!(said.turn));
            data.insert("attempt".to_owned(), json!(said.attempt));
        }
        let mark = Mark::Said {
            at: batch.at.clone(),
            said: said.clone(),
        };
        self.tell(name, data, mark);
    }

    pub(super) fn tell_complete(&mut self, record: &Record) {
        let is_skipped = record.status == RecordStatus::Skipped;
        let status = if is_skipped { "skipped" } else { "completed" };
        let mut data = self.about(record);
        if let Value::Object(data) = &mut data {
            data.insert("status".to_owned(), json!(status));
            data.insert("result".to_owned(), Value::Null);
        }
        let mark = ended(record);
        let output = Some(record.at.clone());
        self.tell_with(Name::StepComplete, data, mark, output);
    }

    pub(super) fn tell_error(&mut self, record: &Record) {
        let mut data = self.about(record);
        if let Value::Object(data) = &mut data {
            let error = record.error.as_ref();
            data.insert("error".to_owned(), json!(error.map(|error| &error.message)));
            data.insert("code".to_owned(), json!(error.map(|error| &error.code)));
        }
        self.tell(Name::Error, data, ended(record));
    }

    fn about(&self, record: &Record) -> Value {
        json!({
            "execution_id": self.run,
            "step": record.step,
            "name": record.name,
            "kind": record.kind.map(pawl_contract::Kind::name),
            "at": record.at,
            "visit": record.visit,
            "iteration": record.iteration,
            "port": record.port,
            "attempts": record.attempts,
            "started_at": record.started_at,
            "completed_at": record.completed_at,
        })
    }

    /// Tells the end of a run that was seen closed before its records were read.
    pub(crate) fn end(&mut self, run: &Run, result: &Value) {
        if self.is_over {
            return;
        }
        let failed: Vec<Record> = self.failed.values().cloned().collect();
        for failed in failed {
            self.tell_error(&failed);
        }
        if let Some(error) = &run.error {
            let step = error.step.clone().unwrap_or_default();
            if !self.blamed.contains(&(step, error.code.clone())) {
                let data = json!({
                    "execution_id": self.run, "step": error.step, "error": error.message, "code": error.code,
                });
                self.tell(Name::Error, data, Mark::Blamed);
            }
        }
        let status = run.status.name();
        self.tell_status(status, None);
        let data = json!({
            "execution_id": self.run,
            "status": status,
            "result": result,
            "error": run.error,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
        });
        let generation = run.generation;
        self.tell(Name::Complete, data, Mark::Complete { generation });
    }
}

fn ended(record: &Record) -> Mark {
    Mark::Ended {
        at: record.at.clone(),
        completed_at: record.completed_at.clone(),
        is_settled: record.status != RecordStatus::Failed || record.port.is_some(),
    }
}
