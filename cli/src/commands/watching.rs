//! What language models say and do while a run goes on, as lines for people.

use std::collections::BTreeMap;

use pawl_contract::At;
use pawl_store::{Batch, Told};

/// What has been shown of the models of a run.
#[derive(Debug, Default)]
pub(super) struct Watching {
    /// By visit and turn: the try that was shown, and how many of its batches.
    shown: BTreeMap<(String, u64), (String, u64)>,
    /// The visit whose words are being written, and whether they stand in the middle of a line.
    speaker: Option<(At, bool)>,
}

impl Watching {
    /// The text for what is new. A turn that is tried again is told again from its start.
    pub(super) fn news(&mut self, batches: &[Batch]) -> String {
        let mut text = String::new();
        for batch in batches {
            let turn = (batch.at.to_string(), batch.turn);
            let shown = self
                .shown
                .entry(turn)
                .or_insert_with(|| (batch.attempt.clone(), 0));
            if shown.0 != batch.attempt {
                *shown = (batch.attempt.clone(), 0);
                text.push_str(&self.end_line());
                text.extend([format!("  {} │ (once more)\n", batch.step)]);
            }
            let Some(shown) = self.shown.get_mut(&(batch.at.to_string(), batch.turn)) else {
                continue;
            };
            if batch.sequence < shown.1 {
                continue;
            }
            shown.1 = batch.sequence + 1;
            for event in &batch.events {
                self.tell(batch, event, &mut text);
            }
        }
        text
    }

    /// Ends what stands in the middle of a line.
    pub(super) fn end_line(&mut self) -> String {
        match self.speaker.take() {
            Some((_, true)) => "\n".to_owned(),
            Some((_, false)) | None => String::new(),
        }
    }

    fn tell(&mut self, batch: &Batch, event: &Told, text: &mut String) {
        let step = &batch.step;
        match event {
            Told::Delta { text: part } => {
                for piece in part.split_inclusive('\n') {
                    let goes_on = matches!(&self.speaker, Some((who, true)) if *who == batch.at);
                    if !goes_on {
                        text.push_str(&self.end_line());
                        text.extend([format!("  {step} │ ")]);
                    }
                    text.push_str(piece);
                    self.speaker = Some((batch.at.clone(), !piece.ends_with('\n')));
                }
            }
            Told::ToolCall { tool, arguments } => {
                text.push_str(&self.end_line());
                text.extend([format!("  {step} │ → {tool} {arguments}\n")]);
            }
            Told::ToolResult {
                tool,
                failed,
                preview,
            } => {
                let sign = if *failed { "✗" } else { "←" };
                let preview = preview.split_whitespace().collect::<Vec<_>>().join(" ");
                text.push_str(&self.end_line());
                text.extend([format!("  {step} │ {sign} {tool} {preview}\n")]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(attempt: &str, sequence: u64, events: Vec<Told>) -> Batch {
        Batch {
            at: At::first(),
            step: "ask".to_owned(),
            turn: 1,
            attempt: attempt.to_owned(),
            sequence,
            written_at: String::new(),
            events,
        }
    }

    fn says(text: &str) -> Told {
        Told::Delta {
            text: text.to_owned(),
        }
    }

    #[test]
    fn news_are_told_once_and_a_new_try_from_its_start() {
        let mut watching = Watching::default();
        let call = Told::ToolCall {
            tool: "customer_get".to_owned(),
            arguments: json!({ "customerId": "c1" }),
        };
        let first = batch("1", 0, vec![says("Let me "), says("look.\nAt"), call]);
        let rows = [
            (
                vec![first.clone()],
                "  ask │ Let me look.\n  ask │ At\n  ask │ → customer_get {\"customerId\":\"c1\"}\n",
            ),
            (vec![first.clone()], ""),
            (vec![first, batch("1", 1, vec![says("So")])], "  ask │ So"),
            (
                vec![Batch {
                    at: At::intake(),
                    ..batch("1", 0, vec![says("Another")])
                }],
                "\n  ask │ Another",
            ),
            (
                vec![batch("2", 0, vec![says("Well")])],
                "\n  ask │ (once more)\n  ask │ Well",
            ),
        ];
        for (batches, expected) in rows {
            assert_eq!(watching.news(&batches), expected);
        }
        assert_eq!(watching.end_line(), "\n");
    }
}
