//! The conversation of a step: what its thread holds already, and what the step adds.

use pawl_contract::{Message, ToolCall, code};
use pawl_store::{Committed, Said, Thread, Transaction, Writes};

use crate::Error;
use crate::secret::Mask;
use crate::work::Context;

/// So many messages of others are told to a model, the last ones.
const MOST_EARLIER: usize = 100;

/// A conversation.
#[derive(Debug)]
pub(super) struct Talk {
    /// The thread's id.
    pub thread: String,
    /// What others said before: their prompts and answers, without their tools.
    earlier: Vec<Message>,
    /// What this visit said, in this attempt or an earlier one.
    own: Vec<Message>,
    /// How many of its messages are kept.
    kept: usize,
}

impl Talk {
    /// Goes on with the thread of the run, or with the step's own.
    ///
    /// A history that is given stands in the place of what earlier runs said: whoever gives it knows what is to be known.
    pub(super) async fn open(context: &Context<'_>, history: &[Message]) -> Result<Self, Error> {
        let run = context.run;
        let own_thread = || format!("{}/{}", run.run, context.at);
        let thread = run.thread_id.clone().unwrap_or_else(own_thread);
        let said = context.store().thread(&run.org, &thread).await?;
        let visit = (&run.started_at, &run.run, context.at);
        let mut earlier = history.to_vec();
        let mut own = Vec::new();
        for said in said {
            let place = (&said.started_at, &said.run, &said.at);
            let is_told = history.is_empty() || said.run == run.run;
            if place == visit {
                own.push(said.message);
            } else if place < visit && is_told {
                earlier.extend(plain(said.message));
            }
        }
        earlier.drain(..earlier.len().saturating_sub(MOST_EARLIER));
        Ok(Self {
            thread,
            earlier,
            kept: own.len(),
            own,
        })
    }

    /// What this visit said so far.
    pub(super) fn own(&self) -> &[Message] {
        &self.own
    }

    /// Adds a message, which is not kept yet.
    pub(super) fn add(&mut self, message: Message) {
        self.own.push(message);
    }

    /// Whether everything of it is kept.
    pub(super) fn is_kept(&self) -> bool {
        self.kept == self.own.len()
    }

    /// Everything that a model must be told.
    pub(super) fn messages(&self) -> Vec<Message> {
        self.earlier.iter().chain(&self.own).cloned().collect()
    }

    /// Keeps what was added, and with it what a tool writes: both or neither.
    ///
    /// `false` where a record has changed since the tool read it.
    pub(super) async fn keep(
        &mut self,
        context: &Context<'_>,
        writes: &Writes,
    ) -> Result<bool, Error> {
        let (run, store) = (context.run, context.store());
        let now = context.services.now().iso();
        let mut transaction = Transaction::new(&run.org, &run.run);
        for (number, message) in self.own.iter().enumerate().skip(self.kept) {
            let said = Said {
                run: run.run.clone(),
                started_at: run.started_at.clone(),
                at: context.at.clone(),
                number: u64::try_from(number).unwrap_or(u64::MAX),
                step: context.step.to_owned(),
                said_at: now.clone(),
                message: hidden(message.clone(), context.mask),
            };
            transaction.say(store, &self.thread, &said).await?;
        }
        let thread = Thread {
            thread: self.thread.clone(),
            updated_at: now,
            workflow: run.workflow.clone(),
            run: run.run.clone(),
            step: context.step.to_owned(),
        };
        transaction.thread(store, &thread)?;
        for write in writes.iter() {
            transaction.business(store, write).await?;
        }
        match transaction.commit(store).await? {
            Committed::Done => {
                self.kept = self.own.len();
                Ok(true)
            }
            Committed::Stale => Ok(false),
            Committed::Settled | Committed::Closed => Err(Error::step(
                code::STORE_ERROR,
                "another attempt of the step is talking in its place",
            )),
        }
    }

    /// Takes back the last message, which is not kept.
    pub(super) fn take_back(&mut self) {
        if self.own.len() > self.kept {
            self.own.pop();
        }
    }
}

/// A message as it may be kept: a model or a tool may say again what only the provider should know.
fn hidden(message: Message, mask: &Mask) -> Message {
    match message {
        Message::User { text } => Message::User {
            text: mask.text(text),
        },
        Message::Assistant {
            text,
            calls,
            model,
            usage,
        } => {
            let calls = calls.into_iter().map(|call| ToolCall {
                arguments: mask.value(call.arguments),
                ..call
            });
            Message::Assistant {
                text: mask.text(text),
                calls: calls.collect(),
                model,
                usage,
            }
        }
        Message::Tool {
            id,
            tool,
            result,
            failed,
        } => Message::Tool {
            id,
            tool,
            result: mask.value(result),
            failed,
        },
    }
}

/// What others need to know of a message.
fn plain(message: Message) -> Option<Message> {
    match message {
        Message::User { .. } => Some(message),
        Message::Assistant {
            ref text,
            ref calls,
            ..
        } => (calls.is_empty() && !text.is_empty()).then_some(message),
        Message::Tool { .. } => None,
    }
}
