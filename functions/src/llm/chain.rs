//! One turn: the first model of the chain that answers, each tried again while that makes sense.

use std::time::{Duration, Instant};

use pawl_contract::{Message, StepError, ToolCall, Usage, code};
use pawl_store::Told;
use serde_json::{Value, json};

use super::provider::{Heard, Provider, Reason, Refusal, Request};
use super::stream::Stream;
use super::tool::Tool;
use super::wish::{Format, Wish};
use crate::work::Context;

/// How often one model is asked in one turn.
const MOST_TRIES: u32 = 3;
/// Nobody waits longer than this for a model.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What a model said in one turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spoken {
    pub text: String,
    pub calls: Vec<ToolCall>,
    /// The model, as it calls itself where it does.
    pub model: String,
    pub usage: Usage,
    /// Why it ended.
    pub end: String,
}

/// Which turn it is, and what is asked in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'turn> {
    pub number: u64,
    pub messages: &'turn [Message],
    pub tools: &'turn [Tool],
}

/// Asks for one turn. What went wrong on the way is noted.
pub(super) async fn ask<'a>(
    context: &'a Context<'a>,
    wish: &Wish,
    turn: Turn<'_>,
    notes: &mut Vec<Value>,
) -> Result<(Spoken, Stream<'a>), StepError> {
    let mut tries = 0;
    let mut last = None;
    for name in &wish.models {
        for attempt in 0..MOST_TRIES {
            tries += 1;
            let mut stream = Stream::begin(context, turn.number, tries);
            let refusal = match Box::pin(once(context, wish, turn, name, &mut stream)).await {
                Ok(spoken) => return Ok((spoken, stream)),
                Err(refusal) => refusal,
            };
            notes.push(json!({ "model": name, "error": refusal.message }));
            let wait = pause(&refusal, attempt);
            let is_worth_it =
                attempt + 1 < MOST_TRIES && wait.is_some_and(|wait| has_time(context, wait));
            last = Some(refusal);
            match wait {
                Some(wait) if is_worth_it => context.services.sleep(wait).await,
                _ => break,
            }
        }
    }
    let refusal = last.unwrap_or_else(|| Refusal::new(Reason::Final, "no model is named"));
    let code = match refusal.reason {
        Reason::Busy => code::RATE_LIMIT,
        Reason::Broken | Reason::Final => code::AGENT_ERROR,
    };
    Err(StepError::new(code, refusal.message))
}

/// How long to wait before the same model is asked again; `None` where that is no use.
fn pause(refusal: &Refusal, attempt: u32) -> Option<Duration> {
    match refusal.reason {
        Reason::Final => None,
        Reason::Busy | Reason::Broken => {
            let usual = Duration::from_secs(1 << attempt.min(4));
            let wait = refusal.wait.unwrap_or(usual);
            (wait <= LONGEST_WAIT).then_some(wait)
        }
    }
}

/// Whether an answer may still come in time after a wait.
fn has_time(context: &Context<'_>, wait: Duration) -> bool {
    context
        .time_left()
        .is_none_or(|left| wait < left.saturating_sub(left / 4))
}

/// Asks one model once.
async fn once(
    context: &Context<'_>,
    wish: &Wish,
    turn: Turn<'_>,
    name: &str,
    stream: &mut Stream<'_>,
) -> Result<Spoken, Refusal> {
    let services = context.services;
    let (provider, model) = Provider::of(name, services);
    let request = Request {
        model,
        system: &wish.system,
        messages: turn.messages,
        tools: turn.tools,
        temperature: wish.temperature,
        max_tokens: wish.max_tokens,
        json: match wish.format {
            Format::Text => false,
            Format::Json(_) => true,
        },
    };
    let begun = Instant::now();
    let mut reply = Box::pin(provider.ask(&request, services)).await?;
    let mut spoken = Spoken {
        text: String::new(),
        calls: Vec::new(),
        model: model.to_owned(),
        usage: Usage::default(),
        end: String::new(),
    };
    while let Some(heard) = reply.next().await? {
        match heard {
            Heard::Text(part) => {
                spoken.text.push_str(&part);
                stream.text(&part).await;
            }
            Heard::Call(call) => {
                let event = Told::ToolCall {
                    tool: call.tool.clone(),
                    arguments: call.arguments.clone(),
                };
                stream.event(event).await;
                spoken.calls.push(call);
            }
            Heard::Model(model) => spoken.model = model,
            Heard::Usage(usage) => spoken.usage = usage,
            Heard::End(end) => spoken.end = end,
        }
    }
    stream.write().await;
    let (run, step, ms) = (&context.run.run, context.step, begun.elapsed().as_millis());
    tracing::info!(
        run,
        step,
        model,
        ms,
        tokens = spoken.usage.total(),
        "model answered"
    );
    Ok(spoken)
}
