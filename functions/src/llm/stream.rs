//! What watchers see while a model answers: events in the run's log, written in batches.

use std::time::{Duration, Instant};

use pawl_store::{Batch, Told};

use crate::secret::Mask;
use crate::work::Context;

/// A batch is written when it is this long, in bytes,
const FULL: usize = 4 * 1024;
/// or this old.
const DUE: Duration = Duration::from_millis(500);

/// The events of one try of one turn.
pub(super) struct Stream<'a> {
    context: &'a Context<'a>,
    turn: u64,
    attempt: String,
    sequence: u64,
    events: Vec<Told>,
    bytes: usize,
    since: Instant,
}

impl<'a> Stream<'a> {
    /// Begins a try of a turn; of all tries, readers see the latest.
    pub(super) fn begin(context: &'a Context<'a>, turn: u64, number: u32) -> Self {
        let moment = context.services.now().milliseconds();
        Self {
            context,
            turn,
            attempt: format!("{:04}.{moment:013}.{number:02}", context.attempt),
            sequence: 0,
            events: Vec::new(),
            bytes: 0,
            since: Instant::now(),
        }
    }

    /// A part of the answer's text.
    pub(super) async fn text(&mut self, part: &str) {
        if let Some(Told::Delta { text }) = self.events.last_mut() {
            text.push_str(part);
        } else {
            let text = part.to_owned();
            self.events.push(Told::Delta { text });
        }
        self.bytes += part.len();
        if self.bytes >= FULL || self.since.elapsed() >= DUE {
            self.write().await;
        }
    }

    /// Anything else, which is rare enough to be seen at once.
    pub(super) async fn event(&mut self, event: Told) {
        self.events.push(event);
        self.write().await;
    }

    /// Writes what has not been written.
    pub(super) async fn write(&mut self) {
        self.since = Instant::now();
        self.bytes = 0;
        if self.events.is_empty() {
            return;
        }
        let context = self.context;
        let batch = Batch {
            at: context.at.clone(),
            step: context.step.to_owned(),
            turn: self.turn,
            attempt: self.attempt.clone(),
            sequence: self.sequence,
            written_at: context.services.now().iso(),
            events: std::mem::take(&mut self.events)
                .into_iter()
                .map(|event| hidden(event, context.mask))
                .collect(),
        };
        self.sequence += 1;
        let run = context.run;
        if let Err(error) = context.store().emit(&run.org, &run.run, &batch).await {
            // Nobody's answer depends on who watches.
            tracing::warn!(run = run.run, step = context.step, %error, "an event is lost");
        }
    }
}

/// An event as others may see it.
fn hidden(event: Told, mask: &Mask) -> Told {
    match event {
        Told::Delta { text } => Told::Delta {
            text: mask.text(text),
        },
        Told::ToolCall { tool, arguments } => Told::ToolCall {
            tool,
            arguments: mask.value(arguments),
        },
        Told::ToolResult {
            tool,
            failed,
            preview,
        } => Told::ToolResult {
            tool,
            failed,
            preview: mask.text(preview),
        },
    }
}
