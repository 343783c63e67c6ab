//! The agent: turns and tools, until there is an answer that fits.

use std::pin::Pin;
use std::time::{Duration, Instant};

use pawl_contract::{Message, StepError, ToolCall, code};
use pawl_store::{Told, Writes};
use serde_json::{Value, json};

use super::budget::{Excess, Spent, Verdict, Whose};
use super::chain::{self, Spoken, Turn};
use super::stream::Stream;
use super::talk::Talk;
use super::wish::{Wish, shown};
use super::{answer, price, tool, turnstile};
use crate::Error;
use crate::question::Answer;
use crate::work::{Acted, Context};

/// How often a tool is called again whose record changed meanwhile.
const MOST_CHANGES: u32 = 5;

const CONCLUDE: &str =
    "Conclude now: answer with what you know, and do not ask for tools any more.";

/// Asks, uses tools, and asks again, until there is an answer.
///
/// The future is boxed, as every long part of it is: all that an agent may do would fill a stack, and whoever awaits it
/// need not look through all of it.
pub(crate) fn ask<'a>(
    context: &'a Context<'a>,
) -> Pin<Box<dyn Future<Output = Result<Acted, Error>> + Send + 'a>> {
    Box::pin(async move {
        // A provider may name the key in what it answers.
        let key = context.services.settings().llm.as_ref();
        if let Some(key) = key.and_then(|llm| llm.api_key.as_deref()) {
            context.mask.add(key);
        }
        let wish = Wish::read(context).await?;
        let talk = Talk::open(context, &wish.history).await?;
        let mut agent = Agent::new(context, &wish, talk);
        agent.recall().await?;
        let done = Box::pin(agent.run()).await;
        // What was spent was spent, however it ended.
        if done.is_err() {
            context.leave(agent.acted(Value::Null, "").meta);
        }
        done
    })
}

struct Agent<'a> {
    context: &'a Context<'a>,
    wish: &'a Wish,
    talk: Talk,
    /// Turns of this visit, from 1 in what watchers see.
    turns: u64,
    /// The longest turn of this invocation.
    longest: Option<Duration>,
    spent: Spent,
    /// What other steps of the run have spent, where that matters.
    spent_elsewhere: Spent,
    /// Whether every answer has a known price.
    is_priced: bool,
    model: Option<String>,
    end: Option<String>,
    notes: Vec<Value>,
    warning: Option<String>,
}

impl<'a> Agent<'a> {
    fn new(context: &'a Context<'a>, wish: &'a Wish, talk: Talk) -> Self {
        Self {
            context,
            wish,
            talk,
            turns: 0,
            longest: None,
            spent: Spent::default(),
            spent_elsewhere: Spent::default(),
            is_priced: true,
            model: None,
            end: None,
            notes: Vec::new(),
            warning: None,
        }
    }

    /// Takes up what earlier invocations of the visit have left.
    async fn recall(&mut self) -> Result<(), Error> {
        let own = self.talk.own().to_vec();
        for message in &own {
            if let Message::Assistant { usage, model, .. } = message {
                self.turns += 1;
                self.spend(model.as_deref(), *usage);
            }
        }
        if own.is_empty()
            && let Some(text) = self.wish.user.clone()
        {
            self.talk.add(Message::User { text });
        }
        if self.wish.budget.run.is_some() {
            let Context { run, at, .. } = self.context;
            let spent = self.context.store().spent(&run.org, &run.run, at).await?;
            self.spent_elsewhere.add(spent.usage, Some(spent.usd));
            self.spent_elsewhere.granted = spent.granted;
        }
        Ok(())
    }

    fn spend(&mut self, model: Option<&str>, usage: pawl_contract::Usage) -> Option<f64> {
        let prices = &self.context.services.settings().prices;
        let usd = model.and_then(|model| price::cost(model, usage, prices));
        self.is_priced &= usd.is_some() || usage.total() == 0;
        self.spent.add(usage, usd);
        usd
    }

    async fn run(&mut self) -> Result<Acted, Error> {
        let text = match self.answered() {
            Some(text) => text,
            None => Box::pin(self.work()).await?,
        };
        let text = Box::pin(self.concluded(text)).await?;
        let (output, text) = Box::pin(self.repaired(text)).await?;
        self.talk.keep(self.context, &Writes::default()).await?;
        Ok(self.acted(output, &text))
    }

