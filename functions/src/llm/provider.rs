//! The providers of models, behind one request and one row of events.
//!
//! A model is named as `openai:NAME`, `bedrock:NAME`, or by its name alone, which the deployment's provider knows.

mod bedrock;
mod openai;

use std::collections::VecDeque;
use std::time::Duration;

use pawl_contract::{Message, ToolCall, Usage};
use serde_json::Value;

use super::tool::Tool;
use super::wish::shown;
use crate::Services;

pub(crate) use bedrock::client as bedrock_client;

/// What a model is asked in one turn.
#[derive(Debug)]
pub(super) struct Request<'turn> {
    /// The model's name, without its provider's.
    pub model: &'turn str,
    pub system: &'turn str,
    pub messages: &'turn [Message],
    /// The tools that it may use; none where it is to conclude.
    pub tools: &'turn [Tool],
    pub temperature: Option<f64>,
    pub max_tokens: Option<u32>,
    /// Whether the answer must be JSON.
    pub json: bool,
}

/// What happens while a model answers, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Heard {
    /// A part of the text.
    Text(String),
    /// A wish to use a tool, complete.
    Call(ToolCall),
    /// The model's own name for itself.
    Model(String),
    /// The tokens so far.
    Usage(Usage),
    /// Why the model ended its answer.
    End(String),
}

/// Why a model did not answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub reason: Reason,
    /// What the provider says, for the person who reads the run.
    pub message: String,
    /// How long the provider asks to wait.
    pub wait: Option<Duration>,
}

/// What a refusal means for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Too much was asked: wait, then ask again.
    Busy,
    /// The provider failed, or the connection did: ask again.
    Broken,
    /// The same request would be refused again.
    Final,
}

impl Refusal {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            wait: None,
        }
    }
}

/// A model that answers.
pub(super) enum Reply {
    OpenAi(Box<openai::Reply>),
    Bedrock(Box<bedrock::Reply>),
    /// It answered at once.
    Whole(VecDeque<Heard>),
}

impl Reply {
    /// What comes next; `None` when the answer is complete.
    pub(super) async fn next(&mut self) -> Result<Option<Heard>, Refusal> {
        match self {
            Self::OpenAi(reply) => reply.next().await,
            Self::Bedrock(reply) => reply.next().await,
            Self::Whole(heard) => Ok(heard.pop_front()),
        }
    }
}

/// Who knows a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    /// Whoever speaks OpenAI's chat completions.
    OpenAi,
    /// Amazon Bedrock's Converse.
    Bedrock,
}

impl Provider {
    /// The provider of a model, and the name by which it knows it.
    pub(super) fn of<'model>(model: &'model str, services: &Services) -> (Self, &'model str) {
        match model.split_once(':') {
            Some(("openai", name)) => (Self::OpenAi, name),
            Some(("bedrock", name)) => (Self::Bedrock, name),
            _ => {
                let settings = services.settings();
                let only_bedrock = settings.llm.is_none() && settings.bedrock.is_some();
                let provider = if only_bedrock {
                    Self::Bedrock
                } else {
                    Self::OpenAi
                };
                (provider, model)
            }
        }
    }

    /// Asks, and gives the answer as it comes.
    pub(super) async fn ask(
        self,
        request: &Request<'_>,
        services: &Services,
    ) -> Result<Reply, Refusal> {
        match self {
            Self::OpenAi => openai::ask(request, services).await,
            Self::Bedrock => bedrock::ask(request, services).await,
        }
    }
}

/// A result of a tool as a model reads it; a very long one is cut.
fn result_text(result: &Value) -> String {
    const MOST: usize = 40_000;
    let text = shown(result);
    match text.char_indices().nth(MOST) {
        None => text,
        Some((end, _)) => format!(
            "{} ... (cut after {MOST} characters)",
            text.get(..end).unwrap_or_default()
        ),
    }
}

/// A conversation without tools: providers refuse calls of tools that a request does not offer, so what was called and
/// what it gave becomes text.
fn without_tools(messages: &[Message]) -> Vec<Message> {
    let plain = |message: &Message| match message {
        Message::Assistant {
            text,
            calls,
            model,
            usage,
        } if !calls.is_empty() => {
            let mut lines = vec![text.clone()];
            lines.retain(|line| !line.is_empty());
            lines.extend(
                calls
                    .iter()
                    .map(|call| format!("(I used {} with {}.)", call.tool, call.arguments)),
            );
            Message::Assistant {
                text: lines.join("\n"),
                calls: Vec::new(),
                model: model.clone(),
                usage: *usage,
            }
        }
        Message::Tool { tool, result, .. } => Message::User {
            text: format!("({tool} gave: {})", result_text(result)),
        },
        message @ (Message::User { .. } | Message::Assistant { .. }) => message.clone(),
    };
    messages.iter().map(plain).collect()
}