    /// The answer, where an earlier invocation has kept it and then was not heard of again.
    fn answered(&self) -> Option<String> {
        match self.talk.own().last()? {
            Message::Assistant { text, calls, .. } if calls.is_empty() => Some(text.clone()),
            Message::Assistant { .. } | Message::User { .. } | Message::Tool { .. } => None,
        }
    }

    /// Turns and tools, until the model asks for no tool; its text, which may be empty.
    async fn work(&mut self) -> Result<String, Error> {
        let wish = self.wish;
        let pending = self.pending();
        self.use_tools(&pending, None).await?;
        while self.turns < wish.most_turns || wish.tools.is_empty() {
            self.has_time().await?;
            Box::pin(self.can_afford()).await?;
            let (spoken, mut stream) = Box::pin(self.turn(true)).await?;
            let has_calls = !spoken.calls.is_empty() && !wish.tools.is_empty();
            self.talk.add(said(&spoken, has_calls));
            if !has_calls {
                return Ok(spoken.text);
            }
            self.talk.keep(self.context, &Writes::default()).await?;
            self.use_tools(&spoken.calls, Some(&mut stream)).await?;
        }
        Ok(String::new())
    }

    /// The calls of the last turn that have no result yet.
    fn pending(&self) -> Vec<ToolCall> {
        let own = self.talk.own();
        let is_turn = |message: &Message| matches!(message, Message::Assistant { .. });
        let Some(last) = own.iter().rposition(is_turn) else {
            return Vec::new();
        };
        let (_, since) = own.split_at(last);
        let is_done = |call: &ToolCall| {
            let mut results = since.iter();
            results.any(|message| matches!(message, Message::Tool { id, .. } if *id == call.id))
        };
        match since.first() {
            Some(Message::Assistant { calls, .. }) => calls
                .iter()
                .filter(|call| !is_done(call))
                .cloned()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Does what the model asks for, one after the other: each result is kept with what it wrote.
    async fn use_tools(
        &mut self,
        calls: &[ToolCall],
        stream: Option<&mut Stream<'a>>,
    ) -> Result<(), Error> {
        if calls.is_empty() {
            return Ok(());
        }
        let mut own;
        let stream = if let Some(stream) = stream {
            stream
        } else {
            own = Stream::begin(self.context, self.turns, 0);
            &mut own
        };
        for call in calls {
            Box::pin(self.use_tool(call, stream)).await?;
        }
        Ok(())
    }

    async fn use_tool(&mut self, call: &ToolCall, stream: &mut Stream<'_>) -> Result<(), Error> {
        // The same for every attempt: what the call makes has the same id.
        let key = format!("{}", self.talk.own().len());
        for _ in 0..MOST_CHANGES {
            let called = tool::call(&self.wish.tools, call, &key, self.context).await?;
            if let Message::Tool { result, failed, .. } = &called.message {
                let event = Told::ToolResult {
                    tool: call.tool.clone(),
                    failed: *failed,
                    preview: preview(result),
                };
                self.talk.add(called.message);
                if self.talk.keep(self.context, &called.writes).await? {
                    stream.event(event).await;
                    return Ok(());
                }
                self.talk.take_back();
            }
        }
        let message = format!(
            "a record that `{}` changes is always changed by others",
            call.tool
        );
        Err(Error::step(code::STORE_ERROR, message))
    }

    /// Whether there is time for another turn in this invocation.
    async fn has_time(&self) -> Result<(), Error> {
        // Another turn may take twice as long as the longest so far; the next invocation has the whole time again.
        let is_short = |(longest, left): (Duration, Duration)| longest.saturating_mul(2) > left;
        let known = self.longest.zip(self.context.time_left());
        if known.is_some_and(is_short) {
            self.context.goes_on().await?;
            return Err(Error::step(
                code::CONTINUE,
                "the step goes on in its next invocation",
            ));
        }
        Ok(())
    }

    /// Whether there is money for another turn, or somebody grants it.
    async fn can_afford(&mut self) -> Result<(), Error> {
        loop {
            let mut run = self.spent_elsewhere;
            run.add(self.spent.usage, Some(self.spent.usd));
            match self.wish.budget.check(self.spent, run)? {
                Verdict::Fine(note) => {
                    self.warning = note.or(self.warning.take());
                    return Ok(());
                }
                Verdict::Ask(excess) => self.grant(&excess, run.granted).await?,
            }
        }
    }

    /// Grants as much again as a budget allows, if somebody agrees.
    async fn grant(&mut self, excess: &Excess, granted_to_run: u64) -> Result<(), Error> {
        let context = self.context;
        // A stored agent may bring a budget of which the machine knows nothing.
        if !context.may_ask {
            return Err(excess.error().into());
        }
        // Whoever goes on with the answer begins where this invocation ends.
        if !self.talk.is_kept() {
            self.talk.keep(context, &Writes::default()).await?;
        }
        let granted = match excess.whose {
            Whose::Step => self.spent.granted,
            Whose::Run => granted_to_run,
        };
        let question = excess.question(context.step, granted);
        // As many as there were to be granted when it was asked.
        let grants = match context.asker().ask(question).await? {
            Some(Answer::Yes { facts, .. }) => {
                let grants = facts.get("grants").and_then(Value::as_u64);
                grants.unwrap_or(1)
            }
            Some(Answer::No { said }) => {
                let message = format!("{excess}, and {said}");
                return Err(Error::step(code::BUDGET_EXCEEDED, message));
            }
            None => {
                let message = "another attempt of the step is asking in its place";
                return Err(Error::step(code::STORE_ERROR, message));
            }
        };
        match excess.whose {
            Whose::Step => self.spent.granted += grants,
            Whose::Run => {
                let (run, at) = (context.run, context.at);
                let store = context.store();
                store.grant(&run.org, &run.run, at, granted, grants).await?;
                self.spent_elsewhere.granted += grants;
            }
        }
        Ok(())
    }

    /// One turn.
    async fn turn(&mut self, with_tools: bool) -> Result<(Spoken, Stream<'a>), Error> {
        let mut begun = Instant::now();
        self.turns += 1;
        let messages = self.talk.messages();
        let turn = Turn {
            number: self.turns,
            messages: &messages,
            tools: if with_tools { &self.wish.tools } else { &[] },
        };
        let turnstiles = turnstile::all(self.context, self.wish.concurrency);
        let ask = async {
            // What was waited is no part of how long a turn takes.
            begun = Instant::now();
            let asked = chain::ask(self.context, self.wish, turn, &mut self.notes).await;
            asked.map_err(Error::Step)
        };
        let (spoken, stream) = Box::pin(turnstile::pass(self.context, &turnstiles, ask)).await?;
        self.longest = Some(self.longest.unwrap_or_default().max(begun.elapsed()));
        let usd = self.spend(Some(&spoken.model), spoken.usage);
        if self.wish.budget.run.is_some() {
            let Context { run, at, .. } = self.context;
            let store = self.context.store();
            let key = format!("{}.{:04}", self.context.attempt, self.turns);
            store
                .spend(&run.org, &run.run, at, &key, spoken.usage, usd)
                .await?;
        }
        self.model = Some(spoken.model.clone());
        self.end = Some(spoken.end.clone());
        Ok((spoken, stream))
    }

    /// A text in any case: the model's, what it concludes without tools, or the last tool's result.
    async fn concluded(&mut self, text: String) -> Result<String, Error> {
        if !text.trim().is_empty() {
            return Ok(text);
        }
        let Some(result) = self.last_result() else {
            return Err(Error::step(
                code::AGENT_ERROR,
                "the language model's answer holds no text",
            ));
        };
        // An answer without a text is no answer.
        if self.answered().is_some() {
            self.talk.take_back();
        }
        Box::pin(self.can_afford()).await?;
        self.talk.add(Message::User {
            text: CONCLUDE.to_owned(),
        });
        let (mut spoken, _) = Box::pin(self.turn(false)).await?;
        if spoken.text.trim().is_empty() {
            spoken.text = result;
        }
        self.talk.add(said(&spoken, false));
        Ok(spoken.text)
    }

    /// The answer in the form that the step wants, after one more turn where that is needed.
    async fn repaired(&mut self, text: String) -> Result<(Value, String), Error> {
        let wrong = match answer::read(&text, &self.wish.format) {
            Ok(output) => return Ok((output, text)),
            Err(wrong) => wrong,
        };
        Box::pin(self.can_afford()).await?;
        self.talk.add(Message::User {
            text: format!(
                "That is not what was asked for: {wrong}. Answer again, with JSON and nothing else."
            ),
        });
        let (spoken, _) = Box::pin(self.turn(false)).await?;
        self.talk.add(said(&spoken, false));
        match answer::read(&spoken.text, &self.wish.format) {
            Ok(output) => Ok((output, spoken.text)),
            Err(wrong) => Err(Error::Step(StepError::new(
                code::AGENT_ERROR,
                format!("the language model's answer is not what was asked for, twice: {wrong}"),
            ))),
        }
    }

    /// What the last tool gave, as text.
    fn last_result(&self) -> Option<String> {
        self.talk
            .own()
            .iter()
            .rev()
            .find_map(|message| match message {
                Message::Tool { result, .. } => Some(shown(result)),
                Message::User { .. } | Message::Assistant { .. } => None,
            })
    }

    /// The step's result, with everything that is worth knowing about how it came to be.
    fn acted(&self, output: Value, text: &str) -> Acted {
        let wish = self.wish;
        let usage = self.spent.usage;
        let model = self.model.clone().or_else(|| {
            let mut own = self.talk.own().iter().rev();
            own.find_map(|message| match message {
                Message::Assistant { model, .. } => model.clone(),
                Message::User { .. } | Message::Tool { .. } => None,
            })
        });
        let steps = self.steps();
        let last_tool = steps.last().and_then(|step| step.get("tool")).cloned();
        let named: Vec<&str> = wish.tools.iter().map(|tool| tool.name.as_str()).collect();
        let mut llm = json!({
            "model": model,
            "threadId": self.talk.thread,
            "turns": self.turns,
            "usage": {
                "inputTokens": usage.input_tokens,
                "outputTokens": usage.output_tokens,
                "totalTokens": usage.total(),
            },
            "toolsAvailable": named,
            "agentStep": steps,
        });
        let is_known = self.is_priced && usage.total() > 0;
        let further = [
            ("costUsd", is_known.then(|| json!(rounded(self.spent.usd)))),
            ("temperature", wish.temperature.map(Value::from)),
            ("maxTokens", wish.max_tokens.map(Value::from)),
            ("lastToolName", last_tool),
            ("finishReason", self.end.clone().map(Value::from)),
            (
                "refusals",
                (!self.notes.is_empty()).then(|| json!(self.notes)),
            ),
            ("budget", self.warning.clone().map(Value::from)),
            ("termination", answer::termination(text)),
        ];
        if let Some(llm) = llm.as_object_mut() {
            llm.extend(
                further
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?))),
            );
            if wish.tools.is_empty() {
                llm.remove("toolsAvailable");
                llm.remove("agentStep");
            }
        }
        Acted {
            output,
            meta: Some(json!({ "llm": llm })),
            writes: Writes::default(),
        }
    }

    /// The tools that were used, in order.
    fn steps(&self) -> Vec<Value> {
        let own = self.talk.own();
        let arguments = |wanted: &str| {
            own.iter().rev().find_map(|message| match message {
                Message::Assistant { calls, .. } => {
                    let call = calls.iter().find(|call| call.id == wanted)?;
                    Some(call.arguments.clone())
                }
                Message::User { .. } | Message::Tool { .. } => None,
            })
        };
        let used = own.iter().filter_map(|message| match message {
            Message::Tool {
                id,
                tool,
                failed,
                result,
            } => Some(json!({
                "tool": tool,
                "arguments": arguments(id),
                "failed": failed,
                "result": preview(result),
            })),
            Message::User { .. } | Message::Assistant { .. } => None,
        });
        used.collect()
    }
}

/// What a model said, as a message.
fn said(spoken: &Spoken, with_calls: bool) -> Message {
    Message::Assistant {
        text: spoken.text.clone(),
        calls: if with_calls {
            spoken.calls.clone()
        } else {
            Vec::new()
        },
        model: Some(spoken.model.clone()),
        usage: spoken.usage,
    }
}

/// The beginning of a tool's result.
fn preview(result: &Value) -> String {
    const MOST: usize = 200;
    let text = shown(result);
    match text.char_indices().nth(MOST) {
        None => text,
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// A sum of money without the noise behind its last digits.
fn rounded(usd: f64) -> f64 {
    (usd * 1e9).round() / 1e9
}
